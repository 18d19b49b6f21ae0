"""Equality: paid for being neither more nor less empowered than the others."""

from dataclasses import dataclass

import numpy as np

from rewards.estimators import empowerment


@dataclass(frozen=True)
class Equality:
    """Minus the gap in bits between own empowerment and the mean of the others, after the step."""

    horizon: int = 3

    def pay(self, transition, agent):
        """Minus the gap, float64 [worlds]."""
        world, states = transition.dynamics, transition.after
        bits = [empowerment(world, states, self.horizon, agent=each) for each in range(world.agent_count)]
        own = bits.pop(agent)
        return -np.abs(own - np.mean(bits, axis=0)) if bits else np.zeros(len(states))
