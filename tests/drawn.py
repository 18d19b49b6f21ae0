"""Maps drawn before and after: put a drawing on the stage, let its agents act, and look at what results.

`#` is wall, `.` floor, `/` an open door; things have their default letters (box b, door D, plate p, switch s,
key k, item i, goal G) or those of a legend. Every other capital is an agent, in a team of its own unless
`teams` says more; while it carries a key it is drawn as a small letter.

The drawing is one corner of a stage that is always of one size; what it lacks of boxes, doors and so on to a
fixed number stands walled in elsewhere, so that a few compiled worlds do for all drawings. `bare=True` leaves
that away.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.codes import AGENT, CARRYING, DOOR_OPEN, GROUND, NOTHING, SOLID, THING
from sandbox.world.mechanic import mechanics, things
from sandbox.world.world import World

ON_THE_GROUND = ("wall", "plate", "switch", "goal", "door")
STAGE_ROWS, STAGE_COLUMNS, STORE_ROW = 10, 10, 8
ROOM = {"box": 3, "door": 3, "plate": 2, "switch": 2, "key": 2, "item": 2, "goal": 4}
SPARE = {"goal": {"of": "nobody"}, "plate": {"link": "-"}, "switch": {"link": "-"}}


def thing(name: str, **params: Any) -> tuple[str, dict[str, Any]]:
    """A legend's entry: a thing and what is said about it."""
    return name, params


def settings(**rules: dict[str, Any]) -> dict[str, Any]:
    """Settings of mechanics, such as settings(boxes={"pull": True})."""
    made = {}
    for name, values in rules.items():
        kind = mechanics()[name].settings
        assert kind is not None
        made[name] = kind(**values)
    return made


def drawn(text: str) -> str:
    """A drawing without the indentation and the empty lines around it."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


class Stage:
    """One world made from a drawing."""

    def __init__(
        self,
        drawing: str,
        legend: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
        teams: Mapping[str, str] | None = None,
        fences: Sequence[tuple[int, int, int]] = (),
        slip: float = 0.0,
        seed: int = 0,
        bare: bool = False,
        looks: Mapping[str, str] | None = None,
        torus: bool = False,
    ) -> None:
        rows = tuple(drawn(drawing).splitlines())
        self.rows, self.columns = len(rows), len(rows[0])
        letters: dict[str, Any] = {known.letter: (name, {}) for name, known in things().items()}
        letters |= {"/": ("door", {"open": True})} | dict(legend or {})
        self.placed: list[Placed] = []
        starts: dict[str, tuple[int, int]] = {}
        for row, line in enumerate(rows):
            for column, letter in enumerate(line):
                if letter in letters:
                    entries = letters[letter]
                    for name, params in entries if isinstance(entries, list) else [entries]:
                        own = things()[name].letter if isinstance(entries, list) else letter
                        self.placed.append(Placed(name, things()[name].params(**params), row, column, own))
                elif letter != ".":
                    starts[letter] = (row, column)
        self.agents = sorted(starts)
        if not bare:
            self._fill_the_stage()
            rows = ("." * STAGE_COLUMNS,) * STAGE_ROWS
        self.blueprint = Blueprint(
            name="drawn",
            rows=rows,
            groups=tuple(
                Group(
                    letter, letter, (teams or {}).get(letter, letter), "", 1, 1, (looks or {}).get(letter, "")
                )
                for letter in self.agents
            ),
            starts={letter: (starts[letter],) for letter in self.agents},
            things=tuple(self.placed),
            fences=frozenset(fences),
            settings=dict(rules or {}),
            slip=slip,
            max_cycles=1000,
            torus=torus,
        )
        self.world = World(self.blueprint)
        self.states = self.world.new_states(1, seed)

    def _fill_the_stage(self) -> None:
        put = iter(range(STORE_ROW * STAGE_COLUMNS, STAGE_ROWS * STAGE_COLUMNS))
        for name, room in ROOM.items():
            for _ in range(room - sum(placed.name == name for placed in self.placed)):
                params = things()[name].params(**SPARE.get(name, {}))
                self.placed.append(Placed(name, params, *divmod(next(put), STAGE_COLUMNS), "?"))
        for row in range(STORE_ROW):
            for column in range(STAGE_COLUMNS):
                if row >= self.rows or column >= self.columns:
                    self.placed.append(Placed("wall", things()["wall"].params(), row, column, "#"))

    def step(self, **actions: str) -> "Stage":
        """One step; agents that are not named stay."""
        names = list(self.world.actions)
        chosen = [names.index(actions.get(letter, "stay")) for letter in self.agents]
        self.world.step(self.states, np.array([chosen]))
        return self

    def play(self, **plans: str) -> "Stage":
        """As many steps as the longest plan has words; shorter plans end in `stay`."""
        words = {letter: plan.split() for letter, plan in plans.items()}
        for time in range(max(map(len, words.values()), default=0)):
            self.step(**{letter: plan[time] for letter, plan in words.items() if time < len(plan)})
        return self

    def allowed(self, letter: str) -> set[str]:
        """The actions that the mask leaves to an agent."""
        mask = self.world.action_mask(self.states)[0, self.agents.index(letter)]
        return {name for name, open_ in zip(self.world.actions, mask, strict=True) if open_}

    def of(self, name: str, letter: str) -> Any:
        """An agent's entry in a field of the state."""
        return self.states[0][name][self.agents.index(letter)].item()

    def cell(self, row: int, column: int) -> int:
        """The number of a cell, as records hold it."""
        return (row + self.world.pad) * self.world.stride + column + self.world.pad

    @property
    def drawing(self) -> str:
        """How the stage looks now."""
        return "\n".join(
            "".join(self._letter(row, column) for column in range(self.columns)) for row in range(self.rows)
        )

    def _letter(self, row: int, column: int) -> str:
        state, cell = self.states[0], self.cell(row, column)
        if state["who"][cell]:
            letter = self.agents[state["who"][cell] - 1]
            return letter.lower() if state["cells"][cell, AGENT] & CARRYING else letter
        on_ground = [put for put in self.placed if (put.row, put.column) == (row, column)]
        code = state["cells"][cell, THING]
        if code >= SOLID:
            return next(put.letter for put in self.placed if put.name == "box")
        if code != NOTHING:
            if "key_cell" in state.dtype.names and cell in state["key_cell"]:
                keys = [put for put in self.placed if put.name == "key"]
                return keys[list(state["key_cell"]).index(cell)].letter
            return next((put.letter for put in on_ground if put.name in ("item", "coin")), "o")
        if state["cells"][cell, GROUND] == DOOR_OPEN:
            return "/"
        return next((put.letter for put in on_ground if put.name in ON_THE_GROUND), ".").replace("/", "D")


def play(drawing: str, legend: Any = None, rules: Any = None, teams: Any = None, **plans: str) -> str:
    """The drawing that results when the agents named by `plans` carry them out."""
    return Stage(drawing, legend, rules, teams).play(**plans).drawing
