"""Draws what everything in the window is made of: text, buttons, bars and marks; keeps what it has drawn."""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
import pygame
from PIL import Image

from sandbox.environment.captions import FAINT, fitted, text_image, text_width
from sandbox.environment.shapes import INK, Colour

PAPER: Colour = (250, 250, 248)
PANEL: Colour = (255, 255, 255)
LINE: Colour = (226, 227, 230)
BUTTON: Colour = (238, 239, 242)
HOVER: Colour = (224, 227, 233)
ACCENT: Colour = (0, 114, 178)
CHOSEN: Colour = (219, 236, 247)
GAIN: Colour = (0, 140, 105)
LOSS: Colour = (205, 84, 10)
WARNING: Colour = (186, 62, 10)

LETTERS = 14


@lru_cache(maxsize=1024)
def _text_surface(text: str, size: int, colour: Colour) -> pygame.Surface:
    return surface_of(text_image(text, size, colour))


@lru_cache(maxsize=4096)
def _fitted(text: str, size: int, width: int) -> str:
    return fitted(text, size, width)


@lru_cache(maxsize=4096)
def wide(text: str, size: int = LETTERS) -> int:
    """Width of a line of text in pixels."""
    return text_width(text, size)


def surface_of(image: Image.Image) -> pygame.Surface:
    """A see-through picture as a surface that is quickly drawn."""
    surface = pygame.image.frombuffer(image.tobytes(), image.size, "RGBA")
    ready = pygame.display.get_init() and pygame.display.get_surface()
    return surface.convert_alpha() if ready else surface


