"""Plates: while an agent or a box stands on one, the doors linked to it are held open."""

from dataclasses import dataclass

from sandbox.world.codes import BOX, GROUND, PLATE, THING
from sandbox.world.contact import BY_PLATE, WISH_CLOSED, WISH_OPEN
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Mark, Mechanic, Thing


@dataclass
class Plate:
    """A plate that holds the doors of its link open while something stands on it."""

    link: str = ""


@kernel
def press(level, state, first, last):
    """Wish each linked door open or closed, as its plates are pressed or not."""
    for door in range(level.door_cell.shape[0]):
        if level.door_by[door] == BY_PLATE:
            wish = WISH_CLOSED
            for plate in range(level.plate_cell.shape[0]):
                cell = level.plate_cell[plate]
                pressed = state.who[cell] != 0 or state.cells[cell, THING] == BOX
                if pressed and level.plate_link[plate] == level.door_link[door]:
                    wish = WISH_OPEN
            state.door_wish[door] = wish


def place(layout: Layout, state) -> None:
    """Draw the plates on the ground."""
    layout.draw(state, "plate", GROUND, PLATE)


MECHANIC = Mechanic(
    about="A plate holds its doors open while an agent or a box stands on it.",
    order=60,
    things={"plate": Thing("p", Plate, "a plate that holds the doors of its link open while it is pressed")},
    needs=("doors",),
    constants=lambda layout: {"plate_cell": layout.cells_of("plate"), "plate_link": layout.links_of("plate")},
    place=place,
    kernels={"begin": press, "follow": press},
    marks={(GROUND, PLATE): Mark("ring", (122, 134, 150), 0.7)},
)
