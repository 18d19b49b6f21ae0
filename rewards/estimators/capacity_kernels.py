"""Kernels for the capacity of a discrete memoryless channel: an interior point with generated rows.

maximise I(p) = sum_x p_x D_x, D_x = KL(W_x || q), q = p W, over distributions p. At every p I(p) <= C <=
max_x D_x. Optimality: D_x = c - s_x with s_x >= 0 and p_x s_x = 0; the interior point keeps p, s > 0 and
drives p s to zero together with the residual (Newton's method with Mehrotra's predictor and corrector). All
in nats.
"""

import numpy as np
from numba import njit

FAR = 1e300
TO_WALL = 0.995
ROUNDS = 60
STEPS = 100


@njit(cache=True, fastmath={"reassoc", "contract"})
def negative_entropies(w, out):
    """sum_y w ln w of every row."""
    for x in range(w.shape[0]):
        total = 0.0
        for y in range(w.shape[1]):
            if w[x, y] > 0.0:
                total += w[x, y] * np.log(w[x, y])
        out[x] = total


@njit(cache=True, fastmath={"reassoc", "contract"})
def divergences(w, negative_entropy, q, log_q, out):
    """D_x = KL(W_x || q) into `out`, with FAR for infinity; `log_q` is scratch. Returns the largest."""
    for y in range(w.shape[1]):
        log_q[y] = np.log(q[y]) if q[y] > 0.0 else -FAR
    largest = -FAR
    for x in range(w.shape[0]):
        total = 0.0
        for y in range(w.shape[1]):
            total += w[x, y] * log_q[y]
        out[x] = max(negative_entropy[x] - total, 0.0)
        largest = max(largest, out[x])
    return largest


@njit(cache=True, fastmath={"reassoc", "contract"})
def mixture(w, p, q):
    """q = p W."""
    for y in range(w.shape[1]):
        q[y] = 0.0
    for x in range(w.shape[0]):
        if p[x] > 0.0:
            for y in range(w.shape[1]):
                q[y] += p[x] * w[x, y]


@njit(cache=True, fastmath={"reassoc", "contract"})
def factorise(a, size):
    """Cholesky factor of the symmetric positive matrix `a`, in its lower half; tiny pivots are lifted."""
    for i in range(size):
        for j in range(i + 1):
            total = a[i, j]
            for k in range(j):
                total -= a[i, k] * a[j, k]
            if i == j:
                a[i, i] = np.sqrt(max(total, 1e-14 * abs(a[i, i]) + 1e-290))
            else:
                a[i, j] = total / a[j, j]


@njit(cache=True, fastmath={"reassoc", "contract"})
def substitute(a, size, z):
    """Solve with the factor of `factorise`, in place."""
    for i in range(size):
        total = z[i]
        for k in range(i):
            total -= a[i, k] * z[k]
        z[i] = total / a[i, i]
    for i in range(size - 1, -1, -1):
        z[i] /= a[i, i]
        for k in range(i):
            z[k] -= a[i, k] * z[i]


@njit(cache=True, fastmath={"reassoc", "contract"})
def prepare(b, d, a):
    """Factorise M = diag(d) + B B^T, or by Woodbury I + B^T diag(1/d) B when B has fewer columns."""
    rows, columns = b.shape
    if rows <= columns:
        for i in range(rows):
            for j in range(i + 1):
                total = 0.0
                for y in range(columns):
                    total += b[i, y] * b[j, y]
                a[i, j] = total
            a[i, i] += d[i]
        factorise(a, rows)
    else:
        for i in range(columns):
            for j in range(i + 1):
                a[i, j] = 0.0
            a[i, i] = 1.0
        for x in range(rows):
            for i in range(columns):
                weight = b[x, i] / d[x]
                if weight != 0.0:
                    for j in range(i + 1):
                        a[i, j] += weight * b[x, j]
        factorise(a, columns)


