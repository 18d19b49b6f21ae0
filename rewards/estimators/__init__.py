"""Estimators of empowerment, in bits, for any world that satisfies `rewards.socket.Dynamics`."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.exact import exact
from rewards.socket import Dynamics

__all__ = [
    "OTHERS",
    "OUTCOMES",
    "check_agent",
    "check_choice",
    "check_horizon",
    "empowerment",
    "noise_matrix",
]

OUTCOMES = ("cell", "self", "world")
"""What is told apart at the end: the perceiver's cell, what is true of it, everything that is true."""

OTHERS = ("still", "random")
"""What everybody but the actor does meanwhile."""


def empowerment(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    perceiver: int | None = None,
    outcome: str = "cell",
    others: str = "still",
    noise: Any = "own",
) -> NDArray[np.float64]:
    """Empowerment E_n(agent -> perceiver) of each of `states`, float64 [worlds], in bits.

    The largest information that `horizon` actions of `agent`, fixed at the start, can carry to the outcome of
    `perceiver` (the agent itself when None) while everybody else stands still (Klyubin, Polani, Nehaniv
    2005). Without noise it is log2 of the number of outcomes reachable in exactly `horizon` steps, with noise
    a channel capacity, certified to 1e-9 bits on ordinary channels. `noise`: "own" for the world's, None for
    none, or a matrix P(executed | chosen) [actions, actions]. Horizon 0 gives 0 bits. With `others` "random"
    everybody else draws an action at every step: exact where that is soon done, else sampled and too high by
    a little; `several.among_others` says by how much. `states` are not changed. Raises ValueError with one
    line for anything that is not allowed.
    """
    check_horizon(horizon)
    check_choice("outcome", outcome, OUTCOMES)
    check_choice("others", others, OTHERS)
    actor = check_agent("agent", agent, dynamics)
    reader = actor if perceiver is None else check_agent("perceiver", perceiver, dynamics)
    matrix = noise_matrix(dynamics, noise)
    if getattr(states, "ndim", None) != 1:
        raise ValueError(
            "states has to be an array of states [worlds]; for a single one give states[i : i + 1]"
        )
    if horizon == 0 or len(states) == 0:
        return np.zeros(len(states))
    if others == "random":
        from rewards.estimators.several import among_others  # which asks this module for its checks

        return among_others(dynamics, states, int(horizon), actor, reader, outcome, others, noise=matrix).bits
    return exact(dynamics).bits(states, int(horizon), actor, reader, OUTCOMES.index(outcome), matrix)


def check_horizon(horizon: Any) -> None:
    """Raise ValueError unless `horizon` is a whole number of steps, 0 or more."""
    if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 0:
        raise ValueError(f"horizon has to be a whole number of steps, 0 or more, not {horizon!r}")


def check_choice(name: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise ValueError unless `value` is one of the words in `allowed`."""
    allowed = list(dict.fromkeys(allowed))
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"{name} {value!r} is unknown; {hint}allowed: {', '.join(allowed)}")


def check_agent(name: str, agent: Any, dynamics: Dynamics) -> int:
    """The number of an agent, or ValueError."""
    whole = isinstance(agent, int | np.integer) and not isinstance(agent, bool)
    if not whole or not 0 <= agent < dynamics.agent_count:
        raise ValueError(
            f"{name} has to be the number of an agent, 0 to {dynamics.agent_count - 1}, not {agent!r}"
        )
    return int(agent)


def noise_matrix(dynamics: Dynamics, noise: Any) -> NDArray[np.float64] | None:
    """The noise matrix that is meant, or None where every action is executed as chosen."""
    if isinstance(noise, str):
        check_choice("noise", noise, ("own",))
        noise = dynamics.noise
    if noise is None:
        return None
    matrix = np.ascontiguousarray(noise, np.float64)
    actions = len(dynamics.actions)
    if matrix.shape != (actions, actions):
        raise ValueError(
            f"noise has to be P(executed | chosen) [{actions}, {actions}], not of shape {matrix.shape}"
        )
    off = ~((matrix >= 0).all(axis=1) & (np.abs(matrix.sum(axis=1) - 1) < 1e-9))
    if off.any():
        raise ValueError(
            f"noise: the row of action {dynamics.actions[int(np.argmax(off))]!r} is no distribution"
        )
    return None if np.array_equal(matrix, np.eye(actions)) else matrix
