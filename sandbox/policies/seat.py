"""Where a policy sits: its world, its agent, what that agent is paid for, and the company it is in."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np

from sandbox.world.world import World


class Policy(Protocol):
    """Turns states into one agent's actions.

    `foreseeable` says whether others may ask what it would do in states that are only imagined.
    """

    foreseeable: ClassVar[bool]

    def act(self, states: np.ndarray) -> np.ndarray:
        """Actions for records [worlds]: int8 [worlds]; the states stay as they are."""
        ...


@dataclass(frozen=True)
class Seat:
    """An agent's place in a world, with its reward mix and all agents' policies, itself included."""

    world: World
    agent: int
    mix: Any = None
    company: list[Policy] = field(default_factory=list, repr=False)
