"""What happened in a step, told by comparing the states before and after it."""

from typing import Any

import numpy as np

from sandbox.world.world import World


def happenings(world: World, before: np.ndarray, after: np.ndarray, over: bool) -> list[tuple[str, str]]:
    """Kind (door, goal, death, item or end) and text of all that happened between two records."""
    found: list[tuple[str, str]] = []
    fields = world.state_type.names or ()
    names = world.agent_ids

    def changed(field: str) -> list[int]:
        if field not in fields:
            return []
        return np.flatnonzero(np.atleast_1d(before[field] != after[field])).tolist()

    def gained(field: str) -> list[int]:
        return [each for each in changed(field) if after[field][each] > before[field][each]]

    for door in changed("door_open"):
        row, column = map(int, world.layout.row_column(int(world.level[0]["door_cell"][door])))
        how = "opens" if after["door_open"][door] else "shuts"
        found.append(("door", f"the door at row {row}, column {column} {how}"))
    reached = changed("reached")
    found += [("goal", f"{names[agent]} reaches its goal") for agent in reached if after["reached"][agent]]
    for agent in changed("alive"):
        if after["alive"][agent] or agent in reached:
            continue
        found.append(("death", f"{names[agent]} {_by_whom(fields, after, agent, names)}"))
    for field, what in (
        ("coins", "takes a coin"), ("own_taken", "takes its own coin"),
        ("others_taken", "takes a coin of another"), ("carrying", "takes a key"),
    ):  # fmt: skip
        found += [("item", f"{names[agent]} {what}") for agent in gained(field)]
    for item in changed("item_here"):
        cell = world.level[0]["item_cell"][item]
        agent = int(after["who"][cell]) - 1
        found.append(("item", f"{names[agent] if agent >= 0 else 'somebody'} takes an item"))
    if over:
        found.append(("end", "the episode ends"))
    return found


def _by_whom(fields: Any, after: np.ndarray, agent: int, names: tuple[str, ...]) -> str:
    striker = int(after["harmed_by"][agent]) if "harmed_by" in fields else 0
    return f"is struck by {names[striker - 1]}" if striker else "leaves the world"
