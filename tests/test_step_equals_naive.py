"""The kernels equal the slow, obvious world in every byte, over random play of all scenarios and many maps."""

import random
from typing import Any

import numpy as np
import pytest

from rewards.estimators import empowerment
from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.mechanic import mechanics, things
from sandbox.world.world import World
from tests.naive import NaiveWorld, Plain

STEPS = 40
BLUEPRINTS = 60  # of each shape

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
}


def test_the_shipped_scenarios(shipped_world: World) -> None:
    compare_play(shipped_world, count=4, steps=120, seed=1)


@pytest.mark.parametrize("shape", SHAPES)
def test_small_random_maps(shape: str) -> None:
    for seed in range(BLUEPRINTS):
        compare_play(
            World(random_blueprint(random.Random(f"{shape} {seed}"), **SHAPES[shape])), 1, STEPS, seed
        )


@pytest.mark.parametrize("shape", ["all rules", "alone with keys"])
@pytest.mark.parametrize("outcome", ["cell", "self", "world"])
def test_empowerment_counts_what_can_be_reached(shape: str, outcome: str) -> None:
    """In bits, the logarithm of the number of outcomes of all action sequences, tried one after the other."""
    for seed in range(4):
        world = World(random_blueprint(random.Random(f"{shape} {seed}"), **SHAPES[shape]))
        naive, generator = NaiveWorld(world.blueprint), np.random.default_rng(seed)
        states = world.new_states(2, seed)
        for _ in range(10):
            world.step(states, likely_actions(generator, world.action_mask(states)))
        for agent, perceiver in {(0, 0), (0, world.agent_count - 1)}:
            bits = empowerment(world, states, 2, agent, perceiver, outcome, noise=None)
            for index, record in enumerate(states):
                reached = naive.reach(naive.read(record), agent, 2, outcome, perceiver)
                assert bits[index] == pytest.approx(np.log2(len(reached)), abs=1e-12)


def compare_play(world: World, count: int, steps: int, seed: int) -> None:
    """Play at random in both worlds and compare all that can be read from them."""
    naive = NaiveWorld(world.blueprint)
    generator = np.random.default_rng(seed)
    assert list(world.actions) == naive.actions
    states = world.new_states(count, seed)
    plains = [naive.read(record) for record in states]
    for index, plain in enumerate(plains):
        same_record(naive.write(plain, states[index]), states[index], "at the start")
    for time in range(steps):
        compare_what_is_seen(world, naive, states, plains)
        actions = likely_actions(generator, world.action_mask(states))
        before, keys = states.tobytes(), states["rng_key"].copy()
        imagined = world.imagine(states, actions)
        assert states.tobytes() == before
        assert (imagined["rng_count"] == states["rng_count"]).all()
        world.step(states, actions)
        assert (states["rng_key"] == keys).all()
        for index, plain in enumerate(plains):
            chosen = actions[index].tolist()
            same_record(
                naive.write(naive.step(plain, chosen), imagined[index]), imagined[index], f"imagined {time}"
            )
            executed = states[index]["action"].tolist()
            check_slips(world, plain, chosen, executed)
            plains[index] = naive.step(plain, chosen, executed)
            same_record(naive.write(plains[index], states[index]), states[index], f"at step {time}")


def compare_what_is_seen(world: World, naive: NaiveWorld, states: Any, plains: list[Plain]) -> None:
    observations, masks = world.observe(states), world.action_mask(states)
    for index, plain in enumerate(plains):
        np.testing.assert_array_equal(observations[index], naive.observe(plain))
        np.testing.assert_array_equal(masks[index], naive.action_mask(plain))
        where = [cell or (-1, -1) for cell in plain.cell]
        assert world.positions(states)[index].tolist() == [list(cell) for cell in where]


def check_slips(world: World, plain: Plain, chosen: list[int], executed: list[int]) -> None:
    """Only steps slip, only those of the living, only where there is slip, and only into steps."""
    for agent, (wanted, done) in enumerate(zip(chosen, executed, strict=True)):
        if wanted != done:
            assert world.slip > 0
            assert plain.alive[agent]
            assert max(wanted, done) < 5


def same_record(expected: Any, record: Any, when: str) -> None:
    """Field by field first, so that a failure says what differs; then all bytes, padding too."""
    for name in record.dtype.names:
        np.testing.assert_array_equal(record[name], expected[name], err_msg=f"{name} {when}")
    assert record.tobytes() == expected.tobytes(), when


def likely_actions(generator: np.random.Generator, masks: np.ndarray) -> np.ndarray:
    """Actions int [worlds, agents]: four in five do something, one in five is any action at all."""
    chances = generator.random(masks.shape)
    useful = generator.random(masks.shape[:2]) < 0.8
    return np.where(useful[..., None] & (masks == 0), -1, chances).argmax(axis=2)


def random_blueprint(
    chance: random.Random,
    size: tuple[int, int],
    views: tuple[int, ...],
    counts: dict[str, int],
    pull: bool = False,
    slip: float = 0.0,
) -> Blueprint:
    """A small map of one shape, with everything else drawn by chance."""
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
    for name in ("box", "key", "item"):
        for number in range(counts.get(name, 0)):
            placed.append(made(chance, name, number, above.pop()))
    free = [cell for cell in above if chance.random() < 0.9]
    starts = {f"group{agent}": (free.pop(),) for agent in range(len(views))}
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
    return Blueprint(
        name="random",
        rows=("." * size[1],) * size[0],
        groups=tuple(
            Group(f"group{agent}", "ABCEF"[agent], teams[agent], "", view, 1)
            for agent, view in enumerate(views)
        ),
        starts=starts,
        things=tuple(sorted(placed, key=lambda put: (put.row, put.column))),
        fences=frozenset(fences),
        settings=settings,
        slip=slip,
        max_cycles=100,
    )


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
