"""What policies do in a state, as probabilities: their whims are chance to everybody who does not know the seed."""

from dataclasses import dataclass
from math import lcm
from typing import Any

import numpy as np

from sandbox.policies.planner import TIE, Planner
from sandbox.policies.random import Random
from sandbox.policies.scripted import Scripted
from sandbox.policies.seat import Policy
from sandbox.world import turns
from sandbox.world.randomness import keys
from sandbox.world.world import World

TURNS = 4  # a scripted walker turns its four directions by chance to choose among equal ones


def chances(policy: Policy, states: np.ndarray, action_count: int, period: int) -> np.ndarray:
    """Probability of each action, float64 [worlds, actions]; the states' own randomness plays no part.

    A policy that is not known here may say so itself by a method `chances(states)`; otherwise it has to do the same
    whatever the randomness and however often `period` steps have passed.

    Raises:
        ValueError: the policy's chances cannot be told; one line.
    """
    shape = (len(states), action_count)
    if not len(states):
        return np.zeros(shape)
    if isinstance(policy, Random):
        return np.full(shape, 1 / action_count)
    if isinstance(policy, Scripted):
        return _scripted(policy, states, shape)
    if isinstance(policy, Planner):
        values = policy.values(states)
        if not np.allclose(values, policy.values(_otherwise(states, 1, 0)), rtol=0, atol=TIE):
            raise ValueError(
                "a planner with `others: policy` foresees the others' whims: its chances cannot be told"
            )
        best = values >= values.max(axis=1, keepdims=True) - TIE
        return best / best.sum(axis=1, keepdims=True)
    own = getattr(policy, "chances", None)
    if own is not None:
        return np.asarray(own(states), np.float64).reshape(shape)
    acted = [policy.act(_otherwise(states, seed, (seed + 1) * period)) for seed in range(3)]
    if any(not np.array_equal(acted[0], actions) for actions in acted[1:]):
        raise ValueError(
            f"policy {type(policy).__name__.lower()} acts by chance or by the clock: give it a method `chances`"
        )
    return np.eye(action_count)[acted[0]]


@dataclass(frozen=True)
class Mind:
    """What a policy will do, for whoever asks what it would do elsewhere; `chances(states)` as of the policies of a
    `rewards.Transition`.
    """

    policy: Policy
    action_count: int
    period: int

    @property
    def even(self) -> bool:
        """Whether all actions are equally likely everywhere."""
        return isinstance(self.policy, Random)

    def chances(self, states: np.ndarray) -> np.ndarray:
        """Probability of each action, float64 [worlds, actions]."""
        return chances(self.policy, states, self.action_count, self.period)


def minds(world: World, policies: list[Policy]) -> list[Mind | None]:
    """The mind of each policy; None for one whose chances cannot be told."""
    found = []
    for policy in policies:
        foresees = isinstance(policy, Planner) and policy.others == "policy"
        known = isinstance(policy, Random | Scripted | Planner) or hasattr(policy, "chances")
        found.append(
            Mind(policy, len(world.actions), period(world, policies)) if known and not foresees else None
        )
    return found


def period(world: World, policies: list[Policy]) -> int:
    """Steps after which ties and patrols are as before: what has to be known of the clock."""
    count, most = world.agent_count, 2 * world.agent_count
    rank: Any = turns.rank
    order = [[rank.py_func(clock, agent, 0, count) for agent in range(count)] for clock in range(most)]
    ties = next(each for each in range(1, most + 1) if most % each == 0 and order[each:] == order[:-each])
    return lcm(ties, *(int(getattr(policy, "period", 1)) for policy in policies))


def _otherwise(states: np.ndarray, seed: int, later: int) -> np.ndarray:
    """The same states with other randomness, `later` steps on."""
    states = states.copy()
    states["rng_key"] = keys(seed, len(states))
    states["clock"] += later
    return states


def _scripted(policy: Scripted, states: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """What `Scripted.act` does under each of its equally likely turns, all states at once."""
    index = np.arange(len(states))
    if policy.do not in ("goal", "patrol"):
        return np.eye(shape[1])[policy.act(states)]
    found = np.zeros(shape)
    for turn in range(TURNS):
        found[index, policy.walk(states, np.full(len(states), turn))] += 1 / TURNS
    return found
