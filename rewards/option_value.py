"""Option value: paid for how near the others are to the goals that matter, instead of cells that can be counted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.situations import check_discount, situations
from rewards.socket import Transition

FORMULA = "sum over others j of the mean over goals g of j of gamma^(steps of j from s' to g)"
SOURCE = "our formalisation, after Krakovna et al. 2020 (future tasks) with the goals that are named"
FAILS = "what nobody named as a goal counts nothing: it may take all other freedom away"
COST = "solver"


@dataclass(frozen=True)
class OptionValue:
    """The discounted chance that each other gets to each of its goals if it tries, everybody else still; 0..1 each.

    Goals are those that the scenario names for the other and that count in this episode, all of one weight. One out of
    reach counts 0, and so does somebody who is gone.

    Args:
        gamma: worth of a goal one step farther away, between 0 and 1.
    """

    gamma: float = 0.95

    def __post_init__(self) -> None:
        check_discount(self.gamma)

    def lacks(self, dynamics: Any, agent: int) -> str:
        """A goal of somebody else."""
        others = [other for other in range(dynamics.agent_count) if other != agent]
        if not others:
            return ""
        named = hasattr(dynamics, "goals") and hasattr(dynamics, "new_states")
        states = dynamics.new_states(1, 0) if named else None
        named = named and any(dynamics.goals(states, other).any() for other in others)
        return "" if named else "needs a goal of somebody else"

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Worth of the others' goals within reach after the step, float64 [worlds]."""
        dynamics, after = transition.dynamics, transition.after
        paid = np.zeros(len(after))
        if hasattr(dynamics, "goals"):
            for other in range(dynamics.agent_count):
                if other != agent:
                    paid += self.of(dynamics, after, other)
        return paid * dynamics.alive(after)[:, agent]

    def of(self, dynamics: Any, states: NDArray[Any], other: int) -> NDArray[np.float64]:
        """Mean over the goals of `other` of their discounted nearness, float64 [worlds]."""
        wanted = dynamics.goals(states, other)
        table = situations(dynamics, other)
        numbers = table.numbers(states)
        total = np.zeros(len(states))
        for goal in np.flatnonzero(wanted.any(axis=0)).tolist():

            def there(found: NDArray[Any], goal: int = goal) -> NDArray[np.float64]:
                return 1.0 * (dynamics.cells(found)[:, [other]] == goal)

            total += wanted[:, goal] * table.arrivals(("at", goal), there, self.gamma)[numbers, 0]
        return total / np.maximum(wanted.sum(axis=1), 1) * dynamics.alive(states)[:, other]
