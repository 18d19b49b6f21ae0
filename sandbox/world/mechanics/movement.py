"""Movement: all agents move at once, never two into one cell, never two through each other."""

import numpy as np

from sandbox.world.codes import AGENT, GROUND, SOLID, THING
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Mechanic
from sandbox.world.randomness import draw_below
from sandbox.world.turns import rank


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


@kernel
def begin(level, state, first, last):
    """Put every agent on one of its group's free starting cells, by chance where there is a choice."""
    for agent in range(first, last):
        begins, ends = level.start_span[agent, 0], level.start_span[agent, 1]
        free = 0
        for k in range(begins, ends):
            free += state.who[level.start_cell[k]] == 0
        pick = draw_below(state, free) if level.start_drawn[agent] else 0
        for k in range(begins, ends):
            cell = level.start_cell[k]
            if state.who[cell] == 0:
                if pick == 0:
                    state.cell[agent] = cell
                    state.target[agent] = cell
                    state.who[cell] = agent + 1
                    state.cells[cell, AGENT] = state.look[agent]
                    break
                pick -= 1


def starts(layout: Layout) -> dict[str, np.ndarray]:
    """Starting cells of all groups end to end, each agent's span of them, and whether chance picks."""
    cells, spans, drawn = [], [], []
    for group in layout.blueprint.groups:
        own = [layout.cell(*place) for place in layout.blueprint.starts[group.name]]
        spans += [(len(cells), len(cells) + len(own))] * group.count
        drawn += [len(own) > group.count] * group.count
        cells += own
    return {
        "start_cell": np.array(cells, np.int16),
        "start_span": np.array(spans, np.int32),
        "start_drawn": np.array(drawn, np.int8),
    }


def place(layout: Layout, state) -> None:
    """Give each agent life and its looks."""
    state["alive"] = 1
    state["look"] = 1 + layout.team_of


MECHANIC = Mechanic(
    about="Agents enter the cells they steer into: never two in one cell, no swaps, ties broken fairly.",
    order=50,
    things=None,
    constants=starts,
    place=place,
    kernels={"begin": begin, "move": move},
)
