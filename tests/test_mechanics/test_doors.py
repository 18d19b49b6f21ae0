"""Doors: open or closed, toggled from beside them, never closed on who stands in them."""

import pytest

from tests.drawn import Stage, drawn, play, thing


def test_a_closed_door_stops_agents() -> None:
    assert play("#.AD.#", A="east") == "#.AD.#"
    assert "east" not in Stage("#.AD.#").allowed("A")


def test_an_open_door_lets_agents_through() -> None:
    assert play("#.A/.#", A="east") == "#..A.#"
    assert play("#.A/.#", A="east east") == "#../A#"


def test_interact_toggles_the_door_beside() -> None:
    assert play("#.AD.#", A="interact") == "#.A/.#"
    assert play("#.AD.#", A="interact interact") == "#.AD.#"
    assert play("#.AD.#", A="interact east east interact") == "#..DA#"


def test_interact_reaches_one_cell_and_not_round_corners() -> None:
    assert play("#A.D.#", A="interact") == "#A.D.#"
    corner = """
        ####
        #A.#
        #.D#
        ####
    """
    assert play(corner, A="interact") == drawn(corner)
    assert "interact" not in Stage(corner).allowed("A")


def test_interact_toggles_all_doors_beside() -> None:
    assert play("#.DA/.#", A="interact") == "#./AD.#"


def test_a_fence_does_not_hinder_interact() -> None:
    assert Stage("#.AD.#", fences=[(0, 2, 4)]).step(A="interact").drawing == "#.A/.#"


def test_two_that_toggle_one_door_undo_each_other() -> None:
    assert play("#AD.#\n##B##", A="interact", B="interact") == "#AD.#\n##B##"
    assert play("#AD.#\n##B##", A="interact") == "#A/.#\n##B##"


def test_a_door_opens_before_agents_move() -> None:
    assert play("#AD.#\n##B##", A="interact", B="north") == "#AB.#\n##.##"


def test_a_door_closes_before_agents_move() -> None:
    assert play("#A/.#\n##B##", A="interact", B="north") == "#AD.#\n##B##"


@pytest.mark.parametrize("before", ["#A/.#", "#.b/A#", "#.k/A#", "#.i/A#"])
def test_a_free_door_closes_whatever_stands_beside(before: str) -> None:
    assert play(before, A="interact") == before.replace("/", "D")


def test_a_door_does_not_close_on_who_stands_in_it() -> None:
    stage = Stage("#A/B#")
    stage.step(A="interact")
    assert stage.drawing == "#ADB#"
    stage.play(A="interact stay interact", B="stay west")
    assert stage.drawing == "#AB.#"
    stage.step(B="interact")  # nor does who stands in it close it
    assert stage.step(B="east").drawing == "#A/B#"


@pytest.mark.parametrize("letter", ["b", "k", "i"])
def test_a_door_does_not_close_on_a_thing(letter: str) -> None:
    name = {"b": "box", "k": "key", "i": "item"}[letter]
    stage = Stage("#AX.#", legend={"X": [thing("door", open=True), thing(name)]})
    assert stage.drawing == f"#A{letter}.#"
    stage.step(A="interact")
    assert stage.states[0]["door_open"][0] == 1


def test_only_named_teams_use_a_door() -> None:
    stage = Stage("#A.D.B#", legend={"D": thing("door", used_by=["B"])})
    assert stage.play(A="east interact", B="stay west").drawing == "#.ADB.#"
    assert "interact" not in stage.allowed("A")
    assert "interact" in stage.allowed("B")
    assert stage.step(A="interact").drawing == "#.ADB.#"
    assert stage.step(B="interact").drawing == "#.A/B.#"
    assert stage.step(A="east").drawing == "#..AB.#"  # to walk through it is free to all


def test_a_door_by_nothing_stays_as_it_is() -> None:
    legend = {"D": thing("door", by="nothing"), "/": thing("door", by="nothing", open=True)}
    stage = Stage("#.A#D/.#", legend, bare=True)
    assert "interact" not in stage.world.actions
    assert stage.play(A="east").drawing == "#.A#D/.#"


def test_the_share_of_shut_doors_is_measured() -> None:
    stage = Stage("#DAD//#", bare=True)
    measure = stage.world.measures["doors_shut"]
    assert measure.read(stage.world, stage.states).tolist() == [0.5]
    stage.step(A="interact")
    assert measure.read(stage.world, stage.states).tolist() == [0.0]
