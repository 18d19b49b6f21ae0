"""What a world is built from: plain data, already checked, with no trace of the file that it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Group:
    """Agents that are alike: one entry of a scenario's `agents`. Those of one `look` (default: team) look alike."""

    name: str
    letter: str
    team: str
    role: str
    view: int
    count: int
    look: str = ""


@dataclass(frozen=True)
class Placed:
    """One thing on the map: its name, its parameters (the mechanic's own dataclass) and its cell."""

    name: str
    params: Any
    row: int
    column: int
    letter: str


@dataclass(frozen=True)
class Blueprint:
    """A checked map with everything that stands on it.

    `fences` holds thin walls as (row, column, direction), direction 1 north, 2 south, 3 west, 4 east, named from
    one side at least. `starts` gives for each group the cells (row, column) on which its agents may begin; where
    there are more cells than agents, chance picks. `settings` holds one dataclass for each mechanic that has any.
    On a `torus` each edge of the map leads to the opposite one.
    """

    name: str
    rows: tuple[str, ...]
    groups: tuple[Group, ...]
    starts: Mapping[str, tuple[tuple[int, int], ...]]
    things: tuple[Placed, ...] = ()
    fences: frozenset[tuple[int, int, int]] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    slip: float = 0.0
    max_cycles: int = 100
    torus: bool = False

    @property
    def agent_count(self) -> int:
        """Agents of all groups."""
        return sum(group.count for group in self.groups)

    @property
    def shares_cells(self) -> bool:
        """Whether several agents may stand on one cell."""
        movement = self.settings.get("movement")
        return movement is not None and movement.share

    def room_for(self, thing: str) -> int:
        """Length of an array with one entry for each such thing on the map; at least 1, as kernels want none empty."""
        return max(1, sum(placed.name == thing for placed in self.things))
