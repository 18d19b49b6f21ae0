"""Maps of empowerment as people read them: table, arrays and heat maps."""

import io
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rewards import estimators
from rewards.estimators.definition import Definition, Estimate
from rewards.estimators.question import Policies
from sandbox.environment.make import map_estimate, places
from sandbox.experiments.company import Company
from sandbox.experiments.manifest import manifest
from sandbox.policies.random import Random
from sandbox.whole_file import whole_file
from sandbox.world.world import World

WALL, TAKEN, INK = "#2d2f38", "#b9bcc6", "#1b1c22"
NUMBERS_UP_TO = 12
"""Most rows and columns of a map whose bits are written into its cells."""
SHOWN_BEST = 4
"""Most cells that are named or marked as the best."""


@dataclass(frozen=True)
class Maps:
    """Bits of one agent on every free cell, for several horizons.

    slip       its probability where it was given, None for the scenario's own.
    estimates  horizon -> Estimate, all of it [rows, columns]; nan where the agent cannot start.
    """

    scenario: Any
    world: World
    agent: int
    slip: float | None
    estimates: dict[int, Estimate]

    @property
    def chance(self) -> float:
        """The probability of a slip that counts."""
        return self.world.slip if self.slip is None else self.slip

    @property
    def bits(self) -> dict[int, np.ndarray]:
        """Horizon -> float64 [rows, columns]."""
        return {horizon: found.bits for horizon, found in self.estimates.items()}

    def definition(self, horizon: int) -> Definition:
        """What the figures of one horizon mean."""
        return self.estimates[horizon].definition

    def best(self, horizon: int) -> np.ndarray:
        """Row and column of the cells with the most bits, int [cells, 2], in reading order."""
        bits = self.bits[horizon]
        return np.argwhere(bits > np.nanmax(bits) - 1e-9)


def maps(
    scenario: Any,
    horizons: Iterable[int],
    agent: str = "0",
    outcome: str = "cell",
    slip: float | None = None,
    others: str = "still",
    samples: int = estimators.SAMPLES,
    on_cell: Callable[[int, int, int], None] | None = None,
) -> Maps:
    """The empowerment of an agent on every free cell, all else as at the start.

    Args:
        scenario: a Scenario.
        horizons: steps.
        agent: its number, its name such as `human_0`, or a team or group of one.
        outcome: `cell`, `self` or `world`.
        slip: probability of a slip instead of the scenario's own.
        others: `still`, `random`, or `policy` for the scenario's own policies.
        samples: futures of random others that are drawn for a cell where there are too many to work out.
        on_cell: is told horizon, cells done and cells in all.

    Raises:
        ValueError: one line on what is not allowed.
    """
    horizons = list(dict.fromkeys(horizons))
    for horizon in horizons:
        estimators.check_horizon(horizon)
    estimators.check_choice("outcome", outcome, estimators.OUTCOMES)
    estimators.check_choice("others", others, estimators.OTHERS)
    world = World(scenario)
    number = agent_number(world, agent)
    policies = foreseen(Company(scenario, world=world), number) if others == "policy" else None
    cells = len(places(world, number))

    def found(horizon: int) -> Estimate:
        def report(done: int) -> None:
            if on_cell:
                on_cell(horizon, done, cells)

        report(0)
        return map_estimate(world, horizon, number, outcome, slip, others, policies, samples, report)

    return Maps(scenario, world, number, slip, {horizon: found(horizon) for horizon in horizons})


def foreseen(company: Company, actor: int) -> Policies:
    """What everybody but `actor` does by the scenario's policies, as chances.

    A policy that says its own `chances` is left to chance, and so is a `random` one. Raises ValueError for one that
    does not do the same in the same state when it is asked again.
    """
    world, actions = company.world, len(company.world.actions)
    acting = [
        (agent, policy)
        for agent, policy in enumerate(company.policies)
        if agent != actor and not isinstance(policy, Random)
    ]
    here = company.start([0])
    there = world.imagine(here, np.ones((1, world.agent_count), np.int8))
    both = np.concatenate([there, here])

    def done(policy: Any, states: np.ndarray) -> np.ndarray:
        own = getattr(policy, "chances", None)
        return own(states) if own else np.eye(actions)[policy.act(states)]

    for agent, policy in acting:
        if not np.allclose(done(policy, here)[0], done(policy, both)[1], atol=1e-6):
            raise ValueError(
                f"others 'policy': the policy {type(policy).__name__.lower()} of {world.agent_ids[agent]} does not "
                "always do the same in the same state, so it cannot be foreseen: it keeps a memory or needs more"
            )

    def chances(states: np.ndarray) -> np.ndarray:
        found = np.full((len(states), world.agent_count, actions), 1.0 / actions)
        for agent, policy in acting:
            found[:, agent] = done(policy, states)
        return found

    return chances


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
    asked = result.definition(next(iter(result.estimates)))
    slip = f" (slip {result.chance:g})" if asked.noise != "none" else ""
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
    view.add_column("method", no_wrap=True)
    sampled = any(found.bias is not None for found in result.estimates.values())
    if sampled:
        view.add_column("bias", justify="right", no_wrap=True)
    view.add_column("most at (row, column)")
    for horizon, found in result.estimates.items():
        figures = [f"{measure(found.bits):.4f}" for measure in (np.nanmin, np.nanmean, np.nanmax)]
        drawn = found.definition.samples
        figures.append(f"sampled, K = {drawn}" if drawn else found.definition.estimator)
        if sampled:
            figures.append("-" if found.largest_bias is None else f"{found.largest_bias:+.4f}")
        best = result.best(horizon).tolist()
        named = " ".join(f"({row}, {column})" for row, column in best[:SHOWN_BEST])
        more = f" and {len(best) - SHOWN_BEST} more cells" if len(best) > SHOWN_BEST else ""
        view.add_row(str(horizon), *figures, named + more)
    return view


def save(result: Maps, folder: Path) -> list[Path]:
    """Write the arrays (.npy), heat maps and manifest: all of them together, or none."""
    files, definitions = {}, []
    for horizon, found in result.estimates.items():
        name = f"empowerment_{horizon}.npy"
        array = io.BytesIO()
        np.save(array, found.bits)
        files[name] = array.getvalue()
        definitions.append({"array": name} | found.record())
    files["empowerment.png"] = _png(result, plot(result))
    record = manifest(
        result.scenario, [0],
        agent=result.world.agent_ids[result.agent], slip=result.chance, definitions=definitions,
    )  # fmt: skip
    files["manifest.json"] = (json.dumps(record, indent=2) + "\n").encode()
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as drafts:  # which get their names when the last is written
        for name, content in files.items():
            drafts.enter_context(whole_file(folder / name)).write_bytes(content)
    return [folder / name for name in files]


def _png(result: Maps, figure: Any) -> bytes:
    """The picture as a file, which carries its definitions as text."""
    meaning = "\n".join(str(found.definition) for found in result.estimates.values())
    picture = io.BytesIO()
    figure.savefig(picture, dpi=130, format="png", metadata={"Title": title(result), "Description": meaning})
    return picture.getvalue()


def plot(result: Maps):
    """Heat maps in bits, one panel a horizon, as a figure; rings mark the best cells.

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
    found = result.estimates[horizon]
    bias = "" if found.largest_bias is None else f", bias up to {found.largest_bias:+.2g}"
    panel.set_title(f"n = {horizon}", fontsize=9.5, loc="left")
    panel.set_title(f"{found.definition.method}{bias}", fontsize=7, loc="right")
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
