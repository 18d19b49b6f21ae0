"""Kernels that look graphs up in a table, and bring them to a form that all turned and mirrored ones share.

A graph is as `neighbourhood_kernels.graph` writes it: nodes, expanded nodes, outcomes; the successor of every
expanded node by every action; the outcome of every node.
"""

import numpy as np
from numba import njit

HEAD = 3


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
