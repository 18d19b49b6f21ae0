"""Changes by hand in the window: dragging, doors, branches and ghost lines, playing an agent by keyboard."""

import pygame
import pytest

from tests.viewing import (
    BOX,
    DOOR,
    cell,
    click,
    closed,
    drag,
    mouse,
    opened,
    point,
    press,
    room,
    seen,
    spot,
    state,
    where,
)  # fmt: skip
from viewer import hands
from viewer.timeline_bar import ghosts, grouped


@pytest.fixture
def app(tmp_path):
    app = opened(folder=tmp_path)
    yield app
    closed(app)


def is_open(app) -> bool:
    return bool(app.episode.states["door_open"][0][0])


def test_a_click_selects_an_agent_and_changes_nothing(app):
    before = state(app.episode)
    click(app, cell(app, *where(app.episode, 1)))
    assert app.settings.agent == 1
    assert state(app.episode) == before
    click(app, cell(app, 3, 5))
    assert app.settings.agent is None
    click(app, spot(app, "agent", 0).center)
    assert app.settings.agent == 0, "also in the list of the side panel"


def test_an_agent_is_dragged_to_another_cell(app):
    drag(app, cell(app, *where(app.episode, 0)), cell(app, 2, 3))
    assert where(app.episode, 0) == (2, 3)
    assert app.settings.notice == "human_0 is now on row 2, column 3"
    assert [change.kind for change in app.episode.changes] == ["put_agent"]
    drag(app, cell(app, 2, 3), cell(app, 0, 0))
    assert where(app.episode, 0) == (2, 3)
    assert "a wall is there" in app.settings.notice
    drag(app, cell(app, 2, 3), (1270, 400))
    assert where(app.episode, 0) == (2, 3), "dropped beside the map it stays"


def test_a_box_is_dragged_too(app):
    drag(app, cell(app, *BOX), cell(app, 2, 2))
    assert app.episode.movables() == {(2, 2): "box"}
    assert "the box is now on row 2" in app.settings.notice


def test_dragging_pauses_and_shows_where_it_would_be_put(app):
    press(app, "space")
    start = cell(app, *where(app.episode, 0))
    mouse(app, pygame.MOUSEBUTTONDOWN, start)
    before = seen()
    mouse(app, pygame.MOUSEMOTION, cell(app, 2, 3), held=True)
    assert not app.player.playing
    assert app.scene.grip == hands.Grip((1, 1), 0)
    assert (seen() != before).any()
    press(app, "escape")
    assert app.scene.grip is None
    mouse(app, pygame.MOUSEBUTTONUP, cell(app, 2, 3))
    assert where(app.episode, 0) == (1, 1), "Esc lets it stay where it was"


def test_a_right_click_or_ctrl_and_click_turn_a_door(app):
    assert not is_open(app)
    click(app, cell(app, *DOOR), button=3)
    assert is_open(app)
    pygame.key.set_mods(pygame.KMOD_LCTRL)
    click(app, cell(app, *DOOR))
    pygame.key.set_mods(0)
    assert not is_open(app)
    click(app, cell(app, 2, 2), button=3)
    assert app.settings.notice == "there is no door on row 2, column 2"


def test_a_change_in_the_past_leaves_a_ghost_that_can_be_gone_back_to(app):
    press(app, ".", 10)
    old = [state(app.episode)]
    press(app, ",", 6)
    click(app, cell(app, *DOOR), button=3)
    assert app.episode.branch == 1
    assert (app.player.index, app.player.length) == (4, 4)
    press(app, ".", 3)
    new = state(app.episode)
    found, start = ghosts(app.episode)[0]
    assert (found.number, start, found.length) == (0, 4, 10)
    place = spot(app, "ghost")
    point(app, place.center)
    assert "another branch, steps 4 to 10" in app.canvas.found(place.center).hint
    click(app, (place.right - 2, place.centery))
    assert app.episode.branch == 0
    press(app, "end")
    assert state(app.episode) == old[0]
    assert "in another branch now" not in app.settings.notice
    press(app, "g")
    assert app.episode.branch == 1
    press(app, "end")
    assert state(app.episode) == new


