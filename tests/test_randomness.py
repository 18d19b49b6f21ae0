"""Chance: as frequent as it should be, the same from the same seed, and each world's own."""

from functools import cache

import numba
import numpy as np
import pytest

from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.mechanic import mechanics, things
from sandbox.world.world import World

SLIP = 0.4
SIZE = 5
MANY = 6000  # worlds


@cache
def slippery() -> World:
    """Two agents that begin anywhere on a small open field, slip often, and have one of three goals each."""
    kind = mechanics()["goals"].settings
    assert kind is not None
    cells = [(row, column) for row in range(SIZE) for column in range(SIZE)]
    return World(
        Blueprint(
            name="slippery",
            rows=("." * SIZE,) * SIZE,
            groups=(Group("walker", "A", "walker", "", 1, 2),),
            starts={"walker": tuple(cells)},
            things=tuple(Placed("goal", things()["goal"].params(), 0, column, "G") for column in (0, 2, 4)),
            settings={"goals": kind(choose="one")},
            slip=SLIP,
        )
    )


def actions(states: np.ndarray, action: int = 1) -> np.ndarray:
    return np.full((len(states), 2), action)


def played(seed: int, count: int, steps: int = 5) -> np.ndarray:
    """States after some steps."""
    states = slippery().new_states(count, seed)
    for step in range(steps):
        slippery().step(states, actions(states, step % 5))
    return states


def assert_as_expected(counts: np.ndarray, expected: np.ndarray) -> None:
    """Chi-square: fails where chance gives such counts once in a thousand times (Wilson, Hilferty 1931)."""
    freedom = counts.size - 1
    bound = freedom * (1 - 2 / (9 * freedom) + 3.09 * np.sqrt(2 / (9 * freedom))) ** 3
    expected = np.broadcast_to(expected, counts.shape)
    assert ((counts - expected) ** 2 / expected).sum() < bound


def assert_independent(one: np.ndarray, other: np.ndarray) -> None:
    """Two binary series: chi-square of the four joint counts, given how frequent each is."""
    joint = np.array([[(one == a) & (other == b) for b in (0, 1)] for a in (0, 1)]).sum(axis=2)
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True) / joint.sum()
    assert ((joint - expected) ** 2 / expected).sum() < 10.83  # 1 degree of freedom


@pytest.mark.parametrize("action", range(5))
def test_slips_are_as_frequent_as_they_should_be(action: int) -> None:
    states = slippery().new_states(MANY, seed=action)
    slippery().step(states, actions(states, action))
    expected = np.full(5, SLIP / 4)
    expected[action] = 1 - SLIP
    for agent in (0, 1):
        assert_as_expected(np.bincount(states["action"][:, agent], minlength=5), expected * MANY)
    noise = slippery().noise
    assert noise is not None
    np.testing.assert_allclose(noise[action, :5], expected)


def test_slips_of_agents_worlds_and_steps_are_independent() -> None:
    states = slippery().new_states(MANY, seed=7)
    slips = []
    for _ in range(3):
        slippery().step(states, actions(states))
        slips.append(states["action"] != 1)
    first, second, third = slips
    assert_independent(first[:, 0], first[:, 1])
    assert_independent(first[:-1, 0], first[1:, 0])
    assert_independent(first[:, 0], second[:, 0])
    assert_independent(first[:, 1], second[:, 0])
    assert_independent(first[:, 0], third[:, 0])


def test_neighbouring_seeds_are_independent() -> None:
    slips = []
    for seed in (100, 101):
        states = slippery().new_states(MANY, seed)
        slippery().step(states, actions(states))
        slips.append(states["action"][:, 0] != 1)
    assert_independent(*slips)
    assert_independent(slips[0][1:], slips[1][:-1])


def test_episodes_of_one_world_are_independent() -> None:
    states = slippery().new_states(MANY, seed=9)
    slips, starts, keys = [], [], []
    for _ in range(2):
        starts.append(states["cell"][:, 0].copy())
        keys.append(states["rng_key"].copy())
        slippery().step(states, actions(states))
        slips.append(states["action"][:, 0] != 1)
        slippery().restart(states)
    assert_independent(*slips)
    middle = np.median(starts[0])
    assert_independent(starts[0] < middle, starts[1] < middle)
    assert len(np.unique(np.concatenate(keys))) == 2 * MANY


def test_agents_begin_on_all_cells_alike() -> None:
    states = slippery().new_states(MANY, seed=3)
    positions = slippery().positions(states).astype(int)
    places = positions[..., 0] * SIZE + positions[..., 1]
    assert (places[:, 0] != places[:, 1]).all()
    for agent in (0, 1):
        assert_as_expected(np.bincount(places[:, agent], minlength=SIZE**2), np.array(MANY / SIZE**2))


def test_goals_are_drawn_alike_and_for_each_agent_on_its_own() -> None:
    picks = slippery().new_states(MANY, seed=4)["goal_pick"]
    for agent in (0, 1):
        assert_as_expected(np.bincount(picks[:, agent], minlength=3), np.array(MANY / 3))
    assert_independent(picks[:, 0] == 0, picks[:, 1] == 0)


def test_one_seed_gives_the_same_bytes() -> None:
    assert played(seed=5, count=20).tobytes() == played(seed=5, count=20).tobytes()


def test_another_seed_gives_others() -> None:
    one, other = played(seed=5, count=20), played(seed=6, count=20)
    assert not set(one["rng_key"].tolist()) & set(other["rng_key"].tolist())
    assert (one["cell"] != other["cell"]).any()


@pytest.mark.parametrize("seed", [0, -1, 2**63, 2**64 - 1, 2**80])
def test_any_whole_number_is_a_seed(seed: int) -> None:
    assert len(np.unique(slippery().new_states(4, seed)["rng_key"])) == 4


def test_a_world_does_not_depend_on_how_many_run_beside_it() -> None:
    """A batch, large enough for many threads, equals its worlds one by one, and any slice of it."""
    together = played(seed=8, count=100)
    assert played(seed=8, count=7).tobytes() == together[:7].tobytes()
    singles = slippery().new_states(100, seed=8)
    for index in range(100):
        single = singles[index : index + 1]
        for step in range(5):
            slippery().step(single, actions(single, step % 5))
    assert singles.tobytes() == together.tobytes()


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    most = numba.get_num_threads()
    results = set()
    try:
        for threads in {1, most}:
            numba.set_num_threads(threads)
            results.add(played(seed=11, count=200).tobytes())
    finally:
        numba.set_num_threads(most)
    assert len(results) == 1


def test_imagination_and_sight_draw_no_numbers() -> None:
    states = played(seed=12, count=10)
    before = states.tobytes()
    slippery().imagine(states, actions(states))
    slippery().observe(states)
    slippery().action_mask(states)
    assert states.tobytes() == before


def test_an_imagined_future_is_the_true_one_where_nobody_slips() -> None:
    states = played(seed=13, count=200)
    imagined = slippery().imagine(states, actions(states))
    slippery().step(states, actions(states))
    steady = (states["action"] == 1).all(axis=1)
    assert 0 < steady.sum() < len(states)
    assert (slippery().key(imagined)[steady] == slippery().key(states)[steady]).all()
