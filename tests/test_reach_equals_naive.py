"""Empowerment without noise counts exactly what trying all action sequences, one after the other, reaches."""

import numpy as np
import pytest

from rewards.estimators import empowerment
from sandbox.world.world import World
from tests.naive import NaiveWorld
from tests.random_maps import likely_actions, random_blueprint


@pytest.mark.parametrize("shape", ["all rules", "alone with keys"])
@pytest.mark.parametrize("outcome", ["cell", "self", "world"])
def test_empowerment_counts_what_can_be_reached(shape: str, outcome: str) -> None:
    """In bits, the logarithm of the number of outcomes of all action sequences, tried one after the other."""
    for seed in range(4):
        world = World(random_blueprint(shape, seed))
        naive, generator = NaiveWorld(world.blueprint), np.random.default_rng(seed)
        states = world.new_states(2, seed)
        for _ in range(10):
            world.step(states, likely_actions(generator, world.action_mask(states)))
        for agent, perceiver in {(0, 0), (0, world.agent_count - 1)}:
            bits = empowerment(world, states, 2, agent, perceiver, outcome, noise=None)
            for index, record in enumerate(states):
                reached = naive.reach(naive.read(record), agent, 2, outcome, perceiver)
                assert bits[index] == pytest.approx(np.log2(len(reached)), abs=1e-12)
