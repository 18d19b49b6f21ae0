"""The window: it plays episodes, listens to keys and mouse, and draws when something has changed."""

import copy
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pygame

from sandbox import freed_memory
from sandbox.playback.episode import Episode
from viewer import commands, drafts, pointer
from viewer.asking import Asking
from viewer.authoring import EditMode
from viewer.board import Board
from viewer.exports import file_name, filming
from viewer.hands import Grip
from viewer.keys import command_of
from viewer.layers import forget_layers
from viewer.layout import layout, scale_of
from viewer.legends import forget_legends
from viewer.lines import Told
from viewer.panes import Pane
from viewer.player import Player
from viewer.screen import Clock, WallClock, open_window, window
from viewer.settings import Settings
from viewer.titles import titles_of
from viewer.widgets import Canvas, Spot
from viewer.window import Scene, draw_window
from viewer.worker import Executor, Worker

FRAME = 1 / 60
"""Seconds between two looks at what the user did."""
TURNS = 8
"""Turns of the spinner's points in a second."""


def watch(
    shown: Episode | Sequence[Episode],
    *,
    titles: Sequence[str] = (),
    rewards: Sequence[Any] = (),
    speed: float = 1.0,
    playing: bool = True,
    size: tuple[int, int] = (1280, 800),
    clock: Clock | None = None,
    folder: str | Path = ".",
) -> None:
    """Show an episode, or up to four side by side, in a window until it is closed.

    Args:
        shown: episodes; several have to be of the same scenario and seed, and are kept at the same step.
        titles: what each pane is called; left out: what its agents are paid for.
        rewards: what each episode was given as `rewards`, so that it can begin anew when the scenario's file changes.
        speed: 1 is four steps a second, infinity as fast as it goes.
        playing: whether it plays at once.
        size: width and height in pixels.
        clock: time; tests give their own.
        folder: where pictures, films and recordings go.

    Raises:
        ValueError: no episode, or more than four, or of different worlds; one line.
        NoScreen: no window can be opened.
    """
    rewards = copy.deepcopy(list(rewards))  # as they are before anything is played
    episodes = [shown] if isinstance(shown, Episode) else list(shown)
    if not 1 <= len(episodes) <= 4:
        raise ValueError(f"{len(episodes)} episodes; a window shows 1 to 4")
    if len({(episode.world.agent_ids, episode.world.blueprint.rows) for episode in episodes}) > 1:
        raise ValueError("episodes can only be compared when they are of the same scenario")
    clock = clock or WallClock()
    freed_memory.give_back()
    open_window(size, " | ".join(dict.fromkeys(episode.title for episode in episodes)))
    called = [*titles, *titles_of(episodes)[len(titles) :]]
    app = None
    try:
        panes = [
            Pane(episode, called[number],
                 rewards[number] if number < len(rewards) else None)
            for number, episode in enumerate(episodes)
        ]  # fmt: skip
        app = App(panes, clock, speed, playing, Path(folder))
        while not app.done:
            began = time.perf_counter()
            app.tick()
            clock.wait(max(0.001, FRAME - (time.perf_counter() - began)))
    finally:
        if app is not None:
            app.close()
        pygame.display.quit()


