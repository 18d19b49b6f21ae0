"""The window: it plays a source, listens to keys and buttons, and can step back."""

import os
import sys
import time
from pathlib import Path
from typing import Protocol

import pygame

from sandbox.environment.captions import FAINT
from viewer import draw
from viewer.keys import KEYMAP, command_of
from viewer.sources import Source
from viewer.timeline import Moment, Timeline

SLOWEST, FASTEST = 0.25, 1024.0
PANEL_WIDTH = 320
GAP = 16
BUTTON_HEIGHT = 32


class NoScreen(RuntimeError):
    """There is no display on which a window could open."""

    def __init__(self) -> None:
        super().__init__(
            "no screen to open a window on; make a video instead: sandbox run SCENARIO --record out.mp4"
        )


class Clock(Protocol):
    """Time as the window sees it; tests give their own."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def wait(self, seconds: float) -> None:
        """Let this much time pass."""
        ...


class WallClock:
    """The time of the computer."""

    def now(self) -> float:
        """Seconds since some fixed moment."""
        return time.perf_counter()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)


def watch(
    source: Source,
    *,
    speed: float = 4.0,
    playing: bool = True,
    size: tuple[int, int] = (1120, 740),
    clock: Clock | None = None,
    screenshots: str | Path = ".",
) -> None:
    """Show the source in a window until it is closed.

    `speed` is in steps a second, `size` in pixels (width, height); screenshots go into that folder.
    Raises NoScreen where no window can be opened.
    """
    clock = clock or WallClock()
    open_window(size, source.title)
    try:
        app = App(source, clock, speed, playing, Path(screenshots))
        while not app.done:
            app.tick()
            clock.wait(1 / 60)
    finally:
        pygame.display.quit()


def open_window(size: tuple[int, int], title: str) -> None:
    """Open a window that can be resized; NoScreen where there is no display."""
    wanted = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in wanted):
        raise NoScreen
    try:
        pygame.display.init()  # never pygame.init(), which opens the sound card too
        pygame.display.set_mode(size, pygame.RESIZABLE)
    except pygame.error as error:
        pygame.display.quit()
        raise NoScreen from error
    pygame.display.set_caption(title)
    pygame.key.set_repeat(350, 70)


class App:
    """What is on the screen and how it answers; `watch`, or a test, calls `tick` many times a second."""

    def __init__(
        self,
        source: Source,
        clock: Clock,
        speed: float = 4.0,
        playing: bool = True,
        screenshots: Path = Path("."),
    ):
        self.source, self.clock, self.screenshots = source, clock, screenshots
        self.speed = min(max(speed, SLOWEST), FASTEST)
        self.playing, self.done, self.help = playing, False, False
        self.agent: int | None = None
        self.notice = ""
        self.timeline = Timeline(self._moment(over=False))
        self._owed, self._last = 0.0, clock.now()
        self._scroll, self._overflow = 0, 0
        self._hovered = ""
        self._changed = True
        self._buttons: dict[str, pygame.Rect] = {}
        self._bar, self._picture, self._panel = (pygame.Rect(0, 0, 0, 0) for _ in range(3))

    def tick(self) -> None:
        """Answer what the user did, let the world catch up with the clock, draw when something changed."""
        for event in pygame.event.get():
            self._answer(event)
        self._catch_up()
        if self._changed and not self.done:
            self.draw()
            pygame.display.flip()
            self._changed = False

    def do(self, command: str) -> None:
        """Carry out a command of the key table."""
        self.notice = ""
        getattr(self, f"_do_{command}")()
        self._changed = True

    # Time ------------------------------------------------------------------------------------------------

    def _moment(self, over: bool) -> Moment:
        return Moment(self.source.snapshot(), self.source.clock, over)

    def _catch_up(self) -> None:
        now = self.clock.now()
        self._owed += (now - self._last) * self.speed if self.playing else 0.0
        self._last = now
        while self.playing and self._owed >= 1:
            self._forward()
            self._owed -= 1
            if self.clock.now() - now > 0.05:  # a slow world plays slowly, but the window still answers
                self._owed = 0.0

    def _forward(self) -> None:
        if not self.timeline.at_end:
            self._show(self.timeline.jump(self.timeline.index + 1))
        elif not self.timeline.present.over:
            before = self.source.clock
            over = not self.source.step()
            if over and self.source.clock == before:  # it was over before, though nobody had said so
                self.timeline.moments.pop()
            self.timeline.push(self._moment(over))
            self._changed = True
        if self.timeline.present.over and self.timeline.at_end:
            self.playing = False

    def _show(self, moment: Moment) -> None:
        self.source.restore(moment.snapshot)
        self._changed = True

    def _restart(self, seed: int | None) -> None:
        self.source.reset(seed)
        self.timeline.begin(self._moment(over=False))
        self._owed = 0.0

    # Commands --------------------------------------------------------------------------------------------

    def _do_play(self) -> None:
        self.playing = not self.playing
        self._owed = 0.0
        if self.playing and self.timeline.present.over:
            self._show(self.timeline.home())

    def _do_step(self) -> None:
        self.playing = False
        self._forward()

    def _do_back(self) -> None:
        self._go(self.timeline.index - 1)

    def _do_last(self) -> None:
        self._go(len(self.timeline.moments) - 1)

    def _go(self, index: int) -> None:
        self.playing = False
        self._show(self.timeline.jump(index))

    def _do_first(self) -> None:
        self.playing = False
        self._show(self.timeline.home())

    def _do_slower(self) -> None:
        self.speed = max(SLOWEST, self.speed / 2)

    def _do_faster(self) -> None:
        self.speed = min(FASTEST, self.speed * 2)

    def _do_reset(self) -> None:
        self._restart(self.source.seed)

    def _do_new_seed(self) -> None:
        self._restart(None)

    def _do_next_agent(self) -> None:
        self._turn_to(1)

    def _do_previous_agent(self) -> None:
        self._turn_to(-1)

    def _turn_to(self, by: int) -> None:
        """Through all agents and then to none."""
        places = [None, *range(len(self.source.agent_names))]
        self.agent = places[(places.index(self.agent) + by) % len(places)]
        self._scroll = 0

    def _do_screenshot(self) -> None:
        name = f"{self.source.title}_seed{self.source.seed}_step{self.source.clock}"
        name = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)
        path, number = self.screenshots / f"{name}.png", 2
        while path.exists():
            path, number = self.screenshots / f"{name}_{number}.png", number + 1
        self.draw()
        try:
            pygame.image.save(self._surface(), str(path))
            self.notice = f"saved {path.name}"
        except (OSError, pygame.error) as error:
            self.notice = f"not saved: {error}"

    def _do_help(self) -> None:
        self.help = not self.help

    def _do_quit(self) -> None:
        if self.help:
            self.help = False
        else:
            self.done = True

    # What the user does ----------------------------------------------------------------------------------

    def _answer(self, event: pygame.event.Event) -> None:
        if event.type == pygame.QUIT:
            self.done = True
        elif event.type == pygame.KEYDOWN:
            command = command_of(event)
            if command:
                self.do(command)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            self._click(event.pos)
        elif event.type == pygame.MOUSEWHEEL:
            self._scroll = min(max(self._scroll - 40 * event.y, 0), self._overflow)
            self._changed = True
        elif event.type == pygame.MOUSEMOTION:
            self._hover(event)
        else:  # the window was resized, uncovered, ...
            self._changed = True

    def _hover(self, event: pygame.event.Event) -> None:
        hovered = next((name for name, place in self._buttons.items() if place.collidepoint(event.pos)), "")
        self._changed |= hovered != self._hovered
        self._hovered = hovered
        if event.buttons[0] and self._bar.inflate(0, 16).collidepoint(event.pos):
            self._scrub(event.pos[0])

    def _click(self, place: tuple[int, int]) -> None:
        if self.help:
            self.do("help")
            return
        for command, button in self._buttons.items():
            if button.collidepoint(place):
                self.do(command)
                return
        if self._bar.inflate(0, 16).collidepoint(place):
            self._scrub(place[0])
        elif self._picture.collidepoint(place):
            self.agent = self._agent_at(place)
            self._scroll, self._changed = 0, True

    def _scrub(self, x: int) -> None:
        share = (x - self._bar.x) / max(1, self._bar.width)
        self._go(round(share * (len(self.timeline.moments) - 1)))

    def _agent_at(self, place: tuple[int, int]) -> int | None:
        cell, edge = self._cell()
        x, y = place[0] - self._picture.x - edge, place[1] - self._picture.y - edge
        row, column = int(y // cell), int(x // cell)
        for agent in range(len(self.source.agent_names)):
            box = self.source.view_box(agent)
            if box and (box[0] + box[2] // 2, box[1] + box[2] // 2) == (row, column):
                return agent
        return None

    # What the user sees ----------------------------------------------------------------------------------

    def _surface(self) -> pygame.Surface:
        surface = pygame.display.get_surface()
        if surface is None:
            raise RuntimeError("the window is not open")
        return surface

    def draw(self) -> None:
        """Paint the whole window."""
        surface = self._surface()
        width, height = surface.get_size()
        surface.fill(draw.PAPER)
        panel_width = min(PANEL_WIDTH, width // 2)
        wide = width - panel_width
        buttons_height = self._lay_out_buttons(GAP, wide - GAP, height)
        self._bar = pygame.Rect(GAP, height - buttons_height - 14, wide - 2 * GAP, 6)
        self._draw_picture(surface, pygame.Rect(GAP, GAP, wide - 2 * GAP, max(16, self._bar.y - 2 * GAP)))
        self._draw_bar(surface)
        self._draw_buttons(surface)
        self._panel = pygame.Rect(wide, 0, panel_width, height)
        self._draw_panel(surface)
        if self.help:
            draw.help_card(surface)

    def _draw_picture(self, surface: pygame.Surface, area: pygame.Rect) -> None:
        painter = self.source.painter
        room = min(
            area.width / (painter.columns + 0.5), area.height / (painter.rows + 0.5)
        )  # with the margins
        cell = max(4, int(min(96, room)) // 2 * 2)
        if cell != painter.cell_size:
            painter.resize(cell)
        self._picture = draw.picture(surface, self.source.paint(), area)
        box = None if self.agent is None else self.source.view_box(self.agent)
        if self.agent is not None and box:
            draw.view(surface, self._picture, *self._cell(), box, painter.agent_colours[self.agent])

    def _cell(self) -> tuple[float, float]:
        """Side of a cell and width of the margin, in pixels of the window."""
        painter = self.source.painter
        scale = self._picture.width / painter.size[1]
        return painter.cell_size * scale, painter.margin * scale

    def _draw_bar(self, surface: pygame.Surface) -> None:
        """How far the present is through what has been played."""
        pygame.draw.rect(surface, draw.LINE, self._bar, border_radius=3)
        share = self.timeline.index / max(1, len(self.timeline.moments) - 1)
        x = self._bar.x + round(self._bar.width * share)
        done = pygame.Rect(self._bar.x, self._bar.y, x - self._bar.x, self._bar.height)
        pygame.draw.rect(surface, draw.ACCENT, done, border_radius=3)
        pygame.draw.circle(surface, draw.ACCENT, (x, self._bar.centery), 7)

    def _button_texts(self) -> dict[str, str]:
        texts = {binding.command: binding.button for binding in KEYMAP if binding.button}
        if self.playing:
            texts["play"] = "Pause"
        elif self.timeline.present.over and self.timeline.at_end:
            texts["play"] = "Again"
        return texts

    def _lay_out_buttons(self, left: int, right: int, bottom: int) -> int:
        """Put the buttons into rows at the bottom; gives back how high they are together."""
        rows, x = 0, left
        places = {}
        for command, text in self._button_texts().items():
            wide = 74 if command == "play" else draw.button_width(text)
            if x + wide > right and x > left:
                rows, x = rows + 1, left
            places[command] = pygame.Rect(x, rows * (BUTTON_HEIGHT + 8), wide, BUTTON_HEIGHT)
            x += wide + 8
        height = (rows + 1) * (BUTTON_HEIGHT + 8) + 8
        self._buttons = {command: place.move(0, bottom - height) for command, place in places.items()}
        return height

    def _draw_buttons(self, surface: pygame.Surface) -> None:
        texts = self._button_texts()
        for command, place in self._buttons.items():
            draw.button(surface, place, texts[command], command == self._hovered, command == "play")

    def _status(self) -> str:
        if self.playing:
            return "playing"
        return "the episode is over" if self.timeline.present.over else "paused"

    def _draw_panel(self, surface: pygame.Surface) -> None:
        panel = self._panel
        pygame.draw.rect(surface, draw.PANEL, panel)
        pygame.draw.line(surface, draw.LINE, panel.topleft, panel.bottomleft)
        left, width = panel.x + GAP, panel.width - 2 * GAP
        draw.write(surface, self.source.title, left, GAP, width, 19)
        steps = f"step {self.source.clock} · seed {self.source.seed} · {self.speed:g} steps/s"
        draw.write(surface, steps, left, GAP + 30, width)
        draw.write(surface, self.notice or self._status(), left, GAP + 52, width, draw.LETTERS, FAINT)
        top = GAP + 84
        pygame.draw.line(surface, draw.LINE, (panel.x, top - 8), (panel.right, top - 8))
        surface.set_clip(pygame.Rect(panel.x, top, panel.width, panel.height - top))
        end = top + 8 - self._scroll
        for heading, rows in self._sections():
            end = draw.section(surface, heading, rows, left, end, width, self._badge(heading))
        surface.set_clip(None)
        self._overflow = max(0, end + self._scroll - panel.height)
        self._scroll = min(self._scroll, self._overflow)

    def _sections(self):
        """The sections of the panel, that of the chosen agent first."""
        chosen = None if self.agent is None else self.source.agent_names[self.agent]
        return sorted(self.source.panel(), key=lambda section: section[0] != chosen)

    def _badge(self, heading: str):
        names = list(self.source.agent_names)
        return self.source.painter.agent_colours[names.index(heading)] if heading in names else None
