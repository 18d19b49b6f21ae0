"""Cards that lie over the window: the help, the dialog for films, and how to play an agent by keyboard."""

from dataclasses import dataclass
from functools import lru_cache

import pygame

from sandbox.environment.captions import FAINT
from sandbox.playback.episode import Episode
from viewer import draw
from viewer.exports import Film
from viewer.hands import mapping
from viewer.keys import help_lines
from viewer.legends import wrapped
from viewer.widgets import Canvas, answers, button, sheet, slider


def draw_help(canvas: Canvas) -> None:
    """The table of keys on top of everything, as large as fits, in columns."""
    surface = canvas.surface
    draw.veil(surface)
    canvas.spot(surface.get_rect(), "help")
    pad = canvas.px(20)
    room = surface.get_rect().inflate(-2 * pad, -2 * pad)
    for size in (14, 13, 12, 11, 10, 9, 8):
        letters, row = canvas.px(size), round(canvas.px(size) * 1.45)
        options = [help_columns(room.width - 2 * pad, across, letters, row) for across in (1, 2, 3)]
        fitting = [each for each in options if each.height + canvas.px(48) <= room.height]
        if fitting:
            break
    table = (fitting or options[-1:])[0]
    card = pygame.Rect(0, 0, table.width + 2 * pad, table.height + canvas.px(48))
    card.center = surface.get_rect().center
    draw.card(surface, card)
    draw.write(surface, "Keys", card.x + pad, card.y + canvas.px(10), card.width, canvas.px(18))
    draw.write(surface, "any click or Esc closes this", card.x, card.y + canvas.px(14), card.width - pad,
               canvas.px(12), FAINT, "right")  # fmt: skip
    for number, rows in enumerate(table.columns):
        left, top = card.x + pad + number * (table.each + round(letters * 1.4)), card.y + canvas.px(42)
        for keys, about in rows:
            if keys and about is None:
                draw.write(surface, keys, left, top, table.each, letters + 1, draw.ACCENT)
            else:
                draw.write(surface, keys, left, top, table.keys, letters)
                draw.write(
                    surface, about or "", left + table.keys, top, table.each - table.keys, letters, FAINT
                )
            top += row


@dataclass(frozen=True)
class HelpTable:
    """The help in columns of rows (keys, what they do); a heading has None, its text for keys."""

    columns: list[list[tuple[str, str | None]]]
    each: int
    keys: int
    width: int
    height: int


