"""Choice: paid for what is left open to the others, who may be known to act in their own ways."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators import OUTCOMES, check_choice, check_horizon
from rewards.estimators.cared import cared_for, while_there
from rewards.estimators.choice import discrete_choice, entropic_choice, immediate_choice
from rewards.estimators.everyone import everyone
from rewards.estimators.once import in_portions, once
from rewards.estimators.walks import ENTROPY, random_play
from rewards.socket import Transition

FORMULA = (
    "sum over others j of log2 |supp P(o_j,t+n | s')| (discrete), H(o_j,t+n | pi_j, s') (entropic), "
    "H(o_j,t+1 | pi_j, s') (immediate), bits"
)
SOURCE = "Franzmeyer, Malinowski and Henriques 2022 (2107.09598), with exact probabilities"
FAILS = "entropic and immediate choice are blind to freedom that a steady policy does not use, and pay for accidents"
COST = "futures"

KINDS = ("discrete", "entropic", "immediate")


@dataclass(frozen=True)
class Choice:
    """The choice of the others after the step, in bits, each with the rest still.

    discrete: log2 of the number of outcomes n steps ahead that any actions lead to (the paper pays the number itself):
    without slips that is empowerment; with slips accidents count as choice. entropic: the entropy of the outcome under
    the other's own policy where it is known, else with all actions equally likely. immediate: the same one step ahead.
    Somebody who has left the world has no choice.

    Args:
        kind: discrete, entropic or immediate.
        horizon: steps looked ahead, from 1; immediate looks 1 ahead whatever it is.
        outcome: what is told apart at the end: the other's cell, its self, or the whole world.
        toward: the team that is cared for; everybody else when empty.
    """

    kind: str = "discrete"
    horizon: int = 3
    outcome: str = "cell"
    toward: str = ""

    def __post_init__(self) -> None:
        check_choice("kind", self.kind, KINDS)
        check_horizon(self.horizon)
        check_choice("outcome", self.outcome, OUTCOMES)

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Choice of all the others together, float64 [worlds], bits; 0 where there is nobody else."""
        others = cared_for(transition.dynamics, agent, self.toward)
        if not others:
            return np.zeros(len(transition.after))
        if self.kind == "discrete" and transition.dynamics.noise is None:
            paid = everyone(transition, others, self.horizon, self.outcome).sum(axis=1)
        elif self.kind == "discrete":
            paid = np.sum([self._of(transition, other) for other in others], axis=0)
        else:
            even = [other for other in others if _acts_evenly(transition, other)]
            steps = self.horizon if self.kind == "entropic" else 1
            paid = (
                random_play(transition, even, steps, self.outcome)[..., ENTROPY].sum(axis=1) if even else 0.0
            )
            for other in others:
                paid = paid + self._of(transition, other) if other not in even else paid
        return while_there(transition, agent, np.asarray(paid))

    def _of(self, transition: Transition, other: int) -> NDArray[np.float64]:
        """Choice of one other, float64 [worlds]; entropies are sums over futures, listed in portions."""
        known = transition.policies[other] if transition.policies else None
        policy: Callable[[NDArray[Any]], NDArray[np.float64]] | None = known and known.chances
        dynamics, outcome, horizon = transition.dynamics, self.outcome, self.horizon

        def answer(states: NDArray[Any]) -> NDArray[np.float64]:
            if self.kind == "discrete":
                return discrete_choice(dynamics, states, horizon, other, None, outcome=outcome).bits
            if self.kind == "entropic":
                return entropic_choice(
                    dynamics, states, horizon, other, None, 0, policy, outcome=outcome
                ).bits
            return immediate_choice(dynamics, states, other, policy, outcome=outcome).bits

        question = (self.kind, other, self.horizon, self.outcome)
        return once(transition, ("choice", *question), lambda: in_portions(transition.after, answer))


def _acts_evenly(transition: Transition, other: int) -> bool:
    """Whether all actions of another are equally likely, or taken for it since nobody knows."""
    known = transition.policies[other] if transition.policies else None
    return known is None or getattr(known, "even", False)
