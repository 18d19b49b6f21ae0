"""Q-learning (Watkins 1989) with one row for each state or window that was met, compiled; for tiny worlds."""

from dataclasses import dataclass
from math import inf
from typing import Literal

import numpy as np
import torch

from sandbox.training import table_kernels
from sandbox.training.learner import Step, Task
from sandbox.training.learners import within
from sandbox.training.learners.dqn import straight, venture
from sandbox.training.networks import window_bytes


@dataclass(frozen=True)
class Settings:
    """What tabular Q-learning may be told.

    over           state: a row for each agent and true state; window: for each window, shared by all own agents.
    rows           most of them; a full table is an error.
    rollout        steps of each world between two updates.
    rate           share of the way that a value goes to its target; anneal: it falls to 0 along the run.
    discount       of rewards (gamma).
    start          value of what was never tried.
    explore        share of random actions at the start, explore_end: at the end, reached after explore_steps
                   agent-steps on a straight line.
    """

    over: Literal["state", "window"] = "state"
    rows: int = 1_000_000
    rollout: int = 1
    rate: float = 0.1
    anneal: bool = False
    discount: float = 0.99
    start: float = 0.0
    explore: float = 1.0
    explore_end: float = 0.05
    explore_steps: int = 200_000

    def __post_init__(self) -> None:
        """Check the ranges."""
        within(self, 1, inf, "rows", "rollout")
        within(self, 0, inf, "explore_steps")
        within(self, 0, 1, "rate", "discount", "explore", "explore_end")


class Tabular:
    """Agents with a table of action values. Masks are not heeded."""

    def __init__(self, task: Task, settings: Settings) -> None:
        self.task, self.settings, world = task, settings, task.world
        self.rollout, self.own = settings.rollout, list(task.agents)
        self.reads_states = settings.over == "state"
        words = 1 + world.core_words if self.reads_states else -(-window_bytes(world) // 8)
        slots = 2 ** (2 * settings.rows - 1).bit_length()
        self._kernels = world.specialise(table_kernels)
        self._keys = np.zeros((settings.rows + 1, words), np.uint64)
        self._slots = np.zeros(slots, np.int64)
        self.values = np.full((settings.rows, len(world.actions)), settings.start)
        self.size = self._lived = self._done = 0
        self._steps: list[tuple[np.ndarray, ...]] = []

    def act(
        self, observations: np.ndarray, masks: np.ndarray, explore: bool, states: np.ndarray | None = None
    ) -> np.ndarray:
        """Actions int8 [worlds, own agents]: the best (of equals the first), or now and then any."""
        keys = self._keys_of(observations, states)
        rows = np.empty(len(keys), np.int64)
        self._kernels.find(keys, self._keys, self._slots, rows)
        best = np.where(rows >= 0, self.values[np.maximum(rows, 0)].argmax(1), 0)
        actions = best.astype(np.int8).reshape(-1, len(self.own))
        return (
            venture(actions, self.exploring, len(self.task.world.actions), self.task) if explore else actions
        )

    @property
    def exploring(self) -> float:
        """Share of random actions now."""
        settings = self.settings
        return straight(settings.explore, settings.explore_end, self._lived, settings.explore_steps)

    def record(self, step: Step) -> None:
        """Keep what agents that were there lived through, until `learn`."""
        there = step.present[:, self.own].ravel()
        kept = (
            self._keys_of(step.observations, step.before),
            step.actions[:, self.own].ravel(),
            step.rewards[:, self.own].ravel(),
            step.terminated[:, self.own].ravel(),
            self._keys_of(step.next_observations, step.after),
        )
        self._steps.append(tuple(column[there] for column in kept))
        self._lived += int(there.sum())

    def learn(self) -> dict[str, float]:
        """Q(s, a) goes towards r + gamma max_a' Q(s', a'), row after row."""
        settings, errors, count = self.settings, 0.0, 0
        share = self._done * self.rollout / max(self.task.steps, 1) if settings.anneal else 0.0
        rate = settings.rate * max(0.0, 1 - share)
        for kept in self._steps:
            self.size, error = self._kernels.improve(
                *kept,
                self._keys,
                self._slots,
                self.values,
                self.size,
                settings.start,
                rate,
                settings.discount,
            )
            if self.size < 0:
                raise ValueError(f"tabular: more than {settings.rows} rows; give more rows, or use dqn")
            errors, count = errors + error, count + len(kept[0])
        self._steps, self._done = [], self._done + 1
        return {"error": errors / max(count, 1), "rows": float(self.size), "explore": self.exploring}

    def value(self, observations: np.ndarray, states: np.ndarray | None = None) -> np.ndarray:
        """Action values, float64 [worlds, own agents, actions]; nan for what was never met."""
        keys = self._keys_of(observations, states)
        rows = np.empty(len(keys), np.int64)
        self._kernels.find(keys, self._keys, self._slots, rows)
        found = np.where(rows[:, None] >= 0, self.values[np.maximum(rows, 0)], np.nan)
        return found.reshape(-1, len(self.own), found.shape[1])

    def _keys_of(self, observations: np.ndarray, states: np.ndarray | None) -> np.ndarray:
        """Keys of what own agents are in or see, uint64 [worlds * own agents, words]."""
        count, agents = len(observations), len(self.own)
        keys = np.zeros((count, agents, self._keys.shape[1]), np.uint64)
        if not self.reads_states:
            windows = np.ascontiguousarray(observations[:, self.own]).reshape(count, agents, -1)
            keys.view(np.uint8)[..., : windows.shape[2]] = windows
        elif states is None:
            raise ValueError(
                "tabular over states has to be given them; set over: window where nobody knows them"
            )
        else:
            keys[:, :, 0] = self.own
            keys[:, :, 1:] = self.task.world.key(states)[:, None]
        return keys.reshape(count * agents, -1)

    def tensors(self) -> dict[str, torch.Tensor]:
        """The rows that are in use, and counters."""
        return {
            "keys": torch.from_numpy(self._keys[: self.size].view(np.int64)),
            "values": torch.from_numpy(self.values[: self.size]),
            "counters": torch.tensor([self._lived, self._done]),
        }

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave."""
        keys, values = tensors["keys"].numpy(), tensors["values"].numpy()
        if len(keys) > len(self.values) or keys.shape[1:] != self._keys.shape[1:]:
            raise ValueError(f"saved table does not fit: {keys.shape} words in a table of {self._keys.shape}")
        self.size = len(keys)
        self._keys[: self.size] = keys.view(np.uint64)
        self.values[: self.size] = values
        self.values[self.size :] = self.settings.start
        self._slots[:] = 0
        self._kernels.place(self._keys, self.size, self._slots)
        self._lived, self._done = tensors["counters"].tolist()
