"""Pydantic's errors in our words: what is wrong, and what is allowed."""

import dataclasses
from typing import Any, get_args, get_origin

from sandbox.scenario.parts import with_settings
from sandbox.scenario.schema import Agents, Noise, Scenario
from sandbox.scenario.source import Place
from sandbox.scenario.words import listed, one_line, show, suggestion
from sandbox.world.mechanic import things


def known_keys(place: Place, data: Any) -> list[str] | None:
    """The keys that may stand at a place, None where any may."""
    match [step for step in place if not isinstance(step, int)]:
        case []:
            return list(Scenario.model_fields)
        case ["agents"]:
            return list(data["agents"]) if isinstance(data.get("agents"), dict) else None
        case ["agents", _]:
            return list(Agents.model_fields)
        case ["noise"]:
            return list(Noise.model_fields)
        case ["mechanics"]:
            return list(with_settings())
        case ["mechanics", rule] if rule in with_settings():
            return [field.name for field in dataclasses.fields(with_settings()[rule])]
        case ["legend", _]:
            return ["floor", *things()]
        case ["legend", _, thing] if thing in things():
            return [field.name for field in dataclasses.fields(things()[thing].params)]
    return None


def needs(place: Place) -> str:
    """What a key must hold, in words."""
    names = [step for step in place if not isinstance(step, int)]
    match names:
        case [key] if key in Scenario.model_fields:
            return Scenario.model_fields[key].description or "something else"
        case ["agents", _]:
            return "a mapping such as {letter: A}"
        case ["agents", _, key] if key in Agents.model_fields:
            return Agents.model_fields[key].description or "something else"
        case ["noise", key] if key in Noise.model_fields:
            return Noise.model_fields[key].description or "something else"
        case ["mechanics", rule, key]:
            return in_words(with_settings()[str(rule)], str(key), place)
        case ["legend", _, thing, key]:
            return in_words(things()[str(thing)].params, str(key), place)
    return "a mapping of names to values"


def in_words(kind: type, key: str, place: Place) -> str:
    """The type of a dataclass field, in words for people."""
    hint = next((field.type for field in dataclasses.fields(kind) if field.name == key), str)
    if hint == list[str]:
        return "a name, in text" if isinstance(place[-1], int) else "a list of names such as [helper]"
    if get_origin(hint) is list:
        choices = listed(get_args(get_args(hint)[0]))
        return f"one of {choices}" if isinstance(place[-1], int) else f"a list of {choices}"
    words = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}
    choices = getattr(hint, "__args__", ())
    return words.get(hint, listed(choices).replace(", ", " or ") if choices else str(hint))  # type: ignore[arg-type]


def restate(problem: Any, data: dict[str, Any]) -> tuple[Place, str]:
    """A pydantic error as (place, message)."""
    place, kind = tuple(problem["loc"]), problem["type"]
    if kind == "scenario":
        return place, problem["msg"]
    if kind == "extra_forbidden":
        known = known_keys(place[:-1], data) or []
        return (
            *place,
            "@key",
        ), f"unknown key {show(place[-1])}{suggestion(place[-1], known)} allowed: {listed(known)}"
    if kind == "missing":
        return place[:-1], f"missing key {place[-1]!r}; it must be {needs(place)}"
    if kind == "value_error":
        return place, one_line(problem.get("ctx", {}).get("error", problem["msg"])).removeprefix(
            "Value error, "
        )
    name = next((step for step in reversed(place) if isinstance(step, str)), "this")
    return place, f"{name} is {show(problem['input'])}, but must be {needs(place)}"
