"""What is told apart in states: numbers for outcomes, be they a word's or a function's."""

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import outcome_kernels
from rewards.estimators.memo import enter
from rewards.estimators.question import OUTCOMES, Question, named
from rewards.estimators.reachable import rows_of_words
from rewards.socket import Dynamics

_kernels: WeakKeyDictionary[Dynamics, Any] = WeakKeyDictionary()


def told_apart(asked: Question, states: NDArray[Any]) -> NDArray[np.int64]:
    """Number of what the perceiver has in each state, int [worlds]; equal outcomes have equal numbers."""
    if not isinstance(asked.outcome, str):
        found = asked.outcome(asked.dynamics, states.copy())
        return numbered(_words(found, len(states), f"outcome {named(asked.outcome)}"))[0]
    if asked.dynamics not in _kernels:
        _kernels[asked.dynamics] = asked.dynamics.specialise(outcome_kernels)
    states = np.ascontiguousarray(states)
    out = np.empty((len(states), 8 * asked.dynamics.core_words + 1), np.uint64)
    outcome = OUTCOMES.index(asked.outcome)
    _kernels[asked.dynamics].outcomes(
        asked.dynamics.level, states, rows_of_words(states), asked.perceiver, outcome, out
    )
    width = int(out[:, 0].max(initial=0)) + 1
    return numbered(np.ascontiguousarray(out[:, :width]))[0]


def numbered(rows: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(number of each row, first row of each number): equal rows get equal numbers, in order of appearance."""
    size = len(rows)
    number, fresh = np.empty(size, np.intp), np.empty(size, np.intp)
    slots = np.zeros(1 << (2 * size + 1).bit_length(), np.int64)
    count, _ = enter(rows, np.empty_like(rows), slots, 0, number, fresh)
    return number, fresh[:count]


def _words(found: Any, count: int, name: str) -> NDArray[np.uint64]:
    """What a function gave for `count` states as rows of words, uint64 [count, k]; equal values, equal words."""
    try:
        rows = np.asarray(found)
    except ValueError:  # rows of unequal lengths
        rows = np.empty((), object)
    if rows.ndim not in (1, 2) or len(rows) != count:
        raise ValueError(
            f"{name} has to give an array [{count}] or [{count}, k] for {count} states, not of shape {rows.shape}"
        )
    if rows.dtype.kind not in "biufUS":
        raise ValueError(f"{name} has to give numbers or words, not {rows.dtype}")
    if rows.dtype.kind == "f" and np.isnan(rows).any():
        raise ValueError(f"{name} gives nan, which equals nothing: give a number for every state")
    rows = rows[:, None] if rows.ndim == 1 else rows
    if rows.dtype.kind in "US":
        rows = np.unique(rows, return_inverse=True)[1].reshape(rows.shape)
    whole = rows.dtype.kind != "f"
    rows = rows.astype(np.int64) if whole else rows.astype(np.float64) + 0.0  # -0.0 is 0.0
    return np.ascontiguousarray(rows).view(np.uint64)
