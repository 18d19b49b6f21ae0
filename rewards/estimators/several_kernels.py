"""Kernels that merge action sequences whose futures agree: in distribution, or in every sampled company."""

import numpy as np
from numba import njit

GRAIN = 2.0**40
"""Distributions that agree in every entry on this grid are taken as equal (they differ by rounding only)."""

TOO_MANY = -1


@njit(cache=True)
def lengthen(rows, starts, to, p, noise, out, slots):
    """Append every joint action to the prefixes `rows` and merge equal ones; returns the rows of `out`.

    rows [prefixes, nodes]: where each prefix leads, P(node). starts, to, p: the step from there by node and
    executed joint action, as `layers_kernels.expand` writes it. noise P(executed | chosen) [joint, joint].
    out [room + 1, next nodes]; slots: a hash table (row + 1, 0 is free), a power of two, at least twice the
    rows of `out`. TOO_MANY when there are more than room.
    """
    joint = noise.shape[0]
    width = out.shape[1]
    mask = np.uint64(slots.shape[0] - 1)
    total = 0
    for row in range(rows.shape[0]):
        for chosen in range(joint):
            new = out[total]
            new[:] = 0.0
            for executed in range(joint):
                share = noise[chosen, executed]
                if share > 0.0:
                    for node in range(rows.shape[1]):
                        weight = rows[row, node] * share
                        if weight > 0.0:
                            entry = node * joint + executed
                            for k in range(starts[entry], starts[entry + 1]):
                                new[to[k]] += weight * p[k]
            mixed = np.uint64(0)
            for y in range(width):
                if new[y] > 0.0:
                    word = np.uint64(new[y] * GRAIN + 0.5)
                    odd = (
                        np.uint64(y) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)
                    ) | np.uint64(1)
                    mixed += (word ^ (word >> np.uint64(20))) * odd
            mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            slot = (mixed ^ (mixed >> np.uint64(32))) & mask
            while slots[slot] > 0 and not alike(new, out[slots[slot] - 1]):
                slot = (slot + np.uint64(1)) & mask
            if slots[slot] == 0:
                total += 1
                slots[slot] = total
                if total == out.shape[0]:
                    return TOO_MANY
    return total


@njit(cache=True)
def alike(left, right):
    """Whether two distributions are equal on the grid."""
    different = np.uint64(0)
    for y in range(left.shape[0]):
        different |= np.uint64(left[y] * GRAIN + 0.5) ^ np.uint64(right[y] * GRAIN + 0.5)
    return different == 0


@njit(cache=True)
def follow(rows, successor, base, step, joint, out, slots):
    """Append every joint action to the prefixes `rows` and merge equal ones; returns the rows of `out`.

    rows [prefixes, futures]: the node to which each prefix leads in each future; successor and base as
    `layers_kernels.accompany` writes them. out [room + 1, futures], slots as in `lengthen`.
    """
    futures = rows.shape[1]
    mask = np.uint64(slots.shape[0] - 1)
    total = 0
    for row in range(rows.shape[0]):
        for chosen in range(joint):
            new = out[total]
            mixed = np.uint64(0)
            for f in range(futures):
                node = successor[base[f, step] + rows[row, f] * joint + chosen]
                new[f] = node
                odd = (
                    np.uint64(f) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0xD1B54A32D192ED03)
                ) | np.uint64(1)
                mixed += np.uint64(node) * odd
            mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
            slot = (mixed ^ (mixed >> np.uint64(32))) & mask
            while slots[slot] > 0:
                other = out[slots[slot] - 1]
                different = 0
                for f in range(futures):
                    different |= new[f] ^ other[f]
                if different == 0:
                    break
                slot = (slot + np.uint64(1)) & mask
            if slots[slot] == 0:
                total += 1
                slots[slot] = total
                if total == out.shape[0]:
                    return TOO_MANY
    return total


@njit(cache=True)
def frequencies(rows, outcomes, first, last):
    """How often each of `outcomes` follows each prefix in the futures first..last-1: P(outcome | prefix)."""
    p = np.zeros((rows.shape[0], outcomes))
    for row in range(rows.shape[0]):
        for f in range(first, last):
            p[row, rows[row, f]] += 1.0
    return p / (last - first)
