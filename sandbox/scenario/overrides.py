"""Overrides: values of a scenario replaced by dotted path, with the same care as the file's own."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from sandbox.scenario.mistakes import known_keys
from sandbox.scenario.source import Place, ScenarioError, Source
from sandbox.scenario.words import listed, one_line, show, suggestion


def override(source: Source, dotted: str, value: Any) -> None:
    """Set one value by its dotted path; raises ScenarioError where the format has no such path."""
    begin = f"{source.name}: override {one_line(dotted)}:"
    steps = dotted.split(".") if isinstance(dotted, str) else [""]
    if not all(steps):
        raise ScenarioError(f"{begin} a dotted path such as agents.helper.view is needed")
    in_list = [steps[0] == "legend" and n > 1 and step.isdecimal() for n, step in enumerate(steps)]
    place = tuple(int(step) if number else step for step, number in zip(steps, in_list, strict=True))
    check_place(source, place, begin)
    spot: Any = source.data
    step: Any
    for step in place[:-1]:
        check_step(spot, step, begin)
        inner: Any = spot[step] if isinstance(spot, list) else spot.get(step)
        if isinstance(inner, str):  # a bare name stands for {name: {}}
            inner = {inner: {}}
        spot[step] = {} if inner is None else inner
        spot = spot[step]
    check_step(spot, place[-1], begin)
    spot[place[-1]] = plain_value(value)
    source.overridden.add(place)


def check_place(source: Source, place: Place, begin: str) -> None:
    """Refuse a path that the format does not have."""
    for length, step in enumerate(place):
        known = known_keys(place[:length], source.data)
        is_new_group = length == 1 and place[0] == "agents" and len(place) == 2
        if known is not None and isinstance(step, str) and step not in known and not is_new_group:
            near = suggestion(step, known)
            raise ScenarioError(f"{begin} unknown path, there is no {step!r}{near} allowed: {listed(known)}")


def check_step(spot: Any, step: str | int, begin: str) -> None:
    """Refuse a step into something that has no such part."""
    in_mapping = isinstance(spot, dict) and isinstance(step, str)
    if in_mapping or (isinstance(spot, list) and isinstance(step, int) and step < len(spot)):
        return
    above = f"a list of {len(spot)}, counted from 0" if isinstance(spot, list) else show(spot)
    raise ScenarioError(f"{begin} {step!r} leads nowhere; what stands above it is {above}")


def plain_value(value: Any) -> Any:
    """An override's value with the types that a file would give."""
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value
