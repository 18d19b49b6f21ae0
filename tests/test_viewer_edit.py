"""The scenario's file beside the window: read again when it changes, painted in the edit mode, saved."""

from pathlib import Path

import pytest

import rewards
import sandbox
from sandbox import playing
from sandbox.playback import recording
from sandbox.playback.episode import Episode
from sandbox.scenario import draft
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


# Under another name -------------------------------------------------------------------------------------


def type_in(app, text: str, instead: bool = True) -> None:
    """Type a name, in place of what stands there."""
    if instead:
        press(app, "end")
        press(app, "backspace", len(app.edit.naming.text))
    for sign in text:
        press(app, sign)


def test_the_scenario_is_saved_under_another_name_and_edited_there_from_then_on(app, file, tmp_path):
    press(app, "ctrl+shift+s")
    assert app.edit.naming is None
    assert "E opens the edit mode" in app.settings.notice
    press(app, "e")
    click(app, middle(app, 3, 3))
    press(app, "ctrl+shift+s")
    assert app.edit.naming.text == "room_edited.yaml"
    type_in(app, "mineq")
    press(app, "backspace")
    press(app, "home")
    press(app, "right", 2)
    press(app, "left")
    press(app, "y")
    assert app.edit.naming.text == "myine"
    press(app, "delete")
    press(app, "return")
    mine = tmp_path / "myne.yaml"
    assert app.edit.naming is None
    assert app.edit.notice == "saved myne.yaml"
    assert file.read_text() == NOTE + ROOM
    assert "#A.#" in mine.read_text()
    assert mine.read_text().startswith(NOTE)
    click(app, middle(app, 2, 2))
    press(app, "ctrl+s")
    assert "#.#..." in mine.read_text()
    assert file.read_text() == NOTE + ROOM
    press(app, "e")
    rewritten(app, file, ROOM.replace("#A....#", "#...A.#"))
    assert where(app.episode, 1) == (3, 1), "the other file is no longer looked at"
    rewritten(app, mine, ROOM.replace("#A....#", "#..A..#"))
    assert where(app.episode, 1) == (3, 3)


def test_the_buttons_beside_save_and_on_the_card_work(app, tmp_path):
    press(app, "e")
    click(app, app.edit.layout(app.parts.panel).buttons["save_as"].center)
    before = app.edit.draft.text
    click(app, middle(app, 3, 3))
    click(app, spot(app, "tab:agent").center)
    assert app.scene.editing
    assert app.edit.draft.text == before, "what lies behind the card does not answer"
    click(app, spot(app, "name:cancel").center)
    assert app.edit.naming is None
    assert not (tmp_path / "room_edited.yaml").exists()
    press(app, "ctrl+shift+s")
    click(app, spot(app, "name:save").center)
    assert (tmp_path / "room_edited.yaml").read_text() == before
    press(app, "ctrl+shift+s")
    assert app.edit.naming.text == "room_edited_2.yaml", "a name that no file has"


