"""The swap of places: what others see as if it were one's own, and which others count."""

from typing import Any

import numpy as np

from sandbox.world.codes import AGENT, CARRYING, PLANE_COUNT
from sandbox.world.world import World


class Others:
    """Whose place the agents of one learner imagine themselves in.

    Args:
        world: the rules.
        agents: numbers of the learner's agents, all of one look.
        which: `nearest`, the nearest other that is in the world (steps between cells, walls aside; ties go to the
            first), or `all`.

    Raises:
        ValueError: one line: there is nobody else, or the agents look different.
    """

    def __init__(self, world: World, agents: tuple[int, ...], which: str) -> None:
        if world.agent_count < 2:
            raise ValueError("a swap of places needs another agent, and there is none in this world")
        kinds = world.layout.look_of
        own = sorted({int(kinds[agent]) for agent in agents})
        if len(own) != 1:
            raise ValueError("a swap of places needs learners that look alike; let each team learn by itself")
        self.world, self.agents, self.which = world, agents, which
        everybody = [[each for each in range(world.agent_count) if each != agent] for agent in agents]
        self._everybody = np.array(everybody)
        self.count = 1 if which == "nearest" else world.agent_count - 1
        self.reads_states = self.count < world.agent_count - 1
        """Whether positions matter."""
        self._looks = np.stack(
            [_exchanged(own[0], int(kind), len(world.layout.look_names)) for kind in kinds]
        )
        self._strange = [agent for agent, kind in enumerate(kinds) if kind != own[0]]
        self._centre = (world.side // 2, world.side // 2, AGENT)

    def seen(self, observations: np.ndarray) -> np.ndarray:
        """Everybody's windows as if they were one's own: uint8 [worlds, agents, side * side * 3].

        What an agent that looks different sees has that look and one's own exchanged, so that the one in the middle
        always looks as oneself.
        """
        swapped = observations.copy()
        for agent in self._strange:
            swapped[:, agent, ..., AGENT] = self._looks[agent][observations[:, agent, ..., AGENT]]
        return swapped.reshape(*swapped.shape[:2], self.world.side**2 * PLANE_COUNT)

    def chosen(self, observations: np.ndarray, states: Any) -> tuple[np.ndarray, np.ndarray]:
        """Who counts for each of the agents: numbers, int [worlds, own agents, others], and whether they are there.

        `states` may be None unless this one `reads_states`.
        """
        there = observations[(..., *self._centre)] > 0  # somebody stands in the middle of a window of its own
        everybody = np.tile(self._everybody, (len(there), 1, 1))
        if self.reads_states:
            far = np.where(there[:, self._everybody], self._distances(states), np.iinfo(np.int32).max)
            everybody = np.take_along_axis(everybody, far.argmin(axis=2)[..., None], axis=2)
        return everybody, np.take_along_axis(there[:, None], everybody, axis=2)

    def _distances(self, states: Any) -> np.ndarray:
        """Steps to each of the others, int32 [worlds, own agents, others]."""
        where = self.world.positions(states).astype(np.int32)
        own = where[:, list(self.agents), None]
        apart = np.abs(own - where[:, self._everybody])
        if self.world.blueprint.torus:
            apart = np.minimum(apart, (self.world.rows, self.world.columns) - apart)
        return apart.sum(axis=3)


def _exchanged(own: int, other: int, count: int) -> np.ndarray:
    """Looks with two of `count` exchanged, whatever else shows in them, uint8 [256]."""
    looks = np.arange(256)
    kind = (looks % CARRYING - 1) % count  # each coin that an agent has adds `count` to its look
    moved = np.where(kind == own, looks - own + other, np.where(kind == other, looks - other + own, looks))
    return np.where(looks % CARRYING > 0, moved, looks).astype(np.uint8)
