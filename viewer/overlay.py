"""What an overlay is: what it is given (View), what it gives (Layer), and how the files of the folder are found."""

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.mix import Mix, pupils
from sandbox.world.world import World
from viewer import overlays as folder

NEEDS = ("states", "record", "agent", "horizon", "mixes", "minds", "critics", "trail", "visits")
"""What an overlay may say that it hangs on: names of `View`'s fields, and `record`, the state with clock and chance."""

Cell = tuple[int, int]
"""Row and column."""


class Stale(Exception):
    """Nobody waits for this answer any more."""


@dataclass(frozen=True, eq=False)
class View:
    """A moment as overlays see it; it holds copies, so that another thread can work with it.

    world    the rules. states: records [1].
    agent    who is selected. horizon: steps to look ahead.
    mixes    what each agent is paid for; empty: the task alone.
    minds    what each agent will do, as of `Company.minds`, None where nobody knows.
    critics  for each agent what its trained policy expects, states -> float64 [worlds], or None.
    trail    cells where agents were, int [steps, agents], oldest first, numbered as in states; 0 once they were gone.
    visits   steps that each agent has spent on each cell, int [agents, rows, columns]; None: counted from the trail.
    wanted   whether somebody still waits; asked between portions of long work.
    """

    world: World
    states: NDArray[Any]
    agent: int = 0
    horizon: int = 3
    mixes: Sequence[Mix] = ()
    minds: Sequence[Any] = ()
    critics: Sequence[Callable[[NDArray[Any]], NDArray[np.float64]] | None] = ()
    trail: NDArray[np.integer] | None = None
    visits: NDArray[np.integer] | None = None
    wanted: Callable[[], bool] = field(default=lambda: True, repr=False)

    def __post_init__(self) -> None:
        """Copy the states."""
        object.__setattr__(self, "states", self.world.copy(self.states))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the map."""
        return self.world.rows, self.world.columns

    @property
    def name(self) -> str:
        """The selected agent's."""
        return self.world.agent_ids[self.agent]

    @property
    def positions(self) -> list[Cell | None]:
        """Where each agent is; None once it is gone."""
        return [
            (row, column) if row >= 0 else None
            for row, column in self.world.positions(self.states)[0].tolist()
        ]

    @property
    def gone(self) -> bool:
        """Whether the selected agent has left the world."""
        return self.positions[self.agent] is None


@dataclass(frozen=True, eq=False)
class Outline:
    """Cells of an agent that are drawn with an outline, bool [rows, columns]."""

    agent: int
    cells: NDArray[np.bool_]


@dataclass(frozen=True)
class Arrow:
    """From one agent to another: how strongly (in the layer's unit), in which manner (`solid` or `dashed`)."""

    giver: int
    receiver: int
    start: Cell
    end: Cell
    strength: float
    text: str
    manner: str = "solid"
    faint: bool = False


@dataclass(frozen=True)
class Line:
    """Where an agent went, oldest first; None where it was gone."""

    agent: int
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Label:
    """Words beside an agent."""

    agent: int
    cell: Cell
    text: str


@dataclass(frozen=True, eq=False)
class Layer:
    """What is to be drawn over the picture.

    cells     float64 [rows, columns] in `unit`, nan where nothing is drawn; colours run from `low` to `high`.
    whole     whether the figures are whole numbers.
    occupied  where something stands that has to stay readable, bool [rows, columns].
    manners   what `solid` and `dashed` arrows mean, for the legend.
    notes     lines for the legend.
    """

    title: str
    unit: str = ""
    cells: NDArray[np.float64] | None = None
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    occupied: NDArray[np.bool_] | None = None
    marks: tuple[Outline, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    lines: tuple[Line, ...] = ()
    labels: tuple[Label, ...] = ()
    manners: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def agents(self) -> list[int]:
        """Agents that a legend has to tell apart."""
        return sorted({each.agent for each in (*self.marks, *self.lines)})


@dataclass(frozen=True)
class Overlay:
    """One file of the folder `viewer/overlays`.

    name   the file's. title (NAME), key (KEY, a digit), unit (UNIT).
    heavy  whether it takes so long that it is worked out aside (HEAVY).
    needs  the words of NEEDS that its layer hangs on: what it is kept by.
    look   what it draws of a view; pure.
    """

    name: str
    title: str
    key: str
    unit: str
    heavy: bool
    needs: tuple[str, ...]
    look: Callable[[View], Layer]


@cache
def overlays() -> dict[str, Overlay]:
    """All overlays by the names of their files, in the order of their keys."""
    found = [_read(info.name) for info in pkgutil.iter_modules(folder.__path__)]
    return {
        overlay.name: overlay for overlay in sorted(found, key=lambda overlay: (overlay.key, overlay.name))
    }


def _read(name: str) -> Overlay:
    module = importlib.import_module(f"{folder.__name__}.{name}")
    needs = tuple(module.needs.split())
    if unknown := [word for word in needs if word not in NEEDS]:
        raise ValueError(
            f"viewer/overlays/{name}.py: needs names {unknown[0]!r}; allowed: {', '.join(NEEDS)}"
        )
    return Overlay(name, module.NAME, module.KEY, module.UNIT, module.HEAVY, needs, module.look)


def key_of(overlay: Overlay, view: View) -> tuple:
    """Equal keys, equal layers."""
    return (overlay.name, view.world, *(_part(word, view) for word in overlay.needs))


def _part(word: str, view: View) -> Any:
    if word == "states":
        return view.world.key(view.states).tobytes(), int(view.states["over"][0])
    if word == "record":
        return view.states.tobytes()
    if word == "mixes":
        learning = (
            int(view.states["clock"][0]) if pupils(view.mixes) else None
        )  # they know more at every step
        return tuple(map(repr, view.mixes)), learning
    value = getattr(view, word)
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return tuple(map(id, value)) if word in ("minds", "critics") else value


def portions(view: View, count: int, most: int = 64) -> Iterator[slice]:
    """So many states in portions; Stale as soon as nobody waits for them any more.

    Between them the thread that draws can have what estimators let only one thread have at a time.
    """
    for first in range(0, count, most):
        if not view.wanted():
            raise Stale
        if first:
            time.sleep(0.0002)
        yield slice(first, min(first + most, count))


def limits(cells: NDArray[np.float64]) -> tuple[float, float]:
    """The ends of a scale for these figures, apart even where they are all equal."""
    shown = cells[~np.isnan(cells)]
    if not len(shown):
        return 0.0, 1.0
    low, high = float(shown.min()), float(shown.max())
    return (low - 0.5, high + 0.5) if high - low < 1e-9 else (low, high)
