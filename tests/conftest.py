"""What many tests share: the world of every shipped scenario, made once."""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

Call = Callable[..., tuple[int, str, str]]


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


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs the command in this process; gives exit code, output and what it says on standard error."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: object) -> tuple[int, str, str]:
        from sandbox import cli

        monkeypatch.setattr(sys, "argv", ["sandbox", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run
