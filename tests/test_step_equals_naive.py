"""The kernels equal the slow, obvious world in every byte, in random play of all scenarios and many maps."""

from typing import Any

import numpy as np
import pytest

from sandbox.world.world import World
from tests.naive import NaiveWorld, Plain
from tests.random_maps import SHAPES, likely_actions, random_blueprint

STEPS = 40
BLUEPRINTS = 60  # of each shape


def test_the_shipped_scenarios(shipped_world: World) -> None:
    compare_play(shipped_world, count=4, steps=120, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_small_random_maps(shape: str) -> None:
    for seed in range(BLUEPRINTS):
        compare_play(World(random_blueprint(shape, seed)), 1, STEPS, seed)


def compare_play(world: World, count: int, steps: int, seed: int) -> None:
    """Play at random in both worlds and compare all that can be read from them."""
    naive = NaiveWorld(world.blueprint)
    generator = np.random.default_rng(seed)
    assert list(world.actions) == naive.actions
    states = world.new_states(count, seed)
    plains = [naive.read(record) for record in states]
    for index, plain in enumerate(plains):
        same_record(naive.write(plain, states[index]), states[index], "at the start")
    for time in range(steps):
        compare_what_is_seen(world, naive, states, plains)
        actions = likely_actions(generator, world.action_mask(states))
        before, keys = states.tobytes(), states["rng_key"].copy()
        imagined = world.imagine(states, actions)
        assert states.tobytes() == before
        assert (imagined["rng_count"] == states["rng_count"]).all()
        world.step(states, actions)
        assert (states["rng_key"] == keys).all()
        for index, plain in enumerate(plains):
            chosen = actions[index].tolist()
            same_record(
                naive.write(naive.step(plain, chosen), imagined[index]), imagined[index], f"imagined {time}"
            )
            executed = states[index]["action"].tolist()
            check_slips(world, plain, chosen, executed)
            plains[index] = naive.renewed(naive.step(plain, chosen, executed), states[index])
            same_record(naive.write(plains[index], states[index]), states[index], f"at step {time}")


def compare_what_is_seen(world: World, naive: NaiveWorld, states: Any, plains: list[Plain]) -> None:
    observations, masks = world.observe(states), world.action_mask(states)
    for index, plain in enumerate(plains):
        np.testing.assert_array_equal(observations[index], naive.observe(plain))
        np.testing.assert_array_equal(masks[index], naive.action_mask(plain))
        where = [cell or (-1, -1) for cell in plain.cell]
        assert world.positions(states)[index].tolist() == [list(cell) for cell in where]


def check_slips(world: World, plain: Plain, chosen: list[int], executed: list[int]) -> None:
    """Only steps slip, only those of the living, only where there is slip, and only into steps."""
    for agent, (wanted, done) in enumerate(zip(chosen, executed, strict=True)):
        if plain.waiting[agent]:
            assert done == 0
        elif wanted != done:
            assert world.slip > 0
            assert plain.alive[agent]
            assert max(wanted, done) < 5


def same_record(expected: Any, record: Any, when: str) -> None:
    """Field by field first, so that a failure says what differs; then all bytes, padding too."""
    for name in record.dtype.names:
        np.testing.assert_array_equal(record[name], expected[name], err_msg=f"{name} {when}")
    assert record.tobytes() == expected.tobytes(), when
