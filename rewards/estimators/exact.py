"""What is kept for a world from call to call: its expansion kernels, and tables of solved states."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.memo import Figures, Memo, Rows
from rewards.estimators.noisy import Noisy
from rewards.estimators.reachable import Expander, rows_of_words
from rewards.socket import Dynamics

MEMOS = 64


class Exact:
    """Exact empowerment in one world, with everybody but the actor still.

    Values are kept by whole key. Capacities are, in a table for every question asked; the oldest question is
    forgotten first.
    """

    def __init__(self, dynamics: Dynamics) -> None:
        self._width = dynamics.core_words
        self._expander = Expander(dynamics)
        self._noisy = Noisy(dynamics)
        self._memos: OrderedDict[tuple, Memo] = OrderedDict()
        self._lock = threading.Lock()

    def bits(
        self,
        states: NDArray[Any],
        horizon: int,
        agent: int,
        perceiver: int,
        outcome: int,
        noise: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        """Empowerment of each state, float64 [worlds], in bits; outcome by number, noise a matrix or None."""
        return self.of_each(states, horizon, (agent,), (perceiver,), outcome, noise)[:, 0]

    def of_each(
        self,
        states: NDArray[Any],
        horizon: int,
        agents: Sequence[int],
        perceivers: Sequence[int],
        outcome: int,
        noise: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        """Empowerment of each agent on its perceiver, float64 [worlds, agents], in bits; 0 for horizon 0.

        Without noise one compiled call for each thread, which looks up and works out everything.
        """
        if horizon == 0:
            return np.zeros((len(states), len(agents)))
        with self._lock:
            if noise is None:
                return np.log2(self._expander.counts(states, agents, perceivers, outcome, horizon))
            each = [
                self._capacities(states, horizon, *pair, outcome, noise)
                for pair in zip(agents, perceivers, strict=True)
            ]
            return np.stack(each, axis=1) if each else np.zeros((len(states), 0))

    def changed_by(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        action: NDArray[np.integer],
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """States after agent[k] alone has executed action[k] in states[world[k]]: (rows k, states), where that does."""
        rows = np.stack([world, agent, action], axis=1).astype(np.int64)
        return self._expander.changed_by(states, rows)

    def walks(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        horizon: int,
        outcome: int,
        noise: NDArray[np.float64] | None,
        places: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """What is uncertain about where random play of agent[k] from states[world[k]] ends, float64 [rows, 3].

        Bits of the outcome, and once the first choice is known; variance of the place, see `reachable_kernels.walks`.
        """
        with self._lock:
            rows = np.stack([world, agent, agent], axis=1).astype(np.int64)
            return self._expander.walks(states, rows, outcome, horizon, noise, places)

    def futures(
        self, states: NDArray[Any], world: NDArray[np.integer], agent: NDArray[np.integer], horizon: int
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """The states that agent[k] alone can have brought about in exactly `horizon` steps: (rows k, states)."""
        with self._lock:
            rows = np.stack([world, agent], axis=1).astype(np.int64)
            return self._expander.futures(states, rows, horizon)

    def shown(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        visible: NDArray[np.uint64],
        around: tuple[NDArray[np.int32], NDArray[np.int32]],
        horizon: int,
    ) -> NDArray[np.int64]:
        """How many different things agent[k] alone can show in exactly `horizon` steps, int64 [rows].

        To an onlooker who sees the `visible` ones, as bits, of the cells near[cell] and rim[cell] that lie `around`.
        """
        order = np.lexsort((agent, world))
        both = np.stack([world, agent], axis=1).astype(np.int64)[order]
        spans = np.flatnonzero(np.append(np.insert((np.diff(both, axis=0) != 0).any(axis=1), 0, True), True))
        rows = np.column_stack([both[spans[:-1]], states["cell"][both[spans[:-1], 0], both[spans[:-1], 1]]])
        out = np.empty(len(order), np.int64)
        with self._lock:
            out[order] = self._expander.shown(states, rows, spans, visible[order], around, horizon)
        return out

    def own_of(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        horizon: int,
        outcome: int,
        noise: NDArray[np.float64] | None,
    ) -> NDArray[np.float64]:
        """Own empowerment of agent[k] in states[world[k]], float64 [rows], in bits; 0 for horizon 0."""
        bits = np.zeros(len(world))
        if horizon and noise is None:
            with self._lock:
                rows = np.stack([world, agent, agent], axis=1).astype(np.int64)
                return np.log2(self._expander.counts_of(states, rows, outcome, horizon))
        for each in np.unique(agent).tolist() if horizon else ():
            rows = np.flatnonzero(agent == each)
            some = rows_of_words(states)[world[rows]].view(states.dtype)[:, 0]
            bits[rows] = self.bits(some, horizon, each, each, outcome, noise)
        return bits

    def _capacities(
        self,
        states: NDArray[Any],
        horizon: int,
        agent: int,
        perceiver: int,
        outcome: int,
        noise: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        question = (horizon, agent, perceiver, outcome, noise.tobytes())
        words = rows_of_words(states)

        def solve(rows: Rows) -> Figures:
            unknown = words[rows].view(states.dtype).reshape(-1)
            return self._noisy.bounds(unknown, agent, perceiver, outcome, horizon, noise)[:, 0]

        memo = self._memos.pop(question, None) or Memo(self._width)
        self._memos[question] = memo
        if len(self._memos) > MEMOS:
            self._memos.popitem(last=False)
        return memo.values(words, solve)


_kept: WeakKeyDictionary[Dynamics, Exact] = WeakKeyDictionary()


def exact(dynamics: Dynamics) -> Exact:
    """The estimator of a world, made on the first call and kept as long as the world is."""
    if dynamics not in _kept:
        _kept[dynamics] = Exact(dynamics)
    return _kept[dynamics]
