"""What the reward formulations say of themselves, as a table, as pages, and as the table of the docs."""

import importlib
import inspect
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_type_hints

import rewards as formulations

COSTS = {
    "task": "what the world says already",
    "futures": "expands the futures of states: grows with the horizon",
    "joint": "lists all joint actions of those who can meet: grows with the horizon and, as a power, with their number",
    "solver": "enumerates a small world once, then looks up",
    "learned": "learns along, or needs what a learner knows",
}
"""How dear a formulation is, from the cheapest."""


@dataclass(frozen=True)
class Entry:
    """A formulation: its name, a sentence, its formula, parameters (name -> default), paper, failure, cost and page."""

    name: str
    sentence: str
    formula: str
    parameters: dict[str, str]
    source: str
    fails: str
    cost: str
    page: str


def entry(name: str) -> Entry:
    """What a formulation says of itself.

    Raises:
        ValueError: there is none of this name, or its file does not say what it has to; one line.
    """
    kind = formulations.formulation(name)
    module: Any = importlib.import_module(kind.__module__)
    missing = [each for each in ("FORMULA", "SOURCE", "FAILS", "COST") if not getattr(module, each, "")]
    if missing:
        raise ValueError(f"rewards/{name}.py has to say {', '.join(missing)}")
    return Entry(
        name,
        (inspect.getdoc(module) or "").partition("\n")[0],
        module.FORMULA,
        {each.name: _parameter(kind, each) for each in fields(kind) if each.init},
        module.SOURCE,
        module.FAILS,
        module.COST,
        inspect.getdoc(kind) or "",
    )


def _parameter(kind: type, field: Any) -> str:
    choices = [repr(each) if each == "" else str(each) for each in get_args(get_type_hints(kind)[field.name])]
    default = (
        "needed"
        if field.default is MISSING
        else repr(field.default)
        if field.default == ""
        else str(field.default)
    )
    return default + (f" ({', '.join(choices)})" if choices and isinstance(field.default, str) else "")


def table():
    """All formulations, as a rich Table."""
    from rich import box
    from rich.table import Table

    view = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("reward", "formula", "parameters", "cost"):
        view.add_column(heading, overflow="fold")
    for found in map(entry, formulations.names()):
        parameters = ", ".join(f"{name}={default}" for name, default in found.parameters.items())
        view.add_row(f"[cyan]{found.name}[/]", _plain(found.formula), _plain(parameters), found.cost)
    return view


def page(name: str) -> str:
    """All that there is to know about a formulation, as text."""
    found = entry(name)
    parameters = [f"  {each} = {default}" for each, default in found.parameters.items()] or ["  none"]
    return "\n".join([
        found.sentence, "", f"Formula     {found.formula}", f"Source      {found.source}",
        f"Fails       {found.fails}", f"Cost        {found.cost}: {COSTS[found.cost]}",
        "Parameters", *parameters, "", found.page,
    ])  # fmt: skip


def markdown() -> str:
    """All formulations as the page docs/rewards.md."""
    lines = [
        "# Rewards", "",
        "What agents can be paid for, written by `sandbox rewards --markdown` from the files in `rewards/`; `sandbox",
        "rewards NAME` prints the page of one. They combine, as in `--reward \"task + 0.5*kindness(horizon=4)\"`.", "",
        *(f"* cost `{name}`: {about}" for name, about in COSTS.items()), "",
        "| reward | formula | parameters | cost | fails | source |", "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for found in map(entry, formulations.names()):
        parameters = ", ".join(f"`{name}={default}`" for name, default in found.parameters.items())
        cells = [f"`{found.name}`", found.formula, parameters, found.cost, found.fails, found.source]
        lines.append("| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
