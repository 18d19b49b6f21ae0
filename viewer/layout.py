"""Where the parts of the window lie."""

from dataclasses import dataclass

import pygame


@dataclass(frozen=True)
class Layout:
    """The parts: strip of overlays, pictures, side panel (tabs and what they show), timeline, buttons, status line."""

    strip: pygame.Rect
    pictures: pygame.Rect
    tabs: pygame.Rect
    panel: pygame.Rect
    timeline: pygame.Rect
    buttons: pygame.Rect
    status: pygame.Rect


def scale_of(size: tuple[int, int]) -> float:
    """How large writing and widgets are, in those of a window of 1280 x 800; never too small to read."""
    return max(0.9, min(size[0] / 1280, size[1] / 800))


def layout(size: tuple[int, int], scale: float) -> Layout:
    """The parts of a window of this size (width, height)."""
    width, height = size

    def px(length: float) -> int:
        return round(length * scale)

    def rect(left: int, top: int, right: int, bottom: int) -> pygame.Rect:
        return pygame.Rect(left, top, max(1, right - left), max(1, bottom - top))

    gap = px(12)
    side = min(max(px(330), round(width * 0.3)), px(420), width // 2)
    left = width - side
    status = rect(gap, height - px(28), width - gap, height)
    buttons = rect(gap, status.y - px(38), width - gap, status.y - px(4))
    timeline = rect(gap, buttons.y - px(54), width - gap, buttons.y - px(8))
    end = timeline.y - px(4)
    strip = rect(gap, px(6), left - gap, px(40))
    return Layout(
        strip, rect(gap, strip.bottom + px(6), left - gap, end - px(4)), rect(left, 0, width, px(38)),
        rect(left, px(39), width, end), timeline, buttons, status,
    )  # fmt: skip
