"""Estimators of empowerment, in bits, for any world that satisfies `rewards.socket.Dynamics`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Definition, Estimate, Outcome
from rewards.estimators.exact import exact
from rewards.estimators.question import (
    OTHERS,
    OUTCOMES,
    Policies,
    check_agent,
    check_choice,
    check_horizon,
    check_outcome,
    noise_matrix,
    question,
)
from rewards.estimators.several import alone, among_others, solved
from rewards.socket import Dynamics

__all__ = [
    "OTHERS",
    "OUTCOMES",
    "Definition",
    "Estimate",
    "check_agent",
    "check_choice",
    "check_horizon",
    "check_outcome",
    "empowerment",
    "estimate",
    "noise_matrix",
]

SAMPLES = 64
"""Futures of random others that are sampled for a state where an exact answer would take long."""


def empowerment(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    perceiver: int | None = None,
    outcome: Outcome = "cell",
    others: str = "still",
    noise: Any = "own",
    policies: Policies | None = None,
) -> NDArray[np.float64]:
    """Empowerment E_n(agent -> perceiver) of each of `states`, float64 [worlds], in bits.

    The bits of `estimate`, which says of the arguments; without its definition, bounds and bias, and kept for
    the same states asked again. Raises ValueError with one line for anything that is not allowed.
    """
    asked = question(dynamics, states, horizon, agent, perceiver, outcome, others, noise, policies)
    if alone(asked) and asked.horizon and len(states):
        number = OUTCOMES.index(str(outcome))
        return exact(dynamics).bits(states, asked.horizon, asked.agent, asked.perceiver, number, asked.noise)
    return solved(asked, samples=SAMPLES).bits


def estimate(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    perceiver: int | None = None,
    outcome: Outcome = "cell",
    others: str = "still",
    noise: Any = "own",
    policies: Policies | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Estimate:
    """Empowerment E_n(agent -> perceiver) of each of `states`, in bits, with all that it depends on.

    The largest information that `horizon` actions of `agent`, fixed at the start, can carry to the outcome of
    `perceiver` (the agent itself when None; another: transfer empowerment) (Klyubin, Polani, Nehaniv 2005).
    Without noise it is log2 of the number of outcomes reachable in exactly `horizon` steps, with noise a
    channel capacity, certified to 1e-9 bits on ordinary channels; horizon 0 gives 0 bits.

    outcome   `cell`, `self`, `world`, or a function of (dynamics, states): numbers or words [worlds] or
              [worlds, k], equal rows being one outcome; it says itself what of whom is perceived.
    others    `still`, `random` (an action drawn at every step) or `policy` (as `policies` say): see
              `several.among_others`. Only `random` is ever sampled, where an exact answer would take long:
              `samples` futures by `seed`, and the `bias` says by how much the bits are too high.
    noise     "own" for the world's, None for none, or a matrix P(executed | chosen) [actions, actions].

    Exact answers carry lower and upper bounds: equal without noise, as there is nothing to converge.
    `states` are not changed. Raises ValueError with one line for anything that is not allowed.
    """
    return among_others(
        dynamics, states, horizon, agent, perceiver, outcome, others, policies, noise,
        samples=samples, seed=seed,
    )  # fmt: skip
