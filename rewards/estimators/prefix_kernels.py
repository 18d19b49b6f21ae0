"""Kernels that lengthen action sequences and merge those whose futures agree, so that they are never all listed.

A prefix is what a sequence has led to so far: a distribution of merged states, or a state in every sampled
company. Graphs are as `neighbourhood_kernels.graph` writes them: nodes, expanded nodes, outcomes; the successor
of every expanded node by every action; the outcome of every node.
"""

import numpy as np
from numba import njit

from rewards.estimators.compiled import UNWRAPPED

HEAD = 3
GRAIN = 2.0**40
"""Distributions that agree in every entry on this grid are taken as equal (they differ by rounding only)."""

TOO_MANY = -1

kernel = njit(error_model="numpy", **UNWRAPPED)


@kernel
def word_of(number, grain):
    """The point of the grid next to a number, as a word."""
    return np.uint64(np.int64(number * grain + 0.5))


@kernel
def keep(out, total, slots, grain):
    """Keep row number `total` of `out` unless a row before it is equal; returns how many rows there are now.

    Rows are equal where their entries are on a grid of `grain` points to 1. slots: a hash table (row + 1, 0 is
    free), a power of two, at least twice the rows of `out`.
    """
    new = out[total]
    mixed = np.uint64(0)
    for y in range(new.shape[0]):
        word = word_of(new[y], grain)
        odd = (np.uint64(y) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)) | np.uint64(1)
        mixed += (word ^ (word >> np.uint64(20))) * odd
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    mask = np.uint64(slots.shape[0] - 1)
    slot = (mixed ^ (mixed >> np.uint64(32))) & mask
    while slots[slot] > 0:
        old = out[slots[slot] - 1]
        different = np.uint64(0)
        for y in range(new.shape[0]):
            different |= word_of(new[y], grain) ^ word_of(old[y], grain)
        if different == np.uint64(0):
            return total
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = total + 1
    return total + 1


@njit(fastmath={"contract"}, error_model="numpy", **UNWRAPPED)
def lengthen_own(rows, count, nodes, graph, noise, places, moved, out, slots):
    """Append every action to `count` prefixes and merge equal ones; returns the rows of `out`, or TOO_MANY.

    rows [count, len(nodes)]: where each prefix leads, P(node); places [all nodes]: column of a node after the
    step; moved: scratch [actions, columns]; out [room + 1, columns], slots as in `keep`.
    """
    actions, width = moved.shape
    total = np.int64(0)
    for row in range(count):
        for executed in range(actions):
            for y in range(width):
                moved[executed, y] = 0.0  # where the prefix leads when each action is executed
        for s in range(nodes.shape[0]):
            p = rows[row, s]
            if p > 0.0:
                for executed in range(actions):
                    moved[executed, places[graph[HEAD + nodes[s] * actions + executed]]] += p
        for chosen in range(actions):
            for y in range(width):
                out[total, y] = 0.0
            for executed in range(actions):
                share = noise[chosen, executed]
                if share > 0.0:
                    for y in range(width):
                        out[total, y] += share * moved[executed, y]
            total = keep(out, total, slots, GRAIN)
            if total == out.shape[0]:
                return TOO_MANY
    return total


@kernel
def spread_out(here, graph, actions, places, there):
    """Number the nodes that one step from `here` reaches in `places`, list them; returns how many there are."""
    count = 0
    for node in range(places.shape[0]):
        places[node] = -1
    for node in here:
        for action in range(actions):
            after = graph[HEAD + node * actions + action]
            if places[after] < 0:
                places[after] = count
                there[count] = after
                count += 1
    return count


