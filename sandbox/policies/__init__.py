"""Whatever turns states into actions: one file, one policy, found by looking into the folder."""

import dataclasses
import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from sandbox.policies.seat import Policy, Seat

NO_POLICIES = ("conduct", "seat", "ways")  # files that policies stand on


def names() -> list[str]:
    """All policies, by file name."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in NO_POLICIES)


def make(spec: str | Mapping[str, Any], seat: Seat) -> Policy:
    """A policy ready to act.

    Args:
        spec: a name, or {name: {parameter: value}}.
        seat: the world and the agent that it acts for.

    Raises:
        ValueError: no such policy or parameter, or a value that it does not take; one line.
    """
    name, params = (spec, {}) if isinstance(spec, str) else next(iter(spec.items()))
    params = params or {}
    if name not in names():
        raise ValueError(f"no policy {name!r}{_guess(name, names())}; there are {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    kind = getattr(module, name.capitalize())
    allowed = [field.name for field in dataclasses.fields(kind) if field.name != "seat"]
    for param in params:
        if param not in allowed:
            has = f"it takes {', '.join(allowed)}" if allowed else "it takes none"
            raise ValueError(f"policy {name} has no parameter {param!r}{_guess(param, allowed)}; {has}")
        try:
            TypeAdapter(get_type_hints(kind, include_extras=True)[param]).validate_python(
                params[param], strict=True
            )
        except ValidationError as problem:
            why = problem.errors()[0]["msg"].replace("Input should be", "should be")
            raise ValueError(f"policy {name}: {param} {why}, not {params[param]!r}") from None
    return kind(seat, **params)


def seated(world: Any, specs: list, mixes: list) -> list[Policy]:
    """One policy for each agent of a world, each knowing the company it is in."""
    company: list[Policy] = []
    for agent, (spec, mix) in enumerate(zip(specs, mixes, strict=True)):
        company.append(make(spec, Seat(world, agent, mix, company)))
    return company


def _guess(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f" (did you mean {close[0]!r}?)" if close else ""
