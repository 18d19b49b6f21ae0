"""What the colours, lines and arrows of a layer mean."""

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
import pygame

from sandbox.environment.captions import FAINT, fitted, text_width
from sandbox.environment.shapes import INK
from viewer.overlay import Layer
from viewer.scale import on_paper, scale, tick_text, ticks
from viewer.strokes import Looks, Pen, dashes, stamp, text_surface

KEPT = 8
"""Finished legends that are kept."""

_legends: OrderedDict[Any, tuple[Layer, pygame.Surface]] = OrderedDict()


def legend_height(layer: Layer, width: int, letters: int = 13) -> int:
    """Height of the legend of a layer, in pixels."""
    return _legend(None, layer, width, None, letters)


def draw_legend(
    surface: pygame.Surface, layer: Layer, place: pygame.Rect, looks: Looks, letters: int = 13
) -> pygame.Rect:
    """Draw the legend of a layer from the top left of `place`, as wide as it is; gives back what it covers.

    Title with unit, scale with ticks, who is who, what arrows mean, notes; `letters` is the size of its writing. It is
    kept finished.
    """
    key = id(layer), place.width, letters
    if key not in _legends:
        card = pygame.Surface((place.width, legend_height(layer, place.width, letters)), pygame.SRCALPHA)
        _legend(card, layer, place.width, looks, letters)
        _legends[key] = layer, card
        while len(_legends) > KEPT:
            _legends.popitem(last=False)
    _legends.move_to_end(key)
    surface.blit(_legends[key][1], place)
    return pygame.Rect(place.topleft, _legends[key][1].get_size())


def _legend(
    surface: pygame.Surface | None, layer: Layer, wide: int, looks: Looks | None, letters: int
) -> int:
    """Draw a legend as wide as the surface, or only measure it; gives back its height."""
    pad, row = round(letters * 0.75), round(letters * 1.45)
    left, width, top = pad, wide - 2 * pad, pad
    title = f"{layer.title} ({layer.unit})" if layer.unit and layer.cells is not None else layer.title
    lines = wrapped(title, letters + 1, width)
    notes = [line for note in layer.notes for line in wrapped(note, letters - 1, width)]
    bar = letters * 3 if layer.cells is not None and not np.isnan(layer.cells).all() else 0
    agents = layer.agents
    each = letters * 6
    across = max(1, width // each)
    shown = agents[: 3 * across]
    agent_rows = -(-len(shown) // across)
    key = letters * 3
    manners = [(manner, wrapped(text, letters - 1, width - key - pad)) for manner, text in layer.manners]
    manner_rows = sum(len(text) for _, text in manners) if layer.arrows else 0
    height = 2 * pad + row * (len(lines) + len(notes) + agent_rows + manner_rows) + bar
    if surface is None:
        return height
    pygame.draw.rect(surface, (255, 255, 255, 235), surface.get_rect(), border_radius=6)
    pygame.draw.rect(surface, (210, 212, 218, 255), surface.get_rect(), 1, border_radius=6)
    for line in lines:
        surface.blit(text_surface(line, letters + 1, INK), (left, top))
        top += row
    if bar:
        _draw_scale(surface, layer, pygame.Rect(left, top + 2, width, letters), letters)
        top += bar
    for number, agent in enumerate(shown):
        if looks is not None:
            where = pygame.Rect(left + number % across * each, top + number // across * row, letters * 2, row)
            _draw_agent_key(
                surface, layer, agent, where, looks, letters, number == len(shown) - 1 < len(agents) - 1
            )
    top += agent_rows * row
    for manner, text in manners if layer.arrows else ():
        _draw_manner(surface, manner, pygame.Rect(left, top, key, row))
        for line in text:
            surface.blit(text_surface(line, letters - 1, FAINT), (left + key + pad, top))
            top += row
    for line in notes:
        surface.blit(text_surface(line, letters - 1, FAINT), (left, top))
        top += row
    return height


def _draw_scale(surface: pygame.Surface, layer: Layer, place: pygame.Rect, letters: int) -> None:
    """The colours as they look on paper, with ticks below."""
    marks = ticks(layer.low, layer.high, 5, layer.whole)
    colours = scale()[np.linspace(0, 255, place.width).round().astype(int)]
    strip = np.repeat(on_paper(colours)[None].astype(np.uint8), place.height, axis=0)
    surface.blit(pygame.image.frombuffer(strip.tobytes(), place.size, "RGB"), place)
    span = layer.high - layer.low or 1.0
    for value in marks:
        x = place.x + round((value - layer.low) / span * (place.width - 1))
        pygame.draw.line(surface, INK, (x, place.bottom), (x, place.bottom + 3))
        text = tick_text(value, marks)
        wide = text_width(text, letters - 2)
        left = min(max(x - wide // 2, place.x), place.right - wide)
        surface.blit(text_surface(text, letters - 2, INK), (left, place.bottom + 4))


def _draw_agent_key(
    surface: pygame.Surface,
    layer: Layer,
    agent: int,
    place: pygame.Rect,
    looks: Looks,
    letters: int,
    more: bool,
) -> None:
    pen, middle = Pen(place.size), place.height / 2 - 1
    colour = looks.agent_colours[agent]
    if layer.marks:
        for piece in dashes((2, middle), (place.width - 2, middle), agent, letters * 0.4):
            pen.path(piece, letters * 0.18, (*colour, 255))
    else:
        pen.path(((2, middle), (place.width - 2, middle)), letters * 0.15, (*colour, 255))
    surface.blit(pen.shrunk(), place)
    if layer.lines:
        piece = stamp(agent, round(letters * 0.3), colour)
        surface.blit(piece, piece.get_rect(center=(place.x + place.width / 2, place.y + middle)))
    text = looks.agent_labels[agent] + (" ..." if more else "")
    surface.blit(text_surface(fitted(text, letters, letters * 4), letters, INK), (place.right + 5, place.y))


def _draw_manner(surface: pygame.Surface, manner: str, place: pygame.Rect) -> None:
    pen, middle, part = Pen(place.size), place.height / 2 - 1, place.height / 19
    right, gap = place.width - round(9 * part), round(6 * part)
    starts: Iterable[int] = range(0, right, 2 * gap) if manner == "dashed" else (0,)
    for start in starts:
        pen.path(
            ((start + 1, middle), (min(right, start + gap if manner == "dashed" else right), middle)),
            2.4 * part,
            (*INK, 255),
        )
    back, wide = right - 2 * part, 5 * part
    pen.polygon(((right + 8 * part, middle), (back, middle - wide), (back, middle + wide)), (*INK, 255))
    surface.blit(pen.shrunk(), place)


@lru_cache(maxsize=512)
def wrapped(text: str, size: int, width: int) -> tuple[str, ...]:
    """The text in lines that fit the width, broken at spaces."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and text_width(longer, size) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return tuple(fitted(each, size, width) for each in [*lines, line] if each)


def forget_legends() -> None:
    """Let go of the finished legends."""
    _legends.clear()
