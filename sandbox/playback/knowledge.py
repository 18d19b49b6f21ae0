"""What formulations that learn along knew at each step of an episode, kept where memory allows, else learned again."""

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray

from rewards.socket import Transition
from sandbox.experiments.company import Company
from sandbox.playback.dials import Dials
from sandbox.playback.history import Change, History, Line
from sandbox.playback.replay import redo, state_at

Place = tuple[int, int]
"""A branch's number and a step."""
Kept = list[dict[str, Any]]

MOST_BYTES = 192 << 20
"""Memory for what was known at every step, or, once that is too much, at every second, fourth, eighth, ... one."""
MOST_RECENT, RECENT_BYTES = 100, 64 << 20
"""What was known lately is kept at every step in any case: at so many, and in about so much memory."""


class Knowledge:
    """Brings a company's mixes to what they were, and knew, at any remembered step.

    What formulations know is kept at every step, or, as far as that takes more memory than it may, at steps further and
    further apart and at those where the present was lately; from there on they see the same steps again. Weights and
    parameters are those of the changes up to that step.
    """

    def __init__(self, company: Company, dials: Dials, history: History) -> None:
        self.company, self.dials, self.history = company, dials, history
        self.every, self.nbytes, self._from = 1, 0, 0
        self._first = self.now()
        self._kept: dict[Place, Kept] = {}
        self._recent: dict[Place, Kept] = {}
        self._here: tuple[Line, int, int] | None = None
        self._turned: list[Change] = []

    def begin(self, history: History) -> None:
        """Another episode begins: everything is as it was at the very first."""
        self.history, self._here, self._turned = history, None, []
        self.every, self.nbytes, self._from = 1, 0, 0
        self._kept.clear()
        self._recent.clear()

    def now(self) -> Kept:
        """What is known now."""
        return [copy.deepcopy(pupil.tensors()) for pupil in self.dials.pupils()]

    def bring(self, line: Line, index: int) -> None:
        """Bring mixes to what they were at a step of a branch, with the changes made there."""
        changes = self._changes(line, index)
        if self._here is not None and self._here == (self.history.owner(line, index), index, len(changes)):
            return
        self._here = None  # wherever this may be cut short
        if not self.dials.pupils():
            if changes != self._turned:
                self.dials.reset()
                self._turn(changes)
                self._turned = changes
        else:
            start = self._start(line, index, changes)
            states = state_at(self.company.world, self.history, line, start)
            for step in range(start, index):
                states = self._again(line, step, states)
                self._turn(change for change in changes if change.index == step + 1)
                self._keep(line, step + 1)
        self._here = self.history.owner(line, index), index, len(changes)

    def learned(self, index: int) -> None:
        """One more step was learned from by those who were brought to the one before it."""
        line = self.history.present
        self._here = line, index, len(self._changes(line, index))
        self._keep(line, index)

    def changed(self, line: Line, index: int) -> None:
        """Something was turned at a step, after which what was kept there does not hold."""
        self._lose([(line.number, index)])
        self._here = None

    def forget(self, first: int) -> None:
        """Steps before this one are about to be forgotten: keep what goes on from there."""
        self._from, found = first, dict[Place, Kept]()
        for line in self.history.lines.values() if self.dials.pupils() else ():
            if line.leaves_at <= first <= line.length and (line.number, first) not in self._kept:
                self.bring(line, first)
                found[line.number, first] = self.now()
        self._drop(first)
        for place, known in found.items():
            self._put(place, known)

    def prune(self) -> None:
        """Some branch has lost its end, or is no more."""
        self._here = None
        self._drop(self.history.first_step)

    def _drop(self, first: int) -> None:
        """Forget what was kept of steps before this one, and of steps and branches that are no more."""
        lines = self.history.lines
        self._lose([
            (number, index) for number, index in {**self._kept, **self._recent}
            if index < first or number not in lines or index > lines[number].length
        ])  # fmt: skip

    def _lose(self, places: Iterable[Place]) -> None:
        for place in places:
            self._recent.pop(place, None)
            if place in self._kept:
                self.nbytes -= _size(self._kept.pop(place))

    def _put(self, place: Place, known: Kept) -> None:
        """Keep what is known at a step; where it is too much in all, steps further apart, and the first one longest."""
        self._kept[place] = known
        self.nbytes += _size(known)
        if self.nbytes > MOST_BYTES:
            self._drop(self._from)
        while self.nbytes > MOST_BYTES:
            self.every *= 2
            apart = [each for each in self._kept if each[1] % self.every and each[1] != self._from]
            for each in apart or [next(iter(self._kept))]:
                self.nbytes -= _size(self._kept.pop(each))

    def _changes(self, line: Line, index: int) -> list[Change]:
        return [
            change for change in self.history.walk("changes", line)
            if change.index <= index and change.kind in ("weight", "parameter")
        ]  # fmt: skip

    def _start(self, line: Line, index: int, changes: list[Change]) -> int:
        """Bring back what was kept last before a step; gives the step at which that was."""
        kept, step = None, index
        for step in range(index, -1, -1):
            place = self.history.owner(line, step).number, step
            kept = self._kept.get(place) or self._recent.get(place)
            if kept is not None:
                break
        self.dials.reset()
        if kept is None:
            self._restore(self._first)
        self._turn(change for change in changes if change.index <= step)
        if kept is not None:
            self._restore(kept)
        return step

    def _restore(self, kept: Kept) -> None:
        for pupil, tensors in zip(self.dials.pupils(), kept, strict=True):
            pupil.restore(copy.deepcopy(tensors))

    def _turn(self, changes: Iterator[Change] | list[Change]) -> None:
        for change in changes:
            values = change.values
            parameter = values.get("parameter", "weight")
            self.dials.set(values["agent"], values["term"], parameter, values["value"])

    def _again(self, line: Line, step: int, before: NDArray[Any]) -> NDArray[Any]:
        """See one step once more: those who learn along are asked and then learn. Gives the state that follows."""
        company, world = self.company, self.company.world
        actions, after = self.history.actions(step, line)[None], world.copy(before)
        world.step(after, actions)
        transition = Transition(world, before, actions, after, policies=company.minds())
        for agent, mix in enumerate(company.mixes):
            for term in mix.terms:
                if hasattr(term.formulation, "learn") and mix.weights[term.name]:
                    term.formulation.pay(transition, agent)
        company.learn(transition)
        following = world.copy(after)
        redo(world, following, list(self.history.walk("changes", line)), step + 1)
        return following

    def _keep(self, line: Line, step: int) -> None:
        if not self.dials.pupils():
            return
        place, now = (self.history.owner(line, step).number, step), self.now()
        if step % self.every == 0 and place not in self._kept:
            self._put(place, now)
        self._recent[place] = now
        while len(self._recent) > max(2, min(MOST_RECENT, RECENT_BYTES // max(_size(now), 1))):
            del self._recent[next(iter(self._recent))]


def _size(known: Kept) -> int:
    """Bytes of it."""
    return sum(getattr(value, "nbytes", 0) for tensors in known for value in tensors.values())
