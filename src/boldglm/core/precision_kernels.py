"""Compiled solves, many voxels side by side.

Arrays of the factors are packed lower triangles, (rank (rank + 1) / 2, n_voxels),
row after row; the innermost loop runs over voxels, so that the compiler turns it
into vector instructions. The diagonal of a factor holds its reciprocal.
"""

import numpy as np
from numba import njit

__all__ = [
    "backward",
    "cholesky",
    "forward",
    "inverse_roots",
    "quadratic_ar1",
    "quadratic_many",
    "solve_ar1",
    "solve_many",
]

_FAST = {"contract", "reassoc", "nsz", "arcp"}


# Voxels factorised side by side: their packed triangles fit in the second cache.
LANES = 256


@njit(nogil=True, cache=True, error_model="numpy")
def solve_many(pieces, weights, right):  # type: ignore[no-untyped-def]
    """Solve ``sum_m w_m P_m x = b`` of every voxel in place.

    Parameters: pieces (n_packed, n_pieces), weights (n_pieces, n_voxels), right
    (rank, n_voxels). In one call for many voxels, so that threads do not meet in it.
    """
    rank, n_voxels = right.shape
    for start in range(0, n_voxels, LANES):
        stop = min(start + LANES, n_voxels)
        triangle = pieces @ np.ascontiguousarray(weights[:, start:stop])
        cholesky(triangle, rank)
        part = np.ascontiguousarray(right[:, start:stop])
        forward(triangle, part)
        backward(triangle, part)
        right[:, start:stop] = part


@njit(nogil=True, cache=True, error_model="numpy")
def quadratic_many(pieces, weights, contrast):  # type: ignore[no-untyped-def]
    """``C (sum_m w_m P_m)^-1 C'`` of every voxel, (n_rows, n_rows, n_voxels)."""
    n_rows, rank = contrast.shape
    n_voxels = weights.shape[1]
    out = np.zeros((n_rows, n_rows, n_voxels))
    for start in range(0, n_voxels, LANES):
        stop = min(start + LANES, n_voxels)
        width = stop - start
        triangle = pieces @ np.ascontiguousarray(weights[:, start:stop])
        cholesky(triangle, rank)
        half = np.empty((n_rows, rank, width), contrast.dtype)
        for a in range(n_rows):
            for i in range(rank):
                half[a, i] = contrast[a, i]
            forward(triangle, half[a])
            for b in range(a + 1):
                total = out[a, b, start:stop]
                for i in range(rank):
                    left, right = half[a, i], half[b, i]
                    for v in range(width):
                        total[v] += left[v] * right[v]
                out[b, a, start:stop] = total
    return out


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def cholesky(a, rank):  # type: ignore[no-untyped-def]
    """Factorise in place; a voxel that is not positive definite gets NaN.

    Two rows at a time share what is read of the rows above them.
    """
    for i in range(0, rank - 1, 2):
        one = i * (i + 1) // 2
        two = one + i + 1
        for j in range(i):
            above = j * (j + 1) // 2
            _subtract_pair(a[one + j], a[two + j], a, one, two, above, j)
            _scale(a[one + j], a[above + j])
            _scale(a[two + j], a[above + j])
        _subtract(a[one + i], a, one, one, i)
        _reciprocal_root(a[one + i])
        _subtract(a[two + i], a, two, one, i)
        _scale(a[two + i], a[one + i])
        _subtract(a[two + i + 1], a, two, two, i + 1)
        _reciprocal_root(a[two + i + 1])
    if rank % 2:
        i = rank - 1
        last = i * (i + 1) // 2
        for j in range(i):
            above = j * (j + 1) // 2
            _subtract(a[last + j], a, last, above, j)
            _scale(a[last + j], a[above + j])
        _subtract(a[last + i], a, last, last, i)
        _reciprocal_root(a[last + i])


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def _subtract_pair(x, y, a, one, two, above, n):  # type: ignore[no-untyped-def]
    """From x and y, the products of the first n entries of two rows with a third."""
    k = 0
    # Four terms at a time: x and y are read and written once for all of them.
    while k + 4 <= n:
        b0, b1, b2, b3 = (
            a[above + k],
            a[above + k + 1],
            a[above + k + 2],
            a[above + k + 3],
        )
        p0, p1, p2, p3 = a[one + k], a[one + k + 1], a[one + k + 2], a[one + k + 3]
        q0, q1, q2, q3 = a[two + k], a[two + k + 1], a[two + k + 2], a[two + k + 3]
        for v in range(x.size):
            c0, c1, c2, c3 = b0[v], b1[v], b2[v], b3[v]
            x[v] -= p0[v] * c0 + p1[v] * c1 + p2[v] * c2 + p3[v] * c3
            y[v] -= q0[v] * c0 + q1[v] * c1 + q2[v] * c2 + q3[v] * c3
        k += 4
    while k < n:
        b, p, q = a[above + k], a[one + k], a[two + k]
        for v in range(x.size):
            x[v] -= p[v] * b[v]
            y[v] -= q[v] * b[v]
        k += 1


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def _subtract(x, a, one, two, n):  # type: ignore[no-untyped-def]
    """From x, the products of the first n entries of two rows."""
    for k in range(n):
        p, q = a[one + k], a[two + k]
        for v in range(x.size):
            x[v] -= p[v] * q[v]


