"""A scenario file while it is drawn on: cells painted in its text, undone, saved whole, read again on change."""

import dataclasses
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from sandbox.scenario.checks import FLOOR, WALL
from sandbox.scenario.drawing import Drawing, draw
from sandbox.scenario.lint import doubts
from sandbox.scenario.parts import Laid, one_letter, read_things
from sandbox.scenario.read import find, parse_kept, parse_scenario, read_text
from sandbox.scenario.schema import Agents, Scenario
from sandbox.scenario.source import ScenarioError, Source
from sandbox.scenario.words import listed, one_line, show
from sandbox.whole_file import write_whole
from sandbox.world.mechanic import things

POLL_SECONDS = 0.05  # a file that changed is read again well within 200 ms
SETTLE_SECONDS = 2.0  # for so long after a change the file's bytes are compared, as its time may be coarse
MOST_STEPS = 1000  # that can be undone
MOST_KEPT = 4_000_000  # characters that undo remembers
LINE_END = re.compile(r"\r\n|\r|\n")

NO_BLOCK = "{}: only a map below `map: |` can be painted; write it so first"

Cell = tuple[int, int]
Grid = list[list[str]]


@dataclasses.dataclass(frozen=True)
class Ink:
    """What painting a letter puts into a cell: things, and agents of the groups that begin there."""

    letter: str
    laid: tuple[Laid, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """In words: who begins there and what lies there, with what the legend says of it."""
        if self.letter == FLOOR:
            return f"floor (start of {listed(self.groups)})" if self.groups else "floor"
        return " + ".join([*self.groups, *map(described, self.laid)]) or "floor"


@dataclasses.dataclass(frozen=True)
class Splice:
    """One step of undo: at `start` the text `old` became `new`."""

    start: int
    old: str
    new: str

    @classmethod
    def between(cls, before: str, after: str) -> "Splice":
        """The shortest one that makes `after` of `before`."""
        start = alike(before, after)
        rest = min(len(before), len(after)) - start
        same = alike(before[::-1][:rest], after[::-1][:rest])
        return cls(start, before[start : len(before) - same], after[start : len(after) - same])

    def done(self, text: str) -> str:
        """The text after this step."""
        return text[: self.start] + self.new + text[self.start + len(self.old) :]

    def undone(self, text: str) -> str:
        """The text before this step."""
        return text[: self.start] + self.old + text[self.start + len(self.new) :]


class Draft:
    """A scenario that is being written, by painting here or by any editor elsewhere.

    `source` is a shipped scenario's name, a path, or the YAML text itself (anything with a line break, or with a
    `title`, as which it goes until it has a file). Raises ScenarioError where a file cannot be read at all; what is
    wrong in it is told by `problems` instead.

    `text` is the file's text to the last byte; `scenario` the last version without problems, None before
    there is one; `path` the file, or None; `conflict` one line while the file on disk was changed by somebody
    else and there are edits here that are not saved, "" otherwise. What is refused raises ValueError, one line.
    """

    def __init__(self, source: str | os.PathLike[str], title: str = "") -> None:
        self.path: Path | None = None
        self.title = title
        self.scenario: Scenario | None = None
        self.conflict = ""
        self._past: deque[Splice] = deque()
        self._future: list[Splice] = []
        self._lost = ""  # why the file cannot be read any more
        self._drawing = Drawing(())
        self._polled = self._settled = -float("inf")
        self._stamp: object = None  # of the file as it was looked at last; None looks again in any case
        self._read({})
        if isinstance(source, str) and (title or LINE_END.search(source)):
            self.text = source
        else:
            self.path = find(source)
            self.text = exact_text(self.path)
        self._base = self.text  # what is known to be on disk
        self._check()

    # What it says ----------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """How problems call the file."""
        return one_line(self.path or (f"{self.title}.yaml" if self.title else "<text>"))

    @property
    def problems(self) -> list[str]:
        """What is wrong with the text, one line `file:line:column: message` each; [] when it loads."""
        return ([self._lost] if self._lost else []) + self._problems

    @property
    def warnings(self) -> list[str]:
        """What is likely not meant, as `sandbox lint` says it; [] while there are problems."""
        if self._problems or self.scenario is None or self._source is None:
            return []
        if self._warnings is None:
            found = [(self._source.where(place), message) for place, message in doubts(self.scenario)]
            found.sort(key=lambda doubt: (doubt[0][1], doubt[0][0], doubt[1]))
            self._warnings = [f"{where}: warning: {message}" for (where, _), message in found]
        return self._warnings

    @property
    def unsaved(self) -> bool:
        """Whether closing now would lose something."""
        return self.path is None or bool(self._lost) or self.text != self._base

    @property
    def drawing(self) -> Drawing:
        """The map as it is painted now, also while it has problems."""
        return self._drawing

    @property
    def data(self) -> Mapping[str, Any]:
        """What the text says, unchecked: that of the last text that was YAML."""
        return self._data

    @property
    def groups(self) -> Mapping[str, Agents]:
        """The groups of agents, as far as each can be understood."""
        return self._groups

    @property
    def palette(self) -> list[tuple[str, str]]:
        """Every letter that can be painted, with what it stands for."""
        return [(ink.letter, ink.name) for ink in self.inks.values()]

    @property
    def inks(self) -> dict[str, Ink]:
        """Every letter that can be painted: floor, wall, agents, the legend, then the things' own letters."""
        return self._inks

    @property
    def problem_cells(self) -> list[Cell]:
        """The cells of the map that problems point at."""
        start = self._source.map_start if self._source else None
        found = []
        for line in self._problems if start else []:
            place = re.match(r":(\d+):(\d+): ", line.removeprefix(self.name))
            if place and start:
                row, column = int(place[1]) - 1 - start[0], int(place[2]) - 1 - start[1]
                if self._drawing.thin:
                    row, column = (row - 1) // 2, (column - 1) // 2
                if 0 <= row < len(self._drawing.rows) and 0 <= column < len(self._drawing.rows[row]):
                    found.append((row, column))
        return list(dict.fromkeys(found))

    # Painting --------------------------------------------------------------------------------------------

    def paint(self, row: int, column: int, letter: str, *, joined: bool = False) -> str:
        """Put a letter into a cell (counted from 0, without the lines of thin walls).

        Gives back one line where more happened than that, "" otherwise. A group without `count` has as many
        agents as letters; one with `count: 1` moves; one whose larger count is full is refused. `joined` makes
        it one step of undo with the last. Raises ValueError, one line, where nothing can be painted.
        """
        return self.paint_all([(row, column)], letter, joined=joined)

    def paint_all(self, cells: Iterable[Cell], letter: str, *, joined: bool = False) -> str:
        """Put a letter into several cells in one step; those that cannot be painted are left out.

        Gives back one line on what was left out or moved; raises ValueError where nothing can be painted.
        """
        ink, grid = self._ink(letter), self._grid()
        lines: list[str] = []
        changed: dict[Cell, str] = {}

        def put(cell: Cell, mark: str) -> None:
            grid[cell[0]][cell[1]] = changed[cell] = mark

        refused = 0
        for cell in cells:
            try:
                lines += self._put(grid, cell, ink, put)
            except ValueError as error:
                lines.append(str(error))
                refused += 1
        if refused and not changed:
            raise ValueError(lines[0])
        self._write({self._drawing.drawn(*cell): mark for cell, mark in changed.items()}, joined)
        return lines[0] if lines else ""

    def fence(self, row: int, column: int, direction: int, stands: bool, *, joined: bool = False) -> None:
        """Put up or take away a thin wall to the south (2) or east (4) of a cell; ValueError, one line."""
        grid = self._grid()
        if not self._drawing.thin:
            raise ValueError(f"{self.name}: walls stand between cells only with `walls: thin`; paint '#'")
        south, east = int(direction == 2), int(direction == 4)
        inside = 0 <= row < len(grid) - south and 0 <= column < len(grid[0]) - east
        if not inside or south == east:
            raise ValueError(f"row {row + 1} column {column + 1} has no neighbour there, only the outer wall")
        if ((row, column, direction) in self._drawing.fences) != stands:
            down, across = self._drawing.drawn(row, column)
            mark = ("-" if south else "|") if stands else FLOOR
            self._write({(down + south, across + east): mark}, joined)

    def _ink(self, letter: str) -> Ink:
        if letter in self._inks:
            return self._inks[letter]
        for name, group in self._groups.items():
            if group.letter == letter:
                raise ValueError(
                    f"{name!r} begins on {group.starts!r}, not on its letter; paint that instead"
                )
        raise ValueError(
            f"unknown letter {show(letter)}; allowed: {' '.join(self._inks)} "
            "and any that `legend` or `agents` explains"
        )

    def _grid(self) -> Grid:
        """The cells as they are, or ValueError where the map cannot be painted."""
        if self._source is None:
            raise ValueError(f"mend the file first; {self.problems[0]}")
        parent = self._data.get("extends")
        if "map" not in self._data and isinstance(parent, str):
            raise ValueError(f"the map of {self.name} lives in {show(parent)}, which it extends; paint there")
        if "map" not in self._data:
            raise ValueError(f"{self.name} has no map; write `map: |` and rows of letters below it first")
        line, left = self._source.map_start or (0, -1)
        written = [mark[left:] for mark in self._source.lines[line:]]
        rows = self._drawing.text.split("\n")
        if left < 0 or not isinstance(self._data["map"], str) or written[: len(rows)] != rows:
            raise ValueError(NO_BLOCK.format(self.name))
        if self._drawing.thin and self._drawing.problems:
            raise ValueError(f"mend the map in the file first; {self.problems[0]}")
        return [list(line) for line in self._drawing.rows]

    def _put(self, grid: Grid, cell: Cell, ink: Ink, put: Callable[[Cell, str], None]) -> list[str]:
        """Put ink into one cell of the grid; gives back what else happened, raises ValueError."""
        row, column = cell
        if not (0 <= row < len(grid) and 0 <= column < len(grid[row])):
            size = f"{len(grid)} rows and {max(map(len, grid), default=0)} columns"
            raise ValueError(f"row {row + 1} column {column + 1} is outside the map of {size}")
        if grid[row][column] == ink.letter:
            return []
        if self._in_outer_wall(grid, row, column):
            raise ValueError(f"row {row + 1} column {column + 1} is in the outer wall, which stays closed")
        counts = [self._groups[name].count or 0 for name in ink.groups]
        fixed = sum(counts) if all(counts) else 0  # without `count` there are as many agents as letters
        if ink.letter == FLOOR or not fixed or sum(line.count(ink.letter) for line in grid) != fixed:
            put(cell, ink.letter)
            return []
        names = " and ".join(map(repr, ink.groups))
        if fixed > 1:
            raise ValueError(
                f"count is fixed: {fixed} agents of {names} begin on the {fixed} cells {ink.letter!r}; "
                "take one away first, or change count in the file"
            )
        old = next(n for n, line in enumerate(grid) if ink.letter in line)
        put((old, grid[old].index(ink.letter)), FLOOR)
        put(cell, ink.letter)
        return [f"{names} moved here, as its count is 1"]

    def _in_outer_wall(self, grid: Grid, row: int, column: int) -> bool:
        """Whether a cell belongs to a closed ring of walls at the map's edge."""
        height, width = len(grid), len(grid[0])
        if (
            self._drawing.thin
            or self._data.get("edges") == "torus"
            or {len(line) for line in grid} != {width}
        ):
            return False
        if min(height, width) < 3 or not (row in (0, height - 1) or column in (0, width - 1)):
            return False
        sides = [*grid[0], *grid[-1], *(line[0] for line in grid), *(line[-1] for line in grid)]
        return all(mark == WALL for mark in sides)

    def _write(self, changed: Mapping[Cell, str], joined: bool) -> None:
        """Put marks into the lines of the map, at rows and columns as drawn, and nothing else into the text."""
        if not changed:
            return
        assert self._source is not None
        assert self._source.map_start is not None
        first, left = self._source.map_start
        starts = [0, *(match.end() for match in LINE_END.finditer(self.text))]
        marks, rows = list(self.text), [list(line) for line in self._data["map"].split("\n")]
        for (row, column), mark in changed.items():
            marks[starts[first + row] + left + column] = rows[row][column] = mark
        text = "".join(marks)
        if Source(plain(text), self.name).data["map"] != "\n".join(map("".join, rows)):
            raise ValueError(NO_BLOCK.format(self.name))  # another text only looks like the map
        self._step_to(text, joined)

    # Steps -----------------------------------------------------------------------------------------------

    def undo(self) -> bool:
        """Take the last step back, be it painted or read from disk; False when there is none."""
        if not self._past:
            return False
        step = self._past.pop()
        self._future.append(step)
        self._show(step.undone(self.text))
        return True

    def redo(self) -> bool:
        """Do again what was undone last; False when there is nothing."""
        if not self._future:
            return False
        step = self._future.pop()
        self._past.append(step)
        self._show(step.done(self.text))
        return True

    def _step_to(self, text: str, joined: bool = False) -> None:
        before = self.text
        if joined and self._past and not self._future:
            before = self._past.pop().undone(before)
        self._future.clear()
        self._past.append(Splice.between(before, text))
        kept = sum(len(step.old) + len(step.new) for step in self._past)
        while len(self._past) > 1 and (len(self._past) > MOST_STEPS or kept > MOST_KEPT):
            oldest = self._past.popleft()
            kept -= len(oldest.old) + len(oldest.new)
        self._show(text)

    def _show(self, text: str) -> None:
        self.text = text
        if text == self._base:
            self.conflict = ""  # nothing of one's own left; the next look takes what is on disk
            self._stamp = None
        self._check()

    # The file --------------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str] | None = None, *, over: bool = False) -> str:
        """Write the text to its file, or to another one that it then belongs to; gives back one line.

        The old file stays until the new one is whole. Raises ValueError, one line, and writes nothing where
        the file was changed by somebody else meanwhile or another one has this name, unless `over`; and where
        it cannot be written. A draft with problems is saved too, and the line says so.
        """
        if path is None and self.path is None:
            raise ValueError("this draft has no file yet; save it under a name such as my_world.yaml")
        file = self.path if path is None else Path(path)
        assert file is not None
        own = self.is_of(file)
        data = self.text.encode("utf-8")
        if not file.parent.is_dir():
            raise ValueError(
                f"{one_line(file)}: cannot be saved (there is no folder {one_line(file.parent)})"
            )
        if file.exists() and not file.is_file():
            raise ValueError(f"{one_line(file)}: cannot be saved (this is no ordinary file)")
        try:
            found = file.read_bytes() if file.exists() else None
            if not over and found not in (None, data):
                if not own:
                    raise ValueError(f"{one_line(file)}: there is such a file; choose another name")
                if found != self._base.encode("utf-8"):
                    self.conflict = self._conflict()
                    raise ValueError(self.conflict)
            write_whole(file, data)
        except (OSError, UnicodeEncodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ValueError(f"{one_line(file)}: cannot be saved ({one_line(reason).lower()})") from None
        self.path, self._base, self._stamp = file, self.text, None
        self.conflict = self._lost = ""
        self._check()
        count = len(self.problems)
        told = f", with {count} problem{'s' if count > 1 else ''}" if count else ""
        return f"saved {one_line(file.name)}{told}"

    def is_of(self, path: Path) -> bool:
        """Whether this is the file of the draft."""
        return self.path is not None and same_file(path, self.path)

    def reload_if_changed(self, now: float) -> bool:
        """Look at the file now and then; `now` is any clock in seconds. True when something is to be shown.

        Without unsaved edits the new text is taken, as a step that can be undone. With them nothing is taken
        and `conflict` says so, until `save(over=True)`, `reload()`, or undo back to what was read.
        """
        if self.path is None or 0 <= now - self._polled < POLL_SECONDS:
            return False
        self._polled = now
        stamp = stamp_of(self.path)
        if stamp != self._stamp:
            self._stamp, self._settled = stamp, now + SETTLE_SECONDS
        elif now > self._settled:
            return False
        before = self._base, self._lost, self.conflict
        self._look(take=self.text == self._base)
        return before != (self._base, self._lost, self.conflict)

    def reload(self) -> None:
        """Take what is on disk; the text of before can be had back by undo. Raises ValueError, one line."""
        if self.path is None:
            raise ValueError("this draft has no file that could be read again")
        self._look(take=True)
        if self._lost:
            raise ValueError(self._lost)

    def _look(self, take: bool) -> None:
        assert self.path is not None
        try:
            text = exact_text(self.path)
        except ScenarioError as error:
            self._lost = error.problems[0]
            return
        self._lost = ""
        if take or text == self.text:
            self._base, self.conflict = text, ""
            if text != self.text:
                self._step_to(text)
        else:
            self.conflict = self._conflict() if text != self._base else ""

    def _conflict(self) -> str:
        return f"{self.name}: changed on disk, with unsaved edits here; save over it, or reload (undo brings back)"

    # Reading ---------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Read the text anew; the last good scenario, map and letters stay where it cannot be read."""
        text = plain(self.text)
        self._problems: list[str] = []
        self._warnings: list[str] | None = None
        self._source: Source | None = None
        try:
            self._source = Source(text, self.name)
            self._read(self._source.data)
            if self.path is None and self.title:
                self.scenario = parse_kept(text, self.title)
            else:
                self.scenario = parse_scenario(text, self.path or "<text>")
        except ScenarioError as error:
            self._problems = error.problems

    def _read(self, data: dict[str, Any]) -> None:
        """Map, groups and letters, as far as each of them can be understood."""
        self._data = data
        if isinstance(data.get("map"), str):
            self._drawing = draw(data["map"], "thin" if data.get("walls") == "thin" else "blocks")
        self._groups = dict(understood(data.get("agents"), Agents.model_validate))
        legend = dict(understood(data.get("legend"), read_things))
        letters = {group.letter for group in self._groups.values()}
        own = {thing.letter: [Laid(name, thing.params())] for name, thing in things().items()}
        meanings = {**own, **{letter: [] for letter in [*letters, FLOOR]}, **legend}
        begin: dict[str, list[str]] = {}
        for name, group in self._groups.items():
            begin.setdefault(group.starts, []).append(name)
        self._inks: dict[str, Ink] = {}
        for letter in dict.fromkeys([FLOOR, WALL, *begin, *legend, *own]):
            is_idle = letter in letters and letter not in begin and letter not in legend
            if letter in meanings and not is_idle and is_letter(letter):
                self._inks[letter] = Ink(letter, tuple(meanings[letter]), tuple(begin.get(letter, ())))


def alike(one: str, other: str) -> int:
    """How many signs two texts have in common from their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (mine, yours) in pairs if mine != yours), min(len(one), len(other)))


def understood(entries: Any, read: Callable[[Any], Any]) -> Iterable[tuple[str, Any]]:
    """The entries of a section that can be read, others left out."""
    for name, value in entries.items() if isinstance(entries, dict) else ():
        try:
            yield name, read(value)
        except (ValidationError, PydanticCustomError):
            continue


def is_letter(text: str) -> bool:
    """Whether a text can stand on a map."""
    try:
        return one_letter(text) == text
    except PydanticCustomError:
        return False


def described(laid: Laid) -> str:
    """A thing with those of its parameters that are not the usual ones."""
    told = []
    for field in dataclasses.fields(laid.params):
        value = getattr(laid.params, field.name)
        usual = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        if isinstance(value, bool) and value != usual:
            told.append(field.name if value else f"not {field.name}")
        elif value != usual:
            told.append(f"{field.name} {listed(value) if isinstance(value, list) else value}")
    return f"{laid.thing} ({', '.join(told)})" if told else laid.thing


def plain(text: str) -> str:
    """A text as scenarios are read: without the mark that some editors put first, line ends as \\n."""
    return LINE_END.sub("\n", text.removeprefix("\ufeff"))


def exact_text(path: Path) -> str:
    """The text of a file to the last byte; ScenarioError for all that `read_text` refuses."""
    for _ in range(3):  # somebody may write between the two readings
        text = read_text(path)
        try:
            exact = path.read_bytes().decode("utf-8")
        except (OSError, ValueError):
            continue
        if plain(exact) == text:
            return exact
    raise ScenarioError(f"{one_line(path)}: cannot be read (it keeps changing)")


def stamp_of(path: Path) -> object:
    """What changes when a file is written: time, size and which file it is; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file."""
    return one.resolve() == other.resolve()
