"""What an episode remembers: its states, branch by branch, and never more of them than it may."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.playback.shelf import Shelf

MOST_STEPS = 10_000
MOST_BRANCHES = 64
BLOCK = 100
"""Steps that are forgotten at a time."""


@dataclass(frozen=True)
class Change:
    """Something done by hand at a step: `values` are plain numbers and text by name."""

    index: int
    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """Something that happened in the step that led to `index`; `kind` is door, goal, death, item or end."""

    index: int
    kind: str
    text: str


@dataclass(frozen=True)
class Branch:
    """A course of events: it leaves its parent at a step, for a cause, and was played up to step `length`."""

    number: int
    parent: int | None
    leaves_at: int
    length: int
    cause: str


@dataclass(eq=False)
class Line:
    """A branch as it is kept: what is its own, from the step on at which it leaves its parent.

    States and pay are forgotten in time, from the first on; actions and changes never are, so that the branch can be
    played again from the start of the episode. `inherited` is how many changes at its first step its parent has too.
    """

    number: int
    parent: "Line | None"
    leaves_at: int
    cause: str
    states: Shelf
    paid: Shelf
    actions: Shelf
    changes: list[Change] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    bookmarks: dict[int, str] = field(default_factory=dict)
    inherited: int = 0
    sealed: Any = field(default_factory=hashlib.sha256)

    @property
    def length(self) -> int:
        """The last step."""
        return self.leaves_at + len(self.actions)

    @property
    def start(self) -> int:
        """The first step of its own that is remembered."""
        return self.length + 1 - len(self.states)

    def fingerprint(self) -> str:
        """SHA-256 of all its states, forgotten ones included."""
        whole = self.sealed.copy()
        whole.update(self.states.rows.tobytes())
        return whole.hexdigest()

    def drop(self, count: int) -> None:
        """Forget so many of its first states, or all of them."""
        self.sealed.update(self.states.rows[:count].tobytes())
        self.states.drop(count)
        self.paid.drop(count)

    def cut(self, length: int) -> None:
        """Forget what comes after a step; one state at least stays."""
        length = max(length, self.start)
        for shelf in (self.states, self.paid, self.actions):
            shelf.cut(self.length - length)
        self.changes = [change for change in self.changes if change.index <= length]
        self.events = [event for event in self.events if event.index <= length]
        self.bookmarks = {index: text for index, text in self.bookmarks.items() if index <= length}


class History:
    """The branches of one episode.

    Args:
        words: the first state as uint64 [words].
        paid: shape of what is kept of a step's pay.
        agent_count: number of agents.
        limit: steps that are remembered, all branches together.
    """

    def __init__(
        self, words: NDArray[np.uint64], paid: tuple[int, ...], agent_count: int, limit: int = MOST_STEPS
    ) -> None:
        self.limit, self.first_step, self.first = limit, 0, words.copy()
        self.block = max(1, min(BLOCK, limit // 4))
        self._shapes = words.shape, paid, (agent_count,)
        self.lines: dict[int, Line] = {}
        self._count = 0
        self.present = self._line(None, 0, "the start")
        self.present.states.add(words)
        self.present.paid.add(0.0)

    def begin_again(self, first_step: int) -> None:
        """Nothing is remembered, not even the first state, and of what is played again only what comes after a step."""
        self.first_step = first_step
        self.present.states.drop(len(self.present.states))
        self.present.paid.drop(len(self.present.paid))

    def graft(self, number: int, parent: int, leaves_at: int, cause: str) -> Line:
        """A branch that is still to be played: without states."""
        self._count = max(self._count, number)
        below = self.lines[parent]
        if number in self.lines or not below.leaves_at <= leaves_at <= below.length:
            raise ValueError("the recording is damaged: its branches do not fit together")
        line = self._line(below, leaves_at, cause)
        line.events = [event for event in below.events if event.index == leaves_at]
        return line

    def _line(self, parent: Line | None, leaves_at: int, cause: str) -> Line:
        words, paid, actions = self._shapes
        line = Line(
            self._count, parent, leaves_at, cause, Shelf(words, np.uint64), Shelf(paid, np.float64),
            Shelf(actions, np.int8),
        )  # fmt: skip
        self.lines[self._count] = line
        self._count += 1
        return line

    def owner(self, line: Line, index: int) -> Line:
        """The branch to which a step of this branch's past belongs."""
        while line.parent is not None and index < line.leaves_at:
            line = line.parent
        return line

    def path(self, line: Line) -> list[tuple[Line, int, int]]:
        """From the start to a branch's end: (branch, first, last) steps of each, end to end."""
        found, last = [], line.length
        each: Line | None = line
        while each is not None:
            found.append((each, each.leaves_at, last))
            last, each = each.leaves_at - 1, each.parent
        return [part for part in reversed(found) if part[2] >= part[1]]

    def words(self, index: int, line: Line | None = None) -> NDArray[np.uint64]:
        """The state at a step, a view."""
        own = self.owner(line or self.present, index)
        return own.states.rows[index - own.start]

    def paid(self, index: int) -> NDArray[np.float64]:
        """What was kept of the pay for the step that led to this one, a view."""
        own = self.owner(self.present, index)
        return own.paid.rows[index - own.start]

    def actions(self, index: int, line: Line | None = None) -> NDArray[np.int8]:
        """What everybody did in the step that begins here, a view."""
        own = self.owner(line or self.present, index)
        return own.actions.rows[index - own.leaves_at]

    def course(self, name: str, line: Line | None = None) -> NDArray[Any]:
        """`states` or `paid` of all remembered steps of a branch, its past included: [steps, ...]."""
        parts = []
        for own, first, last in self.path(line or self.present):
            first = max(first, self.first_step)
            if last >= first:
                parts.append(getattr(own, name).rows[first - own.start : last + 1 - own.start])
        return np.concatenate(parts)

    def walk(self, name: str, line: Line | None = None) -> Iterator[Any]:
        """`changes` or `events` of a branch in order, those of its past included."""
        for own, _, last in self.path(line or self.present):
            yield from (each for each in getattr(own, name) if each.index <= last)

    def add(self, words: NDArray[Any], actions: NDArray[Any], paid: NDArray[Any]) -> None:
        """One more step at the end of the present branch."""
        line = self.present
        line.states.add(words)
        line.paid.add(paid)
        line.actions.add(actions)

    def put(self, line: Line, index: int, words: NDArray[Any], paid: NDArray[Any]) -> None:
        """The next state of a branch that is played again; those of forgotten steps only count for its fingerprint."""
        if index < self.first_step:
            line.sealed.update(words.tobytes())
        else:
            line.states.add(words)
            line.paid.add(paid)

    def replace(self, words: NDArray[Any]) -> None:
        """Another state in place of the last one of the present branch."""
        self.present.states.rows[-1] = words

    def fork(self, index: int, cause: str) -> Line:
        """Leave the present branch at a step: a new branch, which becomes the present one."""
        origin = self.owner(self.present, index)
        words, paid = self.words(index).copy(), self.paid(index).copy()
        at_its_start = origin.parent is not None and index == origin.leaves_at
        self.present = line = self._line(origin.parent if at_its_start else origin, index, cause)
        line.states.add(words)
        line.paid.add(paid)
        line.changes = [change for change in origin.changes if change.index == index]
        line.events = [event for event in origin.events if event.index == index]
        line.inherited = origin.inherited if at_its_start else len(line.changes)
        while len(self.lines) > MOST_BRANCHES and (old := self._ghost()):
            del self.lines[old.number]
        return line

    def forget_empty(self) -> None:
        """Forget the present branch if nothing was done in it yet; its parent becomes the present one."""
        line = self.present
        new = len(line.actions) or len(line.changes) > line.inherited or line.bookmarks
        if line.parent and not new:
            del self.lines[line.number]
            self.present = line.parent

    def remembered(self) -> list[Line]:
        """Branches of which a state is left; others are only kept since something stands on them."""
        return [line for line in self.lines.values() if len(line.states)]

    def origin(self, line: Line) -> int | None:
        """The number of the branch that one leaves, None where nothing of that is left."""
        return line.parent.number if line.parent is not None and len(line.parent.states) else None

    @property
    def count(self) -> int:
        """States that are remembered, all branches together."""
        return sum(len(line.states) for line in self.lines.values())

    @property
    def nbytes(self) -> int:
        """Memory of all that is remembered."""
        return sum(
            shelf.nbytes for line in self.lines.values() for shelf in (line.states, line.paid, line.actions)
        )

    def next_first(self, index: int) -> int | None:
        """The step up to which the oldest have to be forgotten now, or None; `index` is where the present is."""
        first = self.first_step + self.block
        return first if self.count > self.limit and first <= index else None

    def forget(self, first: int, sweep: bool = True) -> None:
        """Forget all states before a step, and branches of which nothing is left if they are swept away too."""
        self.first_step = first
        for line in list(self.lines.values()):
            keep = max(line.leaves_at, first)
            if keep > line.start:
                line.drop(keep - line.start)
            line.events = [event for event in line.events if event.index > first]
            line.bookmarks = {index: text for index, text in line.bookmarks.items() if index >= first}
        if sweep:
            self.sweep()

    def sweep(self) -> None:
        """Forget branches of which no state is left and on which nothing stands."""
        while gone := [line for line in self._leaves() if not len(line.states)]:
            for line in gone:
                del self.lines[line.number]

    def forget_ghost(self) -> bool:
        """Forget the oldest branch on which nothing stands, or else the oldest end of one; False if there is none."""
        if ghost := self._ghost():
            del self.lines[ghost.number]
            return True
        for line in self.lines.values():
            needed = [other.leaves_at for other in self.lines.values() if other.parent is line]
            if line is not self.present and line.length > max([*needed, line.start]):
                line.cut(max(needed))
                return True
        return False

    def _leaves(self) -> list[Line]:
        """Branches that nothing else stands on, the oldest first."""
        parents = {line.parent.number for line in self.lines.values() if line.parent}
        return [
            line for line in self.lines.values() if line.number not in parents and line is not self.present
        ]

    def _ghost(self) -> Line | None:
        return next(iter(self._leaves()), None)
