"""Starts: every agent begins on one of its group's starting cells, by chance where there is a choice."""

import numpy as np

from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Mechanic
from sandbox.world.presence import show
from sandbox.world.randomness import draw_below


@kernel
def begin(level, state, first, last):
    """Put every agent on a cell that is free, or among others where none is (only agents that may share are)."""
    for agent in range(first, last):
        begins, ends = level.start_span[agent, 0], level.start_span[agent, 1]
        free = 0
        for k in range(begins, ends):
            free += state.who[level.start_cell[k]] == 0
        crowded = free == 0
        if crowded:
            free = ends - begins
        pick = draw_below(state, free) if level.start_drawn[agent] else 0
        for k in range(begins, ends):
            cell = level.start_cell[k]
            if crowded or state.who[cell] == 0:
                if pick == 0:
                    state.cell[agent] = cell
                    state.target[agent] = cell
                    show(state, cell)
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
    state["look"] = 1 + layout.look_of


MECHANIC = Mechanic(
    about="Agents begin on starting cells of their own, by chance where there is a choice.",
    order=45,
    things=None,
    constants=starts,
    place=place,
    kernels={"begin": begin},
)
