"""Capacity of a discrete memoryless channel, with bounds that certify it."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewards.estimators.capacity_kernels import blahut_arimoto, solve
from rewards.estimators.memo import enter

SMALLEST = 1e-200
"""Probabilities below this are taken as 0; it changes no capacity by more than rounding does."""

LAST_RESORT = 2e8
"""Multiplications that Blahut-Arimoto may spend where the interior point got stuck."""


@dataclass(frozen=True)
class Capacity:
    """Capacity of a channel in bits.

    `bits` is `lower`, the information that the input distribution `inputs` [x] carries. The true capacity
    lies between `lower` and `upper` (up to rounding), whatever the solver did.
    """

    bits: float
    lower: float
    upper: float
    inputs: NDArray[np.float64]


def channel_capacity(p: ArrayLike, tol: float = 1e-9) -> Capacity:
    """Capacity in bits of the channel p[x, y] = P(outcome y | input x); upper - lower <= tol on most.

    Bounds: I(X; Y) <= C <= max_x KL(p[x] || q) at every input distribution, q the outcomes' (Arimoto 1972,
    Blahut 1972). Solved by an interior point, since Blahut-Arimoto stalls on inputs that are nearly of use.
    Equal rows share their probability equally. Raises ValueError that names the row for a row that is no
    distribution.
    """
    w = _checked(p)
    if not tol > 0:
        raise ValueError(f"tol has to be above 0, not {tol!r}")
    w[w < SMALLEST] = 0.0
    w = np.ascontiguousarray(w[:, w.any(axis=0)])
    w /= w.sum(axis=1, keepdims=True)
    distinct, entry_of, sizes = _distinct_rows(w)
    weights = np.full(len(distinct), 1.0 / len(distinct))
    lower, upper = solve(distinct, tol * log(2), weights)
    if upper - lower > tol * log(2):
        others = 0.999 * weights + 0.001 / len(weights)
        more = blahut_arimoto(distinct, tol * log(2), int(LAST_RESORT / distinct.size) + 1, others)
        if more[0] > lower:
            weights = others
        lower, upper = max(lower, more[0]), min(upper, more[1])
    lower, upper = lower / log(2), upper / log(2)
    return Capacity(lower, lower, max(lower, upper), (weights / sizes)[entry_of])


def _checked(p: ArrayLike) -> NDArray[np.float64]:
    """A float64 copy of a channel, or ValueError."""
    given = np.asarray(p)
    w = np.array(given, np.float64)
    if w.ndim != 2 or 0 in w.shape:
        raise ValueError(
            f"a channel is p[x, y] with at least one input and one outcome, not of shape {w.shape}"
        )
    for wrong, why in ((~np.isfinite(w), "a value that is not finite"), (w < 0, "a negative probability")):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(f"row {row} of the channel has {why} ({w[row, column]} at column {column})")
    sums = w.sum(axis=1)
    off = np.abs(sums - 1.0) > (1e-5 if given.dtype in (np.float32, np.float16) else 1e-9)
    if off.any():
        row = int(np.argmax(off))
        raise ValueError(f"row {row} of the channel sums to {sums[row]:.12g}, not to 1")
    return w


def _distinct_rows(
    w: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """(distinct rows, which of them each row is, how often each occurs)."""
    words = w.view(np.uint64)
    keys = np.empty_like(words)
    entry_of, fresh = np.empty(len(w), np.intp), np.empty(len(w), np.intp)
    count, _ = enter(words, keys, np.zeros(1 << (2 * len(w) - 1).bit_length(), np.int64), 0, entry_of, fresh)
    return w[fresh[:count]], entry_of, np.bincount(entry_of, minlength=count).astype(np.float64)
