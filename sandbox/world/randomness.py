"""Randomness kept in the state: the k-th draw of a world is a pure function of its key and k, on any machine.

SplitMix64 (Steele, Lea, Flood 2014) read as a counter-based generator: mix(key + k * golden ratio).
"""

import numpy as np
from numba import njit

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
ONE, S27, S30, S31, S32 = (np.uint64(n) for n in (1, 27, 30, 31, 32))


@njit
def mix(z):
    """Scramble a 64-bit number (a bijection)."""
    z = (z ^ (z >> S30)) * FIRST
    z = (z ^ (z >> S27)) * SECOND
    return z ^ (z >> S31)


@njit
def draw(state):
    """The world's next 64 random bits."""
    state.rng_count += ONE
    return mix(state.rng_key + state.rng_count * GOLDEN)


@njit
def draw_below(state, bound):
    """A random integer in 0..bound-1, for bounds far below 2**32."""
    return np.int64(((draw(state) >> S32) * np.uint64(bound)) >> S32)


@njit
def draw_unit(state):
    """A random float in [0, 1)."""
    return np.float64(draw(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


def keys(seed: int, count: int) -> np.ndarray:
    """One key for each of `count` worlds, uint64 [count]; world k's key depends on the seed and k alone."""
    if not isinstance(seed, int | np.integer):
        raise ValueError(f"a seed must be a whole number, not {seed!r}")
    with np.errstate(over="ignore"):
        root = mix.py_func(np.uint64(int(seed) % 2**64) + GOLDEN)
        return mix.py_func(root + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN)


def aside(states: np.ndarray, salt: int) -> np.ndarray:
    """64 bits for each state, uint64 [worlds], that depend on its key, clock and `salt` and change nothing.

    For choices about a state that are not part of the world: a policy's whims, ties between equal plans.
    """
    with np.errstate(over="ignore"):
        turn = states["clock"].astype(np.uint64) * np.uint64(0x10001) + np.uint64(salt)
        return mix.py_func(mix.py_func(states["rng_key"] ^ SECOND) + turn * GOLDEN)
