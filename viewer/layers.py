"""Draws layers over a picture."""

from collections import OrderedDict
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pygame

from sandbox.environment.captions import text_width
from sandbox.environment.shapes import Colour
from viewer.arrows import draw_arrows, paint_arrow_texts
from viewer.legends import draw_legend, forget_legends, legend_height
from viewer.overlay import Cell, Label, Layer, Line, Outline
from viewer.scale import COVER, colours_of, legible_on, on_paper, tick_text, ticks
from viewer.strokes import (
    PAPER,
    Looks,
    PlaceOfCell,
    Point,
    dashes,
    paint_tag,
    stamp,
    straight,
    tag_size,
    text_surface,
    towards,
)

__all__ = ["draw_layer", "draw_legend", "forget_layers", "legend_height", "tick_text", "ticks"]

LETTERS, SMALLEST = 15, 9
"""Letters in cells, and the smallest there are."""
GAP = 0.06
"""Margin of a coloured cell, in cells, in which thin walls can be seen."""
HOLE = 0.44
"""Radius of what is left out of the colour where something stands, in cells."""
NUMBERS_FROM = 26
"""Smallest cells, in pixels, in which figures are written."""
KEPT = 8
"""Finished layers that are kept."""

_finished: OrderedDict[Any, tuple[Layer, pygame.Surface]] = OrderedDict()


def draw_layer(
    surface: pygame.Surface, layer: Layer, place_of_cell: PlaceOfCell, looks: Looks, scale: float = 1.0
) -> None:
    """Draw a layer within the clip of the surface; kept finished for as long as it lies as it does.

    Writing and the finest lines are `scale` times as large as in a window of the usual size, where cells have the room.
    """
    shape, area, first = _shape(layer), surface.get_clip(), place_of_cell(0, 0)
    last = place_of_cell(shape[0] - 1, shape[1] - 1) if shape else place_of_cell(1, 1)
    if shape:
        area = first.union(last).inflate(2 * first.width, 2 * first.height).clip(area)
    if area.width <= 0 or area.height <= 0:
        return
    key = id(layer), tuple(first), tuple(last), tuple(area), scale
    if key not in _finished:
        _finished[key] = layer, _painted(layer, place_of_cell, looks, area, max(1.0, scale))
        while len(_finished) > KEPT:
            _finished.popitem(last=False)
    _finished.move_to_end(key)
    surface.blit(_finished[key][1], area)


def forget_layers() -> None:
    """Let go of the finished layers and legends."""
    _finished.clear()
    forget_legends()


def _shape(layer: Layer) -> tuple[int, int] | None:
    for found in (layer.cells, *(mark.cells for mark in layer.marks)):
        if found is not None:
            return found.shape[0], found.shape[1]
    return None


def _painted(
    layer: Layer, place_of_cell: PlaceOfCell, looks: Looks, area: pygame.Rect, scale: float
) -> pygame.Surface:
    image = pygame.Surface(area.size, pygame.SRCALPHA)
    image.fill((255, 255, 255, 0))

    def place(row: int, column: int) -> pygame.Rect:
        return place_of_cell(row, column).move(-area.x, -area.y)

    if layer.cells is not None:
        _paint_cells(image, layer, place, scale)
    for halo in (True, False):
        for mark in layer.marks:
            _draw_outline(image, mark, place, looks, halo)
        for line in layer.lines:
            _draw_line(image, line, place, looks, halo)
    if layer.arrows:
        draw_arrows(image, layer, place, looks, scale)
    paint_arrow_texts(image, layer, place, looks, scale)
    for mark in layer.marks:
        _paint_mark_text(image, mark, place, looks, scale)
    for label in layer.labels:
        _paint_label(image, label, place, looks, scale)
    if pygame.display.get_init() and pygame.display.get_surface():
        image = image.convert_alpha()
    return image


def _paint_cells(image: pygame.Surface, layer: Layer, place: PlaceOfCell, scale: float) -> None:
    cells = layer.cells
    if cells is None:
        return
    colours, seen = colours_of(cells, layer.low, layer.high), image.get_rect()
    decimals = 0 if layer.whole else 2 if layer.high - layer.low < 2 else 1
    for row, column in np.argwhere(~np.isnan(cells)).tolist():
        box = place(row, column)
        if not box.colliderect(seen):
            continue
        gap = max(box.width >= 8, round(box.width * GAP))
        side = max(1, box.width - 2 * gap)
        red, green, blue = colours[row, column].tolist()
        if layer.occupied is not None and layer.occupied[row, column]:
            piece = _frame(side, box.width, (red, green, blue))
        else:
            value = round(float(cells[row, column]), decimals)
            shown = decimals if box.width >= NUMBERS_FROM else -1
            piece = _tile(side, value, shown, (red, green, blue), round(LETTERS * scale))
        image.blit(piece, (box.x + gap, box.y + gap))


@lru_cache(maxsize=2048)
def _tile(side: int, value: float, decimals: int, colour: Colour, letters: int) -> pygame.Surface:
    """A cell's colour with a figure of this size, smaller where it has to be, larger where there is much room.

    With fewer decimals if need be, with none of it for -1.
    """
    piece = pygame.Surface((side, side), pygame.SRCALPHA)
    piece.fill((*colour, COVER))
    for fewer in range(decimals, -1, -1):
        text = f"{value:.{fewer}f}"
        size = min(round(side * 0.48), max(letters, round(side * 0.26)))
        while size >= SMALLEST and text_width(text, size) > side * 0.9:
            size -= 1
        if size >= SMALLEST:
            red, green, blue = on_paper(np.array(colour)).tolist()
            picture = text_surface(text, size, legible_on((red, green, blue)), True)
            piece.blit(picture, picture.get_rect(center=piece.get_rect().center))
            break
    return piece


