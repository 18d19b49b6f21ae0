"""Edit mode: a palette of what a scenario can hold, a map to paint it on, and a list of what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import pygame
from PIL import Image

from sandbox.environment.captions import FAINT, text_image, text_width
from sandbox.environment.picture import agent_token, team_colour
from sandbox.environment.shapes import INK, Colour, mix, tile
from sandbox.scenario.checks import FLOOR, WALL
from sandbox.scenario.draft import Draft, Ink
from sandbox.scenario.drawing import Drawing
from sandbox.scenario.parts import Laid, codes_of
from sandbox.scenario.words import one_line
from sandbox.world import codes
from sandbox.world.mechanic import Mark, mechanics
from viewer import draw
from viewer.naming import Naming, free_path

GAP = 12
LINE_HEIGHT = 20
ENTRY_HEIGHT = 30
SIGN_WIDTH = 56  # of an entry's icon and letter
EDGE_SHARE = 0.2  # of a cell's side; so near to an edge a press means the edge
SMALLEST_CELL, LARGEST_CELL = 4, 256
WRONG: Colour = (186, 62, 10)
CHOSEN: Colour = (219, 236, 247)
BUTTONS = {"undo": "Undo", "redo": "Redo", "save": "Save", "save_as": "Save as"}
CONFLICT_BUTTONS = {
    "undo": "Undo", "redo": "Redo", "save_over": "Save over", "save_as": "Save as", "reload": "Reload",
}  # fmt: skip

Cell = tuple[int, int]
Place = tuple[int, int]
Fence = tuple[int, int, int]  # row, column, and 2 for its southern side or 4 for its eastern one


@dataclass(frozen=True)
class Layout:
    """Where the parts of the panel lie in an area of the window."""

    head: pygame.Rect
    buttons: dict[str, pygame.Rect]
    palette: dict[str, pygame.Rect]
    said: pygame.Rect
    problems: pygame.Rect


class EditMode:
    """Paints a draft: which letter is chosen, what presses and drags on cells do, and how it all looks.

    `letter` is the chosen one, `notice` one line on what happened last ("" for nothing), `scale` how large writing and
    buttons are, `naming` the name under which it is to be saved while that is asked for, `folder` where such files go.
    Nothing here raises for what a user does. Drawing depends on nothing but the draft, the choice, the scale and the
    arguments.
    """

    def __init__(self, draft: Draft, folder: Path = Path(".")) -> None:
        self.draft, self.folder = draft, folder
        self.naming: Naming | None = None
        self.letter = WALL
        self.notice = ""
        self.scale = 1.0
        self.scrolled = 0  # lines of the list of problems
        self._last: Cell | None = None  # the cell of the stroke that was painted last
        self._joined = False  # whether the stroke has a step of undo already
        self._fencing = False  # whether the stroke goes between cells
        self._tiles: dict[tuple[object, ...], pygame.Surface] = {}
        self._map: tuple[object, pygame.Surface] | None = None

    def px(self, length: float) -> int:
        """So many pixels of a window of the usual size, here."""
        return round(length * self.scale)

    # What the user does ----------------------------------------------------------------------------------

    def choose(self, letter: str) -> bool:
        """Choose what presses paint; False where the palette has no such letter."""
        if letter not in self.draft.inks:
            return False
        self.letter, self.notice = letter, ""
        return True

    def turn(self, by: int) -> None:
        """Choose the next (1) or the previous (-1) letter of the palette."""
        letters = list(self.draft.inks)
        here = letters.index(self.letter) if self.letter in letters else 0
        self.choose(letters[(here + by) % len(letters)])

    def pick(self, row: int, column: int) -> bool:
        """Choose the letter that is on a cell."""
        rows = self.draft.drawing.rows
        inside = 0 <= row < len(rows) and 0 <= column < len(rows[row])
        return inside and self.choose(rows[row][column])

    def press(self, row: int, column: int) -> None:
        """Begin a stroke: paint a cell. Whatever is dragged until the next press is one step of undo with it."""
        self._joined, self._last, self._fencing = False, (row, column), False
        self._paint([(row, column)])

    def press_at(self, place: Place, area: pygame.Rect) -> bool:
        """Press on the map drawn in `area`; False beside it.

        On a map with thin walls, wall and floor pressed near the edge of a cell are put between two cells.
        """
        cell, edge = self.cell_at(place, area), self.edge_at(place, area)
        if edge:
            self._joined, self._last, self._fencing = False, None, True
            self._put_fence(edge)
        elif cell:
            self.press(*cell)
        return cell is not None

    def drag_at(self, place: Place, area: pygame.Rect) -> None:
        """Go on with what was pressed on the map."""
        cell, edge = self.cell_at(place, area), self.edge_at(place, area)
        if self._fencing and edge:
            self._put_fence(edge)
        elif cell and not self._fencing:
            self.drag(*cell)

    def _put_fence(self, edge: Fence) -> None:
        before = self.draft.text
        self._try(lambda: self.draft.fence(*edge, self.letter == WALL, joined=self._joined))
        self._joined |= self.draft.text != before

    def drag(self, row: int, column: int) -> None:
        """Go on with a stroke: paint all cells on the way here; an agent is moved here instead."""
        if self._last is None or self._last == (row, column):
            return
        way = cells_between(self._last, (row, column))
        self._last = row, column
        ink = self.draft.inks.get(self.letter)
        if ink and ink.groups and ink.letter != FLOOR:
            taken = self._joined and self.draft.undo()
            self._joined = False
            self._paint([(row, column)])
            if taken and not self._joined:
                self._joined = self.draft.redo()
        else:
            self._paint(way)

    def release(self) -> None:
        """End a stroke."""
        self._last, self._fencing = None, False

    def _paint(self, cells: Sequence[Cell]) -> None:
        before = self.draft.text
        self._try(lambda: self.draft.paint_all(cells, self.letter, joined=self._joined))
        self._joined |= self.draft.text != before

    def undo(self) -> None:
        """Take the last stroke back."""
        self.release()
        self.notice = "" if self.draft.undo() else "nothing to undo"

    def redo(self) -> None:
        """Do again what was undone last."""
        self.release()
        self.notice = "" if self.draft.redo() else "nothing to do again"

    def save(self, path: str | PathLike[str] | None = None, *, over: bool = False) -> bool:
        """Save the draft, or say in `notice` why not; `over` also where somebody else changed the file."""
        return self._try(lambda: self.draft.save(path, over=over))

    def save_as(self) -> None:
        """Ask for a name to save the draft under."""
        self.release()
        name = self.draft.scenario.name if self.draft.scenario is not None else "scenario"
        path = free_path(self.folder, name.removesuffix("_edited") + "_edited", "yaml")
        self.naming = Naming(self.folder, path.name)

    def type_name(self, key: int, typed: str) -> None:
        """Answer a key while a name is asked for."""
        if key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self.answer_name("name:save")
        elif key == pygame.K_ESCAPE:
            self.answer_name("name:cancel")
        elif self.naming is not None:
            self.naming.press(key, typed)

    def answer_name(self, button: str) -> bool:
        """Save under the name that was typed, or do not; another file is only replaced when that is said again."""
        asked = self.naming
        if asked is None or button not in ("name:save", "name:cancel"):
            return False
        path = asked.path
        if button == "name:cancel":
            self.naming = None
        elif path is None:
            asked.said = "type a name first"
        elif asked.sure != path and path.is_file() and not self.draft.is_of(path):
            asked.sure, asked.said = path, f"{path.name} is there already; Enter once more replaces it"
        elif self.save(path, over=asked.sure == path):
            self.naming = None
        else:
            asked.said, self.notice = self.notice.removeprefix(f"{one_line(path)}: "), ""
        return True

    def reload(self) -> bool:
        """Take what is on disk; undo brings back what was here."""
        return self._try(self.draft.reload, "read again; undo brings back what was here")

    def poll(self, now: float) -> bool:
        """Look at the file now and then (seconds of any clock); True when there is something new to show."""
        changed = self.draft.reload_if_changed(now)
        if changed:
            self.release()
            self.notice = "" if self.draft.conflict else f"{self.draft.name} was read again"
        return changed

    def do(self, command: str) -> None:
        """Carry out what a button says: undo, redo, save, save_as, save_over or reload."""
        if command == "save_over":
            self.save(over=True)
        elif command == "save" and self.draft.path is None:
            self.save_as()
        else:
            getattr(self, command)()

    def click(self, place: Place, area: pygame.Rect) -> bool:
        """Answer a click on the panel drawn in `area`; False where nothing is that answers."""
        parts = self.layout(area)
        for command, button in parts.buttons.items():
            if button.collidepoint(place):
                self.do(command)
                return True
        return any(self.choose(letter) for letter, spot in parts.palette.items() if spot.collidepoint(place))

    def wheel(self, lines: int, area: pygame.Rect) -> None:
        """Scroll the list of problems by so many lines; positive is towards its end."""
        room = self.layout(area).problems
        hidden = len(self._told(room.width)) - room.height // self.px(LINE_HEIGHT)
        self.scrolled = max(0, min(self.scrolled + lines, hidden))

    def _try(self, act: Callable[[], str | None], otherwise: str = "") -> bool:
        """Do something; in `notice` stands what it says, or why it cannot be done."""
        try:
            self.notice = act() or otherwise
        except ValueError as error:
            self.notice = str(error)
            return False
        return True

    # The panel -------------------------------------------------------------------------------------------

    def layout(self, area: pygame.Rect) -> Layout:
        """Where everything lies in an area: head, buttons, palette, what was said last, problems."""
        inner = area.inflate(-2 * self.px(GAP), -2 * self.px(GAP))
        head = pygame.Rect(inner.x, inner.y, inner.width, self.px(2 * LINE_HEIGHT + 6))
        widths = {
            name: draw.button_width(text, self.px(draw.LETTERS)) for name, text in self._buttons().items()
        }
        buttons = in_rows(widths, inner, head.bottom + self.px(4), self.scale)
        top = max(button.bottom for button in buttons.values()) + self.px(GAP)
        palette = palette_places(
            self.draft.palette, pygame.Rect(inner.x, top, inner.width, inner.bottom - top), self.scale
        )
        top = max([top, *(place.bottom for place in palette.values())]) + self.px(GAP)
        lines = wrapped(self._said(), inner.width, self.px(draw.LETTERS))
        said = pygame.Rect(inner.x, top, inner.width, self.px(LINE_HEIGHT) * min(4, len(lines)))
        top = said.bottom + (self.px(GAP) if lines else 0)
        return Layout(
            head, buttons, palette, said, pygame.Rect(inner.x, top, inner.width, max(0, inner.bottom - top))
        )

    def _buttons(self) -> dict[str, str]:
        """The buttons with their texts; in a conflict one saves over the other's file or takes it."""
        return CONFLICT_BUTTONS if self.draft.conflict else BUTTONS

    def _said(self) -> str:
        """What happened last, without the folder of the file."""
        return (self.draft.conflict or self.notice).removeprefix(self._folder())

    def _folder(self) -> str:
        return self.draft.name.removesuffix(self.draft.path.name) if self.draft.path else ""

    def draw(self, surface: pygame.Surface, area: pygame.Rect, pointed: Place = (-1, -1)) -> None:
        """Paint the panel into an area; `pointed` is where the mouse is."""
        kept = surface.get_clip()
        surface.set_clip(area.clip(kept))
        pygame.draw.rect(surface, draw.PANEL, area)
        parts, draft = self.layout(area), self.draft
        name = draft.path.name if draft.path else draft.scenario.name if draft.scenario else "a new scenario"
        draw.write(surface, name, parts.head.x, parts.head.y, parts.head.width, self.px(19))
        state = "no file yet" if draft.path is None else "edits not saved" if draft.unsaved else "saved"
        draw.write(
            surface,
            f"editing · {state}",
            parts.head.x,
            parts.head.y + self.px(26),
            parts.head.width,
            self.px(draw.LETTERS),
            FAINT,
        )
        for command, place in parts.buttons.items():
            strong = command == "save" and draft.unsaved
            draw.button(
                surface,
                place,
                self._buttons()[command],
                place.collidepoint(pointed),
                strong,
                self.px(draw.LETTERS),
            )
        for letter, place in parts.palette.items():
            self._draw_entry(surface, draft.inks[letter], place, place.collidepoint(pointed))
        colour = WRONG if draft.conflict else INK
        letters = self.px(draw.LETTERS)
        draw_lines(surface, parts.said, wrapped(self._said(), parts.said.width, letters), colour, self.scale)
        self._draw_problems(surface, parts.problems)
        surface.set_clip(kept)

    def _draw_entry(self, surface: pygame.Surface, ink: Ink, place: pygame.Rect, is_pointed: bool) -> None:
        chosen = ink.letter == self.letter
        if chosen or is_pointed:
            pygame.draw.rect(surface, CHOSEN if chosen else draw.BUTTON, place, border_radius=self.px(6))
        if chosen:
            pygame.draw.rect(surface, draw.ACCENT, place, max(2, self.px(2)), border_radius=self.px(6))
        side, letters = place.height - self.px(8), self.px(draw.LETTERS)
        icon = pygame.Rect(place.x + self.px(4), place.y + self.px(4), side, side)
        surface.blit(self._tile(FLOOR, side), icon)
        if ink.letter != FLOOR:
            surface.blit(self._tile(ink.letter, side), icon)
        pygame.draw.rect(surface, draw.LINE, icon, 1)
        top = place.y + (place.height - self.px(19)) // 2
        draw.write(surface, ink.letter, icon.right + self.px(4), top, self.px(18), letters, side="middle")
        sign = self.px(SIGN_WIDTH)
        room = place.width - sign
        colour = INK if chosen else FAINT
        draw.write(surface, ink.name, place.x + sign - self.px(4), top, room, letters, colour)

    def _told(self, width: int) -> list[tuple[str, Colour]]:
        """The list of problems, or of doubts, as lines of this width with their colours."""
        problems, doubts = self.draft.problems, self.draft.warnings
        if not problems and not doubts:
            return [("no problems", FAINT)]
        count = len(problems) or len(doubts)
        what = "problem" if problems else "doubt"
        lines: list[tuple[str, Colour]] = [(f"{count} {what}{'s' if count > 1 else ''}", INK)]
        for problem in problems or doubts:
            where, _, message = problem.removeprefix(self._folder()).partition(": ")
            lines.append((where, WRONG if problems else draw.ACCENT))
            lines += [
                (line, INK)
                for line in wrapped(message.removeprefix("warning: "), width, self.px(draw.LETTERS))
            ]
        if problems and self.draft.scenario is not None:
            goes_on = "the last version without problems goes on"
            lines += [(line, FAINT) for line in wrapped(goes_on, width, self.px(draw.LETTERS))]
        return lines

    def _draw_problems(self, surface: pygame.Surface, area: pygame.Rect) -> None:
        lines = self._told(area.width)
        height, letters = self.px(LINE_HEIGHT), self.px(draw.LETTERS)
        room = area.height // height
        first = max(0, min(self.scrolled, len(lines) - room))
        pygame.draw.line(surface, draw.LINE, (area.x, area.y - self.px(7)), (area.right, area.y - self.px(7)))
        shown = lines[first : first + room]
        if len(lines) > first + room and shown:
            shown[-1] = (f"… {len(lines) - first - room + 1} more lines", FAINT)
        for number, (line, colour) in enumerate(shown):
            draw.write(surface, line, area.x, area.y + height * number, area.width, letters, colour)

    # The map ---------------------------------------------------------------------------------------------

    def cell_at(self, place: Place, area: pygame.Rect) -> Cell | None:
        """The cell under a place of the window, where the map is drawn in `area`; None beside the map."""
        spot, side = map_place(self.draft.drawing, area)
        row, column = (place[1] - spot.y) // side, (place[0] - spot.x) // side
        rows = self.draft.drawing.rows
        return (row, column) if 0 <= row < len(rows) and 0 <= column < len(rows[row]) else None

    def edge_at(self, place: Place, area: pygame.Rect) -> Fence | None:
        """Where a thin wall would be put up or taken away at a place of the window; None where none would."""
        drawing = self.draft.drawing
        cell = self.cell_at(place, area)
        if not drawing.thin or cell is None or self.letter not in (WALL, FLOOR):
            return None
        spot, side = map_place(drawing, area)
        row, column = cell
        down, across = place[1] - spot.y - row * side, place[0] - spot.x - column * side
        sides = {(row - 1, column, 2): down, (row, column, 2): side - 1 - down}
        sides |= {(row, column - 1, 4): across, (row, column, 4): side - 1 - across}
        edge = min(sides, key=lambda one: sides[one])
        has_neighbour = min(edge[:2]) >= 0 and edge[0] + (edge[2] == 2) < len(drawing.rows)
        has_neighbour = has_neighbour and edge[1] + (edge[2] == 4) < len(drawing.rows[0])
        return edge if sides[edge] < max(2, side * EDGE_SHARE) and has_neighbour else None

    def draw_map(self, surface: pygame.Surface, area: pygame.Rect, pointed: Place = (-1, -1)) -> None:
        """Paint the map as it stands in the text, also while it has problems, with a frame around their cells.

        `pointed` is where the mouse is; there stands what a press would paint.
        """
        spot, side = map_place(self.draft.drawing, area)
        kept = surface.get_clip()
        surface.set_clip(area.clip(kept))
        key = self.draft.text, side, tuple(self.draft.palette)
        if self._map is None or self._map[0] != key:
            self._map = key, self._painted_map(side)
        surface.blit(self._map[1], (spot.x - side, spot.y - side))
        self._draw_pointed(surface, area, pointed)
        for row, column in self.draft.problem_cells:
            frame = pygame.Rect(spot.x + column * side, spot.y + row * side, side, side)
            pygame.draw.rect(surface, WRONG, frame.inflate(2, 2), max(2, side // 10))
        surface.set_clip(kept)

    def _draw_pointed(self, surface: pygame.Surface, area: pygame.Rect, pointed: Place) -> None:
        cell, edge = self.cell_at(pointed, area), self.edge_at(pointed, area)
        spot, side = map_place(self.draft.drawing, area)
        if edge:
            pygame.draw.rect(surface, draw.ACCENT, fence_place(edge, spot.topleft, side))
        elif cell and self.letter in self.draft.inks:
            corner = spot.x + cell[1] * side, spot.y + cell[0] * side
            ghost = self._tile(self.letter, side).copy()
            ghost.set_alpha(150)
            surface.blit(ghost, corner)
            pygame.draw.rect(surface, draw.ACCENT, (*corner, side, side), max(1, side // 14))

    def _painted_map(self, side: int) -> pygame.Surface:
        """The map with a margin of one cell around it."""
        drawing = self.draft.drawing
        rows = drawing.rows
        wide, high = max(map(len, rows), default=1) * side, max(1, len(rows)) * side
        surface = pygame.Surface((wide + 2 * side, high + 2 * side), pygame.SRCALPHA)
        floor, tiles = self._tile(FLOOR, side), {}
        for row, line in enumerate(rows):
            for column, letter in enumerate(line):
                corner = (column + 1) * side, (row + 1) * side
                surface.blit(floor, corner)
                if letter != FLOOR:
                    look = letter, letter != WALL and stands_upright(rows, row, column)
                    if look not in tiles:
                        tiles[look] = self._tile(letter, side, look[1])
                    surface.blit(tiles[look], corner)
        thick, colour = max(2, side // 8), mark_of("wall").colour
        for fence in drawing.fences:
            place = fence_place(fence, (side, side), side)
            pygame.draw.rect(surface, colour, place, border_radius=thick // 2)
        if drawing.thin:
            pygame.draw.rect(
                surface, colour, pygame.Rect(side, side, wide, high).inflate(thick, thick), thick, thick // 2
            )
        else:
            pygame.draw.rect(surface, FAINT, (side, side, wide, high), 1)
        return surface

    def _tile(self, letter: str, side: int, upright: bool = False) -> pygame.Surface:
        """What a letter looks like on a cell, see-through where nothing is; letters without meaning as such."""
        ink, groups = self.draft.inks.get(letter), self.draft.groups
        teams = list(dict.fromkeys(group.team or name for name, group in groups.items()))
        colours = {name: team_colour(teams.index(group.team or name)) for name, group in groups.items()}
        colours |= {team: team_colour(number) for number, team in enumerate(teams)}
        key = (letter, ink and ink.name, side, upright, *colours.items())
        if key not in self._tiles:
            if len(self._tiles) > 500:
                self._tiles.clear()
            image = ink_picture(ink, side, colours, upright) if ink else letter_picture(letter, side)
            self._tiles[key] = pygame.image.frombuffer(image.tobytes(), image.size, "RGBA")
        return self._tiles[key]


# Layout ---------------------------------------------------------------------------------------------------


def palette_places(
    palette: Sequence[tuple[str, str]], area: pygame.Rect, scale: float = 1.0
) -> dict[str, pygame.Rect]:
    """Where the palette's entries (letter, name) lie in an area: two in a row where both names are short."""
    places: dict[str, pygame.Rect] = {}
    half, top, right = area.width // 2, area.y, False
    sign, entry, letters = (round(length * scale) for length in (SIGN_WIDTH, ENTRY_HEIGHT, draw.LETTERS))
    for letter, name in palette:
        short = sign + text_width(name, letters) <= half
        if right and not short:
            top, right = top + entry, False
        places[letter] = pygame.Rect(area.x + half * right, top, half - 4 if short else area.width, entry - 2)
        right = short and not right
        top += 0 if right else entry
    return places


def in_rows(
    widths: dict[str, int], area: pygame.Rect, top: int, scale: float = 1.0
) -> dict[str, pygame.Rect]:
    """Buttons of these widths from left to right, in as many rows as they need."""
    places, x = {}, area.x
    for name, width in widths.items():
        if x + width > area.right and x > area.x:
            x, top = area.x, top + round(38 * scale)
        places[name] = pygame.Rect(x, top, width, round(32 * scale))
        x += width + round(6 * scale)
    return places


def map_place(drawing: Drawing, area: pygame.Rect) -> tuple[pygame.Rect, int]:
    """Where the map lies in the middle of an area, and the side of its cells in pixels."""
    rows, columns = max(1, len(drawing.rows)), max(1, *map(len, (*drawing.rows, "")))
    side = max(SMALLEST_CELL, min(LARGEST_CELL, area.width // columns, area.height // rows))
    spot = pygame.Rect(0, 0, columns * side, rows * side)
    spot.center = area.center
    return spot, side


def fence_place(fence: Fence, origin: Place, side: int) -> pygame.Rect:
    """Where a thin wall lies on a map whose cells begin at `origin`."""
    row, column, direction = fence
    x, y, thick = origin[0] + column * side, origin[1] + row * side, max(2, side // 8)
    line = (x, y + side, side, 0) if direction == 2 else (x + side, y, 0, side)
    return pygame.Rect(line).inflate(thick, thick)


def wrapped(text: str, width: int, letters: int = draw.LETTERS) -> list[str]:
    """A text as lines that fit into a width, broken at spaces, and within words that are too long."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", letters) <= width:
            lines[-1] += f" {word}"
            continue
        while len(word) > 1 and text_width(word, letters) > width:
            fits = max(n for n in range(1, len(word)) if n == 1 or text_width(word[:n], letters) <= width)
            lines.append(word[:fits])
            word = word[fits:]
        lines.append(word)
    return lines


def draw_lines(
    surface: pygame.Surface, area: pygame.Rect, lines: Sequence[str], colour: Colour, scale: float = 1.0
) -> None:
    """As many lines of text as an area has room for."""
    height, letters = round(LINE_HEIGHT * scale), round(draw.LETTERS * scale)
    for number, line in enumerate(lines[: area.height // height]):
        draw.write(surface, line, area.x, area.y + height * number, area.width, letters, colour)


# Pictures -------------------------------------------------------------------------------------------------


def mark_of(thing: str, laid: Laid | None = None) -> Mark:
    """How a thing looks at the start, as its rule's marks tell."""
    found = codes_of(thing)
    params = laid.params if laid else None
    shut = [place for place in found if place[1] >= codes.SOLID]
    free = [place for place in found if place not in shut]
    if free and (getattr(params, "open", True) or not shut):
        place = free[0]
    else:
        place = shut[-1 if getattr(params, "by", "") == "key" else 0]
    return next(rule.marks[place] for rule in mechanics().values() if place in rule.marks)


def ink_picture(ink: Ink, side: int, colours: dict[str, Colour], upright: bool = False) -> Image.Image:
    """What a letter puts into a cell: things below, agents on top in their teams' colours."""
    if ink.letter == FLOOR:
        floor = next(
            rule.marks[codes.GROUND, codes.FLOOR]
            for rule in mechanics().values()
            if (codes.GROUND, codes.FLOOR) in rule.marks
        )
        image = Image.new("RGBA", (side, side), (*mix(floor.colour, INK, 0.08), 255))
        image.paste((*floor.colour, 255), (0, 0, side - 1, side - 1))
        return image
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    for laid in ink.laid:
        mark = mark_of(laid.thing, laid)
        tint = colours.get(getattr(laid.params, "of", ""))
        turned = upright and (mark.shape == "bar" or mark.shape.startswith("gate"))
        image.alpha_composite(tile(Mark(mark.shape, tint or mark.colour, mark.size), side, turned))
    for number, name in enumerate(ink.groups):
        token = agent_token(ink.letter if len(ink.groups) == 1 else name[:1].upper(), colours[name], side)
        aside = (2 * number - len(ink.groups) + 1) * side // 6
        image.alpha_composite(token, (max(0, aside), 0), (max(0, -aside), 0))
    return image


def letter_picture(letter: str, side: int) -> Image.Image:
    """A letter that means nothing, on a ground that says so."""
    image = Image.new("RGBA", (side, side), (*mix((255, 255, 255), WRONG, 0.2), 255))
    writing = text_image(letter, round(side * 0.6), WRONG, tight=True)
    if writing.width <= side and writing.height <= side:
        image.alpha_composite(writing, ((side - writing.width) // 2, (side - writing.height) // 2))
    return image


def stands_upright(rows: Sequence[str], row: int, column: int) -> bool:
    """Whether a wall runs through a cell from north to south rather than from west to east."""

    def wall(r: int, c: int) -> bool:
        return not (0 <= r < len(rows) and 0 <= c < len(rows[r])) or rows[r][c] == WALL

    upright = wall(row - 1, column) + wall(row + 1, column)
    return upright > wall(row, column - 1) + wall(row, column + 1)


def cells_between(start: Cell, end: Cell) -> list[Cell]:
    """The cells of a straight line, both ends among them."""
    down, across = end[0] - start[0], end[1] - start[1]
    steps = max(abs(down), abs(across), 1)
    return [
        (start[0] + round(down * n / steps), start[1] + round(across * n / steps)) for n in range(steps + 1)
    ]
