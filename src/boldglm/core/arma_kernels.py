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
    room = np.empty(with_design.shape[2])
    # Values at nodes, and of which voxel they are
    memory = (np.empty(n_a * n_b), np.full(n_a * n_b, -1))
    for v in range(starts.shape[1]):
        data = (with_design[v], with_self[v], edges[v])
        problem = (tables, data, basis_edges, room)
        node = starts[0, v]
        for s in range(1, starts.shape[0]):
            other = starts[s, v]
            if _at(other, v, memory, problem) < _at(node, v, memory, problem):
                node = other
        i, j = _descend(node, v, shape, memory, problem)
        out[0, v], out[1, v] = float(i), float(j)
        if 0 < i < n_a - 1 and 0 < j < n_b - 1:
            step_a, step_b = _refine(i, j, v, n_b, memory, problem)
            out[0, v] += step_a
            out[1, v] += step_b


@njit(nogil=True, cache=True, error_model="numpy")
def _at(node, v, memory, problem):  # type: ignore[no-untyped-def]
    """The criterion at a node, computed once for a voxel."""
    values, owners = memory
    if owners[node] != v:
        tables, data, basis_edges, room = problem
        values[node] = _criterion(tables, node, data, basis_edges, room)
        owners[node] = v
    return values[node]


@njit(nogil=True, cache=True, error_model="numpy")
def _descend(node, v, shape, memory, problem):  # type: ignore[no-untyped-def]
    """The node from which no step leads down."""
    n_a, n_b = shape
    i, j = node // n_b, node % n_b
    for _ in range(MOVES):
        best_i, best_j = i, j
        least = _at(i * n_b + j, v, memory, problem)
        # Along the axes, and along the valley of much the same autocorrelations
        for step in range(6):
            a = i + (step in (0, 4)) - (step in (1, 5))
            b = j + (step in (2, 5)) - (step in (3, 4))
            if 0 <= a < n_a and 0 <= b < n_b:
                value = _at(a * n_b + b, v, memory, problem)
                if value < least:
                    least, best_i, best_j = value, a, b
        if best_i == i and best_j == j:
            break
        i, j = best_i, best_j
    return i, j


@njit(nogil=True, cache=True, error_model="numpy")
def _refine(i, j, v, n_b, memory, problem):  # type: ignore[no-untyped-def]
    """Steps to the minimum of the quadratic through a node and its neighbours."""
    centre = i * n_b + j
    least = _at(centre, v, memory, problem)
    up, down = (
        _at(centre + n_b, v, memory, problem),
        _at(centre - n_b, v, memory, problem),
    )
    ahead, back = (
        _at(centre + 1, v, memory, problem),
        _at(centre - 1, v, memory, problem),
    )
    g_a, g_b = 0.5 * (up - down), 0.5 * (ahead - back)
    h_a, h_b = up + down - 2.0 * least, ahead + back - 2.0 * least
    # The corner on the side where the minimum lies
    s_a, s_b = (-1 if g_a > 0 else 1), (-1 if g_b > 0 else 1)
    corner = _at(centre + s_a * n_b + s_b, v, memory, problem)
    plane = least + s_a * g_a + s_b * g_b + 0.5 * (h_a + h_b)
    h_ab = s_a * s_b * (corner - plane)
    det = h_a * h_b - h_ab * h_ab
    if not (h_a > 0.0 and h_b > 0.0 and det > 1e-3 * h_a * h_b):
        return 0.0, 0.0
    step_a = -(h_b * g_a - h_ab * g_b) / det
    step_b = -(h_a * g_b - h_ab * g_a) / det
    return min(max(step_a, -1.0), 1.0), min(max(step_b, -1.0), 1.0)


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
