"""Head start: one agent, drawn by chance, takes the first step alone."""

import numpy as np

from sandbox.world.world import World
from tests.drawn import Stage, settings

RULES = settings(head_start={"to": "one"})


def test_the_others_wait_for_one_step() -> None:
    stage = Stage("#A.B#", rules=RULES, bare=True)
    lucky, waiting = ("A", "B") if stage.of("waiting", "B") else ("B", "A")
    assert stage.of("waiting", lucky) == 0
    assert stage.allowed(waiting) == {"stay"}
    assert len(stage.allowed(lucky)) > 1
    stage.step(A="east", B="west")
    assert (stage.of("moved", lucky), stage.of("moved", waiting)) == (1, 0)
    assert stage.of("waiting", waiting) == 0
    way = {"A": "west", "B": "east"}[lucky]
    stage.step(**{lucky: way})
    assert len(stage.allowed(waiting)) > 1
    stage.step(**{waiting: {"A": "east", "B": "west"}[waiting]})
    assert stage.of("moved", waiting) == 1


def test_chance_says_who() -> None:
    world: World = Stage("#A.B#", rules=RULES, bare=True).world
    waiting = world.new_states(400, 0)["waiting"]
    assert (waiting.sum(axis=1) == 1).all()
    assert 150 < np.count_nonzero(waiting[:, 0]) < 250
