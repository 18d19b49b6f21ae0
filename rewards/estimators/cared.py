"""Whom an agent cares for, how several of them count together, and what it is paid once it is gone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.question import check_choice
from rewards.socket import Dynamics, Transition

AGGREGATES: dict[str, Any] = {"sum": np.sum, "mean": np.mean, "min": np.min}
"""How the figures of several others become one."""


def cared_for(dynamics: Dynamics, agent: int, toward: str = "") -> list[int]:
    """Numbers of those whom `agent` cares for: everybody else, or everybody else of the team `toward`."""
    if toward:
        check_choice("toward", toward, dynamics.teams)
    return [other for other, team in enumerate(dynamics.teams) if other != agent and toward in ("", team)]


def while_there(transition: Transition, agent: int, paid: NDArray[Any]) -> NDArray[np.float64]:
    """`paid` [worlds] to an agent that is in the world after the step, 0 to one that is gone; float64."""
    return np.where(transition.dynamics.alive(transition.after)[:, agent], paid, 0.0)
