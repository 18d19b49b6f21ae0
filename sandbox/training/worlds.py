"""The worlds that a run learns from: a batch that keeps both ends of every step, and what each term paid for it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rewards.socket import Transition
from sandbox.environment.payment import is_task_only
from sandbox.experiments.company import Company
from sandbox.policies.seat import Policy
from sandbox.world.codes import PLANE_COUNT

Array = Any
"""A NumPy array, or where the worlds lie on a GPU a tensor there."""


@dataclass(frozen=True)
class Happened:
    """What one step of all worlds brought, before finished ones begin anew; arrays are fresh.

    before, after  states, records [worlds]; None unless asked for.
    transition     the step as formulations see it, good until `restart`; None unless asked for or needed.
    observations   uint8 [worlds, agents, side, side, 3]: what agents see at its end.
    rewards        float32 [worlds, agents], each by its own mix; task: what the world's task paid.
    objective      [worlds, agents]: what the scenario's true objective pays.
    terms          what each term of an agent's mix paid, float64 [worlds] by name; empty where the task alone pays.
    terminated     bool [worlds, agents]; truncated: time was up for an agent that was still there.
    finished       bool [worlds]: whose episode is over.
    """

    before: np.ndarray | None
    after: np.ndarray | None
    transition: Transition | None
    observations: Array
    rewards: Array
    task: Array
    objective: Array
    terms: list[dict[str, Array]]
    terminated: Array
    truncated: Array
    finished: Array


class Worlds:
    """Worlds that step together, with what agents see in them and may do next.

    `reward_seconds` says how long the rewards of the last step took.

    Args:
        company: the agents with their rewards.
        states: records [worlds] to begin with; they change in place.
    """

    observations: Array
    masks: Array

    def __init__(self, company: Company, states: np.ndarray) -> None:
        self.company, self.world, self.states = company, company.world, states
        self.device = torch.device("cpu")
        self.reward_seconds = 0.0
        self._task_only = all(map(is_task_only, company.mixes))
        self._aims = [agent for agent, mix in enumerate(company.true_mixes) if not is_task_only(mix)]
        self._wanted: dict = {}
        count, agents = len(states), self.world.agent_count
        self._shape, self._view = (count, agents), (self.world.side, self.world.side, PLANE_COUNT)
        self._no_finals = np.zeros((count, 0, *self._view), np.uint8)
        self._look()

    def _look(self) -> None:
        self.observations, self.masks = self.world.observe(self.states), self.world.action_mask(self.states)

    def present(self) -> Array:
        """Who is in the world, bool [worlds, agents]."""
        return self.world.alive(self.states)

    def idle(self) -> Array:
        """Actions by which everybody stays, int8 [worlds, agents], to be written into."""
        return np.zeros(self._shape, np.int8)

    def places(self, agents: Sequence[int]) -> Array:
        """What finds these agents along the axis agents."""
        return list(agents)

    def play(self, others: Sequence[tuple[int, Policy]], actions: Array) -> None:
        """Write what agents with policies do."""
        for agent, policy in others:
            actions[:, agent] = policy.act(self.states)

    def advance(self, actions: Array, keep: bool = False, imagine: bool = False) -> Happened:
        """Let all agents act; call `restart` with what finished before the next time.

        Args:
            actions: int8 [worlds, agents].
            keep: give `before` and `after`.
            imagine: give `transition`.
        """
        world, states, shape = self.world, self.states, self._shape
        actions = world.check_actions(states, actions)
        imagine |= not self._task_only or bool(self._aims)
        before = world.copy(states) if keep or imagine else None
        observations = np.empty((*shape, *self._view), np.uint8)
        masks = np.empty((*shape, len(world.actions)), np.int8)
        task = np.empty(shape, np.float32)
        terminated, truncated = np.empty(shape, np.bool_), np.empty(shape, np.bool_)
        over = np.empty(shape[0], np.bool_)
        world.run_kernel(
            "cycle", states, world.level, world.first_words, world.max_cycles, states, world.words(states),
            actions, observations, task, terminated, truncated, self._no_finals, masks, over,
        )  # fmt: skip
        transition = None
        if before is not None:
            minds = self.company.minds()
            transition = Transition(world, before, actions, states, self._wanted, policies=minds)
        rewards, terms, objective, began = task, [], task, time.perf_counter()
        if transition is not None and not self._task_only:
            terms = [mix.terms_paid(transition, agent) for agent, mix in enumerate(self.company.mixes)]
            rewards = np.stack([sum(paid.values(), np.zeros(shape[0])) for paid in terms], axis=1).astype(
                np.float32
            )
        if transition is not None and self._aims:
            objective = task.astype(np.float64)
            for agent in self._aims:
                objective[:, agent] = self.company.true_mixes[agent].pay(transition, agent)
        self.reward_seconds = time.perf_counter() - began
        self.observations, self.masks = observations, masks
        return Happened(
            before if keep else None, world.copy(states) if keep else None, transition, observations, rewards, task,
            objective, terms, terminated, truncated, over,
        )  # fmt: skip

    def restart(self, finished: Array) -> None:
        """Begin the next episode in these worlds, bool [worlds]."""
        which = np.flatnonzero(finished)
        if not len(which):
            return
        world, words = self.world, self.world.words(self.states)
        fresh = words[which].view(world.state_type).reshape(len(which))
        world.restart(fresh)
        words[which] = world.words(fresh)
        self.observations = self.observations.copy()  # the old ones are part of what happened
        self.observations[which] = world.observe(fresh)
        self.masks[which] = world.action_mask(fresh)

    def some(self, count: int) -> np.ndarray:
        """Copies of the first states, records [count]."""
        return self.world.copy(self.states[:count])

    def saved(self) -> torch.Tensor:
        """The states as bytes, uint8 [worlds, bytes], on the CPU."""
        return torch.from_numpy(self.world.words(self.states).view(np.uint8).copy())

    def restore(self, saved: torch.Tensor) -> None:
        """Go on from what `saved` gave; raises ValueError with one line where it does not fit."""
        own = self.world.words(self.states).view(np.uint8)
        check_saved(saved, own.shape)
        own[:] = saved.numpy()
        self._look()


def check_saved(saved: torch.Tensor, shape: tuple[int, ...]) -> None:
    """Raise ValueError, one line, unless saved states are of this shape."""
    if tuple(saved.shape) != shape:
        raise ValueError(
            "the run's worlds were saved by a version whose states look different; start it anew"
        )
