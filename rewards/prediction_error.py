"""Prediction error: pays for what one did not expect to see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.cared import while_there
from rewards.estimators.forward import Forward
from rewards.estimators.novelty import lacks
from rewards.estimators.question import check_range, check_samples
from rewards.socket import Dynamics, Transition

FORMULA = "eta / 2 |phi^(o, a) - phi(o')|^2, phi fixed random features of length 1"
SOURCE = "Pathak et al. 2017 (ICM), with random features as in Burda et al. 2019, large-scale study"
FAILS = "noisy television: what cannot be predicted never stops paying"
COST = "learned"


@dataclass
class PredictionError:
    """The error of an own forward model, which learns along from what each agent does and sees.

    Args:
        eta: reward per half unit of squared error, from 0; an untrained model errs by 1.
        rate: how far the model goes towards each answer, 0 to 1.
        width: random units of the model.
        seed: which random units.
    """

    eta: float = 1.0
    rate: float = 0.2
    width: int = 128
    seed: int = 0
    _model: Forward = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_range("eta", self.eta, 0)
        check_range("rate", self.rate, 0, 1)
        check_samples("width", self.width)
        check_samples("seed", self.seed, 0)
        self._model = Forward(self.width, self.rate, self.seed)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Views, where there are none."""
        return lacks(dynamics, "view")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Half of eta times the squared error, float64 [worlds]; 0 for one who is gone."""
        return while_there(transition, agent, self.eta / 2 * self._model.errors(transition, agent))

    def learn(self, transition: Transition) -> None:
        """One step of the models of all agents."""
        self._model.learn(transition)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The models' weights."""
        return self._model.now.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._model.now.restore(tensors)

    def figures(self) -> dict[str, float]:
        """Mean squared error of the last step, before it was learned from."""
        return {"error": self._model.error}
