"""The cells to which the selected agent can get in so many steps, with the number of the step."""

import numpy as np

from viewer.overlay import Layer, Stale, View
from viewer.standing import laid, left, occupied

NAME = "Reachable cells"
KEY = "3"
UNIT = "steps"
HEAVY = True
needs = "states agent horizon"

MOST = 20_000
"""Situations of one step beyond which the search ends."""


def look(view: View) -> Layer:
    """The fewest steps to each cell, up to the horizon; pushing and opening what it can, while the others are still."""
    title = f"Cells that {view.name} can reach"
    if view.gone:
        return Layer(title, UNIT, notes=(left(view),))
    steps, looked = fewest_steps(view)
    within = int((~np.isnan(steps)).sum())
    notes = [f"{within} cell{'s' * (within != 1)} within {looked} step{'s' * (looked != 1)}, others still"]
    if looked < view.horizon:
        notes.append(f"too much to look {view.horizon} steps ahead")
    if view.world.noise is not None:
        notes.append("slips left out")
    return Layer(
        title,
        UNIT,
        steps,
        0.0,
        float(max(looked, 1)),
        whole=True,
        occupied=occupied(view),
        notes=tuple(notes),
    )


def fewest_steps(view: View) -> tuple[np.ndarray, int]:
    """Fewest steps to each cell, float64 [rows, columns], nan where it does not get, and how far was looked."""
    world, agent, actions = view.world, view.agent, len(view.world.actions)
    steps = laid(view, world.positions(view.states)[:, agent], np.zeros(1))
    frontier = view.states
    known = {world.key(frontier).tobytes()}
    for step in range(1, view.horizon + 1):
        if not view.wanted():
            raise Stale
        if len(frontier) * actions > MOST:
            return steps, step - 1
        words = np.repeat(world.words(frontier), actions, axis=0)
        joint = np.zeros((len(words), world.agent_count), np.int8)
        joint[:, agent] = np.tile(np.arange(actions), len(frontier))
        after = world.imagine(words.view(world.state_type).reshape(len(words)), joint)
        fresh = []
        for number, key in enumerate(world.key(after)):
            name = key.tobytes()
            if name not in known:
                known.add(name)
                fresh.append(number)
        frontier = after[fresh]
        for row, column in world.positions(frontier)[:, agent].tolist():
            if row >= 0 and np.isnan(steps[row, column]):
                steps[row, column] = step
        frontier = frontier[(frontier["alive"][:, agent] == 1) & (frontier["over"] == 0)]
    return steps, view.horizon
