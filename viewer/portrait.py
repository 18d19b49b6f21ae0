"""A picture of the window without a screen, for the docs: the same window, after some keys were pressed."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pygame

import rewards as formulations
from sandbox.experiments.compare import default_team
from sandbox.playback.episode import Episode
from sandbox.scenario.read import load_scenario
from viewer import commands
from viewer.app import App
from viewer.keys import KEYMAP
from viewer.panes import Pane
from viewer.screen import open_window, window
from viewer.titles import titles_of


class StandingClock:
    """Time that does not pass."""

    def now(self) -> float:
        """Always the same."""
        return 0.0

    def wait(self, seconds: float) -> None:
        """Nothing passes."""


class AtOnce:
    """Works out on the spot what else is worked out aside."""

    def submit(self, fn: Callable[[], None], /) -> Any:
        """Do it."""
        fn()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Nothing to end."""


def portray(arguments: Sequence[str]) -> None:
    """Save a picture of the window as the arguments say; a mistake is one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m viewer", description=(__doc__ or "").strip())
    parser.add_argument("scenario")
    parser.add_argument("--picture", required=True, type=Path, help="PNG file to write")
    parser.add_argument("--steps", type=int, default=0, help="steps that are played first")
    parser.add_argument("--press", default="", help="keys, separated by spaces, as in 'tab 1 b'")
    parser.add_argument("--compare", default="", help="formulations of panes, separated by ';'")
    parser.add_argument("--size", default="1280x800", help="width and height in pixels")
    options = parser.parse_args(arguments)
    os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
    try:
        width, _, height = options.size.partition("x")
        scenario = load_scenario(options.scenario)
        specs = [formulations.parse(spec) for spec in options.compare.split(";") if spec.strip()] or [None]
        whom = default_team(scenario)
        episodes = [Episode(scenario, None if spec is None else {whom: spec}) for spec in specs]
        open_window((int(width), int(height)), scenario.name)
    except ValueError as problem:
        parser.exit(2, f"{problem}\n")
    panes = [Pane(episode, title) for episode, title in zip(episodes, titles_of(episodes), strict=True)]
    app = App(panes, StandingClock(), playing=False, executor=AtOnce())
    for _ in range(options.steps):
        app.player.forward()
    numbers = {key: (binding.command, at) for binding in KEYMAP for at, key in enumerate(binding.keys)}
    app.draw()
    for key in options.press.split():
        if key not in numbers:
            parser.exit(2, f"no key {key!r}; `python -m viewer --keys` shows all\n")
        commands.carry_out(app, *numbers[key])
        app.draw()
    app.settings.notice = ""
    app.draw()
    pygame.image.save(window(), str(options.picture))
    app.close()
    pygame.display.quit()
