"""Small widgets: buttons, tabs, toggles and sliders, drawn anew each time and found again by what was drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pygame

from sandbox.environment.captions import FAINT
from sandbox.environment.shapes import INK, Colour
from viewer import draw

Place = tuple[int, int]


@dataclass(frozen=True)
class Spot:
    """A part of the window that answers: where it is, what it is called, what it stands for, what it says of itself."""

    place: pygame.Rect
    name: str
    value: Any = None
    hint: str = ""


@dataclass(frozen=True)
class Range:
    """What a slider stands for: from where to where, in whole numbers or not, and whose it is."""

    track: pygame.Rect
    least: float
    most: float
    whole: bool = False
    of: Any = None

    def at(self, x: int) -> float:
        """The value at a place of the track."""
        share = min(1.0, max(0.0, (x - self.track.x) / max(1, self.track.width)))
        value = self.least + share * (self.most - self.least)
        step = 1.0 if self.whole else 10.0 ** _decimals(self.most - self.least)
        rounded = round(round(value / step) * step, 10)
        return min(max(rounded, self.least), self.most)

    def share(self, value: float) -> float:
        """How far along the track a value is, from 0 to 1."""
        span = self.most - self.least
        return min(1.0, max(0.0, (value - self.least) / span)) if span else 0.0


def _decimals(span: float) -> int:
    """The power of ten in which a slider goes on, about a hundredth of its range."""
    power = 2
    while power > -6 and 10.0**power > span / 40:
        power -= 1
    return power


@dataclass
class Canvas:
    """What is drawn on, how large everything is, where the mouse is; collects the spots that answer."""

    surface: pygame.Surface
    scale: float = 1.0
    pointed: Place = (-1, -1)
    phase: int = 0
    spots: list[Spot] = field(default_factory=list)

    def px(self, length: float) -> int:
        """So many pixels of a window of the usual size, here."""
        return round(length * self.scale)

    @property
    def letters(self) -> int:
        """Size of ordinary writing."""
        return self.px(draw.LETTERS)

    @property
    def row(self) -> int:
        """Height of a line."""
        return self.px(22)

    def write(
        self, text: str, left: int, top: int, width: int, size: float = draw.LETTERS,
        colour: Colour = INK, side: str = "left",
    ) -> None:  # fmt: skip
        """One line of text."""
        draw.write(self.surface, text, left, top, width, self.px(size), colour, side)

    def spot(self, place: pygame.Rect, name: str, value: Any = None, hint: str = "") -> bool:
        """Something here answers to its name; True where the mouse is over it."""
        seen = place.clip(self.surface.get_clip())
        if seen.width > 0 and seen.height > 0:
            self.spots.append(Spot(seen, name, value, hint))
        return seen.collidepoint(self.pointed)

    def found(self, place: Place) -> Spot | None:
        """The topmost spot at a place."""
        return next((spot for spot in reversed(self.spots) if spot.place.collidepoint(place)), None)


def button(
    canvas: Canvas, place: pygame.Rect, name: str, text: str = "", hint: str = "",
    strong: bool = False, on: bool = False, sign: str = "", value: Any = None,
) -> None:  # fmt: skip
    """A button with a text or a sign; `on` shows a toggle that is on."""
    hovered = canvas.spot(place, name, value, hint)
    radius = canvas.px(6)
    fill = draw.ACCENT if strong else draw.CHOSEN if on else draw.HOVER if hovered else draw.BUTTON
    pygame.draw.rect(canvas.surface, fill, place, border_radius=radius)
    if on or (strong and hovered):
        colour = draw.ACCENT if on else INK
        pygame.draw.rect(canvas.surface, colour, place, max(1, canvas.px(1.5)), border_radius=radius)
    ink = draw.PANEL if strong else INK
    if sign:
        draw.icon(canvas.surface, sign, place, ink)
    draw.write_in(canvas.surface, text, place, canvas.letters, ink, "middle")


def button_width(canvas: Canvas, text: str) -> int:
    """Width of a button with this text."""
    return draw.wide(text, canvas.letters) + canvas.px(22)


def sheet(canvas: Canvas, title: str, width: int, height: int) -> pygame.Rect:
    """A card in the middle on which something is asked, all else darkened; gives back the room within it."""
    draw.veil(canvas.surface, 110)
    canvas.spot(canvas.surface.get_rect(), "behind")
    card = pygame.Rect(0, 0, min(canvas.px(width), canvas.surface.get_width()), canvas.px(height))
    card.center = canvas.surface.get_rect().center
    draw.card(canvas.surface, card)
    inner = card.inflate(-canvas.px(44), -canvas.px(36))
    canvas.write(title, inner.x, inner.y, inner.width, 18)
    return inner


def answers(canvas: Canvas, inner: pygame.Rect, texts: Sequence[tuple[str, str, bool]]) -> None:
    """The buttons below what is asked on a sheet: (name, text, whether it is the strong one), the last to the right."""
    width, height, right = canvas.px(96), canvas.px(32), inner.right
    for name, text, strong in reversed(texts):
        button(
            canvas,
            pygame.Rect(right - width, inner.bottom - height, width, height),
            name,
            text,
            strong=strong,
        )
        right -= width + canvas.px(10)


def tabs(canvas: Canvas, place: pygame.Rect, names: Sequence[tuple[str, str, str]], chosen: str) -> None:
    """Tabs over the width of a place: (name, text, hint) each."""
    each = place.width / max(1, len(names))
    for number, (name, text, hint) in enumerate(names):
        left, right = place.x + round(each * number), place.x + round(each * (number + 1))
        tab = pygame.Rect(left, place.y, right - left, place.height)
        hovered = canvas.spot(tab, f"tab:{name}", name, hint)
        if hovered and name != chosen:
            pygame.draw.rect(canvas.surface, draw.BUTTON, tab)
        draw.write_in(canvas.surface, text, tab, canvas.letters, INK if name == chosen else FAINT, "middle")
        if name == chosen:
            thick = max(2, canvas.px(3))
            pygame.draw.rect(canvas.surface, draw.ACCENT, (tab.x, tab.bottom - thick, tab.width, thick))
    pygame.draw.line(canvas.surface, draw.LINE, (place.x, place.bottom), (place.right - 1, place.bottom))


def slider(
    canvas: Canvas, place: pygame.Rect, name: str, value: float, least: float, most: float,
    whole: bool = False, of: Any = None, hint: str = "",
) -> None:  # fmt: skip
    """A track with a knob, over the width of a place; where the range holds zero, that is marked."""
    radius = canvas.px(7)
    track = pygame.Rect(
        place.x + radius, place.centery - canvas.px(2), place.width - 2 * radius, canvas.px(4)
    )
    found = Range(track, least, most, whole, of)
    hovered = canvas.spot(place, name, found, hint)
    pygame.draw.rect(canvas.surface, draw.LINE, track, border_radius=canvas.px(2))
    x = track.x + round(track.width * found.share(value))
    zero = track.x + round(track.width * found.share(min(max(0.0, least), most)))
    done = pygame.Rect(min(x, zero), track.y, abs(x - zero), track.height)
    pygame.draw.rect(canvas.surface, draw.ACCENT, done)
    if least < 0 < most:
        height = canvas.px(6)
        pygame.draw.line(
            canvas.surface, FAINT, (zero, track.centery - height), (zero, track.centery + height - 1)
        )
    pygame.draw.circle(canvas.surface, draw.PANEL, (x, track.centery), radius)
    pygame.draw.circle(
        canvas.surface, draw.ACCENT if hovered else FAINT, (x, track.centery), radius, max(2, canvas.px(2))
    )


def heading(canvas: Canvas, text: str, area: pygame.Rect, top: int, aside: str = "") -> int:
    """A heading with a fine line above it, and something faint at its right; gives back where it goes on."""
    canvas.write(text, area.x, top, area.width, 15)
    if aside:
        taken = draw.wide(text, canvas.px(15)) + canvas.px(10)
        canvas.write(aside, area.x + taken, top + canvas.px(1), area.width - taken, 13, FAINT, "right")
    return top + canvas.px(25)


def tooltip(canvas: Canvas, text: str) -> None:
    """A line beside the mouse, kept inside the window."""
    size = canvas.px(13)
    place = pygame.Rect(0, 0, draw.wide(text, size) + canvas.px(16), canvas.px(26))
    place.bottomleft = canvas.pointed[0] + canvas.px(10), canvas.pointed[1] - canvas.px(8)
    place.clamp_ip(canvas.surface.get_rect())
    pygame.draw.rect(canvas.surface, (38, 42, 52), place, border_radius=canvas.px(5))
    draw.write_in(canvas.surface, text, place, size, draw.PANEL, "middle")
