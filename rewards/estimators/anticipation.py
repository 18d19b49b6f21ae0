"""Anticipation: what each next action of each agent would do to everybody's empowerment, as one table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards import estimators
from rewards.estimators.cones import known, touched
from rewards.estimators.exact import exact
from rewards.socket import Dynamics


def anticipation(
    dynamics: Dynamics, states: NDArray[Any], horizon: int, outcome: str = "cell", noise: Any = "own"
) -> NDArray[np.float64]:
    """Empowerment after each next action, float64 [worlds, actors, actions, perceivers], in bits; exact.

    Entry [w, i, a, j] is the expected own empowerment E_n of agent j, `horizon` steps, in the state that
    follows when agent i alone chooses action a in state w: the quantity that coupled empowerment maximisation
    weighs (Guckelsberger, Salge, Colton 2016), not a transfer empowerment. Everybody else is still, during
    the action and after it. `noise` as for `empowerment`: it meets the action and the steps after it. What
    cannot be changed by an action, since it lies outside the perceiver's cone, is not computed again. Raises
    ValueError with one line for anything that is not allowed.
    """
    estimators.check_horizon(horizon)
    estimators.check_choice("outcome", outcome, estimators.OUTCOMES)
    matrix = estimators.noise_matrix(dynamics, noise)
    if getattr(states, "ndim", None) != 1:
        raise ValueError(
            "states has to be an array of states [worlds]; for a single one give states[i : i + 1]"
        )
    agents = dynamics.agent_count
    if horizon == 0 or len(states) == 0:
        return np.zeros((len(states), agents, len(dynamics.actions), agents))
    matters = np.ones((len(states), agents, agents), np.bool_)  # [worlds, actors, perceivers]
    if agents > 1 and known(dynamics, states):
        reads, writes = touched(dynamics, states, horizon), touched(dynamics, states, 1)
        matters = np.asarray((writes[:, :, None] & reads[:, None]).any(axis=3))
    solver, number = exact(dynamics), estimators.OUTCOMES.index(outcome)
    if matrix is None:
        return solver.after_actions(states, matters, int(horizon), number)
    return np.einsum(
        "ce,wiej->wicj", matrix, _with_noise(dynamics, states, int(horizon), number, matrix, matters)
    )


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
