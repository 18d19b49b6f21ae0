"""Coloured coins: pay whoever takes them, cost their owner, and come back where nobody is."""

import numpy as np
import pytest

from sandbox.world.codes import COLOURED, OTHERS_COIN, OWN_COIN, THING
from tests.drawn import Stage, settings


def stage_of(column: int, owner: str, owners: str = "turns", drawing: str = "A....B") -> Stage:
    """Two agents and one coin on a row, put where it is wanted."""
    rules = settings(movement={"share": True}, coloured_coins={"count": 1, "owners": owners})
    stage = Stage(drawing, rules=rules, bare=True)
    state = stage.states[0]
    state["cells"][state["coloured_cell"], THING] = 0
    state["coloured_cell"], state["coloured_of"] = stage.cell(0, column), "AB".index(owner)
    state["cells"][stage.cell(0, column), THING] = COLOURED + "AB".index(owner)
    return stage


@pytest.mark.parametrize(("owner", "paid"), [("A", (1.0, 0.0)), ("B", (1.0, -2.0))])
def test_a_coin_of_the_others_costs_the_other(owner: str, paid: tuple[float, float]) -> None:
    stage = stage_of(1, owner).step(A="east")
    assert (stage.of("pay", "A"), stage.of("pay", "B")) == paid


def test_the_next_coin_lies_elsewhere_and_is_the_others() -> None:
    stage = stage_of(1, "A").step(A="east")
    state = stage.states[0]
    assert state["coloured_of"][0] == 1
    assert state["who"][state["coloured_cell"][0]] == 0
    assert state["cells"][state["coloured_cell"][0], THING] == COLOURED + 1
    assert np.count_nonzero(state["cells"][:, THING]) == 1


def test_imagined_steps_bring_no_coin() -> None:
    stage = stage_of(1, "A")
    east = stage.world.actions.index("east")
    after = stage.world.imagine(stage.states, np.array([[east, 0]]))
    assert after["coloured_cell"][0, 0] == 0
    assert after["pay"][0].tolist() == [1.0, 0.0]
    assert stage.world.renewing == ["coloured_coins"]


def test_of_two_each_is_first_equally_often() -> None:
    stage, firsts = stage_of(2, "A", drawing=".A.B.."), ""
    before = stage.states.copy()
    for clock in range(4):
        stage.states[:] = before
        stage.states["clock"] = clock
        stage.step(A="east", B="west")
        firsts += "A" if stage.of("own_taken", "A") else "B"
    assert sorted(firsts) == [*"AABB"]


def test_each_sees_whose_a_coin_is() -> None:
    for owner, codes in (("A", (OWN_COIN, OTHERS_COIN)), ("B", (OTHERS_COIN, OWN_COIN))):
        stage = stage_of(1, owner)
        assert stage.world.observe(stage.states)[0, 0, 1, 2, THING] == codes[0]
        stage = stage_of(4, owner)
        assert stage.world.observe(stage.states)[0, 1, 1, 0, THING] == codes[1]


def test_chance_draws_cells_and_owners() -> None:
    stage = stage_of(1, "A", "chance")
    states = stage.world.new_states(300, 0)
    cells = {stage.cell(0, column) for column in range(1, 5)}
    assert {*states["coloured_cell"].ravel().tolist()} == cells
    assert 110 < int(states["coloured_of"].sum()) < 190


def test_what_was_taken_is_measured() -> None:
    stage = stage_of(1, "B").step(A="east")
    measures = {name: own.read(stage.world, stage.states) for name, own in stage.world.measures.items()}
    assert measures["coloured_taken"].tolist() == [[1.0, 0.0]]
    assert measures["own_share"][0, 0] == 0.0
    assert np.isnan(measures["own_share"][0, 1])
    assert measures["collective_return"].tolist() == [-1.0]
