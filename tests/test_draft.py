"""Painting a scenario changes the painted letters of its file and nothing else, and loses nobody's work."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenarios
from sandbox.scenario import draft as draft_file
from sandbox.scenario.checks import WALL
from sandbox.scenario.draft import Draft, Splice
from sandbox.scenario.lint import lint
from sandbox.scenario.read import load_scenario
from sandbox.scenario.source import ScenarioError

ROOM = """# A comment above.
format: 1
name: room   # and beside

about: A room.
map: |
  ######
  #A..B#
  #.D.G#
  #....#
  ######
# A comment below.
legend:
  D: {door: {by: switch, open: true}}   # a door
  G: [goal, item]
agents:
  left: {letter: A}
  right: {letter: B, count: 1}
"""


@pytest.fixture
def room(tmp_path) -> Path:
    file = tmp_path / "room.yaml"
    file.write_bytes(ROOM.encode())
    return file


def rows(draft: Draft) -> list[str]:
    return list(draft.drawing.rows)


# Painting -----------------------------------------------------------------------------------------------


def test_only_the_painted_letter_of_the_file_changes(room):
    draft = Draft(room)
    assert (draft.problems, draft.unsaved) == ([], False)
    assert draft.paint(3, 2, "b") == ""
    assert draft.text == ROOM.replace("  #....#\n  ######\n#", "  #.b..#\n  ######\n#")
    assert draft.unsaved
    assert room.read_bytes() == ROOM.encode(), "nothing is written before it is saved"
    assert draft.save() == "saved room.yaml"
    assert not draft.unsaved
    assert room.read_bytes() == draft.text.encode()
    assert draft.scenario is not None
    assert load_scenario(room).hash == draft.scenario.hash
    assert "#.b..#" in load_scenario(room).map


@pytest.mark.parametrize(
    "dressed",
    [
        ROOM.replace("\n", "\r\n"),
        ROOM.replace("\n", "\r"),
        "\ufeff" + ROOM,
        ROOM.removesuffix("\n"),
        ROOM + "\n\n# é ∀ 𝄞\n",
        ROOM.replace("  #", "       #").replace("about: A room.", "about: Ein Raum für 𝄞."),
    ],
)
def test_line_ends_marks_and_other_scripts_stay_as_they_are(tmp_path, dressed):
    file = tmp_path / "room.yaml"
    file.write_bytes(dressed.encode())
    draft = Draft(file)
    draft.paint(1, 2, "i")
    draft.save()
    assert file.read_bytes() == dressed.replace("#A..B#", "#Ai.B#").encode()
    assert not draft.problems


def test_the_palette_says_what_each_letter_stands_for(room):
    palette = dict(Draft(room).palette)
    assert list(palette)[:6] == [".", "#", "A", "B", "D", "G"]
    assert [palette[letter] for letter in ".#ABDG"] == [
        "floor", "wall", "left", "right", "door (open, by switch)", "goal + item",
    ]  # fmt: skip
    assert palette["b"] == "box"


def test_agents_are_counted_as_the_format_counts_them(room):
    draft = Draft(room)
    draft.paint(3, 1, "A")
    assert draft.scenario is not None
    assert draft.scenario.agents["left"].count == 2, "without `count` each letter is an agent"
    assert draft.paint(3, 4, "B") == "'right' moved here, as its count is 1"
    assert rows(draft) == ["######", "#A...#", "#.D.G#", "#A..B#", "######"]
    assert draft.undo()
    assert rows(draft)[1:4] == ["#A..B#", "#.D.G#", "#A...#"], "a move is one step"


def test_a_full_count_refuses_and_a_free_one_takes_more():
    text = ROOM.replace("letter: A", "letter: A, count: 2").replace("#A..B#", "#AA.B#")
    draft = Draft(text)
    with pytest.raises(
        ValueError, match=r"^count is fixed: 2 agents of 'left' begin on the 2 cells 'A'; take one"
    ):
        draft.paint(3, 1, "A")
    assert draft.text == text
    draft.paint(1, 1, ".")
    assert draft.problems == [
        "<text>:17:28: count is 2, but the letter 'A' stands on 1 cells of the map; 1 to 1 are allowed"
    ]
    draft.paint(3, 1, "A")
    assert draft.problems == []
    pool = Draft(text.replace("#AA.B#", "#AAAB#"))
    pool.paint(3, 1, "A")
    assert pool.problems == [], "where chance chooses among more cells, one more may be added"


def test_floor_says_who_begins_anywhere():
    assert dict(Draft("open_field").palette)["."] == "floor (start of walker)"


def test_groups_that_share_a_start_are_one_ink():
    draft = Draft("sharing")
    assert dict(draft.palette)["L"] == "learner + other + coin"
    assert "O" not in dict(draft.palette)
    with pytest.raises(ValueError, match=r"^'other' begins on 'L', not on its letter; paint that instead$"):
        draft.paint(0, 0, "O")


@pytest.mark.parametrize(
    ("row", "column", "letter", "words"),
    [
        (0, 2, ".", "row 1 column 3 is in the outer wall, which stays closed"),
        (4, 5, "A", "row 5 column 6 is in the outer wall, which stays closed"),
        (5, 0, ".", "row 6 column 1 is outside the map of 5 rows and 6 columns"),
        (1, -1, ".", "row 2 column 0 is outside the map of 5 rows and 6 columns"),
        (1, 2, "x", "unknown letter 'x'; allowed: . # A B D G "),
        (1, 2, "", "unknown letter ''; allowed: "),
        (1, 2, " ", "unknown letter ' '; allowed: "),
        (1, 2, "ab", "unknown letter 'ab'; allowed: "),
        (1, 2, "\n", "unknown letter '\\n'; allowed: "),
    ],
)
def test_what_cannot_be_painted_is_said_in_one_line(room, row, column, letter, words):
    draft = Draft(room)
    with pytest.raises(ValueError, match=f"^{re.escape(words)}") as caught:
        draft.paint(row, column, letter)
    assert "\n" not in str(caught.value)
    assert draft.text == ROOM
    assert not draft.undo()


def test_an_outer_wall_is_one_only_where_it_is_closed():
    gap = Draft(ROOM.replace("  ######\n# A", "  ###.##\n# A"))
    gap.paint(0, 1, ".")
    assert rows(gap)[0] == "#.####"
    torus = Draft(ROOM.replace("about:", "edges: torus\nabout:"))
    torus.paint(0, 1, ".")
    assert rows(torus)[0] == "#.####"


def test_cells_between_thin_walls_are_painted_where_they_are_drawn():
    draft = Draft("two_doors")
    before = draft.text.split("\n")
    draft.paint(3, 2, "b")
    differing = [(n, one, other) for n, (one, other) in enumerate(zip(before, draft.text.split("\n"), strict=True))
                 if one != other]  # fmt: skip
    assert [(one, other) for _, one, other in differing] == [
        ("  |..........A..........|", "  |....b.....A..........|")
    ]
    with pytest.raises(ValueError, match="row 7 column 1 is outside the map of 6 rows and 11 columns"):
        draft.paint(6, 0, ".")


def test_thin_walls_are_put_up_and_taken_away():
    draft = Draft("two_doors")
    text, fences = draft.text, draft.drawing.fences
    assert (2, 5, 2) in fences
    draft.fence(2, 5, 2, True)
    assert draft.text == text, "it stands there already"
    draft.fence(2, 5, 2, False)
    draft.fence(0, 1, 4, True, joined=True)
    draft.fence(1, 0, 2, True)
    assert draft.drawing.fences == fences - {(2, 5, 2)} | {(0, 1, 4), (1, 0, 2)}
    assert draft.problems == []
    changed = zip(text.split("\n"), draft.text.split("\n"), strict=True)
    assert [new for old, new in changed if old != new] == [
        "  |G..|..#.......#.....G|",
        "  +-+.+.+.+.+.+.+.+.+.+.+",
        "  +-+-+-+-+-+.+-+-+-+-+-+",
    ]
    draft.undo()
    assert draft.drawing.fences == fences - {(2, 5, 2)} | {(0, 1, 4)}
    draft.undo()
    assert draft.text == text


@pytest.mark.parametrize("place", [(5, 0, 2), (0, 10, 4), (-1, 0, 2), (0, 0, 1), (0, -1, 4)])
def test_the_outer_thin_wall_stays(place):
    draft = Draft("two_doors")
    with pytest.raises(ValueError, match="has no neighbour there, only the outer wall"):
        draft.fence(*place, False)
    with pytest.raises(ValueError, match="walls stand between cells only with `walls: thin`"):
        Draft(ROOM).fence(*place, True)


def test_several_cells_are_one_step_and_what_is_left_out_is_said(room):
    draft = Draft(room)
    said = draft.paint_all([(3, 0), (3, 1), (3, 2), (3, 3)], "#")
    assert said == ""
    assert rows(draft)[3] == "####.#"
    said = draft.paint_all([(3, 0), (3, 1), (3, 2)], ".")
    assert said == "row 4 column 1 is in the outer wall, which stays closed"
    assert rows(draft)[3] == "#..#.#"
    draft.undo()
    draft.undo()
    assert draft.text == ROOM


def test_joined_steps_are_undone_together(room):
    draft = Draft(room)
    draft.paint(3, 1, "i")
    draft.paint(1, 2, "b")
    draft.paint(2, 1, "b", joined=True)
    draft.undo()
    assert draft.text == ROOM.replace("#....#", "#i...#")
    assert draft.redo()
    assert rows(draft)[1:4] == ["#Ab.B#", "#bD.G#", "#i...#"]
    assert not draft.redo()
    draft.undo()
    draft.paint(2, 1, "p", joined=True)
    assert not draft.redo(), "what was undone is gone once something else is painted"
    draft.undo()
    draft.undo()
    assert draft.text == ROOM


def test_painting_what_is_there_is_no_step(room):
    draft = Draft(room)
    assert draft.paint(0, 0, "#") == ""
    assert not draft.undo()
    assert not draft.unsaved


def test_undo_is_bounded_and_forgets_the_oldest(room, monkeypatch):
    monkeypatch.setattr(draft_file, "MOST_STEPS", 3)
    draft = Draft(room)
    for column in range(2, 4):
        for letter in "bi":
            draft.paint(1, column, letter)
    steps = 0
    while draft.undo():
        steps += 1
    assert steps == 3
    assert rows(draft)[1] == "#Ab.B#"


@given(st.text("ab\n", max_size=12), st.text("ab\n", max_size=12))
def test_a_splice_goes_both_ways(before, after):
    step = Splice.between(before, after)
    assert step.done(before) == after
    assert step.undone(after) == before


# Problems -----------------------------------------------------------------------------------------------


def test_problems_are_shown_while_the_last_good_version_stays(room):
    draft = Draft(room)
    good = draft.scenario
    draft.paint(1, 1, ".")
    assert draft.problems == [f"{room}:17:18: 'left' is missing on the map; its letter 'A' must be there"]
    assert draft.scenario is good
    assert draft.save() == "saved room.yaml, with 1 problem"
    assert lint(room) == draft.problems
    draft.paint(3, 3, "A")
    assert draft.problems == []
    assert draft.scenario is not good


def test_problems_of_the_map_name_their_cells():
    draft = Draft(ROOM.replace("#....#", "#..x.#"))
    assert draft.problem_cells == [(3, 3)]
    draft.paint(3, 3, ".")
    assert (draft.problem_cells, draft.problems) == ([], [])
    thin = Draft(scenarios.path("two_doors").read_text().replace("...i..|", "...x..|"))
    assert thin.problem_cells == [(4, 9)]


def test_a_ragged_map_can_be_mended_by_painting():
    draft = Draft(ROOM.replace("#....#", "#.. .#"))
    assert draft.scenario is None
    assert len(draft.problems) == 1
    draft.paint(3, 3, ".")
    assert draft.problems == []
    assert draft.text == ROOM


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format: 1\nextends: two_doors\n", "the map of <text> lives in 'two_doors', which it extends; paint there"),
        ("format: 1\nagents: {}\n", "<text> has no map; write `map: |` and rows of letters below it first"),
        ('{format: 1, map: "A.",\n agents: {a: {letter: A}}}\n', "<text>: only a map below `map: |` can be painted"),
        ('about: "\nmap: |\n  A.b\n"\n? map\n: "A.b"\n', "<text>: only a map below `map: |` can be painted"),
        ("format: [1\n", "mend the file first; <text>:2:1: not valid YAML"),
        ("format: 1\nwalls: thin\nmap: |\n  ....\n  ....\n", "mend the map in the file first; <text>:"),
    ],
)  # fmt: skip
def test_a_map_that_cannot_be_painted_is_said_in_one_line(text, words):
    draft = Draft(text)
    with pytest.raises(ValueError, match=f"^{re.escape(words)}") as caught:
        draft.paint(0, 0, ".")
    assert "\n" not in str(caught.value)
    assert draft.text == text


def test_letters_are_known_as_far_as_the_file_can_be_understood():
    draft = Draft(ROOM.replace("{door: {by: switch, open: true}}", "{dor: {}}").replace("#A", "#."))
    assert len(draft.problems) >= 1
    assert draft.scenario is None
    assert {"A", "B", "G"} <= set(dict(draft.palette))
    draft.paint(1, 1, "A")
    assert rows(draft)[1] == "#A..B#"


def test_doubts_are_those_of_lint(tmp_path):
    file = tmp_path / "odd.yaml"
    file.write_text(ROOM.replace("about: A room.\n", "").replace("  G: [goal, item]", "  G: goal\n  q: key"))
    draft = Draft(file)
    assert draft.warnings == lint(file)
    assert len(draft.warnings) == 3
    draft.paint(1, 1, ".")
    assert draft.warnings == [], "problems come first"


@pytest.mark.parametrize("data", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_at_all_is_one_line(tmp_path, data):
    file = tmp_path / "room.yaml"
    if data:
        file.write_bytes(data)
    with pytest.raises(ScenarioError) as caught:
        Draft(file)
    assert len(caught.value.problems) == 1


# Saving and reading again -------------------------------------------------------------------------------


def test_a_text_without_a_file_takes_the_name_it_is_saved_under(tmp_path):
    draft = Draft(ROOM)
    assert draft.unsaved
    with pytest.raises(ValueError, match=r"^this draft has no file yet"):
        draft.save()
    with pytest.raises(ValueError, match=r"^this draft has no file"):
        draft.reload()
    assert not draft.reload_if_changed(0)
    file = tmp_path / "new.yaml"
    assert draft.save(file) == "saved new.yaml"
    assert (draft.path, file.read_bytes()) == (file, ROOM.encode())


def test_another_file_is_not_written_over_unasked(room, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("mine")
    draft = Draft(room)
    with pytest.raises(ValueError, match="there is such a file; choose another name"):
        draft.save(other)
    assert (other.read_text(), draft.path) == ("mine", room)
    draft.save(other, over=True)
    assert (other.read_bytes(), draft.path) == (ROOM.encode(), other)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_whole_and_nothing_beside_it(room, monkeypatch, broken):
    draft = Draft(room)
    draft.paint(1, 2, "b")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(ValueError, match=r"room\.yaml: cannot be saved \(no space left on device\)$"):
        draft.save()
    assert room.read_bytes() == ROOM.encode()
    assert [file.name for file in room.parent.iterdir()] == ["room.yaml"]
    assert draft.unsaved


def test_what_is_no_file_is_not_saved_to(room, tmp_path):
    draft = Draft(room)
    for place, words in (
        (tmp_path, "no ordinary file"),
        (tmp_path / "no" / "where.yaml", "there is no folder"),
    ):
        with pytest.raises(ValueError, match=words):
            draft.save(place)
    assert draft.path == room


@pytest.mark.skipif(os.name != "posix", reason="rights and links of POSIX")
def test_saving_keeps_rights_and_links(room, tmp_path):
    room.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to(room)
    draft = Draft(link)
    draft.paint(1, 2, "b")
    draft.save()
    assert link.is_symlink()
    assert room.read_bytes() == draft.text.encode()
    assert room.stat().st_mode & 0o777 == 0o640


def test_a_changed_file_is_read_again_at_the_next_look(room):
    draft = Draft(room)
    assert not draft.reload_if_changed(10.0)
    room.write_text(ROOM.replace("about: A room.", "about: A hall."))
    assert not draft.reload_if_changed(10.01), "too soon to look again"
    assert draft.reload_if_changed(10.19)
    assert draft.scenario is not None
    assert draft.scenario.about == "A hall."
    assert not draft.unsaved
    assert not draft.reload_if_changed(10.4)
    draft.undo()
    assert (draft.text, draft.unsaved) == (ROOM, True), "what was read is a step as well"


def test_a_change_that_neither_time_nor_size_shows_is_seen(room):
    draft = Draft(room)
    draft.reload_if_changed(0.0)
    time = room.stat().st_mtime_ns
    room.write_text(ROOM.replace("about: A room.", "about: A rook."))
    os.utime(room, ns=(time, time))
    assert draft.reload_if_changed(0.1)
    assert "rook" in draft.text


def test_a_file_that_breaks_and_is_mended_keeps_the_last_good_version(room):
    draft = Draft(room)
    good = draft.scenario
    room.write_text(ROOM.replace("letter: A}", "leter: A}"))
    assert draft.reload_if_changed(1)
    assert draft.scenario is good
    assert [line.split(": ")[0] for line in draft.problems] == [f"{room}:17:9", f"{room}:17:10"]
    room.write_text("about: [")
    assert draft.reload_if_changed(2)
    assert draft.scenario is good
    assert "not valid YAML" in draft.problems[0]
    room.unlink()
    assert draft.reload_if_changed(3)
    assert "no such file" in draft.problems[0]
    assert draft.unsaved
    room.write_text(ROOM)
    assert draft.reload_if_changed(4)
    assert draft.problems == []
    assert not draft.unsaved


def test_a_file_that_was_deleted_is_saved_anew(room):
    draft = Draft(room)
    room.unlink()
    draft.reload_if_changed(1)
    assert draft.save() == "saved room.yaml"
    assert (room.read_bytes(), draft.problems) == (ROOM.encode(), [])


@pytest.fixture
def torn(room) -> Draft:
    """Painted here, changed there."""
    draft = Draft(room)
    draft.paint(1, 2, "b")
    room.write_text(ROOM + "# theirs\n")
    return draft


def test_a_conflict_is_one_line_and_takes_nothing(torn, room):
    mine = torn.text
    assert torn.reload_if_changed(1)
    assert torn.conflict.startswith(f"{room}: changed on disk, with unsaved edits here; ")
    assert torn.text == mine
    assert not torn.reload_if_changed(2), "it is said once"
    with pytest.raises(ValueError, match="changed on disk, with unsaved edits here"):
        torn.save()
    assert room.read_text() == ROOM + "# theirs\n"
    torn.save(over=True)
    assert (room.read_bytes(), torn.conflict) == (mine.encode(), "")


def test_a_conflict_is_noticed_at_saving_too(torn, room):
    with pytest.raises(ValueError, match="changed on disk"):
        torn.save()
    assert torn.conflict
    assert room.read_text() == ROOM + "# theirs\n"
    torn.save(room.with_name("mine.yaml"))
    assert torn.conflict == ""
    assert room.read_text() == ROOM + "# theirs\n"


def test_after_reading_again_ones_own_edits_can_be_had_back(torn):
    mine = torn.text
    torn.reload()
    assert torn.text == ROOM + "# theirs\n"
    assert (torn.conflict, torn.unsaved) == ("", False)
    torn.undo()
    assert (torn.text, torn.unsaved) == (mine, True)
    torn.redo()
    assert torn.text == ROOM + "# theirs\n"


def test_undoing_ones_own_edits_ends_a_conflict(torn):
    torn.reload_if_changed(1)
    torn.undo()
    assert torn.conflict == ""
    assert torn.reload_if_changed(2)
    assert torn.text == ROOM + "# theirs\n"


def test_a_file_changed_back_ends_a_conflict(torn, room):
    torn.reload_if_changed(1)
    room.write_text(ROOM)
    assert torn.reload_if_changed(2)
    assert torn.conflict == ""
    assert torn.unsaved
    room.write_text(torn.text)
    torn.reload_if_changed(3)
    assert not torn.unsaved, "the same was written there as here"


# Properties ---------------------------------------------------------------------------------------------

STROKES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.booleans()),
    min_size=1,
    max_size=8,
)


def painted(draft: Draft, strokes: list[tuple[int, int, int, bool]]) -> None:
    """Paint as said, and check each stroke against the map as a plain grid of letters."""
    for row, column, pick, joined in strokes:
        grid = rows(draft)
        row, column = row % (len(grid) + 1), column % (len(grid[0]) + 1)
        letter = draft.palette[pick % len(draft.palette)][0]
        before = draft.text
        try:
            said = draft.paint(row, column, letter, joined=joined)
        except ValueError:
            assert draft.text == before
            continue
        wanted = [list(line) for line in grid]
        if said and wanted[row][column] != letter:
            old = next(n for n, line in enumerate(wanted) if letter in line)
            wanted[old][wanted[old].index(letter)] = "."
        wanted[row][column] = letter
        assert rows(draft) == ["".join(line) for line in wanted]


@pytest.mark.parametrize("name", scenarios.names())
@settings(max_examples=12, deadline=None)
@given(strokes=STROKES)
def test_painting_and_undoing_gives_the_same_bytes(name, strokes):
    draft = Draft(name)
    text, said = draft.text, draft.problems
    painted(draft, strokes)
    after, told = draft.text, draft.problems
    while draft.undo():
        pass
    assert draft.text == text
    assert draft.text.encode() == scenarios.path(name).read_bytes()
    assert draft.problems == said
    while draft.redo():
        pass
    assert (draft.text, draft.problems) == (after, told)


@pytest.mark.parametrize("name", scenarios.names())
@settings(max_examples=12, deadline=None)
@given(strokes=STROKES)
def test_what_is_saved_loads_as_painted_or_says_why_not(name, strokes, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / f"painted_{name}.yaml"
    original = scenarios.path(name).read_text(encoding="utf-8")
    file.write_text(original, encoding="utf-8")
    draft = Draft(file)
    painted(draft, strokes)
    draft.save()
    told: list[str] = []
    try:
        loaded = load_scenario(file)
        assert loaded.drawing.rows == draft.drawing.rows
        assert draft.scenario is not None
        assert loaded.hash == draft.scenario.hash
    except ScenarioError as error:
        told = error.problems
    assert draft.problems == told
    start = original.split("\n").index("map: |") + 1
    height = len(draft.drawing.text.split("\n"))
    old, new = original.split("\n"), file.read_bytes().decode().split("\n")
    assert new[:start] + new[start + height :] == old[:start] + old[start + height :]
    assert {line[:2] for line in new[start : start + height]} == {"  "}
    assert WALL in dict(draft.palette)
