"""The worlds of Bussmann, Heinerman and Lehman (2019) and the Coin Game move as published."""

import itertools

import numpy as np
import pytest

from sandbox.experiments.company import Company
from sandbox.scenario.read import load_scenario
from sandbox.world.world import World
from tests.conftest import world_of

HORIZON = 500


def all_transitions(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Every state that can be met, records, and where each joint action leads, int [joint actions, states]."""
    joint = np.array(list(itertools.product(range(5), repeat=2)))
    known, states, begun = {}, world.new_states(1, 0), 0
    known[world.key(states)[0].tobytes()] = 0
    rows: list[list[int]] = []
    while begun < len(states):
        now, begun = states[begun:], len(states)
        after = world.imagine(np.repeat(now, len(joint)), np.tile(joint, (len(now), 1)))
        numbers, fresh = [], []
        for index, key in enumerate(world.key(after)):
            if key.tobytes() not in known:
                known[key.tobytes()] = len(known)
                fresh.append(index)
            numbers.append(known[key.tobytes()])
        rows += np.array(numbers).reshape(len(now), -1).tolist()
        states = np.concatenate([states, after[fresh]])
    return states, np.array(rows).T


def test_coexistence_under_uniform_random_play() -> None:
    """Exact, by pushing all chances forward: 224.8 steps, killing .4177, dying .5823."""
    states, leads = all_transitions(world_of("coexistence"))
    both = states["alive"].all(axis=1)
    assert both.sum() <= 7**4
    learner, chance, steps = states["alive"][:, 0] == 1, np.eye(1, len(states))[0], 0.0
    for _ in range(HORIZON):
        steps += chance[learner].sum()
        chance = np.sum([np.bincount(to, chance, len(states)) for to in leads], axis=0) / len(leads)
    assert steps == pytest.approx(224.825, abs=0.001)
    assert chance[learner & ~both].sum() == pytest.approx(0.4177, abs=5e-5)
    assert chance[~learner].sum() == pytest.approx(0.5823, abs=5e-5)


def test_coexistence_as_it_is_played() -> None:
    """A batch counts and pays what the exact chances say, within four standard errors."""
    count, world, chance = 2000, world_of("coexistence"), np.random.default_rng(0)
    states, paid = world.new_states(count, 1), np.zeros(count)
    for _ in range(HORIZON):
        running = np.flatnonzero(states["over"] == 0)
        now = states[running]
        world.step(now, chance.integers(5, size=(len(now), 2)))
        states[running] = now
        paid[running] += now["pay"][:, 0]
    figures = {name: measure.read(world, states) for name, measure in world.measures.items()}
    assert np.array_equal(figures["steps_alive"][:, 0], paid)
    assert paid.mean() == pytest.approx(224.8, abs=4 * paid.std() / count**0.5)
    error = 4 * (0.4177 * 0.5823 / count) ** 0.5
    assert figures["harms_done"][:, 0].mean() == pytest.approx(0.4177, abs=error)
    assert figures["harmed"][:, 0].mean() == pytest.approx(0.5823, abs=error)


def test_sharing_begins_with_one_and_ends_with_the_last_coin() -> None:
    company = Company(load_scenario("sharing"))
    states = company.start(list(range(40)))
    world = company.world
    assert (world.positions(states) == 3).all()
    waits = states["waiting"].copy()
    paid = np.zeros((40, 2))
    for step in range(world.max_cycles):
        running = np.flatnonzero(~company.finished(states))
        was, now = world.positions(states)[running, 1], states[running]
        company.step(now)
        states[running] = now
        moved = world.positions(now)[:, 1]
        way = np.array([0, -1] if step % 7 == 0 else [1, 0]) * (1 - (waits[running, 1:] if step == 0 else 0))
        assert np.array_equal(moved, (was + way) % 7)
        paid[running] += now["pay"]
    assert {*waits[:, 0].tolist()} == {0, 1}
    assert (states["coins"].sum(axis=1) == 9).all(), "all coins were found"
    assert (states["over"] == 1).all()
    halves = states["coins"] * (2.1 - 0.1 * states["coins"].astype(float)) / 2
    assert np.allclose(paid, halves, atol=1e-5)
    assert np.allclose(world.measures["welfare"].read(world, states), paid.sum(axis=1), atol=1e-5)


def test_the_coin_game_pays_nothing_to_those_who_take_whatever_comes() -> None:
    """Under random play half of the coins are the other's, so both earn 1 - 2 / 2 = 0 a coin (Foerster et al. 2018)."""
    world, chance = world_of("coin_game"), np.random.default_rng(0)
    states, paid = world.new_states(500, 2), np.zeros((500, 2))
    for _ in range(150):
        world.step(states, chance.integers(1, 5, size=(500, 2)))
        paid += states["pay"]
        assert (states["coloured_cell"] != 0).all(), "a coin is always there"
    figures = {name: measure.read(world, states) for name, measure in world.measures.items()}
    assert np.array_equal(figures["collective_return"], paid.sum(axis=1))
    assert np.nanmean(figures["own_share"]) == pytest.approx(0.5, abs=0.01)
    assert paid.mean() == pytest.approx(0, abs=4 * paid.std() / 1000**0.5)
    assert figures["coloured_taken"].sum(axis=1).mean() > 20
