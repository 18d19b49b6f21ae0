"""Doors: open or closed, worked by hand, or as plates, switches and keys wish."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sandbox.world.codes import DOOR_CLOSED, DOOR_LOCKED, DOOR_OPEN, GROUND, NOTHING, THING
from sandbox.world.contact import (
    BY_HAND,
    BY_KEY,
    WISH_NONE,
    WISH_OPEN,
    WISH_TOGGLE,
    WORKED_BY,
    beside,
)
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field, Mark, Measure, Mechanic, Thing


@dataclass
class Door:
    """A door: open or not at the start, what works it, its link to that, and who may work it by hand."""

    open: bool = False
    by: Literal["interact", "plate", "switch", "key", "nothing"] = "interact"
    link: str = ""
    used_by: list[str] = field(default_factory=list)


@kernel
def operate(level, state, first, last):
    """Hands toggle the doors beside them; then all wishes are carried out."""
    for agent in range(first, last):
        if state.alive[agent] and state.action[agent] == level.interact:
            for door in range(state.door_open.shape[0]):
                if (
                    level.door_by[door] == BY_HAND
                    and level.may_use_door[door, agent]
                    and beside(level, state, agent, level.door_cell[door])
                ):
                    state.door_wish[door] ^= WISH_TOGGLE
    settle(level, state, first, last)


@kernel
def settle(level, state, first, last):
    """Carry out the wishes; a door with something in it does not close."""
    for door in range(state.door_open.shape[0]):
        wish = state.door_wish[door]
        if wish == WISH_NONE:
            continue
        state.door_wish[door] = WISH_NONE
        cell = level.door_cell[door]
        opens = wish == WISH_OPEN or (wish == WISH_TOGGLE and not state.door_open[door])
        if opens:
            state.door_open[door] = 1
            state.cells[cell, GROUND] = DOOR_OPEN
        elif state.who[cell] == 0 and state.cells[cell, THING] == NOTHING:
            state.door_open[door] = 0
            state.cells[cell, GROUND] = DOOR_LOCKED if level.door_by[door] == BY_KEY else DOOR_CLOSED


@kernel
def permit(level, state, agent, out):
    """`interact` does nothing away from doors that the agent may work by hand."""
    for door in range(state.door_open.shape[0]):
        if (
            level.door_by[door] == BY_HAND
            and level.may_use_door[door, agent]
            and beside(level, state, agent, level.door_cell[door])
        ):
            out[level.interact] = 1


def constants(layout: Layout) -> dict[str, np.ndarray | np.generic]:
    """Where the doors are, what works them, and who may."""
    doors = [door.params for door in layout.things("door")]
    return {
        "interact": np.int8(layout.action("interact")),
        "door_cell": layout.cells_of("door"),
        "door_link": layout.links_of("door"),
        "door_by": np.array([WORKED_BY.index(door.by) for door in doors] or [-1], np.int8),
        "may_use_door": np.array(
            [layout.permission(door.used_by) for door in doors] or [np.zeros(layout.agent_count)], np.int8
        ),
    }


def place(layout: Layout, state) -> None:
    """Hang the doors as the map has them."""
    for index, door in enumerate(layout.things("door")):
        closed = DOOR_LOCKED if door.params.by == "key" else DOOR_CLOSED
        state["door_open"][index] = door.params.open
        state["cells"][layout.cell(door.row, door.column), GROUND] = DOOR_OPEN if door.params.open else closed


def shut(world, states) -> np.ndarray:
    """Share of the doors that are closed, float [worlds]."""
    count = len(world.layout.things("door"))
    return 1 - states["door_open"][:, :count].mean(axis=1) if count else np.zeros(len(states))


def fields(blueprint) -> tuple[Field, ...]:
    """One entry a door, at least one."""
    count = (blueprint.room_for("door"),)
    return Field("door_open", "i1", count, core=True), Field("door_wish", "i1", count)


MECHANIC = Mechanic(
    about="Doors open and close: by hand, or as plates, switches and keys wish.",
    order=30,
    things={"door": Thing("D", Door, "a door, worked by interact, plate, switch or key")},
    actions=lambda blueprint: (
        ("interact",) if any(t.name == "door" and t.params.by == "interact" for t in blueprint.things) else ()
    ),
    fields=fields,
    constants=constants,
    place=place,
    kernels={"ready": settle, "act": operate, "settle": settle},
    permit=permit,
    measures={"doors_shut": Measure("share of the doors that are closed", False, shut, over="mean")},
    marks={
        (GROUND, DOOR_OPEN): Mark("gate", (120, 160, 110), 1.0),
        (GROUND, DOOR_CLOSED): Mark("gate_closed", (150, 92, 60), 1.0),
        (GROUND, DOOR_LOCKED): Mark("gate_locked", (150, 60, 70), 1.0),
    },
)
