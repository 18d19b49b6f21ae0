"""Edit mode: what presses, drags and clicks do to a draft, and how it looks, on a display that is not there."""

import os

os.environ["SDL_VIDEODRIVER"] = "dummy"

from itertools import combinations
from pathlib import Path

import numpy as np
import pygame
import pytest

import scenarios
from sandbox.scenario.draft import Draft
from sandbox.scenario.read import load_scenario
from viewer import authoring
from viewer.authoring import EditMode, cells_between, ink_picture, map_place, mark_of, palette_places, wrapped

ROOM = """format: 1
about: A room.
map: |
  ########
  #A....B#
  #..D...#
  #......#
  ########
legend:
  D: {door: {by: key}}
  k: {key: {}}   # opens it
agents:
  left: {letter: A}
  right: {letter: B, count: 1}
"""
PANEL = pygame.Rect(480, 0, 320, 600)
MAP = pygame.Rect(10, 10, 460, 580)


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "room.yaml"
    path.write_text(ROOM)
    return path


@pytest.fixture
def mode(file) -> EditMode:
    return EditMode(Draft(file))


@pytest.fixture
def surface():
    pygame.display.init()
    yield pygame.display.set_mode((800, 600))
    pygame.display.quit()


def rows(mode: EditMode) -> list[str]:
    return [line[1:-1] for line in mode.draft.drawing.rows[1:-1]]


def shown(mode: EditMode, surface: pygame.Surface, cell=None) -> np.ndarray:
    surface.fill((250, 250, 248))
    mode.draw_map(surface, MAP, place_of(mode, *cell) if cell else (-1, -1))
    mode.draw(surface, PANEL)
    return pygame.surfarray.array3d(surface)


def place_of(mode: EditMode, row: int, column: int) -> tuple[int, int]:
    spot, side = map_place(mode.draft.drawing, MAP)
    return spot.x + side * column + side // 2, spot.y + side * row + side // 2


# Strokes ------------------------------------------------------------------------------------------------


def test_a_stroke_paints_all_cells_on_its_way_and_is_undone_as_one(mode):
    mode.choose("b")
    mode.press(3, 1)
    mode.drag(3, 3)
    mode.drag(3, 3)
    mode.drag(1, 5)
    mode.release()
    assert rows(mode) == ["A...bB", "..Db..", "bbb..."]
    mode.drag(3, 6)
    assert rows(mode)[2] == "bbb...", "nothing is dragged after the release"
    mode.press(3, 6)
    mode.release()
    mode.undo()
    assert rows(mode)[2] == "bbb..."
    mode.undo()
    assert mode.draft.text == ROOM
    mode.undo()
    assert mode.notice == "nothing to undo"
    mode.redo()
    assert (rows(mode)[2], mode.notice) == ("bbb...", "")
    mode.redo()
    mode.redo()
    assert mode.notice == "nothing to do again"


def test_a_stroke_that_begins_on_the_same_letter_is_one_step_as_well(mode):
    mode.choose("i")
    mode.press(3, 1)
    mode.choose(".")
    mode.press(2, 1)
    mode.drag(3, 1)
    mode.undo()
    assert rows(mode)[2] == "i....."


def test_an_agent_is_dragged_along_not_copied(mode):
    mode.choose("A")
    mode.press(3, 3)
    mode.drag(3, 4)
    mode.drag(2, 5)
    assert "".join(rows(mode)).count("A") == 2
    assert rows(mode)[1] == "..D.A."
    mode.drag(0, 5)
    assert rows(mode)[1] == "..D.A.", "it stays where it could stand last"
    assert "outer wall" in mode.notice
    mode.drag(3, 1)
    assert (rows(mode)[1], rows(mode)[2]) == ("..D...", "A.....")
    mode.undo()
    assert mode.draft.text == ROOM
    mode.choose("B")
    mode.press(3, 1)
    assert mode.notice == "'right' moved here, as its count is 1"
    mode.drag(3, 2)
    assert rows(mode) == ["A.....", "..D...", ".B...."]
    mode.undo()
    assert mode.draft.text == ROOM


