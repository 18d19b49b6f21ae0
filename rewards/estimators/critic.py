"""What an agent has come to expect of what it sees: a table of values, learned along from its own task reward."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.endings import going_on
from rewards.estimators.novelty import Tables, looks
from rewards.socket import Transition


class Critic:
    """V_i(o) of each agent i over views o, by TD(0): V(o) += rate * (r + gamma V(o') - V(o)).

    V of what was never seen, of those who are gone and of episodes that are over is 0. What several worlds see alike
    in one step is averaged. Exact in the limit where views tell states apart; it does not carry over to new views.
    """

    def __init__(self, gamma: float, rate: float) -> None:
        self.gamma, self.rate = gamma, rate
        self.tables = Tables()
        self.known: dict[int, float] = {}

    def values(self, agent: int, transition: Transition, when: str) -> NDArray[np.float64]:
        """What `agent` would expect in each one's place, float64 [worlds, agents], `before` or `after` the step."""
        seen = looks(transition, when)
        worth = self.tables.of(agent).read(seen.ravel())[:, 0].reshape(seen.shape)
        return worth * going_on(transition.dynamics, getattr(transition, when))

    def learn(self, transition: Transition) -> None:
        """See a step of all agents."""
        dynamics = transition.dynamics
        seen = looks(transition, "before")
        present = dynamics.alive(transition.before)
        paid = dynamics.pay(transition.after)
        for agent in range(dynamics.agent_count):
            there = np.flatnonzero(present[:, agent])
            if not len(there):
                continue
            table, own = self.tables.own(agent), seen[there, agent]
            others = np.delete(seen, agent, axis=1)[np.delete(present, agent, axis=1)]
            self.known[agent] = float(table.find(others)[1].mean()) if len(others) else 0.0
            ahead = self.values(agent, transition, "after")[there, agent]
            surprise = paid[there, agent] + self.gamma * ahead - table.read(own)[:, 0]
            _, which, counts = np.unique(own, return_inverse=True, return_counts=True)
            table.add(own, (self.rate * surprise / counts[which])[:, None])

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The tables."""
        return self.tables.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self.tables.restore(tensors)

    def figures(self) -> dict[str, float]:
        """Views that have a value, and the share of the others' views among them: 0 where nobody looks alike."""
        known = list(self.known.values())
        return {"views": float(self.tables.size), "others_known": float(np.mean(known)) if known else 0.0}


def of_others(values: NDArray[Any], agent: int) -> NDArray[np.float64]:
    """Mean over all others, float64 [worlds], of an array [worlds, agents]; 0 for one alone."""
    others = np.delete(values, agent, axis=1)
    return others.mean(axis=1) if others.shape[1] else np.zeros(len(values))
