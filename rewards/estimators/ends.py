"""Where futures end, and what can be read from it: counts, entropies, information, and their biases, in bits."""

from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.capacity import channel_capacity


class Ends(NamedTuple):
    """Where the futures of each state end, merged; columns of equal length.

    world    number of the state.
    first    number of what was told apart at the start (first actions, sequences), 0 where nothing was.
    outcome  number of the outcome; equal outcomes have equal numbers, within one state at least.
    weight   futures that ended so, or their probability; every `first` of a state has the same sum.
    """

    world: NDArray[np.int64]
    first: NDArray[np.int64]
    outcome: NDArray[np.int64]
    weight: NDArray[np.float64]


def merged(
    world: NDArray[np.int64],
    first: NDArray[np.int64],
    outcome: NDArray[np.int64],
    weight: NDArray[np.float64] | None = None,
) -> Ends:
    """Such columns with equal entries added up, sorted; a weight of 1 each when None."""
    firsts, outcomes = int(first.max(initial=0)) + 1, int(outcome.max(initial=0)) + 1
    code, entry = np.unique((world * firsts + first) * outcomes + outcome, return_inverse=True)
    start, outcome = np.divmod(code, outcomes)
    world, first = np.divmod(start, firsts)
    return Ends(world, first, outcome, np.bincount(entry, weight, len(code)).astype(np.float64))


def outcomes_alone(found: Ends) -> Ends:
    """The same ends, whatever they started with."""
    return merged(found.world, np.zeros_like(found.first), found.outcome, found.weight)


def counts(found: Ends, worlds: int) -> NDArray[np.int64]:
    """Number of different outcomes of each state, int [worlds]."""
    return np.bincount(outcomes_alone(found).world, minlength=worlds)


def entropy(found: Ends, worlds: int) -> NDArray[np.float64]:
    """Entropy in bits of the entries of each state, float64 [worlds]."""
    total = np.bincount(found.world, found.weight, worlds)
    share = found.weight / total[found.world]
    return np.maximum(0.0, np.bincount(found.world, -share * np.log2(share), worlds))


def information(found: Ends, worlds: int) -> NDArray[np.float64]:
    """Information in bits between `first` and the outcome, float64 [worlds], each first as likely as another."""
    firsts = int(found.first.max(initial=0)) + 1
    both = entropy(found, worlds)
    return np.maximum(0.0, entropy(outcomes_alone(found), worlds) + np.log2(firsts) - both)


def capacity(found: Ends, worlds: int, tol: float) -> NDArray[np.float64]:
    """Capacity in bits of the channel from `first` to the outcome, float64 [worlds], certified to `tol`."""
    bits = np.zeros(worlds)
    for world in range(worlds):
        span = slice(*np.searchsorted(found.world, (world, world + 1)))
        _, column = np.unique(found.outcome[span], return_inverse=True)
        p = np.zeros((found.first[span].max() + 1, column.max() + 1))
        p[found.first[span], column] = found.weight[span]
        bits[world] = channel_capacity(p / p.sum(axis=1, keepdims=True), tol).bits
    return bits


def unseen(found: Ends, worlds: int) -> NDArray[np.float64]:
    """How many bits the logarithm of `counts` lacks, float64 [worlds], by Chao's (1984) lower estimate.

    Estimated from the outcomes that were seen once and twice; weights are numbers of futures.
    """
    alone = outcomes_alone(found)
    seen = np.bincount(alone.world, minlength=worlds)
    futures = np.bincount(alone.world, alone.weight, worlds)
    once, twice = (np.bincount(alone.world[alone.weight == k], minlength=worlds) for k in (1, 2))
    more = (1 - 1 / futures) * once * (once - 1) / (2 * (twice + 1))
    return np.log2(1 + more / seen)


def entropy_bias(found: Ends, worlds: int) -> NDArray[np.float64]:
    """Bits by which `entropy` is too high (below 0: too low), float64 [worlds], by the jackknife.

    (N - 1) (mean entropy with one future left out - entropy); weights are numbers of futures. nan for a
    single future, from which it cannot be known.
    """
    futures = np.bincount(found.world, found.weight, worlds)
    whole, less = _k_log_k(found.weight), _k_log_k(found.weight - 1)
    total = np.bincount(found.world, whole, worlds)
    gone = np.bincount(found.world, found.weight * (whole - less), worlds)
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = np.log2(futures - 1) - (total - gone / futures) / (futures - 1)
        bias = (futures - 1) * (left_out - (np.log2(futures) - total / futures))
    return np.where(futures > 1, bias, np.nan)


def information_bias(found: Ends, worlds: int) -> NDArray[np.float64]:
    """Bits by which `information` is too high, float64 [worlds], by the jackknife; nan as `entropy_bias`.

    The entropy of the outcomes, and that within each `first`, are corrected on their own.
    """
    firsts = int(found.first.max(initial=0)) + 1
    within = found._replace(world=found.world * firsts + found.first)
    inner = entropy_bias(within, worlds * firsts).reshape(worlds, firsts).mean(axis=1)
    return entropy_bias(outcomes_alone(found), worlds) - inner


def plug_in_bias(outcomes: int, inputs: int, samples: int) -> float:
    """Bits by which plug-in information is too high as it is often quoted, (K - 1)(A - 1) / (2 N ln 2).

    K outcomes, A inputs, N samples in all. It takes every outcome to be possible after every input, and
    overshoots where that is not so: see `information_bias`.
    """
    return (outcomes - 1) * (inputs - 1) / (2 * samples * log(2))


def _k_log_k(k: NDArray[np.float64]) -> NDArray[np.float64]:
    return k * np.log2(k, where=k > 0, out=np.zeros_like(k))
