"""Kindness: paid for the empowerment of the others, who are not asked for their goals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.everyone import everyone
from rewards.socket import Dynamics, Transition

FORMULA = "sum (mean, min) over others j of E_n(j -> j | s'), bits"
SOURCE = "after Du et al. 2020 and Franzmeyer, Malinowski and Henriques 2022, with exact empowerment"
FAILS = "gilded cage: with a short horizon it keeps others where choice is, not where they want to go"
COST = "futures"

AGGREGATES = {"sum": np.sum, "mean": np.mean, "min": np.min}


@dataclass(frozen=True)
class Kindness:
    """The empowerment of the others after the step, in bits, each with the rest still.

    Somebody who has left the world counts as 0 bits. The sign of its effect can turn with the horizon: compare several.

    Args:
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end: the other's cell, its self, or the whole world.
        aggregate: how several others count: sum, mean or min.
        toward: the team that is cared for; everybody else when empty.
    """

    horizon: int = 3
    outcome: str = "cell"
    aggregate: str = "sum"
    toward: str = ""

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)
        check_choice("aggregate", self.aggregate, AGGREGATES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Aggregated empowerment of the others, float64 [worlds], bits; 0 where there is nobody else."""
        others = self.others(transition.dynamics, agent)
        if not others:
            return np.zeros(len(transition.after))
        return AGGREGATES[self.aggregate](everyone(transition, others, self.horizon, self.outcome), axis=1)

    def others(self, dynamics: Dynamics, agent: int) -> list[int]:
        """Numbers of those whom `agent` cares for."""
        if self.toward:
            check_choice("toward", self.toward, dynamics.teams)
        return [
            other for other, team in enumerate(dynamics.teams) if other != agent and self.toward in ("", team)
        ]
