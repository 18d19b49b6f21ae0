"""Learning progress: pays for what one has come to expect better than before."""

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

FORMULA = "|phi^_old(o, a) - phi(o')|^2 - |phi^_now(o, a) - phi(o')|^2, old: the model about lag steps ago"
SOURCE = "LPM, arXiv:2509.25438; Schmidhuber 1991"
FAILS = "what one model cannot learn at all is left alone, though another could; it depends on lag"
COST = "learned"


@dataclass
class LearningProgress:
    """How much less an own forward model errs than an older one, which follows it slowly; may be below 0.

    Noise pays nothing once its mean is known: both err alike.

    Args:
        lag: how many steps the old model is behind, about; from 1.
        rate: how far the model goes towards each answer, 0 to 1.
        width: random units of the model.
        seed: which random units.
    """

    lag: int = 50
    rate: float = 0.2
    width: int = 128
    seed: int = 0
    _model: Forward = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_samples("lag", self.lag)
        check_range("rate", self.rate, 0, 1)
        check_samples("width", self.width)
        check_samples("seed", self.seed, 0)
        self._model = Forward(self.width, self.rate, self.seed, self.lag)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Views, where there are none."""
        return lacks(dynamics, "view")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Squared error before less that of now, float64 [worlds]; 0 for one who is gone."""
        return while_there(
            transition,
            agent,
            self._model.errors(transition, agent, old=True) - self._model.errors(transition, agent),
        )

    def learn(self, transition: Transition) -> None:
        """One step of the models of all agents, old ones included."""
        self._model.learn(transition)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The weights of both."""
        return self._model.tensors()

    def restore(self, tensors: Mapping[str, Any]) -> None:
        """What `tensors` gave."""
        self._model.restore(tensors)

    def figures(self) -> dict[str, float]:
        """Mean squared error of the last step, before it was learned from."""
        return {"error": self._model.error}
