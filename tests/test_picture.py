"""Pictures and films: what is painted where, always the same, and whole on disk."""

import gc
import itertools
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from sandbox.environment import film
from sandbox.environment.captions import fitted, side_by_side, text_image, text_width, titled
from sandbox.environment.film import check_film_path, save_film
from sandbox.environment.picture import TEAM_COLOURS, Painter, agent_token, as_text, fitting_cell_size
from sandbox.environment.shapes import tile
from sandbox.world import codes
from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.mechanic import Mark, mechanics, things
from sandbox.world.world import World

PICTURES = Path(__file__).parent / "pictures"

MAP = """
##########
#A./b.G..#
#..####D##
#k.#.....#
#..L.p..i#
#B.#.s..g#
##########
"""


LEGEND = {
    "L": ("door", {"by": "key", "link": "x"}),
    "/": ("door", {"open": True}),
    "k": ("key", {"link": "x"}),
    "g": ("goal", {"of": "B"}),
}


@pytest.fixture(scope="module")
def world() -> World:
    letters = {known.letter: (name, {}) for name, known in things().items()} | LEGEND
    rows = tuple(MAP.split())
    placed, starts = [], {}
    for row, line in enumerate(rows):
        for column, letter in enumerate(line):
            if letter in letters:
                name, params = letters[letter]
                placed.append(Placed(name, things()[name].params(**params), row, column, letter))
            elif letter != ".":
                starts[letter] = ((row, column),)
    groups = tuple(Group(letter, letter, f"team {letter}", "", 1, 1) for letter in starts)
    return World(Blueprint("map", rows, groups, starts, tuple(placed), frozenset({(4, 1, 4), (3, 1, 2)})))


@pytest.fixture
def state(world: World) -> np.ndarray:
    return world.new_states(1, 0)


def middle(frame: np.ndarray, row: int, column: int, size: int, share: float = 0.7) -> np.ndarray:
    """The pixels around the middle of a cell, [pixels, 3]."""
    near = round(size * (1 - share) / 2)
    cell = frame[row * size : (row + 1) * size, column * size : (column + 1) * size]
    return cell[near : size - near, near : size - near].reshape(-1, 3)


def commonest(pixels: np.ndarray) -> tuple[int, ...]:
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    return tuple(colours[counts.argmax()].tolist())


def map_of(painter: Painter, state: np.ndarray) -> np.ndarray:
    """The picture without its margin."""
    edge = painter.margin
    return painter.paint(state)[edge:-edge, edge:-edge]


def show(state: np.ndarray, world: World, row: int, column: int, plane: int, code: int) -> np.ndarray:
    changed = state.copy()
    changed[0]["cells"][world.layout.cell(row, column), plane] = code
    return changed


def test_size_is_even_and_as_asked(world, state):
    painter = Painter(world, 26)
    frame = painter.paint(state)
    assert frame.shape == (7 * 26 + 12, 10 * 26 + 12, 3), "cells and a margin of a quarter"
    assert frame.shape[:2] == painter.size
    assert frame.dtype == np.uint8
    painter.resize(12)
    assert painter.paint(state[0]).shape == (7 * 12 + 4, 10 * 12 + 4, 3)
    assert Painter(world).cell_size % 2 == 0
    with pytest.raises(ValueError, match="even"):
        painter.resize(13)


def test_cells_fit_the_space():
    assert fitting_cell_size(16, 16) == 34
    assert fitting_cell_size(5, 5) == 48
    assert fitting_cell_size(1000, 10) == 8


def test_the_same_state_gives_the_same_picture(world, state):
    painter = Painter(world, 20)
    first = painter.paint(state)
    kept = first.copy()
    painter.paint(show(state, world, 3, 1, codes.THING, codes.BOX))
    assert np.array_equal(first, kept), "frames share no memory"
    assert np.array_equal(painter.paint(state), Painter(world, 20).paint(state[0]))


def test_painting_changes_no_state(world, state):
    before = state.tobytes()
    Painter(world, 20).paint(state)
    assert state.tobytes() == before


@pytest.mark.parametrize("size", [12, 32])
def test_each_agent_has_its_teams_colour(world, state, size):
    painter = Painter(world, size)
    frame = map_of(painter, state)
    assert commonest(middle(frame, 1, 1, size)) == painter.agent_colours[0]
    assert commonest(middle(frame, 5, 1, size)) == painter.agent_colours[1]
    assert painter.agent_colours[0] != painter.agent_colours[1]


