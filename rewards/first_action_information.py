"""First action information: paid for what the others' first actions tell about where random play then ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.walks import ENTROPY, ONCE_CHOSEN, random_play
from rewards.socket import Transition

FORMULA = "sum over others j of I(A_j,t ; o_j,t+n | s'), A_j,t uniform, later actions at random, bits"
SOURCE = "When Empowerment Disempowers 2025 (2511.04177), code; the exact information"
FAILS = "later actions are noise to it: with a longer horizon it sees less power, where there is more"
COST = "futures"


@dataclass(frozen=True)
class FirstActionInformation:
    """The information of each other's first action on its outcome, after the step, all others still; in bits.

    What is called empowerment in the code of 2511.04177, which estimates it from 10 futures for each first action and
    so has it far too high; here it is exact. It is no capacity and far below empowerment. Somebody gone has none.

    Args:
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end: the other's cell, its self, or the whole world.
        toward: the team that is cared for; everybody else when empty.
    """

    horizon: int = 3
    outcome: str = "cell"
    toward: str = ""

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Information of all the others' first actions, float64 [worlds], bits; 0 where there is nobody else."""
        others = cared_for(transition.dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))
        play = random_play(transition, others, self.horizon, self.outcome)
        bits = np.maximum(0.0, play[..., ENTROPY] - play[..., ONCE_CHOSEN])
        return while_there(transition, agent, bits.sum(axis=1))
