"""Asks for the name of a file: one line that is typed, and below it why that would not do."""

import os
from dataclasses import dataclass
from pathlib import Path

import pygame

from sandbox.environment.captions import FAINT
from viewer import draw
from viewer.lines import wrapped
from viewer.widgets import Canvas, answers, sheet

ENDINGS = (".yaml", ".yml")
MOST_SIGNS = 400
LINES = 3
"""Of what is said."""


@dataclass
class Naming:
    """A file's name while it is typed.

    folder  where the file goes, unless the name leads elsewhere. text: what is typed; place: where the next sign goes.
    said    one line on what is wrong, or what Enter would do. sure: the file that Enter replaces, once that was said.
    """

    folder: Path
    text: str
    place: int = 0
    said: str = ""
    sure: Path | None = None

    def __post_init__(self) -> None:
        """Go on behind what stands there."""
        self.place = len(self.text)

    @property
    def path(self) -> Path | None:
        """The file that is meant, a YAML file in any case; None before there is a name."""
        name = os.path.expanduser(self.text.strip())
        if not os.path.basename(name):
            return None
        return self.folder / (name if name.endswith(ENDINGS) else f"{name}.yaml")

    def press(self, key: int, typed: str) -> None:
        """Answer a key: a sign, Backspace, Delete, Left, Right, Home or End."""
        before = self.text
        if key == pygame.K_BACKSPACE:
            self._put(max(0, self.place - 1), self.place)
        elif key == pygame.K_DELETE:
            self._put(self.place, self.place + 1)
        elif key in (pygame.K_LEFT, pygame.K_RIGHT):
            by = 1 if key == pygame.K_RIGHT else -1
            self.place = min(max(self.place + by, 0), len(self.text))
        elif key in (pygame.K_HOME, pygame.K_END):
            self.place = len(self.text) if key == pygame.K_END else 0
        elif typed.isprintable() and len(self.text) < MOST_SIGNS:
            self._put(self.place, self.place, typed)
        if self.text != before:
            self.said, self.sure = "", None

    def _put(self, start: int, end: int, signs: str = "") -> None:
        self.text = self.text[:start] + signs + self.text[end:]
        self.place = start + len(signs)


def free_path(folder: Path, name: str, ending: str) -> Path:
    """A file of this name, or of one with a number behind it, that is not there yet; odd signs become `_`."""
    name = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)
    path, number = folder / f"{name}.{ending}", 2
    while path.exists():
        path, number = folder / f"{name}_{number}.{ending}", number + 1
    return path


def draw_naming(canvas: Canvas, naming: Naming) -> None:
    """The card on which the name is typed."""
    inner = sheet(canvas, "Save the scenario as", 520, 230)
    top = inner.y + canvas.px(34)
    canvas.write(f"a file in {naming.folder.absolute()}", inner.x, top, inner.width, 13, FAINT)
    field = pygame.Rect(inner.x, top + canvas.px(24), inner.width, canvas.px(34))
    draw_field(canvas, naming, field)
    for number, line in enumerate(wrapped(canvas, naming.said, inner.width)[:LINES]):
        top = field.bottom + canvas.px(7) + number * canvas.px(18)
        canvas.write(line, inner.x, top, inner.width, 13, draw.WARNING)
    answers(canvas, inner, (("name:cancel", "Cancel", False), ("name:save", "Save", True)))


def draw_field(canvas: Canvas, naming: Naming, place: pygame.Rect) -> None:
    """What is typed, without what stands too far before the place of the next sign."""
    surface, letters = canvas.surface, canvas.px(16)
    pygame.draw.rect(surface, draw.PAPER, place, border_radius=canvas.px(5))
    pygame.draw.rect(surface, draw.ACCENT, place, max(1, canvas.px(1.5)), border_radius=canvas.px(5))
    room = place.inflate(-canvas.px(18), -canvas.px(8))
    text, before = naming.text, naming.text[: naming.place]
    while draw.wide(before, letters) > room.width - letters:
        text, before = text[1:], before[1:]
    draw.write_in(surface, text, room, letters)
    x = room.x + draw.wide(before, letters)
    pygame.draw.line(surface, draw.ACCENT, (x, room.y), (x, room.bottom - 1), max(1, canvas.px(1.5)))
