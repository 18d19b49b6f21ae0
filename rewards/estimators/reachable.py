"""Exact empowerment without noise: how many outcomes one actor can reach while the others stand still."""

from collections.abc import Callable, Sequence
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

REMEMBERED = 1 << 16
"""Answers that each thread keeps before it starts anew."""

TOGETHER = 256
"""From so many answers on, all threads work."""


class Scratch(NamedTuple):
    """Working memory of one thread, as `reachable_kernels.grow` describes it."""

    records: NDArray[Any]
    words: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    successor: NDArray[np.int32]
    nodes: NDArray[np.int32]
    seen: NDArray[np.uint64]
    tables: NDArray[np.int32]


class Known(NamedTuple):
    """What one thread was asked before, as `reachable_kernels.outcome_count` describes it."""

    keys: NDArray[np.uint64]
    values: NDArray[np.int32]
    slots: NDArray[np.int32]
    size: NDArray[np.int64]


Solve = Callable[[slice, tuple, tuple], None]
"""Fill in the answers for some of the worlds, with the memory of one thread (`Scratch`, `Known`)."""


class Expander:
    """The expansion kernels of one world, and their memory; answers are kept from call to call, by whole key."""

    def __init__(self, dynamics: Dynamics) -> None:
        self._kernels: Any = dynamics.specialise(reachable_kernels)
        self._level = dynamics.level
        self._core_words = dynamics.core_words
        self._actions = len(dynamics.actions)
        self._scratch: list[Scratch] = []
        self._known: list[Known] = []

    def counts(
        self,
        states: NDArray[Any],
        agents: Sequence[int],
        perceivers: Sequence[int],
        outcome: int,
        horizon: int,
    ) -> NDArray[np.int64]:
        """Distinct outcomes to which each of `agents` can bring its perceiver in exactly `horizon` steps.

        int64 [worlds, agents]; one compiled call for each thread.
        """
        words = rows_of_words(states)
        actors, readers = np.array(agents, np.int64), np.array(perceivers, np.int64)
        out = np.empty((len(words), len(actors)), np.int64)

        def solve(part: slice, scratch: tuple, known: tuple) -> None:
            self._kernels.count(
                self._level, words[part], actors, readers, outcome, horizon, scratch, known, out[part]
            )

        self._share(solve, out, states.dtype, horizon)
        return out

    def anticipated(
        self, states: NDArray[Any], matters: NDArray[np.bool_], outcome: int, horizon: int
    ) -> NDArray[np.int64]:
        """Outcomes within reach of each perceiver after each next action, int64 [worlds, actors, actions, perceivers].

        matters [worlds, actors, perceivers] is false where an actor's next action cannot make a difference.
        """
        words = rows_of_words(states)
        actors = matters.shape[1]
        out = np.empty((len(words), actors, self._actions, actors), np.int64)

        def solve(part: slice, scratch: tuple, known: tuple) -> None:
            records = np.zeros(self._actions, states.dtype)
            hands = (records, rows_of_words(records))
            self._kernels.anticipate(
                self._level, words[part], matters[part], outcome, horizon, hands, scratch, known, out[part]
            )

        self._share(solve, out, states.dtype, horizon)
        return out

    def after(self, states: NDArray[Any], agent: int, action: int) -> NDArray[Any]:
        """Copies of `states` in which `agent` has executed an action, everybody else still."""
        futures = rows_of_words(states).copy().view(states.dtype)[:, 0]
        self._kernels.act_alone(self._level, futures, agent, action)
        return futures

    def _share(self, solve: Solve, out: NDArray[np.int64], state_type: np.dtype, horizon: int) -> None:
        """Share the worlds among threads, then redo those for which memory was too small, with more."""
        worlds = len(out)
        threads = numba.get_num_threads() if out.size >= TOGETHER else 1
        memory = [
            (tuple(self._roomy(thread, state_type, FIRST_ROOM, horizon)), tuple(self._known[thread]))
            for thread in range(threads)
        ]
        parts = [
            slice(*span) for span in pairwise(worlds * thread // threads for thread in range(threads + 1))
        ]
        if threads == 1:
            solve(parts[0], *memory[0])
        else:
            with ThreadPoolExecutor(threads) as pool:
                for done in [pool.submit(solve, part, *own) for part, own in zip(parts, memory, strict=True)]:
                    done.result()
        full = (out == reachable_kernels.FULL).reshape(worlds, -1)
        for w in np.flatnonzero(full.any(axis=1)).tolist():
            scratch, again = self._scratch[0], slice(w, w + 1)  # which an earlier one may have had enlarged
            solve(again, tuple(scratch), tuple(self._known[0]))
            while (out[w] == reachable_kernels.FULL).any():
                scratch = self._roomy(0, state_type, GROWTH * len(scratch.keys), horizon)
                solve(again, tuple(scratch), tuple(self._known[0]))

    def _roomy(self, thread: int, state_type: np.dtype, room: int, horizon: int) -> Scratch:
        """The scratch of a thread, with room for at least so many nodes."""
        if thread == len(self._scratch):
            self._scratch.append(self._new_scratch(state_type, room))
            self._known.append(self._new_known())
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

    def _new_known(self) -> Known:
        return Known(
            keys=np.empty((REMEMBERED, self._core_words + 1), np.uint64),
            values=np.empty(REMEMBERED, np.int32),
            slots=np.zeros(2 * REMEMBERED, np.int32),
            size=np.zeros(1, np.int64),
        )


def rows_of_words(states: NDArray[Any]) -> NDArray[np.uint64]:
    """The records of `states` as rows of words, uint64 [worlds, words]; a view where they lie packed."""
    return np.ascontiguousarray(states).view(np.uint64).reshape(len(states), states.dtype.itemsize // 8)
