"""The figures of a result as a file: what was measured, how long it took, and of what it is a record."""

import hashlib
import inspect
import json
import math
from pathlib import Path
from typing import Any

from sandbox.experiments.manifest import commit, versions
from sandbox.reproduction.result import Figures, Result, Table
from sandbox.scenario.read import load_scenario
from sandbox.whole_file import whole_file


class Record:
    """Figures of a result, read from its file where there is one; every new figure is written at once.

    Args:
        name: the result's.
        result: its module.
        folder: where `<name>.json` lies.
        anew: forget what is there.

    Raises:
        ValueError: the file is of another version of the experiment, or is no record; one line.
    """

    def __init__(self, name: str, result: Result, folder: Path, anew: bool = False) -> None:
        self.name, self.result, self.path = name, result, folder / f"{name}.json"
        self.about: dict[str, Any] = {
            "result": name,
            "experiment_hash": hashlib.sha256(inspect.getsource(result).encode()).hexdigest(),  # type: ignore
            "scenario_hashes": {each: load_scenario(each).hash for each in result.SCENARIOS},
        }
        self.seconds: dict[str, dict[int, float]] = {arm: {} for arm in result.ARMS}
        self.figures: dict[str, dict[int, Figures]] = {arm: {} for arm in result.ARMS}
        if self.path.exists() and not anew:
            self._read()

    def missing(self, seeds: int) -> list[tuple[str, int]]:
        """Arms and seeds that were not measured yet, one seed of all arms after the other."""
        return [
            (arm, seed) for seed in range(seeds) for arm in self.result.ARMS if seed not in self.figures[arm]
        ]

    def add(self, arm: str, seed: int, figures: Figures, seconds: float) -> None:
        """Note what was measured, and write it."""
        self.figures[arm][seed], self.seconds[arm][seed] = figures, seconds
        rows = [
            {"arm": arm, "seed": seed, "seconds": round(self.seconds[arm][seed], 1)}
            | {name: None if math.isnan(value) else value for name, value in own.items()}
            for arm in self.result.ARMS
            for seed, own in sorted(self.figures[arm].items())
        ]
        record = self.about | {"versions": versions(), "commit": commit(), "rows": rows}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(self.path) as path:
            path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")

    def table(self, seeds: int) -> Table:
        """The figures of the first so many seeds."""
        return Table(
            {
                arm: {seed: own[seed] for seed in range(seeds) if seed in own}
                for arm, own in self.figures.items()
            }
        )

    def seed_count(self) -> int:
        """How many seeds every arm has."""
        return min(len(own) for own in self.figures.values())

    def _read(self) -> None:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            about = {name: found[name] for name in self.about}
            rows = [dict(row) for row in found["rows"]]
            for row in rows:
                arm, seed, seconds = row.pop("arm"), int(row.pop("seed")), float(row.pop("seconds"))
                own = {name: math.nan if value is None else float(value) for name, value in row.items()}
                if about == self.about:
                    self.figures[arm][seed], self.seconds[arm][seed] = own, seconds
        except (ValueError, KeyError, TypeError) as problem:
            raise ValueError(f"{self.path} is not a record of figures: {problem}") from None
        if about != self.about:
            raise ValueError(
                f"{self.path} comes from another version of this experiment or of its scenarios; "
                "give --anew to measure again, or another --out"
            )
