"""Kernels for the capacity of a discrete memoryless channel: an interior point with generated rows.

maximise I(p) = sum_x p_x D_x, D_x = KL(W_x || q), q = p W, over distributions p. At every p I(p) <= C <=
max_x D_x. Optimality: D_x = c - s_x with s_x >= 0 and p_x s_x = 0; the interior point keeps p, s > 0 and
drives p s to zero together with the residual (Newton's method with Mehrotra's predictor and corrector). Its
matrix diag(s / p) + W diag(1 / q) W^T is inverted on the side of the inputs or, by Woodbury, of the outcomes,
whichever are fewer. All in nats.

Matrices lie flat, in rows of whole blocks of 8 with zeros at the end, so that `add_scaled` is one instruction
of the processor or two: Numba's own loops over so short rows cost five times as much.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

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
LN_2 = np.log(2.0)
ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)
"""The bits of sqrt(1/2), between which and sqrt(2) the mantissa of a logarithm is taken."""


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


add_scaled: Any = intrinsic(_add_scaled)


@njit(cache=True)
def whole(size):
    """`size` rounded up to whole blocks."""
    return (size + BLOCK - 1) // BLOCK * BLOCK


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def negative_entropies(w, out):
    """sum_y w ln w of every row.

    The logarithm is taken here, to the last digit or two, since calls of np.log would take as long as a tenth
    of all: w = m 2^e with m near 1, ln m = 2 artanh f = 2 (f + f^3 / 3 + ...), f = (m - 1) / (m + 1).
    """
    rows, columns = w.shape
    words = w.view(np.int64)
    exponent, mantissa = np.empty(columns, np.int64), np.empty(columns, np.int64)
    near_one = mantissa.view(np.float64)
    for x in range(rows):
        for y in range(columns):
            exponent[y] = (words[x, y] - ROOT_HALF) >> np.int64(52)
        for y in range(columns):
            mantissa[y] = words[x, y] - (exponent[y] << np.int64(52))
        total = 0.0
        for y in range(columns):
            f = (near_one[y] - 1.0) / (near_one[y] + 1.0)
            g = f * f
            series = 1 / 17 + g * (1 / 19 + g * (1 / 21 + g * (1 / 23)))
            series = 1 / 9 + g * (1 / 11 + g * (1 / 13 + g * (1 / 15 + g * series)))
            series = 1.0 + g * (1 / 3 + g * (1 / 5 + g * (1 / 7 + g * series)))
            total += w[x, y] * (exponent[y] * LN_2 + 2.0 * f * series)
        out[x] = total


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def add_rows(rows, width, weights, sign, count, size, out):
    """out[:size] += sign * weights[:count] @ rows, whole blocks of it; rows flat, `width` apart."""
    for x in range(count):
        factor = sign * weights[x]
        if factor != 0.0:
            for at in range(0, size, BLOCK):
                add_scaled(out, at, rows, x * width + at, factor)


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def add_squares(rows, width, weights, count, size, a):
    """Upper half of a += rows^T diag(weights) rows, for the first `count` rows and `size` columns."""
    wide = whole(size)
    for x in range(count):
        for i in range(size):
            factor = weights[x] * rows[x * width + i]
            if factor != 0.0:
                for at in range(i // BLOCK * BLOCK, size, BLOCK):
                    add_scaled(a, i * wide + at, rows, x * width + at, factor)


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def factorise(a, size, pivots):
    """a = U^T diag(pivots) U from its upper half, in place; U lacks its diagonal and is times 1 / pivots."""
    wide = whole(size)
    for k in range(size):
        row = k * wide
        pivots[k] = 1.0 / max(a[row + k], 1e-290)
        for j in range(k // BLOCK * BLOCK, k + 1):
            a[row + j] = 0.0
        for i in range(k + 1, size):
            factor = -a[row + i] * pivots[k]
            if factor != 0.0:
                for at in range(i // BLOCK * BLOCK, size, BLOCK):
                    add_scaled(a, i * wide + at, a, row + at, factor)


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
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


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def prepare(part, turned, p, s, q, count, columns, a, pivots, weights):
    """Factorise M = diag(s / p) + W diag(1 / q) W^T, or by Woodbury diag(q) + W^T diag(p / s) W.

    part: the rows of W, turned: its columns, both flat.
    """
    size = min(count, columns)
    wide = whole(size)
    for k in range(size * wide):
        a[k] = 0.0
    if count <= columns:
        for x in range(count):
            a[x * wide + x] = s[x] / p[x]
        for y in range(columns):
            weights[y] = 1.0 / max(q[y], 1e-290)
        add_squares(turned, turned.shape[0] // columns, weights, columns, count, a)
    else:
        for y in range(columns):
            a[y * wide + y] = q[y]
        for x in range(count):
            weights[x] = p[x] / s[x]
        add_squares(part, whole(columns), weights, count, columns, a)
    factorise(a, size, pivots)


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def apply_inverse(part, turned, p, s, count, columns, a, pivots, z, out, inner):
    """out = M^-1 z with what `prepare` left."""
    for x in range(count):
        out[x] = z[x]
    if count <= columns:
        substitute(a, count, pivots, out)
    else:
        for x in range(count):
            out[x] *= p[x] / s[x]
        for y in range(columns):
            inner[y] = 0.0
        add_rows(part, whole(columns), out, 1.0, count, columns, inner)
        substitute(a, columns, pivots, inner)
        for x in range(count):
            out[x] = z[x]
        add_rows(turned, turned.shape[0] // columns, inner, -1.0, columns, count, out)
        for x in range(count):
            out[x] *= p[x] / s[x]


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def invert(part, turned, p, s, q, count, columns, a, pivots, refine, z, out, inner, left, fix):
    """out = M^-1 z, refined once if asked."""
    for x in range(count):
        left[x] = z[x]
        out[x] = 0.0
    for attempt in range(2 if refine else 1):
        if attempt == 1:
            for y in range(columns):
                inner[y] = 0.0
            add_rows(part, whole(columns), out, 1.0, count, columns, inner)
            for y in range(columns):
                inner[y] /= max(q[y], 1e-290)
            for x in range(count):
                left[x] = z[x] - s[x] / p[x] * out[x]
            add_rows(turned, turned.shape[0] // columns, inner, -1.0, columns, count, left)
        apply_inverse(part, turned, p, s, count, columns, a, pivots, left, fix, inner)
        for x in range(count):
            out[x] += fix[x]


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def look(part, turned, entropy, p, count, columns, q, log_q, divergence):
    """Normalise `p` and fill q = p W, its logarithm and the divergences of the held rows.

    Returns (largest divergence, information).
    """
    total = 0.0
    for x in range(count):
        total += p[x]
    for x in range(count):
        p[x] /= total
        divergence[x] = entropy[x]
    for y in range(columns):
        q[y] = 0.0
    add_rows(part, whole(columns), p, 1.0, count, columns, q)
    for y in range(columns):
        log_q[y] = np.log(q[y]) if q[y] > 0.0 else -FAR
    add_rows(turned, turned.shape[0] // columns, log_q, -1.0, columns, count, divergence)
    largest, information = -FAR, 0.0
    for x in range(count):
        largest = max(largest, divergence[x])
        information += p[x] * divergence[x]
    return largest, information


@njit(cache=True)
def hold(w, x, entropy_of, held, is_held, count, part, turned, entropy):
    """Hold row `x` as number `count`; returns the new count."""
    columns = w.shape[1]
    width, apart = whole(columns), turned.shape[0] // columns
    held[count] = x
    is_held[x] = True
    entropy[count] = entropy_of[x]
    for y in range(columns):
        part[count * width + y] = w[x, y]
        turned[y * apart + count] = w[x, y]
    return count + 1


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def steps(p, s, dp, ds, count):
    """The longest steps of at most 1 that keep p and s from falling below 0."""
    forward, down = 1.0, 1.0
    for x in range(count):
        if dp[x] < 0.0:
            forward = min(forward, -p[x] / dp[x])
        if ds[x] < 0.0:
            down = min(down, -s[x] / ds[x])
    return forward, down


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def solve(w, tol, generate, inputs):
    """Fill `inputs` (of the rows of `w`) with what nearly reaches capacity; returns (lower, upper) in nats.

    If `generate`, only some rows are held at first, the most pointed one for every outcome: at the optimum no
    more are needed than there are columns. Each time the gap among the held has fallen fivefold all rows are
    priced by their divergence, and those above all held ones join, until lower >= upper - tol or nothing more
    is gained. Otherwise all rows are held and every step is refined.
    """
    rows, columns = w.shape
    width, apart = whole(columns), whole(rows)
    entropy_of = np.empty(rows)
    negative_entropies(w, entropy_of)
    held, is_held = np.empty(rows, np.int64), np.zeros(rows, np.bool_)
    # slices of one array: an allocation costs as much as some of the loops below
    by_row = np.zeros((12, apart))
    entropy, p, s, divergence, residual, z = by_row[0], by_row[1], by_row[2], by_row[3], by_row[4], by_row[5]
    u, v, dp, ds, left, fix = by_row[6], by_row[7], by_row[8], by_row[9], by_row[10], by_row[11]
    by_column = np.zeros((3, width))
    q, log_q, inner = by_column[0], by_column[1], by_column[2]
    small = min(rows, columns)
    part, turned = np.zeros(rows * width), np.zeros(columns * apart)
    a, pivots, weights = np.empty(small * whole(small)), np.empty(small), np.empty(max(width, apart))
    count = 0
    if generate and rows > max(BLOCK, columns):
        for y in range(columns):
            top = 0
            for x in range(rows):
                if w[x, y] > w[top, y]:
                    top = x
            if not is_held[top]:
                count = hold(w, top, entropy_of, held, is_held, count, part, turned, entropy)
    else:
        for x in range(rows):
            count = hold(w, x, entropy_of, held, is_held, count, part, turned, entropy)
    p[:count] = 1.0 / count
    lower, upper = -1.0, FAR
    level, price_at, best, stalled = 0.0, FAR, FAR, 0
    for step in range(STEPS):
        largest, information = look(part, turned, entropy, p, count, columns, q, log_q, divergence)
        gap = largest - information
        stalled = 0 if gap < 0.9 * best else stalled + 1
        best = min(best, gap)
        if information > lower:
            lower = information
            for x in range(rows):
                inputs[x] = 0.0
            for x in range(count):
                inputs[held[x]] = p[x]
        if step == 0:
            level = largest + 0.1 * gap
            for x in range(count):
                s[x] = level - divergence[x]
        product = 0.0
        for x in range(count):
            product += p[x] * s[x]
        stuck = stalled > STALLED
        if gap <= max(price_at, tol) or stuck:
            top = largest
            for x in range(rows):
                if not is_held[x]:
                    total = entropy_of[x]
                    for y in range(columns):
                        total -= w[x, y] * log_q[y]
                    fix[x] = total
                    top = max(top, total)
            upper = min(upper, top)
            if upper - lower <= tol:
                break
            bar = max(largest, information + 0.5 * tol)
            before = count
            for x in range(rows):
                if not is_held[x] and fix[x] > bar:
                    divergence[count] = fix[x]
                    count = hold(w, x, entropy_of, held, is_held, count, part, turned, entropy)
            if count > before:
                # a point at the wall of the smaller problem is a bad start: all are moved away from it
                best, stalled = FAR, 0
                level = top + 0.1 * (top - information)
                aim = LIFT * (level - information) / count
                for x in range(count):
                    s[x] = level - divergence[x]
                    p[x] = max(p[x] if x < before else 0.0, aim / s[x])
                look(part, turned, entropy, p, count, columns, q, log_q, divergence)
                product = 0.0
                for x in range(count):
                    product += p[x] * s[x]
            elif stuck:
                break
            price_at = tol if count == rows else max(0.2 * gap, 0.5 * tol)
        prepare(part, turned, p, s, q, count, columns, a, pivots, weights)
        refine = not generate or gap < ROUGH
        for x in range(count):
            residual[x] = level - divergence[x] - s[x]
            z[x], dp[x], ds[x] = 1.0, 0.0, 0.0
        # first the response to the level; then the predictor aims at products of 0, the corrector at what the
        # predictor shows to be within reach
        aim, change, sum_v = 0.0, 0.0, 0.0
        for turn in range(3):
            invert(part, turned, p, s, q, count, columns, a, pivots, refine, z, u, inner, left, fix)
            sum_u = 0.0
            for x in range(count):
                sum_u += u[x]
            if turn == 0:
                sum_v = sum_u
                for x in range(count):
                    v[x] = u[x]
            else:
                change = sum_u / sum_v
                for x in range(count):
                    second = dp[x] * ds[x]
                    dp[x] = u[x] - change * v[x]
                    ds[x] = (aim - second - s[x] * dp[x]) / p[x] - s[x]
            if turn == 1:
                forward, down = steps(p, s, dp, ds, count)
                reached = 0.0
                for x in range(count):
                    reached += (p[x] + forward * dp[x]) * (s[x] + down * ds[x])
                aim = (reached / product) ** 3 * product / count
            for x in range(count):
                z[x] = (aim - dp[x] * ds[x]) / p[x] - s[x] - residual[x]
        forward, down = steps(p, s, dp, ds, count)
        length = TO_WALL * min(forward, down)
        for x in range(count):
            p[x] += length * dp[x]
            s[x] += length * ds[x]
        level += length * change
    lower = max(lower, 0.0)
    return lower, max(lower, upper)


@njit(cache=True, nogil=True)
def solve_each(channels, starts, shapes, tol, bounds):
    """Capacity bounds in nats of many channels into `bounds` [channels, 2].

    channels: all of them end to end, flat; starts [channels]; shapes [channels, 2] (inputs, outcomes).
    """
    for k in range(starts.shape[0]):
        rows, columns = shapes[k]
        w = channels[starts[k] : starts[k] + rows * columns].reshape(rows, columns)
        inputs = np.empty(rows)
        bounds[k, 0], bounds[k, 1] = 0.0, FAR
        for attempt in range(2):  # one call site each, here and above, halves the time to compile
            if bounds[k, 1] - bounds[k, 0] > tol:
                lower, upper = solve(w, tol, attempt == 0, inputs)
                bounds[k, 0], bounds[k, 1] = max(bounds[k, 0], lower), min(bounds[k, 1], upper)


@njit(cache=True, fastmath={"reassoc", "contract"}, error_model="numpy")
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
    negative_entropies(w, entropy_of)
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
