"""Shaping: a potential leaves the best policies exactly as they are; a level does not."""

from collections import deque

import numpy as np
import pytest

import sandbox
from rewards import Transition, make
from rewards.potential import Potential
from sandbox.training.solve import Solution, solve
from tests.conftest import world_of

GAMMA = 0.9


@pytest.fixture(scope="module")
def doorway():
    return sandbox.load_scenario("doorway")


@pytest.fixture(scope="module")
def by_task(doorway):
    return best(doorway, "task")


def best(doorway, rewards) -> Solution:
    return solve(doorway, rewards, agent="left", gamma=GAMMA, tolerance=1e-12)


def optimal(solution: Solution) -> np.ndarray:
    """Which actions are best in each state in which the agent acts."""
    values = solution.action_values[solution.active]
    return values >= values.max(axis=1, keepdims=True) - 1e-9


def steps_by_hand(world, goals: set[int]) -> dict[int, int]:
    """Breadth first, from each cell on its own: the slow oracle of walking distances."""
    found = {}
    for start in range(len(world.ways)):
        todo, seen = deque([(start, 0)]), {start}
        while todo:
            cell, steps = todo.popleft()
            if cell in goals:
                found[start] = steps
                break
            for ahead in map(int, world.ways[cell]):
                if ahead not in seen:
                    seen.add(ahead)
                    todo.append((ahead, steps + 1))
    return found


def test_the_potential_leaves_the_best_policies_as_they_are(doorway, by_task):
    """Sign: none. The same best actions in every state, and values less by Phi, to the bit of what is solved."""
    shaped = best(doorway, f"task + potential(gamma={GAMMA})")
    assert (shaped.world.key(shaped.states) == by_task.world.key(by_task.states)).all()
    assert (optimal(shaped) == optimal(by_task)).all()
    phi = Potential(gamma=GAMMA).phi(shaped.world, shaped.states, shaped.agent)
    assert phi.min() <= -8
    assert shaped.values == pytest.approx(by_task.values - phi, abs=1e-9)
    over = shaped.states["over"] != 0
    assert over.any()
    assert (phi[over] == 0).all()


def test_another_discount_than_the_learners_changes_what_is_best(doorway, by_task):
    """Sign: with too large a gamma it costs to walk away from where Phi is low; with 0.5 staying far away pays."""
    assert (optimal(best(doorway, "task + potential(gamma=0.5)")) != optimal(by_task)).any()


def test_a_level_changes_what_is_best(doorway, by_task):
    """Minus the distance itself, at every step, is no potential."""
    solution = best(doorway, Level())
    assert solution.value < 0
    assert (optimal(solution) != optimal(by_task)).any()


class Level:
    """Phi(s') as it is."""

    def pay(self, transition, agent):
        return Potential().phi(transition.dynamics, transition.after, agent)


def test_distances_are_those_walked_by_hand():
    world = world_of("doorway")
    states = world.new_states(50, 0)
    rng = np.random.default_rng(0)
    for _ in range(30):
        world.step(states, rng.integers(0, 5, (50, 2)))
    for agent in range(2):
        goals = set(np.flatnonzero(world.goals(states, agent)[0]).tolist())
        by_hand = steps_by_hand(world, goals)
        wanted = [-by_hand[int(cell)] for cell in world.cells(states)[:, agent]]
        going = states["over"] == 0
        assert (
            Potential().phi(world, states, agent)[going].tolist() == np.array(wanted, float)[going].tolist()
        )


def test_a_step_towards_the_goal_pays_one_and_away_costs_one():
    """Sign: + nearer, - farther; without discount exactly the steps won."""
    world = world_of("doorway")
    states = world.new_states(1, 0)
    paid = {}
    for number, name in enumerate(world.actions[:5]):
        actions = np.array([[number, 0]])
        transition = Transition(world, states, actions, world.imagine(states, actions))
        paid[name] = make("potential:gamma=1").pay(transition, 0)[0]
    assert paid == {"stay": 0, "north": -1, "south": 1, "west": -1, "east": 1}


def test_who_has_no_goal_lacks_one():
    world = world_of("two_doors")
    assert Potential().lacks(world, 0) == ""
    assert Potential().lacks(world, 1) == "needs a goal of its own"
    with pytest.raises(ValueError, match=r"reward potential needs a goal of its own, which helper_0 has not"):
        sandbox.make_batch("two_doors", 1, rewards={"helper": "potential"})
