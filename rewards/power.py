"""Power: paid for what a situation is worth on average, whatever one may come to want."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import check_choice
from rewards.estimators.situations import (
    Situations,
    check_discount,
    lacks_cells,
    situations,
    total,
    uniform,
)
from rewards.socket import Dynamics, Transition

FORMULA = "(1-g)/g E_R [ V*_R(s') - R(s') ], R(x) i.i.d. uniform in 0..1"
SOURCE = "Turner et al. 2021, definition 5.2; for two: after Harris and Suo 2022"
FAILS = "vacuous options: situations count alike whether or not anybody would ever want them"
COST = "solver"

Step = Callable[[NDArray[np.float64]], NDArray[np.float64]]
ERROR = 1e-9
"""How far the power of two may be from the true one: all situations take equally many sweeps, whatever the company."""
AMONG = ("still", "two")
OVER = ("cell", "situation")
WHOSE = ("own", "others")


@dataclass(frozen=True)
class Power:
    """POWER_D(s, g) of Turner et al., "Optimal policies tend to seek power" (2021, arXiv:1912.01683), in 0..1.

    The mean over `draws` seeded reward functions R of (1-g)/g (V*_R - R), which is the mean reward per step of one who
    moves best from the next step on. Alone, everybody else is still.

    Among two, after Harris and Suo's POWERplay, as formalised here: in each step H acts, then A, who sees it, and the
    rest is still. H does what is best by its reward R_H if A acted at random; A does what is best by R_A against that
    H. At each place R_A is R_H with chance `correlation`, else drawn apart. A's power is its optimal value, H's is the
    value of what it does, against that A. The paid agent is A; with several others, the mean over pairs.

    Args:
        gamma: discount of one step, between 0 and 1; near 1, what is far away counts.
        draws: reward functions, from 1.
        seed: of the draws, from 0.
        over: what rewards hang on: the cell of the one who has them, or the whole situation.
        among: still (all but one) or two (each pair acts).
        correlation: chance that A is rewarded as H at a place, 0 to 1; among two.
        whose: power of oneself (own), or mean of the others'.
    """

    gamma: float = 0.9
    draws: int = 50
    seed: int = 0
    over: str = "cell"
    among: str = "still"
    correlation: float = 0.0
    whose: str = "own"

    def __post_init__(self) -> None:
        check_discount(self.gamma)
        check_choice("over", self.over, OVER)
        check_choice("among", self.among, AMONG)
        check_choice("whose", self.whose, WHOSE)
        if self.draws < 1:
            raise ValueError(f"draws must be at least 1, not {self.draws}")
        if self.seed < 0:
            raise ValueError(f"seed must be 0 or more, not {self.seed}")
        if not 0 <= self.correlation <= 1:
            raise ValueError(f"correlation must lie in 0..1, not {self.correlation}")

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """Cells, if rewards hang on them."""
        return lacks_cells(dynamics) if self.over == "cell" else ""

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Power after the step, float64 [worlds]; 0 for the dead, and where it is the others' and there are none."""
        dynamics, after = transition.dynamics, transition.after
        others = [other for other in range(dynamics.agent_count) if other != agent]
        alive = dynamics.alive(after)
        if self.among == "still":
            counted = [agent] if self.whose == "own" else others
            paid = [self._alone(dynamics, after, each) * alive[:, each] for each in counted]
        else:
            pairs = [self.pair(dynamics, after, other, agent) for other in others]
            side = int(self.whose == "own")
            paid = [
                pair[side] * alive[:, (other, agent)[side]] for pair, other in zip(pairs, others, strict=True)
            ]
        return np.mean(paid, axis=0) * alive[:, agent] if paid else np.zeros(len(after))

    def pair(self, dynamics: Dynamics, states: NDArray[Any], first: int, second: int) -> NDArray[np.float64]:
        """Power of H = `first` and of A = `second` among the two, float64 [2, worlds]."""
        table = situations(dynamics, first, second)
        numbers = table.numbers(states)
        known = table.kept.get(self, np.empty((2, 0)))
        if (begin := known.shape[1]) < table.count:
            new = np.empty((2, table.count))
            new[:, :begin] = known
            rows = _all_ahead(table, np.arange(begin, table.count))
            new[:, rows] = self._solved(dynamics, table, rows)
            known = table.kept[self] = new
        return known[:, numbers]

    def _alone(self, dynamics: Dynamics, states: NDArray[Any], agent: int) -> NDArray[np.float64]:
        table = situations(dynamics, agent)
        numbers = table.numbers(states)

        def rewards(found: NDArray[Any]) -> NDArray[np.float64]:
            return self._rewards(dynamics, found, agent, self.seed)

        values = table.values(("power", self.draws, self.seed, self.over), rewards, self.gamma)
        own = rewards(states)
        return (1 - self.gamma) / self.gamma * total(values[numbers] - own) / self.draws

    def _rewards(self, dynamics: Any, states: NDArray[Any], agent: int, seed: int) -> NDArray[np.float64]:
        words = dynamics.cells(states)[:, agent] if self.over == "cell" else dynamics.key(states)
        return uniform(words, self.draws, seed)

    def _solved(self, dynamics: Dynamics, table: Situations, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Power of H and of A in the situations `rows`, from which one comes to no others, float64 [2, rows]."""
        first, second = table.actors
        states, place = table.states[rows], np.zeros(table.count, np.int64)
        place[rows] = np.arange(len(rows))
        of_first = self._rewards(dynamics, states, first, 3 * self.seed)
        same = self._rewards(dynamics, states, second, 3 * self.seed + 2) < self.correlation
        apart = self._rewards(dynamics, states, second, 3 * self.seed + 1)
        of_second = np.where(same, self._rewards(dynamics, states, second, 3 * self.seed), apart)
        ahead = place[table.next[rows]]
        count, room = ahead.shape[-1], np.empty_like(of_first)

        def acts(place: int, worth: NDArray[np.float64]) -> NDArray[np.float64]:
            return table.choose(worth[ahead[:, place]])  # [situations, actions, draws]

        def together(combine: np.ufunc, place: int, worth: NDArray[np.float64]) -> NDArray[np.float64]:
            """Of all actions, one after the other: [situations, draws]."""
            if dynamics.noise is not None:
                return combine.reduce(acts(place, worth), axis=1)
            found = worth[ahead[:, place, 0]]
            for action in range(1, count):
                np.take(worth, ahead[:, place, action], axis=0, out=room, mode="clip")
                combine(found, room, out=found)
            return found

        def at_random(worth: NDArray[np.float64]) -> NDArray[np.float64]:
            return together(np.add, 1, worth) / count

        def settled(step: Step, own: NDArray[np.float64]) -> NDArray[np.float64]:
            worth = np.zeros_like(own)
            for _ in range(math.ceil(math.log(ERROR) / math.log(self.gamma))):
                worth = step(worth)
                worth *= self.gamma
                worth += own
            return worth

        draw = np.arange(self.draws)

        def doing(place: int, what: NDArray[np.int64]) -> Step:
            if dynamics.noise is not None:
                return lambda worth: np.take_along_axis(acts(place, worth), what[:, None], axis=1)[:, 0]
            to = np.take_along_axis(ahead[:, place], what, axis=1) * self.draws + draw
            return lambda worth: worth.ravel()[to]

        expected = settled(lambda v: together(np.maximum, 0, at_random(v)), of_first)
        first_acts = doing(0, acts(0, at_random(expected)).argmax(axis=1))
        best = settled(lambda v: first_acts(together(np.maximum, 1, v)), of_second)
        second_acts = doing(1, acts(1, best).argmax(axis=1))
        held = settled(lambda v: first_acts(second_acts(v)), of_first)
        over = (1 - self.gamma) / self.gamma / self.draws
        return over * np.stack((total(held - of_first), total(best - of_second)))


def _all_ahead(table: Situations, begin: NDArray[np.int64]) -> NDArray[np.int64]:
    """The situations to which these lead and they themselves, in order."""
    met = np.zeros(table.count, bool)
    while len(begin):
        met[begin] = True
        begin = np.unique(table.next[begin])
        begin = begin[~met[begin]]
    return np.flatnonzero(met)
