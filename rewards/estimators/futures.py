"""What lies ahead of a batch of states: futures drawn by chance, or all of them with their probabilities."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Outcome
from rewards.estimators.ends import Ends, merged
from rewards.estimators.outcome import numbered, told_apart
from rewards.estimators.question import Question, check_chances, named
from rewards.estimators.question import question as anything
from rewards.estimators.reachable import rows_of_words

Policy = Callable[[NDArray[Any]], NDArray[np.float64]]
"""A policy of the actor as probabilities: states [worlds] to float64 [worlds, actions]."""

question = partial(anything, company=("still", "random"))
"""What is asked of the estimators here, checked: they know no others with policies."""

CHUNK_BYTES = 1 << 27
"""Memory for the futures that are drawn together."""

MOST_BYTES = 1 << 30
"""Memory for the futures of one step that are listed together."""

MOST_JOINTS = 1 << 16
"""Most joint actions that are listed."""

MOST_ROWS = 1 << 13
"""Most states and starts whose futures are listed together."""


class Asked(TypedDict, total=False):
    """What may be asked besides who acts and how far: the arguments shared by all estimators.

    perceiver  number of the agent whose outcome is read; None (the default) is the actor.
    outcome    `cell` (default), `self`, `world`, or a function of (dynamics, states).
    others     `still` (default) or `random`, every action with the same chance.
    noise      "own" (default) for the world's, None for none, or a matrix P(executed | chosen).
    """

    perceiver: int | None
    outcome: Outcome
    others: str
    noise: Any


def under(policy: Policy | None, estimator: str) -> str:
    """The name of an estimator that follows a policy of the actor, where it is not just any action."""
    return estimator if policy is None else f"{estimator}, policy {named(policy)}"


def every_sequence(actions: int, steps: int) -> NDArray[np.int64]:
    """All sequences of so many actions, int [sequences, steps]."""
    return np.arange(actions**steps)[:, None] // actions ** np.arange(steps)[::-1] % actions


def drawn_ends(
    asked: Question,
    samples: int,
    seed: int,
    starts: NDArray[np.int64] | None = None,
    policy: Policy | None = None,
) -> Ends:
    """Ends of `samples` futures of each state and start.

    `starts` int [firsts, steps] are sequences that are chosen first, one by one; then, or from the start when
    None, the actor follows `policy`, which is every action with the same chance when None.
    """
    starts = np.zeros((1, 0), np.int64) if starts is None else starts
    chance = np.random.default_rng(seed)
    found = []
    for world, states in portions(asked, len(starts) * samples):
        first = np.arange(len(states)) // samples % len(starts)
        futures = rolled(asked, states, chance, starts[first], policy)
        found.append(merged(world, first, told_apart(asked, futures)))
    return Ends(*(np.concatenate(column) for column in zip(*found, strict=True)))


def listed_ends(
    asked: Question, starts: NDArray[np.int64] | None = None, policy: Policy | None = None
) -> Ends:
    """Ends of all futures of each state and start, as `drawn_ends`, with their probabilities."""
    starts = np.zeros((1, 0), np.int64) if starts is None else starts
    graph = Graph(asked, asked.horizon)
    outcome = told_apart(asked, graph.states)
    free = graph.chances(policy) if starts.shape[1] < asked.horizon else None
    together = max(1, MOST_ROWS // len(starts))
    found = []
    for first in range(0, max(1, len(graph.roots)), together):
        roots = graph.roots[first : first + together]
        row, node, weight = graph.spread(roots, starts, asked.horizon, free)
        found.append(merged(first + row // len(starts), row % len(starts), outcome[node], weight))
    return Ends(*(np.concatenate(column) for column in zip(*found, strict=True)))


def portions(asked: Question, copies: int) -> Iterator[tuple[NDArray[np.int64], NDArray[Any]]]:
    """The states, each `copies` times, in portions that fit into memory: (numbers of the states, states)."""
    words = rows_of_words(asked.states)
    together = max(1, CHUNK_BYTES // (copies * asked.states.dtype.itemsize))
    for first in range(0, max(1, len(words)), together):
        world = np.repeat(np.arange(first, min(first + together, len(words))), copies)
        yield world, words[world].view(asked.states.dtype).reshape(-1)


def rolled(
    asked: Question,
    states: NDArray[Any],
    chance: np.random.Generator,
    chosen: NDArray[np.int64] | None = None,
    policy: Policy | None = None,
) -> NDArray[Any]:
    """One future of each state, after `horizon` steps; `chosen` [worlds, steps] are the actor's first choices."""
    size = len(states)
    for step in range(asked.horizon if size else 0):
        joint = np.zeros((size, asked.dynamics.agent_count), np.int8)
        for agent in asked.movers:
            if agent == asked.agent and chosen is not None and step < chosen.shape[1]:
                actions = chosen[:, step]
            elif agent == asked.agent and policy is not None:
                actions = drawn_from(chances_of(asked, policy, states), chance)
            else:
                actions = chance.integers(asked.actions, size=size)
            if asked.noise is not None:
                actions = drawn_from(asked.noise[actions], chance)
            joint[:, agent] = actions
        states = asked.dynamics.imagine(states, joint)
    return states


