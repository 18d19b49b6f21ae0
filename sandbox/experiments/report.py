"""A comparison as people read it: table, files, plot and film."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import fill

import numpy as np

from sandbox.experiments.compare import HELPER, Comparison
from sandbox.experiments.manifest import manifest
from sandbox.experiments.probe import Probe
from sandbox.experiments.statistics import Estimate
from sandbox.whole_file import whole_file

NOT_SHOWN = ("reward/", "true_objective/")
PANEL = (340, 420)  # most pixels of one formulation's picture in a film, height and width
HOLD = 6  # frames for which a film rests on its last picture


def shown(result: Comparison) -> list[str]:
    """The measures that tell who got what: the others' fate first, then the team's own, then the world's."""
    names = [name for name in result.measures if not name.startswith(NOT_SHOWN)]
    own = [name for name in names if name.endswith(f"/{result.team}")]
    others = [name for name in names if "/" in name and name not in own]
    return [
        name for name in others + own + [name for name in names if "/" not in name] if _varies(result, name)
    ]


def _varies(result: Comparison, name: str) -> bool:
    """Whether a measure is worth a column: not always 0, as the task's pay is where there is none."""
    return any(row[name] not in (0, None) and not np.isnan(row[name]) for row in result.rows)


def heading(name: str) -> str:
    """A measure's name for people: `empowerment_3/human` becomes `human bits, n=3`."""
    measure, _, team = name.partition("/")
    words = measure.replace("_", " ")
    if measure.startswith("empowerment_"):
        words = f"bits, n={measure.split('_')[1]}"
    if measure == "task":
        words = "task pay"
    return f"{team} {words}".strip()


def cell(value: Estimate) -> str:
    """A mean with its interval, as short as it can be said."""
    if not value.seeds:
        return "-"
    if value.high - value.low < 5e-3:
        return f"{value.mean:.2f}"
    return f"{value.mean:.2f} [{value.low:.2f}, {value.high:.2f}]"


def short(label: str) -> str:
    """A formulation's label over several short lines."""
    return label.replace("horizon=", "n=").replace(":", "\n").replace("+", " +\n")


def title(result: Comparison) -> str:
    """What a table or plot shows."""
    return f"the {result.team} is paid for ...  ({len(result.seeds)} seeds, 95 % intervals)"


def table(result: Comparison):
    """Measures down, formulations across, as a rich Table: it stays readable on a narrow terminal."""
    from rich import box
    from rich.table import Table

    summary = result.summary()
    view = Table(
        title=f"{result.scenario.name}: {title(result)}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    view.add_column("measure")
    for name in summary:
        view.add_column(short(name), justify="right", overflow="fold")
    for measure in shown(result):
        view.add_row(heading(measure), *(cell(summary[name][measure]) for name in summary))
    return view


def save(result: Comparison, folder: Path) -> list[Path]:
    """Write rows (CSV, Parquet), summary (CSV), scenario and manifest; each file appears whole or not at all."""
    import pyarrow as arrow
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    names = ["formulation", "seed", *result.measures]
    rows = [{name: row[name] for name in names} for row in result.rows]
    record = manifest(
        result.scenario, result.seeds,
        team=result.team, horizons=list(result.horizons), formulations=result.formulations,
        empowerment={"outcome": "cell", "others": "still", "estimator": "exact"},
    )  # fmt: skip
    with whole_file(folder / "comparison.csv") as path, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    with whole_file(folder / "comparison.parquet") as path:
        stamped = arrow.Table.from_pylist(rows).replace_schema_metadata({"manifest": json.dumps(record)})
        parquet.write_table(stamped, path)
    with whole_file(folder / "summary.csv") as path, path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["formulation", "measure", "mean", "low", "high", "seeds"])
        for name, estimates in result.summary().items():
            writer.writerows([name, measure, *value] for measure, value in estimates.items())
    with whole_file(folder / "scenario.yaml") as path:
        path.write_text(result.scenario.text)
    with whole_file(folder / "manifest.json") as path:
        path.write_text(json.dumps(record, indent=2) + "\n")
    return [
        folder / name for name in ("comparison.csv", "comparison.parquet", "summary.csv", "manifest.json")
    ]


