"""Kernels that imagine all agents at once: layers of merged futures, and futures in sampled company.

States are merged only among those that are equally many steps ahead, since ties are broken by the clock.
Scratch that is too small is reported, never a wrong answer.
"""

import numpy as np
from numba import njit

from rewards.estimators.compiled import UNWRAPPED
from rewards.estimators.slots import slot_of
from rewards.kernel_socket import CORE_WORDS, act_all, write_outcome

OUTCOME_WORDS = 8 * CORE_WORDS + 1  # of one reader: its length, then its words
FULL = -1

kernel = njit(**UNWRAPPED)


@kernel
def write_outcomes(level, state, words, readers, outcome, out):
    """What all `readers` perceive, one after the other, each with its length first; returns the words written."""
    total = 0
    for reader in readers:
        length = write_outcome(level, state, words, reader, outcome, out[total + 1 :])
        out[total] = length
        total += 1 + length
    return total


@kernel
def choose(number, who, action_count, actions):
    """Let the agents `who` do what the `number` of their joint action says, its last digit for the last."""
    for k in range(who.shape[0] - 1, -1, -1):
        actions[who[k]] = number % action_count
        number //= action_count


@kernel
def add(state, words, level, width, readers, outcome, last, rows, table, slots, count):
    """The number of a future among `rows`: of its outcome if it is the last, else of its state.

    `slots` remembers what to free in the `table`. Returns (number or FULL, rows now).
    """
    if last:
        if count == rows.shape[0]:
            return FULL, count
        fresh = rows[count]
        length = write_outcomes(level, state, words, readers, outcome, fresh)
        slot = slot_of(fresh, length, rows, table)
    else:
        slot = slot_of(words, CORE_WORDS, rows, table)
    if table[slot] == 0:
        if count == rows.shape[0]:
            return FULL, count
        if not last:
            for k in range(width):
                rows[count, k] = words[k]
        slots[count] = slot
        count += 1
        table[slot] = count
    return table[slot] - 1, count


@kernel
def wipe(table, slots, count):
    """Free the slots that `count` rows took."""
    for k in range(count):
        table[slots[k]] = 0


@njit(cache=True, nogil=True)
def expand(level, hand, hand_words, parents, senders, others, chances, readers, outcome, last, memory):
    """One step ahead of every row of `parents` (words), by every joint action of `senders`, merged.

    hand [1], hand_words [1, words]: the same record twice, in which `act_all` acts.
    chances [1 or parents, others, actions]: what each of the others executes, with which probability; agents
        who are neither senders nor others stay.
    memory: rows (the next states, or outcomes if `last`), table and slots as in `add`; starts
        [parents * joint actions + 1], to and p [entries]: who leads where with which probability, end to end;
        place [rows]: -1 everywhere before and after. A table is zero before and after.

    Returns (rows, entries); rows is FULL when memory was too small.
    """
    rows, table, slots, starts, to, p, place = memory
    width, action_count = hand_words.shape[1], chances.shape[2]
    joint, combinations = action_count ** senders.shape[0], action_count ** others.shape[0]
    actions = np.zeros(len(hand[0].action), np.int8)
    count, entries = 0, 0
    for parent in range(parents.shape[0]):
        chance = chances[parent if chances.shape[0] > 1 else 0]
        for number in range(joint):
            begin = entries
            starts[parent * joint + number] = entries
            for combination in range(combinations):
                probability = 1.0
                rest = combination
                for k in range(others.shape[0] - 1, -1, -1):
                    actions[others[k]] = rest % action_count
                    probability *= chance[k, rest % action_count]
                    rest //= action_count
                if probability == 0.0:
                    continue
                choose(number, senders, action_count, actions)
                for k in range(width):
                    hand_words[0, k] = parents[parent, k]
                act_all(level[0], hand[0], actions)
                node, count = add(
                    hand[0], hand_words[0], level[0], width, readers, outcome, last, rows, table, slots, count
                )
                if node == FULL or (place[node] < 0 and entries == to.shape[0]):
                    for k in range(begin, entries):
                        place[to[k]] = -1
                    wipe(table, slots, count)
                    return FULL, 0
                if place[node] < 0:
                    place[node] = entries
                    to[entries] = node
                    p[entries] = probability
                    entries += 1
                else:
                    p[place[node]] += probability
            for k in range(begin, entries):
                place[to[k]] = -1
    starts[parents.shape[0] * joint] = entries
    wipe(table, slots, count)
    return count, entries


