"""The worlds that a run learns from: a batch that keeps both ends of every step, and what each term paid for it."""

import time
from dataclasses import dataclass

import numpy as np

from rewards.socket import Transition
from sandbox.environment.payment import is_task_only
from sandbox.experiments.company import Company
from sandbox.world.codes import PLANE_COUNT


@dataclass(frozen=True)
class Happened:
    """What one step of all worlds brought, before finished ones begin anew; arrays are fresh.

    before, after  states, records [worlds]; None unless asked for.
    transition     the step as formulations see it, good until `restart`; None unless asked for or needed.
    observations   uint8 [worlds, agents, side, side, 3]: what agents see at its end.
    rewards        float32 [worlds, agents], each by its own mix; task: what the world's task paid.
    terms          what each term of an agent's mix paid, float64 [worlds] by name; empty where the task alone pays.
    terminated     bool [worlds, agents]; truncated: time was up for an agent that was still there.
    finished       int [k]: the worlds whose episode is over.
    """

    before: np.ndarray | None
    after: np.ndarray | None
    transition: Transition | None
    observations: np.ndarray
    rewards: np.ndarray
    task: np.ndarray
    terms: list[dict[str, np.ndarray]]
    terminated: np.ndarray
    truncated: np.ndarray
    finished: np.ndarray


class Worlds:
    """Worlds that step together, with what agents see in them and may do next.

    `reward_seconds` says how long the rewards of the last step took.

    Args:
        company: the agents with their rewards.
        states: records [worlds] to begin with; they change in place.
    """

    def __init__(self, company: Company, states: np.ndarray) -> None:
        self.company, self.world, self.states = company, company.world, states
        self.observations = self.world.observe(states)
        self.masks = self.world.action_mask(states)
        self._task_only = all(map(is_task_only, company.mixes))
        self.reward_seconds = 0.0
        self._wanted: dict = {}
        count, agents = len(states), self.world.agent_count
        self._shape, self._view = (count, agents), (self.world.side, self.world.side, PLANE_COUNT)
        self._no_finals = np.zeros((count, 0, *self._view), np.uint8)

    def advance(self, actions: np.ndarray, keep: bool = False, imagine: bool = False) -> Happened:
        """Let all agents act; call `restart` with what finished before the next time.

        Args:
            actions: int8 [worlds, agents].
            keep: give `before` and `after`.
            imagine: give `transition`.
        """
        world, states, shape = self.world, self.states, self._shape
        actions = world.check_actions(states, actions)
        imagine |= not self._task_only
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
        transition = None if before is None else Transition(world, before, actions, states, self._wanted)
        rewards, terms, began = task, [], time.perf_counter()
        if transition is not None and not self._task_only:
            terms = [mix.terms_paid(transition, agent) for agent, mix in enumerate(self.company.mixes)]
            rewards = np.stack([sum(paid.values(), np.zeros(shape[0])) for paid in terms], axis=1).astype(
                np.float32
            )
        self.reward_seconds = time.perf_counter() - began
        self.observations, self.masks = observations, masks
        return Happened(
            before if keep else None, world.copy(states) if keep else None, transition, observations, rewards, task,
            terms, terminated, truncated, np.flatnonzero(over),
        )  # fmt: skip

    def restart(self, finished: np.ndarray) -> None:
        """Begin the next episode in these worlds."""
        if not len(finished):
            return
        world, words = self.world, self.world.words(self.states)
        fresh = words[finished].view(world.state_type).reshape(len(finished))
        world.restart(fresh)
        words[finished] = world.words(fresh)
        self.observations = self.observations.copy()  # the old ones are part of what happened
        self.observations[finished] = world.observe(fresh)
        self.masks[finished] = world.action_mask(fresh)
