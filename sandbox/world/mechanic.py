"""What a mechanic is: one rule of the world in one file, found by looking into the folder."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

AT_START = ("begin", "ready")
NOISE = ("noise",)
AT_STEP = ("allow", "intend", "act", "move", "follow", "settle")
AFTERWARDS = ("renew",)
"""When a kernel runs: at the start of an episode, then at every step first the noise, then the rules, in this order,
and what chance brings afterwards. Imagined steps are the rules alone."""


@dataclass(frozen=True)
class Mark:
    """How something looks, as data: a shape in a cell of size 1, filled with `colour` (red, green, blue).

    `shape` is one of square, round (a square with round corners), disc, ring, diamond, bar, cross, star, key, gate,
    gate_closed, gate_locked.
    """

    shape: str
    colour: tuple[int, int, int]
    size: float = 0.8


@dataclass(frozen=True)
class Thing:
    """Something that a map letter can stand for; `params` is a dataclass of what a legend may say about it."""

    letter: str
    params: type
    about: str


@dataclass(frozen=True)
class Field:
    """An array in the state (or, with `fixed`, in the level) of one mechanic.

    `core` says that the field is part of what is true: it enters keys and the outcome `world`; with `private` its
    first axis is agents and an agent's entry enters the outcome `self` of that agent.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    core: bool = False
    private: bool = False


@dataclass(frozen=True)
class Measure:
    """A figure that a world can say of itself: `read(world, states)` gives float [worlds] or [worlds, agents].

    An episode's figure is that of its last state, or the mean over its states, or the first step at which it is 1.
    nan says that there is nothing to measure.
    """

    about: str
    per_agent: bool
    read: Callable[[Any, Any], Any]
    over: Literal["last", "mean", "first"] = "last"


@dataclass(frozen=True)
class Mechanic:
    """One rule. Every file in `sandbox/world/mechanics` ends with `MECHANIC = Mechanic(...)`.

    about      one sentence for people.
    order      place among the mechanics within each phase, read downwards.
    things     name -> Thing that maps may place; None marks a rule that is in every world.
    settings   dataclass of what a scenario may set for the whole rule, or None.
    needs      other mechanics whose fields it reads or writes.
    applies    whether the rule is in this world (default: one of its things is on the map).
    actions    names of further actions, from the blueprint.
    fields     state arrays, from the blueprint (at least one entry in each axis).
    constants  level arrays by name, from the layout: what never changes.
    place      fills a fresh state record, plain Python: place(layout, state).
    kernels    phase -> kernel(level, state, first, last); agents first..last-1 act.
    permit     kernel(level, state, agent, out): sets out[action] = 0 where an action surely does nothing.
    see        kernel(state, agent, window): alters what one agent sees, uint8 [side, side, 3].
    measures   name -> Measure.
    marks      (plane, code) -> Mark.
    """

    about: str
    order: int
    things: Mapping[str, Thing] | None = field(default_factory=dict)
    settings: type | None = None
    needs: tuple[str, ...] = ()
    applies: Callable[[Any], bool] | None = None
    actions: Callable[[Any], tuple[str, ...]] = lambda blueprint: ()
    fields: Callable[[Any], tuple[Field, ...]] = lambda blueprint: ()
    constants: Callable[[Any], Mapping[str, Any]] = lambda layout: {}
    place: Callable[[Any, Any], None] | None = None
    kernels: Mapping[str, Any] = field(default_factory=dict)
    permit: Any = None
    see: Any = None
    measures: Mapping[str, Measure] = field(default_factory=dict)
    marks: Mapping[tuple[int, int], Mark] = field(default_factory=dict)


@cache
def mechanics() -> dict[str, Mechanic]:
    """All mechanics by file name, in step order."""
    import sandbox.world.mechanics as folder

    found = {
        module.name: importlib.import_module(f"{folder.__name__}.{module.name}").MECHANIC
        for module in pkgutil.iter_modules(folder.__path__)
    }
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[0])))


@cache
def things() -> dict[str, Thing]:
    """All things that a map may hold, by name."""
    return {name: thing for rule in mechanics().values() for name, thing in (rule.things or {}).items()}
