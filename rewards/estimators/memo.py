"""A table of solved states: equal keys are solved once, in a batch and from call to call."""

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

Rows = NDArray[np.intp]
"""Numbers of rows, worlds or agents; named, since annotations of inner functions are worked out at every call."""

Figures = NDArray[np.float64]
"""Figures of rows, float64 [rows, ...]."""

LIMIT = 1 << 16
"""Entries kept before a table starts anew, unless it says otherwise (more only while one batch holds more)."""


class Memo:
    """Values of states by their whole keys, uint64 [width] each; float64 of the `shape` given."""

    def __init__(self, width: int, shape: tuple[int, ...] = (), limit: int = LIMIT) -> None:
        self._width, self._shape, self._limit = width, shape, limit
        self._start_anew(256)

    def __len__(self) -> int:
        return self._count

    def values(self, words: NDArray[np.uint64], solve: Callable[[Rows], Figures]) -> Figures:
        """Values [worlds, ...] of the states whose keys are the first words of the rows of `words`.

        `solve` gets the row numbers of the states not yet known, each key once, and returns their values.
        """
        self._make_room(len(words))
        entries = np.empty(len(words), np.intp)
        fresh = np.empty(len(words), np.intp)
        known = self._count
        self._count, missing = enter(words, self._keys, self._slots, known, entries, fresh)
        if missing:
            try:
                self._values[known : self._count] = solve(fresh[:missing])
            except BaseException:
                self._start_anew(256)  # keys without values must not be found again
                raise
        return self._values[entries]

    def _start_anew(self, room: int) -> None:
        self._count = 0
        self._keys = np.empty((room, self._width), np.uint64)
        self._values = np.empty((room, *self._shape))
        self._slots = np.zeros(1 << (2 * room - 1).bit_length(), np.int64)

    def _make_room(self, newcomers: int) -> None:
        needed = self._count + newcomers
        if needed <= len(self._keys):
            return
        count, keys, values = self._count, self._keys, self._values
        self._start_anew(max(2 * len(keys), needed) if needed <= self._limit else max(self._limit, newcomers))
        if needed <= self._limit:
            self._count, _ = enter(
                keys[:count], self._keys, self._slots, 0, np.empty(count, np.intp), np.empty(count, np.intp)
            )
            self._values[:count] = values[:count]


@njit(cache=True)
def enter(words, keys, slots, count, entries, fresh):
    """Find or add the key of every row of `words`; returns (entries now, rows that were new).

    keys [room, width] and slots (a power of two, entry + 1, 0 is free) are the table, `count` its entries so
    far; entries [rows] gets each row's entry, fresh the numbers of the rows that were new, in the order of
    their entries.
    """
    width = keys.shape[1]
    mask = np.uint64(slots.shape[0] - 1)
    missing = 0
    first = np.empty(words.shape[0], np.uint64)
    for row in range(words.shape[0]):
        mixed = np.uint64(0)
        for k in range(width):
            odd = (np.uint64(k) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)) | np.uint64(
                1
            )
            mixed += (words[row, k] ^ (words[row, k] >> np.uint64(32))) * odd
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        first[row] = (mixed ^ (mixed >> np.uint64(32))) & mask
    for row in range(
        words.shape[0]
    ):  # in loops of their own, so that many reads from far memory go on at a time
        entries[row] = slots[first[row]] - 1
    for row in range(words.shape[0]):
        entry = entries[row]
        if entry >= 0 and not equal(words, row, keys, entry):
            entries[row] = -1
    for row in range(words.shape[0]):
        slot = first[row]
        while entries[row] < 0:
            entry = slots[slot] - 1
            if entry < 0:
                entries[row] = count
                fresh[missing] = row
                for k in range(width):
                    keys[count, k] = words[row, k]
                count += 1
                missing += 1
                slots[slot] = count
            elif equal(words, row, keys, entry):
                entries[row] = entry
            slot = (slot + np.uint64(1)) & mask
    return count, missing


@njit(cache=True)
def equal(words, row, keys, entry):
    """Whether a row of `words` is the key of an entry."""
    different = np.uint64(0)
    for k in range(keys.shape[1]):
        different |= keys[entry, k] ^ words[row, k]
    return different == 0