@njit(nogil=True, cache=True, error_model="numpy")
def _scale(x, factor):  # type: ignore[no-untyped-def]
    for v in range(x.size):
        x[v] *= factor[v]


@njit(nogil=True, cache=True, error_model="numpy")
def _reciprocal_root(x):  # type: ignore[no-untyped-def]
    for v in range(x.size):
        x[v] = 1.0 / np.sqrt(x[v])


@njit(nogil=True, cache=True, error_model="numpy")
def forward(a, b):  # type: ignore[no-untyped-def]
    """Solve ``L x = b`` in place, b of shape (rank, n_voxels)."""
    rank, width = b.shape
    for i in range(rank):
        row = i * (i + 1) // 2
        target = b[i]
        for k in range(i):
            left, right = a[row + k], b[k]
            for v in range(width):
                target[v] -= left[v] * right[v]
        diagonal = a[row + i]
        for v in range(width):
            target[v] *= diagonal[v]


@njit(nogil=True, cache=True, error_model="numpy")
def backward(a, b):  # type: ignore[no-untyped-def]
    """Solve ``L' x = b`` in place."""
    rank, width = b.shape
    for i in range(rank - 1, -1, -1):
        row = i * (i + 1) // 2
        solved = b[i]
        diagonal = a[row + i]
        for v in range(width):
            solved[v] *= diagonal[v]
        for k in range(i):
            left, target = a[row + k], b[k]
            for v in range(width):
                target[v] -= left[v] * solved[v]


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def inverse_roots(a):  # type: ignore[no-untyped-def]
    """Symmetric inverse square roots of positive definite matrices, (q, q, n_voxels).

    Jacobi's rotations (Golub & Van Loan 2013, section 8.5), all voxels in step. The
    input is overwritten.
    """
    q = a.shape[0]
    vectors = np.zeros_like(a)
    for i in range(q):
        vectors[i, i] = 1.0
    for _ in range(30):
        if _off_diagonal(a) <= 1e-28:
            break
        for i in range(q - 1):
            for j in range(i + 1, q):
                _rotate(a, vectors, i, j)
    out = np.zeros_like(a)
    for k in range(q):
        _add_root(vectors, k, a[k, k], out)
    return out


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def _add_root(vectors, k, values, out):  # type: ignore[no-untyped-def]
    """Add ``u u' / sqrt(value)`` of the k-th eigenvector to the roots."""
    q, width = vectors.shape[0], values.shape[0]
    inverse, scaled = np.empty(width), np.empty(width)
    for v in range(width):
        inverse[v] = 1.0 / np.sqrt(values[v])
    for i in range(q):
        left = vectors[i, k]
        for v in range(width):
            scaled[v] = left[v] * inverse[v]
        for j in range(q):
            right, target = vectors[j, k], out[i, j]
            for v in range(width):
                target[v] += scaled[v] * right[v]


@njit(nogil=True, cache=True, error_model="numpy")
def _off_diagonal(a):  # type: ignore[no-untyped-def]
    """Largest share of the off-diagonal in the squares of a matrix."""
    q, width = a.shape[0], a.shape[2]
    off, on = np.zeros(width), np.zeros(width)
    for i in range(q):
        for j in range(q):
            entry, total = a[i, j], on if i == j else off
            for v in range(width):
                total[v] += entry[v] * entry[v]
    largest = 0.0
    for v in range(width):
        if off[v] > largest * on[v]:
            largest = off[v] / on[v]
    return largest


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def _rotate(a, vectors, i, j):  # type: ignore[no-untyped-def]
    """Turn axes i and j so that ``a[i, j]`` becomes 0."""
    q, width = a.shape[0], a.shape[2]
    cosine, sine = np.empty(width), np.empty(width)
    for v in range(width):
        # Half the angle whose tangent is 2 a_ij / (a_ii - a_jj), without dividing by
        # an a_ij that may be 0.
        twice, gap = 2.0 * a[i, j, v], a[j, j, v] - a[i, i, v]
        length = np.sqrt(twice * twice + gap * gap) + abs(gap)
        t = twice / length if length > 0.0 else 0.0
        t = t if gap >= 0.0 else -t
        cosine[v] = 1.0 / np.sqrt(1.0 + t * t)
        sine[v] = t * cosine[v]
    for k in range(q):
        _mix(a[k, i], a[k, j], cosine, sine)
        _mix(vectors[k, i], vectors[k, j], cosine, sine)
    for k in range(q):
        _mix(a[i, k], a[j, k], cosine, sine)


