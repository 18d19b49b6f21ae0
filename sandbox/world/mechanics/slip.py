"""Slip: now and then a steering action turns into one of the other four."""

import numpy as np

from sandbox.world.kernel import kernel
from sandbox.world.mechanic import Mechanic
from sandbox.world.randomness import draw_below, draw_unit

STEERING_COUNT = 5


@kernel
def slip(level, state, first, last):
    """Feet slip, hands do not: further actions are never replaced."""
    for agent in range(first, last):
        if state.alive[agent] and state.action[agent] < STEERING_COUNT and draw_unit(state) < level.slip:
            state.action[agent] = (
                state.action[agent] + 1 + draw_below(state, STEERING_COUNT - 1)
            ) % STEERING_COUNT


def chances(slip: float, action_count: int) -> np.ndarray:
    """P(executed | chosen), float64 [actions, actions]."""
    matrix = np.eye(action_count)
    matrix[:STEERING_COUNT, :STEERING_COUNT] = slip / (STEERING_COUNT - 1)
    np.fill_diagonal(matrix[:STEERING_COUNT, :STEERING_COUNT], 1 - slip)
    return matrix


MECHANIC = Mechanic(
    about="With a given probability a steering action becomes one of the other four.",
    order=5,
    applies=lambda blueprint: blueprint.slip > 0,
    constants=lambda layout: {"slip": np.float64(layout.blueprint.slip)},
    kernels={"noise": slip},
)