@kernel
def channel(graph, noise, horizon, limit):
    """P(outcome | action sequence), a row for every distinct prefix; none when more than `limit`."""
    actions, nodes, outcomes = noise.shape[0], graph[0], graph[2]
    ends = graph[HEAD + graph[1] * actions :]
    places, listed = np.empty((3, nodes), np.int32), 1
    places[1, 0] = 0
    rows, count = np.empty((1, 1)), 1
    rows[0, 0] = 1.0
    for k in range(1, horizon + 1):
        here = places[2 - k % 2, :listed]
        listed = spread_out(here, graph, actions, places[0], places[1 + k % 2])
        width = np.int64(listed)
        if k == horizon:  # after the last step only outcomes count
            width = np.int64(outcomes)
            for node in range(nodes):
                places[0, node] = ends[node]
        room = min(count * actions, limit) + 1
        size = 4
        while size < 2 * room:
            size *= 2
        slots = np.empty((1, size), np.int32)[0]
        for slot in range(size):
            slots[slot] = 0
        out = np.empty((room, width))
        moved = np.empty((actions, width))
        count = lengthen_own(rows, np.int64(count), here, graph, noise, places[0], moved, out, slots)
        if count == TOO_MANY:
            return out[:0]
        rows = out
    return rows[:count]


@njit(cache=True, nogil=True)
def channels(graphs, starts, chosen, noise, horizon, limit, out, out_starts, shapes):
    """The channels of the graphs number `chosen` end to end in `out`; returns how many there was room for.

    out_starts [chosen] gets where each begins, shapes [chosen, 2] its inputs and outcomes; 0 inputs where
    there are more than `limit`. When there is no room for the first, shapes[0] still says how much it takes.
    """
    at = 0
    for c in range(chosen.shape[0]):
        rows = channel(graphs[starts[chosen[c]] : starts[chosen[c] + 1]], noise, horizon, limit)
        inputs, outcomes = rows.shape
        shapes[c, 0], shapes[c, 1] = inputs, outcomes
        if at + inputs * outcomes > out.shape[0]:
            return c
        out_starts[c] = at
        for x in range(inputs):
            for y in range(outcomes):
                out[at] = rows[x, y]
                at += 1
    return chosen.shape[0]


@njit(cache=True)
def lengthen(rows, starts, to, p, noise, out, slots):
    """Append every joint action to the prefixes `rows` and merge equal ones; returns the rows of `out`.

    rows [prefixes, nodes]: where each prefix leads, P(node). starts, to, p: the step from there by node and
    executed joint action, as `layers_kernels.expand` writes it. noise P(executed | chosen) [joint, joint].
    out [room + 1, next nodes], slots as in `keep`. TOO_MANY when there are more than room.
    """
    joint = noise.shape[0]
    total = np.int64(0)
    for row in range(rows.shape[0]):
        for chosen in range(joint):
            new = out[total]
            for y in range(new.shape[0]):
                new[y] = 0.0
            for executed in range(joint):
                share = noise[chosen, executed]
                if share > 0.0:
                    for node in range(rows.shape[1]):
                        weight = rows[row, node] * share
                        if weight > 0.0:
                            entry = node * joint + executed
                            for k in range(starts[entry], starts[entry + 1]):
                                new[to[k]] += weight * p[k]
            total = keep(out, total, slots, GRAIN)
            if total == out.shape[0]:
                return TOO_MANY
    return total


@njit(cache=True)
def follow(rows, successor, base, step, joint, out, slots):
    """Append every joint action to the prefixes `rows` and merge equal ones; returns the rows of `out`.

    rows [prefixes, futures]: the node to which each prefix leads in each future; successor and base as
    `layers_kernels.accompany` writes them. out [room + 1, futures], slots as in `keep`.
    """
    total = np.int64(0)
    for row in range(rows.shape[0]):
        for chosen in range(joint):
            for f in range(rows.shape[1]):
                out[total, f] = successor[base[f, step] + rows[row, f] * joint + chosen]
            total = keep(out, total, slots, 1.0)
            if total == out.shape[0]:
                return TOO_MANY
    return total


@njit(cache=True)
def frequencies(rows, outcomes, first, last):
    """How often each of `outcomes` follows each prefix in the futures first..last-1: P(outcome | prefix)."""
    p = np.zeros((rows.shape[0], outcomes))
    for row in range(rows.shape[0]):
        for f in range(first, last):
            p[row, rows[row, f]] += 1.0 / (last - first)
    return p
