"""Draws the parts of the window: text, buttons, the picture with an agent's view, side panel and help."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pygame
from PIL import Image

from sandbox.environment.captions import FAINT, fitted, text_image, text_width
from sandbox.environment.shapes import INK, Colour, tile
from sandbox.world.mechanic import Mark
from viewer.keys import help_lines
from viewer.sources import Row

PAPER: Colour = (250, 250, 248)
PANEL: Colour = (255, 255, 255)
LINE: Colour = (226, 227, 230)
BUTTON: Colour = (238, 239, 242)
HOVER: Colour = (224, 227, 233)
ACCENT: Colour = (0, 114, 178)
GAIN: Colour = (0, 140, 105)
LOSS: Colour = (205, 84, 10)

LETTERS = 14
ROW = 22


@lru_cache(maxsize=1024)
def _text_surface(text: str, size: int, colour: Colour) -> pygame.Surface:
    return _surface(text_image(text, size, colour))


def _surface(image: Image.Image) -> pygame.Surface:
    return pygame.image.frombuffer(image.tobytes(), image.size, "RGBA")


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
    line = fitted(text, size, width)
    image = _text_surface(line, size, colour)
    gap = width - image.get_width()
    surface.blit(image, (left + {"left": 0, "middle": gap // 2, "right": gap}[side], top))


def button(surface: pygame.Surface, place: pygame.Rect, text: str, hovered: bool, strong: bool) -> None:
    """A button; the strong one is the one that most people want next."""
    fill = ACCENT if strong else HOVER if hovered else BUTTON
    pygame.draw.rect(surface, fill, place, border_radius=6)
    if strong and hovered:
        pygame.draw.rect(surface, INK, place, 1, border_radius=6)
    write(surface, text, place.x, place.y + 8, place.width, LETTERS, PANEL if strong else INK, "middle")


def button_width(text: str) -> int:
    """Width of a button with this text."""
    return text_width(text, LETTERS) + 24


def picture(surface: pygame.Surface, frame: np.ndarray, area: pygame.Rect) -> pygame.Rect:
    """The frame in the middle of the area, shrunk where it does not fit; gives back where it lies."""
    height, width = frame.shape[:2]
    image = pygame.image.frombuffer(frame.tobytes(), (width, height), "RGB")
    shrink = min(1.0, area.width / width, area.height / height)
    if shrink < 1:
        image = pygame.transform.smoothscale(
            image, (max(1, int(width * shrink)), max(1, int(height * shrink)))
        )
    place = image.get_rect(center=area.center)
    surface.blit(image, place)
    return place


def view(
    surface: pygame.Surface,
    place: pygame.Rect,
    cell: float,
    margin: float,
    box: tuple[int, int, int],
    colour: Colour,
) -> None:
    """What an agent sees, with the rest of the picture veiled and a ring around the agent."""
    left, top, side = margin + box[1] * cell, margin + box[0] * cell, box[2] * cell
    window = pygame.Rect(round(left), round(top), round(side), round(side))
    veil = pygame.Surface(place.size, pygame.SRCALPHA)
    seen = window.clip(veil.get_rect())
    veil.fill((255, 255, 255, 100))
    veil.fill((0, 0, 0, 0), seen)
    pygame.draw.rect(veil, (*colour, 255), seen, 2)
    pygame.draw.circle(veil, (*colour, 255), window.center, round(cell * 0.53), max(2, round(cell * 0.06)))
    surface.blit(veil, place)


def section(
    surface: pygame.Surface,
    heading: str,
    rows: Sequence[Row],
    left: int,
    top: int,
    width: int,
    badge: Colour | None,
) -> int:
    """One section of the side panel; gives back where the next one starts."""
    indent = 0
    if badge:
        surface.blit(_surface(tile(Mark("disc", badge, 0.95), 13)), (left, top + 2))
        indent = 20
    write(surface, heading, left + indent, top, width - indent, LETTERS + 1)
    top += ROW + 2
    value_width = max([40, *(min(110, text_width(_shown(value), LETTERS)) for _, value, _ in rows)])
    barred = any(fraction is not None for _, _, fraction in rows)
    bar_width = 84 if barred else 0
    label_width = width - value_width - bar_width - (24 if barred else 12)
    for label, value, fraction in rows:
        write(surface, label, left, top, label_width, LETTERS, FAINT)
        write(surface, _shown(value), left + width - value_width, top, value_width, LETTERS, INK, "right")
        if fraction is not None:
            _bar(surface, pygame.Rect(left + label_width + 8, top + 4, bar_width, 9), fraction)
        top += ROW
    return top + 14


def _bar(surface: pygame.Surface, place: pygame.Rect, fraction: float) -> None:
    """A bar to the right of the middle for a gain, to the left for a loss."""
    pygame.draw.rect(surface, BUTTON, place, border_radius=2)
    half = place.width // 2
    reach = round(half * min(1.0, abs(fraction)))
    left = place.x + half - (reach if fraction < 0 else 0)
    if reach:
        pygame.draw.rect(surface, LOSS if fraction < 0 else GAIN, (left, place.y, reach, place.height))
    pygame.draw.line(surface, FAINT, (place.x + half, place.y - 1), (place.x + half, place.bottom))


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return str(int(value))
    return f"{value:.2f}".replace("-0.00", "0.00")


def help_card(surface: pygame.Surface) -> None:
    """The table of keys on top of everything."""
    veil = pygame.Surface(surface.get_size(), pygame.SRCALPHA)
    veil.fill((30, 34, 42, 150))
    surface.blit(veil, (0, 0))
    lines = help_lines()
    keys_width = max(text_width(keys, LETTERS) for keys, _ in lines) + 24
    width = keys_width + max(text_width(about, LETTERS) for _, about in lines) + 48
    card = pygame.Rect(0, 0, width, ROW * len(lines) + 76)
    card.center = surface.get_rect().center
    pygame.draw.rect(surface, PANEL, card, border_radius=10)
    write(surface, "Keys", card.x + 24, card.y + 20, width - 48, 17)
    for number, (keys, about) in enumerate(lines):
        top = card.y + 54 + ROW * number
        write(surface, keys, card.x + 24, top, keys_width)
        write(surface, about, card.x + 24 + keys_width, top, width - keys_width - 48, LETTERS, FAINT)
