"""Items: whoever steps onto one collects it and is paid."""

from dataclasses import dataclass

import numpy as np

from sandbox.world.codes import ITEM, NOTHING, THING
from sandbox.world.kernel import kernel
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Field, Mark, Measure, Mechanic, Thing


@dataclass
class Item:
    """Something that pays whoever collects it."""

    pays: float = 1.0


@kernel
def collect(level, state, first, last):
    """Pay each agent that stands on an item, and take the item away."""
    for agent in range(first, last):
        cell = state.cell[agent]
        if state.cells[cell, THING] == ITEM:
            for item in range(state.item_here.shape[0]):
                if level.item_cell[item] == cell:
                    state.item_here[item] = 0
                    state.pay[agent] += level.item_pays[item]
            state.cells[cell, THING] = NOTHING


def place(layout: Layout, state) -> None:
    """Lay out the items."""
    state["item_here"][: len(layout.things("item"))] = 1
    layout.draw(state, "item", THING, ITEM)


def collected(world, states) -> np.ndarray:
    """Share of the items that are gone, float [worlds]."""
    count = len(world.layout.things("item"))
    return 1 - states["item_here"][:, :count].mean(axis=1)


MECHANIC = Mechanic(
    about="Items pay whoever collects them.",
    order=65,
    things={"item": Thing("i", Item, "something that pays whoever collects it")},
    fields=lambda blueprint: (Field("item_here", "i1", (blueprint.room_for("item"),), core=True),),
    constants=lambda layout: {
        "item_cell": layout.cells_of("item"),
        "item_pays": np.array([item.params.pays for item in layout.things("item")] or [0], np.float32),
    },
    place=place,
    kernels={"follow": collect},
    measures={"items_collected": Measure("share of the items that were collected", False, collected)},
    marks={(THING, ITEM): Mark("disc", (224, 168, 46), 0.42)},
)
