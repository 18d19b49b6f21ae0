"""Steering: an action names a direction, and the direction a cell that the agent wants to enter."""

import numpy as np

from sandbox.world.codes import GROUND, SOLID
from sandbox.world.kernel import kernel
from sandbox.world.layout import OPPOSITE, STEERING, Layout
from sandbox.world.mechanic import Mechanic

NORTH, SOUTH, WEST, EAST = range(1, 5)


@kernel
def steer(level, state, first, last):
    """Set each acting agent's target, and clear what the last step left behind."""
    for agent in range(state.pay.shape[0]):
        state.pay[agent] = 0
        state.moved[agent] = 0
    for agent in range(first, last):
        if state.alive[agent]:
            state.target[agent] = level.neighbour[state.cell[agent], level.direction_of[state.action[agent]]]


@kernel
def permit(level, state, agent, out):
    """No step into solid ground or through a thin wall (boxes and doors have their own say)."""
    cell = state.cell[agent]
    for action in range(1, out.shape[0]):
        direction = level.direction_of[action]
        target = level.neighbour[cell, direction]
        if direction != 0 and (target == cell or state.cells[target, GROUND] >= SOLID):
            out[action] = 0


def neighbours(layout: Layout) -> np.ndarray:
    """The cell next to each cell in each direction, int16 [cells, 5]; a thin wall leads back to the same cell.

    On a torus the edges of the map lead to the opposite ones.
    """
    cells = np.arange(layout.cell_count)
    table = np.stack([np.clip(cells + step, 0, layout.cell_count - 1) for step in layout.steps], axis=1)
    if layout.blueprint.torus:
        for row in range(layout.rows):
            table[layout.cell(row, 0), WEST] = layout.cell(row, layout.columns - 1)
            table[layout.cell(row, layout.columns - 1), EAST] = layout.cell(row, 0)
        for column in range(layout.columns):
            table[layout.cell(0, column), NORTH] = layout.cell(layout.rows - 1, column)
            table[layout.cell(layout.rows - 1, column), SOUTH] = layout.cell(0, column)
    unfenced = table.copy()
    for row, column, direction in layout.blueprint.fences:
        cell = layout.cell(row, column)
        beyond = unfenced[cell, direction]
        table[cell, direction] = cell
        table[beyond, OPPOSITE[direction]] = beyond
    return table.astype(np.int16)


def constants(layout: Layout) -> dict:
    """Where ways lead; on a torus a word that they lead round, for whoever trusts worlds by their fields."""
    ways = {"neighbour": neighbours(layout), "direction_of": directions(layout)}
    return ways | ({"torus": np.int8(1)} if layout.blueprint.torus else {})


def directions(layout: Layout) -> np.ndarray:
    """The direction of each action, int8 [actions]: its last word names it, or it has none."""
    return np.array([max(STEERING.index(word) if (word := name.split("_")[-1]) in STEERING else 0, 0)
                     for name in layout.actions], np.int8)  # fmt: skip


MECHANIC = Mechanic(
    about="Agents stay or steer north, south, west or east.",
    order=10,
    things=None,
    constants=constants,
    kernels={"intend": steer},
    permit=permit,
)
