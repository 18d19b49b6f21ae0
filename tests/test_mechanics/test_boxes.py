"""Boxes: pushed one at a time, and pulled where a scenario says so."""

import pytest

from tests.drawn import Stage, drawn, play, settings

PULL = settings(boxes={"pull": True})


def test_a_box_is_pushed() -> None:
    assert play("#Ab..#", A="east") == "#.Ab.#"
    assert play("#Ab..#", A="east east east") == "#..Ab#"


def test_a_box_is_pushed_in_all_directions() -> None:
    assert play("#..bA#", A="west") == "#.bA.#"
    assert play("\n".join("Ab.."), A="south") == "\n".join(".Ab.")
    assert play("\n".join("..bA"), A="north") == "\n".join(".bA.")


@pytest.mark.parametrize("before", ["#Ab#", "#Abb.#", "#AbB.#", "#AbD.#", "#Abk.#", "#Abi.#"])
def test_a_push_is_refused_by_what_stands_beyond(before: str) -> None:
    stage = Stage(before)
    assert "east" not in stage.allowed("A")
    assert stage.step(A="east").drawing == before


@pytest.mark.parametrize(
    ("before", "after"), [("#Abp.#", "#.Ab.#"), ("#AbG.#", "#.Ab.#"), ("#Ab/.#", "#.Ab.#")]
)
def test_a_box_goes_over_all_ground_that_is_free(before: str, after: str) -> None:
    assert play(before, A="east") == after


def test_a_fence_stops_a_box() -> None:
    stage = Stage("#Ab.#", fences=[(0, 2, 4)])
    assert "east" not in stage.allowed("A")
    assert stage.step(A="east").drawing == "#Ab.#"


def test_nobody_pushes_a_box_onto_a_cell_that_another_wants() -> None:
    assert play("#Ab.B#", A="east", B="west") == "#AbB.#"


def test_a_box_does_not_follow_into_a_cell_that_is_just_left() -> None:
    assert play("#AbB.#", A="east", B="east") == "#Ab.B#"


def test_two_do_not_press_a_box_against_each_other() -> None:
    assert play("#.AbB.#", A="east", B="west") == "#.AbB.#"


def test_one_may_follow_another_that_pushes() -> None:
    assert play("#BAb.#", A="east", B="east") == "#.BAb#"


def test_the_first_in_order_pushes() -> None:
    before = """
        #####
        ##B##
        #Ab.#
        ##..#
        #####
    """
    stage = Stage(before)
    assert stage.step(A="east", B="south").drawing == drawn("""
        #####
        ##B##
        #.Ab#
        ##..#
        #####
    """)
    stage = Stage(before)
    stage.states["clock"] = 1
    assert stage.step(A="east", B="south").drawing == drawn("""
        #####
        ##.##
        #AB.#
        ##b.#
        #####
    """)


def test_only_named_teams_push() -> None:
    rules = settings(boxes={"pushed_by": ["strong"]})
    teams = {"A": "strong", "B": "weak"}
    before = """
        #####
        #Ab.#
        #Bb.#
        #####
    """
    stage = Stage(before, rules=rules, teams=teams)
    assert "east" in stage.allowed("A")
    assert "east" not in stage.allowed("B")
    assert stage.step(A="east", B="east").drawing == drawn("""
        #####
        #.Ab#
        #Bb.#
        #####
    """)


def test_without_the_setting_nobody_pulls() -> None:
    assert not [name for name in Stage("#Ab.#").world.actions if name.startswith("pull")]


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("#.Ab.#", "pull_west", "#Ab..#"),
        ("#.bA.#", "pull_east", "#..bA#"),
        ("#Ab..#", "pull_west", "#Ab..#"),  # no room
        ("#.A.b#", "pull_west", "#A..b#"),  # the box is too far
        ("#.Ab.#", "west", "#A.b.#"),  # a plain step leaves it
        ("#.Ab.#", "pull_east", "#.Ab.#"),  # who pulls does not push
    ],
)
def test_a_box_is_pulled(before: str, action: str, after: str) -> None:
    assert play(before, rules=PULL, A=action) == after


def test_a_box_is_pulled_north_and_south() -> None:
    column = "\n".join(".Ab.")
    assert play(column, rules=PULL, A="pull_north") == "\n".join("Ab..")
    assert play("\n".join(".bA."), rules=PULL, A="pull_south") == "\n".join("..bA")


def test_a_pulled_box_does_not_follow_onto_who_came_after() -> None:
    before = """
        #####
        ##B##
        #.Ab#
        #####
    """
    assert play(before, rules=PULL, A="pull_west", B="south") == drawn("""
        #####
        ##.##
        #ABb#
        #####
    """)


def test_a_fence_lets_no_box_be_pulled() -> None:
    stage = Stage("#.Ab.#", rules=PULL, fences=[(0, 2, 4)])
    assert "pull_west" not in stage.allowed("A")
    assert stage.step(A="pull_west").drawing == "#A.b.#"


def test_only_named_teams_pull() -> None:
    rules = settings(boxes={"pull": True, "pushed_by": ["strong"]})
    stage = Stage("#.Ab.#", rules=rules)
    assert "pull_west" not in stage.allowed("A")
    assert stage.step(A="pull_west").drawing == "#A.b.#"


def test_the_mask_offers_a_pull_where_a_box_stands_behind() -> None:
    assert {name for name in Stage("#.Ab.#", rules=PULL).allowed("A") if "pull" in name} == {"pull_west"}


def test_a_box_in_a_doorway_keeps_it_open() -> None:
    stage = Stage("#Ab/.#")
    assert stage.play(A="east interact").drawing == "#.Ab.#"
    assert stage.play(A="east west").drawing == "#.A/b#"


def test_boxes_have_no_names() -> None:
    """Their cells are kept sorted, so that worlds with boxes on the same cells are equal."""
    stage = Stage(
        """
        #####
        #...#
        #.b.#
        #..b#
        #..A#
        #####
        """,
        bare=True,
    )
    stage.play(A="north north")
    assert list(stage.states[0]["box_cell"]) == [stage.cell(1, 3), stage.cell(2, 2)]
