"""The window, driven by posted events and an own clock: time, keys, pictures of it, and what it says."""

import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pygame
import pytest

import viewer
from tests.viewing import (
    Time,
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
    wheel,
)
from viewer import commands, hands
from viewer.app import watch
from viewer.keys import KEYMAP, command_of, help_lines, markdown
from viewer.layout import layout, scale_of
from viewer.player import SPEEDS, speed_text
from viewer.screen import open_window
from viewer.widgets import Range

DOCS = Path(__file__).parents[1] / "docs" / "viewer.md"


class Closing(Time):
    """Somebody closes the window after ten seconds."""

    def wait(self, seconds: float) -> None:
        self.seconds += max(seconds, 0.02)
        if self.seconds > 10:
            pygame.event.post(pygame.event.Event(pygame.QUIT))


@pytest.fixture
def app(tmp_path):
    app = opened(folder=tmp_path)
    yield app
    closed(app)


def test_playing_goes_at_its_speed_and_ends_paused_on_the_last_step(app):
    press(app, "space")
    assert app.player.playing
    app.clock.wait(1.1)
    app.tick()
    assert app.player.index == 4
    while app.player.playing:
        app.clock.wait(0.5)
        app.tick()
    assert app.player.index == app.player.length == 24
    assert app.player.over
    press(app, "space")
    assert app.player.playing
    assert app.player.index == 0, "play at the end plays again"


def test_paused_means_that_nothing_moves_but_keys_still_answer(app):
    app.clock.wait(100)
    app.tick()
    assert app.player.index == 0
    press(app, "h")
    assert app.settings.help


def test_step_and_step_back_give_the_same_states(app):
    states = [state(app.episode)]
    for _ in range(8):
        press(app, ".")
        states.append(state(app.episode))
    assert all(one != other for one, other in pairwise(states))
    for earlier in reversed(states[:-1]):
        press(app, ",")
        assert state(app.episode) == earlier
    press(app, ",")
    assert app.player.index == 0, "nothing before the first"
    for later in states[1:]:
        press(app, ".")
        assert state(app.episode) == later
    press(app, "home")
    assert app.player.index == 0
    press(app, "end")
    assert app.player.index == 8


def test_speed_halves_and_doubles_within_bounds(app):
    press(app, "=")
    assert app.player.speed == 2
    press(app, "-", 2)
    assert app.player.speed == 0.5
    press(app, "-", 30)
    assert app.player.speed == SPEEDS[0] == 1 / 8
    press(app, "+", 30)
    assert app.player.speed == SPEEDS[-1]
    assert [speed_text(speed) for speed in (SPEEDS[0], 1.0, SPEEDS[-1])] == ["1/8x", "1x", "max"]


def test_as_fast_as_it_goes_makes_many_steps_between_two_pictures(app):
    press(app, "+", 30)
    press(app, "space")
    app.clock.wait(0.01)
    app.tick()
    assert app.player.index == 24


def test_a_slow_world_does_not_freeze_the_window(app):
    quick = app.episode.forward

    def slow() -> bool:
        app.clock.wait(2)
        return quick()

    app.episode.forward = slow
    press(app, "space")
    app.clock.wait(10)
    app.tick()
    assert app.player.index == 1, "one step, then the window answers again"


def test_restart_keeps_the_seed_and_shift_takes_the_next(app):
    start = state(app.episode)
    press(app, ".", 3)
    press(app, "r")
    assert state(app.episode) == start
    assert (app.player.seed, app.player.index, app.player.length) == (0, 0, 0)
    press(app, "shift+r")
    assert (app.player.seed, app.player.index) == (1, 0)
    assert state(app.episode) != start


def test_bookmarks_are_set_shown_and_gone_to(app):
    press(app, ".", 3)
    plain = seen()
    press(app, "b")
    assert list(app.episode.bookmarks) == [3]
    assert not np.array_equal(seen(), plain)
    press(app, ".", 4)
    press(app, "b")
    press(app, "[")
    assert app.player.index == 3
    press(app, "[")
    assert app.player.index == 3
    assert "no bookmark before" in app.settings.notice
    press(app, "]")
    assert app.player.index == 7
    press(app, "b")
    assert list(app.episode.bookmarks) == [3]
    press(app, "home")
    click(app, spot(app, "mark", 3).center)
    assert app.player.index == 3, "a click on a flag goes there"


