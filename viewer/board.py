"""Where the map lies in the window: its cells as places, zoom and moves."""

from dataclasses import dataclass

import pygame

from viewer.settings import Settings

Cell = tuple[int, int]


@dataclass(frozen=True)
class Board:
    """Where the map lies in the window: what of it is shown in, its first cell's corner, and the side of a cell."""

    place: pygame.Rect
    left: float
    top: float
    cell: float
    rows: int
    columns: int

    def rect(self, row: int, column: int) -> pygame.Rect:
        """Where a cell lies."""
        x, y = round(self.left + column * self.cell), round(self.top + row * self.cell)
        return pygame.Rect(
            x, y, round(self.left + (column + 1) * self.cell) - x, round(self.top + (row + 1) * self.cell) - y
        )

    def at(self, place: tuple[int, int]) -> Cell | None:
        """The cell at a place, None beside the map."""
        row, column = int((place[1] - self.top) // self.cell), int((place[0] - self.left) // self.cell)
        inside = self.place.collidepoint(place) and 0 <= row < self.rows and 0 <= column < self.columns
        return (row, column) if inside else None


def fitted_cell(place: pygame.Rect, rows: int, columns: int) -> float:
    """The side of a cell with which the whole map, and a margin, fits into a place; even where it is not tiny."""
    side = min(place.width / (columns + 0.5), place.height / (rows + 0.5))
    return max(4, int(min(side, 256)) // 2 * 2) if side >= 4 else max(side, 0.5)


def board(place: pygame.Rect, rows: int, columns: int, zoom: float, pan: tuple[float, float]) -> Board:
    """The map in the middle of a place, `zoom` times as large as it would fit, moved by so many cells."""
    cell = fitted_cell(place, rows, columns)
    if zoom != 1:
        cell = max(4.0, round(cell * zoom / 2) * 2.0)
    left = place.centerx - columns * cell / 2 + pan[0] * cell
    top = place.centery - rows * cell / 2 + pan[1] * cell
    return Board(place, left, top, cell, rows, columns)


def zoomed(now: Board, settings: Settings, place: tuple[int, int], factor: float) -> None:
    """Make the picture so many times as large, and keep the cell under a place where it is."""
    fit = fitted_cell(now.place, now.rows, now.columns)
    zoom = min(max(settings.zoom * factor, 0.25), max(1.0, 256 / fit), 24.0)
    column, row = (place[0] - now.left) / now.cell, (place[1] - now.top) / now.cell
    settings.zoom = 1.0 if abs(zoom - 1) < 0.06 else zoom
    after = board(now.place, now.rows, now.columns, settings.zoom, (0, 0))
    across = (place[0] - after.left) / after.cell - column
    down = (place[1] - after.top) / after.cell - row
    settings.pan = kept(after, across, down)


def moved(now: Board, settings: Settings, by: tuple[int, int]) -> None:
    """Move the picture by so many pixels."""
    settings.pan = kept(now, settings.pan[0] + by[0] / now.cell, settings.pan[1] + by[1] / now.cell)


def kept(now: Board, across: float, down: float) -> tuple[float, float]:
    """A move after which some of the map can still be seen."""
    wide, high = now.place.width / now.cell, now.place.height / now.cell
    most = max(0.0, (wide + now.columns) / 2 - 1), max(0.0, (high + now.rows) / 2 - 1)
    return min(max(across, -most[0]), most[0]), min(max(down, -most[1]), most[1])
