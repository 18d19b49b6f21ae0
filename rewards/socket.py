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


@dataclass(frozen=True)
class Transition:
    """One step of a batch: `before` and `after` are states [worlds], `actions` int [worlds, agents].

    `found` keeps what one formulation has worked out of it for the others; `wanted`, which may be handed on from step
    to step, what is worth working out together.
    """

    dynamics: Dynamics
    before: NDArray[Any]
    actions: NDArray[Any]
    after: NDArray[Any]
    wanted: dict[Any, set[Any]] = field(default_factory=dict, repr=False, compare=False)
    found: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)


@runtime_checkable
class Formulation(Protocol):
    """What an agent is paid for."""

    def pay(self, transition: Transition, agent: int) -> NDArray[np.float64]:
        """Reward of `agent` for this step, float64 [worlds]."""
        ...
