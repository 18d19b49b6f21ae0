"""Minimax regret: it costs what the other who was served worst might have had, had the payer acted for it alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.once import after_each_action
from rewards.socket import Transition

FORMULA = "-max over others j of ( max_a E_n(j | s, a) - E_n(j | s, a_i) ), bits"
SOURCE = "after an aggregate of When Empowerment Disempowers 2025 (2511.04177), code; exact, this project"
FAILS = "it counts what might have been, not what is: who has little and could be given little is sacrificed"
COST = "futures"


@dataclass(frozen=True)
class MinimaxRegret:
    """Minus the largest regret of another over the payer's action, in bits; 0 at best.

    The regret of somebody is the most that any action of the payer would have left it with, less what the chosen one
    does; from the state before the step, the payer alone acting. With slips, expectations. Regret is over one action:
    what takes several to give is not seen, and regretted only at the last of them.

    Args:
        horizon: steps looked ahead after the action, from 1.
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
        """Minus the largest regret, float64 [worlds], bits; 0 where there is nobody else."""
        others = cared_for(transition.dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))
        table = after_each_action(transition, self.horizon, self.outcome)[:, agent][:, :, others]
        chosen = table[np.arange(len(table)), transition.actions[:, agent]]
        return while_there(transition, agent, (chosen - table.max(axis=1)).min(axis=1))