def test_ghosts_of_branches_of_branches_leave_where_they_part(app):
    press(app, ".", 9)
    press(app, ",", 3)
    app.episode.toggle(*DOOR)
    press(app, ".", 3)
    press(app, ",", 6)
    app.episode.toggle(*DOOR)
    press(app, ".", 2)
    assert app.episode.branch == 2
    assert {branch.number: start for branch, start in ghosts(app.episode)} == {0: 3, 1: 6}


def test_one_branch_only_is_said(app):
    press(app, "g")
    assert "one branch only" in app.settings.notice


def test_playing_an_agent_by_keyboard_while_the_others_play(app):
    press(app, "tab")
    press(app, "m")
    assert app.episode.taken_over == 0
    before = where(app.episode, 0)
    press(app, "d")
    assert where(app.episode, 0) == (before[0], before[1] + 1)
    press(app, "down")
    assert where(app.episode, 0) == (before[0] + 1, before[1] + 1)
    assert app.player.index == 2
    press(app, "x", 4)
    assert where(app.episode, 0) == (before[0] + 1, before[1] + 1)
    assert len(set(app.episode.history["cell"][:, 1].tolist())) > 1, "the others play on"
    press(app, "tab")
    assert app.episode.taken_over == app.settings.agent == 1
    press(app, "m")
    assert app.episode.taken_over is None
    press(app, "w")
    assert "take over an agent first" in app.settings.notice


def test_while_playing_a_key_says_what_comes_next(app):
    press(app, "tab")
    press(app, "m")
    press(app, "space")
    press(app, "right")
    assert app.player.index == 0, "its time comes with the next step"
    app.clock.wait(0.3)
    app.tick()
    assert app.player.index == 1
    assert where(app.episode, 0) == (1, 2)


def test_the_other_actions_have_digits_and_are_shown(app):
    assert hands.mapping(app.episode.world)[-1] == ("Shift+1", "interact")
    app.episode.put_agent(0, 1, 5)
    press(app, "tab")
    press(app, "m")
    press(app, "shift+1")
    assert is_open(app)
    press(app, "shift+5")
    assert app.settings.notice == "there is no action number 5 here"
    click(app, spot(app, "action", "interact").center)
    assert not is_open(app), "the lines of the card can be clicked on"


def test_a_key_in_the_past_begins_a_branch(app):
    press(app, "tab")
    press(app, "m")
    press(app, "x", 5)
    press(app, ",", 3)
    press(app, "d")
    assert (app.episode.branch, app.player.index, app.player.length) == (1, 3, 3)
    assert len(ghosts(app.episode)) == 1


def test_events_that_fall_together_are_one_sign_that_tells_of_all(app):
    from sandbox.playback.history import Change, Event
    from viewer.timeline_bar import Place

    place = Place(pygame.Rect(0, 0, 100, 6), 0, 1000)
    events = [Event(step, "door", f"door {step}") for step in (10, 20, 30, 500)] + [
        Event(500, "goal", "there")
    ]
    marks = grouped(events, [Change(500, "weight", {"term": "task", "value": 2.0})], place, 8)
    assert marks["door", 1] == (10, "step 10: door 10, and 2 more nearby")
    assert marks["door", 50] == (500, "step 500: door 500")
    assert marks["goal", 50][1] == "step 500: there"
    assert marks["hand", 50][1] == "step 500: task weight set to 2"


def test_a_world_without_what_is_dragged_says_so_in_every_pane():
    app = opened(room("task"), room("empowerment:horizon=1"))
    try:
        drag(app, cell(app, 1, 1), cell(app, 2, 4))
        assert [where(episode, 0) for episode in app.player.episodes] == [(2, 4)] * 2
        app.player.episodes[1].put_agent(0, 3, 4)
        drag(app, cell(app, 2, 4), cell(app, 3, 4))
        assert where(app.player.episodes[0], 0) == (3, 4)
        assert (
            hands.in_all(app.player.episodes, _only_first(app.player.episodes[0]), "done")
            == "done, but not in every pane: no"
        )
    finally:
        closed(app)


def _only_first(first):
    def change(episode) -> None:
        if episode is not first:
            raise ValueError("no")

    return change
