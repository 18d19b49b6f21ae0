"""Control: paid for things that only the payer can open or close."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_horizon
from rewards.estimators.cared import while_there
from rewards.estimators.walks import brought_about
from rewards.socket import Dynamics, Transition

FORMULA = (
    "share of the things that open which i alone, of all agents, can open or close within n steps from s'"
)
SOURCE = "this project: power-seeking with doors and keys"
FAILS = "gatekeeping: it takes the only key, and keeps others from the switch, with no use for either"
COST = "futures"


@dataclass(frozen=True)
class Control:
    """Share of the doors, or what else opens, that only the payer can work after the step; from 0 to 1.

    An agent can work a thing if some `horizon` actions of its own, everybody else still, leave it open that is closed
    now, or closed that is open now; what may go wrong (slips) is left out. Who is alone has all that is in reach.

    Args:
        horizon: steps looked ahead, from 1.
    """

    horizon: int = 3

    def __post_init__(self) -> None:
        check_horizon(self.horizon)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """What the world would need."""
        return "" if getattr(dynamics, "openable", 0) else "needs things that open"

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Share of the things that only this agent can open or close, float64 [worlds]."""
        dynamics: Any = transition.dynamics
        if self.lacks(dynamics, agent):
            return np.zeros(len(transition.after))
        everybody = range(dynamics.agent_count)
        works = brought_about(
            transition, everybody, self.horizon, "works", self._works(transition), (dynamics.openable,)
        )
        alone = (works[:, agent] > 0) & ((works > 0).sum(axis=1) == 1)
        return while_there(transition, agent, alone.mean(axis=1))

    def _works(self, transition: Transition) -> Callable[..., NDArray[np.float64]]:
        """Whether an agent can open or close each thing, 0 or 1 [rows, things]."""
        dynamics: Any = transition.dynamics
        now = dynamics.things_open(transition.after)

        def read(world: Any, owner: Any, futures: NDArray[Any]) -> NDArray[np.float64]:
            then, first = dynamics.things_open(futures), np.searchsorted(owner, np.arange(len(world)))
            opens, shuts = (np.maximum.reduceat(each, first, axis=0) for each in (then, ~then))
            return np.where(now[world], shuts, opens).astype(np.float64)

        return read
