"""Kernels that expand all states one actor can reach, merged, with the world's own `act`.

Whole keys are compared, a hash only finds the slot. Scratch that is too small is reported, never a wrong
answer.
"""

import numpy as np
from numba import njit

from rewards.estimators.slots import copy, same, slot_of
from rewards.kernel_socket import CORE_WORDS, act, write_outcome

OUTCOME_WORDS = 8 * CORE_WORDS + 1  # its length, then its words
FULL = -1
WORLD = 2  # the outcome that tells apart what keys tell apart


@njit(cache=True)
def grow(level, root, agent, perceiver, outcome, horizon, scratch):
    """Expand every state that `agent` can reach in at most `horizon` steps from the words `root`, each once.

    The scratch, of one thread, is filled by node, breadth first, 0 the root; in this order:
    records [rooms], words: the states that are expanded, in both views; the last row is the hand in which
        `act` acts.
    keys [nodes, CORE_WORDS]; successor [nodes, actions], valid for the expanded nodes, which come first.
    nodes [nodes, 3]: the number of the outcome that `perceiver` has there, and the slots of key and outcome.
    seen [nodes, OUTCOME_WORDS]: outcomes by number.
    tables [2, a power of two, at least twice the rows of keys]: slots by key and by outcome, zero before
        and after.

    Returns (nodes, outcomes, expanded); nodes is FULL when the scratch was too small.
    """
    records, words, keys, successor, nodes, seen, tables = scratch
    width = words.shape[1]
    room = keys.shape[0]
    count, ends, kept, expanded, level_end = 0, 0, 0, 0, 0
    for distance in range(horizon + 1):
        first, level_end = level_end, count
        parents = level_end - first if distance > 0 else 1
        for parent in range(first, first + parents):
            moved = True
            for action in range(successor.shape[1] if distance > 0 else 1):
                if distance == 0:
                    copy(root, words[0], width)
                else:
                    if moved:
                        copy(words[parent], words[kept], width)
                    act(level, records[kept], agent, action)
                    moved = not same(words[kept], keys[parent], CORE_WORDS)
                    if not moved:  # equal keys, equal states: the hand need not be set back either
                        successor[parent, action] = parent
                        continue
                hand = words[kept]
                slot = slot_of(hand, CORE_WORDS, keys, tables[0])
                node = tables[0, slot] - 1
                if node < 0:
                    if count == room:
                        wipe(nodes, tables, count)
                        return FULL, 0, 0
                    node = count
                    count += 1
                    tables[0, slot] = count
                    copy(hand, keys[node], CORE_WORDS)
                    nodes[node, 1] = slot
                    if outcome == WORLD:
                        nodes[node, 0], nodes[node, 2] = node, 0
                        ends = count
                    else:
                        length = write_outcome(level, records[kept], hand, perceiver, outcome, seen[ends, 1:])
                        seen[ends, 0] = length
                        slot = slot_of(seen[ends], length + 1, seen, tables[1])
                        if tables[1, slot] == 0:
                            ends += 1
                            tables[1, slot] = ends
                        nodes[node, 0] = tables[1, slot] - 1
                        nodes[node, 2] = slot
                    if distance < horizon:
                        kept += 1
                if distance > 0:
                    successor[parent, action] = node
            if distance > 0:
                expanded += 1
    wipe(nodes, tables, count)
    return count, ends, expanded


@njit(cache=True)
def wipe(nodes, tables, count):
    """Free the slots that `count` nodes took."""
    for node in range(count):
        tables[0, nodes[node, 1]] = 0
        tables[1, nodes[node, 2]] = 0


@njit(cache=True)
def outcomes_after(horizon, successor, nodes, count, ends, expanded):
    """Number of distinct outcomes after exactly `horizon` steps in a graph made by `grow`."""
    waits = True
    for node in range(expanded):
        waits = waits and successor[node, 0] == node
    if waits:  # who can wait reaches after exactly n steps all that is reached within n
        return ends
    here, there = np.zeros(count, np.int32), np.zeros(count, np.int32)
    stamp = np.zeros(count, np.int32)
    standing = 1
    for step in range(1, horizon + 1):
        arrived = 0
        for k in range(standing):
            for action in range(successor.shape[1]):
                node = successor[here[k], action]
                if stamp[node] != step:
                    stamp[node] = step
                    there[arrived] = node
                    arrived += 1
        here, there = there, here
        standing = arrived
    found = np.zeros(ends, np.bool_)
    total = 0
    for k in range(standing):
        end = nodes[here[k], 0]
        if not found[end]:
            found[end] = True
            total += 1
    return total


@njit(cache=True, nogil=True)
def count(level, states, agent, perceiver, outcome, horizon, scratch, out):
    """Outcomes reachable from each row of `states` (words) into `out`; FULL where scratch was too small."""
    for w in range(states.shape[0]):
        reached, ends, expanded = grow(level[0], states[w], agent, perceiver, outcome, horizon, scratch)
        if reached == FULL:
            out[w] = FULL
        else:
            out[w] = outcomes_after(horizon, scratch[3], scratch[4], reached, ends, expanded)
