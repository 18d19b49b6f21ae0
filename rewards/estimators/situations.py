"""All situations that some agents can bring about while everybody else stays, numbered, with tables of what follows."""

import weakref
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rewards.socket import Dynamics

MOST = 50_000
"""Situations that are kept at once."""


class Situations:
    """Situations numbered from 0 as they are met; made by `situations`.

    Situations are states merged by their key. Several actors act one after the other, in their order: thus nothing is
    left to ties, which hang on the clock. Tables grow with the states that are asked for; once they would hold more
    than `most`, they begin anew with these, and so do the values in `kept`.

    Attributes:
        count: situations known.
        kept: what has been worked out of them, by name.
    """

    def __init__(self, dynamics: Dynamics, actors: tuple[int, ...], steps: int | None, most: int) -> None:
        self._dynamics = weakref.proxy(dynamics)
        self.actors, self.steps, self.most = actors, steps, most
        self._begin_anew()

    @property
    def states(self) -> NDArray[Any]:
        """A state of each situation, records [situations]."""
        return self._states[: self.count]

    @property
    def next(self) -> NDArray[np.int64]:
        """The situation after an action is executed, [situations, actors, actions]; -1 where nobody looked."""
        return self._next[: self.count]

    @property
    def paid(self) -> NDArray[np.float64]:
        """What the task then pays the one who acts, [situations, actors, actions]."""
        return self._paid[: self.count]

    def numbers(self, states: NDArray[Any]) -> NDArray[np.int64]:
        """The situation of each state, int64 [worlds]; all that follows is then known, `steps` ahead.

        Numbers hold until the next call. ValueError, one line, where more than `most` situations follow from them.
        """
        try:
            return self._grown(states)
        except OverflowError:
            self._begin_anew()
        try:
            return self._grown(states)
        except OverflowError:
            self._begin_anew()
            raise ValueError(
                f"more than {self.most:,} situations can be reached, too many to enumerate: take a smaller world"
            ) from None

    def choose(self, each: NDArray[np.float64]) -> NDArray[np.float64]:
        """Worth of choosing each action, given what executing each is worth, [rows, actions] or [rows, actions, k]."""
        noise = self._dynamics.noise
        if noise is None:
            return each
        return each @ noise.T if each.ndim == 2 else noise @ each

    def values(
        self,
        name: Any,
        rewards: Callable[[NDArray[Any]], NDArray[np.float64]],
        gamma: float,
        task: bool = False,
    ) -> NDArray[np.float64]:
        """Optimal values of the first actor, float64 [situations, rewards], discounted without end.

        V_k(s) = R_k(s) + max_a E[r(s, a) + gamma V_k(s')], with R_k(s) = rewards(states) [situations, rewards], and r
        what the task pays, where it counts. Solved once for each situation under `name`.
        """
        paid = self.paid[:, 0, :, None] if task else None

        def better(each: NDArray[np.float64], own: NDArray[np.float64], begin: int) -> NDArray[np.float64]:
            each = gamma * each if paid is None else paid[begin:] + gamma * each
            return self.choose(each).max(axis=1) + own

        return self._settled((name, "values", gamma), rewards, gamma, better)

    def arrivals(
        self, name: Any, targets: Callable[[NDArray[Any]], NDArray[np.float64]], gamma: float
    ) -> NDArray[np.float64]:
        """gamma^steps until the first actor is where it wants to be, float64 [situations, targets]; 0 if it cannot.

        With noise the best expectation of it. `targets(states)` says where, 0 or 1 [situations, targets].
        """

        def better(each: NDArray[np.float64], there: NDArray[np.float64], begin: int) -> NDArray[np.float64]:
            return np.where(there, 1.0, gamma * self.choose(each).max(axis=1))

        return self._settled((name, "arrivals", gamma), targets, gamma, better)

    def _settled(self, name: Any, given: Any, gamma: float, better: Any) -> NDArray[np.float64]:
        """What `better` comes to from 0 upwards, for the situations that are not known yet."""
        known = self.kept.get(name)
        begin = 0 if known is None else len(known)
        if known is None or begin < self.count:
            own, ahead = given(self.states[begin:]), self.next[begin:, 0]
            new = np.zeros((self.count, own.shape[1]))
            if known is not None:
                new[:begin] = known
            for _ in range(int(40 / (1 - gamma)) + 2):  # by then nothing changes any more
                found = better(new[ahead], own, begin)
                if np.array_equal(found, new[begin:]):
                    break
                new[begin:] = found
            self.kept[name] = new
        return self.kept[name]

    def distances(self, number: int) -> NDArray[np.float64]:
        """Steps in which the first actor gets from one situation to each, float64 [situations]; inf where it cannot."""
        ahead = self.next[:, 0]
        steps = np.full(self.count, np.inf)
        frontier, step = np.array([number]), 0
        while len(frontier):
            steps[frontier] = step
            frontier = np.unique(ahead[frontier])
            frontier, step = frontier[steps[frontier] == np.inf], step + 1
        return steps

    def _begin_anew(self) -> None:
        self.count, self.kept = 0, {}
        self._known: dict[bytes, int] = {}
        shape = (0, len(self.actors), len(self._dynamics.actions))
        self._states: NDArray[Any] = np.empty(0)
        self._next, self._paid = np.empty(shape, np.int64), np.empty(shape)

    def _grown(self, states: NDArray[Any]) -> NDArray[np.int64]:
        asked = frontier = self._enter(states)
        seen = np.empty(0, np.int64)
        step = 0
        while step != self.steps:
            frontier = np.setdiff1d(frontier, seen)  # sorted, each once
            if not len(frontier):
                break
            self._expand(frontier[self._next[frontier, 0, 0] < 0])
            if self.steps is None:
                frontier = np.setdiff1d(self._next[frontier], frontier)
                frontier = frontier[self._next[frontier, 0, 0] < 0]  # what is expanded is expanded to the end
            else:
                seen = np.union1d(seen, frontier)
                frontier = self._next[frontier]
                if len(self.actors) > 1:  # those who act later begin where the earlier ones end
                    frontier = self._after_all(np.unique(frontier[:, 0]))
            step += 1
        return asked

    def _after_all(self, between: NDArray[np.int64]) -> NDArray[np.int64]:
        for place in range(1, len(self.actors)):
            self._expand(between[self._next[between, 0, 0] < 0])
            between = np.unique(self._next[between, place])
        return between

    def _expand(self, rows: NDArray[np.int64]) -> None:
        for place, actor in enumerate(self.actors):
            for action in range(len(self._dynamics.actions)):
                actions = np.zeros((len(rows), self._dynamics.agent_count), np.int8)
                actions[:, actor] = action
                after = self._dynamics.imagine(self._states[rows], actions)
                found = self._enter(after)
                self._next[rows, place, action] = found
                self._paid[rows, place, action] = self._dynamics.pay(after)[:, actor]

    def _enter(self, states: NDArray[Any]) -> NDArray[np.int64]:
        keys = np.ascontiguousarray(self._dynamics.key(states))
        names = keys.view(f"V{keys.shape[1] * 8}").ravel().tolist()
        numbers = np.array([self._known.setdefault(name, len(self._known)) for name in names], np.int64)
        if len(self._known) > self.most:
            raise OverflowError
        if len(self._known) > len(self._states):
            room = max(256, 2 * len(self._known))
            grown = np.empty(room, states.dtype), np.full((room, *self._next.shape[1:]), -1, np.int64)
            grown += (np.zeros((room, *self._next.shape[1:])),)
            for old, new in zip((self._states, self._next, self._paid), grown, strict=True):
                if self.count:
                    new[: self.count] = old[: self.count]
            self._states, self._next, self._paid = grown
        new = np.flatnonzero(numbers >= self.count)
        self._states[numbers[new]] = states[new]
        self.count = len(self._known)
        return numbers


