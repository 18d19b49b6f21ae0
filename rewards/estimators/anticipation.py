"""Anticipation: what each next action of each agent would do to everybody's empowerment, as one table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.cones import known, touched
from rewards.estimators.definition import EACH, Estimate
from rewards.estimators.exact import exact
from rewards.estimators.question import OUTCOMES, check_choice, question
from rewards.socket import Dynamics


def anticipation(
    dynamics: Dynamics, states: NDArray[Any], horizon: int, outcome: str = "cell", noise: Any = "own"
) -> Estimate:
    """Empowerment after each next action, bits float64 [worlds, actors, actions, perceivers]; exact.

    Entry [w, i, a, j] is the expected own empowerment E_n of agent j, `horizon` steps, in the state that
    follows when agent i alone chooses action a in state w: the quantity that coupled empowerment maximisation
    weighs (Guckelsberger, Salge, Colton 2016), not a transfer empowerment. Everybody else is still, during
    the action and after it. `noise` as for `empowerment`: it meets the action and the steps after it. What
    cannot be changed by an action, since it lies outside the perceiver's cone, is not computed again. Raises
    ValueError with one line for anything that is not allowed.
    """
    check_choice("outcome", outcome, OUTCOMES)
    agents, actions = dynamics.agent_count, len(dynamics.actions)
    asked = question(dynamics, states, horizon, range(agents), None, outcome, "still", noise)
    matters = np.ones((len(states), agents, agents), np.bool_)  # [worlds, actors, perceivers]
    if agents > 1 and known(dynamics, states):
        reads, writes = touched(dynamics, states, asked.horizon), touched(dynamics, states, 1)
        matters = np.asarray((writes[:, :, None] & reads[:, None]).any(axis=3))
    number = OUTCOMES.index(outcome)
    if asked.horizon == 0 or len(states) == 0:
        table = np.zeros((len(states), agents, actions, agents))
    elif asked.noise is None:
        table = exact(dynamics).after_actions(states, matters, asked.horizon, number)
    else:
        executed = _with_noise(dynamics, states, asked.horizon, number, asked.noise, matters)
        table = np.einsum("ce,wiej->wicj", asked.noise, executed)
    upper = table if asked.noise is None else None
    return asked.answer(table, lower=table, upper=upper, perceiver=EACH, after="one action of one of them")


def _with_noise(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    outcome: int,
    noise: NDArray[np.float64],
    matters: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Noisy empowerment after each action that was executed, float64 [worlds, actors, actions, perceivers]."""
    worlds, agents = matters.shape[:2]
    table = np.empty((worlds, agents, len(dynamics.actions), agents))
    present = exact(dynamics).of_each(states, horizon, range(agents), range(agents), outcome, noise)
    for i, action in np.ndindex(table.shape[1:3]):
        after = exact(dynamics).after(states, i, action)
        for j in range(agents):
            rows = np.flatnonzero(matters[:, i, j])
            table[:, i, action, j] = present[:, j]
            table[rows, i, action, j] = exact(dynamics).bits(after[rows], horizon, j, j, outcome, noise)
    return table
