"""Prosocial pay and what the experiments ask of the exact solver, in closed form."""

import numpy as np
import pytest

import sandbox
from rewards import Transition, make
from sandbox.reproduction import exact


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, -1.0])
def test_prosocial_is_own_pay_and_a_share_of_the_others(alpha: float) -> None:
    world = sandbox.World(sandbox.load_scenario("coin_game"))
    states, rng, seen = world.new_states(50, 0), np.random.default_rng(0), 0.0
    for _ in range(20):
        before, actions = states.copy(), rng.integers(len(world.actions), size=(50, 2))
        world.step(states, actions)
        paid = states["pay"].astype(float)
        for agent in range(2):
            found = make(f"prosocial:alpha={alpha}").pay(Transition(world, before, actions, states), agent)
            assert found.dtype == np.float64
            assert found == pytest.approx(paid[:, agent] + alpha * paid[:, 1 - agent])
            seen += np.abs(found).sum()
    assert seen


def test_prosocial_of_one_alone_is_its_task() -> None:
    world = sandbox.World(sandbox.load_scenario("klyubin_maze"))
    states = world.new_states(3, 0)
    actions = np.zeros((3, 1), int)
    paid = make("prosocial").pay(Transition(world, states, actions, world.imagine(states, actions)), 0)
    assert paid.shape == (3,)
    assert not paid.any()


def test_one_map_for_each_goal() -> None:
    assert exact.one_goal_each("G.#\n.GA\n") == ["G.#\n..A\n", "..#\n.GA\n"]


def test_the_best_over_goals_that_are_drawn(tmp_path) -> None:
    """Solving for one goal after the other gives the mean over all that solving for all at once does."""
    from sandbox.training.solve import solve

    found = exact.best(tmp_path / "best.json", "two_doors", "prosocial", horizon=12)
    solution = solve(sandbox.load_scenario("two_doors"), "prosocial", horizon=12)
    assert found["paid"] == pytest.approx(solution.value)
    assert found["paid"] > 0
    assert exact.best(tmp_path / "best.json", "two_doors", "prosocial", horizon=12) == found
