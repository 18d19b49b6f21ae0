"""The socket between the training loop and whatever learns: one learner chooses the actions of some of the agents."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, get_type_hints

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from sandbox.scenario.words import listed, suggestion
from sandbox.world.world import World


@dataclass(frozen=True)
class Task:
    """What a learner is made for.

    world      the rules.
    agents     numbers of the agents whose actions it chooses.
    worlds     how many worlds step together.
    steps      steps of one world in the whole run, for schedules.
    device     where networks live.
    generator  the learner's only source of chance, on the CPU; saved with the run.
    """

    world: World
    agents: tuple[int, ...]
    worlds: int
    steps: int
    device: torch.device
    generator: torch.Generator


@dataclass(frozen=True)
class Step:
    """One step of all worlds, with everybody in it; arrays are fresh, and tensors where the worlds lie on a GPU.

    observations       uint8 [worlds, agents, side, side, 3], on which the actions were chosen.
    actions            int8 [worlds, agents].
    rewards            float32 [worlds, agents].
    present            bool [worlds, agents]: the agent was in the world before the step.
    terminated         bool [worlds, agents]; truncated likewise: time was up.
    next_observations  uint8 like observations, of the state reached: where an episode ended its last one, not that of
                       the next episode.
    before, after      states, records [worlds], where the learner `reads_states`, else None; `after` like
                       `next_observations`.
    """

    observations: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    present: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    next_observations: np.ndarray
    before: np.ndarray | None = None
    after: np.ndarray | None = None


class Learner(Protocol):
    """What learns. Chance comes from `task.generator` alone, so that the same run gives the same bytes.

    One with an attribute `takes_tensors` that is true may be shown tensors on `task.device` in place of arrays, and
    then acts with such a tensor.
    """

    rollout: int
    """Steps between two calls of `learn`."""

    reads_states: bool
    """Whether `Step.before` and `Step.after` are wanted."""

    def act(
        self, observations: np.ndarray, masks: np.ndarray, explore: bool, states: np.ndarray | None = None
    ) -> np.ndarray:
        """Actions int8 [worlds, own agents] for observations [worlds, agents, ...] and masks [worlds, agents, actions].

        `explore` false: as it would act when it is judged; then nothing is recorded and no chance is used up, and
        there may be any number of worlds. `states`, records [worlds], are given where the learner `reads_states`:
        one that keeps a table over true states cannot act without them.
        """
        ...

    def record(self, step: Step) -> None:
        """Take note of a step that followed the last `act`."""
        ...

    def learn(self) -> dict[str, float]:
        """Learn from what was recorded; gives figures to log, by name."""
        ...

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that is needed to go on to the bit, by name: weights, moments, buffers, counters."""
        ...

    def restore(self, tensors: dict[str, torch.Tensor]) -> None:
        """Go on from what `tensors` gave; raises ValueError with one line where that does not fit."""
        ...


def names() -> list[str]:
    """All learners, by file name."""
    folder = Path(__file__).parent / "learners"
    return sorted(file.stem for file in folder.glob("[!_]*.py"))


def make(name: str, parameters: Mapping[str, Any], task: Task) -> Learner:
    """A learner ready to learn.

    Args:
        name: its file in `learners`.
        parameters: its settings by name, where they are not the defaults.
        task: what it is made for.

    Raises:
        ValueError: no such learner or parameter, or a value that it does not take; one line.
    """
    return _module(name).__dict__[_class_name(name)](task, settings_of(name, parameters))


def settings_of(name: str, parameters: Mapping[str, Any]) -> Any:
    """A learner's settings, checked; raises as `make` does."""
    kind, given = _module(name).Settings, {}
    types, allowed = get_type_hints(kind), [field.name for field in fields(kind)]
    for parameter, value in parameters.items():
        if parameter not in allowed:
            guess = suggestion(parameter, allowed)
            raise ValueError(
                f"learner {name} has no parameter {parameter!r}{guess} it takes {listed(allowed)}"
            )
        value = tuple(value) if isinstance(value, list) else value  # as JSON and YAML have it
        try:
            given[parameter] = TypeAdapter(types[parameter]).validate_python(value, strict=True)
        except ValidationError as problem:
            why = problem.errors()[0]["msg"].replace("Input should be", "should be")
            raise ValueError(f"learner {name}: {parameter} {why}, not {value!r}") from None
    try:
        return kind(**given)
    except ValueError as problem:
        raise ValueError(f"learner {name}: {problem}") from None


def _module(name: str) -> ModuleType:
    if name not in names():
        raise ValueError(f"no learner {name!r}{suggestion(name, names())} there are {listed(names())}")
    return importlib.import_module(f"sandbox.training.learners.{name}")


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
