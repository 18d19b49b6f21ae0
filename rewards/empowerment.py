"""Empowerment: paid for the power of one's own actions over what comes (Klyubin, Polani, Nehaniv 2005)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.everyone import everyone
from rewards.socket import Transition


@dataclass(frozen=True)
class Empowerment:
    """Own `horizon`-step empowerment after the step, in bits, with the others still; 0 when dead."""

    horizon: int = 3
    outcome: str = "cell"

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Empowerment of `agent`, float64 [worlds], bits."""
        return everyone(transition, [agent], self.horizon, self.outcome)[:, 0]
