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

FUTURE_BYTES = 1 << 24
"""Memory for the futures that one compiled call writes down."""

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
"""Fill in the answers for some of the rows, with the memory of one thread (`Scratch`, `Known`)."""


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

        int64 [worlds, agents].
        """
        pairs = np.stack([agents, perceivers], axis=1).astype(np.int64)
        rows = np.empty((len(states), len(pairs), 3), np.int64)
        rows[..., 0], rows[..., 1:] = np.arange(len(states))[:, None], pairs
        return self.counts_of(states, rows.reshape(-1, 3), outcome, horizon).reshape(len(states), len(pairs))

    def counts_of(
        self, states: NDArray[Any], rows: NDArray[np.int64], outcome: int, horizon: int
    ) -> NDArray[np.int64]:
        """The same for chosen rows [rows, 3]: the number of a state, an agent, its perceiver; int64 [rows].

        One compiled call for each thread.
        """
        words, out = rows_of_words(states), np.empty(len(rows), np.int64)

        def solve(part: slice, scratch: tuple, known: tuple) -> None:
            self._kernels.count(self._level, words, rows[part], outcome, horizon, scratch, known, out[part])

        self._share(solve, out, states.dtype, horizon)
        return out

    def walks(
        self,
        states: NDArray[Any],
        rows: NDArray[np.int64],
        outcome: int,
        horizon: int,
        noise: NDArray[np.float64] | None,
        places: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Where random play ends, for rows as in `counts_of`: float64 [rows, 3], see `reachable_kernels.walks`."""
        words, out = rows_of_words(states), np.empty((len(rows), 3))
        first = np.eye(self._actions) if noise is None else noise
        free = first.mean(axis=0)

        def solve(part: slice, scratch: tuple, known: tuple) -> None:
            self._kernels.walks(
                self._level, words, rows[part], outcome, horizon, first, free, places, scratch, out[part]
            )

        self._share(solve, out, states.dtype, horizon)
        return out

    def futures(
        self, states: NDArray[Any], rows: NDArray[np.int64], horizon: int
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Each state that the agent of a row can have brought about in exactly `horizon` steps: (rows, states).

        rows [rows, 2] are the number of a state and an agent; the futures of a row are together, each once.
        """
        words, parts, numbers, done = rows_of_words(states), [], [np.zeros(0, np.int64)], 0
        scratch, room = (
            self._roomy(0, states.dtype, FIRST_ROOM, horizon),
            FUTURE_BYTES // states.dtype.itemsize + 1,
        )
        while done < len(rows):
            out = np.empty((room, words.shape[1]), np.uint64)
            starts = np.empty(len(rows) - done + 1, np.int64)
            more = self._kernels.futures(
                self._level, words, rows[done:], horizon, tuple(scratch), out, starts
            )
            if not more:
                room *= GROWTH
                scratch = self._roomy(0, states.dtype, GROWTH * len(scratch.keys), horizon)
            parts.append(out[: starts[more]])
            numbers.append(np.repeat(np.arange(done, done + more), np.diff(starts[: more + 1])))
            done += more
        found = parts[0] if len(parts) == 1 else np.concatenate([words[:0], *parts])
        return np.concatenate(numbers), found.view(states.dtype).reshape(-1)

    def shown(
        self,
        states: NDArray[Any],
        rows: NDArray[np.int64],
        spans: NDArray[np.int64],
        visible: NDArray[np.uint64],
        around: tuple[NDArray[np.int32], NDArray[np.int32]],
        horizon: int,
    ) -> NDArray[np.int64]:
        """How many different things each onlooker can be shown, int64 [onlookers]; see `reachable_kernels.shown`."""
        out, first, done = np.empty(len(visible), np.int64), (states.dtype.fields or {})["cells"][1], 0
        words, scratch = rows_of_words(states), self._roomy(0, states.dtype, FIRST_ROOM, horizon)
        while True:
            done += self._kernels.shown(
                self._level, words, rows[done:], spans[done:], visible, *around, scratch.words.view(np.uint8),
                first, horizon, tuple(scratch), out,
            )  # fmt: skip
            if done == len(rows):
                return out
            scratch = self._roomy(0, states.dtype, GROWTH * len(scratch.keys), horizon)

    def changed_by(
        self, states: NDArray[Any], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """States after one agent alone has executed an action, where that changes anything: (numbers of rows, states).

        rows [rows, 3]: the number of a state, an agent, an action.
        """
        futures, changed = np.empty(len(rows) + 1, states.dtype), np.empty(len(rows), np.int64)
        count = self._kernels.act_alone(
            self._level, rows_of_words(states), rows, futures, rows_of_words(futures), changed
        )
        return changed[:count], futures[:count]

    def _share(self, solve: Solve, out: NDArray[Any], state_type: np.dtype, horizon: int) -> None:
        """Share the rows among threads, then redo those for which memory was too small, with more."""
        size = len(out)
        threads = numba.get_num_threads() if out.size >= TOGETHER else 1
        memory = [
            (tuple(self._roomy(thread, state_type, FIRST_ROOM, horizon)), tuple(self._known[thread]))
            for thread in range(threads)
        ]
        parts = [slice(*span) for span in pairwise(size * thread // threads for thread in range(threads + 1))]
        if threads == 1:
            solve(parts[0], *memory[0])
        else:
            with ThreadPoolExecutor(threads) as pool:
                for done in [pool.submit(solve, part, *own) for part, own in zip(parts, memory, strict=True)]:
                    done.result()
        first = out.reshape(size, -1)[:, 0] if size else out
        for row in np.flatnonzero(first == reachable_kernels.FULL).tolist():
            scratch, again = (
                self._scratch[0],
                slice(row, row + 1),
            )  # which an earlier one may have had enlarged
            solve(again, tuple(scratch), tuple(self._known[0]))
            while first[row] == reachable_kernels.FULL:
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
