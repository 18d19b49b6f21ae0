"""Mingling: agents share cells, pass each other, and are shown rightly when one of several leaves."""

import numpy as np
import pytest

from sandbox.world.codes import AGENT, CROWD
from tests.drawn import Stage, settings


def stage_of(drawing: str) -> Stage:
    return Stage(drawing, rules=settings(movement={"share": True}), bare=True)


def shown(stage: Stage, row: int, column: int) -> tuple[int, int]:
    """Who and which look the planes have on a cell."""
    state, cell = stage.states[0], stage.cell(row, column)
    return int(state["who"][cell]), int(state["cells"][cell, AGENT])


def test_two_enter_one_cell_and_the_first_is_shown() -> None:
    stage = stage_of("#A.B#").step(A="east", B="west")
    assert stage.drawing == "#.A.#"
    assert shown(stage, 0, 2) == (1, 1 + CROWD)
    assert (stage.of("moved", "A"), stage.of("moved", "B")) == (1, 1)


def test_who_stays_is_shown_when_the_other_leaves() -> None:
    stage = stage_of("#A.B#").step(A="east", B="west").step(A="west")
    assert stage.drawing == "#AB.#"
    assert (shown(stage, 0, 1), shown(stage, 0, 2)) == ((1, 1), (2, 2))
    stage = stage_of("#A.B#").step(A="east", B="west").step(B="east")
    assert stage.drawing == "#.AB#"
    assert (shown(stage, 0, 2), shown(stage, 0, 3)) == ((1, 1), (2, 2))


def test_two_pass_each_other() -> None:
    assert stage_of("#.AB#").step(A="east", B="west").drawing == "#.BA#"


def test_walls_are_walls() -> None:
    assert stage_of("#A.B#").step(A="west", B="east").drawing == "#A.B#"


def test_each_sees_itself_in_the_middle() -> None:
    stage = stage_of("#A.B#").step(A="east", B="west")
    seen = stage.world.observe(stage.states)[0, :, :, :, AGENT]
    assert seen[:, 1, 1].tolist() == [1 + CROWD, 2 + CROWD]
    assert np.count_nonzero(seen) == 2


def test_placing_one_elsewhere_shows_the_other() -> None:
    stage = stage_of("#A.B#").step(A="east", B="west")
    stage.world.place(stage.states, 0, 0, 1)
    assert (shown(stage, 0, 1), shown(stage, 0, 2)) == ((1, 1), (2, 2))
    with pytest.raises(ValueError, match="taken"):
        stage.world.place(stage.states, 0, 0, 2)
