"""Reward formulations: what agents can be paid for. One file here is one formulation, found by its name."""

import difflib
import importlib
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from rewards.mix import Mix, Normalised, Term
from rewards.socket import Dynamics, Formulation, Transition

__all__ = [
    "Dynamics",
    "Formulation",
    "Mix",
    "Term",
    "Transition",
    "formulation",
    "make",
    "names",
    "parse",
    "split",
]

_FORM = "[WEIGHT*]NAME[(PARAM=VALUE, ...)] or [WEIGHT*]NAME[:PARAM=VALUE]..."
_TERM = re.compile(r"(?:([^*()]*)\*)?\s*([^\W\d][^*():]*)?(?:\(([^()]*)\)|(:[^*()]*))?\s*(?:\*([^*()]*))?")
_EXPONENT = re.compile(r"[0-9.][eE]$")  # what comes before the sign within 1e+3
_NOT_FORMULATIONS = {"kernel_socket", "mix", "socket"}


def names() -> list[str]:
    """Names of all formulations: the files of this folder."""
    files = Path(__file__).parent.glob("[!_]*.py")
    return sorted(file.stem for file in files if file.stem not in _NOT_FORMULATIONS)


def parse(text: str) -> dict[str, dict[str, Any]]:
    """Spec that a text such as `task + 0.5*kindness(horizon=4, aggregate=min)` stands for.

    Terms are joined by `+`; each is a name, its parameters in parentheses or, easier to type in a shell, after colons
    (`kindness:horizon=4:aggregate=min`), and a weight before or after a `*`. Raises ValueError with one line.
    """
    spec: dict[str, dict[str, Any]] = {}
    for term in split(text, "+"):
        found = _TERM.fullmatch(term)
        if found is None:
            raise ValueError(f"reward {text!r}: {term.strip()!r} is no term; write {_FORM}")
        before, name, inside, colons, after = (part and part.strip() for part in found.groups())
        if not name:
            raise ValueError(f"reward {text!r}: a term has no name; write {_FORM}")
        if name in spec:
            raise ValueError(f"reward {text!r}: {name} is named twice; a mix names each of its terms once")
        spec[name] = {}
        if before and after:
            raise ValueError(f"reward {text!r}: {name} has two weights; write one of them")
        if before or after:
            spec[name]["weight"] = _number(before or after, text)
        assignments = split(inside, ",") if inside else (colons or "").split(":")[1:]
        for assignment in assignments:
            param, equals, value = (part.strip() for part in assignment.partition("="))
            if not (param and equals and value):
                raise ValueError(f"reward {text!r}: {assignment.strip()!r} is not param=value")
            if param in spec[name]:
                raise ValueError(f"reward {text!r}: {name} is given {param} twice")
            spec[name][param] = _scalar(value)
    return spec


def split(text: str, sign: str) -> list[str]:
    """The parts of a text between signs that stand in no parentheses and are no sign of an exponent."""
    parts, depth = [""], 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == sign and depth == 0 and not _EXPONENT.search(text[:place]):
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def make(spec: Any) -> Mix:
    """The mix that `spec` stands for.

    A spec is a name or text for `parse`, a mapping name -> params (with `weight`, 1 when left out, and `normalise`, by
    which a term is paid in units of its running scale), a formulation, or a mix (returned as it is). Raises ValueError
    with one line that says what is allowed.
    """
    if isinstance(spec, Mix):
        return spec
    if isinstance(spec, str):
        spec = parse(spec)
    if isinstance(spec, Mapping):
        return Mix(_term(name, params) for name, params in spec.items())
    if isinstance(spec, type) or not isinstance(spec, Formulation):
        raise ValueError(f"rewards: {spec!r} is no name, mapping of names, formulation or mix")
    return Mix([Term(_snake(type(spec).__name__), 1.0, spec)])


def _term(name: Any, params: Mapping[str, Any] | None) -> Term:
    kind = formulation(name)
    if params is not None and not isinstance(params, Mapping):
        raise ValueError(f"reward {name}: expected a mapping of parameters, not {params!r}")
    params = dict(params or {})
    weight = _typed(name, "weight", params.pop("weight", 1.0), float)
    if not math.isfinite(weight):
        raise ValueError(f"reward {name}: weight has to be a finite number, not {weight}")
    normalise = _typed(name, "normalise", params.pop("normalise", False), bool)
    types_of = typing.get_type_hints(kind)
    allowed = [each.name for each in fields(kind) if each.init]
    for param, value in params.items():
        if param not in allowed:
            wider = [*allowed, "normalise", "weight"]
            raise ValueError(f"reward {name}: unknown parameter {_unknown(param, wider)}")
        params[param] = _typed(name, param, value, types_of[param])
    for each in fields(kind):
        if (
            each.init
            and each.default is MISSING
            and each.default_factory is MISSING
            and each.name not in params
        ):
            raise ValueError(f"reward {name}: parameter {each.name} is missing")
    try:
        made = kind(**params)
    except ValueError as error:
        raise ValueError(f"reward {name}: {error}") from None
    return Term(name, weight, Normalised(made) if normalise else made)


def formulation(name: Any) -> Any:
    """The class of a formulation; ValueError, one line, where there is none of this name."""
    if name not in names():
        raise ValueError(f"unknown reward {_unknown(name, names())}")
    module = importlib.import_module(f"rewards.{name}")
    wanted = name.replace("_", " ").title().replace(" ", "")
    found = getattr(module, wanted, None)
    if not is_dataclass(found) or not callable(getattr(found, "pay", None)):
        raise ValueError(f"reward {name}: its file has to define a dataclass {wanted} with a method pay")
    return found


def _typed(name: str, param: str, value: Any, wanted: Any) -> Any:
    """`value` if it is of the type `wanted` (whole numbers pass as float); only scalars are checked."""
    origin = typing.get_origin(wanted)
    if origin is typing.Literal:
        kinds, text = (), "one of " + ", ".join(map(str, typing.get_args(wanted)))
        if value in typing.get_args(wanted):
            return value
    else:
        kinds = typing.get_args(wanted) if origin in (types.UnionType, typing.Union) else (wanted,)
        text = " or ".join(getattr(kind, "__name__", str(kind)) for kind in kinds)
        if not all(kind in (int, float, bool, str, types.NoneType) for kind in kinds):
            return value
    if type(value) in kinds:
        return value
    if float in kinds and type(value) is int:
        return float(value)
    raise ValueError(f"reward {name}: {param} has to be {text}, not {value!r}")


def _unknown(word: Any, allowed: Iterable[str]) -> str:
    allowed = sorted(allowed)
    near = difflib.get_close_matches(str(word), allowed, n=1)
    return f"{word!r}; {f'did you mean {near[0]}? ' if near else ''}allowed: {', '.join(allowed)}"


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"reward {whole!r}: the weight {text.strip()!r} is not a number") from None


def _scalar(text: str) -> Any:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")
