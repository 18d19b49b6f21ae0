"""Shortest ways through many maps that differ in what bars them."""

from numba import njit


@njit(cache=True)
def walk(neighbour, wall, solid, far, distance):
    """Steps to the nearest cell at distance 0, plus `far` times the barred cells on the way, in place.

    `neighbour` int [cells, stay and four directions]; `solid` [maps, cells]; `distance` int64 [maps, cells].
    """
    for m in range(distance.shape[0]):
        changed = True
        while changed:
            changed = False
            for cell in range(distance.shape[1]):
                if not wall[cell]:
                    for direction in range(1, neighbour.shape[1]):
                        there = neighbour[cell, direction]
                        offer = distance[m, there] + (far if solid[m, there] else 1)
                        if offer < distance[m, cell]:
                            distance[m, cell] = offer
                            changed = True
