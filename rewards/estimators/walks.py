"""Where one agent's random play ends after a step, and what any play of it can lead to, everybody else still."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.cones import known
from rewards.estimators.everyone import together
from rewards.estimators.exact import exact
from rewards.estimators.memo import Figures, Rows
from rewards.estimators.once import DIGITS
from rewards.estimators.question import OUTCOMES, noise_matrix
from rewards.estimators.surroundings import surroundings
from rewards.socket import Dynamics, Transition

ENTROPY, ONCE_CHOSEN, VARIANCE = 0, 1, 2
"""Figures of random play: bits of the outcome, its bits once the first choice is known, variance of the place."""


def random_play(
    transition: Transition, agents: Sequence[int], horizon: int, outcome: str = "cell"
) -> NDArray[np.float64]:
    """Figures of where `horizon` steps of random play of each agent end, float64 [worlds, agents, 3]; exact.

    All actions equally likely at each step, with the world's own noise. The variance, in cells^2, is that of the
    positions of a world whose cells tell them (`has_places`), with outcome `cell`, else 0.
    """
    dynamics, states = transition.dynamics, transition.after
    noise, number = noise_matrix(dynamics, "own"), OUTCOMES.index(outcome)

    def answer(world: Rows, agent: Rows) -> Figures:
        def solve(rows: Rows) -> Figures:
            places = _places(dynamics, states) if outcome == "cell" else np.zeros((0, 0))
            return exact(dynamics).walks(states, world[rows], agent[rows], horizon, number, noise, places)

        if not horizon:
            return np.zeros((len(world), 3))
        if (around := surroundings(dynamics, states)) is None:
            return np.round(solve(np.arange(len(world))), DIGITS)
        question = ("random play", outcome, None if noise is None else noise.tobytes())
        return np.round(around.figures(states, world, agent, horizon, question, solve, (3,)), DIGITS)

    return together(transition, ("random play", horizon, outcome), agents, answer)


def brought_about(
    transition: Transition,
    agents: Sequence[int],
    horizon: int,
    question: Hashable,
    read: Callable[..., NDArray[np.float64]],
    shape: tuple[int, ...] = (),
) -> NDArray[np.float64]:
    """Figures of all that each agent alone can have brought about in exactly `horizon` steps, [worlds, agents, *shape].

    Nothing goes wrong. `read(world, owner, futures)` gives figures [rows, *shape]: row k is about states[world[k]],
    and its futures are those whose owner is k. It may hang on what the agent can change.
    """
    dynamics, states = transition.dynamics, transition.after

    def answer(world: Rows, agent: Rows) -> Figures:
        def solve(rows: Rows) -> Figures:
            return read(world[rows], *exact(dynamics).futures(states, world[rows], agent[rows], horizon))

        if (around := surroundings(dynamics, states)) is None:
            return solve(np.arange(len(world)))
        return around.figures(states, world, agent, horizon, question, solve, shape)

    return together(transition, (question, horizon), agents, answer)


def has_places(dynamics: Dynamics, states: NDArray[Any]) -> bool:
    """Whether the positions of agents can be read from their cells."""
    return hasattr(dynamics, "positions") and known(dynamics, states)


def _places(dynamics: Any, states: NDArray[Any]) -> NDArray[np.float64]:
    """Where each cell is, float64 [cells, coordinates]."""
    if not has_places(dynamics, states):
        return np.zeros((0, 0))
    cells = np.arange(states["cells"].shape[1])
    there = np.zeros(len(cells), states.dtype)
    there["cell"], there["alive"] = cells[:, None], 1
    return dynamics.positions(there)[:, 0].astype(np.float64)
