"""What hangs on an agent's surroundings alone is worked out once for all states that look alike around it.

As long as only one agent acts, what it can bring about in n steps is settled by what lies within its cone: far
boxes, doors and agents may be as they like. A batch of worlds, and a long run, meets the same surroundings often.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rewards.estimators.cones import PLANES, SOLID, THING, Cone, as_bits, cone, known, within
from rewards.estimators.memo import Figures, Memo, Rows
from rewards.socket import Dynamics

Solve = Callable[[Rows], Figures]
"""Figures float64 [numbers, ...] for the rows of these numbers."""

MEMOS = 32
KEPT = 1 << 18
"""Tables kept, one for a question, and surroundings in each: some 40 MB for three steps."""

MOST_CELLS = 160
"""Cells of a cone up to which surroundings are looked up; with larger ones each state is one of its own."""

SEEN = 1 << 25
"""Bytes up to which it is kept what can be seen from where."""

OWN = {"cell": 16, "goal_pick": 16, "carrying": 8, "alive": 4, "reached": 4}
"""What is true of an agent itself, in bits of one word; the rest of the word says which agents are alike."""

ELSEWHERE = ("key_cell",)
"""What the map does not show: which key lies where."""

PER_AGENT = ("team_of", "may_use_door", "may_move_boxes", "goal_of", "has_goal")
"""What a level says of each agent, along its last axis; agents of which it says the same are alike."""


class Surroundings:
    """Figures of agents that act alone in one world, by what they have around them."""

    def __init__(self, dynamics: Dynamics) -> None:
        self._world: Any = weakref.ref(dynamics)
        self._sees: NDArray[np.uint64] | None = None
        self._memos: OrderedDict[Hashable, Memo] = OrderedDict()
        self._lock = threading.RLock()
        level, names = dynamics.level[0], dynamics.level.dtype.names or ()
        said = [np.atleast_2d(level[name]) for name in PER_AGENT if name in names]
        agents = range(dynamics.agent_count)
        columns = [b"".join(part[:, agent].tobytes() for part in said) for agent in agents]
        self._kind = np.array([columns.index(column) for column in columns], np.uint64)

    def figures(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        horizon: int,
        question: Hashable,
        solve: Solve,
        shape: tuple[int, ...] = (),
        beside: NDArray[np.integer] | None = None,
    ) -> NDArray[np.float64]:
        """What `solve` gives for each row, float64 [rows, *shape], asked only where it is not known yet.

        Row k is about what agent[k] can bring about in states[world[k]] within `horizon` steps. It may hang on the
        map within its cone, on the agent itself, and on the numbers `beside` [rows]; two rows that share these, and
        the `question`, share the figures.
        """
        found = cone(self._world(), states, horizon)
        if found.near.shape[1] + found.rim.shape[1] > MOST_CELLS:
            return solve(np.arange(len(world)))
        asked = horizon, question
        with self._lock:
            keys = self._keys(states, world, agent, found, beside)
            memo = self._memos.pop(asked, None) or Memo(keys.shape[1], shape, KEPT)
            self._memos[asked] = memo
            if len(self._memos) > MEMOS:
                self._memos.popitem(last=False)
            return memo.values(keys, solve)

    def apart(self, states: NDArray[Any], horizon: int) -> NDArray[np.bool_]:
        """Where an actor's next action is nothing to a perceiver's next `horizon` steps, [worlds, actors, perceivers].

        No cell that the one may change is one that the other may read.
        """
        agents = self._world().agent_count
        out = np.empty((len(states), agents, agents), np.bool_)
        miss(within(self._world(), states, 1), within(self._world(), states, horizon), out)
        return out

    def in_view(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        other: NDArray[np.integer],
        horizon: int,
    ) -> tuple[NDArray[np.uint64], tuple[NDArray[np.int32], NDArray[np.int32]] | None]:
        """Which of the cells that an agent's `horizon` steps may change another sees, as bits, uint64 [rows].

        With the cells, near ones and those of the rim, by where the agent is; None where they are too many: then it is
        said who the other is and where, never 0.
        """
        found, out = cone(self._world(), states, horizon), np.zeros(len(world), np.uint64)
        most = found.near.shape[1] + found.rim.shape[1]
        if most > 64 or len(found.near) ** 2 * self._world().agent_count > 8 * SEEN:
            place = states["cell"][world, other].astype(np.uint64) * np.uint64(1 << 32)
            return place + other.astype(np.uint64) + np.uint64(1), None
        if self._sees is None:
            self._sees = _sees(self._world(), states)
        overlap(
            states["cells"], states["cell"], world, agent, other,
            found.near, found.rim, found.onto, found.whole, self._sees, out,
        )  # fmt: skip
        return out, (found.near, found.rim)

    def _keys(
        self,
        states: NDArray[Any],
        world: NDArray[np.integer],
        agent: NDArray[np.integer],
        found: Cone,
        beside: NDArray[np.integer] | None,
    ) -> NDArray[np.uint64]:
        """All that each row may hang on, uint64 [rows, words]."""
        names = states.dtype.names or ()
        own, shift = self._kind[agent] << np.uint64(sum(OWN.values())), 0
        for name, bits in OWN.items():
            if name in names:
                part = states[name][world, agent].astype(np.uint64) & np.uint64((1 << bits) - 1)
                own |= part << np.uint64(shift)
            shift += bits
        more = [np.asarray(beside).astype(np.uint64)[:, None]] if beside is not None else []
        more += [states[name][world].astype(np.uint64) for name in ELSEWHERE if name in names]
        head = np.column_stack([own, *more])
        around = found.near.shape[1] + found.rim.shape[1]
        width = head.shape[1] + -(-around * PLANES // 8)
        keys = np.zeros((len(world), width), np.uint64)
        keys[:, : head.shape[1]] = head
        seen = keys.view(np.uint8)[:, 8 * head.shape[1] :]
        look(states["cells"], states["cell"], world, agent, found.near, found.rim, found.onto, seen)
        return keys


@njit(cache=True, nogil=True)
def look(planes, cell, world, agent, near, rim, onto, out):
    """Write what lies around each row's agent: on the near cells, then on the rim, or zeros where it does not count."""
    behind = PLANES * near.shape[1]
    for row in range(world.shape[0]):
        w = world[row]
        here = cell[w, agent[row]]
        for k in range(near.shape[1]):
            place = near[here, k]
            if place == 0:
                break
            for plane in range(PLANES):
                out[row, PLANES * k + plane] = planes[w, place, plane]
            if planes[w, place, THING] >= SOLID:
                for direction in range(onto.shape[2]):
                    end = onto[here, k, direction] - 1
                    for plane in range(PLANES if end >= 0 else 0):
                        out[row, behind + PLANES * end + plane] = planes[w, rim[here, end], plane]


