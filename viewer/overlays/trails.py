"""Where every agent came from: its way through the last steps."""

from viewer.overlay import Layer, Line, View

NAME = "Trails"
KEY = "6"
UNIT = "steps"
HEAVY = False
needs = "trail"

LONGEST = 100
"""Steps that are drawn."""


def look(view: View) -> Layer:
    """A line for each agent, which fades towards its beginning."""
    if view.trail is None or len(view.trail) < 2:
        return Layer("Trails", UNIT, notes=("nobody has moved yet",))
    trail = view.trail[-LONGEST - 1 :]
    rows, columns = view.world.layout.row_column(trail)
    lines = tuple(
        Line(
            agent,
            tuple(
                (row, column) if cell else None
                for cell, row, column in zip(
                    trail[:, agent].tolist(), rows[:, agent].tolist(), columns[:, agent].tolist(), strict=True
                )
            ),
        )
        for agent in range(trail.shape[1])
    )
    return Layer("Trails", UNIT, lines=lines, notes=(f"the last {len(trail) - 1} steps, fading",))
