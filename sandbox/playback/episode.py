"""One episode of one world, remembered: it can be gone back in, changed by hand and played on from anywhere."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from sandbox.environment.picture import Painter
from sandbox.playback.clip import Clip
from sandbox.playback.course import Course
from sandbox.playback.dials import WEIGHT, Parameter
from sandbox.playback.history import Change
from sandbox.world import hands


class Episode(Course):
    """One world with its company: a tree of what was played, one branch of which is the present.

    Steps are numbered from the start. A step is a function of the state alone, chance included, so that going back and
    forward again gives the same states to the byte. All changes are made at the present step and hold for the next
    one; where a future is remembered they begin a new branch and the old one stays.

    Args:
        scenario: a Scenario.
        rewards: as for `Company`.
        seed: of the first episode.
        world: the scenario's rules, where they are made already.
        limit: states that are remembered, all branches together; the oldest are forgotten first.
    """

    def reset(self, seed: int | None = None) -> None:
        """Begin again with the given seed, or with the next one.

        Nothing of what was played is kept, and formulations that learn along know what they knew at first; what was
        turned stays as it is, and whoever was taken over stays so.
        """
        turned = {
            (
                change.values["agent"],
                change.values["term"],
                change.values.get("parameter", WEIGHT),
            ): change.values["value"]
            for change in self.changes
            if change.kind in ("weight", "parameter") and change.index <= self.index
        }
        taken = self.taken_over
        self.seed = self.seed + 1 if seed is None else seed
        self.tree = self._begin()
        self.dials.reset()
        self._knowledge.begin(self.tree)
        self._show(0)
        for (agent, term, parameter), value in turned.items():
            self._turn(agent, term, parameter, value)
        self.take_over(taken)

    def _change(self, kind: str, cause: str, values: Mapping[str, Any]) -> None:
        """Write a change down, in a new branch where a future is remembered."""
        if self.index < self.length:
            self._fork(cause)
        line = self.tree.present
        if len(line.changes) > line.inherited and _same_knob(line.changes[-1], self.index, kind, values):
            line.changes.pop()
        line.changes.append(Change(self.index, kind, values))
        self._knowledge.changed(line, self.index)

    def _fork(self, cause: str) -> None:
        self.tree.fork(self.index, cause)
        self._make_room()

    def put_agent(self, agent: int, row: int, column: int) -> None:
        """Put an agent on another cell; ValueError, one line, where it cannot be."""
        edit = partial(hands.put_agent, agent=agent, row=row, column=column)
        cause = f"{self._name(agent)} to row {row}, column {column}"
        self._edit(edit, "put_agent", cause, {"agent": int(agent), "row": int(row), "column": int(column)})

    def put_thing(self, name: str, here: tuple[int, int], there: tuple[int, int]) -> None:
        """Put a box, key or coloured coin from one (row, column) to another; ValueError, one line, where it cannot."""
        start, end = (int(here[0]), int(here[1])), (int(there[0]), int(there[1]))
        edit = partial(hands.put_thing, name=name, here=start, there=end)
        cause = f"{name} to row {end[0]}, column {end[1]}"
        self._edit(edit, "put_thing", cause, {"name": name, "here": list(start), "there": list(end)})

    def toggle(self, row: int, column: int) -> None:
        """Open or shut a door; ValueError, one line, where there is none or it cannot."""
        edit = partial(hands.toggle, row=row, column=column)
        cause = f"door at row {row}, column {column}"
        self._edit(edit, "toggle", cause, {"row": int(row), "column": int(column)})

    def _edit(self, edit: Any, kind: str, cause: str, values: Mapping[str, Any]) -> None:
        states = self.world.copy(self.states)
        edit(self.world, states)
        if states.tobytes() != self.states.tobytes():
            self._change(kind, cause, values)
            self.tree.replace(self.world.words(states)[0])
            self.states = states

    def take_over(self, agent: int | None) -> None:
        """Choose an agent's actions by `act` from now on, or, with None, nobody's; all others play on."""
        if agent is not None:
            self._name(agent)
        if agent == self.taken_over:
            return
        cause = "everybody plays" if agent is None else f"{self._name(agent)} taken over"
        self._change("take_over", cause, {"agent": agent})
        self.taken_over = agent

    def act(self, action: int | str) -> None:
        """What the agent taken over does in the next step; where nothing is said it stays.

        Raises:
            ValueError: nobody is taken over, or there is no such action.
        """
        names = self.world.actions
        if self.taken_over is None:
            raise ValueError("nobody is taken over")
        number = names.index(action) if isinstance(action, str) and action in names else action
        if not isinstance(number, int | np.integer) or not 0 <= number < len(names):
            raise ValueError(f"no action {action!r}; there are {', '.join(names)}")
        if self.index < self.length and self.tree.actions(self.index)[self.taken_over] != number:
            self._fork(f"{self._name(self.taken_over)}: {names[number]}")
        self._hand.action = int(number)

    def _name(self, agent: int) -> str:
        if not 0 <= agent < len(self.agent_names):
            raise ValueError(f"no agent {agent}; there are {', '.join(self.agent_names)}")
        return self.agent_names[agent]

    def parameters(self, agent: int) -> list[Parameter]:
        """All numbers of an agent's terms, weights included, as they are now."""
        self._settle()
        return self.dials.parameters(agent)

    def set_weight(self, agent: int, term: str, value: float) -> None:
        """Another weight for a term, from the next step on, for all agents that share the mix; ValueError, one line."""
        self._turn(agent, term, WEIGHT, value)

    def set_parameter(self, agent: int, term: str, parameter: str, value: float) -> None:
        """Another value for a number of a term, from the next step on, for all agents that share the mix.

        A formulation that learns along begins anew with it.

        Raises:
            ValueError: there is no such term or number, or it does not take the value; one line.
        """
        self._turn(agent, term, parameter, value)

    def _turn(self, agent: int, term: str, parameter: str, value: float) -> None:
        self._name(agent)
        self._settle()
        value = self.dials.checked(agent, term, parameter, value)
        if any(own[:3] == (term, parameter, value) for own in self.dials.parameters(agent)):
            return
        kind = "weight" if parameter == WEIGHT else "parameter"
        named = {} if parameter == WEIGHT else {"parameter": parameter}
        cause = f"{term} {parameter} {value:g}"
        self._change(kind, cause, {"agent": int(agent), "term": term, **named, "value": value})

    def clip(self, first: int | None = None, last: int | None = None, fps: float = 6) -> Clip:
        """A film of the present branch from one step to another, or as far as it is remembered.

        Raises:
            ValueError: there are no such steps.
        """
        begin, end = self.first_step if first is None else first, self.length if last is None else last
        if not self.first_step <= begin <= end <= self.length:
            raise ValueError(
                f"no steps {begin} to {end}; what is remembered is {self.first_step} to {self.length}"
            )
        states = self.history[begin - self.first_step : end + 1 - self.first_step]
        return Clip(Painter(self.world, self.painter.cell_size), states, fps)


def _same_knob(change: Change, index: int, kind: str, values: Mapping[str, Any]) -> bool:
    """Whether a change turned, at the same step, what is turned again now."""
    if (change.index, change.kind) != (index, kind) or kind not in ("weight", "parameter", "take_over"):
        return False
    return kind == "take_over" or all(
        change.values.get(knob) == values.get(knob) for knob in ("agent", "term", "parameter")
    )
