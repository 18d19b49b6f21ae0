"""Autonomous kindness: paid for what others can do whether the payer stays or goes, so for no dependence on it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.anticipation import mattering
from rewards.estimators.cared import AGGREGATES, cared_for, while_there
from rewards.estimators.everyone import everyone, own_empowerment
from rewards.estimators.once import once
from rewards.estimators.question import noise_matrix
from rewards.socket import Dynamics, Transition

FORMULA = "sum (mean, min) over others j of min( E_n(j -> j | s'), E_n(j -> j | s' without i) ), bits"
SOURCE = "this project, after the dependence experiments of assistance"
FAILS = "a gilded cage like kindness; and what only the payer's presence can give, as company, is worth nothing to it"
COST = "futures"


@dataclass(frozen=True)
class AutonomousKindness:
    """The empowerment of the others after the step, as far as it does not rest on the payer; in bits.

    Our formalisation. In `kindness` the payer is still while others look ahead, but it is there: what it holds counts
    as given. Here each other has the lower of two figures: its empowerment as things are, and in the world without the
    payer, one still step later, so that plates under it are released and the key it carries is out of reach. A helper
    on a plate is paid for the door only once a box, or somebody else, holds it too; a door worked by hand or switch
    stays as it was left and pays at once. A body in the way still costs, by the first figure. Others are still.

    Args:
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end: the other's cell, its self, or the whole world.
        aggregate: how several others count: sum, mean or min.
        toward: the team that is cared for; everybody else when empty.
    """

    horizon: int = 3
    outcome: str = "cell"
    aggregate: str = "sum"
    toward: str = ""

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)
        check_choice("aggregate", self.aggregate, AGGREGATES)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """What the world would need."""
        return (
            ""
            if hasattr(dynamics, "without")
            else "needs a world that can be asked how it is without somebody"
        )

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Aggregated empowerment of the others with or without the payer, float64 [worlds], bits."""
        dynamics: Any = transition.dynamics
        others = cared_for(dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))

        bits = everyone(transition, others, self.horizon, self.outcome)
        matters = once(transition, ("who matters to whom", self.horizon), lambda: self._matters(transition))
        world, place = np.nonzero(matters[:, agent, others])
        some, row = np.unique(world, return_inverse=True)
        asked = self.horizon, OUTCOMES.index(self.outcome), noise_matrix(dynamics, "own")
        left = dynamics.without(transition.after[some], agent)
        alone = own_empowerment(dynamics, left, row, np.array(others)[place], *asked)
        bits[world, place] = np.minimum(bits[world, place], alone)
        return while_there(transition, agent, AGGREGATES[self.aggregate](bits, axis=1))

    def _matters(self, transition: Transition) -> NDArray[np.bool_]:
        """Where somebody's absence can be anything to another, bool [worlds, absent, others]: not out of its reach."""
        everybody = np.ones((transition.dynamics.agent_count,) * 2, np.bool_)
        return mattering(transition.dynamics, transition.after, self.horizon, everybody)
