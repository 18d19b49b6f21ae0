"""A GPU thread counts what one agent can reach; the same source runs on the CPU, where it is tested.

Imported only where numba-cuda is asked for. Depth first, so that a thread holds one state for each step of the
horizon and not one for each state it finds: a record with its caches takes 1 to 3 KB, far too much for shared memory,
and the fewer of them there are, the more stay in the caches. The sets' slots are in shared memory, their keys beside
the records. Whatever has no room there, or no answer by depth first, is REDO and left to the CPU.
"""

# Numba's own annotations take cuda.grid and others for classes.
# pyright: reportCallIssue=false, reportArgumentType=false

import numpy as np
from numba import cuda, njit

from rewards.estimators.slots import copy, same, slot_of
from rewards.kernel_socket import CORE_WORDS, act, write_outcome

REDO = -1
WORLD = 2  # the outcome that tells apart what keys tell apart
THREADS = 32  # in a block
SLOTS = 512  # of each thread's set, as 16-bit numbers: 32 KB of shared memory a block
NODES = 3 * SLOTS // 4


@njit(cache=True)
def reach(level, agent, outcome, horizon, actions, scratch, slots):
    """Number of outcomes for `agent` within reach of the state in the first row, or REDO.

    The scratch, of one thread, in this order: records, words [horizon + 1]: the states on the path, in both views;
    tried [horizon + 1]: the next action of each; keys [nodes, CORE_WORDS]; depths [nodes]: the fewest steps to each
    yet; ends [nodes, words]: outcomes. `slots`: a power of two, more than the nodes.
    """
    records, words, tried, keys, depths, ends = scratch
    for slot in range(slots.shape[0]):
        slots[slot] = 0
    slots[slot_of(words[0], CORE_WORDS, keys, slots)] = 1
    copy(words[0], keys[0], CORE_WORDS)
    found = add_end(level, records[0], words[0], agent, outcome, ends, 0)
    nodes, depth, set_back = 1, 0, True
    depths[0] = tried[0] = 0
    while depth >= 0:
        if tried[depth] == actions or depth == horizon:
            depth -= 1
            set_back = True
            continue
        action = tried[depth]
        tried[depth] += 1
        here, there = words[depth], words[depth + 1]
        if set_back:
            copy(here, there, words.shape[1])
        act(level, records[depth + 1], agent, action)
        set_back = not same(here, there, CORE_WORDS)
        if not set_back:  # equal keys, equal states
            continue
        if action == 0:  # who cannot wait may not be able to be after n steps where it was before
            return REDO
        slot = slot_of(there, CORE_WORDS, keys, slots)
        node = slots[slot] - 1
        if node < 0:
            if nodes == keys.shape[0]:
                return REDO
            node = nodes
            nodes += 1
            slots[slot] = nodes
            copy(there, keys[node], CORE_WORDS)
            found = add_end(level, records[depth + 1], there, agent, outcome, ends, found)
        elif depths[node] <= depth + 1:
            continue
        depth += 1
        depths[node] = depth
        tried[depth] = 0
    return nodes if outcome == WORLD else found


@njit(cache=True)
def add_end(level, state, words, agent, outcome, ends, found):
    """How many outcomes are found, with that of `state`: looked for among all, as they are few."""
    if outcome == WORLD:
        return 0
    length = write_outcome(level, state, words, agent, outcome, ends[found])
    for end in range(found):
        if same(ends[end], ends[found], length):
            return found
    return found + 1


@njit(cache=True)
def count_share(
    thread, threads, level, states, agents, actions, first, outcome, horizon, scratch, slots, out
):
    """Every `threads`-th item from `thread` on: items are worlds by agents, or with `first` worlds by actors by
    their next action by agents; `states` are rows of words.
    """
    for item in range(thread, out.shape[0], threads):
        agent, rest = item % agents, item // agents
        world = rest // (agents * actions) if first else rest
        copy(states[world], scratch[1][0], states.shape[1])
        if first:
            act(level, scratch[0][0], rest // actions % agents, rest % actions)
        out[item] = reach(level, agent, outcome, horizon, actions, scratch, slots)


@cuda.jit
def count(
    levels, states, agents, actions, first, outcome, horizon, records, words, tried, keys, depths, ends, out
):
    """Counts of all items into `out`; the scratch has a row for each thread."""
    slots = cuda.shared.array((SLOTS, THREADS), np.int16)  # neighbours in a warp are neighbours in memory
    thread = cuda.grid(1)
    scratch = records[thread], words[thread], tried[thread], keys[thread], depths[thread], ends[thread]
    own = slots[:, cuda.threadIdx.x]
    count_share(
        thread,
        cuda.gridsize(1),
        levels[0],
        states,
        agents,
        actions,
        first,
        outcome,
        horizon,
        scratch,
        own,
        out,
    )
