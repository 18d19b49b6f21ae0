"""Capacity of a discrete memoryless channel, with bounds that certify it."""

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewards.estimators.capacity_kernels import blahut_arimoto, solve, solve_each
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
        lower, upper = blahut_arimoto(distinct, tol * log(2), BLAHUT_LIMIT, weights)
    else:
        lower, upper = _interior(distinct, tol * log(2), weights)
    lower, upper = lower / log(2), upper / log(2)
    return Capacity(lower, lower, max(lower, upper), (weights / sizes)[entry_of])


def capacities(
    p: ArrayLike, tol: float = 1e-9
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Capacities of the channels p[channel, x, y]: (bits, lower, upper), float64 [channels] each.

    The same as `channel_capacity` of each, in one compiled call. Raises ValueError that names row and channel.
    """
    w = _checked(p, 3)
    _check_tolerance(tol)
    bounds = np.empty((len(w), 2))
    starts = np.arange(len(w)) * w[0].size
    solve_each(w.reshape(-1), starts, np.full((len(w), 2), w.shape[1:]), tol * log(2), bounds)
    bounds /= log(2)
    for k in np.flatnonzero(bounds[:, 1] - bounds[:, 0] > tol).tolist():
        found = channel_capacity(w[k], tol)
        bounds[k] = max(bounds[k, 0], found.lower), min(bounds[k, 1], found.upper)
    return bounds[:, 0].copy(), bounds[:, 0].copy(), bounds.max(axis=1)


def _interior(w: NDArray[np.float64], tol: float, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Bounds in nats by the interior point; `weights` are filled. What gets stuck is tried in slower ways."""
    lower, upper = solve(w, tol, True, weights)
    if upper - lower <= tol:
        return lower, upper
    for attempt in ("all rows", "blahut"):
        if attempt == "all rows":
            others = np.empty(len(w))
            more = solve(w, tol, False, others)
        else:
            others = 0.999 * weights + 0.001 / len(weights)
            more = blahut_arimoto(w, tol, int(LAST_RESORT / w.size) + 1, others)
        if more[0] > lower:
            weights[:] = others
        lower, upper = max(lower, more[0]), min(upper, more[1])
        if upper - lower <= tol:
            break
    return lower, upper


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
