"""What several formulations, or one that pays several agents, ask of one step: worked out once, and in portions."""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.anticipation import anticipation
from rewards.socket import Transition

PORTION = 128
"""States whose futures are listed together."""

DIGITS = 12
"""Decimals that are kept of sums whose order hangs on what other states are asked about together."""


def once(transition: Transition, question: Hashable, answer: Callable[[], Any]) -> Any:
    """The answer to a question about this step, kept with the step."""
    if question not in transition.found:
        transition.found[question] = answer()
    return transition.found[question]


def in_portions(
    states: NDArray[Any], answer: Callable[[NDArray[Any]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """`answer` for all `states`, asked about some at a time, which bounds its memory; rounded to `DIGITS`."""
    parts = [answer(states[first : first + PORTION]) for first in range(0, max(1, len(states)), PORTION)]
    return np.round(np.concatenate(parts), DIGITS)


def after_each_action(transition: Transition, horizon: int, outcome: str) -> NDArray[np.float64]:
    """Everybody's empowerment had one agent alone acted, bits [worlds, actors, actions, perceivers].

    See `anticipation`: the state before the step, the actions as they are chosen.
    """
    return once(
        transition,
        ("after each action", horizon, outcome),
        lambda: anticipation(transition.dynamics, transition.before, horizon, outcome).bits,
    )
