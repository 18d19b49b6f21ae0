"""What was learned, acting: a learner in an agent's seat, as a policy among policies."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
import torch

from sandbox.experiments.company import Company
from sandbox.training import learner as learners
from sandbox.training.learner import Learner, Task
from sandbox.training.run_folder import RunFolder
from sandbox.training.settings import Settings, members, torch_device
from sandbox.world.randomness import aside
from sandbox.world.world import World


@dataclass
class Actor:
    """A learner that acts for its agents without learning; one answer serves all of them.

    Args:
        learner: what chooses.
        world: the rules.
        agents: whose actions it chooses, in its order.
    """

    learner: Learner
    world: World
    agents: tuple[int, ...]
    _asked: bytes = b""
    _chances: np.ndarray | None = field(default=None, repr=False)

    def forget(self) -> None:
        """Work the next answer out anew, since the learner has learned."""
        self._chances = None

    def chances(self, states: np.ndarray, greedy: bool) -> np.ndarray:
        """Probability of each action, float64 [worlds, own agents, actions]; greedily all of it is on one."""
        asked = bytes([greedy]) + states.tobytes()
        if self._chances is None or asked != self._asked:
            observations, masks = self.world.observe(states), self.world.action_mask(states)
            if greedy:
                actions = self.learner.act(
                    observations, masks, False, states if self.learner.reads_states else None
                )
                self._chances = np.eye(len(self.world.actions))[actions]
            else:
                self._chances = np.asarray(probabilities(self.learner)(observations, masks), np.float64)
            self._asked = asked
        return self._chances


def probabilities(learner: Learner):
    """A learner's method `probabilities(observations, masks)`, float [worlds, own agents, actions].

    Raises:
        ValueError: it chooses without chance, and so has none.
    """
    method = getattr(learner, "probabilities", None)
    if method is None:
        raise ValueError(f"{type(learner).__name__.lower()} has no probabilities to draw from; only greedy")
    return method


@dataclass
class Learned:
    """One agent's policy: the most probable action, or a draw aside from the state's own randomness."""

    actor: Actor
    agent: int
    greedy: bool = True
    foreseeable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that there is something to draw from."""
        if not self.greedy:
            probabilities(self.actor.learner)

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]."""
        chances = self.chances(states)
        if self.greedy or not len(states):
            return chances.argmax(axis=1).astype(np.int8)
        unit = (aside(states, 3000 + self.agent) >> np.uint64(11)) * 2.0**-53
        sums = chances.cumsum(axis=1)
        return np.minimum((sums <= unit[:, None] * sums[:, -1:]).sum(axis=1), chances.shape[1] - 1).astype(
            np.int8
        )

    def chances(self, states: np.ndarray) -> np.ndarray:
        """Probability of each action, float64 [worlds, actions]."""
        if not len(states):
            return np.zeros((0, len(self.actor.world.actions)))
        return self.actor.chances(states, self.greedy)[:, self.actor.agents.index(self.agent)]


def seat(company: Company, actors: Mapping[str, Actor], greedy: bool = True) -> None:
    """Let what was learned act for its agents in a company, in place of their scenario's policies."""
    for actor in actors.values():
        for agent in actor.agents:
            company.policies[agent] = Learned(actor, agent, greedy)


_LOADED: WeakKeyDictionary[World, dict[tuple[str, ...], dict[str, Actor]]] = WeakKeyDictionary()


def load(run: str | os.PathLike[str], world: World, device: str = "cpu") -> dict[str, Actor]:
    """What a run has learned so far, team -> actor, from its last whole checkpoint.

    Args:
        run: its folder.
        world: where it shall act; if it is not the world of the run, what was learned has to fit it.
        device: cpu, cuda or auto.

    Raises:
        ValueError: no run, no checkpoint, or it does not fit; one line.
    """
    folder = RunFolder(run)
    records = sorted((folder.path / "checkpoints").glob("*.json"))
    key = (
        str(folder.path.resolve()),
        device,
        *(f"{each.name} {each.stat().st_mtime_ns}" for each in records),
    )
    known = _LOADED.setdefault(world, {})
    if key not in known:
        checkpoint = folder.newest()
        if checkpoint is None:
            raise ValueError(f"{folder.path}: nothing was learned yet, there is no checkpoint")
        settings = Settings.from_plain(folder.manifest["settings"])
        actors = {}
        for team in settings.teams:
            agents = members(world, team)
            if not agents:
                raise ValueError(f"{folder.path}: it trained {team!r}, which {world.name} does not have")
            task = Task(world, agents, settings.worlds, 1, torch_device(device), torch.Generator())
            learner = learners.make(settings.learner, settings.parameters, task)
            try:
                learner.restore(part(checkpoint.tensors, f"learner.{team}."))
            except ValueError as problem:
                raise ValueError(f"{folder.path}: {problem}; was it trained by another version?") from None
            actors[team] = Actor(learner, world, agents)
        for old in [each for each in known if each[:2] == key[:2]]:  # of a checkpoint before
            del known[old]
        known[key] = actors
    return known[key]


def part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """The tensors whose names begin so, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
