"""The pictures: one pane for each episode, with what is drawn over it and what came of it below."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pygame
from numpy.typing import NDArray

from sandbox.environment.captions import FAINT
from sandbox.environment.picture import Painter
from sandbox.environment.shapes import INK
from sandbox.playback.episode import Episode
from sandbox.world.codes import GROUND
from viewer import draw
from viewer.board import Board, board
from viewer.layers import draw_layer
from viewer.overlay import Layer
from viewer.settings import Settings
from viewer.widgets import Canvas

GROUNDS = 4
"""Painted grounds that are kept."""
MOST_PIXELS = 6_000_000
"""Of a painted picture; beyond that it is painted smaller and stretched."""


@dataclass(eq=False)
class Pane:
    """An episode with its title; keeps the last picture and where agents have been.

    `rewards` are what the episode was given, and `run` the training run that plays in it, for when it begins anew.
    `cell` and `margin` are those of the last picture, in pixels.
    """

    episode: Episode
    title: str = ""
    rewards: Any = None
    run: str | None = None
    cell: int = 0
    margin: int = 0
    _picture: tuple[Any, pygame.Surface] | None = field(default=None, repr=False)
    _painters: OrderedDict[Any, Painter] = field(default_factory=OrderedDict, repr=False)
    _trail: NDArray[np.int64] | None = field(default=None, repr=False)
    _trail_of: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        """Whose run it is, where that is not said."""
        self.run = self.run or self.episode.run

    def picture(self, cell: int) -> pygame.Surface:
        """The present, painted with cells of so many pixels."""
        key = self.episode.states.tobytes(), cell, id(self.episode.world)
        if self._picture is None or self._picture[0] != key:
            painter = self._painter(cell)
            frame = painter.paint(self.episode.states)
            image = pygame.image.frombuffer(frame.tobytes(), (frame.shape[1], frame.shape[0]), "RGB")
            self._picture, self.cell, self.margin = (key, image), painter.cell_size, painter.margin
        return self._picture[1]

    def _painter(self, cell: int) -> Painter:
        """One for each of the last few grounds, which take long to paint where a door opens and shuts."""
        world = self.episode.world
        key = self.episode.states["cells"][0, :, GROUND].tobytes(), cell, id(world)
        if key not in self._painters:
            self._painters[key] = Painter(world, cell)
            while len(self._painters) > GROUNDS:
                self._painters.popitem(last=False)
        self._painters.move_to_end(key)
        return self._painters[key]

    def trail(self) -> NDArray[np.int64]:
        """Cells where agents were at all remembered steps up to the present, int [steps, agents]; 0 once gone."""
        episode = self.episode
        now = np.where(episode.states["alive"][0], episode.states["cell"][0], 0)
        key = id(episode.world), episode.seed, episode.branch, episode.first_step
        count = episode.index - episode.first_step + 1
        if self._trail is None or key != self._trail_of or len(self._trail) < count - 1:
            past = episode.history
            self._trail = np.where(past["alive"], past["cell"], 0).astype(np.int64)
            self._trail_of = key
        if len(self._trail) == count - 1:
            self._trail = np.concatenate([self._trail, now[None]])
        self._trail[count - 1] = now
        return self._trail[:count]


def pane_places(
    area: pygame.Rect, count: int, gap: int, shape: tuple[int, int] = (1, 1), around: int = 0
) -> list[pygame.Rect]:
    """Where so many panes lie: in the grid in which a map of this shape (rows, columns) can be largest.

    `around` is the height that writing takes in each. What the maps leave free lies around them all.
    """

    def grid(across: int) -> list[pygame.Rect]:
        down = -(-count // across)
        wide, high = (area.width - gap * (across - 1)) // across, (area.height - gap * (down - 1)) // down
        if count > 1:
            cell = max(0.0, min(wide / (shape[1] + 0.5), (high - around) / (shape[0] + 0.5)))
            high = min(high, max(around, round(cell * (shape[0] + 0.5)) + around))
            wide = min(wide, max(8 * around, round(cell * (shape[1] + 0.5))))
        top = area.y + (area.height - down * high - gap * (down - 1)) // 2
        left = area.x + (area.width - across * wide - gap * (across - 1)) // 2
        return [
            pygame.Rect(
                left + k % across * (wide + gap), top + k // across * (high + gap), max(1, wide), max(1, high)
            )
            for k in range(count)
        ]

    def cell_in(places: list[pygame.Rect]) -> float:
        cell = min(places[0].width / (shape[1] + 0.5), (places[0].height - around) / (shape[0] + 0.5))
        return cell * (
            1.2 if places[0].y == places[-1].y or count > 2 else 1.0
        )  # two are best compared side by side

    return max((grid(across) for across in range(1, count + 1)), key=cell_in)


@dataclass(frozen=True)
class Writing:
    """What is written above and below each of several pictures: heights, and the measures' rows and columns."""

    head: int = 0
    foot: int = 0
    rows: int = 0
    columns: int = 1


