"""The empowerment of many agents after one step of a batch, worked out once for all formulations that pay for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rewards import estimators
from rewards.estimators.exact import exact
from rewards.socket import Transition


def everyone(
    transition: Transition, agents: Sequence[int], horizon: int, outcome: str = "cell"
) -> NDArray[np.float64]:
    """Own `horizon`-step empowerment of each of `agents` after the step, float64 [worlds, agents], in bits.

    Everybody else is still; noise is the world's own. One compiled call on all cores answers for everybody whom
    anybody asked about in this transition or, where `wanted` is handed on, in an earlier one.
    """
    dynamics = transition.dynamics
    question = (horizon, outcome)
    found = transition.found.setdefault(question, {})
    if missing := set(agents) - found.keys():
        wanted = transition.wanted.setdefault(question, set())
        wanted |= missing
        now = sorted(wanted - found.keys())
        noise = estimators.noise_matrix(dynamics, "own")
        number = estimators.OUTCOMES.index(outcome)
        bits = exact(dynamics).of_each(transition.after, horizon, now, now, number, noise)
        found |= zip(now, bits.T, strict=True)
    return np.stack([found[agent] for agent in agents], axis=1)
