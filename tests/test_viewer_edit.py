"""The scenario's file beside the window: read again when it changes, painted in the edit mode, saved."""

import pytest

import rewards
from sandbox.playback.episode import Episode
from sandbox.scenario.read import load_scenario
from tests.viewing import ROOM, click, closed, drag, mouse, opened, press, seen, spot, where

NOTE = "# a note that stays\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "room.yaml"
    path.write_text(NOTE + ROOM)
    return path


@pytest.fixture
def app(file, tmp_path):
    app = opened(Episode(load_scenario(file), rewards.parse("task")), folder=tmp_path)
    app.clock.wait(1)
    app.tick()
    yield app
    closed(app)


def middle(app, row: int, column: int) -> tuple[int, int]:
    """The middle of a cell of the map that is painted."""
    from viewer.authoring import map_place

    place, side = map_place(app.edit.draft.drawing, app.parts.pictures)
    return place.x + int((column + 0.5) * side), place.y + int((row + 0.5) * side)


def rewritten(app, file, text: str) -> None:
    """Save the file elsewhere and wait for 200 ms."""
    file.write_text(text)
    for _ in range(12):
        app.clock.wait(1 / 60)
        app.tick()


def test_the_file_is_read_again_within_200_ms(app, file):
    press(app, ".", 3)
    rewritten(app, file, (NOTE + ROOM).replace("#A....#", "#...A.#"))
    assert where(app.episode, 1) == (3, 4)
    assert app.player.index == 0
    assert "has changed" in app.settings.notice


def test_a_mistake_is_shown_with_its_place_and_the_last_good_version_goes_on(app, file):
    press(app, ".", 3)
    rewritten(app, file, (NOTE + ROOM).replace("policy: random, view: 2", "policy: random, view: two"))
    assert app.player.index == 3
    assert app.scene.problem.startswith(f"{file}:")
    assert ":13:" in app.scene.problem or ":12:" in app.scene.problem
    assert spot(app, "problem").width > 100
    press(app, ".")
    assert app.player.index == 4
    rewritten(app, file, NOTE + ROOM)
    assert app.scene.problem == ""
    assert app.player.index == 4, "nothing has changed in the end"


def test_painting_undoing_saving(app, file):
    press(app, "e")
    assert app.scene.editing
    assert app.edit.letter == "#"
    drag(app, middle(app, 2, 3), middle(app, 3, 3))
    assert "#..#..#..#" in app.edit.draft.text
    press(app, "ctrl+z")
    assert app.edit.draft.text == NOTE + ROOM
    press(app, "ctrl+y")
    press(app, "ctrl+s")
    saved = file.read_text()
    assert saved.startswith(NOTE)
    assert saved.count("#..#..#..#") == 1
    press(app, "e")
    assert not app.scene.editing
    assert app.episode.scenario.hash == load_scenario(file).hash
    assert app.player.index == 0
    assert app.settings.notice.startswith("the scenario has changed")


def test_the_palette_and_the_right_button_choose_letters(app):
    press(app, "e")
    mouse(app, 1025, middle(app, 1, 4), button=3)  # MOUSEBUTTONDOWN
    assert app.edit.letter == "b"
    panel = app.edit.layout(app.parts.panel)
    click(app, panel.palette["A"].center)
    assert app.edit.letter == "A"
    click(app, middle(app, 2, 2))
    press(app, "e")
    assert (2, 2) in {where(app.episode, agent) for agent in range(len(app.episode.agent_names))}
    assert app.episode.company.mixes[0].terms[0].name == "task"


def test_buttons_of_the_panel_work(app, file):
    press(app, "e")
    click(app, middle(app, 3, 3))
    click(app, app.edit.layout(app.parts.panel).buttons["undo"].center)
    assert app.edit.draft.text == NOTE + ROOM
    before = seen()
    click(app, app.edit.layout(app.parts.panel).buttons["redo"].center)
    assert (seen() != before).any()


def test_leaving_without_a_change_plays_on(app):
    press(app, ".", 4)
    press(app, "e")
    press(app, "e")
    assert app.player.index == 4
    press(app, "e")
    press(app, "escape")
    assert not app.scene.editing
    assert app.player.index == 4


def test_outside_the_edit_mode_its_keys_say_where_they_work(app):
    press(app, "ctrl+z")
    assert "E opens the edit mode" in app.settings.notice


def test_l_reads_the_file_again(app, file):
    text = (NOTE + ROOM).replace("#A....#", "#..A..#")
    file.write_text(text)
    press(app, "l")
    assert where(app.episode, 1) == (3, 3)


def test_what_is_set_on_the_command_line_is_kept_until_the_file_changes(file):
    scenario = load_scenario(file, {"max_cycles": 7})
    app = opened(Episode(scenario))
    try:
        app.clock.wait(1)
        app.tick()
        press(app, "e")
        press(app, "e")
        assert app.episode.scenario.max_cycles == 7
    finally:
        closed(app)
