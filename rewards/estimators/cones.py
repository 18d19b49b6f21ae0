"""Which agents can matter to one another within a horizon: their light cones, in worlds whose rules are known here."""

from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rewards.socket import Dynamics

LEVEL = """
stride team_of neighbour direction_of start_cell start_span start_drawn interact door_cell door_link door_by
may_use_door plate_cell plate_link switch_cell switch_link drop key_link may_move_boxes item_cell item_pays
goal_cell goal_of goal_pays has_goal goal_ends goal_drawn slip
"""
STATE = """
cell alive clock over rng_key rng_count action target moved pay look cells who box_cell door_open door_wish
key_cell carrying item_here reached goal_pick
"""
"""What levels and states may hold for cones to be trusted; a rule that brings more keeps everybody in."""

GROUND = 0

TOGETHER = 256
"""Starts whose cones are marked together, which bounds memory on large maps."""


def known(dynamics: Dynamics, states: NDArray[Any]) -> bool:
    """Whether every rule of this world acts as `touched` assumes."""
    return _known(dynamics.level.dtype.names or (), states.dtype.names or ())


@cache
def _known(*names: tuple[str, ...]) -> bool:
    level, state = ({name for name in part if not name.startswith(("end_", "gap_"))} for part in names)
    understood = level <= {*LEVEL.split()} and state <= {*STATE.split()}
    return understood and {"neighbour", "stride"} <= level and {"cell", "cells"} <= state


def touched(dynamics: Dynamics, states: NDArray[Any], horizon: int) -> NDArray[np.bool_]:
    """Cells that each agent's next `horizon` steps may read or change, bool [worlds, agents, cells].

    Everything within reach through doors and boxes and the cells beside it (doors are worked and boxes pushed
    there), and the doors that hang on plates and switches among these. Only walls and thin walls stop a cone.
    For worlds that are `known`.
    """
    return _cones(dynamics, states["cells"], states["cell"], horizon)


def reads(
    dynamics: Dynamics, states: NDArray[Any], horizon: int
) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Cells on which `horizon` steps hang of an agent that starts on a cell and acts alone; or that these may change.

    As numbers, int32 [cells, most], and as bits, uint64 [cells, words].

    Those that `touched` marks, and the plates elsewhere that hold the doors among them; as many zeros behind them as
    are needed, since on cell 0 nothing ever happens. For worlds that are `known`; walls are those of the first state.
    """
    level, planes = dynamics.level[0], states["cells"][:1]
    starts = np.arange(planes.shape[1])
    starts[planes[0, :, GROUND] == planes[0, 0, GROUND]] = 0
    rows: list[NDArray[np.intp]] = []
    bits = np.zeros((len(starts), -(-len(starts) // 64)), np.uint64)
    for first in range(0, len(starts), TOGETHER):
        cones = _cones(dynamics, planes, starts[None, first : first + TOGETHER], horizon)[0]
        if "plate_cell" in (dynamics.level.dtype.names or ()):
            joined = level["plate_link"][:, None] == level["door_link"]
            for plate, door in np.argwhere(joined).tolist():
                cones[:, level["plate_cell"][plate]] |= cones[:, level["door_cell"][door]]
        rows += [np.flatnonzero(cone) for cone in cones]
        packed = np.packbits(cones, axis=1)
        bits.view(np.uint8)[first : first + TOGETHER, : packed.shape[1]] = packed
    out = np.zeros((len(rows), max(map(len, rows))), np.int32)
    for cell, row in enumerate(rows):
        out[cell, : len(row)] = row
    return out, bits


def _cones(dynamics: Dynamics, planes: NDArray[Any], starts: NDArray[Any], horizon: int) -> NDArray[np.bool_]:
    """The cells of `touched` for what starts on each of `starts` [worlds, k] in maps [worlds, cells, planes]."""
    level, names = dynamics.level[0], dynamics.level.dtype.names or ()
    out = np.zeros((*starts.shape, planes.shape[1]), np.bool_)
    spread(level["neighbour"], level["stride"], planes, starts, horizon, out)
    for wire in ("plate", "switch"):
        if f"{wire}_cell" in names:
            joined = level[f"{wire}_link"][:, None] == level["door_link"]
            for k, cell in enumerate(level[f"{wire}_cell"].tolist()):
                out[..., level["door_cell"][joined[k]]] |= out[..., cell, None]
    return out


def companies(dynamics: Dynamics, states: NDArray[Any], horizon: int) -> NDArray[np.int64]:
    """A number for each agent, int64 [worlds, agents]; within the horizon only equal ones can matter to each other.

    Agents whose cones cannot meet, not even by way of others, have different numbers: what one does is
    independent of what the other does and finds. One company where the world's rules are not `known`.
    """
    out = np.zeros((len(states), dynamics.agent_count), np.int64)
    if dynamics.agent_count > 1 and known(dynamics, states):
        group(touched(dynamics, states, horizon), out)
    return out


@njit(cache=True)
def spread(neighbour, stride, cells, starts, horizon, out):
    """Mark what is within `horizon` steps of each start, walls apart, and the cells beside that."""
    room = cells.shape[1]
    queue = np.empty(room, np.int64)
    for w in range(starts.shape[0]):
        wall = cells[w, 0, GROUND]  # cell 0 lies in the padding
        for agent in range(starts.shape[1]):
            if starts[w, agent] == 0:
                continue
            mark = out[w, agent]
            queue[0] = starts[w, agent]
            mark[queue[0]] = True
            first, end = 0, 1
            for _ in range(horizon):
                last = end
                for k in range(first, last):
                    for direction in range(1, neighbour.shape[1]):
                        cell = neighbour[queue[k], direction]
                        if not mark[cell] and cells[w, cell, GROUND] != wall:
                            mark[cell] = True
                            queue[end] = cell
                            end += 1
                first = last
            for k in range(end):
                for direction in range(1, neighbour.shape[1]):  # on a torus also across the edge
                    cell = neighbour[queue[k], direction]
                    if cells[w, cell, GROUND] != wall:
                        mark[cell] = True
                for beside in (queue[k] - 1, queue[k] + 1, queue[k] - stride, queue[k] + stride):
                    if 0 <= beside < room and cells[w, beside, GROUND] != wall:
                        mark[beside] = True


@njit(cache=True)
def group(cones, out):
    """Number the agents of each world by the companies that their cones [worlds, agents, cells] form."""
    agents = cones.shape[1]
    for w in range(cones.shape[0]):
        for agent in range(agents):
            out[w, agent] = agent
        for agent in range(agents):
            for other in range(agent):
                if out[w, agent] != out[w, other] and (cones[w, agent] & cones[w, other]).any():
                    gone = out[w, agent]
                    for k in range(agents):
                        if out[w, k] == gone:
                            out[w, k] = out[w, other]
