"""Steps along shortest ways, through many maps that differ in what bars them."""

from numba import njit
from numba.core.types import Array, int8, int64, uint8, uint64, void

FAR, UNREACHABLE = 1 << 28, 1 << 50
"""What a barred cell on the way counts, in steps, and the distance where there is no way at all."""
GOLDEN = 0x9E3779B97F4A7C15


def _of(kind, axes, layout="C"):
    return Array(kind, axes, layout, readonly=True)


@njit(cache=True)
def walk(neighbour, floor, barred, distance):
    """Steps to the nearest cell at distance 0, plus FAR for each barred cell on the way, int64 [cells], in place.

    `neighbour` [cells, stay and four directions]; `floor` [k]: the cells that may ever be free; `barred` [cells].
    """
    changed = True
    while changed:
        changed = False
        for cell in floor:
            for direction in range(1, neighbour.shape[1]):
                there = neighbour[cell, direction]
                offer = distance[there] + (FAR if barred[there] else 1)
                if offer < distance[cell]:
                    distance[cell] = offer
                    changed = True


@njit(
    void(
        _of(uint8, 2, "A"), _of(uint8, 2, "A"), _of(uint8, 2, "A"), _of(int64, 1), _of(int64, 1), _of(int64, 1),
        _of(int64, 2), _of(int64, 1), _of(int64, 2), int64,
        uint64[:, ::1], int64[:, ::1], uint8[::1], int8[::1],
    ),
    cache=True,
)  # fmt: skip
def steer(
    ground, thing, who, here, aim, turn, neighbour, floor, starts, solid, patterns, maps, barred, out
):  # fmt: skip
    """A step along a shortest way in each world: steering actions in `out`, int8 [worlds].

    ground, thing  codes [worlds, cells]; from `solid` on they bar the way. who: 0 where nobody stands.
    here, aim      the walker's cell, and the row of `starts` [aims, cells] that is 0 where it is bound for and
                   UNREACHABLE elsewhere, or -1 to stay.
    turn           which of four equally good directions comes first.
    patterns       uint64 [slots, words]: what barred the way in a map that is remembered, and whither it leads; all
                   zeros at first. A map's slot is a hash of that, and the last one stays.
    maps           int64 [slots, cells]: its distances.
    barred         room for one map.
    """
    cells, words = ground.shape[1], patterns.shape[1]
    pattern = patterns[0].copy()
    for w in range(ground.shape[0]):
        out[w] = 0
        if aim[w] < 0:
            continue
        pattern[:] = 0
        pattern[words - 1] = aim[w] + 1
        for k in range(len(floor)):
            if ground[w, floor[k]] >= solid or thing[w, floor[k]] >= solid:
                pattern[k >> 6] |= uint64(1) << uint64(k & 63)
        mixed = uint64(0)
        for k in range(words):
            mixed = (mixed ^ pattern[k]) * uint64(GOLDEN)
            mixed ^= mixed >> uint64(29)
        slot = int64(mixed % uint64(patterns.shape[0]))
        distance = maps[slot]
        known = True
        for k in range(words):
            known &= patterns[slot, k] == pattern[k]
        if not known:
            for cell in range(cells):
                barred[cell] = ground[w, cell] >= solid or thing[w, cell] >= solid
                distance[cell] = starts[aim[w], cell]
            walk(neighbour, floor, barred, distance)
            patterns[slot] = pattern
        least = distance[here[w]] * 8  # to stay
        for action in range(1, neighbour.shape[1]):
            there = neighbour[here[w], action]
            score = distance[there] * 8 + (4 if who[w, there] != 0 else 0)
            if ground[w, there] >= solid or thing[w, there] >= solid:
                score = UNREACHABLE * 16
            score += (action + turn[w]) % 4
            if score < least:
                least, out[w] = score, action
