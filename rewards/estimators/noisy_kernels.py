"""Kernels that make channels from action sequences to outcomes out of graphs of merged states and noise.

A graph is as `neighbourhood_kernels.graph` writes it: nodes, expanded nodes, outcomes; the successor of every
expanded node by every action; the outcome of every node.
"""

import numpy as np
from numba import njit

HEAD = 3
GRAIN = 2.0**40
"""Distributions that agree in every entry on this grid are taken as equal (they differ by rounding only)."""

TOO_MANY = -1


@njit(cache=True)
def find(graphs, starts, keys, key_starts, slots, count, entries, fresh):
    """Find or add every graph in a table; returns (entries now, graphs that were new).

    graphs: int32, end to end, starts [graphs + 1]. keys, key_starts: the graphs of the table alike, `count`
    so far, with room for all; slots (a power of two, entry + 1, 0 is free). entries gets each graph's entry,
    fresh the numbers of those that were new, in the order of their entries.
    """
    mask = np.uint64(slots.shape[0] - 1)
    missing = 0
    for graph in range(starts.shape[0] - 1):
        first, length = starts[graph], starts[graph + 1] - starts[graph]
        mixed = np.uint64(length)
        for k in range(length):
            odd = (np.uint64(k) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)) | np.uint64(
                1
            )
            mixed += np.uint64(graphs[first + k] + 1) * odd
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        slot = (mixed ^ (mixed >> np.uint64(32))) & mask
        while True:
            entry = slots[slot] - 1
            if entry < 0:
                entry = count
                at = key_starts[count]
                count += 1
                slots[slot] = count
                fresh[missing] = graph
                missing += 1
                key_starts[count] = at + length
                for k in range(length):
                    keys[at + k] = graphs[first + k]
                break
            at = key_starts[entry]
            equal = key_starts[entry + 1] - at == length
            for k in range(length if equal else 0):
                if keys[at + k] != graphs[first + k]:
                    equal = False
                    break
            if equal:
                break
            slot = (slot + np.uint64(1)) & mask
        entries[graph] = entry
    return count, missing


@njit(cache=True, nogil=True)
def turn(graphs, starts, chosen, symmetries, out, out_starts):
    """The canonical form of the graphs number `chosen`, end to end in `out`: equal for all that are alike.

    symmetries [k, actions]: the actions in another order each, the first as they are. Of the forms that a
    graph takes when its nodes and outcomes are numbered anew by each order, the first one in the order of
    the alphabet is canonical.
    """
    actions = symmetries.shape[1]
    out_starts[0] = 0
    for c in range(chosen.shape[0]):
        first, length = starts[chosen[c]], starts[chosen[c] + 1] - starts[chosen[c]]
        graph, best = graphs[first : first + length], out[out_starts[c] : out_starts[c] + length]
        out_starts[c + 1] = out_starts[c] + length
        for k in range(length):
            best[k] = graph[k]
        nodes, expanded, outcomes = graph[0], graph[1], graph[2]
        ends = HEAD + expanded * actions
        new, order, outcome = (
            np.empty(nodes, np.int32),
            np.empty(nodes, np.int32),
            np.empty(outcomes, np.int32),
        )
        for symmetry in range(1, symmetries.shape[0]):
            new[:] = -1
            outcome[:] = -1
            new[0], order[0] = 0, 0
            known, told = 1, 0
            better = False  # than the best: written over it as soon as that is certain
            at = HEAD
            worse = False
            for place in range(expanded):
                for action in range(actions):
                    node = graph[HEAD + order[place] * actions + symmetries[symmetry, action]]
                    if new[node] < 0:
                        new[node] = known
                        order[known] = node
                        known += 1
                    if not better and new[node] != best[at]:
                        worse = new[node] > best[at]
                        better = not worse
                    if worse:
                        break
                    best[at] = new[node]
                    at += 1
                if worse:
                    break
            for place in range(0 if worse else nodes):
                end = graph[ends + order[place]]
                if outcome[end] < 0:
                    outcome[end] = told
                    told += 1
                if not better and outcome[end] != best[at]:
                    if outcome[end] > best[at]:
                        break
                    better = True
                best[at] = outcome[end]
                at += 1


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


@njit(cache=True, fastmath={"contract"})
def lengthen(rows, count, nodes, successor, noise, places, width, out, slots, limit):
    """Append every action to `count` prefixes and merge equal ones; returns the rows of `out`, or TOO_MANY.

    rows [count, len(nodes)]: where each prefix leads, P(node); places [all nodes]: column of a node after the
    step; out [room, width]; slots: a hash table (row + 1, 0 is free), a power of two at least twice the rows
    of `out`.
    """
    actions = noise.shape[0]
    mask = np.uint64(slots.shape[0] - 1)
    total = 0
    moved = np.empty((actions, width))
    odd = np.empty(width, np.uint64)
    for y in range(width):
        odd[y] = (np.uint64(y) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)) | np.uint64(1)
    for row in range(count):
        moved[:] = 0.0  # where the prefix leads when each action is executed
        for s in range(nodes.shape[0]):
            p = rows[row, s]
            if p > 0.0:
                for executed in range(actions):
                    moved[executed, places[successor[nodes[s], executed]]] += p
        for chosen in range(actions):
            new = out[total]
            for y in range(width):
                new[y] = 0.0
            for executed in range(actions):
                share = noise[chosen, executed]
                if share > 0.0:
                    for y in range(width):
                        new[y] += share * moved[executed, y]
            mixed = np.uint64(0)
            for y in range(width):
                word = np.uint64(np.int64(new[y] * GRAIN + 0.5))
                mixed += (word ^ (word >> np.uint64(20))) * odd[y]
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
    different = np.int64(0)
    for y in range(left.shape[0]):
        different |= np.int64(left[y] * GRAIN + 0.5) ^ np.int64(right[y] * GRAIN + 0.5)
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


@njit(cache=True, nogil=True)
def channels(graphs, starts, chosen, noise, horizon, limit, out, out_starts, shapes):
    """The channels of the graphs number `chosen` end to end in `out`; returns how many there was room for.

    out_starts [chosen] gets where each begins, shapes [chosen, 2] its inputs and outcomes; 0 inputs where
    there are more than `limit`. When there is no room for the first, shapes[0] still says how much it takes.
    """
    actions = noise.shape[0]
    at = 0
    for c in range(chosen.shape[0]):
        first = starts[chosen[c]]
        nodes, expanded, outcomes = graphs[first], graphs[first + 1], graphs[first + 2]
        ends = first + HEAD + expanded * actions
        successor = graphs[first + HEAD : ends].reshape(expanded, actions)
        rows = channel(successor, graphs[ends : ends + nodes], outcomes, noise, horizon, limit)
        shapes[c, 0], shapes[c, 1] = rows.shape
        if at + rows.size > out.shape[0]:
            return c
        out_starts[c] = at
        for x in range(rows.shape[0]):
            for y in range(rows.shape[1]):
                out[at] = rows[x, y]
                at += 1
    return chosen.shape[0]
