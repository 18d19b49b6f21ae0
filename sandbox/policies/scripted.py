"""Plain conduct: walk to a goal by a shortest path, patrol between places, sweep the map, or keep still."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from sandbox.policies.seat import Seat
from sandbox.policies.ways import UNREACHABLE, steer
from sandbox.world.codes import GROUND, SOLID, THING, WALL
from sandbox.world.layout import STEERING
from sandbox.world.randomness import aside

STEERING_COUNT = len(STEERING)
NOWHERE = -1
MAPS, MAP_BYTES, FEW = 1 << 13, 1 << 26, 16
"""Maps of distances that are remembered at a time: so many, or as many as fit in so much, but a few in any case."""


@dataclass
class Scripted:
    """Walks by shortest paths to its nearest own goal or round a patrol, or sweeps on in one direction.

    Where the way is barred it goes to the reachable cell from which the way would be shortest if every door were open
    and every box gone, and waits there.

    Args:
        seat: the agent it acts for.
        do: `goal`, `patrol`, `sweep` or `still`.
        points: for a patrol, [row, column] places to visit in turn; its first is where it goes first.
        hold: for a patrol, steps after which it heads for the next place.
        along: for a sweep, the way that it goes.
        aside: for a sweep, the way that it goes instead whenever the clock is a multiple of `every`.
        every: for a sweep, see there.
    """

    seat: Seat
    do: Literal["goal", "patrol", "sweep", "still"] = "goal"
    points: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = field(default_factory=list)
    hold: int = 10
    along: Literal["north", "south", "west", "east"] = "south"
    aside: Literal["north", "south", "west", "east"] = "west"
    every: int = 7
    foreseeable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the parameters."""
        if self.do == "patrol" and not self.points:
            raise ValueError("scripted: a patrol needs points, a list of [row, column]")
        rows, columns = self.seat.world.rows, self.seat.world.columns
        for row, column in self.points:
            if not (0 <= row < rows and 0 <= column < columns):
                raise ValueError(
                    f"scripted: the point [{row}, {column}] is off the map of {rows} x {columns}"
                )
        if self.hold < 1:
            raise ValueError(f"scripted: hold must be at least 1 step, not {self.hold}")
        if self.every < 1:
            raise ValueError(f"scripted: every must be at least 1 step, not {self.every}")
        self._prepare()

    def _prepare(self) -> None:
        """The places that it may be bound for, as distances to begin with, and room for maps."""
        world, level = self.seat.world, self.seat.world.level[0]
        self._ends: list[tuple[int, ...]] = [(world.layout.cell(row, column),) for row, column in self.points]
        if self.do == "goal" and "goal_pick" in (world.state_type.names or ()):
            goals = level["goal_cell"].tolist()
            own = np.flatnonzero(level["goal_of"][:, self.seat.agent])
            self._ends = [*((cell,) for cell in goals), tuple(goals[each] for each in own)]
        walls = world.first_words.view(world.state_type)[0]["cells"][:, GROUND] == WALL
        self._neighbour, self._floor = level["neighbour"].astype(np.int64), np.flatnonzero(~walls)
        self._starts = np.full((len(self._ends), len(walls)), UNREACHABLE)
        for start, cells in zip(self._starts, self._ends, strict=True):
            start[list(cells)] = 0
        count = min(MAPS, max(MAP_BYTES // (8 * len(walls)), FEW))
        self._patterns = np.zeros((count, len(self._floor) // 64 + 2), np.uint64)
        self._maps = np.empty((count, len(walls)), np.int64)  # what is never written to takes no memory
        self._barred = np.empty(len(walls), np.uint8)

    @property
    def period(self) -> int:
        """Steps after which it does the same again in the same place."""
        return {"patrol": self.hold * len(self.points), "sweep": self.every}.get(self.do, 1)

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]."""
        actions = np.zeros(len(states), np.int8)
        if self.do == "still":
            return actions
        if self.do == "sweep":
            turns = states["clock"] % self.every == 0
            return np.where(turns, STEERING.index(self.aside), STEERING.index(self.along)).astype(np.int8)
        return self.walk(states, (aside(states, 1000 + self.seat.agent) >> np.uint64(40)).astype(np.int64))

    def walk(self, states: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """A step on its way, int8 [worlds]; `turn`, int64 [worlds], modulo 4 settles ties between directions."""
        planes, out = states["cells"], np.empty(len(states), np.int8)
        here, alive = (states[name][:, self.seat.agent].astype(np.int64) for name in ("cell", "alive"))
        aims = np.where(alive, self._aims(states), NOWHERE)
        steer(
            planes[:, :, GROUND], planes[:, :, THING], states["who"], here, aims, turn, self._neighbour,
            self._floor, self._starts, SOLID, self._patterns, self._maps, self._barred, out,
        )  # fmt: skip
        return out

    def _aims(self, states: np.ndarray) -> np.ndarray:
        """Which of its ends it is bound for, int64 [worlds]; NOWHERE without a goal."""
        if self.do == "patrol":
            return states["clock"].astype(np.int64) // self.hold % len(self.points)
        if not self._ends or not self._ends[-1]:
            return np.full(len(states), NOWHERE)
        picks = states["goal_pick"][:, self.seat.agent].astype(np.int64)
        return np.where(picks >= 0, picks, len(self._ends) - 1)
