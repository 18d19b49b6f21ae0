"""Random network: pays for seeing what a model has not yet learned to name as a fixed random function does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.cared import while_there
from rewards.estimators.forward import ANSWERS
from rewards.estimators.novelty import Features, Model, lacks, views
from rewards.estimators.question import check_range, check_samples
from rewards.socket import Dynamics, Transition

FORMULA = "|f^(o') - f(o')|^2, f fixed random features of length 1"
SOURCE = "Burda et al. 2019 (RND); not normalised here"
FAILS = "noisy television with much to show: each new picture is an error, until it has been learned"
COST = "learned"


@dataclass
class RandomNetwork:
    """The error of predicting fixed random features of what one sees, which falls with how often it was seen.

    Args:
        rate: how far the model goes towards each answer, 0 to 1.
        width: random units of the model.
        seed: which random function, and which random units.
    """

    rate: float = 0.2
    width: int = 128
    seed: int = 0
    _model: Model = field(init=False, repr=False, compare=False)
    _target: Features = field(init=False, repr=False, compare=False)
    _error: float = field(default=0.0, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_range("rate", self.rate, 0, 1)
        check_samples("width", self.width)
        check_samples("seed", self.seed, 0)
        self._model = Model(ANSWERS, self.width, self.rate, self.seed, 0)
        self._target = Features(ANSWERS, self.seed, 1)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Views, where there are none."""
        return lacks(dynamics, "view")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """The squared error, float64 [worlds], 1 or so where nothing was learned; 0 for one who is gone."""
        seen = views(transition, "after")[:, agent]
        return while_there(transition, agent, self._errors(agent, seen))

    def learn(self, transition: Transition) -> None:
        """One step of the models of all agents, from the views of those who are there."""
        seen, alive = views(transition, "after"), transition.dynamics.alive(transition.after)
        errors = []
        for agent in range(seen.shape[1]):
            rows = seen[alive[:, agent], agent]
            if len(rows):
                errors.append(self._errors(agent, rows).mean())
                self._model.learn(agent, rows, self._target.of(rows))
        self._error = float(np.mean(errors)) if errors else 0.0

    def _errors(self, agent: int, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
        return ((self._model.answer(agent, rows) - self._target.of(rows)) ** 2).sum(axis=1)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The models' weights."""
        return self._model.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._model.restore(tensors)

    def figures(self) -> dict[str, float]:
        """Mean squared error of the last step, before it was learned from."""
        return {"error": self._error}
