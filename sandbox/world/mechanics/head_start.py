"""Head start: one agent, drawn by chance, takes the first step alone."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sandbox.world.kernel import kernel
from sandbox.world.mechanic import Field, Mechanic
from sandbox.world.randomness import draw_below


@dataclass
class HeadStart:
    """Who has one: nobody, or one agent that is drawn for each episode."""

    to: Literal["nobody", "one"] = "nobody"


@kernel
def begin(level, state, first, last):
    """Let all but one wait."""
    if level.head_start:
        lucky = draw_below(state, state.waiting.shape[0])
        for agent in range(state.waiting.shape[0]):
            state.waiting[agent] = agent != lucky


@kernel
def hold(level, state, first, last):
    """Whoever waits stays, whatever it chose."""
    for agent in range(first, last):
        if state.waiting[agent]:
            state.action[agent] = 0


@kernel
def release(level, state, first, last):
    """After one step nobody waits any more."""
    for agent in range(state.waiting.shape[0]):
        state.waiting[agent] = 0


@kernel
def permit(level, state, agent, out):
    """Whoever waits can only stay."""
    if state.waiting[agent]:
        for action in range(1, out.shape[0]):
            out[action] = 0


MECHANIC = Mechanic(
    about="One agent, drawn by chance, takes the first step alone.",
    order=95,
    settings=HeadStart,
    applies=lambda blueprint: getattr(blueprint.settings.get("head_start"), "to", "nobody") != "nobody",
    fields=lambda blueprint: (Field("waiting", "i1", (blueprint.agent_count,), core=True, private=True),),
    constants=lambda layout: {"head_start": np.int8(layout.settings("head_start").to == "one")},
    kernels={"begin": begin, "allow": hold, "settle": release},
    permit=permit,
)
