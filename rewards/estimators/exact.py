"""What is kept for a world from call to call: its expansion kernels, and tables of solved states."""

import threading
from collections import OrderedDict
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

    Values are kept in tables by whole key, a table for every question asked; the oldest question is forgotten
    first.
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
        question = (horizon, agent, perceiver, outcome, None if noise is None else noise.tobytes())
        words = rows_of_words(states)

        def solve(rows: NDArray[np.intp]) -> NDArray[np.float64]:
            unknown = words[rows].view(states.dtype).reshape(-1)
            if noise is None:
                return np.log2(self._expander.counts(unknown, agent, perceiver, outcome, horizon))
            return self._noisy.bounds(unknown, agent, perceiver, outcome, horizon, noise)[:, 0]

        with _lock:
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
