"""Anticipation: paid for the difference that the chosen action makes to what the others can do."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.once import after_action, after_each_action
from rewards.socket import Transition

FORMULA = (
    "sum over others j of E_n(j | s, a_i) - E_n(j | s, b), bits; b: to stay, or the mean over all actions"
)
SOURCE = (
    "after the one-step anticipation of Guckelsberger, Salge and Colton 2016; as a difference, this project"
)
FAILS = "a pump: it shuts a door while nobody is near, opens it for who comes, and is paid each time"
COST = "futures"

AGAINST = ("stay", "mean")


@dataclass(frozen=True)
class Anticipation:
    """What the payer's action did to the others' empowerment, in bits; nothing for what would have come anyway.

    Taken from the state before the step with the payer alone acting, so others' own actions in the same step neither
    earn nor cost it anything. With slips it is the expectation over what the chosen action becomes. It is a difference
    of two futures of one state, not of two states in time, so it is no potential and changes what is best.

    Args:
        horizon: steps looked ahead after the action, from 1.
        outcome: what is told apart at the end: the other's cell, its self, or the whole world.
        against: what the action is compared with: stay, or the mean over all actions.
        toward: the team that is cared for; everybody else when empty.
    """

    horizon: int = 3
    outcome: str = "cell"
    against: str = "stay"
    toward: str = ""

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)
        check_choice("against", self.against, AGAINST)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Bits that the action gave to the others, float64 [worlds]; 0 where there is nobody else."""
        others = cared_for(transition.dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))
        asked = transition, self.horizon, self.outcome
        if self.against == "stay":
            instead = after_action(*asked, stay=True)
        else:
            instead = after_each_action(*asked).mean(axis=2)  # first, since the chosen action is read from it
        chosen = after_action(*asked, stay=False)
        paid = (chosen - instead)[:, agent, others].sum(axis=1)
        return while_there(transition, agent, paid)
