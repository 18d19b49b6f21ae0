"""Exact empowerment with noise in the own actions: capacity of the channel from sequences to outcomes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.capacity import channel_capacity
from rewards.estimators.noisy_kernels import channel
from rewards.estimators.reachable import Expander

PREFIX_LIMIT = 20_000
TOLERANCE = 1e-9


def noisy_bits(
    expander: Expander,
    states: NDArray[Any],
    agent: int,
    perceiver: int,
    outcome: int,
    horizon: int,
    noise: NDArray[np.float64],
    solved: dict[bytes, float],
) -> NDArray[np.float64]:
    """Empowerment in bits of each state, float64 [worlds], certified to 1e-9 bits on ordinary channels.

    Action sequences are never listed: prefixes that lead to the same distribution of merged states are one.
    `solved` keeps capacities by neighbourhood (who leads where, and what is told apart), since most of them
    recur. Raises ValueError when more than 20,000 prefixes stay distinct.
    """
    bits = np.empty(len(states))
    asked = horizon.to_bytes(8, "little") + noise.tobytes()
    for w in range(len(states)):
        successor, ends, outcomes = expander.graph(states[w : w + 1], agent, perceiver, outcome, horizon)
        neighbourhood = asked + len(successor).to_bytes(8, "little") + successor.tobytes() + ends.tobytes()
        if neighbourhood not in solved:
            p = channel(successor, ends, outcomes, noise, horizon, PREFIX_LIMIT)
            if not len(p):
                raise ValueError(
                    f"horizon {horizon} with noise keeps more than {PREFIX_LIMIT} action sequences apart: "
                    "lower the horizon, or use noise=None"
                )
            solved[neighbourhood] = channel_capacity(p, TOLERANCE).bits
        bits[w] = solved[neighbourhood]
    return bits
