"""Goals: an agent that reaches one of its own is paid once, and may leave or end the episode."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sandbox.world.codes import GOAL, GROUND
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field, Mark, Measure, Mechanic, Thing
from sandbox.world.presence import leave
from sandbox.world.randomness import draw_below

ENDS = ("never", "agent", "all")
ENDS_AGENT, ENDS_ALL = 1, 2


@dataclass
class Goal:
    """A place to reach: `of` names the team or group it belongs to (nobody named: everybody)."""

    of: str = ""
    pays: float = 1.0


@dataclass
class Goals:
    """What reaching a goal ends (nothing, the agent's own part, or everything once all have reached theirs), and
    whether any own goal counts or one that is drawn at the start."""

    ends: Literal["never", "agent", "all"] = "never"
    choose: Literal["any", "one"] = "any"


@kernel
def reach(level, state, first, last):
    """Pay those who stand on a goal of their own for the first time, and end what is to end."""
    for agent in range(first, last):
        cell = state.cell[agent]
        if state.cells[cell, GROUND] == GOAL and not state.reached[agent]:
            for goal in range(level.goal_cell.shape[0]):
                counts = state.goal_pick[agent] < 0 or state.goal_pick[agent] == goal
                if level.goal_cell[goal] == cell and level.goal_of[goal, agent] and counts:
                    state.reached[agent] = 1
                    state.pay[agent] += level.goal_pays[goal]
        if level.goal_ends == ENDS_AGENT and state.reached[agent] and state.alive[agent]:
            leave(state, agent)
    if level.goal_ends == ENDS_ALL:
        waiting = 0
        for agent in range(state.reached.shape[0]):
            waiting += level.has_goal[agent] and not state.reached[agent]
        if waiting == 0:
            state.over = 1


@kernel
def begin(level, state, first, last):
    """Draw one own goal for each agent, where only one is to count."""
    for agent in range(first, last):
        state.goal_pick[agent] = -1
        if level.goal_drawn and level.has_goal[agent]:
            pick = draw_below(state, level.has_goal[agent])
            for goal in range(level.goal_cell.shape[0]):
                if level.goal_of[goal, agent]:
                    if pick == 0:
                        state.goal_pick[agent] = goal
                    pick -= 1


def constants(layout: Layout) -> dict[str, np.ndarray | np.generic]:
    """Where the goals are, whose they are, what they pay and end."""
    goals, settings = [goal.params for goal in layout.things("goal")], layout.settings("goals")
    owned = np.array([layout.permission([goal.of] if goal.of else []) for goal in goals], np.int8)
    return {
        "goal_cell": layout.cells_of("goal"),
        "goal_of": owned,
        "goal_pays": np.array([goal.pays for goal in goals], np.float32),
        "has_goal": owned.sum(axis=0).astype(np.int16),
        "goal_ends": np.int8(ENDS.index(settings.ends)),
        "goal_drawn": np.int8(settings.choose == "one"),
    }


def place(layout: Layout, state) -> None:
    """Mark the goals on the ground."""
    layout.draw(state, "goal", GROUND, GOAL)


def has_reached(world, states) -> np.ndarray:
    """1 for each agent that has reached its goal, nan for those that have none: float [worlds, agents]."""
    return np.where(world.level["has_goal"] > 0, states["reached"], np.nan)


def fields(blueprint) -> tuple[Field, ...]:
    """Whether each agent has reached a goal of its own, and which goal counts for it (-1: any)."""
    agents = (blueprint.agent_count,)
    return (
        Field("reached", "i1", agents, core=True, private=True),
        Field("goal_pick", "i2", agents, core=True, private=True),
    )


MECHANIC = Mechanic(
    about="Reaching a goal of one's own pays once, and may end the agent's part or the episode.",
    order=70,
    things={"goal": Thing("G", Goal, "a place to reach")},
    settings=Goals,
    fields=fields,
    constants=constants,
    place=place,
    kernels={"begin": begin, "follow": reach},
    measures={
        "goal_reached": Measure("whether an agent has reached its goal", True, has_reached),
        "steps_to_goal": Measure(
            "steps until an agent has reached its goal", True, has_reached, over="first"
        ),
    },
    marks={(GROUND, GOAL): Mark("star", (86, 140, 92), 0.8)},
)
