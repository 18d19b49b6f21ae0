"""Scripted walkers against the slow and obvious way to choose the same step."""

import numpy as np
import pytest

import sandbox
from sandbox.experiments.company import Company
from sandbox.policies import scripted
from sandbox.policies.scripted import Scripted
from sandbox.policies.seat import Seat
from sandbox.policies.ways import FAR, UNREACHABLE
from sandbox.world.codes import GROUND, SOLID, THING, WALL
from sandbox.world.randomness import aside

PATROL = {"do": "patrol", "points": [[1, 1], [5, 7], [0, 0]], "hold": 5}
CASES = [
    *((name, {}) for name in ("doorway", "two_doors", "gilded_cage", "boxed_human", "key_and_gate", "relay_plates")),
    ("boxed_human", PATROL | {"points": [[1, 1], [5, 5], [0, 0]]}),  # the last is a wall
    ("two_doors", PATROL | {"points": [[0, 0], [3, 2]]}),
    ("open_field", PATROL),
]  # fmt: skip


def slow_step(walker: Scripted, state: np.void, turn: int) -> int:
    """The first step of a shortest way, worked out with lists alone."""
    world, agent = walker.seat.world, walker.seat.agent
    level, cells = world.level[0], state["cells"].tolist()
    barred = [planes[GROUND] >= SOLID or planes[THING] >= SOLID for planes in cells]
    if walker.do == "patrol":
        place = walker.points[int(state["clock"]) // walker.hold % len(walker.points)]
        ends = [world.layout.cell(*place)]
    elif (pick := int(state["goal_pick"][agent])) >= 0:
        ends = [int(level["goal_cell"][pick])]
    else:
        ends = [
            int(cell) for cell, of in zip(level["goal_cell"], level["goal_of"][:, agent], strict=True) if of
        ]
    if not ends or not state["alive"][agent]:
        return 0
    neighbour = level["neighbour"].tolist()
    distance = [UNREACHABLE] * len(cells)
    for end in ends:
        distance[end] = 0
    while True:
        before = list(distance)
        for cell, planes in enumerate(cells):
            if planes[GROUND] != WALL:
                costs = [before[there] + (FAR if barred[there] else 1) for there in neighbour[cell][1:]]
                distance[cell] = min(before[cell], *costs)
        if distance == before:
            break
    here = int(state["cell"][agent])
    best, worth = 0, distance[here] * 8
    for action, there in enumerate(neighbour[here][1:], 1):
        score = UNREACHABLE * 16 if barred[there] else distance[there] * 8 + 4 * bool(state["who"][there])
        score += (action + turn) % 4
        if score < worth:
            best, worth = action, score
    return best


@pytest.mark.parametrize(("name", "how"), CASES)
def test_walkers_step_as_the_slow_way_does(name: str, how: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripted, "MAPS", 3)  # so that maps have to give way to one another
    world = Company(sandbox.load_scenario(name)).world
    walkers = [Scripted(Seat(world, agent), **how) for agent in range(min(world.agent_count, 2))]
    rng, worlds, moved = np.random.default_rng(0), 12, 0
    states = world.new_states(worlds, 1)
    for _ in range(25):
        actions = rng.integers(len(world.actions), size=(worlds, world.agent_count))
        for walker in walkers:
            turns = aside(states, 1000 + walker.seat.agent) >> np.uint64(40)
            wanted = [slow_step(walker, state, int(turn)) for state, turn in zip(states, turns, strict=True)]
            found = walker.act(states)
            assert found.tolist() == wanted
            moved += (found > 0).sum()
            follows = rng.random(worlds) < 0.7
            actions[follows, walker.seat.agent] = found[follows]
        world.step(states, actions)
    assert moved
