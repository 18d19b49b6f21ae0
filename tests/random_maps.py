"""Small maps by chance, in a few shapes, and actions by chance that mostly do something."""

import random
from typing import Any

import numpy as np

from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.mechanic import mechanics, things

# Blueprints of one shape share their compiled kernels: numbers of things count, not where and what they are.
SHAPES: dict[str, dict[str, Any]] = {
    "all rules": {
        "size": (6, 7),
        "views": (1, 2, 3),
        "counts": {"box": 3, "door": 5, "plate": 2, "switch": 2, "key": 2, "item": 2, "goal": 3},
        "pull": True,
        "slip": 0.3,
    },
    "a crowd": {"size": (4, 4), "views": (1, 1, 1, 1, 1), "counts": {"item": 2, "goal": 2}},
    "boxes on plates": {"size": (5, 5), "views": (2, 1, 2, 1), "counts": {"box": 4, "door": 2, "plate": 2}},
    "alone with keys": {"size": (4, 6), "views": (2,), "counts": {"key": 3, "door": 3, "box": 1, "goal": 2}},
    "round and round": {
        "size": (3, 5),
        "views": (1, 3, 2),
        "counts": {"box": 2, "door": 3, "switch": 1, "key": 1, "coin": 2},
        "pull": True,
        "torus": True,
        "rules": ("head_start", "harm", "coloured_coins"),
    },
    "together": {
        "size": (4, 4),
        "views": (2, 1, 1, 2, 1),
        "counts": {"box": 2, "door": 2, "plate": 2, "key": 1, "item": 1, "coin": 3, "goal": 2},
        "slip": 0.2,
        "rules": ("share", "living", "head_start", "harm", "coloured_coins"),
    },
    "together on a torus": {
        "size": (4, 3),
        "views": (1, 2, 1),
        "counts": {"coin": 4},
        "torus": True,
        "rules": ("share", "living", "harm"),
    },
}


def likely_actions(generator: np.random.Generator, masks: np.ndarray) -> np.ndarray:
    """Actions int [worlds, agents]: four in five do something, one in five is any action at all."""
    chances = generator.random(masks.shape)
    useful = generator.random(masks.shape[:2]) < 0.8
    return np.where(useful[..., None] & (masks == 0), -1, chances).argmax(axis=2)


def random_blueprint(shape: str, seed: int) -> Blueprint:
    """A small map of one shape, with everything else drawn by chance."""
    return drawn_by(random.Random(f"{shape} {seed}"), **SHAPES[shape])


def drawn_by(
    chance: random.Random,
    size: tuple[int, int],
    views: tuple[int, ...],
    counts: dict[str, int],
    pull: bool = False,
    slip: float = 0.0,
    torus: bool = False,
    rules: tuple[str, ...] = (),
) -> Blueprint:
    cells = [(row, column) for row in range(size[0]) for column in range(size[1])]
    ground = chance.sample(cells, len(cells))  # one thing that never moves on each
    above = chance.sample(cells, len(cells))  # one thing that may move on each
    teams = [chance.choice(["red", "blue", "green"]) for _ in views]
    placed = []
    for name in ("door", "plate", "switch", "goal"):
        for number in range(counts.get(name, 0)):
            placed.append(made(chance, name, number, ground.pop()))
    closed = {(put.row, put.column) for put in placed if put.name == "door" and not put.params.open}
    above = [cell for cell in above if cell not in closed]
    for name in ("box", "key", "item", "coin"):
        for number in range(counts.get(name, 0)):
            placed.append(made(chance, name, number, above.pop()))
    free = [cell for cell in above if chance.random() < 0.9]
    first = [free.pop() for _ in views]
    if "share" in rules:
        first = [chance.choice(first) for _ in views]
    starts = {f"group{agent}": (cell,) for agent, cell in enumerate(first)}
    taken = {(put.row, put.column) for put in placed} | {cell for start in starts.values() for cell in start}
    density = chance.choice([0.0, 0.1, 0.3])
    for cell in cells:
        if cell not in taken and chance.random() < density:
            placed.append(made(chance, "wall", 0, cell))
    fences = {(*cell, chance.randint(1, 4)) for cell in cells if chance.random() < chance.choice([0.0, 0.15])}
    settings: dict[str, Any] = {}
    if counts.get("box"):
        pushed_by = chance.choice([[], [], ["red"], ["red", "blue"]])
        settings["boxes"] = settings_of("boxes", pull=pull, pushed_by=pushed_by)
    if counts.get("goal"):
        ends, choose = chance.choice(["never", "agent", "all"]), chance.choice(["any", "one"])
        settings["goals"] = settings_of("goals", ends=ends, choose=choose)
    settings |= social_rules(chance, rules, "coin" in counts)
    return Blueprint(
        name="random",
        rows=("." * size[1],) * size[0],
        groups=tuple(
            Group(
                f"group{agent}", "ABCEF"[agent], teams[agent], "", view, 1, chance.choice(["", "", "alike"])
            )
            for agent, view in enumerate(views)
        ),
        starts=starts,
        things=tuple(sorted(placed, key=lambda put: (put.row, put.column))),
        fences=frozenset(fences),
        settings=settings,
        slip=slip,
        max_cycles=100,
        torus=torus,
    )


def social_rules(chance: random.Random, rules: tuple[str, ...], coins: bool) -> dict[str, Any]:
    """Settings of the rules of living together; which ones there are is the shape's, how they are is chance."""
    names = ["red", "blue", "group0", "group1"]
    some: dict[str, Any] = {}
    if "share" in rules:
        some["movement"] = settings_of("movement", share=True)
    if "living" in rules:
        some["living"] = settings_of("living", pays=chance.choice([1.0, -0.1]))
    if "head_start" in rules:
        some["head_start"] = settings_of("head_start", to="one")
    if "harm" in rules:
        sides = chance.sample(["north", "south", "west", "east"], chance.randint(1, 3))
        some["harm"] = settings_of(
            "harm",
            done_by=chance.sample(names, chance.randint(1, 3)),
            sides=sides,
            same_cell_by=chance.sample(names, chance.randint(0, 2)),
            ended_by=chance.sample(names, chance.randint(0, 1)),
        )
    if coins:
        ends = chance.choice(["never", "all"])
        some["coins"] = settings_of("coins", pays=1.0, less=chance.choice([0.0, 0.1]), ends=ends)
    if "coloured_coins" in rules:
        owners = chance.choice(["chance", "turns"])
        some["coloured_coins"] = settings_of(
            "coloured_coins", count=2, costs=chance.choice([2.0, 0.3]), owners=owners
        )
    return some


def settings_of(name: str, **values: Any) -> Any:
    kind = mechanics()[name].settings
    assert kind is not None
    return kind(**values)


def made(chance: random.Random, name: str, number: int, cell: tuple[int, int]) -> Placed:
    """A thing with parameters drawn by chance."""
    params: dict[str, Any] = {}
    if name in ("door", "plate", "switch", "key"):
        params["link"] = chance.choice(["", "x"])
    if name == "door":
        # the first is worked by hand, so that all blueprints of one shape have the same actions
        params["by"] = (
            chance.choice(["interact", "plate", "switch", "key", "nothing"]) if number else "interact"
        )
        params["open"] = chance.random() < 0.4
        params["used_by"] = chance.choice([[], [], ["red"], ["blue", "green"]])
    if name == "goal":
        params["of"] = chance.choice(["", "red", "blue", "group0"])
    if name in ("goal", "item"):
        params["pays"] = chance.choice([1.0, 0.5, -2.0])
    return Placed(name, things()[name].params(**params), *cell, things()[name].letter)
