"""Kernels for the capacity of a discrete memoryless channel: an interior point with generated rows.

maximise I(p) = sum_x p_x D_x, D_x = KL(W_x || q), q = p W, over distributions p. At every p I(p) <= C <=
max_x D_x. Optimality: D_x = c - s_x with s_x >= 0 and p_x s_x = 0; the interior point keeps p, s > 0 and
drives p s to zero together with the residual (Newton's method with Mehrotra's predictor and corrector). Its
linear systems have a part for the inputs and one for the outcomes, and are solved on the side that has fewer.
All in nats.

Only some rows are held at first, the most pointed one for every outcome: at the optimum no more are needed
than there are outcomes. Whenever the gap among the held has fallen fivefold all rows are priced by their
divergence, and those above all held ones join.

Matrices lie flat, in rows of whole blocks of 8, so that `add_scaled` is one instruction of the processor or
two: Numba's own loops over so short rows cost five times as much. Memory comes from the caller and most calls
have no wrapper for Python, since both take longer to compile than the arithmetic.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from rewards.estimators.compiled import UNWRAPPED

FAR = 1e300
TO_WALL = 0.995
STEPS = 100
STALLED = 12
"""Steps without a tenth of gain after which nothing more is to be expected."""

ROUGH = 1e-5
"""Gap below which Newton's steps are refined, since the matrix is ill-conditioned by then."""

LIFT = 0.05
"""Share of the mean product that rows which join, or lie at the wall, start with."""

BLOCK = 8
TINY = 1e-290
LN_2 = np.log(2.0)
ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)
"""The bits of sqrt(1/2), between which and sqrt(2) the mantissa of a logarithm is taken."""

# What stands in the rows of `v`. By held input: probability, slack, divergence, own negative entropy, steps of
# probability and slack, their response to the level. By any input: negative entropy, priced divergence. By
# outcome: probability, logarithm. By inputs, then outcomes: diagonal, right side, solution and error of a system.
P, S, DIVERGENCE, ENTROPY, DP, DS, RESPONSE, ENTROPY_OF, PRICE, Q, LOG_Q, PIVOTS = range(12)
DIAGONAL, RIGHT, SOLUTION, LEFT = 12, 14, 16, 18
VECTORS = 20

HELD, MARK = 0, 1  # rows of `held`: the inputs in the order in which they were held; whether an input is
FREE, CHOSEN, TAKEN = 0, 1, 2

# Every level of calls compiles all below it anew; what is called once is best written out in its caller.
kernel = njit(fastmath={"reassoc", "contract"}, error_model="numpy", **UNWRAPPED)
part = njit(inline="always")


def _add_scaled(typing, out, at, row, start, factor):
    """out[at : at + 8] += factor * row[start : start + 8] for flat float64 arrays; no bounds are checked."""

    def code(context, builder, signature, arguments):
        block = ir.VectorType(ir.DoubleType(), BLOCK)
        out, at, row, start, factor = arguments
        places = []
        for kind, array, first in ((signature.args[0], out, at), (signature.args[2], row, start)):
            data = context.make_array(kind)(context, builder, array).data
            places.append(builder.bitcast(builder.gep(data, [first]), block.as_pointer()))
        old, new = (builder.load(place, align=8) for place in places)
        single = builder.insert_element(
            ir.Constant(block, ir.Undefined), factor, ir.Constant(ir.IntType(32), 0)
        )
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
        scaled = builder.fmul(builder.shuffle_vector(single, single, lanes), new, flags=("contract",))
        builder.store(builder.fadd(old, scaled, flags=("contract",)), places[0], align=8)
        return context.get_dummy_value()

    flat = types.Array(types.float64, 1, "C")
    if (out, row, factor) != (flat, flat, types.float64):
        return None
    return types.void(out, types.intp, row, types.intp, factor), code


def _reread(typing, number, kind):
    """The bits of a float64 as int64 or the other way round: read as the type of `kind`."""

    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return kind(number, kind), code


add_scaled: Any = intrinsic(_add_scaled)
reread: Any = intrinsic(_reread)


