"""Anticipation: what each next action of each agent would do to everybody's empowerment, as one table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import EACH, Estimate
from rewards.estimators.everyone import own_empowerment
from rewards.estimators.exact import exact
from rewards.estimators.question import OUTCOMES, check_choice, question
from rewards.estimators.surroundings import surroundings
from rewards.socket import Dynamics

TOGETHER = 256
"""Worlds whose tables are worked out together, which bounds memory."""


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
    agents = dynamics.agent_count
    asked = question(dynamics, states, horizon, range(agents), None, outcome, "still", noise)
    matters = mattering(dynamics, states, asked.horizon, np.ones((agents, agents), np.bool_))
    executed = after_each(dynamics, states, asked.horizon, OUTCOMES.index(outcome), asked.noise, matters)
    table = executed if asked.noise is None else np.einsum("ce,wiej->wicj", asked.noise, executed)
    upper = table if asked.noise is None else None
    return asked.answer(table, lower=table, upper=upper, perceiver=EACH, after="one action of one of them")


def after_each(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    outcome: int,
    noise: NDArray[np.float64] | None,
    matters: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Empowerment after each action that was executed, float64 [worlds, actors, actions, perceivers].

    Where it does not matter [worlds, actors, perceivers] the entry is that of the `present`.
    """
    worlds, agents = matters.shape[:2]
    executed = np.broadcast_to(np.arange(len(dynamics.actions)), (worlds, agents, len(dynamics.actions)))
    now = present(dynamics, states, horizon, outcome, noise, matters)
    bits = np.empty((*executed.shape, agents))
    for first in range(0, worlds, TOGETHER):
        part = slice(first, first + TOGETHER)
        bits[part] = after(
            dynamics, states[part], executed[part], horizon, outcome, noise, matters[part], now[part]
        )
    return bits


def present(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    outcome: int,
    noise: NDArray[np.float64] | None,
    matters: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Empowerment before any action, float64 [worlds, perceivers]; 0 for those to whom nobody's action matters."""
    bits = np.zeros(matters[:, 0].shape)
    world, perceiver = np.nonzero(matters.any(axis=1))
    bits[world, perceiver] = own_empowerment(dynamics, states, world, perceiver, horizon, outcome, noise)
    return bits


def after(
    dynamics: Dynamics,
    states: NDArray[Any],
    executed: NDArray[np.integer],
    horizon: int,
    outcome: int,
    noise: NDArray[np.float64] | None,
    matters: NDArray[np.bool_],
    now: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The same for some actions `executed` [worlds, actors, k], each by one actor alone; `now` is the `present`.

    float64 [worlds, actors, k, perceivers]
    """
    count = executed.shape[2]
    bits = np.repeat(np.repeat(now[:, None, None], count, axis=2), matters.shape[1], axis=1)
    world, actor = np.nonzero(matters.any(axis=2))
    world, actor, place = (
        np.repeat(world, count),
        np.repeat(actor, count),
        np.tile(np.arange(count), len(world)),
    )
    changed, then = exact(dynamics).changed_by(states, world, actor, executed[world, actor, place])
    world, actor, place = world[changed], actor[changed], place[changed]
    row, perceiver = np.nonzero(matters[world, actor])
    bits[world[row], actor[row], place[row], perceiver] = own_empowerment(
        dynamics, then, row, perceiver, horizon, outcome, noise
    )
    return bits


def mattering(
    dynamics: Dynamics, states: NDArray[Any], horizon: int, wanted: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Where `wanted` [actors, perceivers], and an actor's next action can matter to a perceiver at all.

    bool [worlds, actors, perceivers]
    """
    matters = np.repeat(wanted[None], len(states), axis=0)
    if (around := surroundings(dynamics, states)) is not None:
        matters &= ~around.apart(states, horizon)
    return matters
