"""Kernels that expand all states one actor can reach, merged, with the world's own `act`.

Whole keys are compared, a hash only finds the slot. Scratch that is too small is reported, never a wrong
answer.
"""

import numpy as np
from numba import njit

from rewards.estimators.compiled import UNWRAPPED
from rewards.estimators.slots import copy, same, slot_of
from rewards.kernel_socket import CORE_WORDS, act, write_outcome

OUTCOME_WORDS = 8 * CORE_WORDS + 1  # its length, then its words
FULL = -1
CELL, WORLD = 0, 2  # outcomes: one word, and what keys tell apart
MOST_AGENTS = 1 << 16
PLANES = 3  # of a map


@njit(**UNWRAPPED)
def grow(level, root, agent, perceiver, outcome, horizon, scratch):
    """Expand every state that `agent` can reach in at most `horizon` steps from the words `root`, each once.

    The scratch, of one thread, is filled by node, breadth first, 0 the root; in this order:
    records [rooms], words: the states that are expanded, or all with outcome WORLD, in both views; the row
        behind them is the hand in which `act` acts.
    keys [nodes, CORE_WORDS]; successor [nodes, actions], valid for the expanded nodes, which come first.
    nodes [nodes, 3]: the number of the outcome that `perceiver` has there, and the slots of key and outcome.
    seen [nodes, OUTCOME_WORDS]: outcomes by number: their length and words, or the one word of a cell.
    tables [2, a power of two, at least twice the rows of keys]: slots by key and by outcome, zero before
        and after.

    Returns (nodes, outcomes, expanded); nodes is FULL when the scratch was too small.
    """
    records, words, keys, successor, nodes, seen, tables = scratch
    width = words.shape[1]
    room = keys.shape[0]
    count = ends = kept = expanded = level_end = np.int64(0)  # literals would be compiled for apart
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
                        if outcome == CELL:  # always one word, which is quicker to find
                            write_outcome(level, records[kept], hand, perceiver, outcome, seen[ends])
                            slot = slot_of(seen[ends], 1, seen, tables[1])
                        else:
                            seen[ends, 0] = write_outcome(
                                level, records[kept], hand, perceiver, outcome, seen[ends, 1:]
                            )
                            slot = slot_of(seen[ends], seen[ends, 0] + np.uint64(1), seen, tables[1])
                        if tables[1, slot] == 0:
                            ends += 1
                            tables[1, slot] = ends
                        nodes[node, 0] = tables[1, slot] - 1
                        nodes[node, 2] = slot
                    if distance < horizon or outcome == WORLD:
                        kept += 1
                if distance > 0:
                    successor[parent, action] = node
            if distance > 0:
                expanded += 1
    wipe(nodes, tables, count)
    return count, ends, expanded


@njit(**UNWRAPPED)
def wipe(nodes, tables, count):
    """Free the slots that `count` nodes took."""
    for node in range(count):
        tables[0, nodes[node, 1]] = 0
        tables[1, nodes[node, 2]] = 0


@njit(**UNWRAPPED)
def outcomes_after(horizon, successor, nodes, count, ends, expanded):
    """Number of distinct outcomes after exactly `horizon` steps in a graph made by `grow`."""
    waits = True
    for node in range(expanded):
        waits = waits and successor[node, 0] == node
    if waits:  # who can wait reaches after exactly n steps all that is reached within n
        return ends
    found = np.zeros(ends, np.bool_)
    for node in after_exactly(horizon, successor, count, room_to_go_on(count)):
        found[nodes[node, 0]] = True
    return found.sum()


@njit(**UNWRAPPED)
def room_to_go_on(count):
    """Memory of `after_exactly`: nodes here and there, and the last step at which each was met."""
    return np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int32)


@njit(**UNWRAPPED)
def after_exactly(horizon, successor, count, memory):
    """Nodes at which one can be after exactly `horizon` steps, in a graph of `count` nodes made by `grow`."""
    here, there, stamp = memory
    stamp[:count] = -1
    here[0], standing = 0, 1
    for step in range(horizon):
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
    return here[:standing]


