"""Paints a state of the world as an array of pixels, without a screen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from sandbox.environment.captions import text_image
from sandbox.environment.shapes import FINE, INK, Colour, ink_on, mix, tile
from sandbox.world import codes
from sandbox.world.mechanic import Mark, mechanics

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

TEAM_SHAPES = ("disc", "hexagon", "square", "pentagon")
"""In turn, so that teams can be told apart without their colours."""

UNKNOWN = Mark("round", (176, 180, 188), 0.5)
CARRIED = Mark("key", (166, 118, 0), 0.78)


def team_colour(team: int) -> Colour:
    """The colour of the team with this number (teams are numbered in order of first appearance)."""
    return TEAM_COLOURS[team % len(TEAM_COLOURS)]


def fitting_cell_size(rows: int, columns: int, height: int = 560, width: int = 720) -> int:
    """The largest even side of a cell in pixels, 8 to 48, with which the map fits into height x width."""
    return max(8, min(48, height // rows, width // columns) // 2 * 2)


class Painter:
    """Paints states of one world with cells of `cell_size` pixels (even; chosen to fit when left out).

    What stands in a cell is drawn by its mechanic's mark, or by a grey one where none is known. A thing whose
    parameter `of` names a team or a group is tinted with that team's colour.
    """

    def __init__(self, world: Any, cell_size: int | None = None):
        self.rows, self.columns = int(world.rows), int(world.columns)
        self._pad, self._stride = int(world.pad), int(world.stride)
        self._fences = world.blueprint.fences
        self._torus = world.blueprint.torus
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
        self.margin = max(2, cell_size // 8 * 2)
        self._ground_codes: np.ndarray | None = None
        self._ground = Image.new("RGB", (1, 1))
        self._tokens: dict[tuple[int, bool], Image.Image] = {}

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures, in pixels."""
        return self.rows * self.cell_size + 2 * self.margin, self.columns * self.cell_size + 2 * self.margin

    def paint(self, state: Any) -> np.ndarray:
        """One state (a record, or an array of one record) as uint8 [height, width, 3]."""
        record = _record(state)
        inside = _inside(record["cells"], self.rows, self.columns, self._pad, self._stride)
        ground = inside[:, :, codes.GROUND]
        if self._ground_codes is None or not np.array_equal(ground, self._ground_codes):
            self._ground_codes = ground.copy()
            self._ground = self._painted_ground(self._ground_codes)
        image = self._ground.copy()
        things = inside[:, :, codes.THING]
        for row, column in np.argwhere(things):
            self._put(image, self._mark_tile(codes.THING, int(things[row, column])), row, column)
        cells = np.where(record["alive"], record["cell"], 0).tolist()
        for agent, cell in enumerate(cells):
            if cell:
                row, column = cell // self._stride - self._pad, cell % self._stride - self._pad
                carrying = bool(inside[row, column, codes.AGENT] & codes.CARRYING)
                aside = (
                    2 * cells[:agent].count(cell) - cells.count(cell) + 1
                )  # those of one cell stand in a row
                self._put(image, self._token(agent, carrying), row, column, aside * self.cell_size // 8)
        return np.array(image)

    def _put(self, image: Image.Image, piece: Image.Image, row: int, column: int, aside: int = 0) -> None:
        x, y = self._corner(row, column)
        image.paste(piece, (x + aside, y), piece)

    def _corner(self, row: int, column: int) -> tuple[int, int]:
        """Where in the picture a cell begins: x, y."""
        return int(column) * self.cell_size + self.margin, int(row) * self.cell_size + self.margin

    def _mark_tile(
        self, plane: int, code: int, tint: Colour | None = None, upright: bool = False
    ) -> Image.Image:
        owner = code - codes.COLOURED if plane == codes.THING else -1
        if 0 <= owner < len(self.agent_colours):
            code, tint = _kind(code), self.agent_colours[owner]
        mark = self._marks.get((plane, code), UNKNOWN)
        if tint:
            mark = Mark(mark.shape, tint, mark.size)
        return tile(mark, self.cell_size, upright and _crosses_the_way(mark))

    def _painted_ground(self, ground: np.ndarray) -> Image.Image:
        walls = ground == codes.WALL
        image = self._painted_floor(walls, self._gates(ground))
        for row, column in np.argwhere((ground != codes.FLOOR) & ~walls):
            tint = self._tints.get((int(row), int(column)))
            if tint:
                piece = Image.new(
                    "RGB", (self.cell_size - 1, self.cell_size - 1), mix(self._floor, tint, 0.2)
                )
                image.paste(piece, self._corner(row, column))
            upright = _between_walls(walls, row, column)
            self._put(
                image, self._mark_tile(codes.GROUND, int(ground[row, column]), tint, upright), row, column
            )
        return image

    def _painted_floor(self, walls: np.ndarray, gates: np.ndarray) -> Image.Image:
        """Floor, grid, walls with round corners and a soft shadow, and fences."""
        height, width = self.size
        cell = self.cell_size
        image = Image.new("RGB", (width, height), self._floor)
        draw = ImageDraw.Draw(image)
        grid = mix(self._floor, INK, 0.08)
        for x in range(self.margin + cell, width, cell):
            draw.line((x - 1, 0, x - 1, height), grid)
        for y in range(self.margin + cell, height, cell):
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
        marks = ((code, self._marks.get((codes.GROUND, int(code)), UNKNOWN)) for code in np.unique(ground))
        return np.isin(ground, [code for code, mark in marks if _crosses_the_way(mark)])

    def _wall_shape(self, walls: np.ndarray, joined: np.ndarray) -> Image.Image:
        height, width = self.size
        big, edge = self.cell_size * FINE, self.margin * FINE
        around = 0 if self._torus else 255  # all round the map is wall
        mask = Image.new("L", (width * FINE, height * FINE), around)
        draw = ImageDraw.Draw(mask)
        draw.rectangle((edge, edge, width * FINE - edge - 1, height * FINE - edge - 1), 0)
        padded = np.pad(joined, 1, mode="wrap") if self._torus else np.pad(joined, 1, constant_values=True)
        for row, column in np.argwhere(walls).tolist():
            north, south = padded[row, column + 1], padded[row + 2, column + 1]
            west, east = padded[row + 1, column], padded[row + 1, column + 2]
            corners = (not (north or west), not (north or east), not (south or east), not (south or west))
            left, top = edge + column * big, edge + row * big
            draw.rounded_rectangle(
                (left, top, left + big - 1, top + big - 1), big * 0.2, 255, corners=corners
            )
        thick = max(2, round(self.cell_size * 0.13)) * FINE
        for row, column, direction in self._fences:
            down, across = row + (direction == 2), column + (direction == 4)
            end = (down, across + 1) if direction in (1, 2) else (down + 1, across)
            left, top, right, bottom = (edge + big * side for side in (across, down, end[1], end[0]))
            place = (left - thick // 2, top - thick // 2, right + thick // 2, bottom + thick // 2)
            draw.rounded_rectangle(place, thick // 2, 255)
        return mask.resize((width, height), Image.Resampling.BOX)

    def _token(self, agent: int, carrying: bool) -> Image.Image:
        if (agent, carrying) not in self._tokens:
            self._tokens[agent, carrying] = agent_token(
                self.agent_labels[agent], self.agent_colours[agent], self.cell_size, carrying
            )
        return self._tokens[agent, carrying]


def _crosses_the_way(mark: Mark) -> bool:
    return mark.shape == "bar" or mark.shape.startswith("gate")


def as_text(world: Any, state: Any) -> str:
    """One state as lines of default map letters; `/` is a way that can be shut and is open."""
    letters = {(codes.GROUND, codes.FLOOR): ".", (codes.GROUND, codes.WALL): "#"}
    for rule in mechanics().values():
        letter = next((thing.letter for thing in (rule.things or {}).values()), "o")
        blocks = any(code >= codes.SOLID for _, code in rule.marks)
        for plane, code in rule.marks:
            open_way = blocks and code < codes.SOLID
            letters.setdefault((plane, code), "/" if open_way else letter)
    record = _record(state)
    inside = _inside(record["cells"], world.rows, world.columns, world.pad, world.stride)
    text = [
        [
            letters.get((codes.THING, _kind(thing)) if thing else (codes.GROUND, ground), "?")
            for ground, thing, _ in row
        ]
        for row in inside.tolist()
    ]
    of_group = {group.name: _letter(group) for group in world.blueprint.groups}
    for name, cell, alive in zip(
        world.groups, record["cell"].tolist(), record["alive"].tolist(), strict=True
    ):
        if alive and cell:
            text[cell // world.stride - world.pad][cell % world.stride - world.pad] = of_group[name]
    return "\n".join("".join(row) for row in text)


def _kind(thing: int) -> int:
    """A thing's code without whose it is."""
    return codes.COLOURED if codes.COLOURED <= thing < codes.SOLID else thing


def _record(state: Any) -> Any:
    return state if np.ndim(state) == 0 else state[0]


def _inside(cells: Any, rows: int, columns: int, pad: int, stride: int) -> np.ndarray:
    """The planes of the map without its padding, [rows, columns, planes]."""
    grid = np.asarray(cells).reshape(-1, stride, codes.PLANE_COUNT)
    return grid[pad : pad + rows, pad : pad + columns]


def _letter(group: Any) -> str:
    """The group's letter on the map, or its initial where it begins on any free cell."""
    return group.letter if group.letter.isalnum() else group.name[:1].upper()


def _labels(world: Any) -> list[str]:
    """The group's letter, with the number of the agent's id where the group has several agents."""
    groups = list(world.groups)
    letters = {group.name: _letter(group) for group in world.blueprint.groups}
    labels = []
    for index, name in enumerate(groups):
        number = world.agent_ids[index].rpartition("_")[2] if groups.count(name) > 1 else ""
        labels.append(letters[name] + number)
    return labels


def _tints(world: Any, teams: Sequence[str]) -> dict[tuple[int, int], Colour]:
    """Where the things lie that belong to a team or a group, with the team's colour."""
    team_of = {group.name: group.team for group in world.blueprint.groups} | {team: team for team in teams}
    owners = ((thing, team_of.get(getattr(thing.params, "of", ""))) for thing in world.blueprint.things)
    return {
        (thing.row, thing.column): team_colour(teams.index(owner))
        for thing, owner in owners
        if owner in teams
    }


def _between_walls(walls: np.ndarray, row: int, column: int) -> bool:
    """Whether a wall runs through this cell from north to south rather than from west to east."""
    padded = np.pad(walls, 1, constant_values=True)
    upright = int(padded[row, column + 1]) + int(padded[row + 2, column + 1])
    return upright > int(padded[row + 1, column]) + int(padded[row + 1, column + 2])


def agent_token(
    label: str, colour: Colour, size: int, carrying: bool = False, share: float = 0.8
) -> Image.Image:
    """An agent of the team with this colour, in a square of `size` pixels of which it takes a share across."""
    shape = TEAM_SHAPES[TEAM_COLOURS.index(colour) % len(TEAM_SHAPES)]
    token = tile(Mark(shape, colour, share * (0.9 if shape == "square" else 1.0)), size).copy()
    if size * share >= 11:
        letters = round(size * share * (0.62 if len(label) == 1 else 0.5))
        writing = text_image(label, letters, ink_on(colour), tight=True)
        token.alpha_composite(
            writing, (max(0, size - writing.width) // 2, max(0, size - writing.height) // 2)
        )
    if carrying:
        side = max(6, round(size * 0.42))
        badge = tile(Mark("disc", (255, 246, 214), 0.98), side).copy()
        badge.alpha_composite(tile(CARRIED, side))
        token.alpha_composite(badge, (size - side, size - side))
    return token
