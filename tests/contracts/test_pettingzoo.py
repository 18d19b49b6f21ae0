"""PettingZoo's own tests, over every shipped scenario."""

import warnings
from functools import partial
from types import SimpleNamespace

import numpy as np
import pettingzoo
import pytest
from pettingzoo.utils import parallel_to_aec

import sandbox

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its tests import its example games in a way of old
    from pettingzoo.test import (
        api_test,
        max_cycles_test,
        parallel_api_test,
        parallel_seed_test,
        render_test,
        seed_test,
        state_test,
    )

SCENARIOS = pytest.mark.parametrize("scenario", sandbox.scenario_names())
HAS_REGISTRY = hasattr(pettingzoo, "register")


def aec(scenario: str, **kwargs):
    return parallel_to_aec(sandbox.make(scenario, **kwargs))


def seeded(make, **kwargs):
    """An environment whose starts, chance and sampled actions are the same each time."""
    env = make(**kwargs)
    env.reset(seed=0)
    for agent in env.possible_agents:
        env.action_space(agent).seed(0)
    return env


@SCENARIOS
def test_parallel_api(scenario: str) -> None:
    parallel_api_test(sandbox.make(scenario), num_cycles=150)


@SCENARIOS
@pytest.mark.filterwarnings("ignore:Observation numpy array is all zeros")  # so whoever is gone sees
def test_api(scenario: str) -> None:
    api_test(aec(scenario), num_cycles=150)


@SCENARIOS
def test_seeds(scenario: str) -> None:
    seed_test(partial(aec, scenario), num_cycles=100)
    parallel_seed_test(partial(sandbox.make, scenario), num_cycles=100)


@SCENARIOS
def test_max_cycles(scenario: str) -> None:
    # it asks that nobody ends an episode in four steps, which those who can strike each other may do by chance
    module = SimpleNamespace(
        parallel_env=partial(seeded, partial(sandbox.make, scenario)),
        env=partial(seeded, partial(aec, scenario)),
    )
    max_cycles_test(module)  # pyright: ignore[reportArgumentType]


@SCENARIOS
def test_state(scenario: str) -> None:
    state_test(aec(scenario), sandbox.make(scenario))


@SCENARIOS
def test_render(scenario: str) -> None:
    def make(render_mode: str):
        # PettingZoo asks for a window first, to learn the modes; ours come from `sandbox watch` instead
        return aec(scenario, render_mode=None if render_mode == "human" else render_mode)

    render_test(make)  # pyright: ignore[reportArgumentType]


@pytest.mark.skipif(not HAS_REGISTRY, reason="PettingZoo has a registry from 1.27 on")
@SCENARIOS
def test_registry(scenario: str) -> None:
    env = pettingzoo.make("parallel", f"sandbox/{scenario}-v0")
    turns = pettingzoo.make("aec", f"sandbox/{scenario}-v0")
    direct = sandbox.make(scenario)
    seen, expected = env.reset(seed=1)[0], direct.reset(seed=1)[0]
    turns.reset(seed=1)
    assert env.possible_agents == turns.possible_agents == direct.possible_agents
    for agent in direct.possible_agents:
        assert np.array_equal(seen[agent], expected[agent])
        assert np.array_equal(np.asarray(turns.observe(agent)), expected[agent])


@pytest.mark.skipif(not HAS_REGISTRY, reason="PettingZoo has a registry from 1.27 on")
def test_registry_passes_arguments_on() -> None:
    env = pettingzoo.make(
        "parallel", "sandbox/gilded_cage-v0", max_cycles=3, render_mode="ansi", rewards="kindness"
    )
    env.reset(seed=0)
    assert isinstance(env.render(), str)
    for step in range(3):
        *_, truncated, infos = env.step({})
        assert all(truncated.values()) == (step == 2)
        assert "reward/kindness" in infos["human_0"]
