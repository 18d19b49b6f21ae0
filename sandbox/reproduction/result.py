"""What a file in `results` holds: the arms of an experiment, how one seed of one is measured, and what is claimed."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from sandbox.experiments.statistics import Estimate, estimate
from sandbox.scenario.words import listed, suggestion

Figures = dict[str, float]
"""What was measured of one arm with one seed, by name; nan where it is not known."""


class Result(Protocol):
    """A module of `results`; its docstring begins with one sentence that says what is shown.

    SOURCE     whose result it is, or who set the bar.
    SCENARIOS  names of those that are played.
    ARMS       names of the ways that are compared.
    SEEDS      how many by default: 0, 1, ...; one where nothing is left to chance.
    SHOWN      figure -> heading: the columns of the table, in order.
    CLAIMS     what must come out.

    A module may also have `draw(table, axes)`, which plots a table on matplotlib's axes.
    """

    SOURCE: str
    SCENARIOS: tuple[str, ...]
    ARMS: tuple[str, ...]
    SEEDS: int
    SHOWN: dict[str, str]
    CLAIMS: "tuple[Claim, ...]"

    @staticmethod
    def measure(arm: str, seed: int, folder: Path) -> Figures:
        """Do the experiment of one arm with one seed; runs are kept under `folder`, which may hold an interrupted one.

        Called in a process of its own with one thread. Same arm and seed, same figures.
        """
        ...


class Table:
    """All figures of a result: arm -> seed -> figures."""

    def __init__(self, figures: Mapping[str, Mapping[int, Figures]]) -> None:
        self.figures = figures

    def values(self, arm: str, name: str) -> NDArray[np.float64]:
        """A figure of an arm, float64 [seeds]; nan where it is not known."""
        return np.array([each.get(name, np.nan) for _, each in sorted(self.figures[arm].items())], float)

    def estimate(self, arm: str, name: str) -> Estimate:
        """Mean of a figure over the seeds, with its 95 % interval."""
        return estimate(self.values(arm, name))

    def mean(self, arm: str, name: str) -> float:
        """Mean of a figure over the seeds."""
        return self.estimate(arm, name).mean


@dataclass(frozen=True)
class Claim:
    """A number that a table gives, and the range in which it is said to lie.

    text   what the number is.
    value  table -> number.
    least, most  ends of the range, included.
    """

    text: str
    value: Callable[[Table], float]
    least: float = -np.inf
    most: float = np.inf

    def holds(self, table: Table) -> bool:
        """Whether it is so; nan is not."""
        return bool(self.least <= self.value(table) <= self.most)


def names() -> list[str]:
    """All results, by file name."""
    from sandbox.reproduction import results

    return sorted(module.name for module in pkgutil.iter_modules(results.__path__))


def find(name: str) -> Result:
    """A result by the name of its file.

    Raises:
        ValueError: there is none; one line.
    """
    if name not in names():
        raise ValueError(f"no result {name!r}{suggestion(name, names())} there are {listed(names())}")
    return cast(Any, importlib.import_module(f"sandbox.reproduction.results.{name}"))
