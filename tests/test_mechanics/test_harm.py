"""Harm: who strikes whom, from which sides, in which order, and what it ends."""

import pytest

from tests.drawn import Stage, settings

ROOM = """
    ....
    .AB.
    ....
"""


def stage_of(drawing: str, teams: dict[str, str] | None = None, torus: bool = False, **harm) -> Stage:
    rules = settings(movement={"share": True}, harm=harm)
    return Stage(drawing, rules=rules, teams=teams, bare=True, torus=torus)


def left(stage: Stage) -> str:
    return "".join(letter for letter in stage.agents if stage.of("alive", letter))


@pytest.mark.parametrize(("sides", "living"), [(["east"], "A"), (["west"], "B"), (["north", "south"], "AB")])
def test_strikes_have_sides(sides: list[str], living: str) -> None:
    stage = stage_of(ROOM, done_by=["A", "B"], sides=sides).step()
    assert left(stage) == living
    for gone in {*"AB"} - {*living}:
        assert stage.of("harmed_by", gone) == "AB".index(living) + 1
        assert stage.of("cell", gone) == 0


def test_who_is_struck_first_strikes_no_more() -> None:
    both = ["east", "west"]
    assert left(stage_of(ROOM, done_by=["A", "B"], sides=both).step()) == "A"
    assert left(stage_of(ROOM, done_by=["B", "A"], sides=both).step()) == "B"
    assert left(stage_of(ROOM, done_by=["B"], sides=both).step()) == "B"


def test_nobody_strikes_its_own_team() -> None:
    stage = stage_of(ROOM, teams={"A": "us", "B": "us"}, done_by=["us"], sides=["east", "west"]).step()
    assert left(stage) == "AB"


@pytest.mark.parametrize(("way", "living"), [("east", "AB"), ("west", "B"), ("south", "B"), ("north", "B")])
def test_on_one_cell_a_step_to_a_struck_side_saves(way: str, living: str) -> None:
    drawings = {"east": (2, 1), "west": (2, 3), "south": (1, 2), "north": (3, 2)}
    rows = [["."] * 5 for _ in range(5)]
    rows[2][2] = "B"
    row, column = drawings[way]
    rows[row][column] = "A"
    drawing = "\n".join("".join(line) for line in rows)
    stage = stage_of(drawing, done_by=["B"], sides=["east"], same_cell_by=["B"])
    assert left(stage.step(A=way)) == living
    if living == "AB":
        assert left(stage.step()) == "B", "staying saves nobody"


def test_only_some_strike_on_their_own_cell() -> None:
    stage = stage_of("#A.B#", done_by=["A", "B"], sides=["north"]).step(A="east", B="west")
    assert left(stage) == "AB"
    assert stage.drawing == "#.A.#"


def test_strikes_do_not_reach_round_a_torus() -> None:
    assert left(stage_of("A..B", torus=True, done_by=["A", "B"], sides=["west", "east"]).step()) == "AB"


def test_harm_may_end_the_episode() -> None:
    ended = stage_of(ROOM, done_by=["A"], sides=["east"], ended_by=["B"]).step()
    assert ended.states[0]["over"] == 1
    assert not stage_of(ROOM, done_by=["A"], sides=["east"], ended_by=["A"]).step().states[0]["over"]


def test_who_harmed_whom_is_measured() -> None:
    stage = stage_of(ROOM, done_by=["A"], sides=["east"]).step().step()
    measures = {
        name: own.read(stage.world, stage.states).tolist() for name, own in stage.world.measures.items()
    }
    assert measures == {"harmed": [[0.0, 1.0]], "harms_done": [[1.0, 0.0]]}
