"""Coloured coins: each is one agent's, who pays when another one takes it, and each comes back elsewhere."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sandbox.world.codes import COLOURED, GROUND, NOTHING, OTHERS_COIN, OWN_COIN, SOLID, THING
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field, Mark, Measure, Mechanic
from sandbox.world.randomness import draw_below
from sandbox.world.turns import agent_at

MOST_OWNERS = SOLID - COLOURED


@dataclass
class ColouredCoins:
    """How many lie on the map at a time, what one pays to whoever takes it and costs its owner if that is another
    agent, and whether chance says whose the next one is or the agents have their turns."""

    count: int = 0
    pays: float = 1.0
    costs: float = 2.0
    owners: Literal["chance", "turns"] = "chance"


@kernel
def lies_free(state, cell):
    """Whether a coin may come to lie here."""
    return state.cells[cell, GROUND] < SOLID and state.cells[cell, THING] == NOTHING and state.who[cell] == 0


@kernel
def lay(level, state, coin, owner):
    """Lay a coin on any free cell, if there is one."""
    free = 0
    for cell in range(state.who.shape[0]):
        free += lies_free(state, cell)
    if free != 0:
        pick = draw_below(state, free)
        for cell in range(state.who.shape[0]):
            if lies_free(state, cell):
                if pick == 0:
                    state.coloured_cell[coin] = cell
                    state.coloured_of[coin] = owner
                    state.cells[cell, THING] = COLOURED + owner
                    break
                pick -= 1


@kernel
def begin(level, state, first, last):
    """Chance lays the first coins and says whose they are."""
    for coin in range(state.coloured_cell.shape[0]):
        lay(level, state, coin, draw_below(state, state.alive.shape[0]))


@kernel
def take(level, state, first, last):
    """Whoever stands on a coin takes it, of several the first in turn; its owner pays if that is another one."""
    for place in range(last - first):
        agent = agent_at(state.clock, place, first, last)
        cell = state.cell[agent]
        if state.cells[cell, THING] >= COLOURED and state.cells[cell, THING] < SOLID:
            for coin in range(state.coloured_cell.shape[0]):
                if state.coloured_cell[coin] == cell:
                    owner = state.coloured_of[coin]
                    state.coloured_cell[coin] = 0
                    state.pay[agent] += level.coloured_pays
                    if owner == agent:
                        state.own_taken[agent] += 1
                    else:
                        state.others_taken[agent] += 1
                        state.lost[owner] += 1
                        state.pay[owner] -= level.coloured_costs
            state.cells[cell, THING] = NOTHING


@kernel
def renew(level, state, first, last):
    """What was taken comes back where nobody is and nothing lies."""
    for coin in range(state.coloured_cell.shape[0]):
        if state.coloured_cell[coin] == 0:
            count = state.alive.shape[0]
            if level.owners_turn:
                owner = (state.coloured_of[coin] + 1) % count
            else:
                owner = draw_below(state, count)
            lay(level, state, coin, owner)


@kernel
def see(state, agent, window):
    """An agent tells its own coins from those of others, whoever it is."""
    for row in range(window.shape[0]):
        for column in range(window.shape[1]):
            code = window[row, column, THING]
            if code >= COLOURED and code < SOLID:
                window[row, column, THING] = OWN_COIN if code == COLOURED + agent else OTHERS_COIN


def constants(layout: Layout) -> dict[str, np.generic]:
    """What coins pay and cost, and how their owners follow one another."""
    settings = layout.settings("coloured_coins")
    if layout.agent_count > MOST_OWNERS:
        raise ValueError(f"coloured coins have up to {MOST_OWNERS} owners, not {layout.agent_count} agents")
    return {
        "coloured_pays": np.float32(settings.pays),
        "coloured_costs": np.float32(settings.costs),
        "owners_turn": np.int8(settings.owners == "turns"),
    }


def fields(blueprint) -> tuple[Field, ...]:
    """Where each coin lies and whose it is; and counts of what each agent took and lost."""
    coins, agents = (blueprint.settings["coloured_coins"].count,), (blueprint.agent_count,)
    return (
        Field("coloured_cell", "i2", coins, core=True),
        Field("coloured_of", "i1", coins, core=True),
        Field("own_taken", "i2", agents),
        Field("others_taken", "i2", agents),
        Field("lost", "i2", agents),
    )


def taken(world, states) -> np.ndarray:
    """Coins that each agent took, float [worlds, agents]."""
    return (states["own_taken"] + states["others_taken"]).astype(float)


def own_share(world, states) -> np.ndarray:
    """Share of each agent's own ones in the coins that it took, nan before the first: float [worlds, agents]."""
    every = taken(world, states)
    return np.where(every > 0, states["own_taken"] / np.maximum(every, 1), np.nan)


def collective_return(world, states) -> np.ndarray:
    """What all coins have paid and cost together, float [worlds]."""
    settings = world.layout.settings("coloured_coins")
    return settings.pays * taken(world, states).sum(axis=1) - settings.costs * states["lost"].sum(axis=1)


MECHANIC = Mechanic(
    about="Coloured coins pay whoever takes them, cost their owner where that is another one, and come back elsewhere.",
    order=67,
    settings=ColouredCoins,
    applies=lambda blueprint: getattr(blueprint.settings.get("coloured_coins"), "count", 0) > 0,
    fields=fields,
    constants=constants,
    kernels={"begin": begin, "follow": take, "renew": renew},
    see=see,
    measures={
        "coloured_taken": Measure("coloured coins that an agent took", True, taken),
        "own_share": Measure("share of own ones in the coloured coins that an agent took", True, own_share),
        "collective_return": Measure("what coloured coins have paid and cost all", False, collective_return),
    },
    marks={(THING, COLOURED): Mark("round", (224, 168, 46), 0.5)},  # painted in the colour of its owner
)
