"""Kernels that write down what one actor can reach in a world as a graph of merged states: its neighbourhood.

Whole keys are compared, a hash only finds the slot. Scratch that is too small is reported, never a wrong
answer.
"""

import numpy as np
from numba import njit

from rewards.estimators.compiled import UNWRAPPED
from rewards.estimators.slots import copy, same, slot_of
from rewards.kernel_socket import CORE_WORDS, act, write_outcome

OUTCOME_WORDS = 8 * CORE_WORDS + 1  # its length, then its words
HEAD = 3  # nodes, expanded nodes, outcomes
FULL = -1

kernel = njit(**UNWRAPPED)


@kernel
def wipe(slots, tables, count):
    """Free the slots that `count` nodes took."""
    for node in range(count):
        tables[0, slots[node, 0]] = 0
        tables[1, slots[node, 1]] = 0


@kernel
def number_of(level, state, words, perceiver, outcome, keep, memory, nodes, numbers):
    """Number of the state in `words` among the nodes; returns (number or FULL, nodes, outcome numbers now).

    If `keep`, a new one is kept in full, to be expanded.
    """
    _, rows, keys, ends, slots, seen, tables = memory
    slot = slot_of(words, CORE_WORDS, keys, tables[0])
    if tables[0, slot] > 0:
        return tables[0, slot] - 1, nodes, numbers
    if nodes == keys.shape[0]:
        return FULL, nodes, numbers
    copy(words, keys[nodes], CORE_WORDS)
    if keep:
        copy(words, rows[nodes], rows.shape[1])
    slots[nodes, 0] = slot
    tables[0, slot] = nodes + 1
    length = write_outcome(level, state, words, perceiver, outcome, seen[numbers, 1:])
    seen[numbers, 0] = length
    slot = slot_of(seen[numbers], length + 1, seen, tables[1])
    if tables[1, slot] == 0:
        numbers += 1
        tables[1, slot] = numbers
    slots[nodes, 1] = slot
    ends[nodes] = tables[1, slot] - 1
    return nodes, nodes + 1, numbers


@kernel
def graph(level, root, agent, perceiver, outcome, horizon, actions, memory, out, at):
    """Write the graph that `agent` can reach from the words `root` to out[at:]; returns its length, or FULL.

    A graph is: nodes, expanded nodes, outcomes; the successor of every expanded node by every action; the
    outcome of every node. Nodes are numbered breadth first by action, 0 the root, and outcomes as they
    appear, so that equal neighbourhoods give equal graphs.
    """
    records, rows, keys, ends, slots, _, tables = memory
    hand, width = rows.shape[0] - 1, rows.shape[1]
    successor = at + HEAD
    copy(root, rows[hand], width)
    none = np.int64(0)  # as a constant it would be a type of its own, and all be compiled once more
    _, nodes, numbers = number_of(
        level, records[hand], rows[hand], perceiver, outcome, horizon > 0, memory, none, none
    )
    parent = 0
    fits = True
    for distance in range(1, horizon + 1):
        level_end = nodes
        while parent < level_end and fits:
            moved = True
            fits = successor + (parent + 1) * actions <= out.shape[0]
            for action in range(actions if fits else 0):
                if moved:
                    copy(rows[parent], rows[hand], width)
                act(level, records[hand], agent, action)
                moved = not same(rows[hand], keys[parent], CORE_WORDS)
                node = parent  # equal keys, equal states: the hand need not be set back either
                if moved:
                    node, nodes, numbers = number_of(
                        level,
                        records[hand],
                        rows[hand],
                        perceiver,
                        outcome,
                        distance < horizon,
                        memory,
                        nodes,
                        numbers,
                    )
                    if node == FULL:
                        fits = False
                        break
                out[successor + parent * actions + action] = node
            parent += 1
    wipe(slots, tables, nodes)
    last = successor + parent * actions
    if not fits or last + nodes > out.shape[0]:
        return FULL
    out[at], out[at + 1], out[at + 2] = nodes, parent, numbers
    for node in range(nodes):
        out[last + node] = ends[node]
    return last + nodes - at


@njit(cache=True, nogil=True)
def graphs(level, states, agent, perceiver, outcome, horizon, actions, memory, out, starts):
    """The graphs of the rows of `states` (words) end to end in `out`; returns how many there was room for.

    starts [states + 1] gets where each begins. memory, with one row more for the hand in which `act` acts:
    records [room + 1], rows: the same as words; keys [room, CORE_WORDS]; ends [room]; slots [room, 2];
    seen [room, OUTCOME_WORDS]; tables [2, a power of two, at least 2 * room], zero before and after.
    """
    starts[0] = 0
    for w in range(states.shape[0]):
        length = graph(
            level[0], states[w], agent, perceiver, outcome, horizon, actions, memory, out, starts[w]
        )
        if length == FULL:
            return w
        starts[w + 1] = starts[w] + length
    return states.shape[0]
