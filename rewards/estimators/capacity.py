"""Capacity of a discrete memoryless channel, with bounds that certify it."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewards.estimators.capacity_kernels import BLOCK, VECTORS, blahut_arimoto, solve_each
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


METHODS = ("interior", "blahut")

BLAHUT_LIMIT = 100_000
"""Iterations of Blahut-Arimoto where it is asked for by name."""


def channel_capacity(p: ArrayLike, tol: float = 1e-9, method: str = "interior") -> Capacity:
    """Capacity in bits of the channel p[x, y] = P(outcome y | input x); upper - lower <= tol on most.

    Bounds: I(X; Y) <= C <= max_x KL(p[x] || q) at every input distribution, q the outcomes' (Arimoto 1972,
    Blahut 1972). Solved by an interior point; `method="blahut"` is their plain iteration, which stalls on
    inputs that are nearly of use and gives the bounds that 100,000 iterations reach. Equal rows share their
    probability equally. Raises ValueError that names the row for a row that is no distribution.
    """
    w = _checked(p, 2)
    _check_tolerance(tol)
    if method not in METHODS:
        raise ValueError(f"method {method!r} is unknown; allowed: {', '.join(METHODS)}")
    w = np.ascontiguousarray(w[:, w.any(axis=0)])
    distinct, entry_of, sizes = _distinct_rows(w)
    weights = np.full(len(distinct), 1.0 / len(distinct))
    if method == "blahut":
        bounds = np.array(blahut_arimoto(distinct, tol * log(2), BLAHUT_LIMIT, weights)) / log(2)
    else:
        every, weights = bounds_of(
            distinct.reshape(-1), np.zeros(1, np.int64), np.array([distinct.shape]), tol
        )
        bounds = every[0]
        if bounds[1] - bounds[0] > tol:
            _slowly(distinct, tol, weights, bounds)
    lower, upper = bounds.tolist()
    return Capacity(lower, lower, max(lower, upper), (weights / sizes)[entry_of])


def capacities(
    p: ArrayLike, tol: float = 1e-9
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Capacities of the channels p[channel, x, y]: (bits, lower, upper), float64 [channels] each.

    The same as `channel_capacity` of each, in one compiled call. Raises ValueError that names row and channel.
    """
    w = _checked(p, 3)
    _check_tolerance(tol)
    starts = np.arange(len(w)) * w[0].size
    bounds, _ = bounds_of(w.reshape(-1), starts, np.full((len(w), 2), w.shape[1:]), tol)
    for k in np.flatnonzero(bounds[:, 1] - bounds[:, 0] > tol).tolist():
        found = channel_capacity(w[k], tol)
        bounds[k] = max(bounds[k, 0], found.lower), min(bounds[k, 1], found.upper)
    return bounds[:, 0].copy(), bounds[:, 0].copy(), bounds.max(axis=1)


def bounds_of(
    channels: NDArray[np.float64], starts: NDArray[np.int64], shapes: NDArray[np.int64], tol: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds [channels, 2] of many capacities in bits by the interior point, and the last one's inputs.

    channels: all of them end to end, flat; starts [channels]; shapes [channels, 2] (inputs, outcomes). They
    are not checked. What gets stuck has bounds further apart than `tol`.
    """
    rows, columns = shapes.max(axis=0).tolist()
    wide, high, fewer = (-(-size // BLOCK) * BLOCK for size in (columns, rows, min(rows, columns)))
    bounds, inputs = np.empty((len(starts), 2)), np.empty(rows)
    solve_each(
        channels,
        starts,
        shapes,
        tol * log(2),
        np.zeros((VECTORS, max(wide, high))),
        np.empty((2, max(rows * wide, columns * high))),
        np.empty(min(rows, columns) * fewer),
        np.empty((2, rows), np.int64),
        inputs,
        bounds,
    )
    return bounds / log(2), inputs


def _slowly(
    w: NDArray[np.float64], tol: float, weights: NDArray[np.float64], bounds: NDArray[np.float64]
) -> None:
    """Narrow `bounds` in bits by Blahut-Arimoto from `weights`, which are replaced where it finds better ones."""
    others = 0.999 * weights + 0.001 / len(weights)
    lower, upper = blahut_arimoto(w, tol * log(2), int(LAST_RESORT / w.size) + 1, others)
    if lower / log(2) > bounds[0]:
        weights[:] = others
    bounds[:] = max(bounds[0], lower / log(2)), min(bounds[1], upper / log(2))


def _check_tolerance(tol: float) -> None:
    if not tol > 0:
        raise ValueError(f"tol has to be above 0, not {tol!r}")


def _checked(p: ArrayLike, axes: int) -> NDArray[np.float64]:
    """A channel (2 axes) or several (3) as normalised float64, without tiny probabilities; or ValueError."""
    given = np.asarray(p)
    w = np.array(given, np.float64)
    if w.ndim != axes or 0 in w.shape:
        what, wanted = ("a channel is", "p[x, y]") if axes == 2 else ("channels are", "p[channel, x, y]")
        raise ValueError(f"{what} {wanted} with at least one input and one outcome, not of shape {w.shape}")

    def place(row: tuple[int, ...]) -> str:
        return f"row {row[-1]} of the channel" if axes == 2 else f"row {row[-1]} of channel {row[0]}"

    for wrong, why in ((~np.isfinite(w), "a value that is not finite"), (w < 0, "a negative probability")):
        if wrong.any():
            *row, column = np.argwhere(wrong)[0].tolist()
            raise ValueError(f"{place(tuple(row))} has {why} ({w[(*row, column)]} at column {column})")
    sums = w.sum(axis=-1)
    off = np.abs(sums - 1.0) > (1e-5 if given.dtype in (np.float32, np.float16) else 1e-9)
    if off.any():
        row = tuple(np.argwhere(off)[0].tolist())
        raise ValueError(f"{place(row)} sums to {sums[row]:.12g}, not to 1")
    w[w < SMALLEST] = 0.0
    w /= w.sum(axis=-1, keepdims=True)
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
