"""The others' empowerment as a function of where the selected agent stands."""

import numpy as np

from rewards import estimators
from rewards.estimators.cones import known, within
from viewer.overlay import Layer, View, limits, portions
from viewer.standing import laid, left, occupied, places, standing

NAME = "Others' empowerment"
KEY = "2"
UNIT = "bits"
HEAVY = True
needs = "states agent horizon"


def look(view: View) -> Layer:
    """The sum of E_n of all others, in bits, with the agent put on each cell in turn; whoever does not act is still."""
    others = [other for other, place in enumerate(view.positions) if place and other != view.agent]
    whose = view.world.agent_ids[others[0]] if len(others) == 1 else "others"
    title = f"Empowerment of {whose}, by where {view.name} stands"
    if view.gone or not others:
        return Layer(title, UNIT, notes=(left(view) if view.gone else "nobody else is here",))
    cells = places(view)
    found = laid(view, cells, bits_of_others(view, cells, others))
    low, high = limits(found)
    here = found[view.positions[view.agent]]
    what = f"sum of {len(others)} others" if len(others) > 1 else f"of {whose}"
    return Layer(
        title, UNIT, found, low, high, occupied=occupied(view),
        notes=(f"{what}, n = {view.horizon}, each while the rest are still", f"where it stands: {here:.2f} bits"),
    )  # fmt: skip


def bits_of_others(view: View, cells: np.ndarray, others: list[int]) -> np.ndarray:
    """The sum over `others` of their empowerment with the agent on each of `cells`, float64 [cells].

    Where the agent stands out of another's reach, that other has as many bits wherever it stands.
    """
    world, states, total = view.world, standing(view, cells), np.zeros(len(cells))
    near = np.ones((len(cells), len(others)), bool)
    if known(world, states):
        reach = within(world, view.states, view.horizon)[0, others]
        for part in portions(view, len(cells)):
            there = within(world, states[part], 0)[:, view.agent]
            near[part] = (there[:, None] & reach).any(axis=2)
    for number, other in enumerate(others):
        rows = np.flatnonzero(near[:, number])
        far = np.flatnonzero(~near[:, number])
        asked, bits = np.append(rows, far[:1]), np.empty(len(cells))
        for part in portions(view, len(asked)):
            bits[asked[part]] = estimators.empowerment(world, states[asked[part]], view.horizon, other)
        bits[far[1:]] = bits[far[:1]] if len(far) else 0
        total += bits
    return total
