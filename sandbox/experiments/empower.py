"""Maps of empowerment as people read them: table, arrays and heat maps."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rewards import estimators
from rewards.estimators.definition import Definition
from sandbox.environment.make import empowerment_map
from sandbox.experiments.manifest import manifest
from sandbox.experiments.report import whole_file
from sandbox.world.world import World

WALL, TAKEN, INK = "#2d2f38", "#b9bcc6", "#1b1c22"
NUMBERS_UP_TO = 12
"""Most rows and columns of a map whose bits are written into its cells."""
SHOWN_BEST = 4
"""Most cells that are named or marked as the best."""


@dataclass(frozen=True)
class Maps:
    """Bits of one agent on every free cell, for several horizons.

    slip  its probability where it was given, None for the scenario's own.
    bits  horizon -> float64 [rows, columns]; nan where the agent cannot start.
    """

    scenario: Any
    world: World
    agent: int
    outcome: str
    slip: float | None
    bits: dict[int, np.ndarray]

    @property
    def chance(self) -> float:
        """The probability of a slip that counts."""
        return self.world.slip if self.slip is None else self.slip

    def definition(self, horizon: int) -> Definition:
        """What the figures of one horizon mean."""
        noise = "none" if not self.chance else "own" if self.slip is None else "given"
        return Definition((self.agent,), self.agent, self.outcome, horizon, "still", noise, "exact")

    def best(self, horizon: int) -> np.ndarray:
        """Row and column of the cells with the most bits, int [cells, 2], in reading order."""
        bits = self.bits[horizon]
        return np.argwhere(bits > np.nanmax(bits) - 1e-9)


def maps(
    scenario: Any, horizons: Iterable[int], agent: str = "0", outcome: str = "cell", slip: float | None = None
) -> Maps:
    """The empowerment of an agent on every free cell, all else as at the start.

    Args:
        scenario: a Scenario.
        horizons: steps.
        agent: its number, its name such as `human_0`, or a team or group of one.
        outcome: `cell`, `self` or `world`.
        slip: probability of a slip instead of the scenario's own.

    Raises:
        ValueError: one line on what is not allowed.
    """
    horizons = list(dict.fromkeys(horizons))
    for horizon in horizons:
        estimators.check_horizon(horizon)
    estimators.check_choice("outcome", outcome, estimators.OUTCOMES)
    world = World(scenario)
    number = agent_number(world, agent)
    bits = {
        horizon: empowerment_map(world, horizon, number, outcome=outcome, noise=slip) for horizon in horizons
    }
    return Maps(scenario, world, number, outcome, slip, bits)


def agent_number(world: World, name: str) -> int:
    """The number of the agent that is meant by a number, a name, or a team or group of one."""
    if name.isdecimal() and int(name) < world.agent_count:
        return int(name)
    if name in world.agent_ids:
        return list(world.agent_ids).index(name)
    alike = [index for index in range(world.agent_count) if name in (world.teams[index], world.groups[index])]
    if len(alike) == 1:
        return alike[0]
    if alike:
        raise ValueError(
            f"--agent {name!r} is several: {', '.join(world.agent_ids[index] for index in alike)}"
        )
    if name.lstrip("-").isdecimal():
        raise ValueError(f"--agent {name} does not exist; numbers are 0 to {world.agent_count - 1}")
    estimators.check_choice("--agent", name, [*world.agent_ids, *world.teams, *world.groups])
    raise AssertionError("every name that is allowed was found")


def title(result: Maps) -> str:
    """What the figures of all horizons have in common, in one line."""
    asked = result.definition(next(iter(result.bits)))
    slip = f" (slip {result.chance:g})" if result.chance else ""
    return (
        f"{result.scenario.name}: empowerment of {result.world.agent_ids[result.agent]}, outcome {asked.outcome}, "
        f"others {asked.others}, noise {asked.noise}{slip}"
    )


def table(result: Maps):
    """A rich table: per horizon the least, mean and most bits, and where the most lie."""
    from rich import box
    from rich.table import Table

    view = Table(title=title(result), title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("horizon", "min bits", "mean bits", "max bits"):
        view.add_column(name, justify="right")
    view.add_column("most at (row, column)")
    for horizon, bits in result.bits.items():
        figures = [f"{measure(bits):.4f}" for measure in (np.nanmin, np.nanmean, np.nanmax)]
        best = result.best(horizon).tolist()
        named = " ".join(f"({row}, {column})" for row, column in best[:SHOWN_BEST])
        more = f" and {len(best) - SHOWN_BEST} more cells" if len(best) > SHOWN_BEST else ""
        view.add_row(str(horizon), *figures, named + more)
    return view


def save(result: Maps, folder: Path) -> list[Path]:
    """Write the arrays (.npy), heat maps and manifest; each file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for horizon, bits in result.bits.items():
        paths.append(folder / f"empowerment_{horizon}.npy")
        with whole_file(paths[-1]) as draft, draft.open("wb") as file:
            np.save(file, bits)
    paths.append(folder / "empowerment.png")
    plot(result, paths[-1])
    record = manifest(
        result.scenario, [0],
        agent=result.world.agent_ids[result.agent], slip=result.chance,
        definitions=[asdict(result.definition(horizon)) for horizon in result.bits],
    )  # fmt: skip
    paths.append(folder / "manifest.json")
    with whole_file(paths[-1]) as draft:
        draft.write_text(json.dumps(record, indent=2) + "\n")
    return paths