@njit(cache=True, fastmath={"reassoc", "contract"})
def apply_inverse(b, d, a, z, out, inner):
    """out = M^-1 z with what `prepare` left in `a`."""
    rows, columns = b.shape
    if rows <= columns:
        for x in range(rows):
            out[x] = z[x]
        substitute(a, rows, out)
    else:
        for y in range(columns):
            inner[y] = 0.0
        for x in range(rows):
            weight = z[x] / d[x]
            for y in range(columns):
                inner[y] += b[x, y] * weight
        substitute(a, columns, inner)
        for x in range(rows):
            total = z[x]
            for y in range(columns):
                total -= b[x, y] * inner[y]
            out[x] = total / d[x]


@njit(cache=True, fastmath={"reassoc", "contract"})
def invert(b, d, a, z, out, inner, left, fix):
    """out = M^-1 z, refined once."""
    rows, columns = b.shape
    apply_inverse(b, d, a, z, out, inner)
    for y in range(columns):
        inner[y] = 0.0
    for x in range(rows):
        for y in range(columns):
            inner[y] += b[x, y] * out[x]
    for x in range(rows):
        total = z[x] - d[x] * out[x]
        for y in range(columns):
            total -= b[x, y] * inner[y]
        left[x] = total
    apply_inverse(b, d, a, left, fix, inner)
    for x in range(rows):
        out[x] += fix[x]


@njit(cache=True, fastmath={"reassoc", "contract"})
def to_wall(value, change):
    """Largest step of at most 1 that keeps value + step * change >= 0."""
    step = 1.0
    for x in range(value.shape[0]):
        if change[x] < 0.0:
            step = min(step, -value[x] / change[x])
    return step


@njit(cache=True, fastmath={"reassoc", "contract"})
def interior_point(w, negative_entropy, p, tol):
    """Improve `p` > 0 in place until max D - I <= tol or nothing more is gained; returns the gap."""
    rows, columns = w.shape
    q, log_q, inner = np.empty(columns), np.empty(columns), np.empty(columns)
    b = np.empty((rows, columns))
    a = np.empty((min(rows, columns), min(rows, columns)))
    divergence, s, d, residual = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows)
    z, u, v, ones = np.empty(rows), np.empty(rows), np.empty(rows), np.ones(rows)
    dp, ds, left, fix = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows)
    best, best_gap = p.copy(), FAR
    level = 0.0
    stalled = 0
    for step in range(STEPS):
        total = 0.0
        for x in range(rows):
            total += p[x]
        for x in range(rows):
            p[x] /= total
        mixture(w, p, q)
        largest = divergences(w, negative_entropy, q, log_q, divergence)
        information = 0.0
        for x in range(rows):
            information += p[x] * divergence[x]
        gap = largest - information
        stalled = 0 if gap < 0.9 * best_gap else stalled + 1
        if gap < best_gap:
            best_gap = gap
            for x in range(rows):
                best[x] = p[x]
        if best_gap <= tol or stalled > 12:
            break
        if step == 0:
            level = largest + 0.1 * gap
            for x in range(rows):
                s[x] = level - divergence[x]
        product = 0.0
        for x in range(rows):
            product += p[x] * s[x]
            d[x] = s[x] / p[x]
            residual[x] = level - divergence[x] - s[x]
        for x in range(rows):
            for y in range(columns):
                b[x, y] = w[x, y] / np.sqrt(q[y])
        prepare(b, d, a)
        invert(b, d, a, ones, v, inner, left, fix)
        sum_v = 0.0
        for x in range(rows):
            sum_v += v[x]
        # the predictor aims at products of 0, the corrector at what the predictor shows to be within reach
        aim = 0.0
        change = 0.0
        for corrector in range(2):
            for x in range(rows):
                second = dp[x] * ds[x] if corrector else 0.0
                z[x] = (aim - second) / p[x] - s[x] - residual[x]
            invert(b, d, a, z, u, inner, left, fix)
            sum_u = 0.0
            for x in range(rows):
                sum_u += u[x]
            change = sum_u / sum_v
            for x in range(rows):
                second = dp[x] * ds[x] if corrector else 0.0
                dp[x] = u[x] - change * v[x]
                ds[x] = (aim - second - s[x] * dp[x]) / p[x] - s[x]
            if not corrector:
                forward, down = to_wall(p, dp), to_wall(s, ds)
                reached = 0.0
                for x in range(rows):
                    reached += (p[x] + forward * dp[x]) * (s[x] + down * ds[x])
                aim = (reached / product) ** 3 * product / rows
        length = TO_WALL * min(to_wall(p, dp), to_wall(s, ds))
        for x in range(rows):
            p[x] += length * dp[x]
            s[x] += length * ds[x]
        level += length * change
    for x in range(rows):
        p[x] = best[x]
    return best_gap


