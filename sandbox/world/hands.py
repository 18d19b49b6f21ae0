"""Changes made to states by hand, in place, that leave them as the rules would have: planes, lists and plates."""

from typing import Any

import numpy as np

from sandbox.world.codes import (
    AGENT,
    BOX,
    COLOURED,
    CROWD,
    DOOR_CLOSED,
    DOOR_LOCKED,
    DOOR_OPEN,
    GROUND,
    KEY,
    NOTHING,
    SOLID,
    THING,
)
from sandbox.world.contact import BY_KEY, BY_PLATE
from sandbox.world.world import World

MOVABLE = {"box": "box_cell", "key": "key_cell", "coloured_coin": "coloured_cell"}
"""Things that can be elsewhere than the map has them, and the field that says where each is."""


def put_agent(world: World, states: np.ndarray, agent: int, row: int, column: int) -> None:
    """Put an agent that is in the world on another cell, in every one of `states`, records [worlds].

    Raises:
        ValueError: there is no such agent, it is gone, or it cannot stand there; one line, and nothing was changed.
    """
    if not 0 <= agent < world.agent_count:
        raise ValueError(f"no agent {agent}; there are {', '.join(world.agent_ids)}")
    cell, name = _cell(world, row, column), world.agent_ids[agent]
    for state in states:
        if not state["alive"][agent]:
            raise ValueError(f"{name} is no longer in the world")
        _check_ground(state, cell, row, column, name)
        if state["cells"][cell, THING] >= SOLID:
            raise ValueError(f"{name} cannot be on row {row}, column {column}: a box is there")
        other = int(state["who"][cell]) - 1
        if other not in (-1, agent) and not world.blueprint.shares_cells:
            raise ValueError(
                f"{name} cannot be on row {row}, column {column}: {world.agent_ids[other]} is there"
            )
    for state in states:
        here = int(state["cell"][agent])
        if here == cell:
            continue
        state["cell"][agent] = state["target"][agent] = cell
        state["moved"][agent] = 0
        _show(state, here)
        _show(state, cell)
        _settle(world, state)


def put_thing(
    world: World, states: np.ndarray, name: str, here: tuple[int, int], there: tuple[int, int]
) -> None:
    """Put a box, key or coloured coin from one cell, (row, column), on another one, in every one of `states`.

    Raises:
        ValueError: there is no such thing, or it cannot lie there; one line, and nothing was changed.
    """
    if name not in MOVABLE:
        raise ValueError(f"{name} cannot be moved while the world plays; what can: {', '.join(MOVABLE)}")
    field, words = MOVABLE[name], name.replace("_", " ")
    start, end = _cell(world, *here), _cell(world, *there)
    for state in states:
        if field not in (world.state_type.names or ()) or start not in state[field]:
            raise ValueError(f"there is no {words} on row {here[0]}, column {here[1]}")
        _check_ground(state, end, *there, f"a {words}")
        if start != end and state["cells"][end, THING] != NOTHING:
            raise ValueError(
                f"a {words} cannot be on row {there[0]}, column {there[1]}: something lies there"
            )
        if state["who"][end] and (name != "key" or start == end):
            other = world.agent_ids[int(state["who"][end]) - 1]
            raise ValueError(f"a {words} cannot be on row {there[0]}, column {there[1]}: {other} is there")
    for state in states:
        code = state["cells"][start, THING]
        state["cells"][start, THING] = NOTHING
        state["cells"][end, THING] = code
        where = state[field]
        where[np.flatnonzero(where == start)[0]] = end
        if name == "box":
            where.sort()  # so that equal worlds have equal bytes
        _settle(world, state)


def toggle(world: World, states: np.ndarray, row: int, column: int) -> None:
    """Open the door on a cell, or shut it, in every one of `states`.

    Raises:
        ValueError: there is no door, a plate works it, or something stands in it; one line, and nothing was changed.
    """
    cell = _cell(world, row, column)
    door = doors(world).get((row, column))
    if door is None:
        raise ValueError(f"there is no door on row {row}, column {column}")
    if world.level[0]["door_by"][door] == BY_PLATE:
        raise ValueError(f"the door on row {row}, column {column} does what its plates say")
    for state in states:
        if state["door_open"][door] and not _is_free(state, cell):
            raise ValueError(f"the door on row {row}, column {column} cannot shut: something stands in it")
    for state in states:
        _turn(world, state, door, not state["door_open"][door])


def movable(world: World, state: Any) -> dict[tuple[int, int], str]:
    """What `put_thing` can move in a record: (row, column) -> name."""
    kinds = {BOX: "box", KEY: "key"}
    found = {}
    things = state["cells"][:, THING]
    for cell in np.flatnonzero(things).tolist():
        code = int(things[cell])
        name = "coloured_coin" if COLOURED <= code < SOLID else kinds.get(code)
        if name:
            row, column = world.layout.row_column(cell)
            found[int(row), int(column)] = name
    return found


def doors(world: World) -> dict[tuple[int, int], int]:
    """The number of each door by its (row, column)."""
    return {(door.row, door.column): number for number, door in enumerate(world.layout.things("door"))}


def _cell(world: World, row: int, column: int) -> int:
    if not (0 <= row < world.rows and 0 <= column < world.columns):
        raise ValueError(
            f"row {row}, column {column} is off the map of {world.rows} rows and {world.columns} columns"
        )
    return world.layout.cell(int(row), int(column))


def _check_ground(state: Any, cell: int, row: int, column: int, name: str) -> None:
    ground = int(state["cells"][cell, GROUND])
    if ground >= SOLID:
        what = "a shut door" if ground in (DOOR_CLOSED, DOOR_LOCKED) else "a wall"
        raise ValueError(f"{name} cannot be on row {row}, column {column}: {what} is there")


def _is_free(state: Any, cell: int) -> bool:
    return state["who"][cell] == 0 and state["cells"][cell, THING] == NOTHING


def _show(state: Any, cell: int) -> None:
    """Write who stands on a cell: the first by number, marked where there are more."""
    here = np.flatnonzero((state["cell"] == cell) & (state["alive"] == 1))
    state["who"][cell] = here[0] + 1 if len(here) else 0
    state["cells"][cell, AGENT] = state["look"][here[0]] + CROWD * (len(here) > 1) if len(here) else 0


def _turn(world: World, state: Any, door: int, opens: bool) -> None:
    level = world.level[0]
    shut = DOOR_LOCKED if level["door_by"][door] == BY_KEY else DOOR_CLOSED
    state["door_open"][door] = opens
    state["cells"][level["door_cell"][door], GROUND] = DOOR_OPEN if opens else shut


def _settle(world: World, state: Any) -> None:
    """Let plates hold their doors open or not, as at the end of a step."""
    level = world.level[0]
    if "plate_cell" not in (world.level.dtype.names or ()):
        return
    pressed = {
        int(link)
        for cell, link in zip(level["plate_cell"], level["plate_link"], strict=True)
        if state["who"][cell] or state["cells"][cell, THING] == BOX
    }
    for door in np.flatnonzero(level["door_by"] == BY_PLATE).tolist():
        opens = int(level["door_link"][door]) in pressed
        if opens or _is_free(state, int(level["door_cell"][door])):
            _turn(world, state, door, opens)
