"""Boxes: an agent that steers into a box pushes it on, and where the scenario allows it, pulls one behind."""

from dataclasses import dataclass, field

import numpy as np

from sandbox.world.codes import BOX, GROUND, NOTHING, SOLID, THING
from sandbox.world.kernel import kernel
from sandbox.world.layout import OPPOSITE, STEERING, Layout
from sandbox.world.mechanic import Field, Mark, Mechanic, Thing
from sandbox.world.turns import agent_at

STEERING_COUNT = len(STEERING)
BACKWARDS = np.array(OPPOSITE, np.int8)


@dataclass
class Box:
    """A box that can be pushed."""


@dataclass
class Boxes:
    """How boxes are moved: whether they can be pulled, and which teams or groups may move them (none named: all)."""

    pull: bool = False
    pushed_by: list[str] = field(default_factory=list)


@kernel
def shift(state, here, there):
    """Move the box on cell `here` to cell `there`, keeping the list sorted, so that equal worlds have equal bytes."""
    state.cells[here, THING] = NOTHING
    state.cells[there, THING] = BOX
    count = state.box_cell.shape[0]
    box = 0
    while state.box_cell[box] != here:
        box += 1
    while box + 1 < count and state.box_cell[box + 1] < there:
        state.box_cell[box] = state.box_cell[box + 1]
        box += 1
    while box > 0 and state.box_cell[box - 1] > there:
        state.box_cell[box] = state.box_cell[box - 1]
        box -= 1
    state.box_cell[box] = there


@kernel
def has_room(state, cell):
    """Whether a box may come to stand here."""
    return state.cells[cell, GROUND] < SOLID and state.cells[cell, THING] == NOTHING and state.who[cell] == 0


@kernel
def is_wanted(state, cell, agent):
    """Whether another living agent steers into the cell."""
    for other in range(state.target.shape[0]):
        if other != agent and state.alive[other] and state.target[other] == cell:
            return True
    return False


@kernel
def push(level, state, first, last):
    """Boxes go before agents: one that is pushed leaves its cell at once."""
    for place in range(last - first):
        agent = agent_at(state.clock, place, first, last)
        here, target, action = state.cell[agent], state.target[agent], state.action[agent]
        if target != here and state.cells[target, THING] == BOX and action < STEERING_COUNT:
            beyond = level.neighbour[target, level.direction_of[action]]
            if (
                level.may_move_boxes[agent]
                and beyond != target
                and has_room(state, beyond)
                and not is_wanted(state, beyond, agent)
            ):
                shift(state, target, beyond)


@kernel
def pull(level, state, first, last):
    """A box behind an agent that moved with a pull follows into the cell that it left."""
    for place in range(last - first):
        agent = agent_at(state.clock, place, first, last)
        if state.moved[agent] and state.action[agent] >= STEERING_COUNT and level.may_move_boxes[agent]:
            back = BACKWARDS[level.direction_of[state.action[agent]]]
            left = level.neighbour[state.cell[agent], back]
            behind = level.neighbour[left, back]
            if behind != left and state.cells[behind, THING] == BOX and has_room(state, left):
                shift(state, behind, left)


@kernel
def permit(level, state, agent, out):
    """No step into a box that would not move, no pull without a box."""
    cell = state.cell[agent]
    for action in range(1, out.shape[0]):
        direction = level.direction_of[action]
        if direction == 0:
            continue
        target = level.neighbour[cell, direction]
        if state.cells[target, THING] == BOX:
            beyond = level.neighbour[target, direction]
            if (
                action >= STEERING_COUNT
                or not level.may_move_boxes[agent]
                or beyond == target
                or not has_room(state, beyond)
            ):
                out[action] = 0
        if action >= STEERING_COUNT:
            behind = level.neighbour[cell, BACKWARDS[direction]]
            if behind == cell or state.cells[behind, THING] != BOX or not level.may_move_boxes[agent]:
                out[action] = 0


def place(layout: Layout, state) -> None:
    """Put the boxes where the map has them."""
    state["box_cell"] = np.sort(layout.cells_of("box"))
    layout.draw(state, "box", THING, BOX)


def pulls(blueprint) -> tuple[str, ...]:
    """The further actions, where boxes can be pulled."""
    settings = blueprint.settings.get("boxes")
    return tuple(f"pull_{way}" for way in STEERING[1:]) if settings and settings.pull else ()


MECHANIC = Mechanic(
    about="Boxes are pushed by agents that steer into them, and may be pulled.",
    order=40,
    things={"box": Thing("b", Box, "a box that can be pushed")},
    settings=Boxes,
    actions=pulls,
    fields=lambda blueprint: (Field("box_cell", "i2", (blueprint.room_for("box"),), core=True),),
    constants=lambda layout: {"may_move_boxes": layout.permission(layout.settings("boxes").pushed_by)},
    place=place,
    kernels={"act": push, "follow": pull},
    permit=permit,
    marks={(THING, BOX): Mark("round", (176, 124, 72), 0.78)},
)