@njit(**UNWRAPPED)
def outcome_count(level, root, agent, perceiver, outcome, horizon, scratch, known):
    """Outcomes that `perceiver` can be brought to from the words `root`; FULL where the scratch was too small.

    known, of one thread, is what was asked before: (keys [rooms, CORE_WORDS + 1], the state's and the question's;
    values [rooms]; slots, a power of two, at least twice the rooms; size [1], entries so far). It starts anew when
    it is full.
    """
    keys, values, slots, size = known
    entry = size[0]
    copy(root, keys[entry], CORE_WORDS)
    keys[entry, CORE_WORDS] = np.uint64(
        ((np.int64(horizon) * 4 + outcome) * MOST_AGENTS + agent) * MOST_AGENTS + perceiver
    )
    slot = slot_of(keys[entry], CORE_WORDS + 1, keys, slots)
    if slots[slot] != 0:
        return values[slots[slot] - 1]
    reached, ends, expanded = grow(level, root, agent, perceiver, outcome, horizon, scratch)
    if reached == FULL:
        return FULL
    found = outcomes_after(horizon, scratch[3], scratch[4], reached, ends, expanded)
    if entry + 1 == keys.shape[0]:
        slots[:] = 0
        size[0] = 0
    else:
        values[entry] = found
        slots[slot] = entry + 1
        size[0] = entry + 1
    return found


@njit(cache=True, nogil=True)
def count(level, words, rows, outcome, horizon, scratch, known, out):
    """Outcomes to which an agent can bring a perceiver: out [rows]; rows [rows, 3]: a row of `words`, who they are."""
    for k in range(rows.shape[0]):
        root = words[rows[k, 0]]
        out[k] = outcome_count(level[0], root, rows[k, 1], rows[k, 2], outcome, horizon, scratch, known)


@njit(cache=True, nogil=True)
def act_alone(level, words, rows, records, out, changed):
    """States that one agent's action changes; rows [rows, 3]: a row of `words`, who acts, and what it executes.

    records, out [rows + 1]: the states after it, in both views; changed [rows]: of which row. Returns how many.
    """
    count = 0
    for k in range(rows.shape[0]):
        before = words[rows[k, 0]]
        copy(before, out[count], words.shape[1])
        act(level[0], records[count], rows[k, 1], rows[k, 2])
        if not same(before, out[count], CORE_WORDS):
            changed[count] = k
            count += 1
    return count


@njit(cache=True, nogil=True)
def walks(level, words, rows, outcome, horizon, first, free, places, scratch, out):
    """What is uncertain about where random play of one agent ends, for `rows` as in `count`; at least one step.

    first [firsts, actions]: what becomes of each first choice, one as likely as another; free [actions]: what is
    executed afterwards; places [cells, coordinates], to be read with outcome CELL only.

    out [rows, 3]: entropy of the outcome, its mean entropy once the first choice is known, in bits, and the
    variance of the place summed over coordinates; FULL where the scratch was too small.
    """
    successor, nodes, seen = scratch[3], scratch[4], scratch[5]
    here, there = np.zeros(successor.shape[0]), np.zeros(successor.shape[0])
    own, mean = np.zeros(successor.shape[0]), np.zeros(successor.shape[0])
    for k in range(rows.shape[0]):
        count, ends, _ = grow(level[0], words[rows[k, 0]], rows[k, 1], rows[k, 2], outcome, horizon, scratch)
        out[k] = count
        if count == FULL:
            continue
        out[k] = 0.0
        mean[:ends] = 0.0
        for choice in range(first.shape[0]):
            here[:count] = 0.0
            for action in range(free.shape[0]):
                here[successor[0, action]] += first[choice, action]
            for _ in range(1, horizon):
                there[:count] = 0.0
                for node in range(count):
                    if here[node] > 0.0:
                        for action in range(free.shape[0]):
                            there[successor[node, action]] += here[node] * free[action]
                here, there = there, here
            own[:ends] = 0.0
            for node in range(count):
                own[nodes[node, 0]] += here[node]
            for end in range(ends):
                mean[end] += own[end] / first.shape[0]
            out[k, 1] += entropy(own, ends) / first.shape[0]
        out[k, 0] = entropy(mean, ends)
        for coordinate in range(places.shape[1]):
            centre = 0.0
            for end in range(ends):
                centre += mean[end] * places[np.int64(seen[end, 0]), coordinate]
            for end in range(ends):
                out[k, 2] += mean[end] * (places[np.int64(seen[end, 0]), coordinate] - centre) ** 2


