"""What the viewer needs from whatever it shows."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from sandbox.environment.picture import Painter

Row = tuple[str, float | str, float | None]
"""One line of the side panel: label, value, and how full its bar is (-1 to 1), or None for no bar."""


class Source(Protocol):
    """One world that plays, step by step.

    Apart from `step` and `reset`, nothing here may change what happens next.
    """

    @property
    def painter(self) -> Painter:
        """What paints; the window changes its cell size."""
        ...

    @property
    def title(self) -> str:
        """What is shown, in a few words."""
        ...

    @property
    def seed(self) -> int:
        """The seed of this episode."""
        ...

    @property
    def clock(self) -> int:
        """Steps made since the episode began."""
        ...

    @property
    def agent_names(self) -> Sequence[str]:
        """The agents' ids, in order."""
        ...

    def paint(self) -> np.ndarray:
        """The present state, painted by `painter` at its cell size: uint8 [height, width, 3]."""
        ...

    def reset(self, seed: int | None) -> None:
        """Start an episode from this seed, or from a new one when None."""
        ...

    def step(self) -> bool:
        """Make one step; False once the episode is over (then further calls change nothing)."""
        ...

    def snapshot(self) -> Any:
        """A copy of all that changes in an episode; the source never changes it afterwards."""
        ...

    def restore(self, snapshot: Any) -> None:
        """Go back to a snapshot, which stays good for further calls."""
        ...

    def panel(self) -> Sequence[tuple[str, Sequence[Row]]]:
        """Sections of the side panel: a heading (an agent's name, or any text) and its rows."""
        ...

    def view_box(self, agent: int) -> tuple[int, int, int] | None:
        """What the agent sees: row and column of the top left cell (it may lie off the map), and side."""
        ...
