"""What a scenario may say: the pydantic model of the file format, and the checks that look across it."""

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_type_hints

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    PrivateAttr,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from sandbox.scenario.drawing import Drawing, draw
from sandbox.world.blueprint import Blueprint, Group, Placed
from sandbox.world.codes import AGENT, SOLID
from sandbox.world.mechanic import mechanics, things

MOST_AGENTS = 250
MOST_TEAMS = 31  # an agent's look is 1 + team, below the bit that says that it carries something
FLOOR, WALL = ".", "#"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def says(message: str) -> PydanticCustomError:
    """An error whose text is ours from the first word to the last."""
    return PydanticCustomError("scenario", "{said}", {"said": message})


def show(value: Any) -> str:
    """A value as the user wrote it, near enough, and never long."""
    if value is None:
        return "empty"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def listed(names) -> str:
    """Names in one line."""
    return ", ".join(str(name) for name in names) or "none"


def suggestion(word: Any, names) -> str:
    """`; did you mean ...?`, or nothing where no name is near."""
    near = get_close_matches(str(word).lower(), {str(name).lower(): name for name in names}, 1, 0.6)
    match = next((str(name) for name in names if near and str(name).lower() == near[0]), None)
    return f"; did you mean {match!r}?" if match else ";"


# --- names with parameters: rewards and policies ------------------------------------------------------------------


def is_plain(value: Any) -> bool:
    """Whether a value is made of finite numbers, text, truth values, lists and mappings alone."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def read_spec(value: Any, what: str, single: bool) -> Any:
    """Check the shape of `name` or `{name: {parameter: value}}`; the name itself is the business of others."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    if isinstance(value, Mapping) and value and not (single and len(value) > 1):
        for name, params in value.items():
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise says(f"{show(name)} cannot be the name of a {what}; letters, digits, _ and - are allowed")
            if params is not None and not (isinstance(params, Mapping) and is_plain(params)):
                raise says(f"the parameters of {name!r} must be a mapping such as {{{name}: {{parameter: value}}}}")
        return {name: dict(params or {}) for name, params in value.items()}
    several = "" if single else ", or a mapping with one entry for each term"
    raise says(f"{show(value)} is no {what}; a name or {{name: {{parameter: value}}}} is allowed{several}")


