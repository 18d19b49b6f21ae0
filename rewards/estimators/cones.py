"""Which agents can matter to one another within a horizon: their light cones, in worlds whose rules are known here."""

from functools import cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

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

GROUND, THING, PLANES = 0, 1, 3
"""Two of the planes of a map, and how many there are."""

SOLID = 64
"""From here on things stop movement: they are boxes."""

TOGETHER = 256
"""Starts whose cones are found together, which bounds memory on large maps."""


class Cone(NamedTuple):
    """What `horizon` steps of an agent may read or change, by the cell from which they start.

    Everything within reach through doors and boxes, what is worked from there, and the doors that hang on plates and
    switches among it; only walls and thin walls stop a cone. Cells one step beyond reach are its rim: nothing can be
    done there but to push a box onto it with the last step, straight ahead.

    near  int32 [cells, most]: the cells that always count, and as many zeros behind them as are needed, since on cell 0
          nothing ever happens; with plates elsewhere that hold the doors among them.
    rim   int32 [cells, rims]: the rim.
    onto  int16 [cells, most, directions]: the place in the rim, from 1, to which a box on a near cell can be pushed; or
          0.
    bits  uint64 [cells, words]: the near cells; whole: with the rim.
    """

    near: NDArray[np.int32]
    rim: NDArray[np.int32]
    onto: NDArray[np.int16]
    bits: NDArray[np.uint64]
    whole: NDArray[np.uint64]


def known(dynamics: Dynamics, states: NDArray[Any]) -> bool:
    """Whether every rule of this world acts as `Cone` assumes."""
    return _known(dynamics.level.dtype.names or (), states.dtype.names or ())


@cache
def _known(*names: tuple[str, ...]) -> bool:
    level, state = ({name for name in part if not name.startswith(("end_", "gap_"))} for part in names)
    understood = level <= {*LEVEL.split()} and state <= {*STATE.split()}
    return understood and {"neighbour", "stride"} <= level and {"cell", "cells"} <= state


def cone(dynamics: Dynamics, states: NDArray[Any], horizon: int) -> Cone:
    """The cones of a world that is `known`, kept as long as it is; walls are those of the first state asked about."""
    kept = _kept.setdefault(dynamics, {})
    if horizon not in kept:
        kept[horizon] = _cone(dynamics, states["cells"][0], horizon)
    return kept[horizon]


_kept: WeakKeyDictionary[Dynamics, dict[int, Cone]] = WeakKeyDictionary()


def _cone(dynamics: Dynamics, planes: NDArray[Any], horizon: int) -> Cone:
    level, count, parts = dynamics.level[0], len(planes), []
    neighbour, floor = level["neighbour"].astype(np.int64), planes[:, GROUND] != planes[0, GROUND]
    for first in range(0, count, TOGETHER):
        starts = np.arange(first, min(first + TOGETHER, count))
        distance = np.empty((len(starts), count), np.int32)
        near = np.zeros(distance.shape, np.bool_)
        spread(neighbour, level["stride"], floor, starts, horizon, distance, near)
        last = distance == horizon + 1
        for wire in ("plate", "switch"):
            _join(near, near | last, dynamics, wire, "door")
        _join(near, near, dynamics, "door", "plate")
        tables = _numbers(near), _numbers(last & ~near)
        onto = np.zeros((*tables[0].shape, neighbour.shape[1]), np.int16)
        push(neighbour, distance, horizon, *tables, onto)
        parts.append((*tables, onto, as_bits(near), as_bits(near | last)))
    return Cone(*(_end_to_end([part[k] for part in parts]) for k in range(5)))


def _join(out: NDArray[np.bool_], among: NDArray[np.bool_], dynamics: Dynamics, one: str, other: str) -> None:
    """Mark in `out` [starts, cells] where those `other` things are that hang on what lies `among` these cells."""
    level, names = dynamics.level[0], dynamics.level.dtype.names or ()
    if f"{one}_link" in names and f"{other}_link" in names:
        joined = np.argwhere(level[f"{one}_link"][:, None] == level[f"{other}_link"])
        for k, there in zip(joined[:, 0], level[f"{other}_cell"][joined[:, 1]], strict=True):
            out[:, there] |= among[:, level[f"{one}_cell"][k]]


