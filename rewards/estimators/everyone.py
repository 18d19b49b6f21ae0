"""The empowerment of many agents after one step of a batch, worked out once for all formulations that pay for it."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.exact import exact
from rewards.estimators.memo import Figures, Rows
from rewards.estimators.question import OUTCOMES, noise_matrix
from rewards.estimators.surroundings import surroundings
from rewards.socket import Dynamics, Transition


def everyone(
    transition: Transition, agents: Sequence[int], horizon: int, outcome: str = "cell"
) -> NDArray[np.float64]:
    """Own `horizon`-step empowerment of each of `agents` after the step, float64 [worlds, agents], in bits.

    Everybody else is still; noise is the world's own. One compiled call on all cores answers for all `together`.
    """
    dynamics, number = transition.dynamics, OUTCOMES.index(outcome)
    noise = noise_matrix(dynamics, "own")

    def answer(world: Rows, agent: Rows) -> Figures:
        return own_empowerment(dynamics, transition.after, world, agent, horizon, number, noise)

    return together(transition, ("own", horizon, outcome), agents, answer)


def together(
    transition: Transition,
    question: Hashable,
    asked: Sequence[Any],
    answer: Callable[..., NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Figures of `asked` agents, or pairs of them, after the step: float64 [worlds, asked, ...].

    `answer(world, agent)`, or (world, agent, other), gives figures [rows, ...]. It is asked once, about all whom
    anybody asked about in this transition or, where `wanted` is handed on, in an earlier one.
    """
    found = transition.found.setdefault(question, {})
    if missing := set(asked) - found.keys():
        wanted = transition.wanted.setdefault(question, set())
        wanted |= missing
        now, worlds = sorted(wanted - found.keys()), len(transition.after)
        who = np.tile(np.array(now, np.intp).reshape(len(now), -1), (worlds, 1)).T
        figures = answer(np.repeat(np.arange(worlds), len(now)), *who)
        figures = figures.reshape(worlds, len(now), *figures.shape[1:])
        found |= zip(now, np.moveaxis(figures, 1, 0), strict=True)
    return np.stack([found[each] for each in asked], axis=1)


def own_empowerment(
    dynamics: Dynamics,
    states: NDArray[Any],
    world: NDArray[np.integer],
    agent: NDArray[np.integer],
    horizon: int,
    outcome: int,
    noise: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Own empowerment of agent[k] in states[world[k]], everybody else still, float64 [rows], in bits.

    Worked out once for all that have the same around them, where the world's rules allow that.
    """

    def solve(rows: Rows) -> Figures:
        return exact(dynamics).own_of(states, world[rows], agent[rows], horizon, outcome, noise)

    if (around := surroundings(dynamics, states)) is None:
        return solve(np.arange(len(world)))
    question = ("own", outcome, None if noise is None else noise.tobytes())
    return around.figures(states, world, agent, horizon, question, solve)
