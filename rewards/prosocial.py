"""Prosocial: paid for one's own task and for those of the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.socket import Transition

FORMULA = "r_i + alpha mean over others j of r_j"
SOURCE = "Peysakhovich and Lerer 2018, for two"
FAILS = "needs the others' true rewards, which nobody may know"
COST = "task"


@dataclass(frozen=True)
class Prosocial:
    """r_i + alpha * mean of r_j over all others j, r being what the world pays for the step.

    Reward access: the others' true rewards are seen. After Peysakhovich and Lerer, "Prosocial learning agents solve
    generalized stag hunts better than selfish ones" (2018, arXiv:1709.02865), where two play.

    Args:
        alpha: how much others count; 0 is the task, -1 in a pair is rivalry.
    """

    alpha: float = 1.0

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Own task reward and alpha times the mean of the others', float64 [worlds]; in the task's own units."""
        paid = transition.dynamics.pay(transition.after).astype(np.float64)
        others = np.delete(paid, agent, axis=1)
        return paid[:, agent] + (self.alpha * others.mean(axis=1) if others.size else 0.0)
