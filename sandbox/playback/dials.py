"""What can be turned while an episode plays: the weight and the numbers of every term that somebody is paid by."""

import dataclasses
import math
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from rewards.mix import Mix, Normalised, Term, pupils
from sandbox.environment.payment import lacking
from sandbox.world.world import World

WEIGHT = "weight"
KNOWN = {"horizon": (1, 8), "depth": (1, 8)}
"""Ranges of parameters that cost much where they are large."""
FIXED = ("seed",)
"""Numbers that are no quantities."""
STEPS_DOWN = (-10, -2, -1, 0, 1)
STEPS_UP = (100, 10, 2, 1, 0)


class Parameter(NamedTuple):
    """A number of a term, with the range of a slider; `is_whole` says that only whole numbers will do."""

    term: str
    parameter: str
    value: float
    least: float
    most: float
    is_whole: bool


class Dials:
    """The weights and parameters of all mixes of a company, as they are now.

    Agents that share a mix are paid by the same terms, so that a change for one of them is a change for all.
    """

    def __init__(self, world: World, mixes: list[Mix]) -> None:
        self.world, self.mixes = world, mixes
        self._first = {id(mix): (mix, mix.terms, dict(mix.weights)) for mix in mixes}

    def pupils(self) -> list[Any]:
        """The formulations that learn along, always in the same order."""
        return pupils(self.mixes)

    def parameters(self, agent: int) -> list[Parameter]:
        """All numbers that an agent is paid by, term by term, the weight first."""
        found = []
        for term in self.mixes[agent].terms:
            weight = self.mixes[agent].weights[term.name]
            wide = max(2.0, 2 * abs(weight))
            found.append(Parameter(term.name, WEIGHT, weight, -wide, wide, False))
            inner = _inner(term.formulation)
            for name, is_whole in _numbers(inner):
                value = getattr(inner, name)
                least, most = _range(inner, name, value, is_whole)
                found.append(Parameter(term.name, name, value, least, most, is_whole))
        return found

    def checked(self, agent: int, name: str, parameter: str, value: float) -> float:
        """The value as it would be set; ValueError, one line, where it cannot be."""
        term = self._term(agent, name)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float | np.number)
            or not math.isfinite(value)
        ):
            raise ValueError(f"{name}: {parameter} has to be a finite number, not {value!r}")
        if parameter == WEIGHT:
            return float(value)
        inner = _inner(term.formulation)
        numbers = dict(_numbers(inner))
        if parameter not in numbers:
            known = ", ".join([WEIGHT, *numbers])
            raise ValueError(f"{name} has no number {parameter!r} to turn; there are {known}")
        if numbers[parameter] and value != round(value):
            raise ValueError(f"{name}: {parameter} has to be a whole number, not {value!r}")
        value = int(value) if numbers[parameter] else float(value)
        mix = Mix([Term(name, 1.0, _with(inner, parameter, value))])
        for other, own in enumerate(self.mixes):
            if own is self.mixes[agent] and (why := lacking(mix, self.world, other)):
                raise ValueError(why)
        return value

    def set(self, agent: int, name: str, parameter: str, value: float) -> None:
        """Turn one; a formulation that learns along begins anew with another parameter."""
        mix, term = self.mixes[agent], self._term(agent, name)
        if parameter == WEIGHT:
            mix.weights[name] = value
            return
        old = term.formulation
        inner: Any = _with(_inner(old), parameter, value)
        new = dataclasses.replace(
            term, formulation=Normalised(inner) if isinstance(old, Normalised) else inner
        )
        mix.terms = tuple(new if each is term else each for each in mix.terms)

    def first(self) -> list[tuple[Mix, tuple[Term, ...], dict[str, float]]]:
        """Each agent's mix with its terms and weights as they were at first."""
        return [self._first[id(mix)] for mix in self.mixes]

    def reset(self) -> None:
        """As everything was at first; formulations that learn along keep what they know."""
        for mix, terms, weights in self._first.values():
            mix.terms, mix.weights = terms, dict(weights)

    def _term(self, agent: int, name: str) -> Term:
        mix = self.mixes[agent]
        for term in mix.terms:
            if term.name == name:
                return term
        known = ", ".join(term.name for term in mix.terms) or "nothing"
        raise ValueError(f"{self.world.agent_ids[agent]} is not paid by {name!r}; it is paid by {known}")


def _inner(formulation: Any) -> Any:
    return formulation.formulation if isinstance(formulation, Normalised) else formulation


def _numbers(formulation: Any) -> list[tuple[str, bool]]:
    """Names of the numeric parameters of a formulation, and whether each is whole."""
    if not dataclasses.is_dataclass(formulation):
        return []
    hints = typing.get_type_hints(type(formulation))
    found = []
    for each in dataclasses.fields(formulation):
        kinds: Any = typing.get_args(hints[each.name]) or (hints[each.name],)
        value = getattr(formulation, each.name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if each.init and each.name not in FIXED and is_number and (int in kinds or float in kinds):
            found.append((each.name, float not in kinds))
    return found


def _range(formulation: Any, name: str, value: float, is_whole: bool) -> tuple[float, float]:
    """From where to where a slider goes: as far as the formulation's own checks let it, within reason."""
    low, high = KNOWN.get(name, (-math.inf, math.inf))
    downs = [step for step in STEPS_DOWN if step >= low]
    ups = (
        [high]
        if high < math.inf
        else [4 * value, *STEPS_UP]
        if STEPS_UP[0] / 4 < value < math.inf
        else STEPS_UP
    )
    least = next((step for step in downs if _takes(formulation, name, step, is_whole)), value)
    most = next((step for step in ups if _takes(formulation, name, step, is_whole)), value)
    if not math.isfinite(value):
        return min(least, most), max(least, most, STEPS_UP[-2])
    return min(least, value), max(most, value)


def _takes(formulation: Any, name: str, value: float, is_whole: bool) -> bool:
    try:
        _with(formulation, name, int(value) if is_whole else float(value))
    except ValueError:
        return False
    return True


def _with(formulation: Any, name: str, value: float) -> Any:
    """The same formulation, as new, with another parameter."""
    changes: Mapping[str, Any] = {name: value}
    return dataclasses.replace(formulation, **changes)