@njit(cache=True, nogil=True)
def accompany(
    level, hand, hand_words, root, senders, plans, executed, readers, outcome, here, there, ends, memory
):
    """Where every joint action of `senders` leads from `root` in each of the futures sampled for the others.

    plans int8 [futures, steps, agents]: what the others execute; executed [futures, steps, joint actions]:
    what becomes of each joint action. here, there [rooms, words]: states of this step and the next; ends:
    outcomes, or whole states where `outcome` is below 0. memory: table and slots of the states, table and slots
    of the outcomes as in `add`, successor, base [futures, steps]. successor[base[f, t] + node * joint actions +
    chosen] is the next node, numbered within its future and step, or at the last step the number of the outcome.

    Returns (outcomes or FULL when memory was too small, imagined steps).
    """
    table, slots, end_table, end_slots, successor, base = memory
    futures, steps, joint = executed.shape
    width, action_count = hand_words.shape[1], 0
    while action_count ** senders.shape[0] < joint:
        action_count += 1
    actions = np.zeros(plans.shape[2], np.int8)
    outcomes, used, entries = 0, 0, 0
    done = np.empty(joint, np.int32)
    for future in range(futures):
        for k in range(width):
            here[0, k] = root[k]
        standing = 1
        for step in range(steps):
            base[future, step] = entries
            last = step == steps - 1
            if entries + standing * joint > successor.shape[0]:
                wipe(end_table, end_slots, outcomes)
                return FULL, used
            count = 0
            for agent in range(actions.shape[0]):
                actions[agent] = plans[future, step, agent]
            for parent in range(standing):
                done[:] = FULL
                for chosen in range(joint):
                    number = executed[future, step, chosen]
                    if done[number] == FULL:
                        choose(number, senders, action_count, actions)
                        for k in range(width):
                            hand_words[0, k] = here[parent, k]
                        act_all(level[0], hand[0], actions)
                        used += 1
                        if last:
                            done[number], outcomes = add(
                                hand[0], hand_words[0], level[0], width, readers, outcome, outcome >= 0,
                                ends, end_table, end_slots, outcomes,
                            )  # fmt: skip
                        else:
                            done[number], count = add(
                                hand[0], hand_words[0], level[0], width, readers, outcome, False,
                                there, table, slots, count,
                            )  # fmt: skip
                        if done[number] == FULL:
                            wipe(table, slots, count)
                            wipe(end_table, end_slots, outcomes)
                            return FULL, used
                    successor[entries] = done[number]
                    entries += 1
            wipe(table, slots, count)
            standing = count
            here, there = there, here
    wipe(end_table, end_slots, outcomes)
    return outcomes, used


@njit(cache=True, nogil=True)
def joint_counts(
    level, hand, hand_words, words, world, sizes, members, chances, outcome, horizon, steps, ends, out
):
    """Outcomes that groups can bring about together in exactly `horizon` steps, everybody else staying: out [groups].

    Group k is the first sizes[k] of members[k], and starts from row world[k] of `words`. chances [1, 0, actions];
    steps, two of them, and `ends`: memory of `expand`. FULL where memory was too small.
    """
    nobody = members[0, :0]
    for k in range(world.shape[0]):
        group, parents = members[k, : sizes[k]], words[world[k] : world[k] + 1]
        joint, count = chances.shape[2] ** sizes[k], 1
        for step in range(horizon):
            last = step == horizon - 1
            memory = ends if last else steps[step % 2]
            if count * joint > memory[4].shape[0]:
                count = FULL
                break
            count, _ = expand(
                level, hand, hand_words, parents, group, nobody, chances, group, outcome, last, memory
            )
            if count == FULL:
                break
            parents = memory[0][:count]
        out[k] = count
