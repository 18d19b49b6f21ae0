"""Paints a state of the world as an array of pixels, and puts text and several such pictures together, without a screen."""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from sandbox.environment.shapes import FINE, Colour, ink_on, mix, tile
from sandbox.world import codes
from sandbox.world.mechanic import Mark, mechanics

PAPER: Colour = (255, 255, 255)
INK: Colour = (38, 42, 51)
FAINT: Colour = (112, 118, 130)

# Okabe and Ito (2008): eight colours that people with any kind of colour vision can tell apart.
TEAM_COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (148, 103, 60),
    (70, 70, 70),
)

UNKNOWN = Mark("round", (176, 180, 188), 0.5)
CARRIED = Mark("key", (166, 118, 0), 0.78)


def team_colour(team: int) -> Colour:
    """The colour of the team with this number (teams are numbered in order of first appearance)."""
    return TEAM_COLOURS[team % len(TEAM_COLOURS)]


def fitting_cell_size(rows: int, columns: int, height: int = 560, width: int = 720) -> int:
    """The largest even number of pixels a cell, 8 to 48, with which the map fits into height x width pixels."""
    return max(8, min(48, height // rows, width // columns) // 2 * 2)


class Painter:
    """Paints states of one world; `cell_size` is the side of a cell in pixels, even, chosen to fit when left out."""

    def __init__(self, world: Any, cell_size: int | None = None):
        self.rows, self.columns = int(world.rows), int(world.columns)
        self._pad, self._stride = int(world.pad), int(world.stride)
        self._fences = world.blueprint.fences
        teams = list(dict.fromkeys(world.teams))
        self.agent_colours: list[Colour] = [team_colour(teams.index(team)) for team in world.teams]
        self.agent_labels = _labels(world)
        self._tints = _tints(world, teams)
        self._marks = {place: mark for rule in mechanics().values() for place, mark in rule.marks.items()}
        self._floor = self._marks[codes.GROUND, codes.FLOOR].colour
        self.resize(cell_size or fitting_cell_size(self.rows, self.columns))

    def resize(self, cell_size: int) -> None:
        """Paint with cells of this many pixels from now on; ValueError unless even and at least 4."""
        if cell_size < 4 or cell_size % 2:
            raise ValueError(f"cell_size is {cell_size}; it must be an even number of pixels, 4 or more")
        self.cell_size = int(cell_size)
        self._ground_codes: np.ndarray | None = None
        self._ground = Image.new("RGB", (1, 1))
        self._tokens: dict[tuple[int, bool], Image.Image] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures, in pixels."""
        return self.rows * self.cell_size, self.columns * self.cell_size

    def paint(self, state: Any) -> np.ndarray:
        """One state (a record, or an array of one record) as uint8 [height, width, 3]."""
        record = state if np.ndim(state) == 0 else state[0]
        grid = np.asarray(record["cells"]).reshape(-1, self._stride, codes.PLANE_COUNT)
        inside = grid[self._pad : self._pad + self.rows, self._pad : self._pad + self.columns]
        ground = inside[:, :, codes.GROUND]
        if self._ground_codes is None or not np.array_equal(ground, self._ground_codes):
            self._ground_codes = ground.copy()
            self._ground = self._painted_ground(self._ground_codes)
        image = self._ground.copy()
        things = inside[:, :, codes.THING]
        for row, column in np.argwhere(things):
            self._put(image, self._mark_tile(codes.THING, int(things[row, column])), row, column)
        for agent, (cell, alive) in enumerate(zip(record["cell"].tolist(), record["alive"].tolist(), strict=True)):
            if alive and cell:
                row, column = cell // self._stride - self._pad, cell % self._stride - self._pad
                carrying = bool(inside[row, column, codes.AGENT] & codes.CARRYING)
                self._put(image, self._token(agent, carrying), row, column)
        return np.array(image)

    def _put(self, image: Image.Image, piece: Image.Image, row: int, column: int) -> None:
        image.paste(piece, (int(column) * self.cell_size, int(row) * self.cell_size), piece)

    def _mark_tile(self, plane: int, code: int, tint: Colour | None = None, upright: bool = False) -> Image.Image:
        mark = self._marks.get((plane, code), UNKNOWN)
        if tint:
            mark = Mark(mark.shape, tint, mark.size)
        return tile(mark, self.cell_size, upright)

    def _painted_ground(self, ground: np.ndarray) -> Image.Image:
        walls = ground == codes.WALL
        image = self._painted_floor(walls, self._gates(ground))
        for row, column in np.argwhere((ground != codes.FLOOR) & ~walls):
            tint = self._tints.get((int(row), int(column)))
            if tint:
                piece = Image.new("RGB", (self.cell_size - 1, self.cell_size - 1), mix(self._floor, tint, 0.2))
                image.paste(piece, (int(column) * self.cell_size, int(row) * self.cell_size))
            upright = _between_walls(walls, row, column)
            self._put(image, self._mark_tile(codes.GROUND, int(ground[row, column]), tint, upright), row, column)
        return image

    def _painted_floor(self, walls: np.ndarray, gates: np.ndarray) -> Image.Image:
        """Floor, grid, walls with round corners and a soft shadow, and fences."""
        height, width = self.size
        cell = self.cell_size
        image = Image.new("RGB", (width, height), self._floor)
        draw = ImageDraw.Draw(image)
        grid = mix(self._floor, INK, 0.08)
        for x in range(cell, width, cell):
            draw.line((x - 1, 0, x - 1, height), grid)
        for y in range(cell, height, cell):
            draw.line((0, y - 1, width, y - 1), grid)
        shape = self._wall_shape(walls, walls | gates)
        shadow = Image.new("L", shape.size, 0)
        shadow.paste(shape, (0, max(1, cell // 12)))
        shadow = shadow.filter(ImageFilter.GaussianBlur(cell / 12)).point(lambda value: int(value * 0.32))
        image.paste((40, 44, 60), (0, 0), shadow)
        image.paste(self._marks[codes.GROUND, codes.WALL].colour, (0, 0), shape)
        return image

    def _gates(self, ground: np.ndarray) -> np.ndarray:
        """Where the ground is drawn from wall to wall, so that walls keep their corners beside it."""
        shapes = ((code, self._marks.get((codes.GROUND, int(code)), UNKNOWN).shape) for code in np.unique(ground))
        return np.isin(ground, [code for code, shape in shapes if shape.startswith("gate")])

    def _wall_shape(self, walls: np.ndarray, joined: np.ndarray) -> Image.Image:
        height, width = self.size
        big = self.cell_size * FINE
        mask = Image.new("L", (width * FINE, height * FINE), 0)
        draw = ImageDraw.Draw(mask)
        padded = np.pad(joined, 1, constant_values=True)
        for row, column in np.argwhere(walls).tolist():
            north, south = padded[row, column + 1], padded[row + 2, column + 1]
            west, east = padded[row + 1, column], padded[row + 1, column + 2]
            corners = (not (north or west), not (north or east), not (south or east), not (south or west))
            place = (column * big, row * big, (column + 1) * big - 1, (row + 1) * big - 1)
            draw.rounded_rectangle(place, big * 0.2, 255, corners=corners)
        thick = max(2, round(self.cell_size * 0.13)) * FINE
        for row, column, direction in self._fences:
            down, across = row + (direction == 2), column + (direction == 4)
            end = (down, across + 1) if direction in (1, 2) else (down + 1, across)
            left, top, right, bottom = across * big, down * big, end[1] * big, end[0] * big
            place = (left - thick // 2, top - thick // 2, right + thick // 2, bottom + thick // 2)
            draw.rounded_rectangle(place, thick // 2, 255)
        return mask.resize((width, height), Image.Resampling.BOX)

    def _token(self, agent: int, carrying: bool) -> Image.Image:
        if (agent, carrying) not in self._tokens:
            self._tokens[agent, carrying] = _agent_token(
                self.agent_labels[agent], self.agent_colours[agent], self.cell_size, carrying
            )
        return self._tokens[agent, carrying]


def _labels(world: Any) -> list[str]:
    """The group's letter, with the number of the agent's id where the group has several agents."""
    groups = list(world.groups)
    letters = {group.name: group.letter for group in world.blueprint.groups}
    labels = []
    for index, name in enumerate(groups):
        number = world.agent_ids[index].rpartition("_")[2] if groups.count(name) > 1 else ""
        labels.append(letters[name] + number)
    return labels


def _tints(world: Any, teams: Sequence[str]) -> dict[tuple[int, int], Colour]:
    """Cells of the things that belong to somebody (their parameter `of` names a team or a group), with the colour."""
    team_of = {group.name: group.team for group in world.blueprint.groups} | {team: team for team in teams}
    owners = ((thing, team_of.get(getattr(thing.params, "of", ""))) for thing in world.blueprint.things)
    return {
        (thing.row, thing.column): team_colour(teams.index(owner)) for thing, owner in owners if owner in teams
    }


def _between_walls(walls: np.ndarray, row: int, column: int) -> bool:
    """Whether a wall runs through this cell from north to south rather than from west to east."""
    padded = np.pad(walls, 1, constant_values=False)
    upright = int(padded[row, column + 1]) + int(padded[row + 2, column + 1])
    return upright > int(padded[row + 1, column]) + int(padded[row + 1, column + 2])


def _agent_token(label: str, colour: Colour, size: int, carrying: bool) -> Image.Image:
    token = tile(Mark("disc", colour, 0.8), size).copy()
    if size >= 14:
        writing = text_image(label, round(size * (0.5 if len(label) == 1 else 0.4)), ink_on(colour))
        token.alpha_composite(writing, ((size - writing.width) // 2, (size - writing.height) // 2))
    if carrying:
        side = max(6, round(size * 0.42))
        badge = tile(Mark("disc", (255, 246, 214), 0.98), side).copy()
        badge.alpha_composite(tile(CARRIED, side))
        token.alpha_composite(badge, (size - side, size - side))
    return token


# Text. Pillow's own font is everywhere the same but knows little beyond ASCII.
_PLAIN = str.maketrans({"×": "x", "–": "-", "—": "-", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "’": "'"})


def _plain(text: str) -> str:
    spelt = unicodedata.normalize("NFKD", text.replace("…", "\0").translate(_PLAIN)).replace("\0", "…")
    kept = (sign for sign in spelt if not unicodedata.combining(sign))
    return "".join(sign if " " <= sign <= "~" or sign in "·…" else "?" for sign in kept)


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


@lru_cache(maxsize=2048)
def text_image(text: str, size: int, colour: Colour = INK) -> Image.Image:
    """One line of text, `size` pixels high letters, as an RGBA picture that is cut close."""
    font = _font(max(6, size))
    left, top, right, bottom = font.getbbox(_plain(text) or " ")
    image = Image.new("RGBA", (max(1, int(right - left)), max(1, int(bottom - top))), (*colour, 0))
    ImageDraw.Draw(image).text((-left, -top), _plain(text), font=font, fill=(*colour, 255))
    return image


def text_width(text: str, size: int) -> int:
    """Width of one line of text in pixels."""
    return round(_font(max(6, size)).getlength(_plain(text)))


def fitted(text: str, size: int, width: int) -> str:
    """The text, cut short with an ellipsis where it is wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _write(image: Image.Image, text: str, left: int, baseline: int, size: int, colour: Colour, width: int) -> None:
    line = fitted(text, size, width)
    ImageDraw.Draw(image).text((left, baseline), _plain(line), font=_font(size), fill=colour, anchor="ls")


def _wrapped(text: str, size: int, width: int) -> list[str]:
    """The text in one line, or in two where one is too narrow, broken after a space, `+` or `:`."""
    breaks = [i + 1 for i, sign in enumerate(text) if sign in " +:" and text_width(text[: i + 1], size) <= width]
    if text_width(text, size) <= width or not breaks:
        return [fitted(text, size, width)]
    return [text[: breaks[-1]].rstrip(), fitted(text[breaks[-1] :], size, width)]


def titled(frame: np.ndarray, title: str = "", lines: Sequence[str] = ()) -> np.ndarray:
    """The frame with its title above and lines of text below.

    `frame` is uint8 [height, width, 3]; so is what comes back, with even sides. A long title takes two lines; text
    that is still too wide is cut short. Small frames get room beside them, so that text stays readable.
    """
    return _titled(frame, _wrapped(title, _letters(frame), _column(frame)) if title else [], lines)


def _letters(frame: np.ndarray) -> int:
    return max(13, min(18, round(frame.shape[1] / 26)))


def _column(frame: np.ndarray) -> int:
    """Width of the text beside a frame."""
    return max(frame.shape[1], 18 * _letters(frame))


def _titled(frame: np.ndarray, title: Sequence[str], lines: Sequence[str]) -> np.ndarray:
    height, width = frame.shape[:2]
    letters, column = _letters(frame), _column(frame)
    side, row = round(letters * 0.7), round(letters * 1.4)
    head = row * len(title) + side
    foot = row * len(lines) + side
    image = Image.new("RGB", (column + 2 * side + column % 2, (head + height + foot + 1) // 2 * 2), PAPER)
    image.paste(Image.fromarray(frame), (side + (column - width) // 2, head))
    for number, line in enumerate(title):
        _write(image, line, side, row * (number + 1), letters, INK, column)
    for number, line in enumerate(lines):
        _write(image, line, side, head + height + row * (number + 1), letters - 1, FAINT, column)
    return np.array(image)


def side_by_side(
    frames: Sequence[np.ndarray],
    titles: Sequence[str] = (),
    lines: Sequence[Sequence[str]] = (),
    clock: str = "",
) -> np.ndarray:
    """Several frames in one picture with even sides, each with its title and lines, and one clock line on top.

    `frames` are uint8 [height, width, 3]; `titles` and `lines`, where given, hold one entry a frame. The size of
    the picture depends on the frames' size, the titles and the number of lines, not on what the lines say. Raises
    ValueError when there is no frame or the numbers differ.
    """
    if not frames or any(entries and len(entries) != len(frames) for entries in (titles, lines)):
        raise ValueError(f"{len(frames)} frames, {len(titles)} titles, {len(lines)} lines: want one of each a frame")
    letters = max(_letters(frame) for frame in frames)
    heads = [_wrapped(title, _letters(frame), _column(frame)) for frame, title in zip(frames, titles, strict=False)]
    heads = _evened(heads or [[]] * len(frames), above=True)
    panes = [_titled(*pane) for pane in zip(frames, heads, _evened(lines or [()] * len(frames)), strict=True)]
    height, width = (max(pane.shape[axis] for pane in panes) for axis in (0, 1))
    across = _across(len(panes), height, width)
    down = -(-len(panes) // across)
    head = round(letters * 1.9) if clock else 0
    image = Image.new("RGB", (width * across, (head + height * down + 1) // 2 * 2), PAPER)
    for i, pane in enumerate(panes):
        image.paste(Image.fromarray(pane), (width * (i % across), head + height * (i // across)))
    if clock:
        left = round(_letters(frames[0]) * 0.7)
        _write(image, clock, left, round(letters * 1.5), letters, FAINT, width * across - 2 * left)
    return np.array(image)


def _evened(columns: Sequence[Sequence[str]], above: bool = False) -> list[list[str]]:
    """The columns of lines, the short ones filled up with empty lines at their end (or above)."""
    rows = max(len(column) for column in columns)
    gaps = [[""] * (rows - len(column)) for column in columns]
    return [[*gap, *column] if above else [*column, *gap] for column, gap in zip(columns, gaps, strict=True)]


def _across(count: int, height: int, width: int) -> int:
    """How many panes go side by side so that the sheet comes near to 16 by 9 and wastes few places."""

    def ugliness(across: int) -> float:
        down = -(-count // across)
        return abs(np.log(across * width / (down * height) / (16 / 9))) + (across * down - count) / count

    return min(range(1, count + 1), key=ugliness)
