"""Futures in which all agents act: merged step by step with their probabilities, or in sampled company."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import layers_kernels
from rewards.estimators.reachable import rows_of_words
from rewards.socket import Dynamics

FIRST_ROOM = 1 << 10
FIRST_ENTRIES = 1 << 14
GROWTH = 4
SCRATCH_BYTES = 1 << 30

Chances = Callable[[NDArray[Any]], NDArray[np.float64]]
"""States [nodes] -> P(executed) of each of the others, float64 [1 or nodes, others, actions]."""


STATES = -1
"""In place of the number of an outcome: whole states are kept, those with the same truth as one."""


class TooMuch(Exception):
    """More imagined steps, or more memory, than was allowed."""


class Step(NamedTuple):
    """One step by all: who leads where with which probability, as `layers_kernels.expand` describes it."""

    starts: NDArray[np.int64]
    to: NDArray[np.int64]
    p: NDArray[np.float64]
    rows: int
    """Rows of the next layer."""


class Company(NamedTuple):
    """Futures in sampled company, as `layers_kernels.accompany` describes them."""

    successor: NDArray[np.int64]
    base: NDArray[np.int64]
    ends: NDArray[np.uint64]
    """Rows of words: the outcomes, or with STATES whole states."""


class Layers:
    """The kernels of one world that imagine all agents at once, and their scratch."""

    def __init__(self, dynamics: Dynamics) -> None:
        try:
            self._kernels: Any = dynamics.specialise(layers_kernels)
        except ImportError:
            raise ValueError("this world has no kernel `act_all` (rewards/kernel_socket.py)") from None
        self._level = dynamics.level
        self._core_words = dynamics.core_words
        self._actions = len(dynamics.actions)
        self._agents = dynamics.agent_count
        self._room, self._entries = FIRST_ROOM, FIRST_ENTRIES
        self._kept: dict[str, tuple[int, tuple[NDArray[Any], ...]]] = {}

    def merged(
        self,
        state: NDArray[Any],
        senders: Sequence[int],
        others: Sequence[int],
        chances: Chances,
        readers: Sequence[int],
        outcome: int,
        horizon: int,
        budget: float,
    ) -> tuple[list[Step], NDArray[np.uint64]]:
        """All futures of the one state in `state` [1], merged: (a step for each of `horizon`, outcomes).

        Row k of the outcomes holds what each of the `readers` perceives, each with its length first, or with
        STATES the words of a whole state. Raises TooMuch when it takes more than `budget` imagined steps.
        """
        hand = state.copy()
        parents, steps, rows = rows_of_words(state).copy(), [], np.empty((0, 0), np.uint64)
        joint = self._actions ** len(senders)
        for k in range(horizon):
            chance = np.ascontiguousarray(chances(parents.view(state.dtype)[:, 0]), np.float64)
            entered = joint * len(parents)
            budget -= entered * float((chance > 0).sum(axis=2).prod(axis=1).mean())
            if budget < 0:
                raise TooMuch
            last = k == horizon - 1 and outcome != STATES
            width = len(readers) * (8 * self._core_words + 1) if last else parents.shape[1]
            self._entries = max(self._entries, entered)
            starts = np.empty(entered + 1, np.int64)
            while True:
                rows, table, slots = self._rows("ends" if last else f"step {k % 2}", width)
                to, p, place = self._entry_rows()
                count, used = self._kernels.expand(
                    self._level, hand, rows_of_words(hand), parents, _numbers(senders), _numbers(others),
                    chance, _numbers(readers), outcome, last, (rows, table, slots, starts, to, p, place),
                )  # fmt: skip
                if count != layers_kernels.FULL:
                    break
                self._grow()
            steps.append(Step(starts, to[:used].copy(), p[:used].copy(), count))
            parents = rows[:count].copy()  # the scratch may be used again, by a policy that asks us
        return steps, parents

    def joint_counts(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        sizes: NDArray[np.integer],
        members: NDArray[np.integer],
        outcome: int,
        horizon: int,
    ) -> NDArray[np.int64]:
        """Outcomes that group k, the first sizes[k] of members[k], can bring about together from states[world[k]].

        In exactly `horizon` steps, everybody else staying; int64 [groups], below 0 where the memory that one compiled
        call has does not do.
        """
        hand, out = states[:1].copy(), np.full(len(world), layers_kernels.FULL)
        small = np.flatnonzero(sizes * np.log(self._actions) < np.log(self._entries))
        if not len(small):
            return out
        width, most = states.dtype.itemsize // 8, int(sizes[small].max())

        def memory(name: str, width: int) -> tuple[NDArray[Any], ...]:
            return *self._rows(name, width), np.empty(self._entries + 1, np.int64), *self._entry_rows()

        steps = memory("step 0", width), memory("step 1", width)
        ends = memory("ends", most * (8 * self._core_words + 1))
        found = np.empty(len(small), np.int64)
        self._kernels.joint_counts(
            self._level, hand, rows_of_words(hand), rows_of_words(states), world[small].astype(np.int64),
            sizes[small].astype(np.int64), members[small, :most].astype(np.int64),
            np.zeros((1, 0, self._actions)), outcome, horizon, steps, ends, found,
        )  # fmt: skip
        out[small] = found
        return out

    def accompanied(
        self,
        state: NDArray[Any],
        senders: Sequence[int],
        plans: NDArray[np.int8],
        executed: NDArray[np.int64],
        readers: Sequence[int],
        outcome: int,
    ) -> Company:
        """Where each joint action of `senders` leads in every one of the futures that `plans` lay down.

        plans int8 [futures, steps, agents]; executed [futures, steps, joint actions]; outcome a number, or
        STATES.
        """
        hand = state.copy()
        futures, steps, _ = executed.shape
        base = np.empty((futures, steps), np.int64)
        width = hand.dtype.itemsize // 8
        while True:
            here, table, slots = self._rows("step 0", width)
            there, _, _ = self._rows("step 1", width)
            room = width if outcome == STATES else len(readers) * (8 * self._core_words + 1)
            ends, end_table, end_slots = self._rows("ends", room)
            successor, _, _ = self._entry_rows()
            memory = (table, slots, end_table, end_slots, successor, base)
            outcomes, _ = self._kernels.accompany(
                self._level, hand, rows_of_words(hand), rows_of_words(state)[0], _numbers(senders), plans,
                executed, _numbers(readers), outcome, here, there, ends, memory,
            )  # fmt: skip
            if outcomes != layers_kernels.FULL:
                return Company(successor, base, ends[:outcomes])
            self._grow()

    def _rows(self, name: str, width: int) -> tuple[NDArray[Any], ...]:
        """(rows [room, width], an empty hash table, slots [room]), the same from call to call."""
        return self._scratch(
            f"{name} of {width} words",
            self._room,
            8 * width,
            lambda room: (
                np.empty((room, width), np.uint64),
                np.zeros(1 << (2 * room - 1).bit_length(), np.int32),
                np.empty(room, np.int64),
            ),
        )

    def _entry_rows(self) -> tuple[NDArray[Any], ...]:
        """(to [entries], p [entries], place [room] full of -1)."""
        to, p = self._scratch(
            "entries", self._entries, 16, lambda size: (np.empty(size, np.int64), np.empty(size))
        )
        return to, p, *self._scratch("place", self._room, 8, lambda room: (np.full(room, -1, np.int64),))

    def _scratch(
        self, name: str, size: int, each: int, make: Callable[[int], tuple[NDArray[Any], ...]]
    ) -> tuple[NDArray[Any], ...]:
        kept, found = self._kept.get(name, (0, ()))
        if kept != size:
            if size * each > SCRATCH_BYTES:
                self._room, self._entries = FIRST_ROOM, FIRST_ENTRIES
                self._kept.clear()
                raise TooMuch
            found = make(size)
            self._kept[name] = size, found
        return found

    def _grow(self) -> None:
        """Make room after a kernel ran out of it."""
        self._room, self._entries = GROWTH * self._room, GROWTH * self._entries


def _numbers(agents: Sequence[int]) -> NDArray[np.int64]:
    return np.array(agents, np.int64)


_kept: WeakKeyDictionary[Dynamics, Layers] = WeakKeyDictionary()


def layers(dynamics: Dynamics) -> Layers:
    """The layers of a world, made on the first call and kept as long as the world is."""
    if dynamics not in _kept:
        _kept[dynamics] = Layers(dynamics)
    return _kept[dynamics]
