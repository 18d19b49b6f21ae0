"""Looks ahead in the world itself and takes the action with the best expected sum of its rewards."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rewards.socket import Transition
from sandbox.policies.seat import Seat
from sandbox.world.randomness import aside

TIE = 1e-9
MOST_STATES = 200_000


@dataclass
class Planner:
    """Expands all futures of its own actions, merging states that are equal, and works out the best plan backwards.

    Its own slips enter as the exact expectation over executed actions. Others keep still, or with `others: policy`
    do what their own policy says (those whose policy cannot be foreseen, planners and chance, keep still).

    Args:
        seat: the agent it acts for.
        depth: steps looked ahead.
        discount: weight of a reward one step later, 0..1.
        others: `still` or `policy`.
    """

    seat: Seat
    depth: int = 3
    discount: float = 0.95
    others: Literal["still", "policy"] = "still"
    foreseeable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the parameters."""
        if self.depth < 1:
            raise ValueError(f"planner: depth must be at least 1 step, not {self.depth}")
        if not 0 <= self.discount <= 1:
            raise ValueError(f"planner: discount must lie in 0..1, not {self.discount}")

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]; ties are broken by the state's randomness."""
        if not len(states):
            return np.zeros(0, np.int8)
        values = self.values(states)
        best = values >= values.max(axis=1, keepdims=True) - TIE
        count = best.sum(axis=1).astype(np.uint64)
        pick = ((aside(states, 2000 + self.seat.agent) >> np.uint64(33)) % count).astype(np.int64)
        return ((best.cumsum(axis=1) > pick[:, None]) & best).argmax(axis=1).astype(np.int8)

    def values(self, states: np.ndarray) -> np.ndarray:
        """Expected discounted reward of each first action, float64 [worlds, actions]."""
        layers = []
        frontier, root = self._merged(states)
        for _ in range(self.depth):
            rewards, after = self._outcomes(frontier)
            ahead, successor = self._merged(after)
            layers.append((rewards, successor.reshape(rewards.shape)))
            frontier = ahead
        worth = np.zeros(len(frontier))
        values = worth
        for rewards, successor in reversed(layers):
            values = rewards + self.discount * worth[successor]
            if self.seat.world.noise is not None:
                values = values @ self.seat.world.noise.T
            worth = values.max(axis=1)
        return values[root]

    def _outcomes(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Reward [states, actions] of each executed action, and what follows, records [states * actions]."""
        world, agent = self.seat.world, self.seat.agent
        count = len(world.actions)
        if len(states) * count > MOST_STATES:
            raise ValueError(
                f"planner: looking {self.depth} steps ahead meets more than {MOST_STATES:,} states; lower its depth"
            )
        joint = np.zeros((len(states), world.agent_count), np.int8)
        if self.others == "policy":
            for other, policy in enumerate(self.seat.company):
                if other != agent and policy.foreseeable:
                    joint[:, other] = policy.act(states)
        before, joint = np.repeat(states, count), np.repeat(joint, count, axis=0)
        joint[:, agent] = np.tile(np.arange(count), len(states))
        after = world.imagine(before, joint)
        rewards = self.seat.mix.pay(Transition(world, before, joint, after), agent)
        ended = (before["over"] != 0) | (before["alive"][:, agent] == 0)
        return np.where(ended, 0.0, rewards).reshape(-1, count), after

    def _merged(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each different state once, and which of them each given state is."""
        world = self.seat.world
        keys = np.column_stack([world.key(states), states["clock"].astype(np.uint64)])
        rows = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.shape[1] * 8))).ravel()
        _, first, which = np.unique(rows, return_index=True, return_inverse=True)
        return states[first], which
