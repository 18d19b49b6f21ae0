"""Inequity aversion: pays the task, less for being behind the others and less for being ahead of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.novelty import numbered
from rewards.estimators.question import check_range
from rewards.socket import Transition

FORMULA = "r_i - alpha mean_j max(e_j - e_i, 0) - beta mean_j max(e_i - e_j, 0), over others j; e <- gamma lambda e + r"
SOURCE = "Hughes et al. 2018, after Fehr and Schmidt 1999"
FAILS = "with a large beta nobody earns anything, and all are equal; needs the others' true rewards"
COST = "task"


@dataclass
class InequityAversion:
    """Own task reward minus what inequity costs, both being behind (envy) and being ahead (guilt).

    Inequity is that of smoothed rewards e, which are remembered through the episode and begin at 0. Who is asked of a
    step that does not follow from the last one remembered, as planners and the exact solver do, is answered as at the
    start of an episode. Somebody gone keeps what was earned, fading.

    Args:
        alpha: cost of being behind, from 0, per unit of smoothed reward.
        beta: cost of being ahead, from 0; being ahead is never paid for.
        decay: lambda, how much of e stays, 0 to 1; 0 compares the rewards of the step alone.
        gamma: discount that e is also weighed by, 0 to 1.
    """

    alpha: float = 5.0
    beta: float = 0.05
    decay: float = 0.975
    gamma: float = 0.99
    _earned: NDArray[np.float64] = field(
        default_factory=lambda: np.zeros((0, 0)), init=False, repr=False, compare=False
    )
    _at: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(0, np.int64), init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        check_range("alpha", self.alpha, 0)
        check_range("beta", self.beta, 0)
        check_range("decay", self.decay, 0, 1)
        check_range("gamma", self.gamma, 0, 1)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Task reward less the cost of inequity, float64 [worlds]; the task for one alone, 0 for one gone before."""
        dynamics = transition.dynamics
        paid, earned = dynamics.pay(transition.after)[:, agent].astype(np.float64), self.earned(transition)
        behind = np.delete(earned, agent, axis=1) - earned[:, [agent]]
        if behind.size:
            paid -= self.alpha * np.maximum(behind, 0).mean(axis=1)
            paid -= self.beta * np.maximum(-behind, 0).mean(axis=1)
        return np.where(dynamics.alive(transition.before)[:, agent], paid, 0.0)

    def earned(self, transition: Transition) -> NDArray[np.float64]:
        """Smoothed rewards after the step, float64 [worlds, agents]."""
        dynamics = transition.dynamics
        found = dynamics.pay(transition.after).astype(np.float64)
        if self._earned.shape == found.shape:
            goes_on = numbered(dynamics.key(transition.before)) == self._at
            goes_on &= ~dynamics.fresh(transition.before)
            found += self.gamma * self.decay * np.where(goes_on[:, None], self._earned, 0.0)
        return found

    def learn(self, transition: Transition) -> None:
        """Remember what has been earned."""
        self._earned = self.earned(transition)
        self._at = numbered(transition.dynamics.key(transition.after))

    def tensors(self) -> dict[str, NDArray[Any]]:
        """What was earned, and in which states the worlds were."""
        return {"earned": self._earned.copy(), "at": self._at.copy()}

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._earned = np.array(tensors["earned"], np.float64)
        self._at = np.array(tensors["at"], np.int64)

    def figures(self) -> dict[str, float]:
        """How far apart the agents are, in smoothed reward: the mean range over worlds."""
        return {"inequity": float(np.ptp(self._earned, axis=1).mean()) if self._earned.size else 0.0}
