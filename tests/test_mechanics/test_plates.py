"""Plates: hold their doors open while an agent or a box stands on them."""

from tests.drawn import Stage, play, thing

LEGEND = {
    "p": thing("plate", link="one"),
    "q": thing("plate", link="two"),
    "X": thing("door", by="plate", link="one"),
    "Y": thing("door", by="plate", link="two"),
    "O": thing("door", by="plate", link="one", open=True),
    "L": [thing("plate", link="one"), thing("box")],
}


def test_an_agent_on_a_plate_holds_its_doors_open() -> None:
    assert play("#.Ap#XYX#", LEGEND, A="east") == "#..A#/Y/#"
    assert play("#.Aq#XYX#", LEGEND, A="east") == "#..A#X/X#"


def test_the_door_closes_when_the_agent_leaves() -> None:
    assert play("#.Ap#X#", LEGEND, A="east stay") == "#..A#/#"
    assert play("#.Ap#X#", LEGEND, A="east west") == "#.Ap#X#"


def test_a_box_on_a_plate_holds_the_door_open() -> None:
    assert play("#Abp#X#", LEGEND, A="east") == "#.Ab#/#"
    assert play("#Abp#X#", LEGEND, A="east west west") == "#A.b#/#"
    assert play("#Abp.#X#", LEGEND, A="east east west") == "#.Apb#X#"


def test_any_plate_of_the_link_is_enough() -> None:
    assert play("#pA.p#X#", LEGEND, A="west") == "#A..p#/#"
    assert play("#pABp#X#", LEGEND, A="west", B="east") == "#A..B#/#"
    assert play("#pABp#X#", LEGEND, A="west east", B="east") == "#pA.B#/#"


def test_who_stands_in_the_door_keeps_it_open_until_it_leaves() -> None:
    stage = Stage("#pA#BX.#", LEGEND)
    assert stage.step(A="west").drawing == "#A.#B/.#"
    assert stage.step(A="east", B="east").drawing == "#pA#.B.#"
    assert stage.step().drawing == "#pA#.B.#"
    assert stage.step(B="east").drawing == "#pA#.XB#"


def test_a_box_in_the_door_keeps_it_open() -> None:
    stage = Stage("#pA#BbX.#", LEGEND)
    assert stage.play(A="west stay", B="stay east").drawing == "#A.#.Bb.#"
    assert stage.step(A="east").drawing == "#pA#.Bb.#"
    assert stage.step(B="east").drawing == "#pA#..Bb#"
    assert stage.step(B="west").drawing == "#pA#.BXb#"


def test_plates_count_from_the_start() -> None:
    assert Stage("#AL#X#", LEGEND).drawing == "#Ab#/#"
    assert Stage("#Ap#O#", LEGEND).drawing == "#Ap#O#"
    assert Stage("#Ap#O#", LEGEND).states[0]["door_open"][0] == 0


def test_the_door_opens_after_all_have_moved() -> None:
    assert play("#.Ap#BX#", LEGEND, A="east", B="east") == "#..A#B/#"
    assert play("#.Ap#BX#", LEGEND, A="east", B="stay east") == "#..A#.B#"