def plot(result: Maps, path: Path | None = None):
    """Heat maps in bits, one panel a horizon, saved as PNG if a path is given; rings mark the best cells.

    Walls are dark, thin walls lines; letters stand where the agent cannot start for another reason.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    count = len(result.bits)
    across = min(count, 3)
    down = -(-count // across)
    rows, columns = result.world.rows, result.world.columns
    side = 4.2 / max(rows, columns)
    figure = Figure(
        figsize=(max(4.6, (side * columns + 1.1) * across), (side * rows + 0.65) * down + 0.45),
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel, horizon in zip(panels, result.bits, strict=False):
        _panel(figure, panel, result, horizon)
    for panel in panels[count:]:
        panel.set_visible(False)
    name, _, rest = title(result).partition(", ")
    figure.suptitle(f"{name}\n{rest}", fontsize=9.5, x=0.012, ha="left")
    if path:
        with whole_file(path) as draft:
            figure.savefig(draft, dpi=130, format="png")
    return figure


def _panel(figure: Any, panel: Any, result: Maps, horizon: int) -> None:
    from matplotlib import colormaps
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Rectangle

    world, bits = result.world, result.bits[horizon]
    rows, columns = bits.shape
    low, high = np.nanmin(bits), np.nanmax(bits)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    colours = colormaps["viridis"].with_extremes(bad=TAKEN)
    picture = panel.imshow(bits, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    walls = {(thing.row, thing.column) for thing in world.blueprint.things if thing.name == "wall"}
    for row, column in walls:
        panel.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=WALL, linewidth=0))
    size = min(8.0, 150 / max(rows, columns))
    for row, column in np.argwhere(np.isnan(bits)).tolist():
        if (row, column) not in walls:
            letter = world.blueprint.rows[row][column].replace(".", "\N{BULLET}")
            panel.text(column, row, letter, ha="center", va="center", fontsize=size, color=INK)
    panel.add_collection(
        LineCollection(
            [_edge(row, column, south=direction == 2) for row, column, direction in world.blueprint.fences],
            colors=WALL, linewidths=2.4, capstyle="round",
        )
    )  # fmt: skip
    if max(rows, columns) <= NUMBERS_UP_TO:
        for row, column in np.argwhere(~np.isnan(bits)).tolist():
            dark = bits[row, column] < low + 0.6 * (high - low)
            panel.text(column, row, f"{bits[row, column]:.2f}", ha="center", va="center",
                       fontsize=min(7.0, 68 / columns), color="white" if dark else INK)  # fmt: skip
    best = result.best(horizon)
    if len(best) <= SHOWN_BEST:
        panel.scatter(
            best[:, 1], best[:, 0], s=(260 / max(rows, columns)) ** 2 * 0.62, facecolors="none", edgecolors="#e4572e",
            linewidths=1.6,
        )  # fmt: skip
    panel.set_title(f"n = {horizon}", fontsize=9.5, loc="left")
    panel.set_xticks(_ticks(columns))
    panel.set_yticks(_ticks(rows))
    panel.tick_params(labelsize=7, length=0, pad=2)
    panel.set_xlim(-0.5, columns - 0.5)
    panel.set_ylim(rows - 0.5, -0.5)
    for spine in panel.spines.values():
        spine.set_color(WALL)
        spine.set_linewidth(1.6)
    bar = figure.colorbar(picture, ax=panel, fraction=0.045, pad=0.02)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.outline.set_visible(False)
    bar.set_label("bits", fontsize=8)


def _edge(row: int, column: int, south: bool) -> list[tuple[float, float]]:
    """The line between a cell and the next one to the south or east."""
    near, far = row + 0.5, column + 0.5
    return [(column - 0.5, near), (far, near)] if south else [(far, row - 0.5), (far, near)]


def _ticks(length: int) -> list[int]:
    """Numbers of rows or columns to write."""
    return list(range(0, length, 1 if length <= NUMBERS_UP_TO else 5))
