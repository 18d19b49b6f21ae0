"""Kernels of the map: which cells are reached from every cell at once, as bits of words.

This file imports no other kernels, since Numba's cache would not notice when they change.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

STRIP = 4  # words of a strip; a power of two
BITS = 64 * STRIP
WORD = ir.IntType(64)


@intrinsic
def ones(typingctx, word):
    """Number of bits set in a uint64."""

    def emit(context, builder, signature, arguments):
        return builder.call(builder.module.declare_intrinsic("llvm.ctpop", [WORD]), arguments)

    return types.int64(types.uint64), emit


@intrinsic
def unite_five(typingctx, here, there, next_cell, cell):
    """there[cell] = OR over five actions of here[next_cell[cell, action]], in one register.

    Written out because Numba does not vectorise across statements; half the time of the loop it replaces.
    """

    def emit(context, builder, signature, arguments):
        here, there, next_cell = (
            context.make_array(kind)(context, builder, array).data
            for kind, array in zip(signature.args[:3], arguments[:3], strict=True)
        )
        cell, strip = arguments[3], ir.VectorType(WORD, STRIP)

        def strip_of(rows, number):
            first = builder.gep(rows, [builder.mul(number, WORD(STRIP))])
            return builder.bitcast(first, strip.as_pointer())

        union = strip(None)
        for action in range(5):
            place = builder.add(builder.mul(cell, WORD(5)), WORD(action))
            number = builder.sext(builder.load(builder.gep(next_cell, [place])), WORD)
            union = builder.or_(union, builder.load(strip_of(here, number), align=8))
        builder.store(union, strip_of(there, cell), align=8)
        return context.get_dummy_value()

    return types.none(here, there, next_cell, types.int64), emit


@njit(cache=True)
def longest_jump(next_cell):
    """Largest difference between the numbers of a cell and of the next; -1 where a number is no cell."""
    cells, actions = next_cell.shape
    longest = 0
    for cell in range(cells):
        for action in range(actions):
            there = next_cell[cell, action]
            if there < 0 or there >= cells:
                return -1
            longest = max(longest, abs(there - cell))
    return longest


@njit(cache=True, nogil=True)
def reach(next_cell, horizon, out):
    """Number of cells reached in exactly `horizon` steps from each cell, into `out`, int64 [cells].

    next_cell is int32 [cells, actions], in C order. R_0[s] = {s}, R_{k+1}[s] = OR_a R_k[next(s, a)], a bit for
    each cell reached. These are taken in strips of 256, so that memory stays linear; and for each strip only
    cells with numbers so near that k steps can lead into it are visited, the band of the large bit matrix.
    Returns False where `next_cell` holds a number that is no cell.
    """
    jump = longest_jump(next_cell)
    if jump < 0:
        return False
    cells, actions = next_cell.shape
    rows = np.zeros((2, cells, STRIP), np.uint64)
    out[:] = 0
    for first in range(0, cells, BITS):
        low, high = first, min(first + BITS, cells)
        for bit in range(high - first):
            rows[0, first + bit, bit >> 6] = np.uint64(1) << np.uint64(bit & 63)
        for step in range(horizon):
            here, there = rows[step & 1], rows[(step + 1) & 1]
            low, high = max(0, low - jump), min(cells, high + jump)
            if actions == 5:
                for cell in range(low, high):
                    unite_five(here, there, next_cell, cell)  # pyright: ignore[reportCallIssue]
            else:
                for cell in range(low, high):
                    for word in range(STRIP):
                        union = np.uint64(0)
                        for action in range(actions):
                            union |= here[next_cell[cell, action], word]
                        there[cell, word] = union
        final = rows[horizon & 1]
        for cell in range(low, high):
            total = 0
            for word in range(STRIP):
                total += ones(final[cell, word])  # pyright: ignore[reportCallIssue]
            out[cell] += total
        rows[:, low:high] = np.uint64(0)
    return True