def situations(dynamics: Dynamics, *actors: int, steps: int | None = None, most: int = MOST) -> Situations:
    """The situations of a world while `actors` act, kept as long as it: all that follow, or those `steps` ahead."""
    kept = _kept.setdefault(dynamics, {})
    asked = actors, steps, most
    if asked not in kept:
        kept[asked] = Situations(dynamics, *asked)
    return kept[asked]


def uniform(words: NDArray[Any], count: int, seed: int) -> NDArray[np.float64]:
    """Numbers in 0..1, float64 [rows, count], that depend on the row of `words` (whole numbers), its draw and seed."""
    names = np.ascontiguousarray(words, np.uint64).reshape(len(words), -1)
    mixed = np.full(len(names), seed, np.uint64)
    for column in names.T:
        mixed = _mix(mixed ^ column)
    draws = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (_mix(mixed[:, None] + draws) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Steele, Lea and Flood 2014, the finish of SplitMix64."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def total(each: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over the last axis, to the same bits whatever the others are and whatever zeros lie between."""
    return each.cumsum(axis=-1)[..., -1] if each.shape[-1] else np.zeros(each.shape[:-1])


def check_discount(gamma: float) -> None:
    """Raise ValueError unless 0 < gamma < 1."""
    if not 0 < gamma < 1:
        raise ValueError(f"gamma must lie between 0 and 1, not {gamma}")


def lacks_cells(dynamics: Any) -> str:
    """What a world without cells lacks, for `lacks` of those who ask where agents are."""
    return "" if hasattr(dynamics, "cells") else "needs cells to stand on"


_kept: WeakKeyDictionary[Dynamics, dict[Any, Any]] = WeakKeyDictionary()
