"""Switches: flipped on or beside them, they toggle every door with their link."""

import pytest

from tests.drawn import Stage, drawn, play, thing

LEGEND = {
    "S": thing("switch", link="one"),
    "T": thing("switch", link="two"),
    "X": thing("door", by="switch", link="one"),
    "Y": thing("door", by="switch", link="two"),
    "O": thing("door", by="switch", link="one", open=True),
}


def test_a_switch_toggles_the_doors_of_its_link() -> None:
    assert play("#SA#XYO#", LEGEND, A="interact") == "#SA#/YO#"
    assert play("#SA#XYO#", LEGEND, A="interact interact") == "#SA#XY/#"


@pytest.mark.parametrize(
    ("before", "reached"),
    [("#SA#X#", True), ("#S.A#X#", False), ("#S#X#\n#A###", True), ("##S#X#\n#A####", False)],
)
def test_a_switch_is_flipped_from_one_cell_away(before: str, reached: bool) -> None:
    stage = Stage(before, LEGEND)
    assert ("interact" in stage.allowed("A")) == reached
    assert stage.step(A="interact").drawing == (before.replace("X", "/") if reached else before)


def test_a_switch_may_be_stood_on() -> None:
    assert play("#SA#X#", LEGEND, A="west interact") == "#A.#/#"


def test_a_door_by_switch_is_not_toggled_from_beside_it() -> None:
    assert play("#S.AX#", LEGEND, A="interact") == "#S.AX#"


def test_two_flips_undo_each_other() -> None:
    assert play("#SASX#", LEGEND, A="interact") == "#SASX#"
    assert play("#ASBX#", LEGEND, A="interact", B="interact") == "#ASBX#"
    assert play("#ASBX#", LEGEND, A="interact") == "#ASB/#"


def test_two_switches_of_two_links_toggle_each_its_own() -> None:
    assert play("#SAT#X#Y#", LEGEND, A="interact") == "#SAT#/#/#"


def test_a_switch_does_not_close_a_door_on_who_stands_in_it() -> None:
    stage = Stage("#SAOB#", LEGEND)
    assert stage.step(B="west").step(A="interact").drawing == "#SAB.#"
    assert stage.step(B="east").drawing == drawn("#SA/B#")
    assert stage.step(A="interact").drawing == "#SAOB#"
