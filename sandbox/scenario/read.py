"""From a name or path to a checked Scenario."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import scenarios
from sandbox.scenario.mistakes import restate
from sandbox.scenario.overrides import override
from sandbox.scenario.schema import Scenario
from sandbox.scenario.source import ScenarioError, Source
from sandbox.scenario.words import listed, one_line, show, suggestion

MOST_BYTES = 200_000  # three times the largest map; more would only keep the YAML reader busy


def load_scenario(
    name_or_path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Load a shipped scenario by name or any by path.

    `overrides` replaces values by dotted path, such as {"agents.helper.view": 3}; whatever the format allows
    may be set, also where the file says nothing. Raises ScenarioError for every mistake in file or overrides.
    """
    path = find(name_or_path)
    return parse_scenario(read_text(path), path, overrides)


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """The file of a shipped scenario, or the path that was given."""
    if not isinstance(name_or_path, str):
        return Path(name_or_path)
    names = scenarios.names()
    if name_or_path in names:
        return scenarios.path(name_or_path)
    is_path = name_or_path.endswith((".yaml", ".yml")) or os.sep in name_or_path or "/" in name_or_path
    if is_path or is_file(name_or_path):
        return Path(name_or_path)
    raise ScenarioError(
        f"{one_line(name_or_path)}: no scenario has this name{suggestion(name_or_path, names)} "
        f"allowed: a path to a YAML file, or one of {listed(names)}"
    )


def is_file(path: str) -> bool:
    """Whether there is such a file, for any text whatever."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False


def read_text(path: Path) -> str:
    """The text of a file, line ends as \\n."""
    name = one_line(path)
    try:
        if path.is_dir():
            raise ScenarioError(f"{name}: this is a folder; the path of a YAML file is needed")
        if not path.exists():
            raise ScenarioError(
                f"{name}: no such file; a shipped scenario's name or the path of a YAML file is needed"
            )
        if not path.is_file():
            raise ScenarioError(f"{name}: this is no ordinary file; the path of a YAML file is needed")
        if path.stat().st_size > MOST_BYTES:
            raise ScenarioError(f"{name}: the file is too large; up to {MOST_BYTES} bytes are allowed")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise ScenarioError(f"{name}: cannot be read ({one_line(reason).lower()})") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        raise ScenarioError(
            f"{name}:{line}:{column}: this is not text in UTF-8; only UTF-8 is allowed"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_scenario(
    text: str, path: Path | str = "<text>", overrides: Mapping[str, Any] | None = None
) -> Scenario:
    """Make a Scenario of YAML text; errors name `path`, and a scenario without a name takes it from there."""
    source = Source(text, one_line(path))
    data = source.data
    if data.get("format", 1) != 1 or isinstance(data.get("format"), bool):
        source.fail(
            [(("format",), f"format is {show(data['format'])}, but must be 1, the only one there is")]
        )
    for dotted, value in (overrides or {}).items():
        override(source, dotted, value)
    data.setdefault("name", Path(path).stem)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        source.fail([restate(problem, data) for problem in error.errors(include_url=False)])
    except RecursionError:
        source.fail([((), "this is nested too deeply")])
    scenario._text, scenario._path = text, None if path == "<text>" else Path(path)
    return scenario


def parse_kept(text: str, name: str, overrides: Mapping[str, Any] | None = None) -> Scenario:
    """Make a Scenario of YAML text that something else than a file of its own keeps, such as a run or a recording."""
    scenario = parse_scenario(text, f"{name}.yaml", overrides)
    scenario._path = None
    return scenario


def locate(scenario: Scenario, dotted: str) -> str:
    """Where a scenario says something ("agents.helper.rewards"): `file:line:column`, for later errors."""
    if not scenario.text:
        return f"{scenario.name}: {dotted}"
    return Source(scenario.text, one_line(scenario.path or scenario.name)).where(tuple(dotted.split(".")))[0]
