"""The mistakes that no single key of a scenario shows."""

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from sandbox.scenario.parts import NAME, is_solid, one_letter
from sandbox.scenario.words import listed, show, suggestion
from sandbox.world.mechanic import things

if TYPE_CHECKING:
    from sandbox.scenario.schema import Scenario

MOST_AGENTS = 250
MOST_TEAMS = 31  # an agent's look is 1 + its number, below the bit that says that it carries something
FLOOR, WALL = ".", "#"
NAMING = "a letter, then letters, digits, _ and - are allowed"

Found = Iterator[tuple[tuple[str | int, ...], str]]


def across(scenario: "Scenario") -> Found:
    """All mistakes as (place, message); the place of a cell is ("map", row, column) as drawn."""
    if scenario.edges == "torus" and scenario.walls == "thin":
        yield ("edges",), "edges is 'torus', but with thin walls only 'walls' is allowed: its border is drawn"
    yield from check_legend(scenario)
    yield from check_agents(scenario)
    yield from check_names(scenario)
    yield from (((("map", row, column)), message) for row, column, message in scenario.drawing.problems)
    if not scenario.drawing.problems:
        yield from check_cells(scenario)
        yield from check_starts(scenario)
        yield from check_links(scenario)


def check_legend(scenario: "Scenario") -> Found:
    """Letters that a legend may not redefine."""
    for letter, laid in scenario.legend.items():
        try:
            one_letter(letter)
        except PydanticCustomError as error:
            yield ("legend", letter, "@key"), str(error)
        fixed = {FLOOR: [], WALL: ["wall"]}.get(letter)
        if fixed is not None and [entry.thing for entry in laid] != fixed:
            meaning = "floor" if letter == FLOOR else "wall"
            yield (
                ("legend", letter, "@key"),
                f"{letter!r} always means {meaning}; any other letter is allowed here",
            )


def check_agents(scenario: "Scenario") -> Found:
    """Groups: how many, how named, with which letters."""
    if not scenario.agents:
        yield ("agents",), "there are no agents; at least one group is needed, such as `human: {letter: H}`"
    seen: dict[str, str] = {}
    for name, group in scenario.agents.items():
        if not NAME.fullmatch(name):
            yield (
                ("agents", name, "@key"),
                f"{show(name)} cannot be a group's name; {NAMING}",
            )
        elif not NAME.fullmatch(group.team):
            yield (
                ("agents", name, "team"),
                f"{show(group.team)} cannot be a team's name; {NAMING}",
            )
        elif not NAME.fullmatch(group.look):
            yield ("agents", name, "look"), f"{show(group.look)} cannot be the name of a look; {NAMING}"
        if group.letter == WALL:
            yield ("agents", name, "letter"), "'#' always means wall; any other letter is allowed for agents"
        elif group.letter in seen:
            yield (
                ("agents", name, "letter"),
                f"the letter {group.letter!r} is already {seen[group.letter]!r}; each group needs its own",
            )
        elif group.letter != FLOOR:
            seen[group.letter] = name
        if group.starts == FLOOR and group.count is None:
            yield (
                ("agents", name),
                f"missing key 'count' for {name!r}; with the letter '.' (any floor) it is needed",
            )
    total = sum(group.count or 0 for group in scenario.agents.values())
    if total > MOST_AGENTS:
        yield ("agents",), f"{total} agents are too many; up to {MOST_AGENTS} are allowed"
    for word, names in (("teams", scenario.teams), ("looks", {g.look for g in scenario.agents.values()})):
        if len(names) > MOST_TEAMS:
            yield ("agents",), f"{len(names)} {word} are too many; up to {MOST_TEAMS} are allowed"
            break


def check_names(scenario: "Scenario") -> Found:
    """Teams and groups that are named must exist."""
    names = [*scenario.teams, *(name for name in scenario.agents if name not in scenario.teams)]

    def check(place: tuple[str | int, ...], given: str) -> Found:
        if given not in names:
            yield (
                place,
                f"no team or group is called {given!r}{suggestion(given, names)} allowed: {listed(names)}",
            )

    def check_params(place: tuple[str | int, ...], params: Any) -> Found:
        for field in dataclasses.fields(
            params
        ):  # `used_by`, `pushed_by` and the like list names, `of` is one
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


def check_cells(scenario: "Scenario") -> Found:
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


def check_starts(scenario: "Scenario") -> Found:
    """Each agent needs a cell to begin on, one of its own unless cells are shared."""
    text = "".join(scenario.drawing.rows)
    movement = scenario.mechanics.get("movement")
    shared = movement is not None and movement.share
    wanted: dict[str, int] = {}
    for group in scenario.agents.values():
        wanted[group.starts] = wanted.get(group.starts, 0) + (group.count or 0)
    for name, group in scenario.agents.items():
        letter, cells = group.starts, text.count(group.starts)
        key = "letter" if group.start is None else "start"
        missing = cells < (1 if shared else wanted[letter])
        if letter == FLOOR and missing:
            yield (
                ("agents", name, "count"),
                f"{wanted[letter]} agents need floor to begin on, but the map has {cells} floor cells",
            )
        elif letter == WALL and group.start is not None:
            yield ("agents", name, "start"), "nobody can begin on '#', a wall; another letter is allowed"
        elif letter not in (FLOOR, WALL) and not cells:
            yield (
                ("agents", name, key),
                f"{name!r} is missing on the map; its letter {letter!r} must be there",
            )
        elif letter not in (FLOOR, WALL) and missing:
            alone = wanted[letter] == group.count
            said = f"count is {group.count}" if alone else f"{wanted[letter]} agents begin there"
            yield (
                ("agents", name, "count"),
                f"{said}, but the letter {letter!r} stands on {cells} cells of the map; "
                f"1 to {cells} are allowed",
            )
        for laid in (scenario.meaning(letter) or ()) if letter not in (FLOOR, WALL) else ():
            if is_solid(laid):
                yield (
                    ("legend", letter) if letter in scenario.legend else ("agents", name, key),
                    f"{name!r} cannot begin on a {laid.thing}; only things that one can stand on",
                )


def check_links(scenario: "Scenario") -> Found:
    """Whatever works doors (it has a link, and doors are worked `by` it) must find one."""
    cells = [
        (row, column, letter)
        for row, line in enumerate(scenario.drawing.rows)
        for column, letter in enumerate(line)
    ]
    laid = [
        (row, column, letter, thing)
        for row, column, letter in cells
        for thing in scenario.meaning(letter) or ()
    ]
    worked = {(thing.params.by, thing.params.link) for *_, thing in laid if hasattr(thing.params, "by")}
    told = set()
    for row, column, letter, thing in laid:
        link = getattr(thing.params, "link", None)
        if link is None or hasattr(thing.params, "by") or (thing.thing, link) in worked or letter in told:
            continue
        told.add(letter)
        links = listed(sorted(repr(other) for by, other in worked if by == thing.thing))
        yield (
            ("legend", letter)
            if letter in scenario.legend
            else ("map", *scenario.drawing.drawn(row, column)),
            f"this {thing.thing} works no door; a door with by: {thing.thing} and link: {link!r} is needed, "
            f"or another link (doors worked by a {thing.thing} have: {links})",
        )
