"""Keys: picked up by walking onto them, carried one at a time, and needed where a door is locked."""

from dataclasses import dataclass

import numpy as np

from sandbox.world.codes import CARRYING, DOOR_LOCKED, GROUND, KEY, NOTHING, THING
from sandbox.world.contact import WISH_OPEN
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field, Mark, Mechanic, Thing
from sandbox.world.presence import show


@dataclass
class Key:
    """A key that opens the locked doors of its link."""

    link: str = ""


@kernel
def opens(level, state, agent, cell):
    """The locked door on this cell that the agent's key fits, or -1."""
    if state.cells[cell, GROUND] == DOOR_LOCKED and state.carrying[agent]:
        for door in range(level.door_cell.shape[0]):
            if (
                level.door_cell[door] == cell
                and level.door_link[door] == level.key_link[state.carrying[agent] - 1]
            ):
                return door
    return -1


@kernel
def unlock_and_drop(level, state, first, last):
    """Unlock the door ahead, or lay the key down."""
    for agent in range(first, last):
        if state.alive[agent] and state.carrying[agent]:
            door = opens(level, state, agent, state.target[agent])
            if door >= 0:
                state.door_wish[door] = WISH_OPEN
            cell = state.cell[agent]
            if state.action[agent] == level.drop and state.cells[cell, THING] == NOTHING:
                state.key_cell[state.carrying[agent] - 1] = cell
                state.cells[cell, THING] = KEY
                state.carrying[agent] = 0
                state.look[agent] -= CARRYING
                show(state, cell)


@kernel
def pick_up(level, state, first, last):
    """Whoever walks onto a key with empty hands takes it."""
    for agent in range(first, last):
        cell = state.cell[agent]
        if state.moved[agent] and state.cells[cell, THING] == KEY and not state.carrying[agent]:
            for key in range(state.key_cell.shape[0]):
                if state.key_cell[key] == cell:
                    state.carrying[agent] = key + 1
                    state.key_cell[key] = 0
            state.cells[cell, THING] = NOTHING
            state.look[agent] += CARRYING
            show(state, cell)


@kernel
def permit(level, state, agent, out):
    """A fitting key makes a locked door passable; dropping needs a key and room for it."""
    cell = state.cell[agent]
    for action in range(1, out.shape[0]):
        direction = level.direction_of[action]
        target = level.neighbour[cell, direction]
        if target != cell and opens(level, state, agent, target) >= 0:
            out[action] = 1
    if state.carrying[agent] and state.cells[cell, THING] == NOTHING:
        out[level.drop] = 1


def place(layout: Layout, state) -> None:
    """Lay the keys where the map has them."""
    state["key_cell"] = layout.cells_of("key")
    layout.draw(state, "key", THING, KEY)


def fields(blueprint) -> tuple[Field, ...]:
    """Where each key lies, and which key each agent carries (its number + 1)."""
    return (
        Field("key_cell", "i2", (blueprint.room_for("key"),), core=True),
        Field("carrying", "i1", (blueprint.agent_count,), core=True, private=True),
    )


MECHANIC = Mechanic(
    about="Keys are picked up, carried one at a time, dropped, and open the locked doors of their link.",
    order=35,
    things={"key": Thing("k", Key, "a key for the locked doors of its link")},
    needs=("doors",),
    actions=lambda blueprint: ("drop",),
    fields=fields,
    constants=lambda layout: {
        "drop": np.int8(layout.action("drop")),
        "key_link": layout.links_of("key"),
    },
    place=place,
    kernels={"intend": unlock_and_drop, "follow": pick_up},
    permit=permit,
    marks={(THING, KEY): Mark("key", (201, 150, 30), 0.6)},
)
