"""Harm: some agents strike whoever of another team stands on certain sides of them, and the struck are gone."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from sandbox.world.kernel import kernel
from sandbox.world.layout import STEERING, Layout
from sandbox.world.mechanic import Field, Measure, Mechanic
from sandbox.world.presence import leave

NOBODY = -1


@dataclass
class Harm:
    """Which teams or groups strike, in this order (none: nobody), and on which sides of them.

    Those of `same_cell_by` strike on their own cell too, unless the other one did a step towards such a side. The
    episode is over once somebody of `ended_by` was struck.
    """

    done_by: list[str] = field(default_factory=list)
    sides: list[Literal["north", "south", "west", "east"]] = field(
        default_factory=lambda: ["north", "south", "west", "east"]
    )
    same_cell_by: list[str] = field(default_factory=list)
    ended_by: list[str] = field(default_factory=list)


@kernel
def reaches(level, state, striker, agent, first, last):
    """Whether the agent stands where the striker strikes; edges and thin walls do not matter."""
    apart = state.cell[agent] - state.cell[striker]
    if apart == 0:
        if first <= agent < last and level.harm_side[level.direction_of[state.action[agent]]] != 0:
            return False
        return level.strikes_here[striker] != 0
    for direction in range(1, level.harm_side.shape[0]):
        if level.harm_side[direction] != 0 and apart == level.harm_step[direction]:
            return True
    return False


@kernel
def strike(level, state, first, last):
    """One after the other strikes; who is struck first strikes no more."""
    for turn in range(level.striker.shape[0]):
        striker = level.striker[turn]
        if striker >= 0 and state.alive[striker]:
            for agent in range(state.alive.shape[0]):
                if (
                    state.alive[agent]
                    and level.team_of[agent] != level.team_of[striker]
                    and reaches(level, state, striker, agent, first, last)
                ):
                    state.harmed_by[agent] = striker + 1
                    if level.harm_ends[agent]:
                        state.over = 1
                    leave(state, agent)


def constants(layout: Layout) -> dict[str, np.ndarray]:
    """Who strikes in which order, where, and whose harm ends the episode."""
    settings = layout.settings("harm")

    def named(names: list[str]) -> list[int]:
        own = zip(layout.teams, layout.groups, strict=True)
        return [agent for agent, both in enumerate(own) if not {*names}.isdisjoint(both)]

    striker = np.full(layout.agent_count, NOBODY, np.int16)
    order = list(dict.fromkeys(agent for name in settings.done_by for agent in named([name])))
    striker[: len(order)] = order
    agents = np.arange(layout.agent_count)
    return {
        "striker": striker,
        "harm_side": np.isin(STEERING, settings.sides).astype(np.int8),
        "harm_step": np.array(layout.steps, np.int16),
        "strikes_here": np.isin(agents, named(settings.same_cell_by)).astype(np.int8),
        "harm_ends": np.isin(agents, named(settings.ended_by)).astype(np.int8),
    }


def was_harmed(world, states) -> np.ndarray:
    """1 for each agent that was struck, float [worlds, agents]."""
    return (states["harmed_by"] != 0).astype(float)


def harms_done(world, states) -> np.ndarray:
    """How many others each agent has struck, float [worlds, agents]."""
    numbers = np.arange(1, world.agent_count + 1)
    return (states["harmed_by"][:, None, :] == numbers[:, None]).sum(axis=2).astype(float)


MECHANIC = Mechanic(
    about="Agents strike whoever of another team stands on certain sides of them; the struck are gone.",
    order=55,
    settings=Harm,
    applies=lambda blueprint: bool(getattr(blueprint.settings.get("harm"), "done_by", ())),
    fields=lambda blueprint: (Field("harmed_by", "u1", (blueprint.agent_count,)),),
    constants=constants,
    kernels={"follow": strike},
    measures={
        "harmed": Measure("whether an agent was struck", True, was_harmed),
        "harms_done": Measure("how many others an agent has struck", True, harms_done),
    },
)