@njit(**UNWRAPPED)
def entropy(chances, count):
    """Entropy in bits of the first `count` chances."""
    bits = 0.0
    for k in range(count):
        if chances[k] > 0.0:
            bits -= chances[k] * np.log2(chances[k])
    return bits


@njit(cache=True, nogil=True)
def futures(level, words, rows, horizon, scratch, out, starts):
    """States that one agent alone can have brought about after exactly `horizon` steps, for `rows` as in `count`.

    out [room, words]: the states, each once, end to end; starts [rows + 1]: where those of each row begin. Returns the
    rows that are done, all but those for which `out` or the scratch was too small.
    """
    memory = room_to_go_on(scratch[3].shape[0])
    starts[0] = 0
    for k in range(rows.shape[0]):
        count = grow(level[0], words[rows[k, 0]], rows[k, 1], rows[k, 1], WORLD, horizon, scratch)[0]
        if count == FULL:
            return k
        nodes = after_exactly(horizon, scratch[3], count, memory)
        if starts[k] + nodes.shape[0] > out.shape[0]:
            return k
        for place in range(nodes.shape[0]):
            copy(scratch[1][nodes[place]], out[starts[k] + place], words.shape[1])
        starts[k + 1] = starts[k] + nodes.shape[0]
    return rows.shape[0]


@njit(cache=True, nogil=True)
def shown(level, words, rows, spans, visible, near, rim, octets, first, horizon, scratch, out):
    """How many different things onlookers can be shown by one agent alone in exactly `horizon` steps: out [onlookers].

    rows [rows, 3]: a row of `words`, who acts, and its cell; its onlookers are numbers spans[k] to spans[k + 1] - 1.
    visible [onlookers], as bits: which of the cells near[cell], and then rim[cell], each sees. octets [rooms, bytes]:
    the records of the scratch, in which the planes of cells begin at byte `first`. Returns the rows that are done.
    """
    table, cells = scratch[6][1], near.shape[1] + rim.shape[1]
    most = (PLANES * cells + 7) // 8
    room = scratch[3].shape[0]
    memory = room_to_go_on(room)
    mask, places, slots = np.empty(most, np.uint64), np.empty(cells, np.int64), np.empty(room, np.int64)
    strips, seen = np.empty((room, most), np.uint64), np.empty((room, most), np.uint64)
    for k in range(rows.shape[0]):
        reached = grow(level[0], words[rows[k, 0]], rows[k, 1], rows[k, 1], WORLD, horizon, scratch)[0]
        if reached == FULL:
            return k
        nodes = after_exactly(horizon, scratch[3], reached, memory)
        by_any, here, count = np.uint64(0), rows[k, 2], 0
        for onlooker in range(spans[k], spans[k + 1]):
            by_any |= visible[onlooker]
        for cell in range(cells):
            if by_any >> np.uint64(cell) & np.uint64(1):
                places[count] = cell
                count += 1
        width = (PLANES * count + 7) // 8
        for place in range(nodes.shape[0]):
            strip = strips[place].view(np.uint8)
            strips[place, width - 1] = 0
            for number in range(count):
                cell = places[number]
                there = near[here, cell] if cell < near.shape[1] else rim[here, cell - near.shape[1]]
                for plane in range(PLANES):
                    strip[PLANES * number + plane] = octets[nodes[place], first + PLANES * there + plane]
        for onlooker in range(spans[k], spans[k + 1]):
            mask[:width] = 0
            bits = mask.view(np.uint8)
            for number in range(count):
                if visible[onlooker] >> np.uint64(places[number]) & np.uint64(1):
                    bits[PLANES * number : PLANES * (number + 1)] = 255
            different = 0
            for place in range(nodes.shape[0]):
                for word in range(width):
                    seen[different, word] = strips[place, word] & mask[word]
                slot = slot_of(seen[different], width, seen, table)
                if table[slot] == 0:
                    slots[different] = slot
                    different += 1
                    table[slot] = different
            for number in range(different):
                table[slots[number]] = 0
            out[onlooker] = different
    return rows.shape[0]
