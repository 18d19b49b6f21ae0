"""What the tabs of the side panel are written with: agents' badges, names with values, sentences; and what was told."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pygame

from sandbox.environment.captions import FAINT, text_image
from sandbox.environment.shapes import INK, Colour, ink_on, tile
from sandbox.playback.episode import Episode
from sandbox.world.mechanic import Mark
from viewer import draw
from viewer.widgets import Canvas


@dataclass(frozen=True)
class Told:
    """What the worker said for the panel: a value or a problem, and whether it is about an older moment."""

    value: Any = None
    problem: str = ""
    stale: bool = False


def badge(canvas: Canvas, episode: Episode, agent: int, left: int, top: int, size: int) -> None:
    """The agent's disc with its letter, as in the picture."""
    painter = episode.painter
    canvas.surface.blit(_badge(painter.agent_labels[agent], painter.agent_colours[agent], size), (left, top))


@lru_cache(maxsize=256)
def _badge(label: str, colour: Colour, size: int) -> pygame.Surface:
    image = tile(Mark("disc", colour, 0.98), size).copy()
    letters = max(7, round(size * (0.62 if len(label) == 1 else 0.46)))
    writing = text_image(label, letters, ink_on(colour), tight=True)
    if writing.width < size and writing.height < size:
        image.alpha_composite(writing, ((size - writing.width) // 2, (size - writing.height) // 2))
    return draw.surface_of(image)


def line(canvas: Canvas, area: pygame.Rect, name: str, value: str, top: int) -> int:
    """A name and its value."""
    width = min(area.width // 2, draw.wide(value, canvas.letters) + 2)
    canvas.write(name, area.x, top, area.width - width - canvas.px(8), 14, FAINT)
    canvas.write(value, area.right - width, top, width, 14, INK, "right")
    return top + canvas.row


def wrapped(canvas: Canvas, text: str, width: int, size: int = 13) -> list[str]:
    """A text in lines, broken at spaces."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and draw.wide(longer, canvas.px(size)) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
