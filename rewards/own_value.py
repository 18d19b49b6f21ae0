"""Own value: pays what one's own critic expects after the step; the control for value swaps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.critic import Critic
from rewards.estimators.novelty import lacks
from rewards.estimators.question import check_range
from rewards.socket import Dynamics, Transition

FORMULA = "V_i(o_i'), V_i one's own critic"
SOURCE = "this project: a control that says how much of an empathy term has nothing to do with others"
FAILS = "puts rewards off: what is expected pays at every step, and no more once it has come"
COST = "learned"


@dataclass
class OwnValue:
    """V_i(o_i'): own critic on what the agent itself sees after the step, in units of discounted task reward.

    The critic learns along by TD(0) in a table of views.

    Args:
        gamma: discount of the critic, 0 to 1.
        rate: how far a value goes towards each answer, 0 to 1.
    """

    gamma: float = 0.99
    rate: float = 0.1
    _critic: Critic = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_range("gamma", self.gamma, 0, 1)
        check_range("rate", self.rate, 0, 1)
        self._critic = Critic(self.gamma, self.rate)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Views, where there are none."""
        return lacks(dynamics, "view")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Value of what is seen after the step, float64 [worlds]; 0 for one who is gone and where it is over."""
        return self._critic.values(agent, transition, "after")[:, agent]

    def learn(self, transition: Transition) -> None:
        """Let the critics of all agents see the step."""
        self._critic.learn(transition)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """What the critics have learned."""
        return self._critic.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._critic.restore(tensors)

    def figures(self) -> dict[str, float]:
        """How many views have a value, and which share of the others' views is among them."""
        return self._critic.figures()
