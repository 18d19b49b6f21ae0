"""Hash tables of rows of words, shared by the kernels that merge states: whole rows are compared, never hashes alone.

Not cached apart: the modules that call these are, under names that know this file's source.
"""

import numpy as np
from numba import njit

from rewards.estimators.compiled import UNWRAPPED


@njit(**UNWRAPPED)
def slot_of(row, count, rows, table):
    """Slot of `table` (row number + 1, 0 is free) where the first `count` words of `row` stand or belong."""
    mixed = np.uint64(0)
    for k in range(count):
        # each word folded, so that its high bits count too, times its own odd number
        odd = (np.uint64(k) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)) | np.uint64(1)
        mixed += (row[k] ^ (row[k] >> np.uint64(32))) * odd
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    mask = np.uint64(table.shape[0] - 1)
    slot = (mixed ^ (mixed >> np.uint64(32))) & mask
    while table[slot] > 0 and not same(row, rows[table[slot] - 1], count):
        slot = (slot + np.uint64(1)) & mask
    return slot


@njit(**UNWRAPPED)
def same(left, right, count):
    """Whether the first `count` words of two rows are equal."""
    different = np.uint64(0)
    for k in range(count):
        different |= left[k] ^ right[k]
    return different == 0


@njit(**UNWRAPPED)
def copy(source, target, count):
    """Copy the first `count` words of a row."""
    for k in range(count):
        target[k] = source[k]