@kernel
def whole(size):
    """`size` rounded up to whole blocks."""
    return (size + BLOCK - 1) // BLOCK * BLOCK


@kernel
def negative_entropy(row):
    """sum_y w ln w of one row.

    The logarithm is taken here, to the last digit or two, since calls of np.log would take as long as a tenth
    of all: w = m 2^e with m near 1, ln m = 2 artanh f = 2 (f + f^3 / 3 + ...), f = (m - 1) / (m + 1).
    """
    total = 0.0
    for y in range(row.shape[0]):
        bits = reread(row[y], np.int64(0))
        exponent = (bits - ROOT_HALF) >> np.int64(52)
        mantissa = reread(bits - (exponent << np.int64(52)), 0.0)
        f = (mantissa - 1.0) / (mantissa + 1.0)
        g = f * f
        series = 1 / 17 + g * (1 / 19 + g * (1 / 21 + g * (1 / 23)))
        series = 1 / 9 + g * (1 / 11 + g * (1 / 13 + g * (1 / 15 + g * series)))
        series = 1.0 + g * (1 / 3 + g * (1 / 5 + g * (1 / 7 + g * series)))
        total += row[y] * (exponent * LN_2 + 2.0 * f * series)
    return total


@kernel
def add_rows(rows, width, weights, sign, count, size, out):
    """out[:size] += sign * weights[:count] @ rows, whole blocks of it; rows flat, `width` apart."""
    for x in range(count):
        factor = sign * weights[x]
        if factor != 0.0:
            for at in range(0, size, BLOCK):
                add_scaled(out, at, rows, x * width + at, factor)


