"""Coupled: paid for own power, the power of others, and power over what becomes of others, weighted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon, estimate
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.everyone import everyone
from rewards.estimators.once import in_portions, once
from rewards.estimators.onlookers import seen, shown
from rewards.socket import Dynamics, Transition

FORMULA = "w_self E_n(i -> i | s') + sum over others j of w_others E_n(j -> j | s') + w_transfer E_n(i -> j | s'), bits"
SOURCE = (
    "Guckelsberger, Salge and Colton 2016: coupled empowerment; weights: supportive one in cem-experiments"
)
FAILS = "clinging: with transfer it stays in sight of the other, since only there it changes what that sees"
COST = "futures"


@dataclass(frozen=True)
class Coupled:
    """Empowerment of three kinds of pairs, actor -> perceiver, after the step; in bits, all but the actor still.

    The pairs of coupled empowerment maximisation (Guckelsberger, Salge, Colton, "Intrinsically motivated general
    companion NPCs via coupled empowerment maximisation", 2016): oneself, each other, and from oneself to each other
    (transfer): to what the other sees and where it is, as there. There an action is chosen by what is expected after
    it, which a learner that looks one step ahead does with this pay too. Somebody who is gone counts as 0 bits.
    Negative weights make an opponent.

    Args:
        own: weight of own empowerment, any number.
        others: weight of each other's own empowerment, any number.
        transfer: weight of own empowerment over what each other sees, any number; 0 saves its cost.
        horizon: steps looked ahead, from 1.
        outcome: what is told apart at the end, but for transfer: own cell, own self, or the whole world.
        toward: the team of those who count as others; everybody else when empty.
    """

    own: float = 0.2
    others: float = 0.5
    transfer: float = 0.3
    horizon: int = 2
    outcome: str = "cell"
    toward: str = ""

    def __post_init__(self) -> None:
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)
        for name in ("own", "others", "transfer"):
            if not np.isfinite(getattr(self, name)):
                raise ValueError(f"{name} has to be a finite number, not {getattr(self, name)!r}")

    def lacks(self, dynamics: Dynamics, agent: int) -> str:
        """What the world would need."""
        sees = hasattr(dynamics, "observe") or not self.transfer
        return "" if sees else "needs a world in which agents see, unless transfer is 0"

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Weighted bits of all pairs, float64 [worlds]; 0 to one that is alone."""
        others = cared_for(transition.dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))
        bits = everyone(transition, [agent, *others], self.horizon, self.outcome)
        paid = self.own * bits[:, 0] + self.others * bits[:, 1:].sum(axis=1)
        if self.transfer:
            paid += self.transfer * self._onto(transition, agent, others).sum(axis=1)
        return while_there(transition, agent, paid)

    def _onto(self, transition: Transition, agent: int, others: list[int]) -> NDArray[np.float64]:
        """Transfer empowerment, bits [worlds, others]: what each will see, and where it is, by actions of `agent`."""
        dynamics: Any = transition.dynamics
        if dynamics.noise is not None:
            return np.stack([self._noisily(transition, agent, other) for other in others], axis=1)
        return np.log2(shown(transition, [(agent, other) for other in others], self.horizon))

    def _noisily(self, transition: Transition, agent: int, other: int) -> NDArray[np.float64]:
        """The same onto one other where actions go wrong, bits [worlds]."""
        dynamics: Any = transition.dynamics

        def answer(states: NDArray[Any]) -> NDArray[np.float64]:
            outcome: Any = lambda dynamics, states: seen(dynamics, states, other, dynamics.observe(states))  # noqa: E731
            asked: Any = {"agent": agent, "perceiver": other, "outcome": outcome}
            return estimate(dynamics, states, self.horizon, **asked).bits

        question = ("onto", agent, other, self.horizon)
        return once(transition, question, lambda: in_portions(transition.after, answer))
