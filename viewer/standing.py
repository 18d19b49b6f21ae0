"""The selected agent on every cell on which it could stand, everybody and everything else as it is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.world.codes import AGENT, FLOOR, GROUND, SOLID, THING
from viewer.overlay import View


def planes(view: View) -> NDArray[np.uint8]:
    """What lies and stands on each cell of the map, uint8 [rows, columns, planes]."""
    world = view.world
    grid = view.states["cells"][0].reshape(-1, world.stride, view.states["cells"].shape[2])
    return grid[world.pad : world.pad + world.rows, world.pad : world.pad + world.columns]


def occupied(view: View) -> NDArray[np.bool_]:
    """Cells on which there is more to see than floor and wall, bool [rows, columns]."""
    inside = planes(view)
    ground = inside[:, :, GROUND]
    return (ground != FLOOR) | (inside[:, :, THING] != 0) | (inside[:, :, AGENT] != 0)


def places(view: View) -> NDArray[np.int64]:
    """Row and column of the cells on which the agent could stand, int [cells, 2], in reading order."""
    free: NDArray[np.bool_] = np.all(planes(view)[:, :, [GROUND, THING]] < SOLID, axis=2)
    for other, place in enumerate(view.positions):
        if place and other != view.agent:
            free[place] = False
    return np.argwhere(free)


def standing(view: View, cells: NDArray[np.integer]) -> NDArray[Any]:
    """A state for each of `cells` [cells, 2] with the agent there, records [cells]."""
    words = np.repeat(view.world.words(view.states), len(cells), axis=0)
    states = words.view(view.world.state_type).reshape(len(cells))
    view.world.place(states, view.agent, cells[:, 0], cells[:, 1])
    return states


def laid(view: View, cells: NDArray[np.integer], values: NDArray[Any]) -> NDArray[np.float64]:
    """The values of cells as a map, float64 [rows, columns]; nan elsewhere."""
    out = np.full(view.shape, np.nan)
    out[cells[:, 0], cells[:, 1]] = values
    return out


def left(view: View) -> str:
    """A note on a selected agent that has left the world."""
    return f"{view.name} has left the world"
