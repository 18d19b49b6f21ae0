"""Exact empowerment beside what papers take for it, and how well one agrees with another."""

from typing import Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray

from rewards import estimators
from rewards.estimators.choice import discrete_choice, entropic_choice, immediate_choice
from rewards.estimators.definition import Estimate
from rewards.estimators.futures import Asked
from rewards.estimators.sampled import (
    first_action_information,
    log_unique_states,
    sparse_sampling,
    variance_proxy,
)
from rewards.socket import Dynamics


def side_by_side(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int = 0,
    seed: int = 0,
    **asked: Unpack[Asked],
) -> dict[str, Estimate]:
    """Empowerment of each state by every estimator, the exact one first; name -> Estimate.

    Among random others the first is sampled too where it would take long; its definition says so. All in
    bits but the variance proxy, which is in cells^2 and left out where the world has no `positions`. Samples
    are as many as the papers' code takes, but 100 sequences for sparse sampling. The learned bound
    is added by who wants it, `side_by_side(...) | {"learned": learned_bound(...)}`: nothing here needs torch.
    """
    given: Any = (dynamics, states, horizon, agent)
    found = {
        "exact": estimators.estimate(dynamics, states, horizon, agent, seed=seed, **asked),
        "sparse sampling": sparse_sampling(*given, samples=100, seed=seed, **asked),
        "log unique states": log_unique_states(*given, seed=seed, **asked),
        "discrete choice": discrete_choice(*given, seed=seed, **asked),
        "discrete choice, exact": discrete_choice(*given, samples=None, **asked),
        "entropic choice": entropic_choice(*given, seed=seed, **asked),
        "entropic choice, exact": entropic_choice(*given, samples=None, **asked),
        "immediate choice": immediate_choice(dynamics, states, agent, **asked),
        "first action": first_action_information(*given, seed=seed, **asked),
        "first action, exact": first_action_information(*given, samples=None, **asked),
    }
    if hasattr(dynamics, "positions"):
        found["variance"] = variance_proxy(*given, seed=seed, **asked)
        found["variance, exact"] = variance_proxy(*given, samples=None, **asked)
    return found


class Agreement(NamedTuple):
    """How well figures agree with exact ones over some states.

    r                     Pearson's correlation; nan where either is the same everywhere.
    slope                 of the regression of the figures on the exact ones; nan likewise.
    mean_absolute_error   in bits.
    """

    r: float
    slope: float
    mean_absolute_error: float


def against_exact(found: Estimate | NDArray[Any], exact: Estimate | NDArray[Any]) -> Agreement:
    """Agreement of one estimate (or bits, [worlds]) with another that is taken for true."""
    x, y = (np.asarray(e.bits if isinstance(e, Estimate) else e, np.float64) for e in (exact, found))
    if x.shape != y.shape or x.ndim != 1 or not len(x):
        raise ValueError(f"both have to give bits for the same states, not {y.shape} against {x.shape}")
    error = float(np.abs(y - x).mean())
    dx, dy = x - x.mean(), y - y.mean()
    # spans, since the deviations of equal numbers from their mean may differ by rounding
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Agreement(float("nan"), float("nan"), error)
    return Agreement(float(dx @ dy / np.sqrt((dx @ dx) * (dy @ dy))), float(dx @ dy / (dx @ dx)), error)
