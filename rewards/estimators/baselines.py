"""What a step is compared with: how it was at the start of the episode, or how it would be had one agent held still."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards import estimators
from rewards.socket import Transition

BASELINES = ("start", "inaction", "stepwise")
"""`start`: the state in which the episode began. `inaction`: had the agent stayed ever since. `stepwise`: had it stayed
in this step only. The others do what they did, for what they would have done instead is not known."""


class Remembering:
    """A formulation with a field `baseline`, one of BASELINES, that remembers what it needs from step to step.

    Where `learn` was not called for these worlds, an episode is taken to begin with the step that is paid.
    """

    baseline: str

    def __post_init__(self) -> None:
        estimators.check_choice("baseline", self.baseline, BASELINES)
        self._kept: dict[str, NDArray[np.uint64]] = {}

    def compared_with(self, transition: Transition, agent: int) -> NDArray[Any]:
        """The baseline of each world for this agent after the step, records [worlds]."""
        if self.baseline == "start":
            return self._remembered(transition, "start")
        begin = transition.before
        if self.baseline == "inaction":
            begin = self._remembered(transition, f"agent {agent}")
        actions = np.array(transition.actions)
        actions[:, agent] = 0
        return transition.dynamics.imagine(begin, actions)

    def learn(self, transition: Transition) -> None:
        """Remember the step, once it is paid."""
        if self.baseline == "start":
            self._kept = {"start": _words(self._remembered(transition, "start"))}
        elif self.baseline == "inaction":
            agents = range(transition.dynamics.agent_count)
            self._kept = {f"agent {agent}": _words(self.compared_with(transition, agent)) for agent in agents}

    def tensors(self) -> dict[str, NDArray[np.uint64]]:
        """Baselines so far, uint64 [worlds, words of a state], by name."""
        return dict(self._kept)

    def restore(self, tensors: dict[str, Any]) -> None:
        """Go on from what `tensors` gave."""
        self._kept = {name: np.array(words, np.uint64) for name, words in tensors.items()}

    def figures(self) -> dict[str, float]:
        """Nothing to log."""
        return {}

    def _remembered(self, transition: Transition, name: str) -> NDArray[Any]:
        before = transition.before
        words = self._kept.get(name)
        if words is None or len(words) != len(before):
            return before
        begun = words.copy().view(before.dtype).reshape(len(before))
        fresh = transition.dynamics.fresh(before)
        begun[fresh] = before[fresh]
        return begun


def _words(states: NDArray[Any]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(states).copy().view(np.uint64).reshape(len(states), -1)
