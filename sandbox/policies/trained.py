"""What a training run has learned, from its last checkpoint."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sandbox.policies.seat import Seat


@dataclass
class Trained:
    """Acts as the learner of a run does when it is judged, or by the probabilities that it gives.

    Args:
        seat: the agent it acts for; its team or group has to be one that the run trained.
        run: the run's folder.
        greedy: whether it takes the best action; else it draws, from the state's own randomness.
    """

    seat: Seat
    run: str = ""
    greedy: bool = True
    foreseeable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Load what was learned."""
        from sandbox.training.acting import Learned, load  # torch, which all other policies do without

        if not self.run:
            raise ValueError(
                "trained: run has to be the folder of a run, as in {trained: {run: runs/doorway}}"
            )
        world, agent = self.seat.world, self.seat.agent
        actors = load(self.run, world)
        actor = next((each for each in actors.values() if agent in each.agents), None)
        if actor is None:
            raise ValueError(f"trained: {self.run} trained {', '.join(actors)}, not {world.agent_ids[agent]}")
        self._learned = Learned(actor, agent, self.greedy)

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]."""
        return self._learned.act(states)

    def chances(self, states: np.ndarray) -> np.ndarray:
        """Probability of each action, float64 [worlds, actions]."""
        return self._learned.chances(states)