@njit(nogil=True, cache=True, error_model="numpy")
def _mix(x, y, cosine, sine):  # type: ignore[no-untyped-def]
    for v in range(x.size):
        one, two = x[v], y[v]
        x[v] = cosine[v] * one - sine[v] * two
        y[v] = sine[v] * one + cosine[v] * two


@njit(nogil=True, cache=True, error_model="numpy")
def solve_ar1(lam, edges, phi, right):  # type: ignore[no-untyped-def]
    """Solve ``((1 + phi^2) I - phi diag(lam) - phi^2 U'U) x = b`` for every voxel.

    A diagonal less a rank one or two: Woodbury's identity solves it exactly.
    """
    rank, n_voxels = right.shape
    two = edges.shape[0] == 2
    out = np.empty((rank, n_voxels))
    dots = np.zeros((4, n_voxels))
    s00, s01, s11, d0 = dots[0], dots[1], dots[2], dots[3]
    d1 = np.zeros(n_voxels)
    for i in range(rank):
        source, target = right[i], out[i]
        value, u0 = lam[i], edges[0, i]
        u1 = edges[1, i] if two else 0.0
        for v in range(n_voxels):
            inverse = 1.0 / (1.0 + phi[v] * (phi[v] - value))
            x = source[v] * inverse
            target[v] = x
            d0[v] += u0 * x
            s00[v] += u0 * u0 * inverse
            if two:
                d1[v] += u1 * x
                s01[v] += u0 * u1 * inverse
                s11[v] += u1 * u1 * inverse
    for v in range(n_voxels):
        square = phi[v] * phi[v]
        c00, c01, c11 = 1.0 - square * s00[v], -square * s01[v], 1.0 - square * s11[v]
        scale = square / (c00 * c11 - c01 * c01)
        e0, e1 = d0[v], d1[v]
        d0[v] = (c11 * e0 - c01 * e1) * scale
        d1[v] = (c00 * e1 - c01 * e0) * scale
    for i in range(rank):
        target = out[i]
        value, u0 = lam[i], edges[0, i]
        u1 = edges[1, i] if two else 0.0
        for v in range(n_voxels):
            inverse = 1.0 / (1.0 + phi[v] * (phi[v] - value))
            target[v] += (u0 * d0[v] + u1 * d1[v]) * inverse
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def quadratic_ar1(lam, edges, phi, contrast, out):  # type: ignore[no-untyped-def]
    """``C A^-1 C'`` with A as in `solve_ar1`, into out (n_rows, n_rows, n_voxels).

    The diagonal part and the edges' share of it are one matrix, of the rows of the
    contrast and of the edges together; its Schur complement is the answer.
    """
    n_rows, n_edges = contrast.shape[0], edges.shape[0]
    sums = _weighted_products(lam, np.concatenate((edges, contrast)), phi)
    # Eliminate the edges, with ``1 / phi^2`` on their diagonal: written without the
    # division, which a coefficient of 0 would not stand.
    square = phi * phi
    for e in range(n_edges):
        scale = square / (1.0 - square * sums[e, e])
        for a in range(e + 1, n_edges + n_rows):
            for b in range(e + 1, a + 1):
                sums[a, b] += sums[a, e] * sums[b, e] * scale
    for a in range(n_rows):
        for b in range(a + 1):
            out[a, b] = sums[n_edges + a, n_edges + b]
            out[b, a] = out[a, b]


@njit(nogil=True, cache=True, error_model="numpy")
def _weighted_products(lam, rows, phi):  # type: ignore[no-untyped-def]
    """``R D^-1 R'`` with D the diagonal of `solve_ar1`; lower triangles."""
    size, rank = rows.shape
    n_voxels = phi.size
    sums = np.zeros((size, size, n_voxels))
    inverse = np.empty(n_voxels)
    for i in range(rank):
        for v in range(n_voxels):
            inverse[v] = 1.0 / (1.0 + phi[v] * (phi[v] - lam[i]))
        for a in range(size):
            for b in range(a + 1):
                weight, target = rows[a, i] * rows[b, i], sums[a, b]
                for v in range(n_voxels):
                    target[v] += weight * inverse[v]
    return sums