def test_an_agent_that_is_gone_is_not_painted(world, state):
    painter = Painter(world, 32)
    gone = state.copy()
    gone[0]["alive"][0] = 0
    gone[0]["cell"][0] = 0
    colours = painter.paint(gone).reshape(-1, 3)
    assert not (colours == painter.agent_colours[0]).all(axis=1).any()


def test_a_carried_key_shows(world, state):
    painter = Painter(world, 32)
    carrying = state.copy()
    carrying[0]["cells"][world.layout.cell(1, 1), codes.AGENT] += codes.CARRYING
    assert not np.array_equal(painter.paint(state), painter.paint(carrying))


def test_doors_look_open_closed_or_locked(world, state):
    painter = Painter(world, 32)
    looks = [
        map_of(painter, show(state, world, 2, 7, codes.GROUND, code))
        for code in (codes.DOOR_OPEN, codes.DOOR_CLOSED, codes.DOOR_LOCKED)
    ]
    assert len({look.tobytes() for look in looks}) == 3
    assert np.array_equal(looks[0][:64], looks[1][:64]), "only the door's cell changes"


def test_a_door_turns_with_its_wall(world, state):
    painter = Painter(world, 32)
    frame = map_of(painter, show(state, world, 4, 3, codes.GROUND, codes.DOOR_CLOSED))
    lying = frame[2 * 32 : 3 * 32, 7 * 32 : 8 * 32]
    standing = frame[4 * 32 : 5 * 32, 3 * 32 : 4 * 32]
    door = mechanics()["doors"].marks[codes.GROUND, codes.DOOR_CLOSED].colour
    across, down = ((part == door).all(axis=2) for part in (lying, standing))
    assert across.any(axis=0).sum() > 24 > across.any(axis=1).sum()
    assert down.any(axis=1).sum() > 24 > down.any(axis=0).sum()


def test_a_goal_has_the_colour_of_its_owner(world, state):
    painter = Painter(world, 32)
    frame = map_of(painter, state)
    anybodys = mechanics()["goals"].marks[codes.GROUND, codes.GOAL].colour
    assert commonest(middle(frame, 5, 8, 32, 0.3)) == painter.agent_colours[1]
    assert commonest(middle(frame, 1, 6, 32, 0.3)) == anybodys


def test_fences_are_thin_walls(world, state):
    wall = np.array(mechanics()["terrain"].marks[codes.GROUND, codes.WALL].colour)
    frame = map_of(Painter(world, 32), state)
    assert np.array_equal(frame[4 * 32 + 16, 2 * 32], wall), "east of (4, 1)"
    assert np.array_equal(frame[4 * 32, 32 + 16], wall), "south of (3, 1)"


def test_every_mark_is_drawn_and_no_two_of_a_plane_look_alike():
    marks = [
        (place[0], mark) for rule in mechanics().values() for place, mark in rule.marks.items() if mark.size
    ]
    looks = {(plane, tile(mark, 24).tobytes()) for plane, mark in marks}
    assert len(looks) == len(marks)


def test_a_shape_that_is_not_known_is_named():
    with pytest.raises(ValueError, match=r"'blob'; shapes are square, round"):
        tile(Mark("blob", (0, 0, 0)), 24)


def test_a_code_without_a_mark_is_still_seen(world, state):
    painter = Painter(world, 32)
    strange = painter.paint(show(state, world, 3, 4, codes.THING, 63))
    assert not np.array_equal(strange, painter.paint(state))


def test_as_text_is_the_map(world, state):
    expected = MAP.strip().replace("L", "D").replace("g", "G")
    assert as_text(world, state) == expected


def test_reference_picture(world, state):
    """Set REDRAW_PICTURES=1 to take the picture of today as the reference, and look at it."""
    path = PICTURES / "drawn_map.png"
    frame = titled(Painter(world, 24).paint(state), "A drawn map", ["step 0 · seed 0"])
    if os.environ.get("REDRAW_PICTURES"):
        Image.fromarray(frame).save(path, optimize=True)
    reference = np.array(Image.open(path).convert("RGB")).astype(int)
    assert frame.shape == reference.shape
    off = np.abs(frame - reference).max(axis=2)
    assert (off > 40).mean() < 0.01, "letters may be smoothed a little differently, shapes may not move"