@lru_cache(maxsize=512)
def _frame(side: int, cell: int, colour: Colour) -> pygame.Surface:
    """A cell's colour with a round hole for what stands there."""
    away = np.hypot(*np.meshgrid(*[np.arange(side) - (side - 1) / 2] * 2))
    pixels = np.empty((side, side, 4), np.uint8)
    pixels[..., :3] = colour
    pixels[..., 3] = np.round(COVER * np.clip(away - HOLE * cell + 0.5, 0, 1))
    return pygame.image.frombuffer(pixels.tobytes(), (side, side), "RGBA")


def _draw_outline(image: pygame.Surface, mark: Outline, place: PlaceOfCell, looks: Looks, halo: bool) -> None:
    """The edges between cells inside and cells outside, a little inside, further for each agent, each in a pattern."""
    colour, size = looks.agent_colours[mark.agent], place(0, 0).width
    width = max(1.5, size * 0.06)
    inset = width * (0.5 + mark.agent % 4)
    padded = np.pad(mark.cells, 1)
    flat: dict[float, list[tuple[float, float]]] = {}
    upright: dict[float, list[tuple[float, float]]] = {}
    within = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    for row, column in np.argwhere(mark.cells & ~within).tolist():
        box = place(row, column)
        left, top, right, bottom = box.left + inset, box.top + inset, box.right - inset, box.bottom - inset
        north, south = padded[row, column + 1], padded[row + 2, column + 1]
        west, east = padded[row + 1, column], padded[row + 1, column + 2]
        across = (box.left if west else left), (box.right if east else right)
        down = (box.top if north else top), (box.bottom if south else bottom)
        for inside, runs, at, span in (
            (north, flat, top, across),
            (south, flat, bottom, across),
            (west, upright, left, down),
            (east, upright, right, down),
        ):
            if not inside:
                runs.setdefault(at, []).append(span)
    lines = [((start, y), (end, y)) for y, spans in flat.items() for start, end in _joined(spans)]
    lines += [((x, start), (x, end)) for x, spans in upright.items() for start, end in _joined(spans)]
    for start, end in lines:
        if halo:
            straight(image, start, end, width + 2, (*PAPER, 150))
        else:
            for piece in dashes(start, end, mark.agent, max(6.0, size / 4)):
                straight(image, *piece, width, (*colour, 255))


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Spans of which each that begins where another ends is one with it."""
    joined: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if joined and abs(joined[-1][1] - start) < 1e-6:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


def _draw_line(image: pygame.Surface, line: Line, place: PlaceOfCell, looks: Looks, halo: bool) -> None:
    """A way, thinner and paler towards its beginning, beside those of other agents; with the agent's own points."""
    colour, size = looks.agent_colours[line.agent], place(0, 0).width
    aside = ((line.agent * 0.382) % 1 - 0.5) * size * 0.36
    last, steps = line.cells[-1], max(1, len(line.cells) - 1)

    def point(cell: Cell) -> Point:
        box = place(*cell)
        return box.centerx + aside, box.centery + aside

    ways: dict[frozenset[Cell], tuple[Cell, Cell, float]] = {}  # the last time counts
    points: dict[Cell, float] = {}
    for number, (here, there) in enumerate(pairwise(line.cells), 1):
        if here:
            points[here] = number / steps
        if here and there and abs(here[0] - there[0]) + abs(here[1] - there[1]) == 1:
            ways.pop(frozenset((here, there)), None)
            ways[frozenset((here, there))] = here, there, number / steps
    for here, there, age in ways.values():
        width = max(1.2, size * (0.04 + 0.06 * age))
        ends = [
            towards(point(a), point(b), size * 0.42 * (a == last)) for a, b in ((here, there), (there, here))
        ]
        ink = (*PAPER, 200) if halo else (*colour, round(90 + 165 * age))
        straight(image, ends[0], ends[1], width + 2 * halo, ink)
    for cell, age in () if halo else points.items():
        if cell != last:
            piece = stamp(line.agent, max(2, round(size * (0.07 + 0.06 * age))), colour)
            image.blit(piece, piece.get_rect(center=point(cell)))


def _paint_mark_text(
    image: pygame.Surface, mark: Outline, place: PlaceOfCell, looks: Looks, scale: float
) -> None:
    rows = np.argwhere(mark.cells)
    if not len(rows):
        return
    box = place(*rows[0].tolist())
    size = tag_size(box.width, scale)
    middle = box.left + box.width * (0.5 + 0.8 * (mark.agent % 4)), box.top + 2
    paint_tag(image, looks.agent_labels[mark.agent], size, middle, looks.agent_colours[mark.agent])


def _paint_label(image: pygame.Surface, label: Label, place: PlaceOfCell, looks: Looks, scale: float) -> None:
    box = place(*label.cell)
    size = tag_size(box.width, scale)
    paint_tag(image, label.text, size, (box.centerx, box.top), looks.agent_colours[label.agent])
