"""How what was learned fares: episodes on fixed seeds, measured as comparisons are."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.experiments.company import Company
from sandbox.experiments.compare import play
from sandbox.experiments.manifest import manifest
from sandbox.experiments.statistics import Estimate, estimate
from sandbox.playback.episode import Episode
from sandbox.training.acting import load, seat
from sandbox.training.run_folder import RunFolder
from sandbox.training.settings import Settings, restore_scenario
from sandbox.training.watched import seat_run
from sandbox.whole_file import write_whole

OnStep = Callable[[int, int], None]


@dataclass
class Evaluation:
    """Measures of each seed: `rows` are mappings from `seed` and measures to figures."""

    scenario: Any
    seeds: list[int]
    rows: list[dict[str, float]]
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def measures(self) -> list[str]:
        """Names of the measures that say something on at least one seed."""
        names = [name for name in self.rows[0] if name != "seed"]
        return [name for name in names if not all(np.isnan(row[name]) for row in self.rows)]

    def values(self, measure: str) -> list[float]:
        """A measure's value on each seed."""
        return [row[measure] for row in self.rows]

    def summary(self) -> dict[str, Estimate]:
        """Measure -> mean with its 95 % confidence interval."""
        return {measure: estimate(self.values(measure)) for measure in self.measures}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, whole or not at all; what is not a number is null."""
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.rows]
        summary = {
            name: {key: _plain(value) for key, value in each._asdict().items()}
            for name, each in self.summary().items()
        }
        record = manifest(self.scenario, self.seeds, **self.about, summary=summary, rows=rows)
        write_whole(Path(path), (json.dumps(record, indent=2, allow_nan=False) + "\n").encode())

    def table(self) -> Any:
        """Measures down with their intervals, as a rich Table."""
        from rich import box
        from rich.table import Table

        from sandbox.experiments.report import cell, heading

        view = Table(
            title=f"{self.scenario.name}: {self.about.get('learner', 'learned')}  ({len(self.seeds)} seeds, "
            "95 % intervals)",
            title_justify="left",
            box=box.SIMPLE_HEAD,
        )
        view.add_column("measure")
        view.add_column("", justify="right")
        for name, value in self.summary().items():
            view.add_row(heading(name), cell(value))
        return view


def evaluate(
    run: str | os.PathLike[str],
    seeds: int | Sequence[int] = 20,
    greedy: bool = True,
    horizons: Sequence[int] | None = None,
    device: str = "cpu",
    on_step: OnStep | None = None,
) -> Evaluation:
    """Let what a run has learned play its scenario.

    Args:
        run: its folder.
        seeds: how many, from 0 on, or which; those of `compare`.
        greedy: whether learners take their best action; else they draw by their probabilities.
        horizons: steps of the empowerment that is measured; None for the run's own.
        device: cpu, cuda or auto.
        on_step: called with the step and the most steps there can be.

    Raises:
        ValueError: no such run, or nothing learned yet; one line.
    """
    folder, company = company_of(run, greedy, device)
    settings = Settings.from_plain(folder.manifest["settings"])
    chosen = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    horizons = tuple(horizons or (settings.horizon,))
    if min(horizons) < 1:
        raise ValueError(f"horizons must be at least 1 step, not {min(horizons)}")
    found = measure(company, chosen, horizons, on_step)
    found.about |= {
        "run": str(folder.path), "learner": settings.learner, "teams": list(settings.teams),
        "greedy": greedy, "horizons": list(horizons),
    }  # fmt: skip
    return found


def measure(
    company: Company, seeds: Sequence[int], horizons: tuple[int, ...], on_step: OnStep | None = None
) -> Evaluation:
    """Play one episode a seed with the company as it is seated."""
    if not seeds:
        raise ValueError("an evaluation needs at least one seed")
    rows, _ = play(company, list(seeds), horizons, on_step or (lambda *_: None), learn=False)
    rows = [{"seed": seed, **row} for seed, row in zip(seeds, rows, strict=True)]
    return Evaluation(company.scenario, list(seeds), rows)


def company_of(
    run: str | os.PathLike[str], greedy: bool = True, device: str = "cpu"
) -> tuple[RunFolder, Company]:
    """A run and the company of its scenario in which the trained play."""
    folder = RunFolder(run)
    settings = Settings.from_plain(folder.manifest["settings"])
    scenario = restore_scenario(folder.scenario_text, settings.scenario, settings.overrides)
    company = Company(scenario, settings.rewards or None)
    seat(company, load(run, company.world, device), greedy)
    return folder, company


def episode(run: str | os.PathLike[str], seed: int = 0) -> Episode:
    """One episode of a run's scenario, played by what was learned, to be watched or filmed."""
    folder = RunFolder(run)
    settings = Settings.from_plain(folder.manifest["settings"])
    scenario = restore_scenario(folder.scenario_text, settings.scenario, settings.overrides)
    playing = Episode(scenario, settings.rewards or None, seed)
    seat_run(playing, run)
    return playing


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else value
