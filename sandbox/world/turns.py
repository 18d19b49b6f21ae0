"""Who comes first when two agents want the same: an order fixed by the clock and fair to every pair over time."""

from sandbox.world.kernel import kernel


@kernel
def rank(clock, agent, first, last):
    """Place of `agent` in this step's order, 0 first.

    The order starts with a different agent at every step and runs backwards every other round, so that over
    2 * count steps each of two agents precedes the other equally often (a mere rotation would not do that).
    """
    count = last - first
    start = clock % count
    place = agent - first - start
    if (clock // count) % 2 == 1:
        place = -place
    return place + count if place < 0 else place


@kernel
def agent_at(clock, place, first, last):
    """The agent whose rank is `place`: the inverse of `rank`."""
    count = last - first
    index = clock % count
    if (clock // count) % 2 == 1:
        index -= place
        return first + (index + count if index < 0 else index)
    index += place
    return first + (index - count if index >= count else index)