def drawn_from(chances: NDArray[np.float64], chance: np.random.Generator) -> NDArray[np.int64]:
    """One number for each row of `chances` [rows, numbers], int [rows]."""
    bounds = chances.cumsum(axis=1)
    point = chance.random(len(chances)) * bounds[:, -1]
    return (point[:, None] >= bounds[:, :-1]).sum(axis=1)


def chances_of(asked: Question, policy: Policy | None, states: NDArray[Any]) -> NDArray[np.float64]:
    """What a policy chooses in `states`, float64 [worlds, actions]; ValueError where it is no distribution."""
    if policy is None:
        return np.full((len(states), asked.actions), 1.0 / asked.actions)
    return check_chances("policy", policy(states), (len(states), asked.actions))


class Graph:
    """Every state that lies at most `horizon` steps ahead (None: at all), merged, and what leads where.

    Raises ValueError for more than `most` states, or where memory does not do.

    states     the states, each once; those at a smaller distance come first.
    roots      numbers of the asked states among them, int [worlds].
    joint      what may be executed, int8 [joints, agents].
    successor  int [expanded states, joints].
    """

    def __init__(self, asked: Question, horizon: int | None, most: int | None = None) -> None:
        self._asked = asked
        movers = asked.movers
        joints = asked.actions ** len(movers)
        if joints > MOST_JOINTS:
            raise ValueError(f"{len(movers)} agents have too many joint actions to list: sample instead")
        self.joint = np.zeros((joints, asked.dynamics.agent_count), np.int8)
        self.joint[:, movers] = np.indices((asked.actions,) * len(movers)).reshape(len(movers), -1).T
        keys = rows_of_words(asked.states)[:, : asked.dynamics.core_words]
        self.roots, fresh = numbered(np.ascontiguousarray(keys))
        keys = keys[fresh]
        self.states = rows_of_words(asked.states)[fresh].view(asked.states.dtype).reshape(-1)
        successor, expanded, distance = [np.zeros((0, joints), np.int64)], 0, 0
        while expanded < len(self.states) and (horizon is None or distance < horizon):
            words = rows_of_words(self.states)
            if (len(words) - expanded) * joints * self.states.dtype.itemsize > MOST_BYTES:
                raise ValueError(
                    f"too many futures to list after {distance} steps: sample them, lower the horizon, "
                    "or ask for fewer states at once"
                )
            frontier = np.repeat(words[expanded:], joints, axis=0).view(self.states.dtype).reshape(-1)
            after = asked.dynamics.imagine(frontier, np.tile(self.joint, (len(words) - expanded, 1)))
            number, fresh = numbered(np.concatenate([keys, asked.dynamics.key(after)]))
            successor.append(number[len(keys) :].reshape(-1, joints))
            new = fresh[len(keys) :] - len(keys)
            expanded, distance = len(words), distance + 1
            keys = np.concatenate([keys, asked.dynamics.key(after)[new]])
            self.states = (
                np.concatenate([words, rows_of_words(after)[new]]).view(self.states.dtype).reshape(-1)
            )
            if len(self.states) > (most or MOST_BYTES // self.states.dtype.itemsize):
                raise ValueError(f"{len(self.states)} states can be reached, more than can be listed")
        self.successor = np.concatenate(successor)

    def chances(self, policy: Policy | None) -> NDArray[np.float64]:
        """P(joint executed) in each expanded state under the actor's policy, float64 [expanded, joints]."""
        chosen = chances_of(self._asked, policy, self.states[: len(self.successor)])
        return self._jointly(self._asked.executed(chosen))

    def spread(
        self,
        roots: NDArray[np.int64],
        starts: NDArray[np.int64],
        steps: int,
        free: NDArray[np.float64] | None = None,
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Where one is `steps` after each of `roots` and each of `starts`: (row, state, probability).

        Row root * len(starts) + start; only probabilities above 0, each row's summing to 1. After the starts
        the `chances` are `free`.
        """
        asked = self._asked
        row = np.arange(len(roots) * len(starts))
        node, weight = np.repeat(roots, len(starts)), np.ones(len(row))
        for step in range(steps):
            if step < starts.shape[1]:
                sure = np.eye(asked.actions)[starts[row % len(starts), step]]
                chances = self._jointly(asked.executed(sure))
            else:
                assert free is not None
                chances = free[node]
            entry, joint = np.nonzero(chances)
            code = row[entry] * len(self.states) + self.successor[node[entry], joint]
            code, place = np.unique(code, return_inverse=True)
            weight = np.bincount(place, weight[entry] * chances[entry, joint], len(code)).astype(np.float64)
            row, node = np.divmod(code, len(self.states))
        return row, node, weight

    def _jointly(self, executed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chances of what all movers execute [..., joints] for those of the actor [..., actions]."""
        asked = self._asked
        chances = executed[..., self.joint[:, asked.agent]]
        others = asked.executed(np.full(asked.actions, 1.0 / asked.actions))
        for other in asked.movers[1:]:
            chances = chances * others[self.joint[:, other]]
        return chances
