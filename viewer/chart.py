"""Lines through figures, with axes."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pygame
from numpy.typing import NDArray

from sandbox.environment.captions import FAINT
from sandbox.environment.picture import TEAM_COLOURS
from sandbox.environment.shapes import Colour
from viewer import draw
from viewer.scale import tick_text, ticks
from viewer.widgets import Canvas

SHAPES = ("disc", "square", "diamond", "star", "cross", "ring", "post", "flag")
COLOURS: tuple[Colour, ...] = tuple(TEAM_COLOURS[place] for place in (1, 0, 2, 3, 4, 5, 6, 7))


def style(number: int) -> tuple[Colour, str]:
    """Colour and sign of the line with this number, distinct also without colours."""
    return COLOURS[number % len(COLOURS)], SHAPES[number % len(SHAPES)]


def draw_chart(
    canvas: Canvas, place: pygame.Rect, series: Mapping[str, NDArray[np.float64]], first: int, now: int
) -> None:
    """All series over the steps from `first` on, each in its `style`, with a line at step `now`."""
    letters, surface = canvas.px(11), canvas.surface
    count = max((len(values) for values in series.values()), default=0)
    known = [values[np.isfinite(values)] for values in series.values()]
    figures = np.concatenate([*known, np.zeros(1)])
    low, high = float(figures.min()), float(figures.max())
    if high - low < 1e-9:
        low, high = min(low, 0.0), max(high, 1.0)
    marks = ticks(low, high, 4)
    gutter = max(draw.wide(tick_text(mark, marks), letters) for mark in marks) + canvas.px(6)
    box = pygame.Rect(place.x + gutter, place.y + canvas.px(6), place.width - gutter - canvas.px(6),
                      place.height - canvas.px(6) - round(letters * 1.8))  # fmt: skip
    if box.width < 8 or box.height < 8 or not count:
        return

    def across(step: float) -> int:
        return box.x + round(box.width * (step - first) / max(1, count - 1))

    def up(value: float) -> int:
        return box.bottom - round(box.height * (value - low) / (high - low))

    for mark in marks:
        pygame.draw.line(surface, draw.LINE, (box.x, up(mark)), (box.right, up(mark)))
        draw.write(surface, tick_text(mark, marks), place.x, up(mark) - round(letters * 0.75),
                   gutter - canvas.px(5), letters, FAINT, "right")  # fmt: skip
    pygame.draw.line(surface, FAINT, (box.x, up(0) if low <= 0 <= high else box.bottom),
                     (box.right, up(0) if low <= 0 <= high else box.bottom))  # fmt: skip
    for step in ticks(first, max(first + 1, first + count - 1), 5, whole=True):
        text = str(round(step))
        width = draw.wide(text, letters)
        left = min(max(across(step) - width // 2, box.x), box.right - width)
        draw.write(surface, text, left, box.bottom + canvas.px(3), width + 2, letters, FAINT)
    if first <= now <= first + count - 1:
        pygame.draw.line(
            surface, draw.ACCENT, (across(now), box.y), (across(now), box.bottom), max(1, canvas.px(1))
        )
    for number, values in enumerate(series.values()):
        colour, shape = style(number)
        places = thinned(values, 2 * box.width)
        points = [
            (across(first + place), up(float(values[place])))
            for place in places.tolist()
            if np.isfinite(values[place])
        ]
        if len(points) > 1:
            pygame.draw.lines(surface, colour, False, points, max(1, canvas.px(1.6)))
        if 0 <= now - first < len(values) and np.isfinite(values[now - first]):
            draw.mark(surface, shape, (across(now), up(values[now - first])), canvas.px(4), colour)


def thinned(values: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Places of at most so many figures, lows and highs of each stretch among them, in order."""
    if len(values) <= most:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), max(1, most // 2) + 1).astype(int)
    found = set()
    for start, end in pairwise(edges.tolist()):
        part = np.nan_to_num(values[start:end])
        found |= {int(start + part.argmin()), int(start + part.argmax())}
    return np.array(sorted(found))
