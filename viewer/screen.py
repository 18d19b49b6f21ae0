"""Opens the window, or says in one sentence that there is no screen; and the time by which it plays."""

import os
import sys
import time
from typing import Protocol

import pygame


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


def window() -> pygame.Surface:
    """What the window shows."""
    surface = pygame.display.get_surface()
    if surface is None:
        raise RuntimeError("the window is not open")
    return surface
