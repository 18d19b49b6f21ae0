"""What a formulation needs from a world, as protocols: it works on any world that can be rolled forward."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


class Dynamics(Protocol):
    """A world as rewards see it. States are structured arrays [worlds]; a record is whole 8-byte words.

    Equal keys mean equal truth: states with equal keys have the same futures (chance apart), whatever their
    clocks.
    """

    @property
    def agent_count(self) -> int:
        """Number of agents."""
        ...

    @property
    def actions(self) -> Sequence[str]:
        """Names of the actions; action 0 is to stay."""
        ...

    @property
    def teams(self) -> Sequence[str]:
        """Team of each agent."""
        ...

    @property
    def noise(self) -> NDArray[np.float64] | None:
        """P(executed | chosen), [actions, actions], or None where every action is executed as chosen."""
        ...

    @property
    def core_words(self) -> int:
        """Number of leading uint64 words of a state record that are its key."""
        ...

    @property
    def level(self) -> NDArray[Any]:
        """What never changes, a record array [1]."""
        ...

    def imagine(self, states: NDArray[Any], actions: NDArray[Any]) -> NDArray[Any]:
        """A copy of `states` in which `actions` [worlds, agents] were executed; `states` stay as they are."""
        ...

    def key(self, states: NDArray[Any]) -> NDArray[np.uint64]:
        """What is true in each state, uint64 [worlds, core_words]."""
        ...

    def specialise(self, module: ModuleType) -> ModuleType:
        """`module` compiled with this world's kernels in place of the stubs of `rewards.kernel_socket`."""
        ...

    def pay(self, states: NDArray[Any]) -> NDArray[np.float32]:
        """Task reward of the last step, float32 [worlds, agents]."""
        ...

    def alive(self, states: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether each agent is in the world, bool [worlds, agents]."""
        ...

    def fresh(self, states: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether an episode begins with each state, bool [worlds]."""
        ...


class Places(Dynamics, Protocol):
    """A world with cells between which agents walk; what only some worlds are, so formulations look before they ask."""

    @property
    def ways(self) -> NDArray[np.integer]:
        """The cell that each step of the feet leads to, walls standing and doors open, [cells, steps]."""
        ...

    def cells(self, states: NDArray[Any]) -> NDArray[np.int64]:
        """Where each agent is, int64 [worlds, agents]; 0 once it is gone."""
        ...

    def goals(self, states: NDArray[Any], agent: int) -> NDArray[np.bool_]:
        """Which cells are goals of this agent that count, bool [worlds, cells]."""
        ...

    @property
    def openable(self) -> int:
        """Number of things that open and close, such as doors."""
        ...

    def things_open(self, states: NDArray[Any]) -> NDArray[np.bool_]:
        """Which of the things that open are open, bool [worlds, openable]."""
        ...

    def without(self, states: NDArray[Any], agent: int) -> NDArray[Any]:
        """Copies of `states` one still step after the agent has left the world with all that it carries."""
        ...

    def observe(self, states: NDArray[Any]) -> NDArray[np.uint8]:
        """What each agent sees, uint8 [worlds, agents, ...]; one agent's place can be taken by what it sees."""
        ...


@dataclass(frozen=True)
class Transition:
    """One step of a batch: `before` and `after` are states [worlds], `actions` int [worlds, agents].

    `wanted`, which may be handed on from step to step, says what is worth working out together; `found` keeps what one
    formulation has worked out of the step for the others. `policies` holds for each agent what it will do,
    `chances(states)` -> float64 [worlds, actions], or None where nobody knows; it is empty where nobody was asked. One
    that takes all actions equally likely everywhere says so by `even`.
    """

    dynamics: Dynamics
    before: NDArray[Any]
    actions: NDArray[Any]
    after: NDArray[Any]
    wanted: dict[Any, set[Any]] = field(default_factory=dict, repr=False, compare=False)
    found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    policies: Sequence[Any] = field(default=(), repr=False, compare=False)


@runtime_checkable
class Formulation(Protocol):
    """What an agent is paid for.

    Beside `pay` a formulation may have `lacks(dynamics, agent)`: what a world would need and has not, in words such as
    "needs a goal of its own", "" where nothing is missing; and, if it learns along or remembers, `learn(transition)`,
    called once a step by whoever trains, `tensors()` and `restore(tensors)`, NumPy arrays by name, by which it is kept
    with a run, and `figures()`, numbers to log by name.
    """

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Reward of `agent` for this step, float64 [worlds]."""
        ...
