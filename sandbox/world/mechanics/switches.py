"""Switches: an agent beside one flips it, and every door linked to it turns."""

from dataclasses import dataclass

from sandbox.world.codes import GROUND, SWITCH
from sandbox.world.contact import BY_SWITCH, WISH_TOGGLE, beside
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Mark, Mechanic, Thing


@dataclass
class Switch:
    """A switch that toggles the doors of its link."""

    link: str = ""


@kernel
def flip(level, state, first, last):
    """Wish every linked door to toggle; two flips in one step undo each other."""
    for agent in range(first, last):
        if state.alive[agent] and state.action[agent] == level.interact:
            for switch in range(level.switch_cell.shape[0]):
                if beside(level, state, agent, level.switch_cell[switch]):
                    for door in range(level.door_link.shape[0]):
                        if (
                            level.door_by[door] == BY_SWITCH
                            and level.door_link[door] == level.switch_link[switch]
                        ):
                            state.door_wish[door] ^= WISH_TOGGLE


@kernel
def permit(level, state, agent, out):
    """`interact` does something beside a switch."""
    for switch in range(level.switch_cell.shape[0]):
        if beside(level, state, agent, level.switch_cell[switch]):
            out[level.interact] = 1


def place(layout: Layout, state) -> None:
    """Draw the switches on the ground."""
    layout.draw(state, "switch", GROUND, SWITCH)


MECHANIC = Mechanic(
    about="An agent on or beside a switch turns all doors linked to it.",
    order=20,
    things={"switch": Thing("s", Switch, "a switch that toggles the doors of its link")},
    needs=("doors",),
    actions=lambda blueprint: ("interact",),
    constants=lambda layout: {
        "switch_cell": layout.cells_of("switch"),
        "switch_link": layout.links_of("switch"),
    },
    place=place,
    kernels={"act": flip},
    permit=permit,
    marks={(GROUND, SWITCH): Mark("diamond", (214, 158, 46), 0.5)},
)
