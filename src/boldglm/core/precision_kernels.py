"""Compiled solves, many voxels side by side.

Arrays of the factors are packed lower triangles, (rank (rank + 1) / 2, n_voxels),
row after row; the innermost loop runs over voxels, so that the compiler turns it
into vector instructions. The diagonal of a factor holds its reciprocal.
"""

import numpy as np
from numba import njit

__all__ = ["backward", "cholesky", "forward", "quadratic_ar1", "solve_ar1"]

_FAST = {"contract", "reassoc", "nsz", "arcp"}


@njit(nogil=True, cache=True, fastmath=_FAST, error_model="numpy")
def cholesky(a, rank):  # type: ignore[no-untyped-def]
    """Factorise in place; a voxel that is not positive definite gets NaN."""
    width = a.shape[1]
    for j in range(rank):
        top = j * (j + 1) // 2
        pivot = a[top + j]
        for i in range(j, rank):
            row = i * (i + 1) // 2
            target = a[row + j]
            k = 0
            # Four terms at a time: the target is read and written once for all.
            while k + 4 <= j:
                a0, a1, a2, a3 = (
                    a[row + k],
                    a[row + k + 1],
                    a[row + k + 2],
                    a[row + k + 3],
                )
                b0, b1, b2, b3 = (
                    a[top + k],
                    a[top + k + 1],
                    a[top + k + 2],
                    a[top + k + 3],
                )
                for v in range(width):
                    target[v] -= (
                        a0[v] * b0[v] + a1[v] * b1[v] + a2[v] * b2[v] + a3[v] * b3[v]
                    )
                k += 4
            while k < j:
                left, right = a[row + k], a[top + k]
                for v in range(width):
                    target[v] -= left[v] * right[v]
                k += 1
            if i == j:
                for v in range(width):
                    target[v] = 1.0 / np.sqrt(target[v])
            else:
                for v in range(width):
                    target[v] *= pivot[v]


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


@njit(nogil=True, cache=True, error_model="numpy")
def _capacitance(lam, edges, phi):  # type: ignore[no-untyped-def]
    """``phi^2 (I - phi^2 U D^-1 U')^-1`` for the one or two edge rows U."""
    s00 = s01 = s11 = 0.0
    two = edges.shape[0] == 2
    constant = 1.0 + phi * phi
    for i in range(lam.size):
        inverse = 1.0 / (constant - phi * lam[i])
        s00 += edges[0, i] * edges[0, i] * inverse
        if two:
            s01 += edges[0, i] * edges[1, i] * inverse
            s11 += edges[1, i] * edges[1, i] * inverse
    square = phi * phi
    c00, c01, c11 = 1.0 - square * s00, -square * s01, 1.0 - square * s11
    scale = square / (c00 * c11 - c01 * c01)
    return c11 * scale, -c01 * scale, c00 * scale


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
    """``C A^-1 C'`` with A as in `solve_ar1`, into out (n_voxels, n_rows, n_rows)."""
    n_rows, rank = contrast.shape
    two = edges.shape[0] == 2
    dots = np.zeros((2, n_rows))
    inverse = np.empty(rank)
    for v in range(phi.size):
        k00, k01, k11 = _capacitance(lam, edges, phi[v])
        for i in range(rank):
            inverse[i] = 1.0 / (1.0 + phi[v] * (phi[v] - lam[i]))
        for a in range(n_rows):
            dots[:, a] = 0.0
            for i in range(rank):
                weighted = contrast[a, i] * inverse[i]
                dots[0, a] += weighted * edges[0, i]
                if two:
                    dots[1, a] += weighted * edges[1, i]
        for a in range(n_rows):
            for b in range(a + 1):
                total = 0.0
                for i in range(rank):
                    total += contrast[a, i] * contrast[b, i] * inverse[i]
                total += dots[0, a] * (k00 * dots[0, b] + k01 * dots[1, b])
                total += dots[1, a] * (k01 * dots[0, b] + k11 * dots[1, b])
                out[v, a, b] = total
                out[v, b, a] = total
