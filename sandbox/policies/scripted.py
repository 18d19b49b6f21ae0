"""Plain conduct: walk to a goal by a shortest path, patrol between places, sweep the map, or keep still."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from sandbox.policies.seat import Seat
from sandbox.world.codes import GROUND, SOLID, THING, WALL
from sandbox.world.layout import STEERING
from sandbox.world.randomness import aside

FAR, UNREACHABLE = 1 << 28, 1 << 50
STEERING_COUNT = len(STEERING)


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
        self._maps: dict[tuple[bytes, tuple[int, ...]], np.ndarray] = {}

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
            aside = states["clock"] % self.every == 0
            return np.where(aside, STEERING.index(self.aside), STEERING.index(self.along)).astype(np.int8)
        solid = np.any(states["cells"][:, :, [GROUND, THING]] >= SOLID, axis=2)
        patterns = np.packbits(solid, axis=1)
        targets = self._targets(states)
        groups: dict[tuple[bytes, tuple[int, ...]], list[int]] = {}
        for index, (pattern, cells) in enumerate(zip(patterns, targets, strict=True)):
            if cells and states["alive"][index, self.seat.agent]:
                groups.setdefault((pattern.tobytes(), cells), []).append(index)
        for key, members in groups.items():
            if key not in self._maps:
                self._maps[key] = self._distances(solid[members[0]], key[1])
            actions[members] = self._downhill(states[members], self._maps[key])
        return actions

    def _targets(self, states: np.ndarray) -> list[tuple[int, ...]]:
        layout, agent, level = self.seat.world.layout, self.seat.agent, self.seat.world.level[0]
        if self.do == "patrol":
            cells = [layout.cell(row, column) for row, column in self.points]
            return [(cells[clock // self.hold % len(cells)],) for clock in states["clock"].tolist()]
        if "goal_pick" not in (states.dtype.names or ()):
            return [()] * len(states)
        own = [index for index, of in enumerate(level["goal_of"][:, agent]) if of]
        everything = tuple(int(level["goal_cell"][index]) for index in own)
        return [
            (int(level["goal_cell"][pick]),) if pick >= 0 else everything
            for pick in states["goal_pick"][:, agent].tolist()
        ]

    def _distances(self, solid: np.ndarray, targets: tuple[int, ...]) -> np.ndarray:
        """Steps to the nearest target, plus FAR times the barred cells on the way, int64 [cells]."""
        world = self.seat.world
        neighbour = world.level[0]["neighbour"][:, 1:].astype(np.int64)
        wall = world.first_words.view(world.state_type)[0]["cells"][:, GROUND] == WALL
        cost = np.where(solid, FAR, 1).astype(np.int64)
        distance = np.full(len(solid), UNREACHABLE)
        distance[list(targets)] = 0
        for _ in range(len(solid)):
            # entering the neighbour costs what stands there; the last term keeps to the cells of the map
            offer = (distance[neighbour] + cost[neighbour]).min(axis=1)
            better = np.where(wall, distance, np.minimum(distance, offer))
            if (better == distance).all():
                break
            distance = better
        return distance

    def _downhill(self, states: np.ndarray, distance: np.ndarray) -> np.ndarray:
        agent, level = self.seat.agent, self.seat.world.level[0]
        here = states["cell"][:, agent].astype(np.int64)
        reach = level["neighbour"][here]  # [worlds, stay and four directions]
        solid = (states["cells"][np.arange(len(states))[:, None], reach][:, :, [GROUND, THING]] >= SOLID).any(
            axis=2
        )
        occupied = states["who"][np.arange(len(states))[:, None], reach] != 0
        occupied[:, 0] = False
        score = distance[reach] * 8 + 4 * occupied
        score[solid & (np.arange(STEERING_COUNT) > 0)] = UNREACHABLE * 16
        turn = (aside(states, 1000 + agent) >> np.uint64(40)).astype(np.int64)
        score += (np.arange(STEERING_COUNT)[None, :] + turn[:, None]) % 4 * (np.arange(STEERING_COUNT) > 0)
        return score.argmin(axis=1).astype(np.int8)
