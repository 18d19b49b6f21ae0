"""Movement: all agents move at once, never two into one cell, never two through each other."""

from dataclasses import dataclass

from sandbox.world.codes import AGENT, GROUND, SOLID, THING
from sandbox.world.kernel import kernel
from sandbox.world.mechanic import Mechanic
from sandbox.world.turns import rank


@dataclass
class Movement:
    """Whether agents may share a cell; then another rule moves them."""

    share: bool = False


@kernel
def yield_to_first(state, agent, first, last):
    """Of all agents that steer into the cell that `agent` wants, only the first in turn keeps its target."""
    place = rank(state.clock, agent, first, last)
    for other in range(first, last):
        if (
            other != agent
            and state.target[other] == state.target[agent]
            and state.target[other] != state.cell[other]
            and rank(state.clock, other, first, last) < place
        ):
            state.target[agent] = state.cell[agent]
            return


@kernel
def contested(state, agent, first):
    """Whether an agent before `agent` in the array has the same target; a plain loop, so that it vectorises."""
    same = 0
    for other in range(first, agent):
        same |= state.target[other] == state.target[agent]
    return same != 0


@kernel
def refuse_contested(state, first, last):
    """Leave at most one agent to each wanted cell."""
    for agent in range(first + 1, last):
        if state.target[agent] != state.cell[agent] and contested(state, agent, first):
            for rival in range(first, agent + 1):
                if state.target[rival] == state.target[agent] and state.target[rival] != state.cell[rival]:
                    yield_to_first(state, rival, first, last)


@kernel
def refuse_occupied(state, first, last):
    """Stop whoever would enter a cell that is not left, or swap with who is there, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for agent in range(first, last):
            here, there = state.cell[agent], state.target[agent]
            if there == here or state.who[there] == 0:
                continue
            occupant = state.who[there] - 1
            if state.target[occupant] == there:
                state.target[agent] = here
                changed = True
            elif state.target[occupant] == here:
                state.target[agent] = here
                state.target[occupant] = there
                changed = True


@kernel
def move(level, state, first, last):
    """Refuse what cannot be, then let all others go at once."""
    for agent in range(first, last):
        there = state.target[agent]
        if state.cells[there, GROUND] >= SOLID or state.cells[there, THING] >= SOLID:
            state.target[agent] = state.cell[agent]
    refuse_contested(state, first, last)
    refuse_occupied(state, first, last)
    for agent in range(first, last):
        here = state.cell[agent]
        if state.target[agent] != here:
            state.moved[agent] = 1
            state.who[here] = 0
            state.cells[here, AGENT] = 0
    for agent in range(first, last):
        if state.moved[agent]:
            there = state.target[agent]
            state.cell[agent] = there
            state.who[there] = agent + 1
            state.cells[there, AGENT] = state.look[agent]


MECHANIC = Mechanic(
    about="Agents enter the cells they steer into: never two in one cell, no swaps, ties broken fairly.",
    order=50,
    settings=Movement,
    applies=lambda blueprint: not blueprint.shares_cells,
    kernels={"move": move},
)
