"""Lines, shapes and tags, of which layers and legends are made."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from math import cos, hypot, pi, sin
from typing import Protocol

import pygame

from sandbox.environment.captions import text_image
from sandbox.environment.shapes import INK, Colour

PAPER: Colour = (255, 255, 255)
FINE = 2
"""Lines are drawn so many times too large and then shrunk, which smooths them."""
PATTERNS = ((1.0,), (0.6, 0.5), (0.2, 0.4), (0.9, 0.4, 0.1, 0.4))
"""Strokes and gaps by turns; agents take them in turn."""

PlaceOfCell = Callable[[int, int], pygame.Rect]
"""Where a cell (row, column) lies on the surface."""
Point = tuple[float, float]


class Looks(Protocol):
    """How agents look; `sandbox.environment.picture.Painter` says it."""

    agent_colours: list[Colour]
    agent_labels: list[str]


class Pen:
    """Draws on a surface that is FINE times as large, for shrinking."""

    def __init__(self, size: tuple[int, int]):
        self.image = pygame.Surface((size[0] * FINE, size[1] * FINE), pygame.SRCALPHA)
        self.image.fill((255, 255, 255, 0))

    def path(self, points: Sequence[Point], width: float, colour: Sequence[int], blunt: bool = False) -> None:
        """A line with round corners, and round ends unless `blunt`."""
        thick = max(1, round(width * FINE))
        fine = [(x * FINE, y * FINE) for x, y in points]
        for start, end in pairwise(fine):
            _bar(self.image, start, end, thick, colour)
        if thick > 2:
            for x, y in fine[1:-1] if blunt else fine:
                pygame.draw.circle(self.image, colour, (round(x), round(y)), thick // 2)

    def polygon(self, points: Sequence[Point], colour: Sequence[int]) -> None:
        """A filled shape."""
        pygame.draw.polygon(self.image, colour, [(x * FINE, y * FINE) for x, y in points])

    def shrunk(self) -> pygame.Surface:
        """What was drawn, at its proper size."""
        width, height = self.image.get_size()
        return pygame.transform.smoothscale(self.image, (width // FINE, height // FINE))


def _bar(image: pygame.Surface, start: Point, end: Point, thick: int, colour: Sequence[int]) -> None:
    """A straight line whose width is the same in all directions, which pygame's own is not."""
    length = hypot(end[0] - start[0], end[1] - start[1])
    if length < 1e-6:
        return
    x, y = (end[1] - start[1]) / length * thick / 2, (start[0] - end[0]) / length * thick / 2
    corners = [
        (start[0] + x, start[1] + y),
        (end[0] + x, end[1] + y),
        (end[0] - x, end[1] - y),
        (start[0] - x, start[1] - y),
    ]
    pygame.draw.polygon(image, colour, corners)


def straight(image: pygame.Surface, start: Point, end: Point, width: float, colour: Sequence[int]) -> None:
    """A line along a row or a column, which needs no smoothing, with square ends."""
    thick = max(1, round(width))
    left, top = round(min(start[0], end[0]) - thick / 2), round(min(start[1], end[1]) - thick / 2)
    size = round(abs(end[0] - start[0])) + thick, round(abs(end[1] - start[1])) + thick
    image.fill(colour, (left, top, *size))


def towards(start: Point, end: Point, distance: float) -> Point:
    """The point so many pixels from one on the way to another."""
    length = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    share = min(1.0, distance / length)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def dashes(start: Point, end: Point, agent: int, size: float) -> list[tuple[Point, Point]]:
    """A straight line in the pattern of an agent; `size` is a dash's, in pixels."""
    pattern = PATTERNS[agent % len(PATTERNS)]
    length = hypot(end[0] - start[0], end[1] - start[1])
    if len(pattern) == 1 or length < 1e-6:
        return [(start, end)]
    pieces, along, turn = [], 0.0, 0

    def at(distance: float) -> Point:
        share = min(1.0, distance / length)
        return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share

    while along < length - 1e-6:
        stroke = pattern[turn % len(pattern)] * 2 * size
        if turn % 2 == 0:
            pieces.append((at(along), at(along + stroke)))
        along, turn = along + stroke, turn + 1
    return pieces


@lru_cache(maxsize=256)
def stamp(agent: int, radius: int, colour: Colour) -> pygame.Surface:
    """The shape by which an agent is known where its colour is not enough: circle, square, triangle, diamond, star."""
    side = 2 * radius + 6
    pen, middle = Pen((side, side)), side / 2
    for reach, ink in ((radius * 1.1 + 1.4, PAPER), (radius * 1.1, colour)):
        pen.polygon([(middle + reach * x, middle + reach * y) for x, y in _shape_of(agent % 5)], ink)
    return pen.shrunk()


@cache
def _shape_of(number: int) -> list[Point]:
    """Corners within a circle of radius 1."""
    corners = (40, 4, 3, 4, 10)[number]
    turn = (0.0, pi / 4, -pi / 2, 0.0, -pi / 2)[number]
    reach = [0.45 if number == 4 and k % 2 else 1.15 if number else 0.9 for k in range(corners)]
    angles = [turn + 2 * pi * k / corners for k in range(corners)]
    return [(far * cos(angle), far * sin(angle)) for far, angle in zip(reach, angles, strict=True)]


@lru_cache(maxsize=1024)
def text_surface(text: str, size: int, colour: Colour, tight: bool = False) -> pygame.Surface:
    """One line of text, as of `captions.text_image`."""
    picture = text_image(text, size, colour, tight)
    return pygame.image.frombuffer(picture.tobytes(), picture.size, "RGBA")


def paint_tag(image: pygame.Surface, text: str, size: int, middle: Point, colour: Colour) -> None:
    """A few letters on paper with a coloured edge, kept on the picture."""
    picture, box = text_surface(text, size, INK, True), tag_box(image, text, size, middle)
    pygame.draw.rect(image, PAPER, box, border_radius=round(size * 0.3))
    pygame.draw.rect(image, colour, box, max(1, size // 12), border_radius=round(size * 0.3))
    image.blit(picture, picture.get_rect(center=box.center))


def tag_size(cell: int, scale: float = 1.0) -> int:
    """Size of letters beside cells of so many pixels, in a window `scale` times the usual size."""
    return max(round(11 * scale), min(round(14 * scale), round(cell * 0.36)), round(cell * 0.2))


def tag_box(image: pygame.Surface, text: str, size: int, middle: Point) -> pygame.Rect:
    """What a tag covers."""
    box = text_surface(text, size, INK, True).get_rect().inflate(round(size * 0.7), round(size * 0.5))
    box.center = round(middle[0]), round(middle[1])
    return box.clamp(image.get_rect())
