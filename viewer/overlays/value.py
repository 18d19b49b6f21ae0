"""What it is worth to the selected agent to stand on each cell."""

from typing import Any

import numpy as np

from rewards.socket import Transition
from viewer.overlay import Layer, View, limits, portions
from viewer.standing import laid, left, occupied, places, standing

NAME = "Value of standing here"
KEY = "7"
UNIT = "reward"
HEAVY = True
needs = "states agent mixes minds critics"

GAMMA = 0.95
"""Weight of a reward one step later."""
MOST_SWEEPS = 1_000
MOST = 3_000
"""Situations beyond which no further steps are looked ahead."""


def look(view: View) -> Layer:
    """By the agent's trained critic, or else exactly: in all, or for as many steps as few enough situations follow."""
    title = f"Value of standing here for {view.name}"
    if view.gone:
        return Layer(title, UNIT, notes=(left(view),))
    cells = places(view)
    states = standing(view, cells)
    critic = view.critics[view.agent] if view.critics else None
    if critic is not None:
        values, note = np.asarray(critic(states), np.float64), "what its trained critic expects"
    else:
        values, steps = best_values(view, states)
        ahead = "in all" if steps is None else f"in {steps} step{'s' * (steps != 1)}"
        note = f"the most it can get {ahead}, each later step x {GAMMA:g}, others still"
    found = laid(view, cells, values)
    low, high = limits(found)
    here = found[view.positions[view.agent]]
    return Layer(
        title, UNIT, found, low, high, occupied=occupied(view),
        notes=(note, f"where it stands: {here:.2f}"),
    )  # fmt: skip


def best_values(view: View, states: np.ndarray) -> tuple[np.ndarray, int | None]:
    """Largest discounted sum of rewards from each state, float64 [worlds], and of how many steps.

    V(s) = max_a E[r(s, a, s') + GAMMA V(s')] over the situations that the agent alone can bring about, without end
    (steps None); or, where they are too many, of the steps that lead to no more than MOST of them, at least one. 0 from
    the end of an episode.
    """
    world, agent, actions = view.world, view.agent, len(view.world.actions)
    number: dict[bytes, int] = {}
    kept: list[Any] = []

    def numbered(some: np.ndarray) -> np.ndarray:
        found = np.empty(len(some), np.int64)
        for k, key in enumerate(np.column_stack([world.key(some), some["over"].astype(np.uint64)])):
            name = key.tobytes()
            if name not in number:
                number[name] = len(number)
                kept.append(some[k : k + 1])
            found[k] = number[name]
        return found

    roots, done, steps = numbered(states), 0, 0
    following, pay = [], []
    while done < len(number) and (not steps or len(number) <= MOST):
        steps += 1
        here = np.concatenate(kept[done:])
        done = len(number)
        for part in portions(view, len(here)):
            words = np.repeat(world.words(here[part]), actions, axis=0)
            before = words.view(world.state_type).reshape(len(words))
            joint = np.zeros((len(words), world.agent_count), np.int8)
            joint[:, agent] = np.tile(np.arange(actions), len(words) // actions)
            paid, after = _paid(view, before, joint)
            ended = (before["over"] != 0) | (before["alive"][:, agent] == 0)
            following.append(numbered(after).reshape(-1, actions))
            pay.append(np.where(ended, 0.0, paid).reshape(-1, actions))
    to, rewards = np.concatenate(following), np.concatenate(pay)
    complete, values = done == len(number), np.zeros(len(number))
    for sweep in range(MOST_SWEEPS):
        worth = rewards + GAMMA * values[to]
        better = (worth if world.noise is None else worth @ world.noise.T).max(axis=1)
        change = np.abs(better - values[: len(better)]).max()
        values[: len(better)] = better
        if change < 1e-9 if complete else sweep + 1 == steps:
            break
    return values[roots], None if complete else steps


def _paid(view: View, before: np.ndarray, joint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What executing actions pays the agent, float64 [worlds], and the states after them."""
    after = view.world.imagine(before, joint)
    if not view.mixes:
        return view.world.pay(after)[:, view.agent].astype(np.float64), after
    step = Transition(view.world, before, joint, after, policies=view.minds)
    return view.mixes[view.agent].pay(step, view.agent), after
