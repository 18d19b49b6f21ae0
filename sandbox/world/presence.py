"""Who stands where: what keeps the planes of agents right when several stand on a cell, or one goes for good."""

from sandbox.world.codes import AGENT, CROWD
from sandbox.world.kernel import kernel


@kernel
def show(state, cell):
    """Write who stands on a cell: the first by number, marked where there are more."""
    who, look = 0, 0
    for agent in range(state.cell.shape[0] - 1, -1, -1):
        if state.cell[agent] == cell:
            look = state.look[agent] + (CROWD if who != 0 else 0)
            who = agent + 1
    state.who[cell] = who
    state.cells[cell, AGENT] = look


@kernel
def leave(state, agent):
    """Take an agent out of the world."""
    here = state.cell[agent]
    state.alive[agent] = 0
    state.cell[agent] = 0
    state.target[agent] = 0
    state.moved[agent] = 0
    show(state, here)
