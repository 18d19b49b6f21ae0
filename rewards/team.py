"""Team: pays what one's team earns together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.socket import Transition

FORMULA = "mean (sum) over the members j of one's team, oneself included, of r_j"
SOURCE = "team reward, as in Sunehag et al. 2018"
FAILS = "lazy agents: who does nothing is paid like the others"
COST = "task"

AGGREGATES = {"mean": np.mean, "sum": np.sum}


@dataclass(frozen=True)
class Team:
    """The task rewards of one's own team for the step, in the task's own units; those who are gone still count as 0.

    Args:
        aggregate: how members count: mean or sum.
    """

    aggregate: str = "mean"

    def __post_init__(self) -> None:
        check_choice("aggregate", self.aggregate, AGGREGATES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """What the team earned, float64 [worlds]; 0 for one who was gone before."""
        dynamics = transition.dynamics
        members = [other for other, team in enumerate(dynamics.teams) if team == dynamics.teams[agent]]
        paid = dynamics.pay(transition.after)[:, members].astype(np.float64)
        return np.where(
            dynamics.alive(transition.before)[:, agent], AGGREGATES[self.aggregate](paid, axis=1), 0.0
        )
