"""Count: pays for being where one has seldom been, or seeing what one has seldom seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.cared import while_there
from rewards.estimators.novelty import SITUATIONS, Tables, lacks, situations
from rewards.estimators.question import check_range
from rewards.socket import Dynamics, Transition

FORMULA = "scale / sqrt(N(s')), N how often the agent has come to the situation, this time included"
SOURCE = "Strehl and Littman 2008; Bellemare et al. 2016"
FAILS = "noisy television: what is drawn anew at every step is seldom seen twice (of=view, of=world)"
COST = "learned"


@dataclass
class Count:
    """A bonus that falls with the number of visits, which each agent counts for itself over all worlds of a run.

    Args:
        of: what is told apart: one's cell, one's view, or the whole world.
        scale: what the first visit pays, from 0.
    """

    of: str = "cell"
    scale: float = 1.0
    _visits: Tables = field(default_factory=Tables, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_choice("of", self.of, SITUATIONS)
        check_range("scale", self.scale, 0)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Cells or views, where they are to be told apart and there are none."""
        return lacks(dynamics, self.of)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """The bonus for the situation after the step, float64 [worlds], 0 to `scale`; 0 for one who is gone."""
        keys = situations(transition, "after", self.of)[:, agent]
        visits = 1 + self._visits.of(agent).read(keys)[:, 0]
        return while_there(transition, agent, self.scale / np.sqrt(visits))

    def learn(self, transition: Transition) -> None:
        """Count the visits of all agents."""
        keys = situations(transition, "after", self.of)
        alive = transition.dynamics.alive(transition.after)
        for agent in range(keys.shape[1]):
            there = keys[alive[:, agent], agent]
            self._visits.own(agent).add(there, np.ones((len(there), 1)))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The visits."""
        return self._visits.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._visits.restore(tensors)

    def figures(self) -> dict[str, float]:
        """How many situations have been visited, all agents together."""
        return {"visited": float(self._visits.size)}
