"""Exact empowerment with noise in the own actions: capacity of the channel from sequences to outcomes."""

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.capacity import bounds_of, channel_capacity
from rewards.estimators.neighbourhood import Graphs, Neighbourhoods, Table, canonical, spread, symmetries
from rewards.estimators.prefix_kernels import channels
from rewards.estimators.reachable import rows_of_words
from rewards.socket import Dynamics

PREFIX_LIMIT = 20_000
TOLERANCE = 1e-9
CHUNK = 1 << 12
"""States that are looked up together."""

FIRST_ROOM = 1 << 18
TABLES = 16

_lock = threading.Lock()


class Solved:
    """Capacities of neighbourhoods for one horizon and one noise, whatever the world.

    One table is by the graph as it was found, the other by its canonical form, which all turned and mirrored
    neighbourhoods share.
    """

    def __init__(self, actions: tuple[str, ...], horizon: int, noise: NDArray[np.float64]) -> None:
        self._horizon = horizon
        self._noise = noise
        self._orders = symmetries(actions, noise)
        self._found, self._canonical = Table(), Table()

    def __len__(self) -> int:
        return len(self._canonical)

    def bounds(self, graphs: Graphs) -> NDArray[np.float64]:
        """Bounds [graphs, 2] of the capacities in bits."""

        def solve(chosen: NDArray[np.int64]) -> NDArray[np.float64]:
            forms = canonical(graphs, chosen, self._orders)
            return self._canonical.bounds(forms, lambda unknown: self._solve(forms, unknown))

        return self._found.bounds(graphs, solve)

    def _solve(self, graphs: Graphs, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        bounds = np.empty((len(chosen), 2))

        def work(first: int, last: int, thread: int) -> None:
            room = np.empty(FIRST_ROOM)
            while first < last:
                starts, shapes = np.empty(last - first, np.int64), np.empty((last - first, 2), np.int64)
                done = channels(
                    *graphs,
                    chosen[first:last],
                    self._noise,
                    self._horizon,
                    PREFIX_LIMIT,
                    room,
                    starts,
                    shapes,
                )
                if not shapes[: max(done, 1), 0].all():
                    raise ValueError(
                        f"horizon {self._horizon} with noise keeps more than {PREFIX_LIMIT} action sequences "
                        "apart: lower the horizon, or use noise=None"
                    )
                if not done:
                    room = np.empty(int(shapes[0].prod()))
                    continue
                found, _ = bounds_of(room, starts[:done], shapes[:done], TOLERANCE)
                for k in np.flatnonzero(found[:, 1] - found[:, 0] > TOLERANCE).tolist():
                    channel = room[starts[k] : starts[k] + shapes[k].prod()].reshape(shapes[k])
                    slow = channel_capacity(channel, TOLERANCE)
                    found[k] = max(found[k, 0], slow.lower), min(found[k, 1], slow.upper)
                bounds[first : first + done] = found
                first += done

        spread(len(chosen), work)
        return bounds


_solved: OrderedDict[tuple, Solved] = OrderedDict()


def solved(actions: tuple[str, ...], horizon: int, noise: NDArray[np.float64]) -> Solved:
    """The tables for this horizon and noise; of those asked for lately, 16 are kept, for all worlds."""
    question = (actions, horizon, noise.tobytes())
    tables = _solved.pop(question, None) or Solved(actions, horizon, noise.copy())
    _solved[question] = tables
    if len(_solved) > TABLES:
        _solved.popitem(last=False)
    return tables


class Noisy:
    """Exact empowerment with noise in the own actions, in one world; callers wait for one another."""

    def __init__(self, dynamics: Dynamics) -> None:
        self._neighbourhoods = Neighbourhoods(dynamics)
        self._actions = tuple(dynamics.actions)

    def bounds(
        self,
        states: NDArray[Any],
        agent: int,
        perceiver: int,
        outcome: int,
        horizon: int,
        noise: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Lower and upper bound in bits on the empowerment of each state, float64 [worlds, 2].

        They are 1e-9 bits apart on all but ill-conditioned channels. Action sequences are never listed:
        prefixes that lead to the same distribution of merged states are one. Neighbourhoods (who leads where,
        and what is told apart) that were solved before are looked up, also turned and mirrored, from whatever
        world they came. Raises ValueError when more than 20,000 prefixes stay distinct.
        """
        words = rows_of_words(states)
        out = np.empty((len(words), 2))
        for first in range(0, len(words), CHUNK):
            some = words[first : first + CHUNK]
            with _lock:  # the tables are shared by all worlds
                tables = solved(self._actions, horizon, noise)
                graphs = self._neighbourhoods.graphs(some, states.dtype, agent, perceiver, outcome, horizon)
                out[first : first + CHUNK] = tables.bounds(graphs)
        return out
