"""What many tests share: the world of every shipped scenario, made once."""

from functools import cache
from typing import Any

import pytest


@cache
def world_of(name: str) -> Any:
    """The world of a shipped scenario; worlds hold no changing state, so tests may share them."""
    from sandbox.scenario.read import load_scenario
    from sandbox.world.world import World

    return World(load_scenario(name))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `shipped_world` runs once for every shipped scenario."""
    if "shipped_world" in metafunc.fixturenames:
        import scenarios

        metafunc.parametrize("shipped_world", scenarios.names(), indirect=True)


@pytest.fixture
def shipped_world(request: pytest.FixtureRequest) -> Any:
    """The world of each shipped scenario in turn."""
    return world_of(request.param)
