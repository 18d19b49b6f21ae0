"""Future tasks of others: paid for cells that the others could be asked to go to, as far as a baseline had them too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.baselines import Remembering
from rewards.estimators.situations import Situations, check_discount, lacks_cells, situations
from rewards.socket import Dynamics, Transition

FORMULA = "sum over others j of the mean over cells c in reach of j at b of gamma^max(d_j(s',c), d_j(b,c))"
SOURCE = "after Krakovna et al. 2020 (future tasks, 2010.07877), with the tasks of the others"
FAILS = "helps nobody to more than the baseline gives; with the start as baseline it undoes what others did"
COST = "solver"


@dataclass
class FutureTasksOfOthers(Remembering):
    """The auxiliary reward of Krakovna et al., "Avoiding side effects by considering future tasks", for the others.

    A task is a cell to be on, and all within reach at the baseline are as likely. What is nearer now than at the
    baseline counts as far as it was there, so that nothing is gained by keeping the world from changing by itself. In
    0..1 for each other; their factor 1 - gamma is left to the weight. d counts steps while everybody else is still.

    Args:
        gamma: worth of a task one step farther away, between 0 and 1.
        baseline: start, inaction or stepwise (see rewards/estimators/baselines.py).
    """

    gamma: float = 0.95
    baseline: str = "inaction"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_discount(self.gamma)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Cells."""
        return lacks_cells(dynamics)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Worth of the others' future tasks after the step, float64 [worlds]; 0 for the dead and of the dead."""
        dynamics, after = transition.dynamics, transition.after
        states = np.concatenate((after, self.compared_with(transition, agent)))
        paid = np.zeros(len(after))
        for other in range(dynamics.agent_count):
            if other == agent:
                continue
            table = situations(dynamics, other)
            pairs, back = np.unique(table.numbers(states).reshape(2, -1), axis=1, return_inverse=True)
            worth = np.empty(pairs.shape[1])
            for place, (now, then) in enumerate(pairs.T.tolist()):
                steps = _steps_to_cells(dynamics, table, other, then)
                reached = np.isfinite(steps)
                longer = np.maximum(steps, _steps_to_cells(dynamics, table, other, now))[reached]
                worth[place] = (self.gamma**longer).mean() if reached.any() else 0.0
            paid += worth[back.ravel()]
        return paid * dynamics.alive(after)[:, agent]


def _steps_to_cells(dynamics: Any, table: Situations, agent: int, number: int) -> NDArray[np.float64]:
    """Steps from a situation to each cell, float64 [cells]; inf where it cannot be reached, and of nowhere."""
    cells = dynamics.cells(table.states)[:, agent]
    steps = np.full(len(dynamics.ways), np.inf)
    np.minimum.at(steps, cells, table.distances(number))
    steps[0] = np.inf
    return steps
