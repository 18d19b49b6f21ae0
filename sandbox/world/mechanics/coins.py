"""Coins: an agent that comes to one takes it, is paid less for each further one, and shows how many it has."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sandbox.world.codes import CARRYING, COIN, NOTHING, THING
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field, Mark, Measure, Mechanic, Thing
from sandbox.world.presence import show


@dataclass
class Coin:
    """A coin that lies there to be taken."""


@dataclass
class Coins:
    """What an agent's first coin pays, by how much less each further one, and whether the last coin on the map
    ends the episode."""

    pays: float = 1.0
    less: float = 0.0
    ends: Literal["never", "all"] = "never"


@kernel
def take(level, state, first, last):
    """Whoever stands on a coin and did not have to wait takes it; of several the first by number.

    Those too who only stand there while another acts alone: to stay is to take what lies under one's feet.
    """
    for agent in range(state.alive.shape[0]):
        cell = state.cell[agent]
        if state.cells[cell, THING] == COIN and not state.waiting[agent]:
            for coin in range(state.coin_here.shape[0]):
                if level.coin_cell[coin] == cell:
                    state.coin_here[coin] = 0
            state.cells[cell, THING] = NOTHING
            state.pay[agent] += np.float32(level.coin_pays - level.coin_less * state.coins[agent])
            state.coins[agent] += 1
            if state.look[agent] % CARRYING + level.look_count < CARRYING:
                state.look[agent] += level.look_count
                show(state, cell)
    if level.coins_end:
        left = 0
        for coin in range(state.coin_here.shape[0]):
            left += state.coin_here[coin]
        if left == 0:
            state.over = 1


def constants(layout: Layout) -> dict:
    """Where the coins lie, what they pay, and how far a coin changes a look."""
    settings = layout.settings("coins")
    return {
        "coin_cell": layout.cells_of("coin"),
        "coin_pays": np.float64(settings.pays),
        "coin_less": np.float64(settings.less),
        "coins_end": np.int8(settings.ends == "all"),
        "look_count": np.uint8(len(layout.look_names)),
    }


def place(layout: Layout, state) -> None:
    """Lay out the coins."""
    state["coin_here"][: len(layout.things("coin"))] = 1
    layout.draw(state, "coin", THING, COIN)


def fields(blueprint) -> tuple[Field, ...]:
    """Which coins are still there, and how many each agent has."""
    return (
        Field("coins", "i2", (blueprint.agent_count,), core=True, private=True),
        Field("coin_here", "i1", (blueprint.room_for("coin"),), core=True),
    )


def taken(world, states) -> np.ndarray:
    """How many coins each agent has, float [worlds, agents]."""
    return states["coins"].astype(float)


def earned(world, states) -> np.ndarray:
    """What each agent's coins have paid, float [worlds, agents]."""
    settings, coins = world.layout.settings("coins"), taken(world, states)
    return settings.pays * coins - settings.less * coins * (coins - 1) / 2


def welfare(world, states) -> np.ndarray:
    """What all agents' coins have paid together, float [worlds]."""
    return earned(world, states).sum(axis=1)


def equality(world, states) -> np.ndarray:
    """Agents times the least over the sum of what they earned, 1 where all have the same: float [worlds].

    For two agents 2 min / sum (Bussmann, Heinerman and Lehman 2019); nan as long as nobody has earned anything.
    """
    own = earned(world, states)
    total = own.sum(axis=1)
    return np.where(total > 0, world.agent_count * own.min(axis=1) / np.where(total > 0, total, 1), np.nan)


MECHANIC = Mechanic(
    about="Coins pay whoever takes them, each further one less, and show in the looks.",
    order=66,
    things={"coin": Thing("c", Coin, "a coin that pays whoever takes it, less with every one it has")},
    settings=Coins,
    needs=("head_start",),
    fields=fields,
    constants=constants,
    place=place,
    kernels={"follow": take},
    measures={
        "coins_taken": Measure("coins that an agent has", True, taken),
        "welfare": Measure("what all agents' coins have paid", False, welfare),
        "equality": Measure("agents times the least over the sum of what their coins paid", False, equality),
    },
    marks={(THING, COIN): Mark("ring", (224, 168, 46), 0.46)},
)
