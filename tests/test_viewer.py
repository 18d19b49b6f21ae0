"""The window, driven by posted events and an own clock on a display that is not there."""

import os

os.environ["SDL_VIDEODRIVER"] = "dummy"

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pygame
import pytest

import viewer
from sandbox.environment.picture import Painter
from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.mechanic import things
from sandbox.world.world import World
from viewer.app import FASTEST, SLOWEST, App, open_window, watch
from viewer.keys import KEYMAP, command_of, help_lines
from viewer.timeline import Moment, Timeline

ROWS = ("########", "#A....B#", "#......#", "########")


@cache
def world_of_two() -> World:
    """Two agents in a small room."""
    wall = things()["wall"].params()
    walls = [(row, column) for row in range(4) for column in range(8) if ROWS[row][column] == "#"]
    return World(
        Blueprint(
            name="room",
            rows=ROWS,
            groups=tuple(Group(letter, letter, letter, "", 1, 1) for letter in "AB"),
            starts={"A": ((1, 1),), "B": ((1, 6),)},
            things=tuple(Placed("wall", wall, row, column, "#") for row, column in walls),
        )
    )


class Walk:
    """A source: two agents walk at random, six steps an episode."""

    title = "a walk"
    length = 6

    def __init__(self) -> None:
        self.world = world_of_two()
        self.painter = Painter(self.world)
        self.agent_names = self.world.agent_ids
        self.seed, self.steps = 0, 0
        self.reset(0)

    def reset(self, seed: int | None) -> None:
        self.seed = self.seed + 1 if seed is None else seed
        self.states = self.world.new_states(1, self.seed)

    @property
    def clock(self) -> int:
        return int(self.states[0]["clock"])

    def step(self) -> bool:
        if self.clock < self.length:
            self.steps += 1
            actions = np.random.default_rng((self.seed, self.clock)).integers(1, 5, (1, 2))
            self.world.step(self.states, actions)
        return self.clock < self.length

    def snapshot(self) -> Any:
        return self.states.copy()

    def restore(self, snapshot: Any) -> None:
        self.states = snapshot.copy()

    def paint(self) -> np.ndarray:
        return self.painter.paint(self.states)

    def panel(self):
        own = [("task", 0.25, 0.25), ("kindness", -1.5, -0.75), ("total", "-1.25", None)]
        return [*((name, own) for name in self.agent_names), ("world", [("doors shut", 1, None)])]

    def view_box(self, agent: int) -> tuple[int, int, int] | None:
        row, column = self.world.positions(self.states)[0, agent].tolist()
        return (row - 1, column - 1, 3)


class Time:
    """A clock that only goes when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


class Closing(Time):
    """Somebody closes the window after five seconds."""

    def wait(self, seconds: float) -> None:
        self.seconds += seconds
        if self.seconds > 5:
            pygame.event.post(pygame.event.Event(pygame.QUIT))


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def app(clock, tmp_path):
    open_window((900, 600), "test")
    pygame.event.clear()
    yield App(Walk(), clock, speed=4, playing=False, screenshots=tmp_path)
    pygame.display.quit()


def press(app: App, name: str, shift: bool = False, typed: str = "") -> None:
    key = pygame.key.key_code(name)
    mod = pygame.KMOD_LSHIFT if shift else 0
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod, unicode=typed))
    app.tick()


def click(app: App, place: tuple[int, int]) -> None:
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=1))
    app.tick()


def what_is(app: App) -> list[bytes]:
    """Every field of the source's state."""
    return [app.source.states[name].tobytes() for name in app.source.states.dtype.names]


def seen() -> np.ndarray:
    surface = pygame.display.get_surface()
    assert surface is not None
    return pygame.surfarray.array3d(surface)


def test_playing_goes_at_its_speed_and_ends_paused_on_the_last_frame(app, clock):
    press(app, "space")
    assert app.playing
    clock.wait(1.1)
    app.tick()
    assert app.source.clock == 4
    for _ in range(30):
        clock.wait(0.1)
        app.tick()
    assert app.source.clock == 6
    assert app.timeline.present.over
    assert not app.playing
    press(app, "space")
    assert app.playing
    assert app.source.clock == 0, "play at the end plays again"


