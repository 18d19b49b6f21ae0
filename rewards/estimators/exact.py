"""What is kept for a world from call to call: its expansion kernels, and tables of solved states."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.memo import Memo
from rewards.estimators.noisy import Noisy
from rewards.estimators.reachable import Expander, rows_of_words
from rewards.socket import Dynamics

MEMOS = 64

_lock = threading.Lock()


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
        with _lock:
            if noise is None:
                return np.log2(self._expander.counts(states, agents, perceivers, outcome, horizon))
            each = [
                self._capacities(states, horizon, *pair, outcome, noise)
                for pair in zip(agents, perceivers, strict=True)
            ]
            return np.stack(each, axis=1) if each else np.zeros((len(states), 0))

    def after(self, states: NDArray[Any], agent: int, action: int) -> NDArray[Any]:
        """Copies of `states` in which `agent` has executed an action, everybody else still."""
        return self._expander.after(states, agent, action)

    def after_actions(
        self, states: NDArray[Any], matters: NDArray[np.bool_], horizon: int, outcome: int
    ) -> NDArray[np.float64]:
        """Bits of each perceiver after each next action, without noise, [worlds, actors, actions, perceivers]."""
        with _lock:
            return np.log2(self._expander.anticipated(states, matters, outcome, horizon))

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

        def solve(rows: NDArray[np.intp]) -> NDArray[np.float64]:
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
