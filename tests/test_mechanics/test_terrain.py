"""Terrain: floor to stand on and walls that nothing enters, all round the map too."""

from sandbox.world.codes import FLOOR, GROUND, WALL
from tests.drawn import Stage, drawn, play

YARD = """
    #####
    #A#.#
    #.b.#
    #####
"""


def test_nobody_enters_a_wall() -> None:
    assert play(YARD, A="north west east") == drawn(YARD)


def test_no_box_is_pushed_into_a_wall() -> None:
    assert play(YARD, A="south east") == drawn("""
        #####
        #.#.#
        #.Ab#
        #####
    """)
    assert play(YARD, A="south east east") == play(YARD, A="south east")


def test_a_wall_may_have_another_letter() -> None:
    legend = {"W": ("wall", {})}
    assert play("WA.W", legend, A="west east east") == "W.AW"


def test_the_ground_is_floor_and_wall_and_beyond_the_map_all_wall() -> None:
    stage = Stage("#A.#", bare=True)
    ground = stage.states[0]["cells"][:, GROUND].reshape(-1, stage.world.stride)
    assert ground.tolist() == [[WALL] * 6, [WALL, WALL, FLOOR, FLOOR, WALL, WALL], [WALL] * 6]


def test_free_cells_are_those_without_walls_boxes_and_closed_doors() -> None:
    stage = Stage("#A.b\n/Dki", bare=True)
    assert stage.world.free_cells().tolist() == [[0, 1], [0, 2], [1, 0], [1, 2], [1, 3]]