def test_paused_means_that_nothing_moves_but_keys_still_answer(app, clock):
    app.tick()
    clock.wait(100)
    app.tick()
    assert app.source.clock == 0
    press(app, "h")
    assert app.help


def test_step_and_step_back_give_the_same_moments(app):
    moments = [what_is(app)]
    for _ in range(6):
        press(app, ".")
        moments.append(what_is(app))
    assert all(one != other for one, other in pairwise(moments))
    for earlier in reversed(moments[:-1]):
        press(app, ",")
        assert what_is(app) == earlier
    press(app, ",")
    assert app.source.clock == 0, "nothing before the first"
    for later in moments[1:]:
        press(app, ".")
        assert what_is(app) == later
    press(app, ".")
    assert app.source.clock == 6, "nothing after the last"
    assert app.source.steps == 6, "forward through what was played is not computed again"
    press(app, "home")
    assert app.source.clock == 0
    press(app, "end")
    assert app.source.clock == 6


def test_speed_halves_and_doubles_within_bounds(app):
    press(app, "=")
    assert app.speed == 8
    press(app, "-")
    press(app, "-")
    assert app.speed == 2
    for _ in range(30):
        press(app, "-")
    assert app.speed == SLOWEST
    for _ in range(30):
        press(app, "=", shift=True, typed="+")
    assert app.speed == FASTEST


def test_reset_keeps_the_seed_and_shift_takes_a_new_one(app):
    start = what_is(app)
    press(app, ".")
    press(app, "r")
    assert what_is(app) == start
    assert app.source.seed == 0
    press(app, "r", shift=True, typed="R")
    assert app.source.seed == 1
    assert app.source.clock == 0


def test_tab_goes_through_the_agents_and_shows_what_they_see(app):
    app.tick()
    plain = seen()
    looks = []
    for expected in (0, 1, None):
        press(app, "tab")
        assert app.agent == expected
        looks.append(seen())
    assert not np.array_equal(looks[0], plain)
    assert not np.array_equal(looks[1], looks[0])
    assert np.array_equal(looks[2], plain)
    press(app, "tab", shift=True)
    assert app.agent == 1


def test_a_click_on_an_agent_chooses_it(app):
    app.tick()
    cell, edge = app._cell()
    place = (int(app._picture.x + edge + 6.5 * cell), int(app._picture.y + edge + 1.5 * cell))
    click(app, place)
    assert app.agent == 1
    click(app, (place[0], int(place[1] + cell)))
    assert app.agent is None


@pytest.mark.parametrize("key", ["s", "k"])
def test_screenshots_are_saved_and_never_overwritten(app, tmp_path, key):
    for _ in range(2):
        press(app, key)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a_walk_seed0_step0.png", "a_walk_seed0_step0_2.png"]
    assert "saved" in app.notice


def test_a_screenshot_that_cannot_be_saved_is_said(app, tmp_path):
    app.screenshots = tmp_path / "nowhere"
    press(app, "s")
    assert "not saved" in app.notice


@pytest.mark.parametrize(("key", "typed", "shift"), [("h", "h", False), ("f1", "", False), ("/", "?", True)])
def test_help_opens_and_closes(app, key, typed, shift):
    app.tick()
    plain = seen()
    press(app, key, shift, typed)
    assert app.help
    assert not np.array_equal(seen(), plain)
    press(app, "escape")
    assert not app.help
    assert not app.done


@pytest.mark.parametrize("key", ["q", "escape"])
def test_quitting(app, key):
    press(app, key)
    assert app.done


def test_closing_the_window_quits(app):
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    app.tick()
    assert app.done


