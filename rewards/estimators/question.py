"""A question that has been checked: whose actions, over how many steps, in what company, do what to whom."""

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewards.estimators.definition import Definition, Estimate, Outcome
from rewards.socket import Dynamics

OUTCOMES = ("cell", "self", "world")
"""What is told apart at the end: the perceiver's cell, what is true of it, everything that is true."""

OTHERS = ("still", "random", "policy")
"""What everybody but the actors does meanwhile."""

Policies = Callable[[NDArray[Any]], NDArray[Any]]
"""What all agents do in states [worlds]; it changes nothing.

Actions, int [worlds, agents], or the chances of each action, float64 [worlds, agents, actions].
"""


@dataclass(frozen=True)
class Question:
    """What is asked, checked; `noise` is P(executed | chosen) of one agent's action, or None."""

    dynamics: Dynamics
    states: NDArray[Any]
    horizon: int
    actors: tuple[int, ...]
    perceivers: tuple[int, ...]
    outcome: Outcome
    others: str
    noise: NDArray[np.float64] | None
    noise_name: str
    policies: Policies | None = None

    @property
    def agent(self) -> int:
        """The actor, or the first of several."""
        return self.actors[0]

    @property
    def perceiver(self) -> int:
        """The perceiver, or the first of several."""
        return self.perceivers[0]

    @property
    def actions(self) -> int:
        """Number of actions."""
        return len(self.dynamics.actions)

    @property
    def movers(self) -> list[int]:
        """Agents that act: the actors first."""
        rest = () if self.others == "still" else range(self.dynamics.agent_count)
        return [*self.actors, *(other for other in rest if other not in self.actors)]

    @property
    def certain(self) -> bool:
        """Whether a sequence of actions has one future only."""
        return self.noise is None and len(self.movers) == 1

    def executed(self, chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chances of what is executed [..., actions] for chances of what is chosen."""
        return chances if self.noise is None else chances @ self.noise

    @property
    def whole(self) -> bool:
        """Whether the outcome may depend on everybody, so that it is one, whoever perceives it."""
        return callable(self.outcome) or self.outcome == "world"

    def answer(
        self,
        bits: NDArray[np.float64],
        estimator: str = "exact",
        samples: int | None = None,
        lower: NDArray[np.float64] | None = None,
        upper: NDArray[np.float64] | None = None,
        bias: NDArray[np.float64] | None = None,
        **changes: Any,
    ) -> Estimate:
        """The figures together with what was asked; `changes` are fields of the definition that differ."""
        asked: dict[str, Any] = {
            "actors": self.actors,
            "perceiver": self.perceivers if len(self.perceivers) > 1 else self.perceiver,
            "outcome": named(self.outcome),
            "horizon": self.horizon,
            "others": self.others,
            "noise": self.noise_name,
            "estimator": estimator,
            "samples": samples,
        }
        return Estimate(bits, Definition(**asked | changes), lower, upper, bias)


def question(
    dynamics: Dynamics,
    states: NDArray[Any],
    horizon: int,
    agent: int | Sequence[int] = 0,
    perceiver: int | None = None,
    outcome: Outcome = "cell",
    others: str = "still",
    noise: Any = "own",
    policies: Policies | None = None,
    company: Sequence[str] = OTHERS,
) -> Question:
    """The question, or ValueError with one line; `company` are the words for others that an estimator knows.

    Several agents act together and, unless one is named, perceive together.
    """
    check_horizon(horizon)
    check_outcome(outcome)
    check_choice("others", others, company)
    group = tuple(agent) if isinstance(agent, Sequence | np.ndarray | range) else (agent,)
    if len(group) == 0 or len({*group}) < len(group):
        raise ValueError(f"agents has to be a sequence of different agents, at least one, not {agent!r}")
    actors = tuple(check_agent("agent", each, dynamics) for each in group)
    readers = actors if perceiver is None else (check_agent("perceiver", perceiver, dynamics),)
    if (others == "policy") != callable(policies):
        raise ValueError(
            f"policies have to be given, as a function of states, with others='policy' and only then, "
            f"not {policies!r} with others={others!r}"
        )
    matrix = noise_matrix(dynamics, noise)
    name = "none" if matrix is None else "own" if isinstance(noise, str) else "given"
    if getattr(states, "ndim", None) != 1:
        raise ValueError(
            "states has to be an array of states [worlds]; for a single one give states[i : i + 1]"
        )
    return Question(dynamics, states, int(horizon), actors, readers, outcome, others, matrix, name, policies)


def named(function: Any) -> str:
    """The word that is meant, or the name of a function."""
    return function if isinstance(function, str) else getattr(function, "__name__", type(function).__name__)


def check_horizon(horizon: Any) -> None:
    """Raise ValueError unless `horizon` is a whole number of steps, 0 or more."""
    if not isinstance(horizon, int | np.integer) or isinstance(horizon, bool) or horizon < 0:
        raise ValueError(f"horizon has to be a whole number of steps, 0 or more, not {horizon!r}")


def check_outcome(outcome: Any) -> None:
    """Raise ValueError unless `outcome` is one of the words or a function."""
    if not callable(outcome):
        check_choice("outcome", outcome, OUTCOMES, " or a function of (world, states)")


def check_choice(name: str, value: Any, allowed: Iterable[str], more: str = "") -> None:
    """Raise ValueError unless `value` is one of the words in `allowed`; `more` says what else would do."""
    allowed = list(dict.fromkeys(allowed))
    if value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(f"{name} {value!r} is unknown; {hint}allowed: {', '.join(allowed)}{more}")


def check_agent(name: str, agent: Any, dynamics: Dynamics) -> int:
    """The number of an agent, or ValueError."""
    whole = isinstance(agent, int | np.integer) and not isinstance(agent, bool)
    if not whole or not 0 <= agent < dynamics.agent_count:
        raise ValueError(
            f"{name} has to be the number of an agent, 0 to {dynamics.agent_count - 1}, not {agent!r}"
        )
    return int(agent)


def check_samples(name: str, value: Any, least: int = 1) -> int:
    """The number of samples, or ValueError unless it is a whole number, `least` or more."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} has to be a whole number, {least} or more, not {value!r}")
    return int(value)


