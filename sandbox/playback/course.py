"""The course of an episode: what was played, remembered as a tree of branches, one of which is the present."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sandbox.experiments.company import Company
from sandbox.playback.dials import Dials
from sandbox.playback.happenings import happenings
from sandbox.playback.history import MOST_STEPS, Branch, Change, Event, History
from sandbox.playback.knowledge import Knowledge
from sandbox.playback.present import Present
from sandbox.playback.replay import redo, state_at
from sandbox.policies.seat import Policy
from sandbox.world.world import World


@dataclass
class Hand:
    """Whoever sits at the keyboard, in the seat of an agent: stays, unless told otherwise for the next step."""

    action: int = 0
    foreseeable: ClassVar[bool] = False

    def act(self, states: NDArray[Any]) -> NDArray[np.int8]:
        """What was said, for all worlds: int8 [worlds]."""
        return np.full(len(states), self.action, np.int8)


class Course(Present):
    """An episode that can be played, and gone back and forward in, and to and fro between its branches.

    Args:
        scenario: a Scenario.
        rewards: as for `Company`.
        seed: of the episode.
        world: the scenario's rules, where they are made already.
        limit: states that are remembered, all branches together; the oldest are forgotten first.
    """

    def __init__(
        self, scenario: Any, rewards: Any = None, seed: int = 0, *, world: World | None = None,
        limit: int = MOST_STEPS,
    ) -> None:  # fmt: skip
        super().__init__(scenario, rewards, world)
        self.limit = limit
        self.dials = Dials(self.world, self._company.mixes)
        self._terms = [[term.name for term in mix.terms] for mix in self._company.mixes]
        self._hand, self._seat = Hand(), -1
        self._replaced: Policy | None = None
        self.taken_over: int | None = None
        self.seed, self.index = seed, 0
        self.run: str | None = None  # the folder of the training run that plays
        self.run_sought: list[str] = []  # where a recording looks for it
        self.tree = self._begin()
        self._knowledge = Knowledge(self._company, self.dials, self.tree)
        self._show(0)

    def _begin(self) -> History:
        first = self.world.words(self._company.start([self.seed]))[0]
        shape = self.world.agent_count, max(map(len, self._terms)) + 1  # the last is the sum since the start
        return History(first, shape, self.world.agent_count, self.limit)

    @property
    def company(self) -> Company:
        """All agents with their policies and mixes, these as they are, and knowing what they know, at present."""
        self._settle()
        return self._company

    @property
    def seated(self) -> Company:
        """The same, at once: everybody in their seats, but what formulations know may be that of another step."""
        self._sit()
        return self._company

    @property
    def length(self) -> int:
        """The last step of the present branch."""
        return self.tree.present.length

    @property
    def first_step(self) -> int:
        """The first step that is remembered; above 0 once the oldest were forgotten."""
        return self.tree.first_step

    @property
    def clock(self) -> int:
        """Steps since the start."""
        return self.index

    def forward(self) -> bool:
        """To the next remembered step, or else one new step; False, and nothing happens, when the episode is over."""
        if self.index < self.length:
            self._show(self.index + 1)
            return True
        if self.over:
            return False
        company, after = self.company, self.world.copy(self.states)
        transition = company.step(after)
        paid = np.zeros(self.tree.paid(self.index).shape)
        for agent, mix in enumerate(company.mixes):
            own = mix.terms_paid(transition, agent)
            paid[agent, : len(own)] = [float(amount[0]) for amount in own.values()]
        paid[:, -1] = self.tree.paid(self.index)[:, -1] + paid[:, :-1].sum(axis=1)
        company.learn(transition)
        over = self.ended(after)
        self._remember(self.world.words(after)[0], transition.actions[0], paid, over)
        self._knowledge.learned(self.index + 1)
        self._make_room()
        self._show(self.index + 1)
        return True

    def _remember(self, words: NDArray[Any], actions: NDArray[Any], paid: NDArray[Any], over: bool) -> None:
        before = self.tree.words(self.index).copy()
        self.tree.add(words, actions, paid)
        records = np.stack([before, words]).view(self.world.state_type).reshape(2)
        self.tree.present.events += [
            Event(self.index + 1, *event) for event in happenings(self.world, records[0], records[1], over)
        ]

    def _make_room(self) -> None:
        while (first := self.tree.next_first(self.index)) is not None:
            self._knowledge.forget(first)
            self.tree.forget(first)
        while self.tree.count > self.limit + self.tree.block and self.tree.forget_ghost():
            self._knowledge.prune()

    def go(self, index: int) -> None:
        """To any remembered step of the present branch, or the nearest one."""
        self._show(min(max(int(index), self.first_step), self.length))

    def _show(self, index: int) -> None:
        if index < self.index:
            self.tree.forget_empty()
        self.index = index
        self._hand.action = 0
        words = self.tree.words(index).copy()
        self.states: NDArray[Any] = words.view(self.world.state_type).reshape(1)
        self.taken_over = self._taken()

    def _settle(self) -> None:
        """Bring mixes and seats to what they are at present."""
        self._knowledge.bring(self.tree.present, self.index)
        self._sit()

    def _sit(self) -> None:
        seated = -1 if self.taken_over is None else self.taken_over
        if seated != self._seat:
            self._stand_up()
            self._seat = seated
            if seated >= 0:
                self._replaced = self._company.policies[seated]
                self._company.policies[seated] = self._hand

    def _stand_up(self) -> None:
        if self._seat >= 0 and self._replaced is not None:
            self._company.policies[self._seat] = self._replaced
        self._seat = -1

    def seat(self, agent: int, policy: Policy) -> None:
        """Let another policy act for an agent, in this episode and those after it."""
        self._stand_up()
        self._company.policies[agent] = policy

    @property
    def branches(self) -> Sequence[Branch]:
        """All branches of which something is remembered, the first one first."""
        return [
            Branch(line.number, self.tree.origin(line), line.leaves_at, line.length, line.cause)
            for line in self.tree.remembered()
        ]

    @property
    def branch(self) -> int:
        """The number of the present branch."""
        return self.tree.present.number

    def switch(self, number: int, index: int | None = None) -> None:
        """To another branch, at the present step or at any other, or the nearest one.

        Raises:
            ValueError: there is no such branch (any more).
        """
        lines = {line.number: line for line in self.tree.remembered()}
        if number not in lines:
            known = ", ".join(map(str, lines))
            raise ValueError(f"there is no branch {number}; there are {known}")
        wanted = self.index if index is None else index
        if number != self.branch:
            self.tree.forget_empty()
            self.tree.present = lines[number]
        self.go(wanted)

    @property
    def changes(self) -> list[Change]:
        """All changes by hand in the present branch, its past included, as recordings keep them."""
        return list(self.tree.walk("changes"))

    @property
    def events(self) -> list[Event]:
        """What happened in the present branch, its past included."""
        return list(self.tree.walk("events"))

    @property
    def bookmarks(self) -> dict[int, str]:
        """Steps of the present branch, its past included, that were marked, with a text."""
        return {
            index: text
            for own, first, last in self.tree.path(self.tree.present)
            for index, text in sorted(own.bookmarks.items())
            if first <= index <= last
        }

    def toggle_bookmark(self, text: str = "") -> None:
        """Mark the present step, or unmark it."""
        own = self.tree.owner(self.tree.present, self.index)
        if self.index in own.bookmarks:
            del own.bookmarks[self.index]
        else:
            own.bookmarks[self.index] = text or f"step {self.index}"

    def paid(self, agent: int) -> dict[str, float]:
        """What each term paid an agent for the step that led to the present, weighted; 0 at the start."""
        return dict(zip(self._terms[agent], self.tree.paid(self.index)[agent].tolist(), strict=False))

    def series(self, agent: int) -> dict[str, NDArray[np.float64]]:
        """What each term paid an agent at all remembered steps of the present branch, from `first_step` to `length`."""
        course = self.tree.course("paid")[:, agent]
        return {term: course[:, place].copy() for place, term in enumerate(self._terms[agent])}

    @property
    def total(self) -> list[float]:
        """What each agent was paid since the start."""
        return self.tree.paid(self.index)[:, -1].tolist()

    @property
    def history(self) -> NDArray[Any]:
        """States of all remembered steps of the present branch, records from `first_step` to `length`."""
        return self.tree.course("states").view(self.world.state_type).ravel()

    def lived(self, index: int) -> Iterator[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]:
        """The steps of the present branch up to one: records [1] before, actions int8 [1, agents], records [1] after.

        What is changed by hand at a step is changed after it.
        """
        changes, states = self.changes, state_at(self.world, self.tree, self.tree.present, 0)
        for step in range(index):
            actions, after = self.tree.actions(step)[None].copy(), self.world.copy(states)
            self.world.step(after, actions)
            yield states, actions, after
            states = self.world.copy(after)
            redo(self.world, states, changes, step + 1)

    def _taken(self) -> int | None:
        taken = None
        for change in self.tree.walk("changes"):
            if change.kind == "take_over" and change.index <= self.index:
                taken = change.values["agent"]
        return taken