@lru_cache(maxsize=64)
def help_columns(width: int, across: int, letters: int, row: int) -> HelpTable:
    """The help within a width, in so many columns; long sentences take several rows."""
    headings, gap = help_lines(), round(letters * 1.4)
    keys = max(draw.wide(each, letters) for rows in headings.values() for each, _ in rows) + letters
    longest = max(draw.wide(about, letters) for rows in headings.values() for _, about in rows) + 2
    each = max(keys + 10 * letters, min(keys + longest, (width - gap * (across - 1)) // across))
    parts: dict[str, list[tuple[str, str | None]]] = {}
    for heading, rows in headings.items():
        parts[heading] = [(heading, None)]
        for sign, about in rows:
            lines = wrapped(about, letters, each - keys)
            parts[heading] += [(sign if not number else "", line) for number, line in enumerate(lines)]
        parts[heading].append(("", ""))
    columns = [
        [line for name in names for line in parts[name]]
        for names in arranged({name: len(rows) for name, rows in parts.items()}, across)
    ]
    high = row * max(map(len, columns))
    return HelpTable(
        columns,
        each,
        keys,
        each * len(columns) + gap * (len(columns) - 1),
        high if each * across <= width else 10**6,
    )


def arranged(heights: dict[str, int], across: int) -> list[list[str]]:
    """Parts in columns, in order, such that the highest column is as low as can be."""
    names = list(heights)

    def packed(limit: int) -> list[list[str]]:
        columns: list[list[str]] = [[]]
        for name in names:
            if columns[-1] and sum(heights[each] for each in columns[-1]) + heights[name] > limit:
                columns.append([])
            columns[-1].append(name)
        return columns

    sums = sorted(
        {
            sum(heights[name] for name in names[i:j])
            for i in range(len(names))
            for j in range(i + 1, len(names) + 1)
        }
    )
    return next((packed(limit) for limit in sums if limit >= max(heights.values()) and len(packed(limit)) <= across),
                [names])  # fmt: skip


def draw_film_dialog(canvas: Canvas, film: Film, first: int, last: int) -> None:
    """From which step to which, in which format, how fast; and how far it is while it is made."""
    inner = sheet(canvas, "Film", 440, 330)
    top = inner.y + canvas.px(38)
    for name, text, value, low, high in (
        ("first", "from step", film.first, first, last),
        ("last", "to step", film.last, first, last),
        ("speed", "steps a second", film.speed, 1, 30),
    ):
        canvas.write(text, inner.x, top, canvas.px(120), 14, FAINT)
        canvas.write(str(value), inner.right - canvas.px(50), top, canvas.px(50), side="right")
        place = pygame.Rect(inner.x + canvas.px(120), top, inner.width - canvas.px(180), canvas.px(20))
        slider(canvas, place, f"film:{name}", value, low, max(high, low + 1), True)
        top += canvas.px(34)
    for number, kind in enumerate(("mp4", "gif")):
        place = pygame.Rect(inner.x + number * canvas.px(80), top, canvas.px(72), canvas.px(30))
        button(canvas, place, "film:kind", kind.upper(), on=film.kind == kind, value=kind)
    seconds = film.count / film.speed
    canvas.write(f"{film.count} steps, {seconds:.1f} s", inner.x + canvas.px(170), top + canvas.px(5),
                 inner.width - canvas.px(170), 13, FAINT, "right")  # fmt: skip
    top += canvas.px(46)
    if film.path is not None:
        place = pygame.Rect(inner.x, top, inner.width, canvas.px(12))
        draw.level(canvas.surface, place, film.done / max(1, film.count))
        text = film.problem or (
            f"saved {film.path.name}" if film.finished else f"picture {film.done} of {film.count}"
        )
        canvas.write(
            text, inner.x, top + canvas.px(16), inner.width, 13, draw.WARNING if film.problem else FAINT
        )
    ended = film.finished and not film.problem
    texts = [("film:cancel", "Close" if ended else "Cancel", False)]
    texts += [] if film.running or ended else [("film:save", "Save", True)]
    answers(canvas, inner, texts)


def range_of(film: Film, name: str, value: float) -> None:
    """Set what a slider of the dialog says, and keep the range in order."""
    setattr(film, name, round(value))
    if name == "first":
        film.last = max(film.last, film.first)
    elif name == "last":
        film.first = min(film.first, film.last)


def draw_mapping(canvas: Canvas, area: pygame.Rect, episode: Episode) -> None:
    """Which key gives which action, in the corner of the pictures; the lines can be clicked on too."""
    if episode.taken_over is None:
        return
    lines, row = mapping(episode.world), canvas.px(20)
    keys = max(draw.wide(key, canvas.px(13)) for key, _ in lines) + canvas.px(14)
    names = max(draw.wide(name, canvas.px(13)) for _, name in lines)
    place = pygame.Rect(area.x, 0, keys + names + canvas.px(24), row * (len(lines) + 1) + canvas.px(18))
    place.bottom = area.bottom
    card = pygame.Surface(place.size, pygame.SRCALPHA)
    pygame.draw.rect(card, (255, 255, 255, 235), card.get_rect(), border_radius=8)
    pygame.draw.rect(card, (*draw.ACCENT, 255), card.get_rect(), max(1, canvas.px(1)), border_radius=8)
    canvas.surface.blit(card, place)
    canvas.spot(place, "card")
    left, top = place.x + canvas.px(12), place.y + canvas.px(8)
    canvas.write(
        f"You play {episode.agent_names[episode.taken_over]}",
        left,
        top,
        place.width - canvas.px(16),
        13,
        draw.ACCENT,
    )
    for key, name in lines:
        top += row
        line = pygame.Rect(place.x + canvas.px(4), top, place.width - canvas.px(8), row)
        if canvas.spot(line, "action", name, f"{name} in the next step"):
            pygame.draw.rect(canvas.surface, draw.BUTTON, line, border_radius=canvas.px(4))
        canvas.write(key, left, top + canvas.px(1), keys, 13)
        canvas.write(name, left + keys, top + canvas.px(1), names + canvas.px(4), 13, FAINT)
