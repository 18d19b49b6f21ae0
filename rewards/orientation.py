"""Orientation: pays by one's social value orientation, an angle between caring for oneself and caring for others."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.critic import of_others
from rewards.estimators.question import check_range
from rewards.socket import Transition

FORMULA = (
    "cosine: r_i cos(t) + r_o sin(t); angle: r_i - w |t - atan2(r_o, r_i)|; r_o the mean of the others' r"
)
SOURCE = "cosine: Schwarting et al. 2019, Madhushani et al. 2023; angle: McKee et al. 2020"
FAILS = "needs the others' true rewards; in the angle form idle steps, whose angle is 0, cost w |t|"
COST = "task"

FORMS = ("cosine", "angle")


@dataclass(frozen=True)
class Orientation:
    """Own task reward and the mean of the others', weighed by an angle, in the task's own units.

    0 degrees is selfish, 45 as much for the others as for oneself, 90 altruist, -90 spiteful. The angle of a step in
    which nobody is paid anything is 0. One who is alone is paid as if the others' mean were 0 (cosine) or his task
    (angle).

    Args:
        angle: the orientation t in degrees, -180 to 180.
        form: cosine, a weighted sum, or angle, a penalty for how far off the step's own angle is.
        strength: reward per radian off, w of the angle form, from 0.
    """

    angle: float = 45.0
    form: str = "cosine"
    strength: float = 1.0

    def __post_init__(self) -> None:
        check_range("angle", self.angle, -180, 180)
        check_choice("form", self.form, FORMS)
        check_range("strength", self.strength, 0)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """What the orientation makes of this step's task rewards, float64 [worlds]; 0 for one who was gone before."""
        dynamics: Any = transition.dynamics
        paid = dynamics.pay(transition.after).astype(np.float64)
        own, others, wanted = paid[:, agent], of_others(paid, agent), np.deg2rad(self.angle)
        if self.form == "cosine":
            found = own * np.cos(wanted) + others * np.sin(wanted)
        elif dynamics.agent_count == 1:
            found = own
        else:
            found = own - self.strength * np.abs(wanted - np.arctan2(others, own))
        return np.where(dynamics.alive(transition.before)[:, agent], found, 0.0)
