"""Mingling: where agents may share a cell, each enters what it steers into, whoever is there."""

import numpy as np

from sandbox.world.codes import AGENT, CROWD, GROUND, SOLID, THING
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Mechanic
from sandbox.world.presence import show


@kernel
def move(level, state, first, last):
    """Everybody goes whose way is not barred by ground or things."""
    for agent in range(first, last):
        here, there = state.cell[agent], state.target[agent]
        if state.cells[there, GROUND] >= SOLID or state.cells[there, THING] >= SOLID:
            state.target[agent] = here
        elif there != here:
            state.moved[agent] = 1
            state.cell[agent] = there
            show(state, here)
            show(state, there)


@kernel
def see(state, agent, window):
    """In the middle an agent sees itself, also where another one is shown."""
    middle = window.shape[0] // 2
    crowd = state.cells[state.cell[agent], AGENT] & CROWD
    window[middle, middle, AGENT] = state.look[agent] + crowd


def constants(layout: Layout) -> dict[str, np.generic]:
    """A word in the level, so that whoever trusts worlds by their fields knows that cells are shared here."""
    return {"mingling": np.int8(1)}


MECHANIC = Mechanic(
    about="Agents enter the cells they steer into and may share them.",
    order=50,
    applies=lambda blueprint: blueprint.shares_cells,
    constants=constants,
    kernels={"move": move},
    see=see,
)
