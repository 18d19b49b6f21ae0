"""The environment contract, held against every shipped scenario; and mutants, which show that the checks can fail."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sandbox
from sandbox.environment.parallel import SandboxEnvironment
from tests.contracts.conformance import CHECKS, ONLY_WHERE_AGENTS_END, episode
from tests.contracts.mutants import MUTANTS

MORTAL = sandbox.load_scenario(Path(__file__).with_name("mortal.yaml"))


@pytest.mark.parametrize("scenario", sandbox.scenario_names())
@pytest.mark.parametrize("check", sorted(CHECKS.keys() - ONLY_WHERE_AGENTS_END))
def test_scenario_keeps_the_contract(scenario: str, check: str) -> None:
    CHECKS[check](partial(sandbox.make, scenario))


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_a_world_where_agents_end_keeps_the_contract(check: str) -> None:
    CHECKS[check](partial(SandboxEnvironment, MORTAL))


@pytest.mark.parametrize(("check", "mutant"), MUTANTS, ids=[mutant.__name__ for _, mutant in MUTANTS])
def test_defect_is_caught(check: str, mutant: type) -> None:
    with pytest.raises(AssertionError):
        CHECKS[check](partial(mutant, MORTAL))


def test_every_check_has_a_mutant() -> None:
    assert {check for check, _ in MUTANTS} == set(CHECKS)


def test_reaching_a_goal_ends_an_agent_and_not_the_others() -> None:
    env = sandbox.make("doorway", overrides={"mechanics.goals.ends": "agent", "max_cycles": 30})
    env.reset(seed=0)
    rewards: dict = {}
    terminated: dict = {}
    truncated: dict = {}
    for name in ["south"] * 2 + ["east"] * 6 + ["north"] * 2:
        assert env.agents == ["left_0", "right_0"]
        _, rewards, terminated, truncated, _ = env.step({"left_0": env.action_names.index(name)})
    assert env.state()[1, 7, 2] == 0  # it has left the world
    assert rewards == {"left_0": 1.0, "right_0": 0.0}
    assert terminated == {"left_0": True, "right_0": False}
    assert truncated == {"left_0": False, "right_0": False}
    assert env.agents == ["right_0"]


def test_when_a_shared_goal_ends_the_episode_all_are_terminated() -> None:
    env = sandbox.make("doorway", overrides={"mechanics.goals.ends": "all", "map": "Al..\nrB..\n"})
    env.reset(seed=0)
    env.step({"left_0": env.action_names.index("east")})
    assert env.agents == ["left_0", "right_0"]
    _, _, terminated, truncated, _ = env.step({"right_0": env.action_names.index("west")})
    assert terminated == {"left_0": True, "right_0": True}
    assert truncated == {"left_0": False, "right_0": False}
    assert env.agents == []


def test_a_step_before_reset_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="reset"):
        sandbox.make("doorway").step({})


def test_an_action_out_of_range_is_named() -> None:
    env = sandbox.make("doorway")
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"^left_0: action 99 is not in 0\.\.4 \(stay, north.*\)$"):
        env.step({"left_0": 99})


@pytest.mark.parametrize("limit", [0, -3, 2.5])
def test_an_episode_needs_a_step(limit) -> None:
    with pytest.raises(ValueError, match="max_cycles"):
        sandbox.make("doorway", max_cycles=limit)


def test_seeds_of_numpy_are_seeds() -> None:
    """Vector wrappers draw their seeds with NumPy."""
    for seed in (0, 3, 2**31):
        assert episode(partial(sandbox.make, "doorway", max_cycles=3), np.int64(seed)) == episode(
            partial(sandbox.make, "doorway", max_cycles=3), seed
        )


def test_actions_of_numpy_are_actions() -> None:
    env, twin = sandbox.make("doorway"), sandbox.make("doorway")
    env.reset(seed=0)
    twin.reset(seed=0)
    actions: list[Any] = [np.int64(2), np.int32(4), np.array(4), np.uint8(1)]
    for action in actions:
        env.step({"left_0": action})
        twin.step({"left_0": int(action)})
        assert np.array_equal(env.state(), twin.state())
