"""Empowerment: paid for the power of one's own actions over what comes (Klyubin, Polani, Nehaniv 2005)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.everyone import everyone
from rewards.socket import Transition

FORMULA = "E_n(i -> i | s'), bits: the capacity from own action sequences to own outcome"
SOURCE = "Klyubin, Polani and Nehaniv 2005; Salge, Glackin and Polani 2014"
FAILS = "power-seeking: it keeps its ways open, also at the cost of others and of any goal"
COST = "futures"


@dataclass(frozen=True)
class Empowerment:
    """Own empowerment after the step, in bits, with the others still; 0 when dead.

    Args:
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end: own cell, own self (cell and what is carried), or the whole world.
    """

    horizon: int = 3
    outcome: str = "cell"

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Empowerment of `agent`, float64 [worlds], bits."""
        return everyone(transition, [agent], self.horizon, self.outcome)[:, 0]
