"""Draws the whole window: a pure function of the episodes, of the view settings and of what was worked out aside."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pygame

from sandbox.environment.captions import FAINT
from sandbox.environment.shapes import INK
from viewer import draw
from viewer.authoring import EditMode
from viewer.board import Board
from viewer.cards import draw_film_dialog, draw_help, draw_mapping
from viewer.exports import Film
from viewer.hands import Grip, mapping
from viewer.inspector import draw_inspector
from viewer.layout import Layout, layout
from viewer.legends import draw_legend, legend_height
from viewer.lines import Told, badge
from viewer.naming import draw_naming
from viewer.overlay import Layer, overlays
from viewer.panes import Pane, draw_panes, pane_places, writing
from viewer.parameters import draw_parameters
from viewer.player import Player, speed_text
from viewer.probe_tab import draw_probe
from viewer.settings import LONGEST_HORIZON, TABS, Settings
from viewer.timeline_bar import draw_timeline
from viewer.widgets import Canvas, button, button_width, slider, tabs, tooltip


@dataclass
class Scene:
    """All that is drawn, but for where the mouse is.

    layers   of each pane (layer, whether it is stale). told: what was worked out for the tab that is open.
    edit     the edit mode, where the scenario's file is known; it is drawn while its tab is open.
    film     the dialog for films, while it is open. grip: what is dragged. problem: what is wrong with the file.
    written  the hash of the scenario that is played.
    """

    player: Player
    panes: Sequence[Pane]
    settings: Settings
    layers: Sequence[tuple[Layer | None, bool]] = ()
    told: Told = field(default_factory=Told)
    edit: EditMode | None = None
    film: Film | None = None
    grip: Grip | None = None
    problem: str = ""
    written: str = ""

    @property
    def editing(self) -> bool:
        """Whether the map is being painted."""
        return self.edit is not None and self.settings.tab == "edit"

    @property
    def pane(self) -> Pane:
        """The pane of which the side panel speaks."""
        return self.panes[min(self.settings.pane, len(self.panes) - 1)]


def draw_window(canvas: Canvas, scene: Scene) -> list[Board]:
    """Everything; gives back where the maps lie, and leaves on the canvas what answers."""
    parts = layout(canvas.surface.get_size(), canvas.scale)
    canvas.surface.fill(draw.PAPER)
    boards = draw_pictures(canvas, scene, parts)
    draw_strip(canvas, scene, parts.strip)
    draw_side(canvas, scene, parts)
    draw_timeline(canvas, parts.timeline, scene.player, scene.pane.episode)
    draw_buttons(canvas, scene, parts.buttons)
    draw_status(canvas, scene, parts.status)
    if scene.film is not None:
        draw_film_dialog(canvas, scene.film, scene.player.first, scene.player.length)
    if scene.edit is not None and scene.edit.naming is not None:
        draw_naming(canvas, scene.edit.naming)
    if scene.settings.help:
        draw_help(canvas)
    spot = canvas.found(canvas.pointed)
    if spot is not None and spot.hint:
        tooltip(canvas, spot.hint)
    return boards


def draw_pictures(canvas: Canvas, scene: Scene, parts: Layout) -> list[Board]:
    """The panes, or the map that is being painted."""
    area, settings = parts.pictures, scene.settings
    if scene.edit is not None and scene.editing:
        scene.edit.draw_map(canvas.surface, area, canvas.pointed)
        return []
    world = scene.pane.episode.world
    words = writing(canvas, scene.panes, area.width)
    around = words.head + words.foot
    places = pane_places(area, len(scene.panes), canvas.px(10), (world.rows, world.columns), around)
    boards = draw_panes(canvas, places, scene.panes, settings, scene.layers, words)
    if scene.grip is not None:
        draw_grip(canvas, scene, boards)
    draw_mapping(canvas, area, scene.pane.episode)
    if scene.problem:
        size = canvas.px(13)
        sheet = pygame.Rect(area.x, area.y, area.width, canvas.px(28))
        pygame.draw.rect(canvas.surface, (255, 240, 232), sheet, border_radius=canvas.px(5))
        pygame.draw.rect(canvas.surface, draw.WARNING, sheet, 1, border_radius=canvas.px(5))
        canvas.spot(sheet, "problem", None, scene.problem)
        draw.write_in(canvas.surface, scene.problem, sheet.inflate(-canvas.px(16), 0), size, draw.WARNING)
    return boards


def draw_grip(canvas: Canvas, scene: Scene, boards: Sequence[Board]) -> None:
    """A frame around the cell on which what is dragged would be put, in all panes."""
    cell = next((found for board in boards if (found := board.at(canvas.pointed))), None)
    if cell is None or scene.grip is None:
        return
    for board, pane in zip(boards, scene.panes, strict=True):
        place = board.rect(*cell)
        before = canvas.surface.get_clip()
        canvas.surface.set_clip(board.place)
        pygame.draw.rect(canvas.surface, draw.ACCENT, place.inflate(2, 2), max(2, canvas.px(3)))
        if scene.grip.agent is not None and place.width >= 12:
            size = round(place.width * 0.7)
            left, top = place.centerx - size // 2, place.centery - size // 2
            badge(canvas, pane.episode, scene.grip.agent, left, top, size)
        canvas.surface.set_clip(before)


def draw_strip(canvas: Canvas, scene: Scene, place: pygame.Rect) -> None:
    """The title, the overlays by their keys, and the horizon."""
    settings, height = scene.settings, canvas.px(28)
    chip, gap, track = canvas.px(25), canvas.px(3), canvas.px(96)
    kinds = list(overlays().values())
    tail = len(kinds) * (chip + gap) + track + canvas.px(60)
    title = max(0, place.width - tail - canvas.px(8))
    draw.write_in(
        canvas.surface, scene.pane.episode.title, pygame.Rect(place.x, place.y, title, height), canvas.px(16)
    )
    left = place.right - tail
    for overlay in kinds:
        spot = pygame.Rect(left, place.y + canvas.px(1), chip, height - canvas.px(2))
        unit = f" in {overlay.unit}" if overlay.unit else ""
        on = settings.overlay == overlay.name and not scene.editing
        button(
            canvas,
            spot,
            "overlay",
            overlay.key,
            f"{overlay.title}{unit} ({overlay.key})",
            on=on,
            value=overlay.name,
        )
        left += chip + gap
    left += canvas.px(10)
    canvas.write(f"n = {settings.horizon}", left, place.y + canvas.px(5), canvas.px(44), 14, FAINT)
    spot = pygame.Rect(left + canvas.px(44), place.y, place.right - left - canvas.px(44), height)
    slider(canvas, spot, "horizon", settings.horizon, 1, LONGEST_HORIZON, True,
           hint="horizon: how many steps overlays and tables look ahead (< and >)")  # fmt: skip


def draw_side(canvas: Canvas, scene: Scene, parts: Layout) -> None:
    """The side panel: tabs, what the open one shows, and below it the legend of the overlay."""
    surface, settings = canvas.surface, scene.settings
    whole = parts.tabs.union(parts.panel)
    pygame.draw.rect(surface, draw.PANEL, whole)
    pygame.draw.line(surface, draw.LINE, whole.topleft, whole.bottomleft)
    pygame.draw.line(surface, draw.LINE, whole.bottomleft, whole.bottomright)
    tabs(canvas, parts.tabs, TABS, settings.tab)
    panel = parts.panel
    if scene.edit is not None and scene.editing:
        canvas.spot(panel, "edit panel")
        scene.edit.draw(surface, panel, canvas.pointed)
        return
    legend = next((layer for layer, _ in scene.layers if layer is not None), None)
    if legend is not None and panel.width >= canvas.px(140):
        panel = draw_key(canvas, scene, panel, legend)
    canvas.spot(panel, "panel")
    if settings.tab == "edit":
        canvas.write("This scenario cannot be edited here.", panel.x + canvas.px(16), panel.y + canvas.px(16),
                     panel.width - canvas.px(32), 14, FAINT)  # fmt: skip
        return
    scroll = settings.scroll.get(settings.tab, 0)
    inner = panel.inflate(-canvas.px(36), 0).move(-canvas.px(2), 0)
    top = panel.y + canvas.px(14) - scroll
    surface.set_clip(panel)
    pane = scene.pane
    if settings.tab == "agent":
        end = draw_inspector(canvas, inner, pane, settings, scene.told, top)
    elif settings.tab == "parameters":
        end = draw_parameters(canvas, inner, pane, settings, top)
    else:
        end = draw_probe(canvas, inner, pane, settings, scene.told, top)
    surface.set_clip(None)
    hidden = max(0, end + scroll + canvas.px(10) - panel.bottom)
    settings.overflow[settings.tab] = hidden
    settings.scroll[settings.tab] = min(scroll, hidden)
    if hidden:
        draw_scroll(canvas, panel, settings.scroll[settings.tab], hidden)


def draw_scroll(canvas: Canvas, panel: pygame.Rect, scroll: int, hidden: int) -> None:
    """How far a long tab is scrolled."""
    share = panel.height / (panel.height + hidden)
    height = max(canvas.px(24), round(panel.height * share))
    top = panel.y + round((panel.height - height) * scroll / hidden)
    place = pygame.Rect(panel.right - canvas.px(7), top, canvas.px(4), height)
    pygame.draw.rect(canvas.surface, (196, 199, 206), place, border_radius=canvas.px(2))


def draw_key(canvas: Canvas, scene: Scene, panel: pygame.Rect, layer: Layer) -> pygame.Rect:
    """The legend at the foot of the panel; gives back what is left above it."""
    width, letters = panel.width - canvas.px(20), canvas.px(13)
    height = min(legend_height(layer, width, letters), panel.height * 2 // 3)
    place = pygame.Rect(panel.x + canvas.px(10), panel.bottom - height - canvas.px(8), width, height)
    canvas.surface.set_clip(place)
    draw_legend(canvas.surface, layer, place, scene.pane.episode.painter, letters)
    canvas.surface.set_clip(None)
    return pygame.Rect(panel.x, panel.y, panel.width, max(1, place.y - canvas.px(6) - panel.y))


def draw_buttons(canvas: Canvas, scene: Scene, place: pygame.Rect) -> None:
    """Playing, speed, and what is used often; what finds no room is left to its key."""
    player, x = scene.player, place.x
    again = player.over and not player.playing
    signs = (
        ("first", "first", "to the first step (Home)"), ("back", "back", "one step back (Comma)"),
        ("play", "pause" if player.playing else "play", "play again (Space)" if again else "play or pause (Space)"),
        ("step", "step", "one step forward (Period)"), ("last", "last", "to the last step (End)"),
    )  # fmt: skip
    for name, sign, hint in signs:
        wide = canvas.px(56 if name == "play" else 36)
        button(
            canvas,
            pygame.Rect(x, place.y, wide, place.height),
            name,
            sign=sign,
            hint=hint,
            strong=name == "play",
        )
        x += wide + canvas.px(5)
    x += canvas.px(8)
    for name, text, wide, hint in (
        ("slower", "-", 30, "half the speed (-)"), ("", speed_text(player.speed), 42, ""),
        ("faster", "+", 30, "twice the speed (+)"),
    ):  # fmt: skip
        spot = pygame.Rect(x, place.y, canvas.px(wide), place.height)
        if name:
            button(canvas, spot, name, text, hint)
        else:
            draw.write_in(canvas.surface, text, spot, canvas.letters, INK, "middle")
        x = spot.right + canvas.px(3)
    x += canvas.px(10)
    taken = scene.pane.episode.taken_over is not None
    texts = (
        ("reset", "Restart", "again with the same seed (R)", False),
        ("new_seed", "New seed", "again with the next seed (Shift+R)", False),
        (
            "bookmark",
            "Bookmark",
            "set or take away a bookmark (B)",
            player.index in scene.pane.episode.bookmarks,
        ),
        ("hand", "Let go" if taken else "Take over", "play the selected agent by keyboard (M)", taken),
        ("film", "Film", "save a range of steps as MP4 or GIF (V)", False),
        ("help", "Help", "all keys (? or F1)", False),
    )
    for name, text, hint, on in texts:
        wide = button_width(canvas, text)
        if x + wide > place.right:
            break
        button(canvas, pygame.Rect(x, place.y, wide, place.height), name, text, hint, on=on)
        x += wide + canvas.px(5)


def draw_status(canvas: Canvas, scene: Scene, place: pygame.Rect) -> None:
    """What is happening, in plain words; at the right where the present is."""
    player = scene.player
    where = f"step {player.index} of {player.length} · seed {player.seed}"
    wide = draw.wide(where, canvas.px(13)) + canvas.px(8)
    line = pygame.Rect(place.x, place.y, max(1, place.width - wide - canvas.px(12)), place.height)
    draw.write_in(canvas.surface, scene.settings.notice or status(scene), line, canvas.px(13), INK)
    right = pygame.Rect(place.right - wide, place.y, wide, place.height)
    draw.write_in(canvas.surface, where, right, canvas.px(13), FAINT, "right")


def status(scene: Scene) -> str:
    """What is happening, in plain words."""
    player, episode = scene.player, scene.pane.episode
    if scene.editing:
        return "Editing: press and drag to paint, right click takes a letter from the map; E plays what was painted."
    if scene.grip is not None:
        name = (
            scene.grip.thing.replace("_", " ")
            if scene.grip.agent is None
            else episode.agent_names[scene.grip.agent]
        )
        return f"Let go of {name} on another cell."
    if episode.taken_over is not None:
        name, keys = episode.agent_names[episode.taken_over], mapping(episode.world)
        more = f", {keys[-1][0]} is {keys[-1][1]}" if keys[-1][1] != "stay" else ""
        return f"You play {name}: WASD or arrows steer{more}. Tab changes the role, M lets go."
    if player.playing:
        return f"Playing at {speed_text(player.speed)}; Space pauses."
    if player.over:
        return "The episode is over; Space plays it again, R and Shift+R start anew."
    if player.index < player.length:
        return "Paused in what was played already; a change made here begins a new branch."
    return "Paused; Space plays, drag agents and boxes to change the world, ? shows all keys."
