"""Exact empowerment without noise: how many outcomes one actor can reach while the others stand still."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from rewards.estimators import reachable_kernels
from rewards.socket import Dynamics

FIRST_ROOM = 512
GROWTH = 4
SCRATCH_BYTES = 1 << 30
"""Most memory for the expansion of one state; more states than fit are an error that says so."""

TOGETHER = 256
"""From so many states on, all threads work."""


class Scratch(NamedTuple):
    """Working memory of one thread, as `reachable_kernels.grow` describes it."""

    records: NDArray[Any]
    words: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    successor: NDArray[np.int32]
    nodes: NDArray[np.int32]
    seen: NDArray[np.uint64]
    tables: NDArray[np.int32]


class Expander:
    """The expansion kernels of one world, and their scratch."""

    def __init__(self, dynamics: Dynamics) -> None:
        self._kernels: Any = dynamics.specialise(reachable_kernels)
        self._level = dynamics.level
        self._core_words = dynamics.core_words
        self._actions = len(dynamics.actions)
        self._scratch: list[Scratch] = []

    def counts(
        self, states: NDArray[Any], agent: int, perceiver: int, outcome: int, horizon: int
    ) -> NDArray[np.int64]:
        """Number of distinct outcomes that `agent` can reach in exactly `horizon` steps, int64 [worlds]."""
        words = rows_of_words(states)
        counts = np.empty(len(words), np.int64)
        threads = numba.get_num_threads() if len(words) >= TOGETHER else 1
        scratch = [self._roomy(thread, states.dtype, FIRST_ROOM, horizon) for thread in range(threads)]
        bounds = [len(words) * thread // threads for thread in range(threads + 1)]

        def share(first: int, last: int, memory: Scratch) -> None:
            self._kernels.count(
                self._level,
                words[first:last],
                agent,
                perceiver,
                outcome,
                horizon,
                tuple(memory),
                counts[first:last],
            )

        if threads == 1:
            share(0, len(words), scratch[0])
        else:
            with ThreadPoolExecutor(threads) as pool:
                for done in [
                    pool.submit(share, *span, memory)
                    for span, memory in zip(pairwise(bounds), scratch, strict=True)
                ]:
                    done.result()
        for w in np.flatnonzero(counts == reachable_kernels.FULL).tolist():
            share(w, w + 1, self._scratch[0])  # as an earlier one may have had to make room already
            while counts[w] == reachable_kernels.FULL:
                room = GROWTH * len(self._scratch[0].keys)
                share(w, w + 1, self._roomy(0, states.dtype, room, horizon))
        return counts

    def _roomy(self, thread: int, state_type: np.dtype, room: int, horizon: int) -> Scratch:
        """The scratch of a thread, with room for at least so many nodes."""
        if thread == len(self._scratch):
            self._scratch.append(self._new_scratch(state_type, room))
        elif len(self._scratch[thread].keys) < room:
            each = state_type.itemsize + 72 * self._core_words + 4 * self._actions + 64
            if room * each > SCRATCH_BYTES:
                states = room // GROWTH
                raise ValueError(
                    f"horizon {horizon} reaches more than {states} states from one: lower the horizon"
                )
            self._scratch[thread] = self._new_scratch(state_type, room)
        return self._scratch[thread]

    def _new_scratch(self, state_type: np.dtype, room: int) -> Scratch:
        records = np.zeros(room + 1, state_type)
        return Scratch(
            records=records,
            words=rows_of_words(records),
            keys=np.empty((room, self._core_words), np.uint64),
            successor=np.empty((room, self._actions), np.int32),
            nodes=np.empty((room, 3), np.int32),
            seen=np.empty((room, 8 * self._core_words + 1), np.uint64),
            tables=np.zeros((2, 1 << (2 * room - 1).bit_length()), np.int32),
        )


def rows_of_words(states: NDArray[Any]) -> NDArray[np.uint64]:
    """The records of `states` as rows of words, uint64 [worlds, words]; a view where they lie packed."""
    return np.ascontiguousarray(states).view(np.uint64).reshape(len(states), states.dtype.itemsize // 8)