def writing(canvas: Canvas, panes: Sequence[Pane], width: int) -> Writing:
    """The writing of panes, two of which would share this width."""
    if len(panes) < 2:
        return Writing()
    columns = 2 if width // 2 >= canvas.px(360) else 1
    rows = min(4, -(-len(figures(panes[0])) // columns))
    return Writing(canvas.px(24), rows * canvas.px(18) + canvas.px(4), rows, columns)


def figures(pane: Pane) -> dict[str, float]:
    """Outcome measures, the world's first, then those of agents; and how long the episode has lasted."""
    found = pane.episode.measures()
    agents = tuple(pane.episode.agent_names)
    ordered = sorted(found, key=lambda name: name.startswith(agents))
    return {"steps": float(pane.episode.index)} | {name: found[name] for name in ordered}


def draw_panes(
    canvas: Canvas, places: Sequence[pygame.Rect], panes: Sequence[Pane], settings: Settings,
    layers: Sequence[tuple[Layer | None, bool]], words: Writing,
) -> list[Board]:  # fmt: skip
    """All panes, with their layers (layer, whether it is stale); gives back where their maps lie."""
    found, base = [], figures(panes[0]) if len(panes) > 1 else {}
    for number, (place, pane, (layer, stale)) in enumerate(zip(places, panes, layers, strict=True)):
        inner = place
        if len(panes) > 1:
            head, foot = words.head, words.foot
            draw_title(canvas, pygame.Rect(place.x, place.y, place.width, head), pane.title, number, settings)
            below = pygame.Rect(place.x, place.bottom - foot, place.width, foot)
            draw_figures(canvas, below, figures(pane), base if number else None, words)
            inner = pygame.Rect(place.x, place.y + head, place.width, max(8, place.height - head - foot))
        found.append(draw_pane(canvas, inner, pane, settings, layer, stale))
    return found


def draw_title(canvas: Canvas, place: pygame.Rect, title: str, number: int, settings: Settings) -> None:
    """What a pane shows; the one that the side panel speaks of is underlined."""
    chosen = number == settings.pane
    canvas.spot(place, "pane", number, f"the side panel speaks of: {title}")
    canvas.write(title, place.x + canvas.px(4), place.y + canvas.px(2), place.width - canvas.px(8), 14,
                 INK if chosen else FAINT, "middle")  # fmt: skip
    if chosen:
        line = pygame.Rect(place.x, place.bottom - canvas.px(3), place.width, max(2, canvas.px(2)))
        pygame.draw.rect(canvas.surface, draw.ACCENT, line)


def draw_figures(
    canvas: Canvas, place: pygame.Rect, found: dict[str, float], base: dict[str, float] | None, words: Writing
) -> None:
    """Measures, with the difference to the first pane's."""
    each, row = place.width // words.columns, canvas.px(18)
    for number, (name, value) in enumerate(list(found.items())[: words.rows * words.columns]):
        left = place.x + number // words.rows * each + canvas.px(4)
        top = place.y + canvas.px(3) + number % words.rows * row
        apart = float("nan") if base is None else value - base.get(name, np.nan)
        texts = [(draw.number(value), INK)]
        if np.isfinite(apart):
            colour = FAINT if abs(apart) < 1e-9 else draw.ACCENT
            texts.append(("=" if abs(apart) < 1e-9 else f"{apart:+.3g}", colour))
        right = left + each - canvas.px(12)
        for text, colour in reversed(texts):
            width = max(draw.wide(text, canvas.px(13)), canvas.px(28) if colour != INK else 0) + 2
            right -= width
            canvas.write(text, right, top, width, 13, colour, "right")
            right -= canvas.px(6)
        canvas.write(name, left, top, right - left, 13, FAINT)


def draw_pane(
    canvas: Canvas, place: pygame.Rect, pane: Pane, settings: Settings, layer: Layer | None, stale: bool
) -> Board:
    """The picture of the present, with a layer, the selected agent's view and a spinner while the layer is stale."""
    episode, surface = pane.episode, canvas.surface
    now = board(place, episode.world.rows, episode.world.columns, settings.zoom, settings.pan)
    before = surface.get_clip()
    surface.set_clip(place.clip(before))
    draw_picture(surface, pane, now)
    if layer is not None:
        draw_layer(surface, layer, now.rect, episode.painter, canvas.scale)
    if settings.agent is not None and settings.agent < len(episode.agent_names):
        draw_selected(canvas, pane, now, settings.agent, veiled=layer is None and settings.overlay is None)
    if stale:
        spot = place.right - canvas.px(18), place.y + canvas.px(18)
        pygame.draw.circle(surface, draw.PANEL, spot, canvas.px(14))
        draw.spinner(surface, spot, canvas.px(8), canvas.phase)
    surface.set_clip(before)
    return now


def draw_picture(surface: pygame.Surface, pane: Pane, now: Board) -> None:
    """What of the picture can be seen; painted at its size, or stretched where it would be huge."""
    most = (MOST_PIXELS / (now.rows * now.columns)) ** 0.5
    cell = max(4, int(min(now.cell, most)) // 2 * 2)
    image, factor = pane.picture(cell), now.cell / cell
    edge = pane.margin
    whole = pygame.Rect(round(now.left - edge * factor), round(now.top - edge * factor),
                        round(image.get_width() * factor), round(image.get_height() * factor))  # fmt: skip
    if factor == 1:
        surface.blit(image, whole)
        return
    seen = whole.clip(surface.get_clip())
    if seen.width <= 0 or seen.height <= 0:
        return
    left, top = int((seen.x - whole.x) / factor), int((seen.y - whole.y) / factor)
    right = min(image.get_width(), int((seen.right - whole.x) / factor) + 2)
    bottom = min(image.get_height(), int((seen.bottom - whole.y) / factor) + 2)
    part = image.subsurface((left, top, max(1, right - left), max(1, bottom - top)))
    size = max(1, round(part.get_width() * factor)), max(1, round(part.get_height() * factor))
    stretched = pygame.transform.smoothscale(part, size)
    surface.blit(stretched, (whole.x + round(left * factor), whole.y + round(top * factor)))


def draw_selected(canvas: Canvas, pane: Pane, now: Board, agent: int, veiled: bool) -> None:
    """A ring around the selected agent, and a frame around what it sees, all else veiled where nothing covers it."""
    box = pane.episode.view_box(agent)
    if box is None:
        return
    surface, colour = canvas.surface, pane.episode.painter.agent_colours[agent]
    top, left, side = box
    corner, end = now.rect(top, left), now.rect(top + side - 1, left + side - 1)
    window = corner.union(end)
    shown = now.rect(0, 0).union(now.rect(now.rows - 1, now.columns - 1)).clip(surface.get_clip())
    if veiled and shown.width > 0 and shown.height > 0:
        veil = pygame.Surface(shown.size, pygame.SRCALPHA)
        veil.fill((255, 255, 255, 105))
        veil.fill((0, 0, 0, 0), window.clip(shown).move(-shown.x, -shown.y))
        surface.blit(veil, shown)
        pygame.draw.rect(surface, colour, window.clip(shown), max(2, canvas.px(2)))
    middle = now.rect(top + side // 2, left + side // 2)
    thick = max(2, round(now.cell * 0.07))
    pygame.draw.circle(surface, draw.PANEL, middle.center, round(now.cell * 0.53) + 1, thick + 2)
    pygame.draw.circle(surface, colour, middle.center, round(now.cell * 0.53), thick)
