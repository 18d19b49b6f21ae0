"""Kernels of the exact solver: number states by their keys, gather transitions, sweep values, push chances forward.

Transitions lie in one long list. Those of a state's executed action are entries `first` to `last - 1`, int64 [states,
actions]; entry k leads `to[k]` with probability `p[k]`. `pay` is what the action is expected to pay, float64 [states,
actions]. `noise[c, e]` is the probability that the chosen action c is executed as e; `active` marks the states in
which the learner still has something to win.
"""

import numpy as np
from numba import njit, prange

from rewards.estimators.slots import copy, slot_of

PARTS = 64


@njit(cache=True)
def number(keys, rows, count, table, numbers, fresh):
    """Number every key, new ones from `count` on; `fresh` says where new ones stand in `keys`. Returns how many."""
    width = keys.shape[1]
    known = count
    for k in range(keys.shape[0]):
        slot = slot_of(keys[k], width, rows, table)
        if table[slot] == 0:
            copy(keys[k], rows[count], width)
            fresh[count - known] = k
            count += 1
            table[slot] = count
        numbers[k] = table[slot] - 1
    return count


@njit(cache=True)
def find(keys, rows, table, numbers):
    """The number of every key, -1 where it has none."""
    for k in range(keys.shape[0]):
        numbers[k] = table[slot_of(keys[k], keys.shape[1], rows, table)] - 1


@njit(cache=True)
def gather(owner, chance, paid, successor, place, to, p, begin, pay):
    """Merge the transitions of each owner that lead to the same state. Returns the number of entries.

    `owner` rises; `begin` [owners + 1] gets where each owner's entries begin, `pay` [owners] the expected reward;
    `place` is scratch, -1 for every state, and left so.
    """
    used, k = 0, 0
    for row in range(pay.shape[0]):
        begin[row] = used
        while k < owner.shape[0] and owner[k] == row:
            pay[row] += chance[k] * paid[k]
            at = place[successor[k]]
            if at < 0:
                to[used], p[used] = successor[k], chance[k]
                place[successor[k]] = used
                used += 1
            else:
                p[at] += chance[k]
            k += 1
        for at in range(begin[row], used):
            place[to[at]] = -1
    begin[pay.shape[0]] = used
    return used


@njit(cache=True)
def executed(state, first, last, to, p, pay, gamma, values, out):
    """Worth of executing each action in one state."""
    for action in range(first.shape[1]):
        ahead = 0.0
        for k in range(first[state, action], last[state, action]):
            ahead += p[k] * values[to[k]]
        out[action] = pay[state, action] + gamma * ahead


@njit(cache=True)
def action_values(which, first, last, to, p, pay, noise, active, gamma, values, out):
    """Worth of choosing each action in some states, [which, actions], where `values` follow; zeros for the inactive."""
    done = np.empty(first.shape[1])
    for k in range(which.shape[0]):
        out[k] = 0.0
        if active[which[k]]:
            executed(which[k], first, last, to, p, pay, gamma, values, done)
            for chosen in range(first.shape[1]):
                for action in range(first.shape[1]):
                    out[k, chosen] += noise[chosen, action] * done[action]


@njit(cache=True)
def best_of(state, first, last, to, p, pay, noise, gamma, values, done):
    """(worth, action) of the best choice in one state; `done` [actions] is scratch."""
    executed(state, first, last, to, p, pay, gamma, values, done)
    best, choice = -np.inf, 0
    for chosen in range(first.shape[1]):
        worth = 0.0
        for action in range(first.shape[1]):
            if noise[chosen, action] > 0:
                worth += noise[chosen, action] * done[action]
        if worth > best:
            best, choice = worth, chosen
    return best, choice


@njit(cache=True)
def improve(first, last, to, p, pay, noise, active, gamma, values, choice):
    """One sweep of best choices in place, from the last state to the first; returns the largest change."""
    change, done = 0.0, np.empty(first.shape[1])
    for state in range(first.shape[0] - 1, -1, -1):
        if active[state]:
            best, choice[state] = best_of(state, first, last, to, p, pay, noise, gamma, values, done)
            change = max(change, abs(best - values[state]))
            values[state] = best
    return change


@njit(cache=True, parallel=True)
def step_back(first, last, to, p, pay, noise, active, gamma, values, out):
    """Values with one more step to go."""
    for part in prange(PARTS):
        done = np.empty(first.shape[1])
        for state in range(part * first.shape[0] // PARTS, (part + 1) * first.shape[0] // PARTS):
            out[state] = 0.0
            if active[state]:
                out[state] = best_of(state, first, last, to, p, pay, noise, gamma, values, done)[0]


@njit(cache=True)
def follow(first, last, to, p, pay, noise, active, gamma, values, choice, sweeps):
    """Sweep with every choice fixed, in place: cheap steps between two improvements."""
    for _ in range(sweeps):
        for state in range(first.shape[0] - 1, -1, -1):
            if active[state]:
                worth = 0.0
                for action in range(first.shape[1]):
                    chance = noise[choice[state], action]
                    if chance > 0:
                        ahead = 0.0
                        for k in range(first[state, action], last[state, action]):
                            ahead += p[k] * values[to[k]]
                        worth += chance * (pay[state, action] + gamma * ahead)
                values[state] = worth


@njit(cache=True)
def push(which, first, last, to, p, chances, mass, out):
    """Carry columns of mass [which, columns] of some states one step on; `chances` [which, actions] as executed."""
    for k in range(which.shape[0]):
        for action in range(first.shape[1]):
            chance = chances[k, action]
            if chance > 0:
                for entry in range(first[which[k], action], last[which[k], action]):
                    for column in range(mass.shape[1]):
                        out[to[entry], column] += chance * p[entry] * mass[k, column]
