"""What was seen before and what was expected: situations as numbers, tables over them, and small models of views."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.once import once
from rewards.socket import Dynamics, Transition

SITUATIONS = ("cell", "view", "world")
"""What can be told apart: where one is, what one sees, and all that is true."""

PART = 64
"""Rows of one product: parts of fixed size make the same bits of a row however many stand beside it."""

MOST_MET = 1 << 13
"""Rows whose features are remembered, about."""

MIX, TURN = np.uint64(0xBF58476D1CE4E5B9), np.uint64(29)


def numbered(rows: NDArray[Any]) -> NDArray[np.int64]:
    """A number of 64 bits for each row of an array [rows, ...]: equal rows, equal numbers, and hardly others."""
    count, width = len(rows), math.prod(rows.shape[1:]) * rows.itemsize
    octets = np.zeros((count, -(-width // 8) * 8), np.uint8)
    octets[:, :width] = np.ascontiguousarray(rows).reshape(count, math.prod(rows.shape[1:])).view(np.uint8)
    found = np.full(count, width, np.uint64)
    for word in octets.view(np.uint64).T:
        found = (found ^ word) * MIX
        found ^= found >> TURN
    return (found * MIX).view(np.int64)


def views(transition: Transition, when: str) -> NDArray[np.uint8]:
    """What agents see `before` or `after` the step, uint8 [worlds, agents, codes]; worked out once."""
    dynamics: Any = transition.dynamics

    def seen() -> NDArray[np.uint8]:
        windows = dynamics.observe(getattr(transition, when))
        return windows.reshape(*windows.shape[:2], math.prod(windows.shape[2:]))

    return once(transition, ("views", when), seen)


def looks(transition: Transition, when: str) -> NDArray[np.int64]:
    """What agents see, as numbers, int64 [worlds, agents]; worked out once."""

    def numbers() -> NDArray[np.int64]:
        seen = views(transition, when)
        return numbered(seen.reshape(-1, seen.shape[2])).reshape(seen.shape[:2])

    return once(transition, ("looks", when), numbers)


def situations(transition: Transition, when: str, of: str) -> NDArray[np.int64]:
    """The situation of each agent, told apart by `of`, int64 [worlds, agents]."""
    dynamics: Any = transition.dynamics
    states = getattr(transition, when)
    if of == "view":
        return looks(transition, when)
    if of == "cell":
        return np.asarray(dynamics.cells(states), np.int64)
    keys = numbered(dynamics.key(states))
    return np.broadcast_to(keys[:, None], (len(keys), dynamics.agent_count))


def lacks(dynamics: Dynamics, of: str) -> str:
    """What a world would need so that situations can be told apart by `of`; "" if it has it."""
    if of == "cell" and not hasattr(dynamics, "cells"):
        return "needs a cell to be on"
    return "needs something to see" if of == "view" and not hasattr(dynamics, "observe") else ""


class Table:
    """Rows of numbers by situation; what was never written is zeros."""

    def __init__(self, columns: int = 1) -> None:
        self.keys, self.values = np.empty(0, np.int64), np.empty((0, columns))

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(place of each key, or where it would be put in; whether it is known)."""
        place = np.searchsorted(self.keys, keys)
        known = place < len(self.keys)
        known[known] = self.keys[place[known]] == keys[known]
        return place, known

    def read(self, keys: NDArray[np.int64]) -> NDArray[np.float64]:
        """Rows of values, float64 [keys, columns]."""
        found = np.zeros((len(keys), self.values.shape[1]))
        place, known = self.find(keys)
        found[known] = self.values[place[known]]
        return found

    def add(self, keys: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        """Add rows [keys, columns] to those of the keys; a key that comes twice is added to twice."""
        unique, which = np.unique(keys, return_inverse=True)
        sums = np.zeros((len(unique), self.values.shape[1]))
        np.add.at(sums, which, values)
        place, known = self.find(unique)
        self.values[place[known]] += sums[known]
        self.keys = np.insert(self.keys, place[~known], unique[~known])
        self.values = np.insert(self.values, place[~known], sums[~known], axis=0)

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Forget all other entries, bool [entries]."""
        self.keys, self.values = self.keys[which], self.values[which]


class Tables:
    """A table for each agent, kept with a run by name."""

    def __init__(self, columns: int = 1) -> None:
        self.columns = columns
        self._of: dict[int, Table] = {}

    def of(self, agent: int) -> Table:
        """The table of one agent; an empty one that is not kept if it has none yet."""
        return self._of.get(agent) or Table(self.columns)

    def own(self, agent: int) -> Table:
        """The table of one agent, to be written to."""
        return self._of.setdefault(agent, Table(self.columns))

    @property
    def size(self) -> int:
        """Entries of all of them."""
        return sum(map(len, self._of.values()))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Keys and values by the agent's number."""
        found: dict[str, NDArray[Any]] = {}
        for agent, table in self._of.items():
            found |= {f"{agent}.keys": table.keys.copy(), f"{agent}.values": table.values.copy()}
        return found

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._of.clear()
        for agent in sorted(int(name.removesuffix(".keys")) for name in tensors if name.endswith(".keys")):
            table = self.own(agent)
            table.keys = np.array(tensors[f"{agent}.keys"], np.int64)
            table.values = np.array(tensors[f"{agent}.values"], np.float64).reshape(-1, self.columns)


class Features:
    """Fixed random features of rows of codes, float64 [rows, width], of length about 1.

    Random Fourier features (Rahimi and Recht 2007): the product of those of two rows is about exp(-d), d being the
    number of places in which the rows differ. The rows met last are remembered, as small worlds show them again.
    """

    def __init__(self, width: int, *seed: int) -> None:
        self.width, self.seed = width, seed
        self._turns: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        self._met = Table(width)

    def of(self, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Features of codes [rows, places]."""
        keys, first, which = np.unique(numbered(rows), return_index=True, return_inverse=True)
        if len(self._met) > MOST_MET:
            self._met = Table(self.width)
        new = ~self._met.find(keys)[1]
        if new.any():
            self._met.add(keys[new], self._worked_out(rows[first[new]]))
        return self._met.read(keys)[which]

    def _worked_out(self, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
        places = rows.shape[1]
        if places not in self._turns:
            rng = np.random.default_rng([*self.seed, places])
            turns = rng.standard_normal((places, 256, self.width), np.float32)
            self._turns[places] = turns, rng.uniform(0, 2 * np.pi, self.width).astype(np.float32)
        turns, phase = self._turns[places]
        angle = np.empty((len(rows), self.width), np.float32)
        for begin in range(0, len(rows), PART):
            part = rows[begin : begin + PART]
            angle[begin : begin + PART] = phase
            for place in range(places):
                angle[begin : begin + PART] += turns[place, part[:, place]]
        return np.cos(angle.astype(np.float64)) * np.sqrt(2 / self.width)


class Model:
    """Linear in fixed random features: learns to tell an answer [rows, answers] from codes [rows, places].

    One layer of random units that stay as they are, and weights of each agent's own that learn by normalised least
    mean squares, in which rows that are alike share a step. Bounded for any `rate` (0 to 1).
    """

    def __init__(self, answers: int, width: int, rate: float, *seed: int) -> None:
        self.answers, self.width, self.rate = answers, width, rate
        self.features = Features(width, *seed)
        self.weights: dict[int, NDArray[np.float64]] = {}

    def answer(self, agent: int, codes: NDArray[np.uint8]) -> NDArray[np.float64]:
        """What the agent expects, float64 [rows, answers]; zeros before it learned."""
        weights = self.weights.get(agent)
        return (
            np.zeros((len(codes), self.answers))
            if weights is None
            else product(self.features.of(codes), weights)
        )

    def learn(self, agent: int, codes: NDArray[np.uint8], wanted: NDArray[np.float64]) -> None:
        """One step towards what was `wanted`, [rows, answers]."""
        weights = self.weights.setdefault(agent, np.zeros((self.width, self.answers)))
        seen = self.features.of(codes)
        for first in range(0, len(codes), PART):
            part = seen[first : first + PART]
            alike = np.abs(part @ part.T).sum(axis=1, keepdims=True)
            weights += self.rate * part.T @ ((wanted[first : first + PART] - part @ weights) / alike)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Weights by the agent's number."""
        return {str(agent): weights.copy() for agent, weights in self.weights.items()}

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self.weights = {int(name): np.array(weights, np.float64) for name, weights in tensors.items()}


def product(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """`rows @ weights`, the same bits for a row whatever rows stand beside it."""
    found = np.empty((len(rows), weights.shape[1]))
    for first in range(0, len(rows), PART):
        part = rows[first : first + PART]
        whole = np.zeros((PART, rows.shape[1]))
        whole[: len(part)] = part
        found[first : first + PART] = (whole @ weights)[: len(part)]
    return found
