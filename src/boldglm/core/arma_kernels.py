"""Compiled search for the ARMA(1, 1) of every voxel."""

import numpy as np
from numba import njit

__all__ = ["LANES", "best_start", "search"]

# Ranks are filled up with zeros to a multiple of this: no loop has a remainder.
LANES = 8
# Moves from node to node, at most.
MOVES = 20
# Nodes that a quadratic is believed for when it leads on, and in the end.
FAR, NEAR = 4.0, 0.7


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
    inverses (node, rank, rank) float32, constants (node,), dof); with_design (n_voxels,
    lag, rank) float32; with_self (n_voxels, lag), 1 at lag 0; edges (n_voxels, n_edges,
    order), the rows of the data at the edges; basis_edges (n_edges, order, rank)
    float32; shape (n_a, n_b); starts (n_starts, n_voxels), nodes of which the best is
    gone on from; out (2, n_voxels), indices on the grid, fractional.

    What the design explains is worked out in single precision, of series of unit
    length: the criterion is good to 1e-3, far within what it can tell apart.
    """
    room = np.empty(with_design.shape[2], np.float32)
    # Values at nodes, and of which voxel they are
    n_nodes = shape[0] * shape[1]
    memory = (np.empty(n_nodes), np.full(n_nodes, -1))
    for v in range(starts.shape[1]):
        data = (with_design[v], with_self[v], edges[v])
        problem = (tables, data, basis_edges, room)
        node = starts[0, v]
        for s in range(1, starts.shape[0]):
            other = starts[s, v]
            if _at(other, v, memory, problem) < _at(node, v, memory, problem):
                node = other
        out[0, v], out[1, v] = _descend(node, v, shape, memory, problem)


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
    """Where the criterion is least, by quadratics through a node and its neighbours."""
    n_a, n_b = shape
    i, j = node // n_b, node % n_b
    step_a = step_b = 0.0
    for _ in range(MOVES):
        # Nodes at the border are not gone beyond
        inner_i, inner_j = min(max(i, 1), n_a - 2), min(max(j, 1), n_b - 2)
        step_a, step_b, side = _quadratic(inner_i, inner_j, v, n_b, memory, problem)
        step_a += inner_i - i
        step_b += inner_j - j
        far_i = min(max(i + round(step_a), 0), n_a - 1)
        far_j = min(max(j + round(step_b), 0), n_b - 1)
        here = i * n_b + j
        best = here
        for other in (far_i * n_b + far_j, side):
            if _at(other, v, memory, problem) < _at(best, v, memory, problem):
                best = other
        if best == here:
            break
        i, j = best // n_b, best % n_b
    step_a = min(max(step_a, -NEAR), NEAR)
    step_b = min(max(step_b, -NEAR), NEAR)
    return min(max(i + step_a, 0.0), n_a - 1.0), min(max(j + step_b, 0.0), n_b - 1.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _quadratic(i, j, v, n_b, memory, problem):  # type: ignore[no-untyped-def]
    """Steps to the minimum of a quadratic through nodes, and the least of these nodes.

    Where the quadratic has no minimum, the step is along one axis, or there is none.
    """
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
    # Along the valley of much the same autocorrelations: a up, b down, and back
    along, against = (
        _at(centre + n_b - 1, v, memory, problem),
        _at(centre - n_b + 1, v, memory, problem),
    )
    values = (up, down, ahead, back, along, against)
    steps = (n_b, -n_b, 1, -1, n_b - 1, 1 - n_b)
    side = 0
    for n in range(6):
        if values[n] < values[side]:
            side = n
    g_a, g_b = 0.5 * (up - down), 0.5 * (ahead - back)
    h_a, h_b = up + down - 2.0 * least, ahead + back - 2.0 * least
    h_ab = 0.5 * (h_a + h_b - (along + against - 2.0 * least))
    det = h_a * h_b - h_ab * h_ab
    step_a = step_b = 0.0
    if h_a > 0.0 and h_b > 0.0 and det > 1e-3 * h_a * h_b:
        step_a = -(h_b * g_a - h_ab * g_b) / det
        step_b = -(h_a * g_b - h_ab * g_a) / det
    elif h_a > 0.0 and h_a >= h_b:
        step_a = -g_a / h_a
    elif h_b > 0.0:
        step_b = -g_b / h_b
    step_a = min(max(step_a, -FAR), FAR)
    step_b = min(max(step_b, -FAR), FAR)
    return step_a, step_b, centre + steps[side]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _criterion(tables, node, data, basis_edges, right):  # type: ignore[no-untyped-def]
    """``-2 log`` restricted likelihood at a node, but for a constant."""
    weights, edge_weights, inverses, constants, dof = tables
    with_design, with_self, edges = data
    n_lags = with_design.shape[0]
    square = weights[node, 0] * with_self[0]
    right[:] = np.float32(0.0)
    for lag in range(1, n_lags):
        square += 2.0 * weights[node, lag] * with_self[lag]
        weight = np.float32(weights[node, lag])
        for r in range(right.size):
            right[r] += weight * with_design[lag, r]
    square -= _less_edges(edge_weights[node], edges, basis_edges, right)
    left = square - 2.0 * _half_form(inverses[node], right)
    if not left > 0.0:
        return np.inf
    return constants[node] + dof * np.log(left)


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _less_edges(weights, edges, basis_edges, right):  # type: ignore[no-untyped-def]
    """Take the edges off the right-hand side; what they take off the square."""
    square = 0.0
    order = weights.shape[0]
    for e in range(edges.shape[0]):
        for i in range(order):
            mixed = 0.0
            for j in range(order):
                mixed += weights[i, j] * edges[e, j]
            square += mixed * edges[e, i]
            less = np.float32(mixed)
            for r in range(right.size):
                right[r] -= less * basis_edges[e, i, r]
    return square


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def _half_form(lower, right):  # type: ignore[no-untyped-def]
    """Half of ``u'Mu``, of the lower half of M with its diagonal halved.

    Four rows at a time.
    """
    total = 0.0
    for r in range(0, right.size, 4):
        t0 = t1 = t2 = t3 = np.float32(0.0)
        for s in range((r // LANES + 1) * LANES):
            x = right[s]
            t0 += lower[r, s] * x
            t1 += lower[r + 1, s] * x
            t2 += lower[r + 2, s] * x
            t3 += lower[r + 3, s] * x
        total += t0 * right[r] + t1 * right[r + 1]
        total += t2 * right[r + 2] + t3 * right[r + 3]
    return total
