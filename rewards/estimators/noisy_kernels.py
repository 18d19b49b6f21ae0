"""Kernels that make the channel from action sequences to outcomes of a graph of merged states and noise."""

import numpy as np
from numba import njit

GRAIN = 2.0**40
"""Distributions that agree in every entry on this grid are taken as equal (they differ by rounding only)."""

TOO_MANY = -1


@njit(cache=True)
def level_nodes(successor, nodes, horizon):
    """Nodes reached in exactly 0..horizon steps: (ids [levels, nodes], ascending, counts [levels])."""
    on = np.zeros((horizon + 1, nodes), np.bool_)
    on[0, 0] = True
    ids = np.empty((horizon + 1, nodes), np.int32)
    counts = np.zeros(horizon + 1, np.int64)
    for k in range(horizon + 1):
        for node in range(nodes):
            if on[k, node]:
                ids[k, counts[k]] = node
                counts[k] += 1
                if k < horizon:
                    for action in range(successor.shape[1]):
                        on[k + 1, successor[node, action]] = True
    return ids, counts


@njit(cache=True)
def lengthen(rows, count, nodes, successor, noise, places, width, out, slots, limit):
    """Append every action to `count` prefixes and merge equal ones; returns the rows of `out`, or TOO_MANY.

    rows [count, len(nodes)]: where each prefix leads, P(node); places [all nodes]: column of a node after the
    step; out [room, width]; slots: a hash table (row + 1, 0 is free), a power of two at least twice the rows
    of `out`.
    """
    actions = noise.shape[0]
    mask = np.uint64(slots.shape[0] - 1)
    total = 0
    for row in range(count):
        for chosen in range(actions):
            new = out[total]
            for y in range(width):
                new[y] = 0.0
            for s in range(nodes.shape[0]):
                p = rows[row, s]
                if p > 0.0:
                    for executed in range(actions):
                        if noise[chosen, executed] > 0.0:
                            new[places[successor[nodes[s], executed]]] += p * noise[chosen, executed]
            mixed = np.uint64(0)
            for y in range(width):
                word = np.uint64(new[y] * GRAIN + 0.5)
                odd = (
                    np.uint64(y) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)
                ) | np.uint64(1)
                mixed += (word ^ (word >> np.uint64(20))) * odd
            mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            slot = (mixed ^ (mixed >> np.uint64(32))) & mask
            while slots[slot] > 0 and not equal(new, out[slots[slot] - 1]):
                slot = (slot + np.uint64(1)) & mask
            if slots[slot] == 0:
                total += 1
                slots[slot] = total
                if total > limit:
                    return TOO_MANY
    return total


@njit(cache=True)
def equal(left, right):
    """Whether two distributions are equal on the grid."""
    different = np.uint64(0)
    for y in range(left.shape[0]):
        different |= np.uint64(left[y] * GRAIN + 0.5) ^ np.uint64(right[y] * GRAIN + 0.5)
    return different == 0


@njit(cache=True)
def channel(successor, ends, outcomes, noise, horizon, limit):
    """P(outcome | action sequence), a row for every distinct prefix; none when more than `limit`."""
    ids, counts = level_nodes(successor, ends.shape[0], horizon)
    rows = np.ones((1, 1))
    count = 1
    places = np.zeros(ends.shape[0], np.int32)
    for k in range(1, horizon + 1):
        here, there = ids[k - 1, : counts[k - 1]], ids[k, : counts[k]]
        if k < horizon:
            width = len(there)
            for column in range(width):
                places[there[column]] = column
        else:  # after the last step only outcomes count
            width = outcomes
            for node in there:
                places[node] = ends[node]
        room = min(count * noise.shape[0], limit) + 1
        size = 4
        while size < 2 * room:
            size *= 2
        out = np.empty((room, width))
        count = lengthen(
            rows, count, here, successor, noise, places, width, out, np.zeros(size, np.int32), limit
        )
        if count == TOO_MANY:
            return np.empty((0, outcomes))
        rows = out[:count]
    return rows