def _sees(dynamics: Any, states: NDArray[Any]) -> NDArray[np.uint64]:
    """Which cells each agent sees from each cell, as bits [agents, cells, words]; asked on maps of cell numbers."""
    planes = states["cells"][0]
    cells, floor = np.arange(len(planes)), np.flatnonzero(planes[:, 0] != planes[0, 0])
    agents = np.arange(dynamics.agent_count)[:, None]
    out = np.zeros((len(agents), len(cells), -(-len(cells) // 64)), np.uint64)
    for cell in floor.tolist():
        there = np.zeros(1, states.dtype)
        there["cell"], there["alive"] = cell, 1
        there["cells"][0, :, 0], there["cells"][0, :, 1] = cells & 255, cells >> 8
        shown = dynamics.observe(there)[0].astype(np.intp)
        seen = np.zeros((len(agents), len(cells)), np.bool_)
        seen[agents, (shown[..., 0] + 256 * shown[..., 1]).reshape(len(agents), -1)] = True
        seen[:, 0] = False  # what lies outside a view looks like cell 0, where nothing ever happens
        out[:, cell] = as_bits(seen)
    return out


@njit(cache=True, nogil=True)
def overlap(planes, cell, world, agent, other, near, rim, onto, whole, sees, out):
    """Bits [rows] of the cells around each row's agent that each row's other sees: near ones, then those of the rim.

    sees [agents, cells, words]: what an agent sees from each cell, as bits; whole [cells, words]: all that lies around.
    """
    one = np.uint64(1)
    for row in range(world.shape[0]):
        w = world[row]
        here, there = cell[w, agent[row]], cell[w, other[row]]
        seen, both = sees[other[row], there], np.uint64(0)
        for word in range(seen.shape[0]):
            both |= seen[word] & whole[here, word]
        if both == 0:
            continue
        for k in range(near.shape[1]):
            place = near[here, k]
            if place == 0:
                break
            out[row] |= (seen[place >> 6] >> np.uint64(place & 63) & one) << np.uint64(k)
            if planes[w, place, THING] >= SOLID:
                for direction in range(onto.shape[2]):
                    end = onto[here, k, direction] - 1
                    if end >= 0:
                        edge = rim[here, end]
                        shows = seen[edge >> 6] >> np.uint64(edge & 63) & one
                        out[row] |= shows << np.uint64(near.shape[1] + end)


@njit(cache=True, nogil=True)
def miss(writes, reads, out):
    """Whether the cells that one agent writes, and another reads, bits [worlds, agents, words], miss each other."""
    for w in range(out.shape[0]):
        for one in range(out.shape[1]):
            for other in range(out.shape[2]):
                both = np.uint64(0)
                for k in range(reads.shape[2]):
                    both |= writes[w, one, k] & reads[w, other, k]
                out[w, one, other] = both == 0


_kept: WeakKeyDictionary[Dynamics, Surroundings] = WeakKeyDictionary()


def surroundings(dynamics: Dynamics, states: NDArray[Any]) -> Surroundings | None:
    """The surroundings of a world, kept as long as it is; None where its rules are not known, or nobody is apart."""
    if dynamics.agent_count == 1 or not len(states) or not known(dynamics, states):
        return None
    if dynamics not in _kept:
        _kept[dynamics] = Surroundings(dynamics)
    return _kept[dynamics]
