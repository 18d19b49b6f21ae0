"""A drawn map: its rows of cells, and thin walls apart from them."""

from dataclasses import dataclass

LARGEST = 128  # cells on a side


@dataclass(frozen=True)
class Drawing:
    """A map that was looked at: what is on each cell, where thin walls stand, and what is wrong with it.

    `fences` holds (row, column, direction) with direction 2 south or 4 east, named from the
    northern or western side.
    `problems` holds (row, column, message) in drawn rows and columns, which `drawn` gives for a cell.
    """

    rows: tuple[str, ...]
    fences: frozenset[tuple[int, int, int]] = frozenset()
    problems: tuple[tuple[int, int, str], ...] = ()
    thin: bool = False
    text: str = ""

    def drawn(self, row: int, column: int) -> tuple[int, int]:
        """Where a cell stands in the drawing."""
        return (2 * row + 1, 2 * column + 1) if self.thin else (row, column)


def draw(text: str, walls: str) -> Drawing:
    """Read a drawn map; `walls` is blocks (a wall fills a cell) or thin (a wall stands between two cells)."""
    lines = text.rstrip("\n").split("\n")
    problems = list(shape_problems(lines, 2 * LARGEST + 1 if walls == "thin" else LARGEST))
    thin = walls == "thin"
    rows, fences = tuple(lines), set()
    if thin and not problems:
        problems += thin_problems(lines)
        rows = tuple(line[1::2] for line in lines[1::2])
        for row, line in enumerate(lines[1:-1], 1):
            for column, mark in enumerate(line[1:-1], 1):
                if mark != "." and row % 2 != column % 2:
                    fences.add((row // 2, column // 2 - 1, 4) if row % 2 else (row // 2 - 1, column // 2, 2))
    return Drawing(rows, frozenset(fences), tuple(problems), thin, "\n".join(lines))


def shape_problems(lines: list[str], largest: int):
    """Spaces, ragged rows, too large: (row, column, message)."""
    width = len(next((line for line in lines if line), ""))
    if lines == [""]:
        yield 0, 0, "the map is empty; rows of letters, each indented below `map: |`, are needed"
        return
    if len(lines) > largest or width > largest:
        size = f"{len(lines)} rows and {width} columns"
        yield 0, 0, f"a map of {size} is too large; up to {LARGEST} x {LARGEST} cells are allowed"
        return
    for row, line in enumerate(lines):
        blank = next((column for column, mark in enumerate(line) if mark.isspace()), None)
        if blank is not None:
            where = "at the end of this row" if not line[blank:].strip() else "in the map"
            yield row, blank, f"a space {where}; floor is '.', and all rows begin and end in the same column"
        elif not line:
            yield row, 0, "an empty row in the map; the map's rows follow one another"
        elif len(line) != width:
            message = (
                f"this row has {len(line)} letters, but the first has {width}; all rows must be equally long"
            )
            yield row, min(len(line), width), message


def thin_problems(lines: list[str]):
    """What does not belong where it stands in a map of double resolution: (row, column, message)."""
    height, width = len(lines), len(lines[0])
    if height < 3 or width < 3 or not height % 2 or not width % 2:
        yield (
            0,
            0,
            (
                f"a map with thin walls has odd numbers of rows and columns, not {height} and {width}; "
                "cells stand in every second one"
            ),
        )
        return
    for row, line in enumerate(lines):
        for column, mark in enumerate(line):
            border = row in (0, height - 1) or column in (0, width - 1)
            if row % 2 == 0 and column % 2 == 0:
                allowed, place = "+", "at a corner of cells"
            elif row % 2 and column % 2:
                continue
            else:
                wall = "|#" if row % 2 else "-#"
                allowed, place = (wall, "on the border") if border else ("." + wall, "between two cells")
            if mark not in allowed:
                yield row, column, f"{mark!r} {place} of a map with thin walls; allowed: {' '.join(allowed)}"
