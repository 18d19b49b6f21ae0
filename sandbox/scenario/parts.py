"""The parts of a scenario whose form others decide: rewards, policies, things and settings of mechanics."""

import dataclasses
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, create_model
from pydantic_core import InitErrorDetails, PydanticCustomError

from sandbox.scenario.words import listed, says, show, suggestion
from sandbox.world.codes import AGENT, SOLID
from sandbox.world.mechanic import mechanics, things

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True)


def is_plain(value: Any) -> bool:
    """Whether a value is made of finite numbers, text, truth values, lists and mappings alone."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_plain(item) for item in value)
    return (
        value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    )


def read_spec(value: Any, what: str, single: bool) -> Any:
    """Check the shape of `name` or `{name: {parameter: value}}`; the name itself is for others to judge."""
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    if isinstance(value, Mapping) and value and not (single and len(value) > 1):
        for name, params in value.items():
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise says(
                    f"{show(name)} cannot be the name of a {what}; letters, digits, _ and - are allowed"
                )
            if params is not None and not (isinstance(params, Mapping) and is_plain(params)):
                raise says(
                    f"the parameters of {name!r} must be a mapping such as {{{name}: {{parameter: value}}}}"
                )
        return {name: dict(params or {}) for name, params in value.items()}
    several = "" if single else ", or a mapping with one entry for each term"
    raise says(f"{show(value)} is no {what}; a name or {{name: {{parameter: value}}}} is allowed{several}")


def spec_terms(spec: str | Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A spec in its full form, {name: parameters}."""
    return {spec: {}} if isinstance(spec, str) else {name: dict(params) for name, params in spec.items()}


RewardSpec = Annotated[Any, PlainValidator(lambda value: read_spec(value, "reward", single=False))]
PolicySpec = Annotated[Any, PlainValidator(lambda value: read_spec(value, "policy", single=True))]


# --- what mechanics bring: things and settings ----------------------------------------------------------


@cache
def model_of(name: str, params: type) -> type[BaseModel]:
    """A strict pydantic model of {name: a mechanic's dataclass}; the name enters an error's place."""
    hints = get_type_hints(params, include_extras=True)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(params):
        if field.default_factory is not dataclasses.MISSING:
            fields[field.name] = (hints[field.name], Field(default_factory=field.default_factory))
        else:
            default = ... if field.default is dataclasses.MISSING else field.default
            fields[field.name] = (hints[field.name], default)
    inner = create_model(params.__name__, __config__=STRICT, **fields)
    outer: dict[str, Any] = {name: (inner, ...)}
    return create_model(name, **outer)


def read_params(name: str, kind: type, value: Any) -> Any:
    """Turn a mapping into the dataclass that a mechanic asks for."""
    checked = getattr(model_of(name, kind).model_validate({name: {} if value is None else value}), name)
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
                f"{show(value)} does not say what lies there; a thing's name, {{thing: {{name: value}}}} "
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
            raise says(
                f"a {first} and a {second} cannot lie in one cell; one on the ground and one on top may"
            )
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
        raise says(
            f"mechanics is {show(value)}, but must be a mapping of {listed(with_settings())} to settings"
        )
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


def one_letter(value: str) -> str:
    """Check that a text can stand on a map."""
    if len(value) != 1 or not value.isprintable() or value.isspace():
        raise says(f"{show(value)} is no letter; one visible character is allowed")
    return value