def plot(result: Comparison, path: Path | None = None):
    """One panel a measure, one bar a formulation, with 95 % intervals; saved as PNG if a path is given."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    summary, measures = result.summary(), shown(result)
    names = list(summary)
    columns = min(3, max(1, len(measures)))
    lines = -(-len(measures) // columns)
    figure = Figure(
        figsize=(4.1 * columns + 0.6, (0.34 * len(names) + 0.95) * lines + 0.5), layout="constrained"
    )
    FigureCanvasAgg(figure)
    axes = np.atleast_1d(figure.subplots(lines, columns, sharey=True, squeeze=False)).ravel()
    for axis, measure in zip(axes, measures, strict=False):
        values = [summary[name][measure] for name in names]
        means = np.array([value.mean for value in values])
        spread = np.abs(np.array([[v.mean - v.low for v in values], [v.high - v.mean for v in values]]))
        colours = [COLOURS[index % len(COLOURS)] for index in range(len(names))]
        axis.barh(range(len(names)), np.nan_to_num(means), xerr=np.nan_to_num(spread), color=colours, height=0.72,
                  error_kw={"ecolor": "#333333", "elinewidth": 1.1, "capsize": 2.5})  # fmt: skip
        for index, mean in enumerate(means):
            if np.isnan(mean):
                axis.text(0, index, " never", va="center", color="#777777", fontsize=8)
        axis.set_title(heading(measure), fontsize=9.5, loc="left")
        axis.set_yticks(range(len(names)), [name.replace("horizon=", "n=") for name in names], fontsize=8.5)
        axis.tick_params(axis="x", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.08)
    axes[0].invert_yaxis()
    for axis in axes[len(measures) :]:
        axis.set_visible(False)
    figure.suptitle(
        f"{result.scenario.name}: {title(result)}",
        fontsize=11, x=0.01, ha="left",
    )  # fmt: skip
    if path:
        with whole_file(path) as draft:
            figure.savefig(draft, dpi=130, format="png")
    return figure


def plot_probe(found: Probe, path: Path | None = None):
    """What each action of the probed agent gains over staying, a row for each formulation that tells actions apart.

    Each row is in units of its largest difference, which stands at its end; saved as PNG if a path is given.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    gains = {name: paid - paid[0] for name, paid in found.actions.items()}
    told = {name: gain for name, gain in gains.items() if np.abs(gain).max() > 1e-9}
    silent = [name for name, gain in gains.items() if name not in told and not np.isnan(gain).any()]
    largest = np.array([np.abs(gain).max() for gain in told.values()])
    actions = found.world.actions
    figure = Figure(figsize=(2.6 + 0.85 * len(actions), 1.3 + 0.27 * max(1, len(told))), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    shares = np.array(list(told.values())).reshape(len(told), len(actions)) / largest[:, None]
    axis.imshow(shares, cmap="PuOr", vmin=-1.4, vmax=1.4, aspect="auto")
    axis.set_xticks(range(len(actions)), actions, fontsize=8.5)
    axis.set_yticks(range(len(told)), told, fontsize=8.5)
    axis.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    for row, size in enumerate(largest):
        axis.text(len(actions) - 0.4, row, f"{size:.2g}", va="center", fontsize=8, color="#555555")
    axis.spines[:].set_visible(False)
    figure.suptitle(
        f"{found.world.agent_ids[found.agent]} does: pay over staying (orange less, purple more, white the same)",
        fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    if silent:
        figure.supxlabel(fill(f"no difference: {', '.join(silent)}", 95), fontsize=8, x=0.01, ha="left")
    if path:
        with whole_file(path) as draft:
            figure.savefig(draft, dpi=130, format="png")
    return figure


COLOURS = ("#8c8c8c", "#3b6fb6", "#e08e2b", "#3f9b72", "#b0548c", "#c9b037", "#5cb3cc", "#a0522d")


def frames(result: Comparison) -> Iterator[np.ndarray]:
    """The first seed's episodes side by side, one formulation a panel, until the longest is over."""
    from sandbox.environment.captions import side_by_side
    from sandbox.environment.picture import Painter, fitting_cell_size

    painter = Painter(result.world, fitting_cell_size(result.world.rows, result.world.columns, *PANEL))
    others = [team for team in dict.fromkeys(result.world.teams) if team != result.team]
    length = max(len(history) for history in result.histories.values())
    for step in range(length + HOLD):
        pictures, lines = [], []
        for history in result.histories.values():
            now = history[min(step, len(history) - 1)]
            pictures.append(painter.paint(now))
            lines.append(_status(result.world, now, others))
        yield side_by_side(pictures, list(result.histories), lines, clock=f"step {min(step, length - 1)}")


def _status(world, state: np.ndarray, others: list[str]) -> list[str]:
    """A line on how the others fare in this state."""
    from rewards import estimators

    states = np.array([state])
    agents = [index for index, team in enumerate(world.teams) if team in others] or [0]
    bits = np.mean([estimators.empowerment(world, states, 3, agent=agent)[0] for agent in agents])
    return [f"{' and '.join(others) or HELPER}: {bits:.1f} bits (n=3)"]


def film(result: Comparison, path: Path) -> None:
    """The side-by-side film, MP4 or GIF by its suffix."""
    from sandbox.environment.film import save_film

    save_film(path, frames(result), fps=5)
