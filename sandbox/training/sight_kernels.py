"""The first layer of networks over windows of codes: nearly all bytes are zero, so only the others are looked up."""

import numpy as np
from numba import njit

BLOCK = 128  # rows at a time, so that what they have in common stays in the cache
STRIP = 21  # bytes at a time when gradients are summed: the weights of seven cells fit the smallest cache


@njit(cache=True, nogil=True)
def add_up(seen, slots, weight, bias, out):
    """Sum the weights of all codes in each window and cut off below 0 (ReLU).

    Args:
        seen: uint8 [rows, cells * planes].
        slots: uint8 [planes, 256], the place of a code among a cell's weights from 1, 0 for none.
        weight: float32 [cells * places, units]; bias: float32 [units].
        out: float32 [rows, units], written.
    """
    planes, units = slots.shape[0], out.shape[1]
    each = weight.shape[0] // (seen.shape[1] // planes)
    lines = np.empty(seen.shape[1], np.int64)
    for row in range(seen.shape[0]):
        count = 0
        for place in range(seen.shape[1]):
            code = seen[row, place]
            if code:
                slot = slots[place % planes, code]
                if slot:
                    lines[count] = place // planes * each + slot - 1
                    count += 1
        for unit in range(units):
            out[row, unit] = bias[unit]
        for index in range(0, count - 3, 4):  # four at a time, for a quarter of the loads and stores
            one, two, three, four = lines[index], lines[index + 1], lines[index + 2], lines[index + 3]
            for unit in range(units):
                out[row, unit] += (weight[one, unit] + weight[two, unit]) + (
                    weight[three, unit] + weight[four, unit]
                )
        for index in range(count // 4 * 4, count):
            line = lines[index]
            for unit in range(units):
                out[row, unit] += weight[line, unit]
        for unit in range(units):
            out[row, unit] = max(out[row, unit], np.float32(0))


@njit(cache=True, nogil=True)
def hand_back(seen, slots, out, slopes, to_weight, to_bias):
    """Add the gradients of `add_up` with respect to weight and bias to `to_weight` and `to_bias`.

    slopes: float32 [rows, units / parts] in several parts, the gradient with respect to `out`.
    """
    planes, units, width = slots.shape[0], out.shape[1], slopes[0].shape[1]
    each = to_weight.shape[0] // (seen.shape[1] // planes)
    kept = np.empty((BLOCK, units), np.float32)
    for begin in range(0, seen.shape[0], BLOCK):
        end = min(seen.shape[0], begin + BLOCK)
        for row in range(begin, end):
            for part in range(len(slopes)):
                for unit in range(width):
                    at = part * width + unit
                    kept[row - begin, at] = slopes[part][row, unit] if out[row, at] > 0 else np.float32(0)
            for unit in range(units):
                to_bias[unit] += kept[row - begin, unit]
        for strip in range(0, seen.shape[1], STRIP):
            for row in range(begin, end):
                for place in range(strip, min(seen.shape[1], strip + STRIP)):
                    code = seen[row, place]
                    if code:
                        slot = slots[place % planes, code]
                        if slot:
                            line = place // planes * each + slot - 1
                            for unit in range(units):
                                to_weight[line, unit] += kept[row - begin, unit]
