"""What is wrong with a scenario file, and what is likely not meant, as lines for people."""

import os
from collections import deque
from collections.abc import Iterator

from sandbox.scenario.read import find, parse_scenario, read_text
from sandbox.scenario.schema import Scenario
from sandbox.scenario.source import Place, ScenarioError, Source
from sandbox.scenario.words import one_line
from sandbox.world.mechanic import mechanics

STEPS = {1: (-1, 0), 2: (1, 0), 3: (0, -1), 4: (0, 1)}
Cell = tuple[int, int]


def lint(path: str | os.PathLike[str]) -> list[str]:
    """What is wrong with a scenario, one line each; mere doubts say `warning:` after the place."""
    try:
        file = find(path)
        text = read_text(file)
        scenario = parse_scenario(text, file)
    except ScenarioError as error:
        return error.problems
    source = Source(text, one_line(file))
    found = sorted(
        (source.where(place)[1], source.where(place)[0], message) for place, message in doubts(scenario)
    )
    return [f"{where}: warning: {message}" for _, where, message in found]


def doubts(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """What the format allows but hardly anybody means, as (place, message)."""
    if not scenario.about:
        yield (), "`about` is missing; one sentence on what the scenario shows helps everybody"
    yield from idle_words(scenario)
    yield from idle_doors(scenario)
    yield from shut_in(scenario)


def idle_words(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Letters and settings that concern nothing on the map."""
    letters = set("".join(scenario.drawing.rows))
    for letter in scenario.legend:
        if letter not in letters:
            yield ("legend", letter, "@key"), f"the letter {letter!r} is not on the map"
    lying = {thing.name for thing in scenario.blueprint().things}
    for rule in scenario.mechanics:
        owned = mechanics()[rule].things
        if owned and not lying & set(owned):
            yield ("mechanics", rule, "@key"), f"nothing on the map obeys {rule!r} ({', '.join(owned)})"


def idle_doors(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Doors that wait for a plate, switch or key that is not there."""
    placed = scenario.blueprint().things
    workers = {(thing.name, thing.params.link) for thing in placed if hasattr(thing.params, "link")}
    told = set()
    for thing in placed:
        by = getattr(thing.params, "by", None)
        if by in (None, "interact", "nothing") or (by, thing.params.link) in workers or thing.letter in told:
            continue
        told.add(thing.letter)
        message = f"no {by} has link: {thing.params.link!r}, so this {thing.name} never moves"
        yield ("map", *scenario.drawing.drawn(thing.row, thing.column)), message


def shut_in(scenario: Scenario) -> Iterator[tuple[Place, str]]:
    """Agents that can never leave their cell, and goals that no owner can reach, even if all doors opened."""
    blueprint = scenario.blueprint()
    walled = {(thing.row, thing.column) for thing in blueprint.things if thing.name == "wall"}
    walled |= {
        (t.row, t.column)
        for t in blueprint.things
        if t.name == "door" and t.params.by == "nothing" and not t.params.open
    }
    reach: dict[str, set[Cell]] = {}
    for group in blueprint.groups:
        reach[group.name] = set()
        for start in blueprint.starts[group.name]:
            own = reachable(scenario, start, walled)
            reach[group.name] |= own
            if len(own) == 1:
                yield (
                    ("map", *scenario.drawing.drawn(*start)),
                    f"{group.name!r} is walled in here and can never move",
                )
                break
    for thing in blueprint.things:
        owner = getattr(thing.params, "of", None)
        if thing.name != "goal" or owner is None:
            continue
        owners = [group.name for group in blueprint.groups if owner in ("", group.name, group.team)]
        if not any((thing.row, thing.column) in reach[name] for name in owners):
            whose = f"by {owner!r}" if owner else "by anybody"
            message = f"this goal can never be reached {whose}; walls stand in every way"
            yield ("map", *scenario.drawing.drawn(thing.row, thing.column)), message


def reachable(scenario: Scenario, start: Cell, walled: set[Cell]) -> set[Cell]:
    """Cells that can be walked to when nothing but walls stops anybody."""
    rows, fences = scenario.drawing.rows, scenario.drawing.fences
    seen, queue = {start}, deque([start])
    while queue:
        row, column = queue.popleft()
        for direction, (down, right) in STEPS.items():
            there = row + down, column + right
            # fences are named from their northern or western side
            side = {1: (*there, 2), 2: (row, column, 2), 3: (*there, 4), 4: (row, column, 4)}[direction]
            if scenario.edges == "torus":
                there = there[0] % len(rows), there[1] % len(rows[0])
            inside = 0 <= there[0] < len(rows) and 0 <= there[1] < len(rows[0])
            if inside and there not in walled and there not in seen and side not in fences:
                seen.add(there)
                queue.append(there)
    return seen