def test_events_are_marks_that_can_be_gone_to(app):
    app.episode.put_agent(0, 1, 7)
    for _ in range(40):
        if any(event.kind == "goal" for event in app.episode.events):
            break
        app.player.forward()
        if app.player.over:
            app.player.reset(app.player.seed + 1)
            app.episode.put_agent(0, 1, 7)
    index = next(event.index for event in app.episode.events if event.kind == "goal")
    press(app, "home")
    press(app, "n")
    assert app.player.index == app.episode.events[0].index
    press(app, "end")
    press(app, "shift+n")
    assert app.player.index < app.player.length or app.player.index in {e.index for e in app.episode.events}
    press(app, "home")
    place = spot(app, "mark", index)
    point(app, place.center)
    hint = app.canvas.found(place.center).hint
    assert hint.startswith(f"step {index}: ")
    click(app, place.center)
    assert app.player.index == index


def test_the_timeline_can_be_clicked_and_dragged(app):
    press(app, ".", 8)
    line = next(each for each in app.canvas.spots if each.name == "timeline")
    track = line.value
    assert isinstance(track, Range)
    y = line.place.centery
    click(app, (track.track.x, y))
    assert app.player.index == 0
    drag(app, (track.track.x, y), (track.track.right, y))
    assert app.player.index == 8
    drag(app, (track.track.right, y), (track.track.centerx, 10))
    assert app.player.index == 4, "the mouse may leave the line"


def test_tab_goes_through_the_agents_and_shows_what_they_see(app):
    plain = seen()
    looks = []
    for expected in (0, 1, None):
        press(app, "tab")
        assert app.settings.agent == expected
        looks.append(seen())
    assert not np.array_equal(looks[0], plain)
    assert not np.array_equal(looks[1], looks[0])
    assert np.array_equal(looks[2], plain)
    press(app, "shift+tab")
    assert app.settings.agent == 1


def test_screenshots_are_saved_and_never_overwritten(app, tmp_path):
    press(app, "k", 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["room_seed0_step0.png", "room_seed0_step0_2.png"]
    assert "saved" in app.settings.notice
    assert pygame.image.load(str(tmp_path / names[0])).get_size() == (1280, 800)
    app.folder = tmp_path / "nowhere"
    press(app, "k")
    assert "not saved" in app.settings.notice


@pytest.mark.parametrize("key", ["h", "f1", "?"])
def test_help_opens_and_closes(app, key):
    plain = seen()
    press(app, key)
    assert app.settings.help
    assert not np.array_equal(seen(), plain)
    press(app, "escape")
    assert not app.settings.help
    press(app, key)
    click(app, spot(app, "play").center)
    assert not app.settings.help
    assert not app.player.playing, "the first click only closes the help"


def test_escape_closes_one_thing_after_the_other_and_q_quits(app):
    press(app, "tab")
    press(app, "1")
    press(app, "m")
    press(app, "?")
    for what in (lambda: app.settings.help, lambda: app.episode.taken_over is not None,
                 lambda: app.settings.overlay, lambda: app.settings.agent is not None):  # fmt: skip
        assert what()
        press(app, "escape")
        assert not what()
    press(app, "escape")
    assert not app.done
    press(app, "q")
    assert app.done


def test_closing_the_window_quits(app):
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    app.tick()
    assert app.done


def test_every_button_does_what_it_says(app):
    for name in ("first", "back", "play", "step", "last", "slower", "faster", "reset", "new_seed", "bookmark", "hand",
                 "film", "help"):  # fmt: skip
        assert spot(app, name).width > 20, name
    click(app, spot(app, "play").center)
    assert app.player.playing
    click(app, spot(app, "play").center)
    assert not app.player.playing
    click(app, spot(app, "step").center)
    assert app.player.index == 1
    click(app, spot(app, "first").center)
    assert app.player.index == 0
    click(app, spot(app, "last").center)
    assert app.player.index == 1
    click(app, spot(app, "back").center)
    assert app.player.index == 0
    click(app, spot(app, "faster").center)
    assert app.player.speed == 2
    click(app, spot(app, "slower").center)
    assert app.player.speed == 1
    click(app, spot(app, "new_seed").center)
    assert app.player.seed == 1
    click(app, spot(app, "reset").center)
    assert app.player.seed == 1
    click(app, spot(app, "bookmark").center)
    assert list(app.episode.bookmarks) == [0]
    click(app, spot(app, "hand").center)
    assert app.episode.taken_over == 0
    click(app, spot(app, "hand").center)
    assert app.episode.taken_over is None
    click(app, spot(app, "film").center)
    assert app.scene.film is not None
    click(app, spot(app, "film:cancel").center)
    assert app.scene.film is None
    click(app, spot(app, "help").center)
    assert app.settings.help


def test_what_is_pointed_at_says_what_it_is(app):
    place = spot(app, "play").center
    plain = seen()
    point(app, place)
    assert not np.array_equal(seen()[:, :740], plain[:, :740]), "a line above the button"
    point(app, (5, 400))
    assert np.array_equal(seen(), plain)


@pytest.mark.parametrize("size", [(800, 600), (3840, 2160), (420, 300), (240, 900), (64, 48)])
def test_any_window_size_is_drawn_without_overlap(app, size):
    pygame.display.set_mode(size, pygame.RESIZABLE)
    pygame.event.post(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))
    app.tick()
    for key in ("tab", "1", "p", "m", "?"):
        press(app, key)
    if size[0] >= 800:
        parts = layout(size, scale_of(size))
        areas = [
            parts.strip,
            parts.pictures,
            parts.panel,
            parts.tabs,
            parts.timeline,
            parts.buttons,
            parts.status,
        ]
        for number, one in enumerate(areas):
            assert pygame.Rect(0, 0, *size).contains(one)
            assert one.collidelist(areas[number + 1 :]) < 0
        buttons = [
            each.place
            for each in app.canvas.spots
            if each.place.y >= parts.buttons.y and each.name in dir(commands)
        ]
        assert all(one.collidelist(buttons[:k]) < 0 for k, one in enumerate(buttons))


