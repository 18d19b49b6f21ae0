"""Starts: on a free cell of one's own, by chance where there is a choice, together only where none is free."""

import numpy as np

from sandbox.world.blueprint import Blueprint, Group
from sandbox.world.world import World
from tests.drawn import Stage, settings


def begun(starts: dict[str, tuple[tuple[int, int], ...]], counts: dict[str, int], rules: dict) -> np.ndarray:
    """Where agents begin in many worlds of one row of cells: columns, [worlds, agents]."""
    groups = tuple(Group(name, name, name, "", 1, count) for name, count in counts.items())
    world = World(Blueprint("starts", ("......",), groups, starts, settings=rules))
    return world.positions(world.new_states(200, 0))[..., 1]


def test_agents_begin_where_they_are_drawn() -> None:
    stage = Stage("#A.B#")
    assert stage.drawing == "#A.B#"
    assert (stage.of("look", "A"), stage.of("look", "B")) == (1, 2)


def test_chance_picks_where_there_are_more_cells_than_agents() -> None:
    cells = tuple((0, column) for column in range(4))
    columns = begun({"A": cells}, {"A": 2}, {})
    assert {*columns.ravel().tolist()} == {0, 1, 2, 3}
    assert (columns[:, 0] != columns[:, 1]).all()


def test_whoever_may_share_does_so_only_where_nothing_is_free() -> None:
    rules = settings(movement={"share": True})
    columns = begun({"A": ((0, 3),), "B": ((0, 3),)}, {"A": 1, "B": 1}, rules)
    assert (columns == 3).all()
    cells = ((0, 1), (0, 2))
    columns = begun({"A": cells, "B": cells}, {"A": 1, "B": 1}, rules)
    assert {tuple(pair) for pair in columns.tolist()} == {(1, 2), (2, 1)}


def test_a_look_of_ones_own_choice() -> None:
    stage = Stage("#A.B#", looks={"A": "alike", "B": "alike"})
    assert (stage.of("look", "A"), stage.of("look", "B")) == (1, 1)
