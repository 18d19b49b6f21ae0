"""Influence: pays for having changed what the others will do next, in bits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.cared import while_there
from rewards.estimators.once import DIGITS
from rewards.socket import Transition

FORMULA = (
    "c = sum over others j of KL( p(a_j | s'(a_i)) || sum_a p(a | s) p(a_j | s'(a)) ), bits; -c with sign=-1"
)
SOURCE = "Jaques et al. 2019, equation 1; moves are simultaneous here, so it is the others' next action"
FAILS = "being in the way is influence too; others whose policies are not known count nothing"
COST = "futures"

SIGNS = (1, -1)


@dataclass(frozen=True)
class Influence:
    """How far the others' next choices are from what they would have been, had the agent's own choice been left open.

    For each own action a the step is imagined with what the others did, and each other is asked what it would do in
    the state s'(a) that follows. Policies are those of the transition: another's that is not known counts as 0 bits;
    one's own that is not known counts as choosing any action alike. Who would be gone stays put; who is gone counts 0.
    The expectation under one's own policy is the information I(a_i; a_j | s).

    Args:
        sign: 1 pays for influence, -1 for leaving the others to themselves.
    """

    sign: int = 1

    def __post_init__(self) -> None:
        if self.sign not in SIGNS:
            raise ValueError(f"sign has to be 1 or -1, not {self.sign!r}")

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Influence on all others whose policies are known, float64 [worlds], bits; 0 for one who is gone."""
        dynamics, policies, before = transition.dynamics, transition.policies, transition.before
        total, actions = np.zeros(len(before)), len(dynamics.actions)
        known = [other for other, policy in enumerate(policies) if other != agent and policy is not None]
        if not known or not len(before):
            return total
        own = policies[agent]
        choice = np.full((len(before), actions), 1 / actions) if own is None else own.chances(before)
        futures = []
        for action in range(actions):
            joint = np.array(transition.actions)
            joint[:, agent] = action
            futures.append(dynamics.imagine(before, joint))
        alive = np.stack([dynamics.alive(states) for states in futures])
        taken = np.asarray(transition.actions)[:, agent], np.arange(len(before))
        for other in known:
            would: Any = np.stack([policies[other].chances(states) for states in futures])
            if not alive[:, :, other].all():
                would = np.where(alive[:, :, other, None], would, np.eye(actions)[0])
            mean, did = np.einsum("wa,awb->wb", choice, would), would[taken]
            some = (did > 0) & (mean > 0)
            ratio = np.divide(did, mean, where=some, out=np.ones_like(did))
            bits = (did * np.log2(ratio)).sum(axis=1)
            total += np.where(alive[(*taken, other)], bits, 0.0)
        return self.sign * while_there(transition, agent, np.round(total, DIGITS))