def test_writing_grows_with_the_window():
    assert scale_of((1280, 800)) == 1
    assert scale_of((3840, 2160)) == pytest.approx(2.7)
    assert 0.9 <= scale_of((800, 600)) < 1


def test_nothing_is_drawn_while_nothing_changes(app):
    drawn = []
    draw, app.draw = app.draw, lambda: drawn.append(draw())
    for _ in range(10):
        app.clock.wait(1 / 60)
        app.tick()
    assert not drawn
    press(app, ".")
    assert len(drawn) == 1


def test_the_wheel_zooms_to_the_mouse_and_the_floor_can_be_dragged(app):
    middle = app.boards[0].rect(2, 3).center
    point(app, middle)
    before = app.boards[0].cell
    wheel(app, 3)
    assert app.boards[0].cell > 1.3 * before
    assert app.boards[0].at(middle) == (2, 3), "the cell under the mouse stays there"
    drag(app, middle, (middle[0] + 50, middle[1] + 30))
    assert app.boards[0].at((middle[0] + 50, middle[1] + 30)) == (2, 3)
    assert app.settings.agent is None
    for _ in range(20):
        drag(app, (200, 300), (700, 300))
    assert app.boards[0].rect(0, 0).clip(app.boards[0].place).width > 0, "some of the map can always be seen"
    press(app, "0")
    assert app.boards[0].cell == before
    press(app, "pageup")
    assert app.boards[0].cell > before
    press(app, "pagedown", 3)
    assert app.boards[0].cell < before


def test_the_status_line_says_what_is_going_on(app):
    from viewer.window import status

    assert status(app.scene).startswith("Paused; Space plays")
    press(app, "space")
    assert status(app.scene) == "Playing at 1x; Space pauses."
    press(app, ".", 5)
    press(app, ",")
    assert "begins a new branch" in status(app.scene)
    press(app, "m")
    assert status(app.scene).startswith("You play human_0")


