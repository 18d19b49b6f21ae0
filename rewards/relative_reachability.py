"""Relative reachability: fined for situations that can be reached no longer, or only later, than at a baseline."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.baselines import Remembering
from rewards.estimators.situations import check_discount, situations
from rewards.socket import Transition

FORMULA = "- mean over situations x in reach of b of max(gamma^d(b,x) - gamma^d(s',x), 0), b the baseline"
SOURCE = "Krakovna et al. 2019 (1806.01186)"
FAILS = "interference: with the start as baseline it pays to stop what others do; harm to others counts only if lasting"
COST = "solver"


@dataclass
class RelativeReachability(Remembering):
    """The penalty of Krakovna et al., "Penalizing side effects using stepwise relative reachability"; -1..0.

    d counts the agent's own steps while everybody else is still and every action succeeds. The mean is taken over
    the situations that can be reached from the baseline, not over all that there are.

    Args:
        gamma: of a situation one step farther away, between 0 and 1; near 1, only what is lost for good counts.
        baseline: start, inaction or stepwise (see rewards/estimators/baselines.py).
    """

    gamma: float = 0.95
    baseline: str = "stepwise"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_discount(self.gamma)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """The fine, float64 [worlds]; 0 for the dead."""
        dynamics, after = transition.dynamics, transition.after
        table = situations(dynamics, agent)
        numbers = table.numbers(np.concatenate((after, self.compared_with(transition, agent))))
        pairs, back = np.unique(numbers.reshape(2, -1), axis=1, return_inverse=True)
        fines = np.empty(pairs.shape[1])
        for place, (now, then) in enumerate(pairs.T.tolist()):
            steps = table.distances(then)
            lost = np.maximum(self.gamma**steps - self.gamma ** table.distances(now), 0)
            fines[place] = lost[np.isfinite(steps)].mean()
        return -fines[back.ravel()] * dynamics.alive(after)[:, agent]
