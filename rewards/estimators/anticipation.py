"""Anticipation: what each next action of each agent would do to everybody's empowerment, as one table."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards import estimators
from rewards.estimators import anticipation_kernels
from rewards.estimators.cones import known, touched
from rewards.estimators.exact import exact
from rewards.estimators.reachable import rows_of_words
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
    agents, actions = dynamics.agent_count, len(dynamics.actions)
    table = np.zeros((len(states), agents, actions, agents))
    if horizon == 0 or len(states) == 0:
        return table
    if dynamics not in _kernels:
        _kernels[dynamics] = dynamics.specialise(anticipation_kernels)
    words = rows_of_words(states)
    present, hand = words.view(states.dtype)[:, 0], states[:1].copy()
    futures = np.empty((*table.shape[:3], words.shape[1]), np.uint64)
    same = np.empty(table.shape[:3], np.int64)
    _kernels[dynamics].attempt(dynamics.level, words, hand, rows_of_words(hand), actions, futures, same)
    changed = same == np.arange(actions)
    matters = np.ones((len(states), agents, agents), np.bool_)  # [worlds, actors, perceivers]
    if agents > 1 and known(dynamics, states):
        reads, writes = touched(dynamics, present, horizon), touched(dynamics, present, 1)
        matters = np.asarray((writes[:, :, None] & reads[:, None]).any(axis=3))
    solver, number = exact(dynamics), estimators.OUTCOMES.index(outcome)
    for j in range(agents):
        where = np.nonzero(changed & matters[:, :, j, None])
        asked = np.concatenate([words, futures[where]]).view(states.dtype)[:, 0]
        bits = solver.bits(asked, int(horizon), j, j, number, matrix)
        table[..., j] = bits[: len(states), None, None]
        table[(*where, j)] = bits[len(states) :]
    again = np.nonzero((same >= 0) & ~changed)
    table[again] = table[(*again[:2], same[again])]
    return table if matrix is None else np.einsum("ce,wiej->wicj", matrix, table)


_kernels: WeakKeyDictionary[Dynamics, Any] = WeakKeyDictionary()
