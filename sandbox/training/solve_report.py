"""An exact solution as people read it: table, arrays and a heat map of values."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.experiments.empower import INK, NUMBERS_UP_TO, TAKEN, WALL
from sandbox.experiments.manifest import manifest
from sandbox.experiments.report import heading
from sandbox.training.solve import Evaluation, Solution
from sandbox.whole_file import whole_file


def title(solution: Solution) -> str:
    """What was solved, in one line."""
    terms = " + ".join(f"{term.weight:g} {term.name}" for term in solution.mix.terms)
    end = f"{solution.horizon} steps" if solution.horizon else "without end"
    name = solution.world.agent_ids[solution.agent]
    return f"{solution.world.name}: {name}, paid for {terms}, {end}, gamma {solution.gamma:g}"


def table(solution: Solution, evaluation: Evaluation):
    """A rich table: what was enumerated, the value at the start, and what the greedy policy leads to."""
    from rich import box
    from rich.table import Table

    view = Table(title=title(solution), title_justify="left", box=box.SIMPLE_HEAD, show_header=False)
    view.add_column()
    view.add_column(justify="right")
    rate = len(solution.states) / max(solution.enumeration_seconds, 1e-9)
    view.add_row("states", f"{len(solution.states):,}")
    view.add_row("transitions", f"{solution.transitions:,}")
    view.add_row("seconds", f"{solution.seconds:.2f} ({rate:,.0f} states/s)")
    sure = f" (within {solution.error:.1g})" if solution.error else ""
    view.add_row("value at the start", f"{solution.value:.6f}{sure}")
    if not solution.starts_are_exact:
        view.add_row("", "the starts' chances are estimated")
    view.add_section()
    view.add_row(f"greedy policy, {evaluation.steps} steps", "")
    view.add_row("  total reward", f"{evaluation.total:.6f}")
    view.add_row("  steps it takes part in", f"{evaluation.alive:.4f}")
    for name, chance in evaluation.events.items():
        view.add_row(f"  P({name})", f"{chance:.6f}")
    for name, figure in evaluation.measures.items():
        view.add_row(f"  {heading(name)}", "-" if np.isnan(figure) else f"{figure:.6f}")
    return view


def record(solution: Solution, evaluation: Evaluation) -> dict[str, Any]:
    """The figures, ready for JSON; what there is nothing to measure of is null."""
    measures = {name: None if np.isnan(value) else value for name, value in evaluation.measures.items()}
    return {
        "agent": solution.world.agent_ids[solution.agent],
        "rewards": {term.name: term.weight for term in solution.mix.terms},
        "horizon": solution.horizon,
        "gamma": solution.gamma,
        "states": len(solution.states),
        "transitions": solution.transitions,
        "seconds": solution.seconds,
        "starts_are_exact": solution.starts_are_exact,
        "value": solution.value,
        "error": solution.error,
        "greedy": {**vars(evaluation), "measures": measures},
    }


def save(scenario: Any, solution: Solution, evaluation: Evaluation, folder: Path) -> list[Path]:
    """Write the arrays (.npz), a heat map and the manifest; each file appears whole or not at all.

    The arrays: `keys` uint64 [states, words], `positions` int16 [states, agents, 2], `phase` (clock modulo the period),
    `values`, `action_values`, `starts`, `weights`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / name for name in ("solution.npz", "values.png", "manifest.json")]
    world, states = solution.world, solution.states
    with whole_file(paths[0]) as draft, draft.open("wb") as file:
        np.savez(
            file,
            keys=world.key(states), positions=world.positions(states), phase=states["clock"],
            values=solution.values, action_values=solution.action_values,
            starts=solution.starts, weights=solution.weights,
        )  # fmt: skip
    plot(solution, paths[1])
    with whole_file(paths[2]) as draft:
        draft.write_text(json.dumps(manifest(scenario, [0], **record(solution, evaluation)), indent=2) + "\n")
    return paths


def by_cell(solution: Solution) -> np.ndarray:
    """Mean value of the states with the agent on a cell, float64 [rows, columns]; nan where there is none."""
    world, active = solution.world, solution.active
    where = world.positions(solution.states[active])[:, solution.agent].astype(np.int64)
    cells = where[:, 0] * world.columns + where[:, 1]
    count = np.bincount(cells, minlength=world.rows * world.columns)
    total = np.bincount(cells, solution.values[active], minlength=world.rows * world.columns)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean.reshape(world.rows, world.columns)


def plot(solution: Solution, path: Path | None = None):
    """A heat map of `by_cell`, saved as PNG if a path is given; walls are dark, letters stand where it never comes."""
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    world, mean = solution.world, by_cell(solution)
    side = 4.4 / max(mean.shape)
    figure = Figure(
        figsize=(max(4.6, side * world.columns + 1.2), side * world.rows + 1.1), layout="constrained"
    )
    FigureCanvasAgg(figure)
    panel = figure.subplots()
    colours = colormaps["viridis"].with_extremes(bad=TAKEN)
    picture = panel.imshow(mean, cmap=colours, interpolation="nearest")
    walls = {(thing.row, thing.column) for thing in world.blueprint.things if thing.name == "wall"}
    for row, column in np.argwhere(np.isnan(mean)).tolist():
        if (row, column) in walls:
            panel.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=WALL, linewidth=0))
        else:
            letter = world.blueprint.rows[row][column].replace(".", "")
            panel.text(column, row, letter, ha="center", va="center", fontsize=8, color=INK)
    if max(mean.shape) <= NUMBERS_UP_TO:
        middle = (np.nanmin(mean) + np.nanmax(mean)) / 2
        for row, column in np.argwhere(~np.isnan(mean)).tolist():
            ink = "white" if mean[row, column] < middle else INK
            panel.text(
                column, row, f"{mean[row, column]:.3g}", ha="center", va="center", fontsize=6.5, color=ink
            )
    panel.set_xticks([])
    panel.set_yticks([])
    figure.colorbar(picture, ax=panel, fraction=0.045, pad=0.02).set_label("value", fontsize=8)
    head, _, rest = title(solution).partition(", ")
    figure.suptitle(f"{head}\n{rest}; mean over states by its cell", fontsize=9, x=0.012, ha="left")
    if path:
        with whole_file(path) as draft:
            figure.savefig(draft, dpi=130, format="png")
    return figure
