"""Potential: pays for coming nearer to one's goal, in a way that leaves the best policies as they are."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.endings import going_on
from rewards.estimators.novelty import numbered
from rewards.estimators.question import check_range
from rewards.socket import Dynamics, Transition

FORMULA = "gamma Phi(s') - Phi(s), Phi = -scale * steps to the nearest goal of one's own, 0 once it is over"
SOURCE = "Ng, Harada and Russell 1999; Devlin and Kudenko 2011 for several agents"
FAILS = "with another gamma than the learner's it changes what is best; doors count as open, so it may lead to shut"
COST = "task"


@dataclass(frozen=True)
class Potential:
    """Shaping by walking distance to the nearest goal that counts, in units of the task.

    Added to any reward it changes the discounted sum from a state by -Phi(s) whatever is done, so that optimal policies
    are the same, if `gamma` is that of the learner and Phi is 0 where the episode is over or the agent gone. Distances
    are those of the map with all doors open; a goal that cannot be walked to counts as far as there are cells. The step
    with which an agent leaves the world is paid for too: without it, what is best would not stay as it is.

    Args:
        gamma: the learner's discount, 0 to 1.
        scale: worth of one step, from 0.
    """

    gamma: float = 0.99
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_range("gamma", self.gamma, 0, 1)
        check_range("scale", self.scale, 0)

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """A goal, if there is none for this agent."""
        world: Any = dynamics
        if not all(hasattr(world, name) for name in ("ways", "cells", "goals")):
            return "needs cells to walk on"
        return "" if world.goals(world.new_states(1, 0), agent).any() else "needs a goal of its own"

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """What the step gained in potential, float64 [worlds]; 0 for one who was gone before or has no goal."""
        dynamics = transition.dynamics
        gained = self.gamma * self.phi(dynamics, transition.after, agent)
        gained -= self.phi(dynamics, transition.before, agent)
        return np.where(dynamics.alive(transition.before)[:, agent], gained, 0.0)

    def phi(self, dynamics: Any, states: NDArray[Any], agent: int) -> NDArray[np.float64]:
        """The potential, float64 [worlds], never above 0."""
        ways, goals = np.ascontiguousarray(dynamics.ways, np.int64), dynamics.goals(states, agent)
        _, first, which = np.unique(numbered(goals), return_index=True, return_inverse=True)
        sets = [tuple(np.flatnonzero(goals[each]).tolist()) for each in first]
        steps = np.array([_steps(ways.tobytes(), ways.shape, each) for each in sets]).reshape(-1, len(ways))
        far = steps[which, dynamics.cells(states)[:, agent]]
        return np.where(going_on(dynamics, states)[:, agent], -self.scale * far, 0.0)


@lru_cache(maxsize=256)
def _steps(ways: bytes, shape: tuple[int, int], goals: tuple[int, ...]) -> NDArray[np.float64]:
    """Steps from each cell to the nearest of the goals, float64 [cells]; zeros where there are none."""
    import networkx

    count = shape[0]
    if not goals:
        return np.zeros(count)
    ahead = np.frombuffer(ways, np.int64).reshape(shape)
    back = networkx.DiGraph((int(to), cell) for cell in range(count) for to in ahead[cell])
    found = np.full(count, float(count))
    for cell, steps in networkx.multi_source_dijkstra_path_length(back, set(goals)).items():
        found[cell] = steps
    return found
