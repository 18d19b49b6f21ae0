"""Value swap: pays what one would expect oneself in the others' place, by one's own critic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.cared import while_there
from rewards.estimators.critic import Critic, of_others
from rewards.estimators.novelty import lacks
from rewards.estimators.question import check_range
from rewards.socket import Dynamics, Transition

FORMULA = (
    "level: z(s') = mean over others j of V_i(o_j'), V_i one's own critic; difference: gamma z(s') - z(s)"
)
SOURCE = "after Bussmann, Heinerman and Lehman 2019; difference: Ng, Harada and Russell 1999"
FAILS = "level: pays as long as something good is near the other, so it is better put off; difference: changes nothing"
COST = "learned"

FORMS = ("level", "difference")


@dataclass
class ValueSwap:
    """V_i(o_j'): own critic on what the others see after the step, in units of discounted task reward.

    The critic learns along from what the agent itself sees and is paid, by TD(0) in a table of views; so others count
    only where they see what the agent has seen itself: they have to look alike (`others_known` is logged). Gone others
    count as 0, as do episodes that are over. A level changes what is best; the difference is a potential and does not.

    Args:
        form: level or difference.
        gamma: discount of the critic, 0 to 1.
        rate: how far a value goes towards each answer, 0 to 1.
    """

    form: str = "level"
    gamma: float = 0.99
    rate: float = 0.1
    _critic: Critic = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_choice("form", self.form, FORMS)
        check_range("gamma", self.gamma, 0, 1)
        check_range("rate", self.rate, 0, 1)
        self._critic = Critic(self.gamma, self.rate)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Views, where there are none."""
        return lacks(dynamics, "view")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Mean value of the others' places, float64 [worlds]; 0 for one alone, and for one who is gone.

        The difference pays an agent also for the step with which it leaves the world.
        """
        after = while_there(
            transition, agent, of_others(self._critic.values(agent, transition, "after"), agent)
        )
        if self.form == "level":
            return after
        before = of_others(self._critic.values(agent, transition, "before"), agent)
        there = transition.dynamics.alive(transition.before)[:, agent]
        return np.where(there, self.gamma * after - before, 0.0)

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
