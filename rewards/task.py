"""Task: what the world itself pays, such as goals reached and items collected."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.socket import Transition

FORMULA = "r_i, what the world pays for the step"
SOURCE = "the scenario"
FAILS = "pays for what was written down, whatever it costs the others"
COST = "task"


@dataclass(frozen=True)
class Task:
    """The world's own reward for the step."""

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Task reward of `agent`, float64 [worlds]."""
        return transition.dynamics.pay(transition.after)[:, agent].astype(np.float64)
