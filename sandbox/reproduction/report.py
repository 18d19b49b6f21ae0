"""Results as people read them: a table with its claims in the terminal, pictures, and a page of all of them."""

import inspect
import math
from pathlib import Path
from typing import Any

from sandbox.experiments.statistics import Estimate
from sandbox.reproduction.record import Record
from sandbox.reproduction.result import Claim
from sandbox.whole_file import whole_file

INTRODUCTION = """# Results

Each table is what `sandbox reproduce NAME` measured: means over seeds with 95 % bootstrap intervals over them, and
whether what was claimed came out. Figures of single seeds, versions and fingerprints are in the JSON files beside
this page, which is written by the command and is not edited.
"""


def table(record: Record):
    """Arms down, figures across, as a rich Table."""
    from rich import box
    from rich.table import Table as View

    found = record.table(record.seed_count())
    view = View(title=_title(record), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    view.add_column("")
    for heading in record.result.SHOWN.values():
        view.add_column(heading, justify="right", overflow="fold")
    for arm in record.result.ARMS:
        view.add_row(arm, *(_cell(found.estimate(arm, name)) for name in record.result.SHOWN))
    return view


def verdicts(record: Record) -> list[tuple[bool, str]]:
    """Each claim as whether it holds, and a line that says what was claimed and seen."""
    found = record.table(record.seed_count())
    return [
        (claim.holds(found), f"{claim.text}: {_number(claim.value(found))} ({_range(claim)})")
        for claim in record.result.CLAIMS
    ]


def draw(record: Record, folder: Path) -> Path | None:
    """The picture of a result, where it has one."""
    plot: Any = getattr(record.result, "draw", None)
    if plot is None:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.8), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    plot(record.table(record.seed_count()), axes)
    path = folder / f"{record.name}.png"
    with whole_file(path) as draft:
        figure.savefig(draft, format="png", metadata={"Software": None})
    return path


def page(records: list[Record], folder: Path) -> Path:
    """All results as a page of Markdown, README.md, beside their pictures."""
    path = folder / "README.md"
    with whole_file(path) as draft:
        draft.write_text("\n".join([INTRODUCTION, *map(section, records)]), encoding="utf-8")
    return path


def section(record: Record) -> str:
    """A result as Markdown."""
    result, found = record.result, record.table(record.seed_count())
    first, _, more = inspect.cleandoc(result.__doc__ or "").partition("\n")
    headings = list(result.SHOWN.values())
    rows = [["", *headings], ["---"] * (len(headings) + 1)] + [
        [arm, *(_cell(found.estimate(arm, name)) for name in result.SHOWN)] for arm in result.ARMS
    ]
    spent = sum(sum(own.values()) for own in record.seconds.values())
    how = f"`sandbox reproduce {record.name}`: {_seeds(record)}, {_spent(spent)} on one core."
    lines = [
        f"## {first.rstrip('.')}",
        "",
        f"{how} Source: {result.SOURCE}.",
        *([more.rstrip()] if more else []),
        "",
    ]
    lines += ["| " + " | ".join(row) + " |" for row in rows] + [""]
    lines += [
        f"* **{'holds' if holds else 'does not hold'}**: {line}" for holds, line in verdicts(record)
    ] + [""]
    if hasattr(result, "draw"):
        lines += [f"![{record.name}]({record.name}.png)", ""]
    return "\n".join(lines)


def _title(record: Record) -> str:
    return f"{record.name}  ({_seeds(record)}, 95 % intervals)"


def _seeds(record: Record) -> str:
    count = record.seed_count()
    return f"{count} seed{'s' if count != 1 else ''}"


def _spent(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"


def _range(claim: Claim) -> str:
    least, most = math.isfinite(claim.least), math.isfinite(claim.most)
    if least and most:
        return f"claimed: {claim.least:.6g} to {claim.most:.6g}"
    return f"claimed: at least {claim.least:.6g}" if least else f"claimed: at most {claim.most:.6g}"


def _cell(value: Estimate) -> str:
    if not value.seeds:
        return "-"
    ends = f" [{_number(value.low)}, {_number(value.high)}]" if value.high > value.low else ""
    return _number(value.mean) + ends


def _number(value: float) -> str:
    return "0" if abs(value) < 1e-7 else f"{value:.4g}"
