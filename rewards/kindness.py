"""Kindness: paid for the empowerment of the others, who are not asked for their goals."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import AGGREGATES, cared_for, while_there
from rewards.estimators.everyone import everyone
from rewards.socket import Dynamics, Transition

FORMULA = "sum (mean, min) over others j of E_n(j -> j | s'), bits; power: -(sum_j X_j^-xi)^eta, X_j = 2^E_n(j -> j)"
SOURCE = (
    "after Du et al. 2020 and Franzmeyer, Malinowski and Henriques 2022, with exact empowerment; "
    "power: Heitzig and Potham 2025, eq. 8"
)
FAILS = "gilded cage: with a short horizon it keeps others where choice is, not where they want to go"
COST = "futures"


@dataclass(frozen=True)
class Kindness:
    """The empowerment of the others after the step, each with the rest still, in bits.

    Somebody who has left the world counts as 0 bits. The sign of its effect can turn with the horizon: compare several.

    With `aggregate=power` it is the power law of Heitzig and Potham ("Model-based soft maximization of suitable
    metrics of long-term human power", 2025, arXiv:2508.00159, eq. 8) with the number of outcomes X = 2^E in place of
    their power over goals: -(sum over others of X^-xi)^eta. It has no unit and lies below 0; the worst off weigh most,
    and taking somebody's last bit costs more than any number of bits of another is worth. As it is below 0, a payer
    that can leave the world is better off gone, where it is paid 0.

    Args:
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end: the other's cell, its self, or the whole world.
        aggregate: how several others count: sum, mean, min or power.
        toward: the team that is cared for; everybody else when empty.
        xi: aversion to inequality between others, from 1; for power only.
        eta: aversion to inequality over time, from 1; for power only.
    """

    horizon: int = 3
    outcome: str = "cell"
    aggregate: str = "sum"
    toward: str = ""
    xi: float = 1.0
    eta: float = 1.0

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)
        check_choice("aggregate", self.aggregate, [*AGGREGATES, "power"])
        for name, value in (("xi", self.xi), ("eta", self.eta)):
            if not 1 <= value < np.inf:
                raise ValueError(f"{name} has to be a number from 1, not {value!r}")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Aggregated empowerment of the others, float64 [worlds]; 0 where there is nobody else."""
        others = self.others(transition.dynamics, agent)
        if not others:
            return np.zeros(len(transition.after))
        bits = everyone(transition, others, self.horizon, self.outcome)
        if self.aggregate == "power":
            paid = -(np.exp2(-self.xi * bits).sum(axis=1) ** self.eta)
        else:
            paid = AGGREGATES[self.aggregate](bits, axis=1)
        return while_there(transition, agent, paid)

    def others(self, dynamics: Dynamics, agent: int) -> list[int]:
        """Numbers of those whom `agent` cares for."""
        return cared_for(dynamics, agent, self.toward)