def test_presses_near_an_edge_put_thin_walls_between_cells(surface):
    mode = EditMode(Draft("two_doors"))
    text, fences = mode.draft.text, mode.draft.drawing.fences
    _, side = map_place(mode.draft.drawing, MAP)
    x, y = place_of(mode, 0, 1)
    near = side // 2 - 2
    assert mode.edge_at((x + near, y), MAP) == (0, 1, 4)
    assert mode.edge_at((x - near, y), MAP) == (0, 0, 4)
    assert mode.edge_at((x, y + near), MAP) == (0, 1, 2)
    assert mode.edge_at((x, y - near), MAP) is None, "the outer wall is none that could be put up"
    assert mode.edge_at((x, y), MAP) is None
    before = shown(mode, surface)
    assert mode.press_at((x, y + near), MAP)
    mode.drag_at((x + side, y + near), MAP)
    mode.drag_at((x + side, y), MAP)
    assert mode.draft.drawing.fences == fences | {(0, 1, 2), (0, 2, 2)}
    assert not np.array_equal(shown(mode, surface), before)
    mode.release()
    mode.undo()
    assert mode.draft.text == text
    mode.choose(".")
    x, y = place_of(mode, 2, 5)
    mode.press_at((x, y), MAP)
    assert mode.draft.text == text, "the middle of a cell means the cell, which is floor"
    mode.press_at((x, y + near), MAP)
    assert mode.draft.drawing.fences == fences - {(2, 5, 2)}
    mode.choose("b")
    assert mode.edge_at((x, y + near), MAP) is None
    mode.press_at((x, y + near), MAP)
    mode.drag_at(place_of(mode, 2, 6), MAP)
    assert mode.draft.drawing.rows[2][5:7] == "bb"
    assert not mode.press_at((1, 1), MAP)


def test_what_cannot_be_painted_is_a_notice(mode):
    mode.choose(".")
    mode.press(0, 3)
    assert mode.notice == "row 1 column 4 is in the outer wall, which stays closed"
    mode.press(40, 3)
    assert mode.notice == "row 41 column 4 is outside the map of 5 rows and 8 columns"
    assert mode.draft.text == ROOM
    mode.press(1, 1)
    assert mode.notice == ""
    assert len(mode.draft.problems) == 1


def test_letters_are_chosen_turned_and_picked(mode):
    letters = [letter for letter, _ in mode.draft.palette]
    assert mode.choose("D")
    assert not mode.choose("x")
    assert mode.letter == "D"
    mode.turn(1)
    assert mode.letter == letters[letters.index("D") + 1]
    for _ in letters:
        mode.turn(-1)
    assert mode.letter == letters[letters.index("D") + 1]
    assert mode.pick(1, 6)
    assert mode.letter == "B"
    assert not mode.pick(9, 9)
    assert not mode.pick(-1, 0)
    assert mode.letter == "B"


# The file -----------------------------------------------------------------------------------------------


def test_saving_tells_and_keeps_comments(mode, file):
    mode.choose("b")
    mode.press(3, 1)
    assert mode.save()
    assert mode.notice == "saved room.yaml"
    assert file.read_text() == ROOM.replace("  #......#\n  ########\nl", "  #b.....#\n  ########\nl")
    assert load_scenario(file).map == mode.draft.scenario.map


def test_a_file_that_changes_is_read_again(mode, file):
    mode.poll(0.0)
    file.write_text(ROOM.replace("about: A room.", "about: A hall."))
    assert mode.poll(0.2)
    assert mode.notice.endswith("room.yaml was read again")
    assert mode.draft.scenario.about == "A hall."
    assert not mode.poll(0.4)


def test_a_conflict_offers_both_ways_out_and_loses_nothing(mode, file):
    mode.choose("b")
    mode.press(3, 1)
    mine = mode.draft.text
    assert set(mode.layout(PANEL).buttons) == {"undo", "redo", "save", "save_as"}
    file.write_text(ROOM + "# theirs\n")
    assert mode.poll(1.0)
    assert not mode.save()
    assert "changed on disk, with unsaved edits here" in mode.notice
    buttons = mode.layout(PANEL).buttons
    assert set(buttons) == {"undo", "redo", "save_over", "save_as", "reload"}
    assert mode.click(buttons["reload"].center, PANEL)
    assert mode.draft.text == ROOM + "# theirs\n"
    assert set(mode.layout(PANEL).buttons) == {"undo", "redo", "save", "save_as"}
    mode.undo()
    assert mode.draft.text == mine
    file.write_text(ROOM + "# theirs again\n")
    mode.poll(2.0)
    mode.click(mode.layout(PANEL).buttons["save_over"].center, PANEL)
    assert file.read_text() == mine


def test_what_cannot_be_saved_is_a_notice(tmp_path):
    mode = EditMode(Draft(ROOM))
    assert not mode.save()
    assert mode.notice.startswith("this draft has no file yet")
    assert not mode.reload()
    assert not mode.save(tmp_path / "no" / "where.yaml")
    assert "cannot be saved" in mode.notice
    assert "\n" not in mode.notice


