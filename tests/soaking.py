"""Random events and edits for the window, from a seed, for as long as somebody wants more of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pygame

from sandbox.playback.episode import Episode
from sandbox.scenario.read import load_scenario
from tests.viewing import Later, closed, opened
from viewer.app import App
from viewer.keys import KEYMAP

KEYS = [  # files would pile up
    key
    for binding in KEYMAP
    for key in binding.keys
    if binding.command not in ("quit", "screenshot", "save", "save_as")
]
SIZES = ((1280, 800), (800, 600), (500, 400))


def soaked(
    scenario: Path, folder: Path, seed: int, panes: int = 1, limit: int = 10_000, executor: Any = None
) -> Iterator[int]:
    """Keep a window busy; gives the number of events after each.

    Without an `executor`, what is worked out aside is worked out now and then.
    """
    later = Later()
    chance = np.random.default_rng(seed)
    first = Episode(load_scenario(scenario), limit=limit)
    others = [Episode(load_scenario(scenario), world=first.world, limit=limit) for _ in range(panes - 1)]
    app = opened(first, *others, folder=folder, executor=executor or later)
    text, count, held, place = scenario.read_text(), 0, False, (0, 0)
    try:
        while True:
            count += 1
            kind = chance.random()
            if kind < 0.45:
                post_key(chance)
            elif kind < 0.97:
                held, place = post_mouse(app, chance, held, place)
            elif kind < 0.975:
                size = SIZES[int(chance.integers(len(SIZES)))]
                pygame.display.set_mode(size, pygame.RESIZABLE)
                pygame.event.post(pygame.event.Event(pygame.VIDEORESIZE, size=size, w=size[0], h=size[1]))
            elif kind < 0.977:
                scenario.write_text(text if chance.random() < 0.6 else broken(text, chance))
            app.clock.wait(float(chance.choice([0.0, 1 / 60, 1 / 60, 0.3])))
            app.tick()
            if chance.random() < 0.02:
                later.work()
            assert not app.done
            yield count
    finally:
        scenario.write_text(text)
        closed(app)


def post_key(chance: np.random.Generator) -> None:
    """Any key of the table."""
    *mods, name = (
        str(chance.choice(KEYS)).replace("shift++", "shift+=").split("+")
        if chance.random() < 0.99
        else ["", "j"]
    )
    signs = {"?": "/", "": "=", "<": ",", ">": "."}
    shift = name in signs
    name = {"pageup": "page up", "pagedown": "page down"}.get(signs.get(name, name), signs.get(name, name))
    mod = pygame.KMOD_LSHIFT * ("shift" in mods or shift) | pygame.KMOD_LCTRL * ("ctrl" in mods)
    event = pygame.event.Event(pygame.KEYDOWN, key=pygame.key.key_code(name), mod=mod, unicode="")
    pygame.event.post(event)


def post_mouse(
    app: App, chance: np.random.Generator, held: bool, place: tuple[int, int]
) -> tuple[bool, tuple[int, int]]:
    """Anything a mouse can do, most of it where something answers."""
    width, height = app.canvas.surface.get_size()
    if app.canvas.spots and chance.random() < 0.6:
        spot = app.canvas.spots[int(chance.integers(len(app.canvas.spots)))].place
        place = int(chance.integers(spot.left, spot.right)), int(chance.integers(spot.top, spot.bottom))
    else:
        place = int(chance.integers(-5, width + 5)), int(chance.integers(-5, height + 5))
    kind = chance.random()
    if held or kind < 0.3:
        pygame.event.post(
            pygame.event.Event(pygame.MOUSEMOTION, pos=place, rel=(0, 0), buttons=(int(held), 0, 0))
        )
        if held and kind < 0.5:
            pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONUP, pos=place, button=1))
            return False, place
        return held, place
    if kind < 0.4:
        pygame.event.post(
            pygame.event.Event(pygame.MOUSEWHEEL, x=0, y=int(chance.integers(-3, 4)), flipped=False)
        )
        return False, place
    button = 3 if kind < 0.5 else 1
    pygame.event.post(pygame.event.Event(pygame.MOUSEBUTTONDOWN, pos=place, button=button))
    return button == 1, place


def broken(text: str, chance: np.random.Generator) -> str:
    """The text with a sign changed, which may make a mistake of it."""
    where = int(chance.integers(len(text)))
    return text[:where] + str(chance.choice(list("#.:{x\n"))) + text[where + 1 :]
