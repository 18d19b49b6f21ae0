"""A forward model: what an agent expects to see next, from what it sees and does; as it is, and as it was."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.novelty import Features, Model, views
from rewards.socket import Transition

ANSWERS = 32
"""Random features of a view that are predicted."""


class Forward:
    """phi^(o, a) of each agent, for phi(o') of length about 1.

    With a `lag`, another model follows the weights of the first, as it was about so many steps ago.
    """

    def __init__(self, width: int, rate: float, seed: int, lag: int = 0) -> None:
        self.lag, self.error = lag, 0.0
        self.now, self.old = (Model(ANSWERS, width, rate, seed, 0) for _ in range(2))
        self.old.features = self.now.features
        self.target = Features(ANSWERS, seed, 1)

    def errors(self, transition: Transition, agent: int, old: bool = False) -> NDArray[np.float64]:
        """Squared distance of what was expected from what was seen, float64 [worlds]."""
        expected = (self.old if old else self.now).answer(agent, self._codes(transition, agent))
        return ((expected - self.target.of(views(transition, "after")[:, agent])) ** 2).sum(axis=1)

    def learn(self, transition: Transition) -> None:
        """One step of the models of all agents, from those who are there before and after."""
        dynamics, errors = transition.dynamics, []
        there = dynamics.alive(transition.before) & dynamics.alive(transition.after)
        for agent in range(dynamics.agent_count):
            rows = there[:, agent]
            if not rows.any():
                continue
            errors.append(self.errors(transition, agent)[rows].mean())
            wanted = self.target.of(views(transition, "after")[rows, agent])
            self.now.learn(agent, self._codes(transition, agent)[rows], wanted)
            if self.lag:
                weights = self.now.weights[agent]
                behind = self.old.weights.setdefault(agent, np.zeros_like(weights))
                behind += (weights - behind) / self.lag
        self.error = float(np.mean(errors)) if errors else 0.0

    def _codes(self, transition: Transition, agent: int) -> NDArray[np.uint8]:
        """What is seen and done, as codes [worlds, places]."""
        done = np.asarray(transition.actions)[:, [agent]].astype(np.uint8)
        return np.concatenate([views(transition, "before")[:, agent], done], axis=1)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The weights of both models."""
        return {
            f"{name}.{agent}": weights
            for name, model in (("now", self.now), ("old", self.old))
            for agent, weights in model.tensors().items()
        }

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        for name, model in (("now", self.now), ("old", self.old)):
            model.restore({each[4:]: kept for each, kept in tensors.items() if each.startswith(f"{name}.")})
