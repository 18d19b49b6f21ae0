"""Be considerate: paid for what the others can still earn at their own tasks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.baselines import Remembering
from rewards.estimators.situations import check_discount, situations
from rewards.socket import Dynamics, Transition

FORMULA = "F(s') = sum (min) over others j of V_j(s'), or sum of min(V_j(s'), V_j(s_0)); or F(s') - F(s)"
SOURCE = "Alizadeh Alamdari et al. 2022 (2106.02617), equations 1 to 3"
FAILS = "needs the others' true rewards, and takes them to be alone in the world and at their best"
COST = "solver"

AGGREGATES = ("sum", "min", "worsening")
PAID = ("level", "change")


@dataclass
class BeConsiderate(Remembering):
    """The others' value of the state, V_j the optimum of j's own task while everybody else is still; task units.

    Reward access: the others' true rewards are seen. The paper pays F once, at the end of the agent's episode; nobody
    here knows the end beforehand, so F is paid after every step (`level`), or as changes, which without discount sum up
    to F at the end less F at the start (`change`), and leave it alone what happens between. Somebody gone has value 0.

    Args:
        aggregate: sum (1), min (2), or worsening (3: as far as the start of the episode gave it too).
        gamma: discount of the others' rewards a step later, between 0 and 1.
        paid: level or change.
    """

    aggregate: str = "sum"
    gamma: float = 0.95
    paid: str = "level"

    baseline = "start"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_discount(self.gamma)
        check_choice("aggregate", self.aggregate, AGGREGATES)
        check_choice("paid", self.paid, PAID)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """F after the step, or its change, float64 [worlds]; 0 where there is nobody else, and for the dead."""
        dynamics, after = transition.dynamics, transition.after
        others = [other for other in range(dynamics.agent_count) if other != agent]
        if not others:
            return np.zeros(len(after))
        states = np.concatenate((after, transition.before, self.compared_with(transition, agent)))
        values = np.stack([self._value(dynamics, states, other).reshape(3, -1) for other in others])
        now, then, begun = values.transpose(1, 0, 2)
        paid = self._together(now, begun)
        if self.paid == "change":
            paid = paid - self._together(then, begun)
        return paid * dynamics.alive(after)[:, agent]

    def _together(self, values: NDArray[np.float64], begun: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.aggregate == "min":
            return values.min(axis=0)
        return (np.minimum(values, begun) if self.aggregate == "worsening" else values).sum(axis=0)

    def _value(self, dynamics: Dynamics, states: NDArray[Any], other: int) -> NDArray[np.float64]:
        table = situations(dynamics, other)
        numbers = table.numbers(states)
        values = table.values("task", lambda found: np.zeros((len(found), 1)), self.gamma, task=True)
        return values[numbers, 0] * dynamics.alive(states)[:, other]