@kernel
def factorise(a, size, pivots):
    """a = U^T diag(pivots) U from its upper half, in place; U lacks its diagonal and is times 1 / pivots."""
    wide = whole(size)
    for k in range(size):
        row = k * wide
        pivots[k] = 1.0 / max(a[row + k], TINY)
        for j in range(k // BLOCK * BLOCK, k + 1):
            a[row + j] = 0.0
        for i in range(k + 1, size):
            factor = -a[row + i] * pivots[k]
            if factor != 0.0:
                for at in range(i // BLOCK * BLOCK, size, BLOCK):
                    add_scaled(a, i * wide + at, a, row + at, factor)


@kernel
def substitute(a, size, pivots, z):
    """Solve with what `factorise` left, in place."""
    wide = whole(size)
    for k in range(size):
        z[k] *= pivots[k]
        factor = -z[k]
        for at in range(k // BLOCK * BLOCK, size, BLOCK):
            add_scaled(z, at, a, k * wide + at, factor)
    for k in range(size - 1, -1, -1):
        total = 0.0
        for j in range(k + 1, size):
            total += a[k * wide + j] * z[j]
        z[k] -= pivots[k] * total


@kernel
def prepare(v, cross, widths, a, count, columns):
    """Factorise the system of a step, A + B diag(1 / c) B^T on the side that has fewer; see `solve_system`.

    Its diagonals are s / p for the inputs and q for the outcomes.
    """
    few = 0 if count <= columns else 1
    for x in range(count):
        v[DIAGONAL, x] = v[S, x] / v[P, x]
    for y in range(columns):
        v[DIAGONAL + 1, y] = max(v[Q, y], TINY)
    size, other = min(count, columns), max(count, columns)
    wide, width, rows = whole(size), widths[1 - few], cross[1 - few]
    for k in range(size * wide):
        a[k] = 0.0
    for i in range(size):
        a[i * wide + i] = v[DIAGONAL + few, i]
    for j in range(other):
        weight = 1.0 / v[DIAGONAL + 1 - few, j]
        for i in range(size):
            factor = weight * rows[j * width + i]
            if factor != 0.0:
                for at in range(i // BLOCK * BLOCK, size, BLOCK):
                    add_scaled(a, i * wide + at, rows, j * width + at, factor)
    factorise(a, size, v[PIVOTS])


@kernel
def solve_system(v, cross, widths, a, count, columns, refine):
    """The solution x, y of A x + B y = f, B^T x - C y = g with what `prepare` left, refined once if asked.

    x belongs to the side that has fewer of inputs and outcomes, y to the other; f and g are RIGHT.
    """
    few = 0 if count <= columns else 1
    many = 1 - few
    size, other = min(count, columns), max(count, columns)
    for x in range(size):
        v[SOLUTION + few, x] = 0.0
    for y in range(other):
        v[SOLUTION + many, y] = 0.0
    for turn in range(2 if refine else 1):
        for x in range(size):
            v[LEFT + few, x] = v[RIGHT + few, x] - v[DIAGONAL + few, x] * v[SOLUTION + few, x]
        for y in range(other):
            v[LEFT + many, y] = v[RIGHT + many, y] + v[DIAGONAL + many, y] * v[SOLUTION + many, y]
        add_rows(cross[many], widths[many], v[SOLUTION + many], -1.0, other, size, v[LEFT + few])
        add_rows(cross[few], widths[few], v[SOLUTION + few], -1.0, size, other, v[LEFT + many])
        for y in range(other):
            v[LEFT + many, y] /= v[DIAGONAL + many, y]
            v[SOLUTION + many, y] -= v[LEFT + many, y]
        add_rows(cross[many], widths[many], v[LEFT + many], 1.0, other, size, v[LEFT + few])
        substitute(a, size, v[PIVOTS], v[LEFT + few])
        for x in range(size):
            v[SOLUTION + few, x] += v[LEFT + few, x]
        if few == 1 or (refine and turn == 0):  # otherwise nobody asks for the outcomes' part
            for y in range(other):
                v[LEFT + many, y] = 0.0
            add_rows(cross[few], widths[few], v[LEFT + few], 1.0, size, other, v[LEFT + many])
            for y in range(other):
                v[SOLUTION + many, y] += v[LEFT + many, y] / v[DIAGONAL + many, y]


@kernel
def look(v, cross, widths, count, columns):
    """Normalise the probabilities and find those of the outcomes, and the divergences of the held rows.

    Returns (largest divergence, information).
    """
    total = 0.0
    for x in range(count):
        total += v[P, x]
    for x in range(count):
        v[P, x] /= total
        v[DIVERGENCE, x] = v[ENTROPY, x]
    for y in range(columns):
        v[Q, y] = 0.0
    add_rows(cross[0], widths[0], v[P], 1.0, count, columns, v[Q])
    for y in range(columns):
        v[LOG_Q, y] = np.log(v[Q, y]) if v[Q, y] > 0.0 else -FAR
    add_rows(cross[1], widths[1], v[LOG_Q], -1.0, columns, count, v[DIVERGENCE])
    largest, information = -FAR, 0.0
    for x in range(count):
        largest = max(largest, v[DIVERGENCE, x])
        information += v[P, x] * v[DIVERGENCE, x]
    return largest, information


@kernel
def begin(w, rows, columns, generate, v, cross, widths, held):
    """Wipe the matrices, hold nothing, and choose the row with the largest entry for every outcome, or all."""
    for k in range(rows * widths[0]):
        cross[0, k] = 0.0
    for k in range(columns * widths[1]):
        cross[1, k] = 0.0
    for x in range(rows):
        held[MARK, x] = FREE if generate else CHOSEN
        v[ENTROPY_OF, x], v[PRICE, x] = negative_entropy(w[x * columns : (x + 1) * columns]), 0.0
    for y in range(columns if generate else 0):
        top = 0
        for x in range(rows):
            if w[x * columns + y] > w[top * columns + y]:
                top = x
        held[MARK, top] = CHOSEN


@kernel
def choose_above(w, rows, columns, v, held, bar):
    """Price all rows that are not held and choose those above the bar; returns the largest divergence."""
    top = -FAR
    for x in range(rows):
        if held[MARK, x] == FREE:
            total = v[ENTROPY_OF, x]
            for y in range(columns):
                total -= w[x * columns + y] * v[LOG_Q, y]
            v[PRICE, x] = total
            top = max(top, total)
            if total > bar:
                held[MARK, x] = CHOSEN
    return top


@kernel
def hold(w, rows, columns, v, cross, widths, held, count):
    """Hold the chosen rows, with probability 0; returns how many are held now."""
    for x in range(rows):
        if held[MARK, x] == CHOSEN:
            held[MARK, x] = TAKEN
            held[HELD, count] = x
            v[P, count] = 0.0
            v[ENTROPY, count], v[DIVERGENCE, count] = v[ENTROPY_OF, x], v[PRICE, x]
            for y in range(columns):
                cross[0, count * widths[0] + y] = w[x * columns + y]
                cross[1, y * widths[1] + count] = w[x * columns + y]
            count += 1
    return count


@kernel
def report(v, held, rows, count, inputs):
    """Write the probabilities of the held rows where they belong among all `inputs`."""
    for x in range(rows):
        inputs[x] = 0.0
    for x in range(count):
        inputs[held[HELD, x]] = v[P, x]


@kernel
def longest_steps(v, count):
    """The longest steps of at most 1 that keep p and s from falling below 0."""
    forward, down = 1.0, 1.0
    for x in range(count):
        if v[DP, x] < 0.0:
            forward = min(forward, -v[P, x] / v[DP, x])
        if v[DS, x] < 0.0:
            down = min(down, -v[S, x] / v[DS, x])
    return forward, down


@part
def newton(v, cross, widths, a, count, columns, level, refine):
    """Step p and s towards optimality; returns the level that the divergences are to have now.

    First the response to the level is found; then the predictor aims at products p s of 0, the corrector at
    what the predictor shows to be within reach.
    """
    prepare(v, cross, widths, a, count, columns)
    sign = 1.0 if count <= columns else -1.0
    product = 0.0
    for x in range(count):
        product += v[P, x] * v[S, x]
        v[RIGHT, x], v[DP, x], v[DS, x] = 1.0, 0.0, 0.0
    for y in range(columns):
        v[RIGHT + 1, y] = 0.0
    aim, change, response, forward, down = 0.0, 0.0, 0.0, 0.0, 0.0
    for turn in range(3):
        solve_system(v, cross, widths, a, count, columns, refine)
        total = 0.0
        for x in range(count):
            total += sign * v[SOLUTION, x]
        if turn == 0:
            response = total
            for x in range(count):
                v[RESPONSE, x] = sign * v[SOLUTION, x]
        else:
            change = total / response
            for x in range(count):
                second = v[DP, x] * v[DS, x]
                v[DP, x] = sign * v[SOLUTION, x] - change * v[RESPONSE, x]
                v[DS, x] = (aim - second - v[S, x] * v[DP, x]) / v[P, x] - v[S, x]
            forward, down = longest_steps(v, count)
        if turn == 1:
            reached = 0.0
            for x in range(count):
                reached += (v[P, x] + forward * v[DP, x]) * (v[S, x] + down * v[DS, x])
            aim = (reached / product) ** 3 * product / count
        for x in range(count):
            v[RIGHT, x] = (aim - v[DP, x] * v[DS, x]) / v[P, x] - (level - v[DIVERGENCE, x])
    length = TO_WALL * min(forward, down)
    for x in range(count):
        v[P, x] += length * v[DP, x]
        v[S, x] += length * v[DS, x]
    return level + length * change


@part
def solve(w, rows, columns, tol, generate, v, cross, a, held, inputs, bound):
    """Narrow `bound` [lower, upper] and, where `lower` rises, fill `inputs` with what reaches it.

    If not `generate`, all rows are held and every step is refined.
    """
    widths = (whole(columns), whole(rows))
    begin(w, rows, columns, generate and rows > max(BLOCK, columns), v, cross, widths, held)
    count, stalled = np.int64(0), 0
    level, aim, top, price_at, best = 1.0, 1.0, FAR, FAR, FAR
    joining = True
    for step in range(STEPS):
        if joining:
            count = hold(w, rows, columns, v, cross, widths, held, count)
            # a point at the wall of the smaller problem is a bad start: all are moved away from it
            for x in range(count):
                v[S, x] = level - v[DIVERGENCE, x]
                v[P, x] = max(v[P, x], LIFT * aim / count / v[S, x])
        largest, information = look(v, cross, widths, count, columns)
        gap = largest - information
        if joining:
            best, stalled = FAR, 0
        if step == 0:
            level = largest + 0.1 * gap
            for x in range(count):
                v[S, x] = level - v[DIVERGENCE, x]
        stalled = 0 if gap < 0.9 * best else stalled + 1
        best = min(best, gap)
        if information > bound[0]:
            bound[0] = information
            report(v, held, rows, count, inputs)
        joining = False
        if gap <= max(price_at, tol) or stalled > STALLED:
            bar = max(largest, information + 0.5 * tol)
            top = choose_above(w, rows, columns, v, held, bar)
            bound[1] = min(bound[1], max(largest, top))
            joining = top > bar
            if bound[1] - bound[0] <= tol or (stalled > STALLED and not joining):
                break
            price_at = max(0.2 * gap, 0.5 * tol)
        if joining:
            level = top + 0.1 * (top - information)
            aim = level - information
        else:
            level = newton(v, cross, widths, a, count, columns, level, not generate or gap < ROUGH)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def solve_each(channels, starts, shapes, tol, v, cross, a, held, inputs, bounds):
    """Capacity bounds in nats of many channels into `bounds` [channels, 2].

    channels: all of them end to end, flat; starts [channels]; shapes [channels, 2] (inputs, outcomes). inputs
    [inputs] gets the distribution that reaches the lower bound of the last channel. The rest is scratch, as
    `capacity.bounds_of` makes it. What gets stuck is tried again without generating rows.
    """
    for k in range(starts.shape[0]):
        rows, columns = shapes[k, 0], shapes[k, 1]
        w = channels[starts[k] : starts[k] + rows * columns]
        bounds[k, 0], bounds[k, 1] = -1.0, FAR
        for attempt in range(2):
            if bounds[k, 1] - bounds[k, 0] > tol:
                solve(w, rows, columns, tol, attempt == 0, v, cross, a, held, inputs, bounds[k])
        bounds[k, 0] = max(bounds[k, 0], 0.0)
        bounds[k, 1] = max(bounds[k, 0], bounds[k, 1])


@kernel
def price(w, entropy_of, p, q, divergence):
    """Bounds of capacity that the distribution `p` proves: (largest divergence, information)."""
    for y in range(w.shape[1]):
        q[y] = 0.0
    for x in range(w.shape[0]):
        if p[x] > 0.0:
            for y in range(w.shape[1]):
                q[y] += p[x] * w[x, y]
    for y in range(w.shape[1]):
        q[y] = np.log(q[y]) if q[y] > 0.0 else -FAR
    largest, information = 0.0, 0.0
    for x in range(w.shape[0]):
        total = 0.0
        for y in range(w.shape[1]):
            total += w[x, y] * q[y]
        divergence[x] = max(entropy_of[x] - total, 0.0)
        largest = max(largest, divergence[x])
        if p[x] > 0.0:
            information += p[x] * divergence[x]
    return largest, information


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def blahut_arimoto(w, tol, iterations, p):
    """Improve `p` in place by Blahut (1972) and Arimoto (1972); returns (lower, upper) in nats.

    The slow and sure way, for channels on which the interior point gets stuck, and an oracle for tests.
    """
    rows, columns = w.shape
    entropy_of, divergence, q = np.empty(rows), np.empty(rows), np.empty(columns)
    for x in range(rows):
        entropy_of[x] = negative_entropy(w[x])
    lower, upper = 0.0, FAR
    for _ in range(iterations):
        largest, information = price(w, entropy_of, p, q, divergence)
        lower, upper = information, min(upper, largest)
        if upper - lower <= tol:
            break
        total = 0.0
        for x in range(rows):
            p[x] *= np.exp(divergence[x] - largest)
            total += p[x]
        for x in range(rows):
            p[x] /= total
    return lower, max(lower, upper)
