"""What a handful of seeds can tell: means with bootstrap confidence intervals."""

from typing import NamedTuple

import numpy as np

RESAMPLES = 2000


class Estimate(NamedTuple):
    """A mean with the ends of its confidence interval and the number of seeds behind it."""

    mean: float
    low: float
    high: float
    seeds: int


def estimate(values, level: float = 0.95) -> Estimate:
    """Mean of the values that are numbers, with a percentile bootstrap interval (Efron 1979).

    The resampling has a seed of its own, so equal values give equal intervals.
    """
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    if not len(known):
        return Estimate(np.nan, np.nan, np.nan, 0)
    picks = np.random.default_rng(0).integers(0, len(known), (RESAMPLES, len(known)))
    low, high = np.quantile(known[picks].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(known.mean()), float(low), float(high), len(known))