# The panel ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", scenarios.names())
@pytest.mark.parametrize("size", [(320, 600), (200, 400), (640, 1600)])
def test_entries_and_buttons_never_overlap_and_stay_inside(name, size):
    mode, area = EditMode(Draft(name)), pygame.Rect(13, 7, *size)
    parts = mode.layout(area)
    assert list(parts.palette) == [letter for letter, _ in mode.draft.palette]
    places = [parts.head, *parts.buttons.values(), *parts.palette.values(), parts.problems]
    assert not [pair for pair in combinations(places, 2) if pair[0].colliderect(pair[1])]
    assert all(area.left <= place.left and place.right <= area.right for place in places)
    for letter, place in parts.palette.items():
        assert mode.click(place.center, area)
        assert mode.letter == letter
    assert not mode.click(parts.head.center, area)


def test_buttons_do_what_they_say(mode, file):
    mode.choose("b")
    mode.press(3, 1)
    buttons = mode.layout(PANEL).buttons
    mode.click(buttons["undo"].center, PANEL)
    assert mode.draft.text == ROOM
    mode.click(buttons["redo"].center, PANEL)
    mode.click(buttons["save"].center, PANEL)
    assert file.read_text() == mode.draft.text != ROOM


def test_a_place_on_the_drawn_map_is_its_cell(mode, surface):
    for row, column in ((0, 0), (2, 3), (4, 7)):
        assert mode.cell_at(place_of(mode, row, column), MAP) == (row, column)
    spot, _ = map_place(mode.draft.drawing, MAP)
    assert mode.cell_at((spot.x - 1, spot.y), MAP) is None
    assert mode.cell_at((spot.x, spot.bottom), MAP) is None
    before = shown(mode, surface)
    mode.choose("b")
    mode.press(*mode.cell_at(place_of(mode, 3, 2), MAP))
    after = shown(mode, surface)
    x, y = place_of(mode, 3, 2)
    assert tuple(after[x, y]) == mark_of("box").colour
    changed = np.argwhere((before != after).any(2))
    on_map = changed[changed[:, 0] < PANEL.x]
    _, side = map_place(mode.draft.drawing, MAP)
    assert abs(on_map - (x, y)).max() <= side // 2 + 1, "only that cell looks different"


def test_drawing_depends_on_the_draft_alone(mode, surface):
    first = shown(mode, surface, (2, 2))
    assert np.array_equal(shown(mode, surface, (2, 2)), first)
    assert not np.array_equal(shown(mode, surface), first), "the cell under the mouse is shown"
    mode.choose("b")
    mode.press(3, 3)
    assert not np.array_equal(shown(mode, surface, (2, 2)), first)
    mode.undo()
    mode.choose("#")
    assert np.array_equal(shown(mode, surface, (2, 2)), first)


def test_nothing_is_drawn_outside_the_area(mode, surface):
    mode.draft.paint(1, 1, ".")
    for area in (pygame.Rect(300, 200, 150, 90), pygame.Rect(10, 10, 30, 20), pygame.Rect(400, 300, 0, 0)):
        for paint in (mode.draw, mode.draw_map):
            surface.fill((1, 2, 3))
            paint(surface, area)
            outside = pygame.surfarray.array3d(surface)
            outside[area.left : area.right, area.top : area.bottom] = (1, 2, 3)
            assert (outside == (1, 2, 3)).all()
            assert surface.get_clip() == surface.get_rect()