class App:
    """What is on the screen and how it answers; `watch`, or a test, calls `tick` many times a second."""

    def __init__(
        self, panes: Sequence[Pane], clock: Clock, speed: float = 1.0, playing: bool = True,
        folder: Path = Path("."), executor: Executor | None = None,
    ) -> None:  # fmt: skip
        self.clock, self.folder = clock, folder
        self.settings = Settings()
        self.player = Player([pane.episode for pane in panes], clock.now(), speed, playing)
        self.scene = Scene(self.player, list(panes), self.settings, written=panes[0].episode.scenario.hash)
        self.worker, self.exporter = Worker(executor), Worker(executor, most=2)
        self.asking = Asking(self.worker)
        self.canvas = Canvas(window())
        self.parts = layout(window().get_size(), 1.0)
        self.boards: list[Board] = []
        self.held: Spot | Grip | str | None = None
        self.pressed: tuple[int, int] = (-1, -1)
        self.pointed: tuple[int, int] = (-1, -1)
        self.dragged = self.done = False
        self.changed, self.unwritable = True, False
        self._busy, self._drawn = False, False

    @property
    def edit(self) -> EditMode | None:
        """The scenario that is being written, once it was opened."""
        return self.scene.edit

    @property
    def episode(self) -> Episode:
        """That of the pane of which the side panel speaks."""
        return self.scene.pane.episode

    def tick(self) -> None:
        """Answer what the user did, let the worlds catch up with the clock, draw when something changed."""
        for event in pygame.event.get():
            self._answer(event)
        if self.done:
            return
        self.changed |= self.player.catch_up(self.clock.now)
        self._look_around()
        if self.changed:
            self.changed = False
            self.draw()
            pygame.display.flip()

    def draw(self) -> None:
        """Ask for what is shown, and paint the whole window."""
        surface, scene = window(), self.scene
        scene.layers = (
            [(None, False)] * len(scene.panes)
            if scene.editing
            else self.asking.layers(scene.panes, self.settings)
        )
        scene.told = self._told()
        self.canvas = Canvas(
            surface, scale_of(surface.get_size()), self.pointed, int(self.clock.now() * TURNS)
        )
        self.parts = layout(surface.get_size(), self.canvas.scale)
        if scene.edit is not None:
            scene.edit.scale = self.canvas.scale
        self.boards = draw_window(self.canvas, scene)
        self._busy, self._drawn = self.worker.busy, True

    def close(self) -> None:
        """Let go of the threads and of what was drawn."""
        self.worker.close()
        self.exporter.close()
        forget_layers()
        forget_legends()

    def _told(self) -> Told:
        tab, pane = self.settings.tab, self.scene.pane
        if tab != "agent":
            self.asking.forget_panel("agent")
        if tab != "probe":
            self.asking.forget_panel("probe")
        if tab == "agent":
            return self.asking.consequences(pane, self.settings)
        return self.asking.probed(pane, self.settings, not self.player.playing) if tab == "probe" else Told()

    def _look_around(self) -> None:
        """What came from other threads, and whether the scenario's file has changed."""
        busy = self.worker.busy
        turned = int(self.clock.now() * TURNS) != self.canvas.phase
        if busy != self._busy or (busy and turned):
            self.changed = True
        film = self.scene.film
        if film is not None and film.path is not None and turned:
            self.changed = True
        if self._drawn and self.episode.scenario.path is not None:
            drafts.open_editor(self)  # not before the first picture, since it takes a moment
        drafts.look_at_file(self)

    def show(self, panes: list[Pane]) -> None:
        """Show other episodes from now on."""
        self.scene.panes = panes
        self.player.episodes = [pane.episode for pane in panes]
        self.player.pause()
        self.asking.clear()
        forget_layers()
        forget_legends()
        if self.settings.agent is not None and self.settings.agent >= len(self.episode.agent_names):
            self.settings.agent = None
        self.changed = True

    # Films -----------------------------------------------------------------------------------------------

    def film_button(self, name: str, value: Any) -> None:
        """Answer a button of the dialog for films."""
        film = self.scene.film
        if film is None:
            return
        if name == "cancel":
            self.close_film()
        elif name == "kind" and film.path is None:
            film.kind = value
        elif name == "save":
            film.done, film.finished, film.problem = 0, False, ""
            steps = f"steps{film.first}-{film.last}"
            film.path = file_name(self.folder, self.episode.title, self.player.seed, steps, film.kind)
            self.exporter.ask(("film", id(film), film.path), filming(film, self.scene.panes), "film")
        self.changed = True

    def close_film(self) -> None:
        """Close the dialog; a film that is not finished is given up."""
        if self.scene.film is not None and self.scene.film.finished and self.scene.film.path:
            self.settings.notice = self.scene.film.problem or f"saved {self.scene.film.path.name}"
        self.scene.film = None
        self.exporter.forget("film")

    # What the user does ----------------------------------------------------------------------------------

    def _answer(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self.done = True
        elif event.type == pygame.KEYDOWN:
            self._key(event)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 3):
            self.pointed = event.pos
            pointer.press(self, event.pos, event.button == 3)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            pointer.release(self, event.pos)
        elif event.type == pygame.MOUSEWHEEL:
            pointer.wheel(self, event.y)
        elif event.type == pygame.MOUSEMOTION:
            self._move(event)
        elif event.type in (pygame.VIDEORESIZE, pygame.VIDEOEXPOSE):
            self.changed = True

    def _key(self, event: pygame.event.Event) -> None:
        if self.edit is not None and self.edit.naming is not None:
            self.edit.type_name(event.key, event.unicode)
            self.changed = True
            return
        command = command_of(event)
        if command is None:
            return
        if self.scene.film is not None and command[0] not in ("close", "quit", "help", "screenshot"):
            return  # the dialog is open
        commands.carry_out(self, *command)

    def _move(self, event: pygame.event.Event) -> None:
        if event.buttons[0] and self.held is not None:
            pointer.drag(self, event.pos)
        before, now = self.canvas.found(self.pointed), self.canvas.found(event.pos)
        self.pointed = event.pos
        over_map = self.scene.editing and self.parts.pictures.collidepoint(event.pos)
        panel = now is not None and now.name == "edit panel"
        if before is not now or over_map or panel or (now is not None and now.hint):
            self.changed = True