# Films and recordings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mp4", "gif"])
def test_a_film_of_a_range_is_saved(app, tmp_path, kind):
    press(app, ".", 4)
    press(app, "v")
    film = app.scene.film
    assert (film.first, film.last) == (0, 4)
    slider = next(each for each in app.canvas.spots if each.name == "film:first")
    track = slider.value.track
    click(app, (track.x + track.width // 2, slider.place.centery))
    assert film.first == 2
    click(app, spot(app, "film:kind", kind).center)
    click(app, spot(app, "film:save").center)
    app.clock.wait(1)
    app.tick()
    assert film.finished, film.problem
    assert film.done == 3
    assert film.path.name == f"room_seed0_steps2-4.{kind}"
    assert film.path.read_bytes()[:12].startswith(b"GIF89a") == (kind == "gif")
    assert film.path.stat().st_size > 1000
    click(app, spot(app, "film:cancel").center)
    assert app.settings.notice == f"saved {film.path.name}"


def test_bookmarks_say_what_to_film_and_problems_are_told(app, tmp_path):
    press(app, ".")
    press(app, "b")
    press(app, ".", 2)
    press(app, "b")
    press(app, ".")
    press(app, "v")
    assert (app.scene.film.first, app.scene.film.last) == (1, 3)
    app.folder = tmp_path / "nowhere"
    click(app, spot(app, "film:save").center)
    assert "nowhere" in app.scene.film.problem
    press(app, ".")
    assert app.player.index == 4, "keys of the window rest while the dialog is open"
    click(app, (5, 5))
    assert app.scene.film is not None
    press(app, "escape")
    assert app.scene.film is None


def test_a_recording_is_saved_and_plays_again_to_the_byte(app, tmp_path):
    from sandbox.playback import recording

    press(app, ".", 5)
    press(app, "ctrl+s")
    path = tmp_path / "room_seed0_5_steps.recording"
    assert path.name in app.settings.notice
    again = recording.load(path)
    again.go(5)
    assert state(again) == state(app.episode)


# The window itself -----------------------------------------------------------------------------------------------


def test_watch_plays_until_it_is_closed():
    episode = room()
    watch(episode, clock=Closing(), size=(640, 480))
    assert episode.index == 24
    assert not pygame.display.get_init()
    assert pygame.mixer is None or not pygame.mixer.get_init()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("xvfb-run"), reason="there is no Xvfb here")
def test_the_window_opens_on_a_real_display():
    script = (
        "import pygame; from tests.viewing import room; from tests.test_viewer import Closing; "
        "import os; os.environ.pop('SDL_VIDEODRIVER'); from viewer import watch; episode = room(); "
        "watch(episode, clock=Closing()); print(episode.index)"
    )
    done = subprocess.run(
        ["xvfb-run", "-a", sys.executable, "-c", script],
        capture_output=True, text=True, cwd=DOCS.parents[1], timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout.split()[-1:] == ["24"], done.stderr


def test_what_cannot_be_shown_is_said():
    with pytest.raises(ValueError, match="1 to 4"):
        watch([])
    with pytest.raises(ValueError, match="1 to 4"):
        watch([room()] * 5)


@pytest.mark.skipif("not __import__('sys').platform.startswith('linux')")
def test_without_a_screen_the_way_out_is_named(monkeypatch):
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(viewer.NoScreen, match=r"sandbox run SCENARIO --record out\.mp4"):
        viewer.watch(room())


def test_a_driver_that_fails_is_no_screen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "no such driver")
    with pytest.raises(viewer.NoScreen):
        open_window((100, 100), "test")


# The keys --------------------------------------------------------------------------------------------------------


def test_keys_are_bound_once_and_every_command_is_there():
    keys = [key for binding in KEYMAP for key in binding.keys]
    assert len(keys) == len(set(keys))
    for binding in KEYMAP:
        known = binding.command in commands.STEPS or binding.command in hands.STEERING
        known |= binding.command in ("overlay", "other_action") or hasattr(commands, f"do_{binding.command}")
        assert known, binding.command
    assert sum(map(len, help_lines().values())) == len(KEYMAP) + len(help_lines()["Mouse"])


@pytest.mark.parametrize("key", [key for binding in KEYMAP for key in binding.keys])
def test_every_key_gives_its_command(app, key, monkeypatch):
    given = []
    monkeypatch.setattr(commands, "carry_out", lambda app, *command: given.append(command))
    press(app, key)
    binding = next(binding for binding in KEYMAP if key in binding.keys)
    assert given == [(binding.command, binding.keys.index(key))]


@pytest.mark.parametrize(
    "key", [key for binding in KEYMAP for key in binding.keys if binding.command != "quit"]
)
def test_every_key_can_be_pressed_at_any_time(app, key):
    for before in ((), ("tab", "m"), ("e",), ("v",)):
        press(app, "home")
        for each in before:
            press(app, each)
        press(app, key)
        for _ in range(5):
            press(app, "escape")
        assert not app.done


def test_other_keys_give_nothing():
    for key, mod in ((pygame.K_r, pygame.KMOD_LALT), (pygame.K_j, 0), (pygame.K_f, pygame.KMOD_LCTRL)):
        assert command_of(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod, unicode="")) is None


def test_the_page_of_the_docs_has_the_same_keys():
    page = DOCS.read_text()
    assert markdown() in page
    done = subprocess.run(
        [sys.executable, "-m", "viewer", "--keys"],
        capture_output=True,
        text=True,
        check=True,
        cwd=DOCS.parents[1],
    )
    assert done.stdout == markdown()
    assert not re.search(r"pygame", done.stdout)


def test_the_mouse_beside_everything_does_nothing(app):
    before = state(app.episode)
    for place in ((-5, -5), (2, 2), (1279, 799)):
        mouse(app, pygame.MOUSEBUTTONDOWN, place)
        mouse(app, pygame.MOUSEMOTION, (place[0] + 30, place[1]), held=True)
        mouse(app, pygame.MOUSEBUTTONUP, place)
    assert state(app.episode) == before
