"""Attainable utility: fined for how much the step changed what could be attained, for good or ill."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.baselines import Remembering
from rewards.estimators.situations import check_discount, lacks_cells, situations, total, uniform
from rewards.socket import Dynamics, Transition

FORMULA = "- mean over auxiliary rewards k of |V_k(s') - V_k(b)| / V_k(b), b the baseline"
SOURCE = "Turner, Hadfield-Menell and Tadepalli 2020 (AUP)"
FAILS = "indifferent to a bystander: harm that leaves one's own attainable utility alone costs nothing"
COST = "solver"

OF = ("own", "others")
OVER = ("cell", "situation")


@dataclass
class AttainableUtility(Remembering):
    """The penalty of Turner et al., "Conservative agency via attainable utility preservation" (2020, arXiv:1902.09725).

    Without units, never above 0; its weight is the paper's -lambda, and the task is a term of its own. Auxiliary
    rewards are seeded draws, uniform in 0..1, paid for where one comes to; V_k(s') is then the paper's Q_k(s, a), and
    with the baseline `stepwise` V_k(b) is its Q_k(s, noop). Everybody but the one who would attain is still.

    Args:
        auxiliaries: reward functions, from 1.
        gamma: discount of one step, between 0 and 1.
        over: what auxiliary rewards hang on: the cell of the one who has them, or the whole situation.
        of: whose attainable utility: own as in the paper, or the mean of the others'.
        baseline: start, inaction or stepwise (see rewards/estimators/baselines.py).
        seed: of the draws, from 0.
    """

    auxiliaries: int = 30
    gamma: float = 0.9
    over: str = "cell"
    of: str = "own"
    baseline: str = "stepwise"
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_discount(self.gamma)
        check_choice("of", self.of, OF)
        check_choice("over", self.over, OVER)
        if self.auxiliaries < 1:
            raise ValueError(f"auxiliaries must be at least 1, not {self.auxiliaries}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, not {self.seed}")

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Cells, if rewards hang on them."""
        return lacks_cells(dynamics) if self.over == "cell" else ""

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """The fine, float64 [worlds]; 0 for the dead."""
        dynamics, after = transition.dynamics, transition.after
        paid = np.zeros(len(after))
        whose = [each for each in range(dynamics.agent_count) if (each == agent) == (self.of == "own")]
        for each in whose:
            now, then = self._attainable(dynamics, after, self.compared_with(transition, agent), each)
            paid -= total(np.abs(now - then) / then) / self.auxiliaries / len(whose)
        return paid * dynamics.alive(after)[:, agent]

    def _attainable(self, dynamics: Any, after: NDArray[Any], baseline: NDArray[Any], agent: int) -> Any:
        """V_k of one agent after the step and at the baseline, float64 [worlds, auxiliaries] twice."""
        table = situations(dynamics, agent)
        numbers = table.numbers(np.concatenate((after, baseline)))

        def rewards(states: NDArray[Any]) -> NDArray[np.float64]:
            words = dynamics.cells(states)[:, agent] if self.over == "cell" else dynamics.key(states)
            return uniform(words, self.auxiliaries, self.seed) * dynamics.alive(states)[:, [agent]]

        values = table.values(("attainable", self.auxiliaries, self.over, self.seed), rewards, self.gamma)
        now, then = values[numbers[: len(after)]], values[numbers[len(after) :]]
        return now, np.where(then > 0, then, 1.0)
