"""Equality: paid for being neither more nor less empowered than the others."""

from dataclasses import dataclass

import numpy as np

from rewards.estimators.everyone import everyone

FORMULA = "-|E_n(i) - mean over others j of E_n(j)|, bits, after the step"
SOURCE = "this project"
FAILS = "levelling down: nobody can do anything, and all are equal"
COST = "futures"


@dataclass(frozen=True)
class Equality:
    """Minus the gap in bits between own empowerment and the mean of the others, `horizon` (steps, from 1) ahead."""

    horizon: int = 3

    def pay(self, transition, agent):
        """Minus the gap, float64 [worlds]."""
        agents = range(transition.dynamics.agent_count)
        bits = everyone(transition, agents, self.horizon)
        others = np.delete(bits, agent, axis=1)
        return -np.abs(bits[:, agent] - others.mean(axis=1)) if others.size else np.zeros(len(bits))
