"""What a scenario file may say: the pydantic model of the format."""

import dataclasses
import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from sandbox.scenario.checks import FLOOR, MOST_AGENTS, across
from sandbox.scenario.drawing import Drawing, draw
from sandbox.scenario.parts import (
    STRICT,
    Laid,
    PolicySpec,
    RewardSpec,
    one_letter,
    read_settings,
    read_things,
    spec_terms,
    with_settings,
)
from sandbox.scenario.words import says
from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.mechanic import things


def empty_if_none(value: Any) -> Any:
    """A key with nothing after it is an empty section."""
    return {} if value is None else value


Letter = Annotated[str, AfterValidator(one_letter)]
Name = Annotated[str, Field(strict=True)]


class Noise(BaseModel):
    """What chance does to everybody."""

    model_config = STRICT

    slip: float = Field(default=0.0, ge=0, le=1, description="a number from 0 to 1")


class Agents(BaseModel):
    """Agents that are alike: one entry of `agents`."""

    model_config = STRICT

    letter: Letter = Field(description="one visible character, or '.' for any free floor cell")
    count: int | None = Field(
        None, ge=1, le=MOST_AGENTS, description=f"a whole number from 1 to {MOST_AGENTS}"
    )
    team: str = Field("", description="a name: a letter, then letters, digits, _ and -")
    role: str = Field("", description="text")
    view: int = Field(3, ge=0, le=15, description="a whole number from 0 to 15")
    start: Letter | None = Field(None, description="a letter of the map, where its agents begin")
    look: str = Field("", description="a name: a letter, then letters, digits, _ and -")
    policy: PolicySpec = "random"
    rewards: RewardSpec = "task"

    @property
    def starts(self) -> str:
        """The letter of the cells on which its agents begin."""
        return self.start or self.letter


class Scenario(BaseModel):
    """One scenario, checked: `Scenario(**data)` raises pydantic's ValidationError for any mistake.

    `.text` and `.path` are the file it was read from, if any; `.hash` is a fingerprint of what it says.
    """

    model_config = STRICT

    format: Literal[1] = Field(description="1")
    name: Name = Field("", description="text")
    about: str = Field("", description="text, one sentence")
    map: str = Field(description="rows of letters below `map: |`")
    walls: Literal["blocks", "thin"] = Field("blocks", description="blocks or thin")
    edges: Literal["walls", "torus"] = Field("walls", description="walls or torus")
    legend: Annotated[
        dict[str, Annotated[list[Laid], PlainValidator(read_things)]], BeforeValidator(empty_if_none)
    ] = Field(default={}, description="a mapping of letters to things")
    agents: dict[str, Agents] = Field(description="a mapping of group names to agents")
    mechanics: Annotated[dict[str, Any], PlainValidator(read_settings), BeforeValidator(empty_if_none)] = (
        Field(default={}, description="a mapping of rules to settings")
    )
    noise: Annotated[Noise, BeforeValidator(empty_if_none)] = Field(
        default=Noise(slip=0), description="a mapping such as {slip: 0.1}"
    )
    true_objective: Annotated[dict[str, RewardSpec], BeforeValidator(empty_if_none)] = Field(
        default={}, description="a mapping of teams or groups to rewards"
    )
    max_cycles: int = Field(100, ge=1, le=1_000_000, description="a whole number from 1 to 1000000")

    _text: str = PrivateAttr("")
    _path: Path | None = PrivateAttr(None)

    @property
    def text(self) -> str:
        """The file's text, "" for a scenario that was not read from a file."""
        return self._text

    @property
    def path(self) -> Path | None:
        """The file, or None."""
        return self._path

    @property
    def teams(self) -> tuple[str, ...]:
        """Team names in order of first appearance."""
        return tuple(dict.fromkeys(group.team for group in self.agents.values()))

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) of what the scenario says, defaults filled in, comments left out."""
        said = {
            "format": self.format,
            "name": self.name,
            "about": self.about,
            "map": self.drawing.text,
            "walls": self.walls,
            "edges": self.edges,
            "legend": {
                letter: [[laid.thing, dataclasses.asdict(laid.params)] for laid in self.meaning(letter) or ()]
                for letter in sorted(set("".join(self.drawing.rows)))
            },
            "agents": [  # a list: the order of groups numbers the agents
                [
                    name,
                    group.model_dump()
                    | {"policy": spec_terms(group.policy), "rewards": spec_terms(group.rewards)},
                ]
                for name, group in self.agents.items()
            ],
            "mechanics": {name: dataclasses.asdict(value) for name, value in self.mechanics.items()},
            "noise": self.noise.model_dump(),
            "true_objective": {name: spec_terms(spec) for name, spec in self.true_objective.items()},
            "max_cycles": self.max_cycles,
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @cached_property
    def drawing(self) -> Drawing:
        """The map as rows of cells, with thin walls apart."""
        return draw(self.map, self.walls)

    @cached_property
    def letters(self) -> dict[str, str]:
        """The agents' letters, letter -> group name ('.' left out)."""
        return {group.letter: name for name, group in self.agents.items() if group.letter != FLOOR}

    def meaning(self, letter: str) -> list[Laid] | None:
        """The things that a letter of the map stands for, [] for bare floor, None if it means nothing.

        The legend goes first, then the agents' letters (bare floor below), then the things' own letters.
        """
        if letter in self.legend:
            return self.legend[letter]
        if letter == FLOOR or letter in self.letters:
            return []
        return next(
            ([Laid(name, thing.params())] for name, thing in things().items() if thing.letter == letter), None
        )

    def blueprint(self) -> Blueprint:
        """What a `World` is built from."""
        rows = self.drawing.rows
        cells = [(row, column, letter) for row, line in enumerate(rows) for column, letter in enumerate(line)]
        return Blueprint(
            name=self.name,
            rows=rows,
            groups=tuple(
                Group(name, group.letter, group.team, group.role, group.view, group.count or 0, group.look)
                for name, group in self.agents.items()
            ),
            starts={
                name: tuple((row, column) for row, column, letter in cells if letter == group.starts)
                for name, group in self.agents.items()
            },
            things=tuple(
                Placed(laid.thing, laid.params, row, column, letter)
                for row, column, letter in cells
                for laid in self.meaning(letter) or ()
            ),
            fences=self.drawing.fences,
            settings={name: self.mechanics.get(name) or kind() for name, kind in with_settings().items()},
            slip=self.noise.slip,
            max_cycles=self.max_cycles,
            torus=self.edges == "torus",
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, group in self.agents.items():  # the defaults that depend on something else
            cells = sum(line.count(group.starts) for line in self.drawing.rows) or None
            count = group.count or (cells if group.starts != FLOOR else None)
            team = group.team or name
            self.agents[name] = group.model_copy(
                update={"team": team, "count": count, "look": group.look or team}
            )
        problems = [
            InitErrorDetails(type=says(message), loc=place, input=None) for place, message in across(self)
        ]
        if problems:
            raise ValidationError.from_exception_data("scenario", problems)
        return self
