"""What one agent can bring about before the eyes of another: how many different things it can show."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.everyone import together
from rewards.estimators.exact import exact
from rewards.estimators.memo import Figures, Rows
from rewards.estimators.outcome import numbered
from rewards.estimators.surroundings import surroundings
from rewards.socket import Transition


def shown(transition: Transition, pairs: Sequence[tuple[int, int]], horizon: int) -> NDArray[np.float64]:
    """How many different views the first of each pair can give the second, another agent, float64 [worlds, pairs].

    With where that one then is; in exactly `horizon` steps in which nothing goes wrong, everybody else still.
    """
    dynamics, states = transition.dynamics, transition.after

    def answer(world: Rows, agent: Rows, other: Rows) -> Figures:
        if (around := surroundings(dynamics, states)) is None:
            return listed(transition, world, agent, other, horizon)
        visible, cells = around.in_view(states, world, agent, other, horizon)
        counts, some = np.ones(len(world)), np.flatnonzero(visible)

        def solve(rows: Rows) -> Figures:
            which = some[rows]
            if cells is None:
                return listed(transition, world[which], agent[which], other[which], horizon)
            asked = world[which], agent[which], visible[which], cells, horizon
            return exact(dynamics).shown(states, *asked).astype(np.float64)

        where = world[some], agent[some], horizon, "shown", solve, (), visible[some]
        counts[some] = around.figures(states, *where)
        return counts

    return together(transition, ("shown", horizon), pairs, answer)


def listed(
    transition: Transition,
    world: Rows,
    agent: Rows,
    other: Rows,
    horizon: int,
) -> Figures:
    """The same for rows, from whole futures, in any world in which agents see."""
    dynamics: Any = transition.dynamics
    code, source = np.unique(world * dynamics.agent_count + agent, return_inverse=True)
    owner, futures = exact(dynamics).futures(
        transition.after, code // dynamics.agent_count, code % dynamics.agent_count, horizon
    )
    counts, views = np.ones(len(world)), dynamics.observe(futures)
    for one in np.unique(other).tolist():
        mine = other == one
        some = np.isin(owner, source[mine])
        rows = np.column_stack((owner[some], seen(dynamics, futures[some], one, views[some])))
        fresh = numbered(np.ascontiguousarray(rows).view(np.uint64))[1]
        counts[mine] = np.bincount(rows[fresh, 0], minlength=len(code))[source[mine]]
    return counts


def seen(dynamics: Any, states: NDArray[Any], agent: int, views: NDArray[np.uint8]) -> NDArray[np.int64]:
    """What an agent sees, of the `views` of all, and where it is; in words to be told apart, int64 [worlds, k]."""
    view = views[:, agent].reshape(len(states), -1)
    words = np.zeros((len(states), -(-view.shape[1] // 8)), np.int64)  # eight bytes in one
    words.view(np.uint8)[:, : view.shape[1]] = view
    return np.column_stack((words, dynamics.cells(states)[:, agent]))
