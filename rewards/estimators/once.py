"""What several formulations, or one that pays several agents, ask of one step: worked out once, and in portions."""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.anticipation import after, after_each, mattering, present
from rewards.estimators.memo import Figures
from rewards.estimators.question import OUTCOMES, noise_matrix
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
    """The others' empowerment had one agent alone acted, bits [worlds, actors, actions, perceivers].

    See `anticipation`: the state before the step, the actions as they are chosen. Good for differences between actions
    only: nobody's own is worked out, nor that of those to whom no action of anybody else matters.
    """
    number = OUTCOMES.index(outcome)

    def answer() -> Figures:
        noise = noise_matrix(transition.dynamics, "own")
        executed = after_each(
            transition.dynamics, transition.before, horizon, number, noise, _others(transition, horizon)
        )
        return executed if noise is None else np.einsum("ce,wiej->wicj", noise, executed)

    return once(transition, ("after each action", horizon, outcome), answer)


def after_action(transition: Transition, horizon: int, outcome: str, stay: bool) -> NDArray[np.float64]:
    """The same for one action of each, to stay or the one that was chosen, [worlds, actors, perceivers].

    Less work than the table, unless that is there, or is needed since actions go wrong.
    """
    chosen, number = np.asarray(transition.actions) * (not stay), OUTCOMES.index(outcome)

    def answer() -> Figures:
        noise = noise_matrix(transition.dynamics, "own")
        if noise is None and ("after each action", horizon, outcome) not in transition.found:
            asked, others = (horizon, number, noise), _others(transition, horizon)
            now = once(
                transition,
                ("present", horizon, outcome),
                lambda: present(transition.dynamics, transition.before, *asked, others),
            )
            done = chosen[:, :, None]
            return after(transition.dynamics, transition.before, done, *asked, others, now)[:, :, 0]
        table = after_each_action(transition, horizon, outcome)
        return np.take_along_axis(table, chosen[:, :, None, None].astype(np.intp), axis=2)[:, :, 0]

    return once(transition, ("after one action", horizon, outcome, stay), answer)


def _others(transition: Transition, horizon: int) -> NDArray[np.bool_]:
    """To whom else each agent's next action may matter, bool [worlds, actors, perceivers]."""
    dynamics = transition.dynamics
    others = ~np.eye(dynamics.agent_count, dtype=np.bool_)
    return once(
        transition,
        ("others who matter", horizon),
        lambda: mattering(dynamics, transition.before, horizon, others),
    )
