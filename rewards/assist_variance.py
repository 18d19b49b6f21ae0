"""Assist variance: paid for how widely the others would scatter if they walked at random."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_horizon
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.once import in_portions, once
from rewards.estimators.sampled import variance_proxy
from rewards.estimators.walks import VARIANCE, has_places, random_play
from rewards.socket import Dynamics, Transition

FORMULA = "sum over others j of Var(row_j) + Var(column_j) at t+n, all actions of j equally likely, cells^2"
SOURCE = "Du et al. 2020 (2006.14796), AvE's proxy; horizon as in the code of 2511.04177 (2025)"
FAILS = "distance is not choice: a bare corridor is worth more than a roomier room; and it is blind to slips"
COST = "futures"


@dataclass(frozen=True)
class AssistVariance:
    """The variance of where the others end after the step when they act at random, summed; cells^2, NOT bits.

    The proxy by which assistance via empowerment (AvE, Du et al. 2020) stands in for empowerment; the exact variance in
    place of that of some 20 sampled walks, all others still. Somebody who is gone has none.

    Args:
        horizon: steps looked ahead, from 1.
        toward: the team that is cared for; everybody else when empty.
    """

    horizon: int = 3
    toward: str = ""

    def __post_init__(self) -> None:
        check_horizon(self.horizon)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """What the world would need."""
        return "" if hasattr(dynamics, "positions") else "needs a world in which agents have positions"

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Variance of all the others' ends, float64 [worlds], cells^2; 0 where there is nobody else."""
        others = cared_for(transition.dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))
        if has_places(transition.dynamics, transition.after):
            cells = random_play(transition, others, self.horizon)[..., VARIANCE]
        else:
            cells = np.stack([self._of(transition, other) for other in others], axis=1)
        return while_there(transition, agent, cells.sum(axis=1))

    def _of(self, transition: Transition, other: int) -> NDArray[np.float64]:
        def answer(states: NDArray[Any]) -> NDArray[np.float64]:
            return variance_proxy(transition.dynamics, states, self.horizon, other, None).bits

        return once(
            transition, ("variance", other, self.horizon), lambda: in_portions(transition.after, answer)
        )
