"""Living: every step that an agent is there for pays."""

from dataclasses import dataclass

import numpy as np

from sandbox.world.kernel import kernel
from sandbox.world.mechanic import Field, Measure, Mechanic


@dataclass
class Living:
    """What each step pays to whoever takes it, its last one included."""

    pays: float = 0.0


@kernel
def pay(level, state, first, last):
    """Pay the living and count their steps."""
    for agent in range(first, last):
        if state.alive[agent]:
            state.pay[agent] += level.living_pays
            state.lived[agent] += 1


def steps_alive(world, states) -> np.ndarray:
    """Steps that each agent has taken, float [worlds, agents]."""
    return states["lived"].astype(float)


MECHANIC = Mechanic(
    about="Every step that an agent is there for pays.",
    order=15,
    settings=Living,
    applies=lambda blueprint: bool(getattr(blueprint.settings.get("living"), "pays", 0)),
    fields=lambda blueprint: (Field("lived", "i4", (blueprint.agent_count,)),),
    constants=lambda layout: {"living_pays": np.float32(layout.settings("living").pays)},
    kernels={"intend": pay},
    measures={"steps_alive": Measure("steps that an agent has taken", True, steps_alive)},
)
