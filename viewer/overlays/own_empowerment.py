"""The selected agent's own empowerment on every cell on which it could stand, all others as they are."""

import numpy as np

from rewards import estimators
from viewer.overlay import Layer, View, limits, portions
from viewer.standing import laid, left, occupied, places, standing

NAME = "Own empowerment"
KEY = "1"
UNIT = "bits"
HEAVY = True
needs = "states agent horizon"


def look(view: View) -> Layer:
    """E_n of the agent, put on each cell in turn, in bits; the others are still."""
    title = f"Own empowerment of {view.name}"
    if view.gone:
        return Layer(title, UNIT, notes=(left(view),))
    cells = places(view)
    states, bits = standing(view, cells), np.empty(len(cells))
    for part in portions(view, len(cells)):
        bits[part] = estimators.empowerment(view.world, states[part], view.horizon, view.agent)
    found = laid(view, cells, bits)
    low, high = limits(found)
    here = found[view.positions[view.agent]]
    return Layer(
        title, UNIT, found, low, high, occupied=occupied(view),
        notes=(f"put on each cell, n = {view.horizon}, others still", f"where it stands: {here:.2f} bits"),
    )  # fmt: skip
