"""Terrain: floor where the map has any, walls elsewhere and all round."""

from dataclasses import dataclass

from sandbox.world.codes import FLOOR, GROUND, NOTHING, THING, WALL
from sandbox.world.layout import Layout
from sandbox.world.mechanic import Mark, Mechanic, Thing


@dataclass
class Wall:
    """A cell that nothing enters."""


def place(layout: Layout, state) -> None:
    """Lay the floor and put up the walls; whatever else stands on the ground comes later."""
    state["cells"][:, GROUND] = WALL
    for row in range(layout.rows):
        for column in range(layout.columns):
            state["cells"][layout.cell(row, column), GROUND] = FLOOR
    layout.draw(state, "wall", GROUND, WALL)


MECHANIC = Mechanic(
    about="Floor can be entered, walls cannot.",
    order=0,
    things={"wall": Thing("#", Wall, "a cell that nothing enters")},
    applies=lambda blueprint: True,
    place=place,
    marks={
        (GROUND, FLOOR): Mark("square", (244, 242, 236), 1.0),
        (GROUND, WALL): Mark("square", (62, 66, 74), 1.0),
        (THING, NOTHING): Mark("square", (244, 242, 236), 0.0),
    },
)