def test_every_button_does_what_it_says(app):
    app.tick()
    assert set(app._buttons) == {binding.command for binding in KEYMAP if binding.button}
    click(app, app._buttons["play"].center)
    assert app.playing
    click(app, app._buttons["play"].center)
    assert not app.playing
    click(app, app._buttons["step"].center)
    assert app.source.clock == 1
    click(app, app._buttons["back"].center)
    assert app.source.clock == 0
    click(app, app._buttons["faster"].center)
    assert app.speed == 8
    click(app, app._buttons["slower"].center)
    assert app.speed == 4
    click(app, app._buttons["new_seed"].center)
    assert app.source.seed == 1
    click(app, app._buttons["help"].center)
    assert app.help
    click(app, app._buttons["quit"].center)
    assert not app.help
    assert not app.done, "the first click only closes the help"
    click(app, app._buttons["quit"].center)
    assert app.done


def test_the_bar_can_be_clicked(app):
    for _ in range(4):
        press(app, ".")
    click(app, app._bar.midleft)
    assert app.source.clock == 0
    click(app, (app._bar.right - 1, app._bar.centery))
    assert app.source.clock == 4


@pytest.mark.parametrize("size", [(1600, 1000), (420, 300), (240, 900), (64, 48)])
def test_any_window_size_is_drawn_without_overlap(app, size):
    pygame.display.set_mode(size, pygame.RESIZABLE)
    pygame.event.post(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))
    app.tick()
    press(app, "tab")
    buttons = list(app._buttons.values())
    assert not any(one.colliderect(other) for one, other in pairwise(buttons))
    if size[0] > 400:
        assert not app._picture.colliderect(app._bar)
        assert not app._picture.colliderect(app._panel)


def test_a_long_panel_scrolls(app):
    app.source.panel = lambda: [(f"section {i}", [("row", i, 0.1)] * 4) for i in range(20)]
    app.tick()
    before = seen()
    for _ in range(100):
        pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, y=-1, x=0, flipped=False))
    app.tick()
    assert 0 < app._scroll == app._overflow
    assert not np.array_equal(seen(), before)


def test_a_slow_world_does_not_freeze_the_window(app, clock):
    quick = app.source.step

    def slow() -> bool:
        clock.wait(2)
        return quick()

    app.source.step = slow
    press(app, "space")
    clock.wait(10)
    app.tick()
    assert app.source.clock == 1, "one step, then the window answers again"


def test_a_source_that_is_over_without_a_step_ends_too(app):
    app.source.step = lambda: False
    press(app, ".")
    assert app.timeline.present.over
    assert len(app.timeline.moments) == 1


def test_watch_plays_until_it_is_closed():
    source = Walk()

    watch(source, clock=Closing(), size=(640, 480))
    assert source.clock == 6
    assert not pygame.display.get_init()
    assert pygame.mixer is None or not pygame.mixer.get_init()


@pytest.mark.skipif("not __import__('sys').platform.startswith('linux')")
def test_without_a_screen_the_way_out_is_named(monkeypatch):
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(viewer.NoScreen, match=r"sandbox run SCENARIO --record out\.mp4"):
        viewer.watch(Walk())


def test_a_driver_that_fails_is_no_screen(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "no such driver")
    with pytest.raises(viewer.NoScreen):
        open_window((100, 100), "test")


def test_keys_are_bound_once_and_all_in_the_help(app):
    keys = [key for binding in KEYMAP for key in binding.keys]
    assert len(keys) == len(set(keys))
    assert all(callable(getattr(app, f"_do_{binding.command}")) for binding in KEYMAP)
    assert len(help_lines()) == len(KEYMAP)
    held = pygame.event.Event(pygame.KEYDOWN, key=pygame.K_r, mod=pygame.KMOD_LCTRL, unicode="")
    assert command_of(held) is None


def test_a_timeline_forgets_the_oldest_but_keeps_the_first():
    timeline = Timeline(Moment("a", 0), limit=3)
    for time, name in enumerate("bcdef", 1):
        timeline.push(Moment(name, time))
    assert [moment.snapshot for moment in timeline.moments] == ["d", "e", "f"]
    assert timeline.jump(-5).snapshot == "d"
    assert not timeline.at_end
    assert timeline.home().snapshot == "a"
    assert timeline.at_end, "what came later does not join on and is played anew"
