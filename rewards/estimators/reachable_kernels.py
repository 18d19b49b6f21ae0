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


@njit(**UNWRAPPED)
def grow(level, root, agent, perceiver, outcome, horizon, scratch):
    """Expand every state that `agent` can reach in at most `horizon` steps from the words `root`, each once.

    The scratch, of one thread, is filled by node, breadth first, 0 the root; in this order:
    records [rooms], words: the states that are expanded, in both views; the last row is the hand in which
        `act` acts.
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
                    if distance < horizon:
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
def count(level, words, agents, perceivers, outcome, horizon, scratch, known, out):
    """Outcomes to which each of `agents` can bring its perceiver from each row of `words`: out [worlds, agents]."""
    for w in range(words.shape[0]):
        for k in range(agents.shape[0]):
            out[w, k] = outcome_count(
                level[0], words[w], agents[k], perceivers[k], outcome, horizon, scratch, known
            )


@njit(cache=True, nogil=True)
def anticipate(level, words, matters, outcome, horizon, hands, scratch, known, out):
    """Outcomes that each perceiver can reach by itself after each actor's next action, everybody else still.

    matters [worlds, actors, perceivers] is false where nothing that the actor does now can make a difference; hands
    (records, words) hold a row for each action; out [worlds, actors, actions, perceivers].
    """
    records, hand_words = hands
    agents = out.shape[1]
    for w in range(words.shape[0]):
        for actor in range(agents):
            for action in range(out.shape[2]):
                copy(words[w], hand_words[action], words.shape[1])
                act(level[0], records[action], actor, action)
                twin = 0  # the first action with the same result
                while not same(hand_words[action], hand_words[twin], CORE_WORDS):
                    twin += 1
                changes = not same(hand_words[action], words[w], CORE_WORDS)
                for perceiver in range(agents):
                    if twin < action:
                        out[w, actor, action, perceiver] = out[w, actor, twin, perceiver]
                    else:
                        root = hand_words[action] if changes and matters[w, actor, perceiver] else words[w]
                        out[w, actor, action, perceiver] = outcome_count(
                            level[0], root, perceiver, perceiver, outcome, horizon, scratch, known
                        )


@njit(cache=True, nogil=True)
def act_alone(level, states, agent, action):
    """Let one agent execute an action in each of `states`, in place, everybody else still."""
    for w in range(states.shape[0]):
        act(level[0], states[w], agent, action)
