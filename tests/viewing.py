"""The window on a display that is not there: a small world, a clock that goes when told, keys and mouse as events."""

import copy
import os

os.environ["SDL_VIDEODRIVER"] = "dummy"
os.environ["SDL_AUDIODRIVER"] = "dummy"

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pygame

import rewards as formulations
from sandbox.playback.episode import Episode
from sandbox.scenario.read import parse_scenario
from sandbox.world.world import World
from viewer.app import App
from viewer.panes import Pane
from viewer.screen import open_window
from viewer.titles import titles_of

ROOM = """\
format: 1
name: room
about: Two agents, a box, a door and a goal.
map: |
  ##########
  #H..b.D.G#
  #.....#..#
  #A....#..#
  ##########
agents:
  human: {letter: H, policy: random, view: 2}
  helper: {letter: A, policy: random, view: 1, role: helper}
mechanics:
  goals: {ends: all}
max_cycles: 24
"""
DOOR, BOX, GOAL = (1, 6), (1, 4), (1, 8)


@cache
def world_of_room() -> World:
    """The rules, made once."""
    return World(parse_scenario(ROOM))


def room(rewards: str | None = "task+0.5*empowerment:horizon=1", seed: int = 0) -> Episode:
    """An episode in the room."""
    spec = formulations.parse(rewards) if rewards else None
    return Episode(parse_scenario(ROOM), spec, seed, world=world_of_room())


class Time:
    """A clock that only goes when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


class AtOnce:
    """An executor that works on the spot."""

    def submit(self, fn: Callable[[], None], /) -> Any:
        fn()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


class Later:
    """An executor that works when told."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, fn: Callable[[], None], /) -> Any:
        self.waiting.append(fn)

    def work(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.waiting.clear()


def opened(
    *episodes: Episode, folder: Path = Path("."), size: tuple[int, int] = (1280, 800), executor: Any = None
) -> App:
    """A window with these episodes, paused at their first step, drawn once."""
    open_window(size, "test")
    pygame.event.clear()
    pygame.key.set_mods(0)
    episodes = episodes or (room(),)
    rewards = copy.deepcopy([episode.rewards for episode in episodes])
    panes = [Pane(*each) for each in zip(episodes, titles_of(episodes), rewards, strict=True)]
    app = App(panes, Time(), playing=False, folder=folder, executor=executor or AtOnce())
    app.tick()
    return app


def closed(app: App) -> None:
    """Close it again."""
    app.close()
    pygame.display.quit()


SHIFTED = {"/": "?", "=": "+", ",": "<", ".": ">"}


def press(app: App, key: str, times: int = 1) -> None:
    """Press a key, as the key table writes it."""
    *held, name = key.split("+") if key != "+" else ["+"]
    for sign, plain in (("?", "/"), ("+", "="), ("<", ","), (">", ".")):
        if name == sign:
            name, held = plain, ["shift"]
    mods = {"shift": pygame.KMOD_LSHIFT, "ctrl": pygame.KMOD_LCTRL, "alt": pygame.KMOD_LALT}
    mod = sum(mods[each] for each in held)
    code = pygame.key.key_code(name.replace("pageup", "page up").replace("pagedown", "page down"))
    typed = name if len(name) == 1 and not held else SHIFTED.get(name, "") if held == ["shift"] else ""
    for _ in range(times):
        pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=code, mod=mod, unicode=typed))
        app.tick()


def mouse(app: App, kind: int, place: tuple[int, int], button: int = 1, held: bool = False) -> None:
    """One event of the mouse."""
    if kind == pygame.MOUSEMOTION:
        event = pygame.event.Event(kind, pos=place, rel=(0, 0), buttons=(int(held), 0, 0))
    else:
        event = pygame.event.Event(kind, pos=place, button=button)
    pygame.event.post(event)
    app.tick()


def point(app: App, place: tuple[int, int]) -> None:
    """Move the mouse."""
    mouse(app, pygame.MOUSEMOTION, place)


def click(app: App, place: tuple[int, int], button: int = 1) -> None:
    """Press and release a button of the mouse."""
    mouse(app, pygame.MOUSEBUTTONDOWN, place, button)
    mouse(app, pygame.MOUSEBUTTONUP, place, button)


def drag(app: App, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Press, move in three steps, release."""
    mouse(app, pygame.MOUSEBUTTONDOWN, start)
    for share in (0.3, 0.7, 1.0):
        there = tuple(round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
        mouse(app, pygame.MOUSEMOTION, (there[0], there[1]), held=True)
    mouse(app, pygame.MOUSEBUTTONUP, end)


def wheel(app: App, lines: int) -> None:
    """Turn the wheel."""
    pygame.event.post(pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=lines, flipped=False))
    app.tick()


def spot(app: App, name: str, value: Any = None) -> pygame.Rect:
    """Where something that answers lies."""
    found = [
        each for each in app.canvas.spots if each.name == name and (value is None or each.value == value)
    ]
    assert found, f"nothing is called {name}: {sorted({each.name for each in app.canvas.spots})}"
    return found[-1].place


def cell(app: App, row: int, column: int, pane: int = 0) -> tuple[int, int]:
    """The middle of a cell."""
    return app.boards[pane].rect(row, column).center


def seen() -> np.ndarray:
    """What the window shows, uint8 [width, height, 3]."""
    surface = pygame.display.get_surface()
    assert surface is not None
    return pygame.surfarray.array3d(surface)


def state(episode: Episode) -> bytes:
    """The present to the byte."""
    return episode.states.tobytes()


def where(episode: Episode, agent: int) -> tuple[int, int]:
    """The cell of an agent."""
    row, column = episode.world.positions(episode.states)[0, agent].tolist()
    return row, column
