"""What was learned, acting in an episode that is watched: it says what it leans to and what it expects."""

import os
from typing import Any

import numpy as np
import torch

from sandbox.playback.episode import Episode
from sandbox.training.acting import Learned, load, probabilities
from sandbox.training.run_folder import RunFolder


class Watched(Learned):
    """One agent's policy that can be asked why."""

    def leanings(self, states: np.ndarray) -> np.ndarray:
        """Probability of each action before the best one is taken, float64 [worlds, actions]."""
        try:
            ask = probabilities(self.actor.learner)
        except ValueError:
            return self.chances(states)
        world = self.actor.world
        return np.asarray(ask(world.observe(states), world.action_mask(states)), np.float64)[:, self._place]

    def values(self, states: np.ndarray) -> np.ndarray:
        """What it expects: of each action, float64 [worlds, actions], or where it judges states alone, [worlds].

        Raises:
            ValueError: it expects nothing of what it never met.
        """
        learner: Any = self.actor.learner
        seen = self.actor.world.observe(states)
        with torch.inference_mode():
            if hasattr(learner, "value"):  # a table
                found = learner.value(seen, states if learner.reads_states else None)[:, self._place]
            elif hasattr(learner, "network") or hasattr(learner, "empathic"):
                network = learner.empathic if hasattr(learner, "empathic") else learner.network
                rows = torch.as_tensor(seen[:, self.agent], device=learner.task.device).flatten(1)
                found = network(rows)[0].cpu().numpy()
            elif hasattr(learner, "value_of"):  # a critic
                everybody = torch.as_tensor(seen, device=learner.task.device).flatten(2)
                found = learner.value_of(everybody).reshape(len(states), -1)[:, self._place].cpu().numpy()
            else:
                raise ValueError(f"{type(learner).__name__.lower()} says nothing of what it expects")
        if not np.isfinite(found).all():
            raise ValueError("it was never here")
        return np.asarray(found, np.float64)

    @property
    def _place(self) -> int:
        return self.actor.agents.index(self.agent)


def seat_run(episode: Episode, run: str | os.PathLike[str]) -> None:
    """Let what a run has learned so far act for its agents in an episode; ValueError, one line, where it cannot."""
    for actor in load(run, episode.world).values():
        for agent in actor.agents:
            episode.seat(agent, Watched(actor, agent))
    episode.run = os.path.abspath(run)
    episode.title = f"{episode.scenario.name}, {RunFolder(run).manifest['settings']['learner']}"