@njit(cache=True, fastmath={"reassoc", "contract"})
def first_rows(w, chosen):
    """Mark the rows to start with: all when they are few, else the most pointed one for every outcome."""
    rows, columns = w.shape
    if rows <= max(32, columns):
        chosen[:] = True
        return
    for y in range(columns):
        top = 0
        for x in range(rows):
            if w[x, y] > w[top, y]:
                top = x
        chosen[top] = True


@njit(cache=True, fastmath={"reassoc", "contract"})
def solve(w, tol, p):
    """Fill `p` with inputs (rows of `w`) that nearly reach capacity; returns (lower, upper) in nats.

    Only some rows are held at first (at the optimum no more are needed than there are columns); all rows are
    priced by their divergence, and the worst offenders join, until lower >= upper - tol.
    """
    rows, columns = w.shape
    negative_entropy, divergence = np.empty(rows), np.empty(rows)
    q, log_q = np.empty(columns), np.empty(columns)
    chosen = np.zeros(rows, np.bool_)
    negative_entropies(w, negative_entropy)
    first_rows(w, chosen)
    lower, upper = 0.0, FAR
    trial = np.zeros(rows)
    for _ in range(ROUNDS):
        held = np.flatnonzero(chosen)
        part, part_entropy, part_p = np.empty((len(held), columns)), np.empty(len(held)), np.empty(len(held))
        for k in range(len(held)):
            part[k] = w[held[k]]
            part_entropy[k] = negative_entropy[held[k]]
            part_p[k] = 1.0 / len(held)
        aim = tol * 0.5 if len(held) == rows else max(tol * 0.5, 0.1 * min(upper - lower, 1.0))
        if upper == FAR and len(held) < rows:
            aim = max(tol * 0.5, 1e-3)
        interior_point(part, part_entropy, part_p, aim)
        trial[:] = 0.0
        for k in range(len(held)):
            trial[held[k]] = part_p[k]
        largest, information = price(w, negative_entropy, trial, q, log_q, divergence)
        upper = min(upper, largest)
        if information >= lower:
            lower = information
            p[:] = trial
        if upper - lower <= tol or len(held) == rows:
            break
        # every row that could raise the value, at most as many as are held, joins
        bar = information + 0.5 * tol
        for _ in range(8):
            joining = 0
            for x in range(rows):
                if not chosen[x] and divergence[x] > bar:
                    joining += 1
            if joining <= max(len(held), 16):
                break
            bar = 0.5 * (bar + largest)
        for x in range(rows):
            if divergence[x] > bar:
                chosen[x] = True
    return lower, max(lower, upper)


@njit(cache=True, fastmath={"reassoc", "contract"})
def price(w, negative_entropy, p, q, log_q, divergence):
    """Bounds of capacity that the distribution `p` proves: (largest divergence, information)."""
    mixture(w, p, q)
    largest = divergences(w, negative_entropy, q, log_q, divergence)
    information = 0.0
    for x in range(w.shape[0]):
        if p[x] > 0.0:
            information += p[x] * divergence[x]
    return largest, information


@njit(cache=True, fastmath={"reassoc", "contract"})
def blahut_arimoto(w, tol, iterations, p):
    """Improve `p` in place by Blahut (1972) and Arimoto (1972); returns (lower, upper) in nats.

    The slow and sure way, for channels on which the interior point gets stuck, and an oracle for tests.
    """
    rows, columns = w.shape
    negative_entropy, divergence = np.empty(rows), np.empty(rows)
    q, log_q = np.empty(columns), np.empty(columns)
    negative_entropies(w, negative_entropy)
    lower, upper = 0.0, FAR
    for _ in range(iterations):
        largest, information = price(w, negative_entropy, p, q, log_q, divergence)
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
