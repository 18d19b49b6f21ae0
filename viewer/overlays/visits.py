"""How often the selected agent has been on each cell."""

import numpy as np

from viewer.overlay import Layer, View
from viewer.standing import occupied

NAME = "Visits"
KEY = "8"
UNIT = "steps"
HEAVY = False
needs = "states agent trail visits"


def look(view: View) -> Layer:
    """Steps that the agent has spent on each cell of the episode so far."""
    counts = counted(view)
    total, cells = int(counts.sum()), int((counts > 0).sum())
    title, note = f"Visits of {view.name}", f"{total} steps on {cells} cells"
    found = np.where(counts > 0, counts, np.nan).astype(np.float64)
    return Layer(
        title, UNIT, found, 0.0, float(max(1, counts.max())), whole=True, occupied=occupied(view),
        notes=(note if total else "it has been nowhere yet",),
    )  # fmt: skip


def counted(view: View) -> np.ndarray:
    """Steps on each cell, int [rows, columns]: as told, or from the trail."""
    if view.visits is not None:
        return np.asarray(view.visits)[view.agent]
    counts = np.zeros(view.shape, np.int64)
    if view.trail is not None and len(view.trail):
        cells = view.trail[:, view.agent]
        np.add.at(counts, view.world.layout.row_column(cells[cells != 0]), 1)
    return counts