def _numbers(marked: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The marked cells of each row by number, int32 [rows, most], and as many zeros behind them as are needed."""
    row, cell = np.nonzero(marked)
    first = np.searchsorted(row, np.arange(len(marked)))
    out = np.zeros((len(marked), marked.sum(axis=1).max(initial=0)), np.int32)
    out[row, np.arange(len(row)) - first[row]] = cell
    return out


def as_bits(marked: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Marked cells, bool [rows, cells], as bits, uint64 [rows, words]."""
    bits = np.zeros((len(marked), -(-marked.shape[1] // 64)), np.uint64)
    packed = np.packbits(marked, axis=1, bitorder="little")
    bits.view(np.uint8)[:, : packed.shape[1]] = packed
    return bits


def _end_to_end(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Tables one after the other, as wide as the widest of them."""
    width = max(part.shape[1] for part in parts)
    gaps = [[(0, 0), (0, width - part.shape[1]), *[(0, 0)] * (part.ndim - 2)] for part in parts]
    return np.concatenate([np.pad(part, gap) for part, gap in zip(parts, gaps, strict=True)])


def within(dynamics: Dynamics, states: NDArray[Any], horizon: int) -> NDArray[np.uint64]:
    """The cells of each agent's cone as bits, uint64 [worlds, agents, words]; of the rim those where boxes may come.

    For worlds that are `known`.
    """
    found, words = cone(dynamics, states, horizon), -(-states["cells"].shape[1] // 64)
    out = np.empty((len(states), dynamics.agent_count, words), np.uint64)
    mark(states["cells"], states["cell"], found.near, found.rim, found.onto, found.bits, out)
    return out


def companies(dynamics: Dynamics, states: NDArray[Any], horizon: int) -> NDArray[np.int64]:
    """A number for each agent, int64 [worlds, agents]; within the horizon only equal ones can matter to each other.

    Agents whose cones cannot meet, not even by way of others, have different numbers: what one does is
    independent of what the other does and finds. One company where the world's rules are not `known`.
    """
    out = np.zeros((len(states), dynamics.agent_count), np.int64)
    if dynamics.agent_count > 1 and known(dynamics, states):
        group(within(dynamics, states, horizon), out)
    return out


@njit(cache=True)
def spread(neighbour, stride, floor, starts, horizon, distance, near):
    """Steps from each start to each cell, [starts, cells], all others far; and the cells that always count.

    These are within reach, or worked from there in time: beside an agent's cell everything is, across thin walls too.
    """
    queue = np.empty(floor.shape[0], np.int64)
    for row in range(starts.shape[0]):
        distance[row] = horizon + 2
        if not floor[starts[row]]:
            continue
        queue[0], distance[row, starts[row]] = starts[row], 0
        end, k = 1, 0
        while k < end:
            here = queue[k]
            steps = distance[row, here] + 1
            near[row, here] = True
            if steps <= horizon:
                for cell in (here - 1, here + 1, here - stride, here + stride):
                    if 0 <= cell < floor.shape[0] and floor[cell]:
                        near[row, cell] = True
            for direction in range(1, neighbour.shape[1]):
                cell = neighbour[here, direction]
                if floor[cell] and distance[row, cell] > steps:
                    distance[row, cell] = steps
                    if steps <= horizon:
                        queue[end] = cell
                        end += 1
            k += 1


@njit(cache=True)
def push(neighbour, distance, horizon, near, rim, onto):
    """Where in the rim a box on a near cell can end, by direction, [starts, most, directions]; see `Cone`.

    Only pushed straight on by who makes no step in vain: with every step it comes one farther from the start.
    """
    for row in range(near.shape[0]):
        place = np.zeros(neighbour.shape[0], np.int16)
        for k in range(rim.shape[1]):
            place[rim[row, k]] = k + 1
        place[0] = 0
        away = distance[row]
        for k in range(near.shape[1]):
            for direction in range(1, neighbour.shape[1]):
                cell, goes_on = near[row, k], False
                for other in range(1, neighbour.shape[1]):
                    behind = neighbour[cell, other]
                    pushes = behind != cell and neighbour[behind, direction] == cell
                    goes_on = goes_on or (pushes and away[behind] == away[cell] - 1)
                while goes_on and away[cell] <= horizon:
                    ahead = neighbour[cell, direction]
                    goes_on = ahead != cell and away[ahead] == away[cell] + 1
                    cell = ahead
                if goes_on:
                    onto[row, k, direction] = place[cell]


@njit(cache=True, nogil=True)
def mark(planes, cell, near, rim, onto, bits, out):
    """Write the bits of `within`."""
    for w in range(out.shape[0]):
        for agent in range(out.shape[1]):
            here, own = cell[w, agent], out[w, agent]
            for word in range(own.shape[0]):
                own[word] = bits[here, word]
            for k in range(near.shape[1]):
                if near[here, k] == 0:
                    break
                if planes[w, near[here, k], THING] >= SOLID:
                    for direction in range(onto.shape[2]):
                        place = onto[here, k, direction]
                        if place > 0:
                            there = rim[here, place - 1]
                            own[there // 64] |= np.uint64(1) << np.uint64(there % 64)


@njit(cache=True)
def group(cones, out):
    """Number the agents of each world by the companies that their cones [worlds, agents, words] form."""
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
