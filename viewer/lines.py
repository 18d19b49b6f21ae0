"""What the tabs of the side panel are written with: agents' badges, names with values, sentences; and what was told."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pygame

from sandbox.environment.captions import FAINT
from sandbox.environment.picture import agent_token
from sandbox.environment.shapes import INK, Colour
from sandbox.playback.episode import Episode
from viewer import draw
from viewer.widgets import Canvas


@dataclass(frozen=True)
class Told:
    """What the worker said for the panel: a value or a problem, and whether it is about an older moment."""

    value: Any = None
    problem: str = ""
    stale: bool = False


def badge(canvas: Canvas, episode: Episode, agent: int, left: int, top: int, size: int) -> None:
    """The agent's token with its letter, as in the picture."""
    painter = episode.painter
    canvas.surface.blit(_badge(painter.agent_labels[agent], painter.agent_colours[agent], size), (left, top))


@lru_cache(maxsize=256)
def _badge(label: str, colour: Colour, size: int) -> pygame.Surface:
    return draw.surface_of(agent_token(label, colour, size, share=0.96))


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
