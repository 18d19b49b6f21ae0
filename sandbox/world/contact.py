"""What agents can touch, and the words in which mechanics tell doors what to do."""

from sandbox.world.kernel import kernel

WORKED_BY = ("interact", "plate", "switch", "key", "nothing")
BY_HAND, BY_PLATE, BY_SWITCH, BY_KEY = (
    WORKED_BY.index(name) for name in ("interact", "plate", "switch", "key")
)

WISH_NONE, WISH_OPEN, WISH_CLOSED, WISH_TOGGLE = 0, 1, 2, 3  # as bits: two toggles are none


@kernel
def beside(level, state, agent, cell):
    """Whether a cell is the agent's own or orthogonally next to it, on a torus also across the edge."""
    here = state.cell[agent]
    apart = abs(here - cell)
    near = apart <= 1 or apart == level.stride
    for direction in range(1, level.neighbour.shape[1]):
        near = near or level.neighbour[here, direction] == cell
    return near
