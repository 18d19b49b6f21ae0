"""Slip: with some chance an agent steers elsewhere than it chose."""

import numpy as np

from tests.drawn import Stage

ROOM = """
    #####
    #...#
    #.A.#
    #...#
    #####
"""


def test_without_slip_there_is_no_noise() -> None:
    stage = Stage(ROOM)
    assert stage.world.noise is None
    assert stage.step(A="north").of("action", "A") == 1


def test_with_certain_slip_the_chosen_action_is_never_done() -> None:
    stage = Stage(ROOM, slip=1.0)
    start = stage.states.copy()
    seen = set()
    for _ in range(60):
        count = stage.states["rng_count"].copy()
        stage.states[:] = start
        stage.states["rng_count"] = count
        stage.step(A="north")
        seen.add(stage.drawing)
        assert stage.of("action", "A") != 1
    assert len(seen) == 4


def test_other_actions_do_not_slip() -> None:
    stage = Stage("#.AD.#", slip=1.0)
    for after in ("#.A/.#", "#.AD.#", "#.A/.#"):
        assert stage.step(A="interact").drawing == after


def test_the_noise_of_a_world_says_what_becomes_of_each_choice() -> None:
    world = Stage("#.AD.#", slip=0.2).world
    expected = np.full((5, 5), 0.05) + np.eye(5) * 0.75
    noise = world.noise
    assert noise is not None
    np.testing.assert_allclose(noise[:5, :5], expected)
    np.testing.assert_allclose(noise[5:], np.eye(len(world.actions))[5:])
    np.testing.assert_allclose(noise.sum(axis=1), 1)


def test_imagined_actions_do_not_slip() -> None:
    stage = Stage(ROOM, slip=1.0)
    after = stage.world.imagine(stage.states, np.array([[1]]))
    assert after[0]["action"].tolist() == [1]
    assert after[0]["rng_count"] == stage.states[0]["rng_count"]
    assert stage.world.positions(after)[0, 0].tolist() == [1, 2]
    assert stage.world.positions(stage.states)[0, 0].tolist() == [2, 2]