def test_titled_is_even_and_keeps_the_frame():
    frame = np.random.default_rng(0).integers(0, 256, (63, 81, 3), dtype=np.uint8)
    sheet = titled(
        frame, "A title that is much longer than the picture is wide, so it takes lines", ["one", "two"]
    )
    assert sheet.shape[0] % 2 == sheet.shape[1] % 2 == 0
    places = np.argwhere((sheet == frame[0, 0]).all(axis=2))
    assert any(np.array_equal(sheet[y : y + 63, x : x + 81], frame) for y, x in places)


def test_side_by_side_keeps_its_size_whatever_the_lines_say():
    frame = np.zeros((60, 80, 3), np.uint8)
    titles = ["task", "kindness", "mix"]
    early = side_by_side([frame] * 3, titles, [["a"]] * 3, "step 1")
    late = side_by_side([frame] * 3, titles, [["a much longer line of text " * 9], ["b"], [""]], "step 1000")
    assert early.shape == late.shape
    assert early.shape[0] % 2 == early.shape[1] % 2 == 0
    for count in range(1, 9):
        assert (side_by_side([frame] * count) == 0).all(axis=2).sum() == 60 * 80 * count
    with pytest.raises(ValueError, match="0 frames"):
        side_by_side([])
    with pytest.raises(ValueError, match="2 titles"):
        side_by_side([frame] * 3, ["a", "b"])


def test_text_fits_and_survives_any_sign():
    assert text_width(fitted("many words " * 9, 14, 90), 14) <= 90
    assert fitted("short", 14, 90) == "short"
    assert text_image("é \N{MULTIPLICATION SIGN} → 你", 14).width > 10
    assert text_image("", 14).size[0] >= 1


def moving(count: int):
    for i in range(count):
        frame = np.full((31, 40, 3), 240, np.uint8)
        frame[8:20, 2 + 2 * i : 8 + 2 * i] = (0, 114, 178)
        yield frame


def frames_of(path: Path) -> list[np.ndarray]:
    if path.suffix == ".gif":
        with Image.open(path) as image:
            return [np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    import imageio.v3

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # imageio's reader leaves its pipes to the collector
        frames = list(imageio.v3.imread(path))
        gc.collect()
    return frames


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_film_holds_every_frame(tmp_path, suffix):
    path = tmp_path / f"film{suffix}"
    assert save_film(path, moving(9), fps=10) == 9
    frames = frames_of(path)
    assert len(frames) == 9
    assert frames[0].shape == (32, 40, 3), "an odd side was made even"
    assert np.abs(frames[4][12, 13].astype(int) - (0, 114, 178)).max() < 40
    assert list(tmp_path.iterdir()) == [path], "nothing else is left"


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_interrupting_keeps_a_whole_film(tmp_path, suffix):
    def interrupted():
        yield from moving(5)
        raise KeyboardInterrupt

    path = tmp_path / f"film{suffix}"
    with pytest.raises(KeyboardInterrupt):
        save_film(path, interrupted(), fps=10)
    assert len(frames_of(path)) == 5
    assert list(tmp_path.iterdir()) == [path]


def test_a_mistake_leaves_the_old_film_alone(tmp_path):
    def broken():
        yield from moving(2)
        raise ZeroDivisionError

    path = tmp_path / "film.gif"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        save_film(path, broken())
    with pytest.raises(ValueError, match="no frames"):
        save_film(path, [])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_film_path_is_checked_before(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.mp4 or \.gif"):
        save_film(tmp_path / "film.avi", moving(1))
    with pytest.raises(ValueError, match="there is no folder"):
        check_film_path(tmp_path / "nowhere" / "film.mp4")
    assert check_film_path(str(tmp_path / "film.MP4")).name == "film.MP4"
    assert film.SUFFIXES == (".mp4", ".gif")


def test_teams_are_told_apart_by_shape():
    """The outlines of the first four teams' agents differ, with colours and letters left aside."""
    outlines = [np.array(agent_token("", colour, 40))[..., 3] > 128 for colour in TEAM_COLOURS[:4]]
    for one, other in itertools.combinations(outlines, 2):
        assert (one != other).mean() > 0.04
