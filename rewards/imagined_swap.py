"""Imagined swap: pays what the step would have paid oneself in the others' place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.cared import while_there
from rewards.estimators.critic import of_others
from rewards.estimators.novelty import Tables, lacks, looks, numbered
from rewards.estimators.once import once
from rewards.socket import Dynamics, Transition

FORMULA = (
    "mean over others j of r^_i(o_j, o_j'), r^_i the mean of own task reward by what one saw before and after"
)
SOURCE = "after Bussmann, Heinerman and Lehman 2019; imagined rewards as this project defines them"
FAILS = "who never met a harm oneself cannot imagine it; others who want something else are given what oneself wants"
COST = "learned"


@dataclass
class ImaginedSwap:
    """Own task reward as learned from own transitions, applied to the others', in units of the task.

    No reward of anybody else is seen. What was never met oneself counts as 0, so others have to look alike
    (`others_known` is logged). It is a reward of events, not a level of states, and vanishes with no threat.
    """

    _paid: Tables = field(default_factory=lambda: Tables(2), init=False, repr=False, compare=False)
    _known: float = field(default=0.0, init=False, repr=False, compare=False)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Views, where there are none."""
        return lacks(dynamics, "view")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Mean imagined reward of the others, float64 [worlds]; 0 for one alone, and for one who is gone."""
        keys = _events(transition)
        sums = self._paid.of(agent).read(keys.ravel())
        imagined = (sums[:, 0] / np.maximum(sums[:, 1], 1)).reshape(keys.shape)
        imagined *= transition.dynamics.alive(transition.before)
        return while_there(transition, agent, of_others(imagined, agent))

    def learn(self, transition: Transition) -> None:
        """Note what each agent was paid for what it saw."""
        dynamics, keys, shares = transition.dynamics, _events(transition), []
        present, paid = dynamics.alive(transition.before), dynamics.pay(transition.after)
        for agent in range(dynamics.agent_count):
            there, table = present[:, agent], self._paid.own(agent)
            others = np.delete(keys, agent, axis=1)[np.delete(present, agent, axis=1)]
            if len(others):
                shares.append(table.find(others)[1].mean())
            table.add(
                keys[there, agent],
                np.stack([paid[there, agent], np.ones(there.sum())], axis=1, dtype=np.float64),
            )
        self._known = float(np.mean(shares)) if shares else 0.0

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Sums of rewards and how often each event was met."""
        return self._paid.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._paid.restore(tensors)

    def figures(self) -> dict[str, float]:
        """How many events have been met, and which share of the others' of the last step was among them."""
        return {"events": float(self._paid.size), "others_known": self._known}


def _events(transition: Transition) -> NDArray[np.int64]:
    """What each agent saw before and after, as numbers, int64 [worlds, agents]."""

    def numbers() -> NDArray[np.int64]:
        seen = np.stack([looks(transition, "before"), looks(transition, "after")], axis=-1)
        return numbered(seen.reshape(-1, 2)).reshape(seen.shape[:2])

    return once(transition, "events", numbers)
