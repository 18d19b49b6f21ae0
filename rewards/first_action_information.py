"""First action information: paid for what the others' first actions tell about where random play then ends."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.once import in_portions, once
from rewards.estimators.sampled import first_action_information
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
        paid = np.zeros(len(transition.after))
        for other in cared_for(transition.dynamics, agent, self.toward):
            paid += self._of(transition, other)
        return while_there(transition, agent, paid)

    def _of(self, transition: Transition, other: int) -> NDArray[np.float64]:
        def answer(states: NDArray[Any]) -> NDArray[np.float64]:
            asked = transition.dynamics, states, self.horizon, other, None
            return first_action_information(*asked, outcome=self.outcome).bits

        question = ("first action", other, self.horizon, self.outcome)
        return once(transition, question, lambda: in_portions(transition.after, answer))