def spec_terms(spec: str | Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A spec in its full form, {name: parameters}."""
    return {spec: {}} if isinstance(spec, str) else {name: dict(params) for name, params in spec.items()}


RewardSpec = Annotated[Any, PlainValidator(lambda value: read_spec(value, "reward", single=False))]
PolicySpec = Annotated[Any, PlainValidator(lambda value: read_spec(value, "policy", single=True))]


# --- what mechanics bring: things and settings --------------------------------------------------------------------


@cache
def model_of(params: type) -> type[BaseModel]:
    """A strict pydantic model with the fields of a mechanic's dataclass."""
    hints, fields = get_type_hints(params, include_extras=True), {}
    for field in dataclasses.fields(params):
        if field.default_factory is not dataclasses.MISSING:
            default = Field(default_factory=field.default_factory)
        else:
            default = ... if field.default is dataclasses.MISSING else field.default
        fields[field.name] = (Annotated[hints[field.name], Field(strict=True)], default)
    return create_model(params.__name__, __config__=STRICT, **fields)


def read_params(name: str, kind: type, value: Any) -> Any:
    """Turn a mapping into the dataclass that a mechanic asks for."""
    wrapper = create_model(name, **{name: (model_of(kind), ...)})  # so that the name is part of an error's place
    checked = getattr(wrapper.model_validate({name: {} if value is None else value}), name)
    return kind(**{field.name: getattr(checked, field.name) for field in dataclasses.fields(kind)})


@dataclasses.dataclass(frozen=True)
class Laid:
    """A thing that a letter of the map stands for, with its parameters."""

    thing: str
    params: Any


def read_things(value: Any) -> list[Laid]:
    """What the legend says of one letter: a thing's name, {thing: {parameter: value}}, or a list of those."""
    found, problems = [], []
    for index, entry in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(entry, str):
            entry = {entry: {}}
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise says(
                f"{show(value)} does not say what lies there; a thing's name, {{thing: {{parameter: value}}}} "
                f"or a list of those is allowed; things: {listed(['floor', *things()])}"
            )
        [(name, params)] = entry.items()
        if name == "floor" and not params:
            continue
        if name not in things():
            names = ["floor", *things()]
            raise says(f"unknown thing {name!r}{suggestion(name, names)} allowed: {listed(names)}")
        try:
            found.append(Laid(name, read_params(name, things()[name].params, params)))
        except ValidationError as error:
            problems += [nested(problem, index) for problem in error.errors()]
    if problems:
        raise ValidationError.from_exception_data("legend", problems)
    planes = [plane_of(laid.thing) for laid in found]
    for index, plane in enumerate(planes):
        if plane in planes[:index]:
            first, second = found[planes.index(plane)].thing, found[index].thing
            raise says(f"a {first} and a {second} cannot lie in one cell; one on the ground and one on top may")
    return found


def nested(problem: Any, *place: str | int) -> InitErrorDetails:
    """A pydantic error moved to a place further down."""
    return InitErrorDetails(type=restated(problem), loc=(*place, *problem["loc"]), input=problem["input"])


def restated(problem: Any) -> PydanticCustomError:
    """A pydantic error of any kind as one of ours; only what is read later is kept."""
    if problem["type"] == "scenario":
        return says(problem["msg"])
    return PydanticCustomError(problem["type"], "{said}", {"said": problem["msg"]})


def plane_of(thing: str) -> int:
    """The plane of codes that a thing fills, as its rule's marks tell; -1 where they do not."""
    planes = {plane for plane, code in codes_of(thing)}
    return planes.pop() if len(planes) == 1 else -1


def codes_of(thing: str) -> list[tuple[int, int]]:
    """The (plane, code) pairs that the rule of a thing draws, agents and empty cells left out."""
    rule = next(rule for rule in mechanics().values() if thing in (rule.things or {}))
    return [(plane, code) for plane, code in rule.marks if plane != AGENT and code != 0]


def is_solid(laid: Laid) -> bool:
    """Whether nobody can stand on a thing as it is at the start."""
    solid = [code >= SOLID for _, code in codes_of(laid.thing)]
    return bool(solid) and (all(solid) or (any(solid) and not getattr(laid.params, "open", True)))


def with_settings() -> dict[str, type]:
    """The mechanics that have settings, and their dataclasses."""
    return {name: rule.settings for name, rule in mechanics().items() if rule.settings}


def read_settings(value: Any) -> dict[str, Any]:
    """What a scenario sets for whole rules: {mechanic: {setting: value}}."""
    if not isinstance(value, Mapping):
        raise says(f"mechanics is {show(value)}, but must be a mapping of {listed(with_settings())} to settings")
    found, problems = {}, []
    for name, params in value.items():
        if name not in with_settings():
            known = f"the rule {name!r} has no settings" if name in mechanics() else f"unknown rule {name!r}"
            message = f"{known}{suggestion(name, with_settings())} allowed: {listed(with_settings())}"
            problems.append(InitErrorDetails(type=says(message), loc=(name, "@key"), input=params))
            continue
        try:
            found[name] = read_params(name, with_settings()[name], params)
        except ValidationError as error:
            problems += [nested(problem) for problem in error.errors()]
    if problems:
        raise ValidationError.from_exception_data("mechanics", problems)
    return found


# --- the format ---------------------------------------------------------------------------------------------------


def empty_if_none(value: Any) -> Any:
    """A key with nothing after it is an empty section."""
    return {} if value is None else value


def one_letter(value: str) -> str:
    """Check that a text can stand on a map."""
    if len(value) != 1 or not value.isprintable() or value.isspace():
        raise says(f"{show(value)} is no letter; one visible character is allowed")
    return value


Letter = Annotated[str, AfterValidator(one_letter)]
Name = Annotated[str, Field(strict=True)]


class Noise(BaseModel):
    """What chance does to everybody."""

    model_config = STRICT

    slip: float = Field(0.0, ge=0, le=1, description="a number from 0 to 1")


class Agents(BaseModel):
    """Agents that are alike: one entry of `agents`."""

    model_config = STRICT

    letter: Letter = Field(description="one visible character, or '.' for any free floor cell")
    count: int | None = Field(None, ge=1, le=MOST_AGENTS, description=f"a whole number from 1 to {MOST_AGENTS}")
    team: str = Field("", description="a name: a letter, then letters, digits, _ and -")
    role: str = Field("", description="text")
    view: int = Field(3, ge=0, le=15, description="a whole number from 0 to 15")
    policy: PolicySpec = "random"
    rewards: RewardSpec = "task"


class Scenario(BaseModel):
    """One scenario, checked: `Scenario(**data)` raises pydantic's ValidationError (a ValueError) for any mistake.

    `.text` and `.path` are the file it was read from, if any; `.hash` is a fingerprint of what it says.
    """

    model_config = STRICT

    format: Literal[1] = Field(description="1")
    name: Name = Field("", description="text")
    about: str = Field("", description="text, one sentence")
    map: str = Field(description="rows of letters below `map: |`")
    walls: Literal["blocks", "thin"] = Field("blocks", description="blocks or thin")
    legend: Annotated[
        dict[str, Annotated[list[Laid], PlainValidator(read_things)]], BeforeValidator(empty_if_none)
    ] = Field(default={}, description="a mapping of letters to things")
    agents: dict[str, Agents] = Field(description="a mapping of group names to agents")
    mechanics: Annotated[dict[str, Any], PlainValidator(read_settings), BeforeValidator(empty_if_none)] = Field(
        default={}, description="a mapping of rules to settings"
    )
    noise: Annotated[Noise, BeforeValidator(empty_if_none)] = Field(Noise(), description="a mapping such as {slip: 0.1}")
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
        """SHA-256 (hex) of what the scenario says, defaults filled in; comments and layout of the file do not count."""
        said = {
            "format": self.format,
            "name": self.name,
            "about": self.about,
            "map": self.drawing.text,
            "walls": self.walls,
            "legend": {
                letter: [[laid.thing, dataclasses.asdict(laid.params)] for laid in self.meaning(letter)]
                for letter in sorted(set("".join(self.drawing.rows)))
            },
            "agents": [  # a list: the order of groups numbers the agents
                [name, group.model_dump() | {"policy": spec_terms(group.policy), "rewards": spec_terms(group.rewards)}]
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
        """The things that a letter of the map stands for, [] for bare floor, None for a letter without a meaning.

        The legend goes first, then the agents' letters (bare floor under the agent), then the things' own letters.
        """
        if letter in self.legend:
            return self.legend[letter]
        if letter == FLOOR or letter in self.letters:
            return []
        return next((
            [Laid(name, thing.params())] for name, thing in things().items() if thing.letter == letter
        ), None)

    def blueprint(self) -> Blueprint:
        """What a `World` is built from."""
        rows = self.drawing.rows
        cells = [(row, column, letter) for row, line in enumerate(rows) for column, letter in enumerate(line)]
        return Blueprint(
            name=self.name,
            rows=rows,
            groups=tuple(
                Group(name, group.letter, group.team, group.role, group.view, group.count or 0)
                for name, group in self.agents.items()
            ),
            starts={
                name: tuple((row, column) for row, column, letter in cells if letter == group.letter)
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
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, group in self.agents.items():  # the two defaults that depend on something else
            cells = sum(line.count(group.letter) for line in self.drawing.rows)
            count = group.count or (cells if group.letter != FLOOR else None)
            filled = group.model_copy(update={"team": group.team or name, "count": count})
            self.agents[name] = filled
        problems = [
            InitErrorDetails(type=says(message), loc=place, input=None) for place, message in across(self)
        ]
        if problems:
            raise ValidationError.from_exception_data("scenario", problems)
        return self


# --- checks across the whole ----------------------------------------------------------------------------------------

Found = Iterator[tuple[tuple[str | int, ...], str]]


def across(scenario: Scenario) -> Found:
    """All mistakes that no single key shows: (place, message), the places of map cells being ("map", row, column)."""
    yield from check_legend(scenario)
    yield from check_agents(scenario)
    yield from check_names(scenario)
    yield from (((("map", row, column)), message) for row, column, message in scenario.drawing.problems)
    if not scenario.drawing.problems:
        yield from check_cells(scenario)
        yield from check_starts(scenario)
        yield from check_links(scenario)


def check_legend(scenario: Scenario) -> Found:
    """Letters that a legend may not redefine."""
    for letter, laid in scenario.legend.items():
        try:
            one_letter(letter)
        except PydanticCustomError as error:
            yield ("legend", letter, "@key"), str(error)
        fixed = {FLOOR: [], WALL: ["wall"]}.get(letter)
        if fixed is not None and [entry.thing for entry in laid] != fixed:
            meaning = "floor" if letter == FLOOR else "wall"
            yield ("legend", letter, "@key"), f"{letter!r} always means {meaning}; any other letter is allowed here"


def check_agents(scenario: Scenario) -> Found:
    """Groups: how many, how named, with which letters."""
    if not scenario.agents:
        yield ("agents",), "there are no agents; at least one group is needed, such as `human: {letter: H}`"
    seen: dict[str, str] = {}
    for name, group in scenario.agents.items():
        if not NAME.fullmatch(name):
            yield (
                ("agents", name, "@key"),
                f"{show(name)} cannot be a group's name; a letter, then letters, digits, _ and - are allowed",
            )
        elif not NAME.fullmatch(group.team):
            yield (
                ("agents", name, "team"),
                f"{show(group.team)} cannot be a team's name; a letter, then letters, digits, _ and - are allowed",
            )
        if group.letter == WALL:
            yield ("agents", name, "letter"), "'#' always means wall; any other letter is allowed for agents"
        elif group.letter in seen:
            yield (
                ("agents", name, "letter"),
                f"the letter {group.letter!r} already stands for {seen[group.letter]!r}; each group needs its own",
            )
        elif group.letter != FLOOR:
            seen[group.letter] = name
        if group.letter == FLOOR and group.count is None:
            yield ("agents", name), f"missing key 'count' for {name!r}; with the letter '.' (any floor) it is needed"
    total = sum(group.count or 0 for group in scenario.agents.values())
    if total > MOST_AGENTS:
        yield ("agents",), f"{total} agents are too many; up to {MOST_AGENTS} are allowed"
    if len(scenario.teams) > MOST_TEAMS:
        yield ("agents",), f"{len(scenario.teams)} teams are too many; up to {MOST_TEAMS} are allowed"


def check_names(scenario: Scenario) -> Found:
    """Teams and groups that are named must exist."""
    names = [*scenario.teams, *(name for name in scenario.agents if name not in scenario.teams)]

    def check(place: tuple[str | int, ...], given: str) -> Found:
        if given not in names:
            yield place, f"no team or group is called {given!r}{suggestion(given, names)} allowed: {listed(names)}"

    def check_params(place: tuple[str | int, ...], params: Any) -> Found:
        for field in dataclasses.fields(params):  # `used_by`, `pushed_by` and the like list names, `of` is one
            value = getattr(params, field.name)
            if field.name.endswith("_by") and isinstance(value, list):
                for index, given in enumerate(value):
                    yield from check((*place, field.name, index), given)
            elif field.name == "of" and value:
                yield from check((*place, field.name), value)

    for name in scenario.true_objective:
        yield from check(("true_objective", name, "@key"), name)
    for name, settings in scenario.mechanics.items():
        yield from check_params(("mechanics", name), settings)
    for letter, laid in scenario.legend.items():
        for index, entry in enumerate(laid):
            yield from check_params(("legend", letter, index, entry.thing), entry.params)


def check_cells(scenario: Scenario) -> Found:
    """Letters without a meaning, each reported at its first cell."""
    first: dict[str, tuple[int, int]] = {}
    for row, line in enumerate(scenario.drawing.rows):
        for column, letter in enumerate(line):
            if scenario.meaning(letter) is None:
                first.setdefault(letter, (row, column))
    known = [FLOOR, *(thing.letter for thing in things().values()), *scenario.letters, *scenario.legend]
    for letter, (row, column) in first.items():
        yield (
            ("map", *scenario.drawing.drawn(row, column)),
            f"unknown letter {letter!r} on the map; allowed: {' '.join(dict.fromkeys(known))} "
            "and any letter that `legend` or `agents` explains",
        )


def check_starts(scenario: Scenario) -> Found:
    """Each agent needs a cell to begin on."""
    text = "".join(scenario.drawing.rows)
    loose = sum(group.count or 0 for group in scenario.agents.values() if group.letter == FLOOR)
    for name, group in scenario.agents.items():
        cells, wanted = text.count(group.letter), group.count
        if group.letter == FLOOR and cells < loose:
            yield ("agents", name, "count"), f"{loose} agents need floor to begin on, but the map has {cells} floor cells"
        elif group.letter not in (FLOOR, WALL) and not cells:
            yield (
                ("agents", name, "letter"),
                f"{name!r} is missing on the map; its letter {group.letter!r} must stand on at least one cell",
            )
        elif group.letter not in (FLOOR, WALL) and wanted is not None and cells < wanted:
            yield (
                ("agents", name, "count"),
                f"count is {wanted}, but the letter {group.letter!r} stands on {cells} cells of the map; "
                f"1 to {cells} are allowed",
            )
        for laid in scenario.legend.get(group.letter, ()) if group.letter != FLOOR else ():
            if is_solid(laid):
                yield ("legend", group.letter), f"{name!r} cannot begin on a {laid.thing}; only things that one can stand on"


def check_links(scenario: Scenario) -> Found:
    """Whatever works doors (it has a link, and doors are worked `by` it) must find one."""
    cells = [(row, column, letter) for row, line in enumerate(scenario.drawing.rows) for column, letter in enumerate(line)]
    laid = [(row, column, letter, thing) for row, column, letter in cells for thing in scenario.meaning(letter) or ()]
    worked = {(thing.params.by, thing.params.link) for *_, thing in laid if hasattr(thing.params, "by")}
    told = set()
    for row, column, letter, thing in laid:
        link = getattr(thing.params, "link", None)
        if link is None or hasattr(thing.params, "by") or (thing.thing, link) in worked or letter in told:
            continue
        told.add(letter)
        links = listed(sorted(repr(other) for by, other in worked if by == thing.thing))
        yield (
            ("legend", letter) if letter in scenario.legend else ("map", *scenario.drawing.drawn(row, column)),
            f"this {thing.thing} works no door; a door with by: {thing.thing} and link: {link!r} is needed, "
            f"or another link (doors worked by a {thing.thing} have: {links})",
        )