def test_problems_are_listed_with_their_place_and_framed_on_the_map(mode, surface):
    good = shown(mode, surface)
    mode.draft.paint(1, 1, ".")
    told = [line for line, _ in mode._told(296)]
    assert told[:3] == [
        "1 problem",
        "room.yaml:13:18",
        "'left' is missing on the map; its letter 'A' must be",
    ]
    assert told[-1] == "the last version without problems goes on"
    assert not np.array_equal(shown(mode, surface)[PANEL.x :], good[PANEL.x :])
    odd = EditMode(Draft(ROOM.replace("#..D", "#..x")))
    told = [line for line, _ in odd._told(296)]
    assert told[:2] == ["1 problem", "<text>:6:6"]
    assert "the last version without problems goes on" not in told, "there is none"
    seen = shown(odd, surface)
    spot, side = map_place(odd.draft.drawing, MAP)
    assert tuple(seen[spot.x + 3 * side, spot.y + 2 * side + side // 2]) == authoring.WRONG


def test_doubts_are_listed_where_there_are_no_problems(mode):
    told = [line for line, _ in mode._told(296)]
    assert told[:2] == ["2 doubts", "room.yaml:6:6"]
    mode.draft.paint(3, 1, "k")
    assert [line for line, _ in mode._told(296)] == ["no problems"]


def test_a_long_list_of_problems_scrolls(surface):
    wrong = "".join(f"wrong{n}: 1\n" for n in range(18))
    mode = EditMode(Draft(ROOM + wrong))
    first = shown(mode, surface)
    mode.wheel(3, PANEL)
    assert mode.scrolled == 3
    assert not np.array_equal(shown(mode, surface), first)
    mode.wheel(10_000, PANEL)
    end = mode.scrolled
    room = mode.layout(PANEL).problems
    assert end == len(mode._told(room.width)) - room.height // authoring.LINE_HEIGHT
    mode.wheel(-10_000, PANEL)
    assert mode.scrolled == 0
    assert np.array_equal(shown(mode, surface), first)


@pytest.mark.parametrize("name", scenarios.names())
def test_every_shipped_map_is_drawn_in_colours_of_its_own(name, surface):
    mode = EditMode(Draft(name))
    seen = shown(mode, surface)
    spot, side = map_place(mode.draft.drawing, MAP)
    assert MAP.contains(spot)
    for row, line in enumerate(mode.draft.drawing.rows):
        for column, letter in enumerate(line):
            x, y = spot.x + side * column + side // 2, spot.y + side * row + side // 2
            if letter == "#":
                assert tuple(seen[x, y]) == mark_of("wall").colour
            elif letter == "b":
                assert tuple(seen[x, y]) == mark_of("box").colour


def test_a_map_of_the_largest_size_is_drawn(surface):
    text = "format: 1\nmap: |\n" + "  " + "A" + "." * 127 + "\n" + ("  " + "." * 128 + "\n") * 127
    mode = EditMode(Draft(text + "agents: {a: {letter: A}}\n"))
    assert mode.draft.problems == []
    shown(mode, surface)
    assert mode.cell_at(MAP.center, MAP) is not None


def test_a_draft_that_was_never_good_is_drawn(surface):
    for text in (
        "a\n",
        "format: 1\n",
        "map: |\n",
        ROOM.replace("#A", "A"),
        "format: [1\n",
        "map: |\n  \u2603\n",
    ):
        mode = EditMode(Draft(text))
        shown(mode, surface, (0, 0))
        mode.press(0, 0)
        mode.drag(1, 1)
        mode.pick(0, 0)
        shown(mode, surface)
        assert mode.draft.problems


# Parts --------------------------------------------------------------------------------------------------


def test_doors_look_as_they_are_at_the_start():
    draft = Draft(ROOM.replace("  k:", "  O: {door: {open: true}}\n  S: door\n  k:"))
    marks = [mark_of("door", draft.inks[letter].laid[0]).shape for letter in "DOS"]
    assert marks == ["gate_locked", "gate", "gate_closed"]


def test_agents_stand_on_what_lies_below_them():
    draft = Draft("sharing")
    ink = draft.inks["L"]
    colours = {"learner": (0, 114, 178), "other": (213, 94, 0)}
    both = np.array(ink_picture(ink, 40, colours))
    for colour in colours.values():
        assert (both[..., :3] == colour).all(2).sum() > 50


@pytest.mark.parametrize(
    ("start", "end", "way"),
    [
        ((1, 1), (1, 1), [(1, 1), (1, 1)]),
        ((1, 1), (1, 3), [(1, 1), (1, 2), (1, 3)]),
        ((3, 1), (1, 3), [(3, 1), (2, 2), (1, 3)]),
    ],
)
def test_a_way_leaves_no_gap(start, end, way):
    assert cells_between(start, end) == way


def test_lines_fit_their_width():
    from sandbox.environment.captions import text_width

    text = "a line of words and averyveryverylongwordthatfitsnowhereatall, then more"
    lines = wrapped(text, 100)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 14) <= 100 for line in lines)
    assert wrapped("", 100) == []


def test_short_names_share_a_row():
    places = palette_places([("a", "x"), ("b", "y"), ("c", "a long name " * 4), ("d", "z")], PANEL)
    assert places["a"].y == places["b"].y < places["c"].y < places["d"].y
    assert places["a"].x == places["c"].x == places["d"].x < places["b"].x