def write(
    surface: pygame.Surface,
    text: str,
    left: int,
    top: int,
    width: int,
    size: int = LETTERS,
    colour: Colour = INK,
    side: str = "left",
) -> None:
    """One line of text in a space of this width, cut short to fit; `side` is left, middle or right."""
    if width <= 0:
        return
    image = _text_surface(_fitted(text, size, width), size, colour)
    gap = width - image.get_width()
    surface.blit(image, (left + {"left": 0, "middle": gap // 2, "right": gap}[side], top))


def write_in(
    surface: pygame.Surface,
    text: str,
    place: pygame.Rect,
    size: int = LETTERS,
    colour: Colour = INK,
    side: str = "left",
) -> None:
    """One line of text at half the height of a place."""
    write(
        surface,
        text,
        place.x,
        place.y + (place.height - round(size * 1.3)) // 2,
        place.width,
        size,
        colour,
        side,
    )


def button(
    surface: pygame.Surface, place: pygame.Rect, text: str, hovered: bool, strong: bool, size: int = LETTERS
) -> None:
    """A button; the strong one is the one that most people want next."""
    fill = ACCENT if strong else HOVER if hovered else BUTTON
    pygame.draw.rect(surface, fill, place, border_radius=max(3, place.height // 5))
    if strong and hovered:
        pygame.draw.rect(surface, INK, place, 1, border_radius=max(3, place.height // 5))
    write_in(surface, text, place, size, PANEL if strong else INK, "middle")


def button_width(text: str, size: int = LETTERS) -> int:
    """Width of a button with this text."""
    return wide(text, size) + round(24 * size / LETTERS)


def bar(surface: pygame.Surface, place: pygame.Rect, share: float) -> None:
    """A bar to the right of the middle for a gain, to the left for a loss; `share` is from -1 to 1."""
    pygame.draw.rect(surface, BUTTON, place, border_radius=2)
    half = place.width // 2
    reach = round(half * min(1.0, abs(share)))
    left = place.x + half - (reach if share < 0 else 0)
    if reach:
        pygame.draw.rect(surface, LOSS if share < 0 else GAIN, (left, place.y, reach, place.height))
    pygame.draw.line(surface, FAINT, (place.x + half, place.y - 1), (place.x + half, place.bottom))


def level(surface: pygame.Surface, place: pygame.Rect, share: float, colour: Colour = ACCENT) -> None:
    """A bar from the left, as full as `share` says, from 0 to 1."""
    pygame.draw.rect(surface, BUTTON, place, border_radius=2)
    reach = round(place.width * min(1.0, max(0.0, share)))
    if reach:
        pygame.draw.rect(surface, colour, (place.x, place.y, reach, place.height), border_radius=2)


def number(value: float, digits: int = 2) -> str:
    """A figure with so many decimals; whole numbers as such, nothing for what is unknown."""
    if np.isnan(value):
        return "-"
    if float(value).is_integer() and abs(value) < 1e6:
        return str(int(value))
    text = f"{value:.{digits}f}" if abs(value) < 1e5 else f"{value:.2e}"
    return text.replace("-0.00", "0.00") if float(text) == 0 else text


def icon(surface: pygame.Surface, name: str, place: pygame.Rect, colour: Colour) -> None:
    """The sign of a button: play, pause, again, back, step, first, last."""
    middle, size = place.center, place.height * 0.24
    x, y = middle

    def triangle(left: float, turn: int) -> None:
        points = [
            (left - turn * size * 0.6, y - size),
            (left - turn * size * 0.6, y + size),
            (left + turn * size, y),
        ]
        pygame.draw.polygon(surface, colour, points)

    def post(left: float) -> None:
        thick = max(2, round(size * 0.45))
        pygame.draw.rect(surface, colour, (round(left - thick / 2), round(y - size), thick, round(2 * size)))

    if name in ("play", "again"):
        triangle(x - size * 0.1, 1)
    elif name == "pause":
        post(x - size * 0.5)
        post(x + size * 0.5)
    elif name in ("back", "first"):
        triangle(x + size * 0.2, -1)
        if name == "first":
            post(x - size)
    else:
        triangle(x - size * 0.2, 1)
        if name == "last":
            post(x + size)
    if name in ("back", "step"):
        post(x + (size if name == "back" else -size))


def mark(surface: pygame.Surface, shape: str, middle: tuple[int, int], radius: float, colour: Colour) -> None:
    """A small sign with a pale edge: square, star, cross, diamond, disc, post, flag or ring."""
    x, y = middle

    def around(corners: int, turn: float, reach: float) -> list[tuple[float, float]]:
        angles = (turn + 2 * pi * k / corners for k in range(corners))
        return [(x + reach * cos(angle), y + reach * sin(angle)) for angle in angles]

    for grown, ink in ((1.6, PANEL), (0.0, colour)):
        r = radius + grown
        if shape == "square":
            pygame.draw.rect(
                surface, ink, (round(x - r * 0.8), round(y - r * 0.8), round(r * 1.6), round(r * 1.6))
            )
        elif shape == "star":
            outer, inner = around(5, -pi / 2, r * 1.15), around(5, -pi / 2 + pi / 5, r * 0.52)
            pygame.draw.polygon(
                surface, ink, [point for pair in zip(outer, inner, strict=True) for point in pair]
            )
        elif shape == "cross":
            thick = max(2, round(r * 0.55))
            for sign in (-1, 1):
                ends = (
                    (round(x - r * 0.8), round(y - sign * r * 0.8)),
                    (round(x + r * 0.8), round(y + sign * r * 0.8)),
                )
                pygame.draw.line(surface, ink, *ends, thick)
        elif shape == "diamond":
            pygame.draw.polygon(surface, ink, around(4, 0, r * 1.1))
        elif shape == "post":
            pygame.draw.rect(
                surface, ink, (round(x - r * 0.3), round(y - r), max(2, round(r * 0.6)), round(2 * r))
            )
        elif shape == "flag":
            foot = round(x - r * 0.6)
            pygame.draw.rect(surface, ink, (foot - 1, round(y - r), max(2, round(r * 0.3)), round(2.2 * r)))
            pygame.draw.polygon(
                surface, ink, [(foot, y - r), (foot + 1.8 * r, y - r * 0.35), (foot, y + r * 0.3)]
            )
        else:
            pygame.draw.circle(surface, ink, (x, y), max(2, round(r * 0.85)))
    if shape == "ring":
        pygame.draw.circle(surface, PANEL, (x, y), max(1, round(radius * 0.4)))


def spinner(surface: pygame.Surface, middle: tuple[int, int], radius: int, phase: int) -> None:
    """Eight points around a circle, one of them ahead; `phase` counts on while something is worked out."""
    for k in range(8):
        angle = 2 * pi * k / 8 - pi / 2
        age = (phase - k) % 8
        shade = 90 + 18 * age
        where = round(middle[0] + radius * cos(angle)), round(middle[1] + radius * sin(angle))
        pygame.draw.circle(surface, (shade, shade, shade + 8), where, max(1, round(radius * 0.24)))


def veil(surface: pygame.Surface, strength: int = 150) -> None:
    """Darken everything that lies behind a card."""
    dark = pygame.Surface(surface.get_size(), pygame.SRCALPHA)
    dark.fill((30, 34, 42, strength))
    surface.blit(dark, (0, 0))


def card(surface: pygame.Surface, place: pygame.Rect, colour: Sequence[int] = PANEL) -> None:
    """A sheet with an edge, on which something is written."""
    pygame.draw.rect(surface, colour, place, border_radius=8)
    pygame.draw.rect(surface, LINE, place, 1, border_radius=8)
