"""Exact empowerment without noise: log2 of the number of outcomes that one actor can reach, the others still."""

from types import ModuleType
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from rewards.estimators import reachable_kernels
from rewards.socket import Dynamics

FIRST_ROOM = 512
GROWTH = 4
SCRATCH_BYTES = 2 << 30
TOGETHER = 64
"""From this many states on, all threads work."""


class Expander:
    """The expansion kernels of one world and their scratch."""

    def __init__(self, dynamics: Dynamics) -> None:
        self._kernels: ModuleType = dynamics.specialise(reachable_kernels)
        self._level = dynamics.level
        self._core_words = dynamics.core_words
        self._actions = len(dynamics.actions)
        self._scratch: dict[int, tuple[NDArray[Any], ...]] = {}

    def counts(
        self, states: NDArray[Any], agent: int, perceiver: int, outcome: int, horizon: int
    ) -> NDArray[np.int64]:
        """Number of distinct outcomes that `agent` can reach in exactly `horizon` steps, int64 [worlds]."""
        words = rows_of_words(states)
        counts = np.empty(len(words), np.int64)
        threads = numba.get_num_threads()
        room = FIRST_ROOM
        waiting = np.arange(len(words))
        while len(waiting):
            together = len(waiting) >= TOGETHER and self._bytes(states, threads, room) <= SCRATCH_BYTES
            scratch = self._scratch_for(states, threads if together else 1, room, horizon)
            count = self._kernels.count_together if together else self._kernels.count_alone
            found = np.empty(len(waiting), np.int64)
            count(self._level, words[waiting], agent, perceiver, outcome, horizon, *scratch, found)
            counts[waiting] = found
            waiting = waiting[found == reachable_kernels.FULL]
            room = scratch[2].shape[1] * GROWTH
        return counts

    def graph(
        self, states: NDArray[Any], agent: int, perceiver: int, outcome: int, horizon: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
        """What `agent` can reach from the one state of `states` in at most `horizon` steps, merged.

        Returns (successor [expanded nodes, actions], outcome number [nodes], number of outcomes). Node 0 is the state;
        numbering is breadth first by action, so that equal neighbourhoods give equal arrays.
        """
        words = rows_of_words(states)[0]
        room = FIRST_ROOM
        while True:
            scratch = self._scratch_for(states, 1, room, horizon)
            nodes, outcomes, expanded = self._kernels.graph(
                self._level, words, agent, perceiver, outcome, horizon, *scratch
            )
            if nodes != reachable_kernels.FULL:
                return scratch[3][0, :expanded].copy(), scratch[4][0, :nodes, 0].copy(), outcomes
            room = scratch[2].shape[1] * GROWTH

    def _bytes(self, states: NDArray[Any], shares: int, room: int) -> int:
        return shares * room * (states.itemsize + 72 * self._core_words + 4 * self._actions + 64)

    def _scratch_for(
        self, states: NDArray[Any], shares: int, room: int, horizon: int
    ) -> tuple[NDArray[Any], ...]:
        """Scratch with so many shares and at least `room` nodes in each; arrays as `reachable_kernels.grow` says."""
        held = self._scratch.get(shares)
        if held is not None and held[2].shape[1] >= room:
            return held
        if self._bytes(states, shares, room) > SCRATCH_BYTES:
            raise ValueError(
                f"horizon {horizon} reaches more than {room // GROWTH} states from one state: lower the horizon"
            )
        records = np.zeros((shares, room + 1), states.dtype)
        words = records.view(np.uint64).reshape(shares, room + 1, -1)
        self._scratch[shares] = (
            records,
            words,
            np.empty((shares, room, self._core_words), np.uint64),
            np.empty((shares, room, self._actions), np.int32),
            np.empty((shares, room, 3), np.int32),
            np.empty((shares, room, 8 * self._core_words + 1), np.uint64),
            np.zeros((shares, 2, 1 << (2 * room - 1).bit_length()), np.int32),
        )
        return self._scratch[shares]


def rows_of_words(states: NDArray[Any]) -> NDArray[np.uint64]:
    """The records of `states` as rows of words, uint64 [worlds, words]; a view where states lie in one piece."""
    return np.ascontiguousarray(states).view(np.uint64).reshape(len(states), -1)