def check_range(name: str, value: Any, least: float, most: float = math.inf) -> None:
    """Raise ValueError, one line, unless `value` is a finite number from `least` to `most`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        ends = f"{least:g} to {most:g}" if math.isfinite(most) else f"at least {least:g}"
        raise ValueError(f"{name} has to be a number, {ends}, not {value!r}")


def check_chances(name: str, chances: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Distributions over the last axis of `shape`, or ValueError."""
    chances = np.asarray(chances, np.float64)
    if chances.shape != shape:
        raise ValueError(f"{name} has to give chances {list(shape)}, not of shape {chances.shape}")
    off = ~((chances >= 0).all(axis=-1) & (np.abs(chances.sum(axis=-1) - 1) < 1e-6))
    if off.any():
        raise ValueError(f"{name}: row {int(np.argwhere(off)[0][0])} is no distribution")
    return chances


def noise_matrix(dynamics: Dynamics, noise: Any) -> NDArray[np.float64] | None:
    """The noise matrix that is meant, or None where every action is executed as chosen."""
    if isinstance(noise, str):
        check_choice("noise", noise, ("own",))
        noise = dynamics.noise
    if noise is None:
        return None
    matrix = np.ascontiguousarray(noise, np.float64)
    actions = len(dynamics.actions)
    if matrix.shape != (actions, actions):
        raise ValueError(
            f"noise has to be P(executed | chosen) [{actions}, {actions}], not of shape {matrix.shape}"
        )
    off = ~((matrix >= 0).all(axis=1) & (np.abs(matrix.sum(axis=1) - 1) < 1e-9))
    if off.any():
        raise ValueError(
            f"noise: the row of action {dynamics.actions[int(np.argmax(off))]!r} is no distribution"
        )
    return None if np.array_equal(matrix, np.eye(actions)) else matrix