def test_another_file_is_replaced_only_by_a_second_enter(app, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("about: another\n")
    press(app, "e")
    press(app, "ctrl+shift+s")
    type_in(app, "other")
    press(app, "return")
    assert app.edit.naming.said == "other.yaml is there already; Enter once more replaces it"
    type_in(app, "x", instead=False)
    press(app, "backspace")
    press(app, "return")
    assert "is there already" in app.edit.naming.said, "said anew after the name was changed"
    press(app, "escape")
    assert app.edit.naming is None
    assert app.scene.editing
    assert other.read_text() == "about: another\n"
    press(app, "ctrl+shift+s")
    type_in(app, "other.yaml")
    press(app, "return", 2)
    assert other.read_text() == NOTE + ROOM
    press(app, "ctrl+shift+s")
    type_in(app, "other.yaml")
    press(app, "return")
    assert app.edit.naming is None, "its own file is simply saved"


def test_what_cannot_be_saved_is_said_in_one_line(app, file, tmp_path, monkeypatch):
    press(app, "e")
    press(app, "ctrl+shift+s")
    seen_before = seen()
    type_in(app, " ")
    press(app, "return")
    assert app.edit.naming.said == "type a name first"
    type_in(app, "no/where")
    press(app, "return")
    assert app.edit.naming.said == f"cannot be saved (there is no folder {tmp_path / 'no'})"
    assert (seen() != seen_before).any()

    def refused(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(draft, "write_whole", refused)
    type_in(app, "here")
    press(app, "return")
    assert app.edit.naming.said == "cannot be saved (permission denied)"
    press(app, "q")
    press(app, " ")
    assert not app.done
    assert not app.player.playing
    assert app.edit.naming.text == "hereq "
    press(app, "escape", 2)
    assert not app.scene.editing
    assert {each.name for each in tmp_path.iterdir()} == {"room.yaml"}


@pytest.mark.parametrize("overrides", [{}, {"max_cycles": 7}])
def test_a_copy_of_a_recordings_scenario_is_edited_and_played(overrides, tmp_path, monkeypatch):
    path = tmp_path / "it.recording"
    monkeypatch.chdir(tmp_path)
    Path("first_meeting.yaml").write_text("about: has nothing to do with it\n")
    scenario = sandbox.load_scenario("first_meeting", overrides)
    first = Episode(scenario, {"helper": "2*empowerment:horizon=1"})
    first.forward()
    first.go(0)
    first.set_weight(1, "empowerment", 5)
    first.forward()
    recording.save(path, first)
    kept = path.read_bytes()
    app = opened(*playing.episodes_of(str(path), [None], None, 0, None), folder=tmp_path)
    try:
        press(app, ".", 2)
        press(app, "e")
        assert app.edit.draft.path is None
        press(app, "l")
        assert "no file" in app.settings.notice
        mouse(app, 1025, middle(app, 0, 0), button=3)
        click(app, middle(app, 0, 2))
        press(app, "ctrl+s")
        type_in(app, "changed")
        press(app, "return")
        press(app, "e")
        changed = load_scenario(tmp_path / "changed.yaml")
        assert app.episode.scenario.hash == changed.hash
        assert changed.max_cycles == overrides.get("max_cycles", scenario.max_cycles)
        assert changed.map.splitlines()[0] == "#H#D..G#"
        assert app.player.index == 0
        assert [(term.name, term.weight) for term in app.episode.company.mixes[1].terms] == [
            ("empowerment", 2.0)
        ]
        assert app.episode.company.mixes[1].weights == {"empowerment": 2.0}
        assert path.read_bytes() == kept
        assert sorted(each.name for each in tmp_path.iterdir()) == [
            "changed.yaml", "first_meeting.yaml", "it.recording",
        ]  # fmt: skip
    finally:
        closed(app)


def test_what_a_run_learned_acts_in_the_edited_scenario_where_it_fits(tmp_path):
    run = tmp_path / "run"
    sandbox.train(
        "first_meeting", learner="dqn", steps=200, worlds=4, out=run, evaluation_seeds=0, device="cpu"
    )
    kept = (run / "scenario.yaml").read_bytes()
    app = opened(*playing.episodes_of(str(run), [None], None, 0, None), folder=tmp_path)
    try:
        press(app, "e")
        click(app, middle(app, 0, 2))
        press(app, "e")
        assert app.episode.scenario.map.splitlines()[0] == "#H#D..G#"
        assert type(app.episode.company.policies[1]).__name__ == "Watched"
        assert app.episode.title == "first_meeting, dqn"
        press(app, "e")
        app.edit.choose("b")
        click(app, middle(app, 0, 4))
        press(app, "e")
        assert type(app.episode.company.policies[1]).__name__ == "Planner"
        assert app.settings.notice.startswith(
            "the scenario's own policies act, as what was learned does not fit: "
        )
        assert "\n" not in app.settings.notice
        press(app, ".", 2)
        assert app.player.index == 2
        press(app, "e")
        press(app, "ctrl+z")
        press(app, "e")
        assert type(app.episode.company.policies[1]).__name__ == "Watched", "it fits again"
        assert app.episode.title == "first_meeting, dqn"
        press(app, "e")
        press(app, "ctrl+s")
        press(app, "return")
        assert load_scenario(tmp_path / "first_meeting_edited.yaml").map == app.episode.scenario.map
        assert (run / "scenario.yaml").read_bytes() == kept
    finally:
        closed(app)
