"""Compiled search for the ARMA(1, 1) of every voxel."""

import numpy as np
from numba import njit

__all__ = ["best_start", "search"]

# Moves from node to node, at most.
MOVES = 40


@njit(nogil=True, cache=True, error_model="numpy")
def best_start(weights, factors, sums, out):  # type: ignore[no-untyped-def]
    """The node of least ``factor * sum_k weight_k sums_k`` for every voxel.

    Parameters: weights (node, lag), factors (node,), sums (lag, n_voxels), out
    (n_voxels,) int64.
    """
    n_nodes, n_lags = weights.shape
    n_voxels = sums.shape[1]
    least = np.full(n_voxels, np.inf)
    value = np.empty(n_voxels)
    for node in range(n_nodes):
        value[:] = 0.0
        for lag in range(n_lags):
            weight, row = weights[node, lag] * factors[node], sums[lag]
            for v in range(n_voxels):
                value[v] += weight * row[v]
        for v in range(n_voxels):
            if value[v] < least[v] and value[v] > 0.0:
                least[v] = value[v]
                out[v] = node


@njit(nogil=True, cache=True, error_model="numpy")
def search(  # type: ignore[no-untyped-def]
    tables, with_design, with_self, edges, basis_edges, shape, starts, out
):
    """Go downhill on a grid, then to the minimum of a quadratic through its nodes.

    Parameters: tables (weights (node, lag), edge weights (node, order, order),
    inverses (node, rank, rank), constants (node,), dof); with_design (n_voxels, lag,
    rank); with_self (n_voxels, lag); edges (n_voxels, n_edges, order), the rows of the
    data at the edges; basis_edges (n_edges, order, rank); shape (n_a, n_b); starts
    (n_starts, n_voxels), nodes of which the best is gone on from; out (2, n_voxels),
    indices on the grid, fractional.
    """
    n_a, n_b = shape
    rank = with_design.shape[2]
    right = np.empty(rank)
    known = np.empty(n_a * n_b)
    visited = np.empty(n_a * n_b, np.int64)
    known[:] = np.nan
    for v in range(starts.shape[1]):
        n_visited = 0
        data = (with_design[v], with_self[v], edges[v])
        node, least = starts[0, v], np.inf
        for s in range(starts.shape[0]):
            at = starts[s, v]
            if np.isnan(known[at]):
                known[at] = _criterion(tables, at, data, basis_edges, right)
                visited[n_visited] = at
                n_visited += 1
            if known[at] < least:
                node, least = at, known[at]
        i, j = node // n_b, node % n_b
        for _ in range(MOVES):
            best_i, best_j = i, j
            least = np.inf
            # Along the axes, and along the valley of much the same autocorrelations
            for step in range(7):
                a = i + (step in (1, 5)) - (step in (2, 6))
                b = j + (step in (3, 6)) - (step in (4, 5))
                if a < 0 or b < 0 or a >= n_a or b >= n_b:
                    continue
                node = a * n_b + b
                if np.isnan(known[node]):
                    known[node] = _criterion(tables, node, data, basis_edges, right)
                    visited[n_visited] = node
                    n_visited += 1
                if known[node] < least:
                    least = known[node]
                    best_i, best_j = a, b
            if best_i == i and best_j == j:
                break
            i, j = best_i, best_j
        out[0, v], out[1, v] = float(i), float(j)
        if 0 < i < n_a - 1 and 0 < j < n_b - 1 and np.isfinite(least):
            centre = i * n_b + j
            up, down = known[centre + n_b], known[centre - n_b]
            ahead, back = known[centre + 1], known[centre - 1]
            g_a, g_b = 0.5 * (up - down), 0.5 * (ahead - back)
            h_a, h_b = up + down - 2.0 * least, ahead + back - 2.0 * least
            # the corner on the side that the minimum lies
            s_a, s_b = (-1 if g_a > 0 else 1), (-1 if g_b > 0 else 1)
            node = (i + s_a) * n_b + j + s_b
            if np.isnan(known[node]):
                known[node] = _criterion(tables, node, data, basis_edges, right)
                visited[n_visited] = node
                n_visited += 1
            plane = least + s_a * g_a + s_b * g_b + 0.5 * (h_a + h_b)
            h_ab = s_a * s_b * (known[node] - plane)
            det = h_a * h_b - h_ab * h_ab
            if h_a > 0.0 and h_b > 0.0 and det > 1e-3 * h_a * h_b:
                step_a = -(h_b * g_a - h_ab * g_b) / det
                step_b = -(h_a * g_b - h_ab * g_a) / det
                out[0, v] += min(max(step_a, -1.0), 1.0)
                out[1, v] += min(max(step_b, -1.0), 1.0)
        for n in range(n_visited):
            known[visited[n]] = np.nan


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _criterion(tables, node, data, basis_edges, right):  # type: ignore[no-untyped-def]
    """``-2 log`` restricted likelihood at a node, but for a constant."""
    weights, edge_weights, inverses, constants, dof = tables
    with_design, with_self, edges = data
    n_lags, rank = with_design.shape
    order = n_lags - 1
    square = weights[node, 0] * with_self[0]
    right[:] = 0.0
    for lag in range(1, n_lags):
        weight = weights[node, lag]
        square += 2.0 * weight * with_self[lag]
        for r in range(rank):
            right[r] += weight * with_design[lag, r]
    for e in range(edges.shape[0]):
        for i in range(order):
            mixed = 0.0
            for j in range(order):
                mixed += edge_weights[node, i, j] * edges[e, j]
            square -= mixed * edges[e, i]
            for r in range(rank):
                right[r] -= mixed * basis_edges[e, i, r]
    inverse = inverses[node]
    explained = 0.0
    # Of the symmetric inverse one half, with its diagonal halved (`ArmaSearch`)
    for r in range(rank):
        total = 0.0
        for s in range(r + 1):
            total += inverse[r, s] * right[s]
        explained += total * right[r]
    explained *= 2.0
    left = square - explained
    if not left > 0.0:
        return np.inf
    return constants[node] + dof * np.log(left)
