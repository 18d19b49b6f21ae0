"""What the commands share: the terminal, options, and how they read what was typed."""

import ast
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from sandbox.scenario.read import load_scenario
from sandbox.scenario.source import ScenarioError

console, errors = Console(), Console(stderr=True, soft_wrap=True, highlight=False)

Scenario = Annotated[
    str, typer.Argument(help="A shipped scenario's name (see `sandbox list`) or a YAML file.")
]
Reward = Annotated[
    str | None,
    typer.Option(
        help="What --team is paid for: terms joined by +, each [WEIGHT*]NAME[:PARAMETER=VALUE]..., such as "
        "`kindness:horizon=4` or `task+0.5*empowerment`; in quotes also `task + 0.5*kindness(horizon=4, "
        "aggregate=min)`. Default: the scenario's own."
    ),
]
Team = Annotated[
    str | None,
    typer.Option(help="Team or group that --reward is for. Default: the helper's, or else the first."),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change the scenario, as in `--set agents.helper.view=5`. Repeatable.",
    ),
]


def load(scenario: str, assignments: list[str] | None) -> Any:
    """A scenario that can be played; tells those who run it for the first time why they wait."""
    from sandbox.experiments.company import misnamed
    from sandbox.world.world import World

    loaded = load_scenario(scenario, overrides(assignments))
    world = World(loaded)
    if problems := misnamed(loaded, world):
        raise ScenarioError(problems)
    if not world.is_compiled():
        errors.print(f"first run of {loaded.name}: its rules are compiled once, which takes some seconds ...")
    return loaded


def overrides(
    assignments: list[str] | None,
    option: str = "--set",
    form: str = "PATH=VALUE, such as agents.helper.view=5",
) -> dict[str, Any]:
    """`path=value` texts as a mapping; values are read as YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found = {}
    for assignment in assignments or []:
        path, equals, value = assignment.partition("=")
        if not (equals and path and value):
            raise ValueError(f"{option} {assignment!r} is not {form}")
        try:
            found[path.strip()] = YAML(typ="safe", pure=True).load(value)
        except YAMLError:
            raise ValueError(f"{option} {assignment!r}: the value is not YAML") from None
    return found


def whole_numbers(text: str, option: str) -> list[int]:
    """A list such as `1,3,5` as numbers; `option` is named where it is not one."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"{option} {text!r} is not a list of whole numbers such as 1,3,5") from None


@contextmanager
def progress(title: str, total: int, unit: str = "steps") -> Iterator[Callable[..., None]]:
    """A progress bar on standard error; gives a function that advances it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}"),
               TextColumn(unit), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task(title, total=total)

        def advance(done: int, title: str | None = None, total: int | None = None) -> None:
            bar.update(task, completed=done, description=title, total=total)

        yield advance


def sentence(package: str, name: str) -> str:
    """The sentence that opens a module, which may be slow to import."""
    found = importlib.util.find_spec(f"{package}.{name}")
    path = found.origin if found else None
    text = ast.get_docstring(ast.parse(Path(path).read_text(encoding="utf-8"))) if path else None
    return (text or "").partition("\n")[0]
