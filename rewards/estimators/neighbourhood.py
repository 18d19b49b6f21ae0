"""Neighbourhoods: what one actor can reach as a graph of merged states, and tables of what was solved for them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, permutations
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from rewards.estimators import neighbourhood_kernels
from rewards.estimators.graph_kernels import find, turn
from rewards.socket import Dynamics

FIRST_ROOM = 256
GROWTH = 4
SCRATCH_BYTES = 1 << 30
"""Most memory for the graph of one state; more states than fit are an error that says so."""

TOGETHER = 64
"""From so many states on, all threads work."""

LIMIT = 1 << 24
"""Numbers (4 bytes) kept in one table before it starts anew."""

NORTH, SOUTH, WEST, EAST = DIRECTIONS = ("north", "south", "west", "east")


class Graphs(NamedTuple):
    """Graphs end to end, int32 as `neighbourhood_kernels.graph` writes them; starts int64 [graphs + 1]."""

    numbers: NDArray[np.int32]
    starts: NDArray[np.int64]


class Table:
    """Bounds [lower, upper] of graphs by the whole graph."""

    def __init__(self) -> None:
        self._start_anew(64, 1 << 13)

    def __len__(self) -> int:
        return self._count

    def bounds(
        self, graphs: Graphs, solve: Callable[[NDArray[np.int64]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """Bounds [graphs, 2]. `solve` gets the numbers of the graphs not yet known, each once."""
        self._make_room(len(graphs.starts) - 1, int(graphs.starts[-1]))
        entries, fresh = np.empty((2, len(graphs.starts) - 1), np.int64)
        known = self._count
        self._count, missing = find(
            *graphs, self._keys.numbers, self._keys.starts, self._slots, known, entries, fresh
        )
        if missing:
            try:
                self._bounds[known : self._count] = solve(fresh[:missing])
            except BaseException:
                self._start_anew(64, 1 << 13)  # keys without values must not be found again
                raise
        return self._bounds[entries]

    def _start_anew(self, entries: int, numbers: int) -> None:
        self._count = 0
        self._keys = Graphs(np.empty(numbers, np.int32), np.zeros(entries + 1, np.int64))
        self._bounds = np.empty((entries, 2))
        self._slots = np.zeros(1 << (2 * entries - 1).bit_length(), np.int64)

    def _make_room(self, newcomers: int, numbers: int) -> None:
        count, keys, bounds = self._count, self._keys, self._bounds
        entries, total = count + newcomers, int(keys.starts[count]) + numbers
        if entries <= len(bounds) and total <= len(keys.numbers):
            return
        if total > LIMIT:
            self._start_anew(2 * newcomers, 2 * numbers)
            return
        self._start_anew(max(2 * len(bounds), entries), max(2 * len(keys.numbers), total))
        if count:
            entry_of, fresh = np.empty((2, count), np.int64)
            kept = Graphs(keys.numbers, keys.starts[: count + 1])
            self._count, _ = find(*kept, *self._keys, self._slots, 0, entry_of, fresh)
            self._bounds[:count] = bounds[:count]


class Neighbourhoods:
    """The kernels of one world that write graphs, and their scratch."""

    def __init__(self, dynamics: Dynamics) -> None:
        self._kernels: Any = dynamics.specialise(neighbourhood_kernels)
        self._level = dynamics.level
        self._core_words = dynamics.core_words
        self._actions = len(dynamics.actions)
        self._scratch: list[tuple[tuple, NDArray[np.int32]]] = []

    def graphs(
        self,
        words: NDArray[np.uint64],
        kind: np.dtype,
        agent: int,
        perceiver: int,
        outcome: int,
        horizon: int,
    ) -> Graphs:
        """What `agent` can reach in at most `horizon` steps from each state (a row of words of type `kind`).

        Valid until the next call.
        """

        def work(first: int, last: int, thread: int) -> list[Graphs]:
            parts = []
            while first < last:
                memory, out = self._scratch[thread]
                starts = np.empty(last - first + 1, np.int64)
                done = self._kernels.graphs(
                    self._level, words[first:last], agent, perceiver, outcome, horizon, self._actions,
                    memory, out, starts,
                )  # fmt: skip
                if done:
                    numbers = out[: starts[done]]
                    parts.append(
                        Graphs(numbers if done == last - first else numbers.copy(), starts[: done + 1])
                    )
                    first += done
                else:
                    self._scratch[thread] = self._roomy(kind, GROWTH * len(memory[2]), horizon)
            return parts

        for _ in range(len(self._scratch), _threads(len(words))):
            self._scratch.append(self._roomy(kind, FIRST_ROOM, horizon))
        parts = [part for share in spread(len(words), work) for part in share]
        if len(parts) == 1:
            return parts[0]
        ahead = np.cumsum([0] + [len(part.numbers) for part in parts])
        starts = [part.starts[:-1] + offset for part, offset in zip(parts, ahead, strict=False)]
        return Graphs(np.concatenate([part.numbers for part in parts]), np.concatenate([*starts, ahead[-1:]]))

    def _roomy(self, kind: np.dtype, room: int, horizon: int) -> tuple[tuple, NDArray[np.int32]]:
        if room * (kind.itemsize + 72 * self._core_words + 8 * self._actions + 64) > SCRATCH_BYTES:
            raise ValueError(
                f"horizon {horizon} reaches more than {room // GROWTH} states from one: lower the horizon"
            )
        records = np.zeros(room + 1, kind)
        memory = (
            records,
            records.view(np.uint64).reshape(room + 1, -1),
            np.empty((room, self._core_words), np.uint64),
            np.empty(room, np.int32),
            np.empty((room, 2), np.int32),
            np.empty((room, 8 * self._core_words + 1), np.uint64),
            np.zeros((2, 1 << (2 * room - 1).bit_length()), np.int32),
        )
        return memory, np.empty(max(1 << 15, room * (self._actions + 2)), np.int32)


def _threads(count: int) -> int:
    return numba.get_num_threads() if count >= TOGETHER else 1


def spread(count: int, work: Callable[[int, int, int], Any]) -> list[Any]:
    """What work(first, last, thread) returns for every share of `count` items, on all threads if many."""
    threads = _threads(count)
    if threads == 1:
        return [work(0, count, 0)]
    bounds = [count * thread // threads for thread in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        shares = [pool.submit(work, *span, thread) for thread, span in enumerate(pairwise(bounds))]
        return [share.result() for share in shares]


def symmetries(actions: Sequence[str], noise: NDArray[np.float64]) -> NDArray[np.int64]:
    """Orders of the actions [orders, actions] that turn or mirror the directions in their names, identity first.

    Only those that leave the noise as it is, to the last bit: a graph whose actions are put in such an order
    has the same channel but for the order of its inputs.
    """
    found = {tuple(range(len(actions))): None}
    for order in permutations(DIRECTIONS):
        renamed: dict[str, str] = dict(zip(DIRECTIONS, order, strict=True))
        if {renamed[NORTH], renamed[SOUTH]} not in ({NORTH, SOUTH}, {WEST, EAST}):
            continue  # opposite directions stay opposite: eight of the 24 orders
        names = ["_".join(renamed.get(word, word) for word in action.split("_")) for action in actions]
        if set(names) == set(actions):
            turned = [list(actions).index(name) for name in names]
            if np.array_equal(noise[np.ix_(turned, turned)], noise):
                found[tuple(turned)] = None
    return np.array(list(found))


def canonical(graphs: Graphs, chosen: NDArray[np.int64], orders: NDArray[np.int64]) -> Graphs:
    """The graphs number `chosen` in a form that is the same for all that some of the `orders` make equal."""
    starts = np.empty(len(chosen) + 1, np.int64)
    out = np.empty(int((graphs.starts[chosen + 1] - graphs.starts[chosen]).sum()), np.int32)
    turn(*graphs, chosen, orders, out, starts)
    return Graphs(out, starts)
