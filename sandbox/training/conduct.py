"""What policies do in a state, as probabilities: their whims are chance to everybody who does not know the seed."""

from math import lcm
from typing import Any

import numpy as np

from sandbox.policies.planner import TIE, Planner
from sandbox.policies.random import Random
from sandbox.policies.scripted import FAR, STEERING_COUNT, UNREACHABLE, Scripted
from sandbox.policies.seat import Policy
from sandbox.training import conduct_kernels
from sandbox.world import turns
from sandbox.world.codes import GROUND, SOLID, THING, WALL
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
    """What `Scripted.act` does under each of its equally likely turns, all states at once.

    It is what holds up the solver where walls of boxes make many maps; the tests compare it with `act`.
    """
    found = np.zeros(shape)
    found[:, 0] = 1
    if policy.do not in ("goal", "patrol"):
        return np.eye(shape[1])[policy.act(states)]
    world, agent, index = policy.seat.world, policy.seat.agent, np.arange(len(states))
    planes = states["cells"]
    solid = (planes[:, :, GROUND] >= SOLID) | (planes[:, :, THING] >= SOLID)
    group, which = _groups(policy, states, solid)
    targets = policy._targets(states[group])
    distances = np.full((len(group), solid.shape[1]), UNREACHABLE)
    first = world.first_words.view(world.state_type)[0]["cells"][:, GROUND]
    for each, cells in enumerate(targets):
        if cells:
            distances[each, list(cells)] = 0
    conduct_kernels.walk(world.level[0]["neighbour"], first == WALL, solid[group], FAR, distances)
    here = states["cell"][:, agent].astype(np.int64)
    reach = world.level[0]["neighbour"][here]
    occupied = states["who"][index[:, None], reach] != 0
    occupied[:, 0] = False
    steer = np.arange(STEERING_COUNT)
    score = distances[which[:, None], reach] * 8 + 4 * occupied
    score[solid[index[:, None], reach] & (steer > 0)] = UNREACHABLE * 16
    goes = np.array([bool(cells) for cells in targets])[which] & (states["alive"][:, agent] != 0)
    found[goes, 0] = 0
    for turn in range(TURNS):
        action = (score + (steer + turn) % TURNS * (steer > 0)).argmin(axis=1)
        found[index[goes], action[goes]] += 1 / TURNS
    return found


def _groups(policy: Scripted, states: np.ndarray, solid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One state of each group with the same barred cells and targets, and the group of each state."""
    aims = states["clock"][:, None] if policy.do == "patrol" else np.zeros((len(states), 1), np.int32)
    if policy.do == "goal" and "goal_pick" in (states.dtype.names or ()):
        aims = states["goal_pick"][:, policy.seat.agent].astype(np.int32)[:, None]
    rows = np.concatenate([np.packbits(solid, axis=1), np.ascontiguousarray(aims).view(np.uint8)], axis=1)
    rows = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, group, which = np.unique(rows, return_index=True, return_inverse=True)
    return group, which
