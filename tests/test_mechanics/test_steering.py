"""Steering: one step north, south, west or east, or none."""

import pytest

from sandbox.world.codes import FLOOR, GROUND, WALL
from tests.drawn import Stage, drawn, play

ROOM = """
#####
#...#
#.A.#
#...#
#####
"""


@pytest.mark.parametrize(
    ("action", "row", "column"),
    [("stay", 2, 2), ("north", 1, 2), ("south", 3, 2), ("west", 2, 1), ("east", 2, 3)],
)
def test_each_action_leads_to_its_cell(action: str, row: int, column: int) -> None:
    lines = [list(line) for line in drawn(ROOM).replace("A", ".").splitlines()]
    lines[row][column] = "A"
    assert play(ROOM, A=action) == "\n".join(map("".join, lines))


def test_the_five_actions_come_first_and_in_order() -> None:
    assert tuple(Stage(ROOM).world.actions)[:5] == ("stay", "north", "south", "west", "east")


def test_walls_stop_an_agent() -> None:
    assert play(ROOM, A="north north north west west west") == drawn("""
        #####
        #A..#
        #...#
        #...#
        #####
    """)


def test_the_edge_of_the_map_is_a_wall() -> None:
    assert Stage("A..", bare=True).play(A="north south west").drawing == "A.."
    assert Stage("A..", bare=True).play(A="east east east").drawing == "..A"


@pytest.mark.parametrize("fence", [(2, 2, 4), (2, 3, 3)])
def test_a_fence_stops_an_agent_from_either_side(fence: tuple[int, int, int]) -> None:
    stage = Stage(ROOM, fences=[fence])
    assert stage.step(A="east").drawing == drawn(ROOM)
    assert "east" not in stage.allowed("A")
    stage.play(A="north east south west")  # round the end of the fence, then against it from beyond
    assert stage.drawing == drawn("""
        #####
        #...#
        #..A#
        #...#
        #####
    """)
    assert "west" not in stage.allowed("A")


def test_the_mask_leaves_the_ways_that_are_open() -> None:
    assert Stage(ROOM).allowed("A") == {"stay", "north", "south", "west", "east"}
    assert Stage("#A.#").allowed("A") == {"stay", "east"}


def test_on_a_torus_edges_lead_to_the_opposite_ones() -> None:
    drawing = """
        A..
        .#.
        ...
    """
    stage = Stage(drawing, bare=True, torus=True)
    assert stage.allowed("A") == {"stay", "north", "south", "west", "east"}
    for way, (row, column) in {"north": (2, 0), "south": (1, 0), "west": (0, 2), "east": (0, 1)}.items():
        stage = Stage(drawing, bare=True, torus=True).step(A=way)
        assert stage.world.positions(stage.states)[0, 0].tolist() == [row, column]


def test_on_a_torus_eyes_go_round() -> None:
    stage = Stage("A..\n.#.\n...", bare=True, torus=True)
    seen = stage.world.observe(stage.states)[0, 0, :, :, GROUND]
    assert seen.tolist() == [[FLOOR, FLOOR, FLOOR], [FLOOR, FLOOR, FLOOR], [FLOOR, FLOOR, WALL]]


def test_on_a_torus_a_thin_wall_may_stand_on_the_edge() -> None:
    for fence in ((0, 0, 1), (2, 0, 2)):
        stage = Stage("A..\n.#.\n...", bare=True, torus=True, fences=[fence])
        assert "north" not in stage.allowed("A")
