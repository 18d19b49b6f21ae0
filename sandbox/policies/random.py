"""Every action with the same chance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sandbox.policies.seat import Seat
from sandbox.world.randomness import aside


@dataclass
class Random:
    """Every action with the same chance, drawn aside from the state's own randomness."""

    seat: Seat
    foreseeable: ClassVar[bool] = False

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]."""
        bits = aside(states, self.seat.agent) >> np.uint64(33)
        return (bits % np.uint64(len(self.seat.world.actions))).astype(np.int8)
