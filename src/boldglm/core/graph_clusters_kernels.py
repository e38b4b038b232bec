"""Compiled search for clusters among the few nodes above a threshold."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint64

from boldglm.core.graph_kernels import area, around

__all__ = ["NOT_FINITE", "Buffers", "label_clusters", "largest_clusters"]

Array = np.ndarray[Any, np.dtype[Any]]

NOT_FINITE = -1

# nodes looked at together: nearly always none of them is above
_BLOCK = 64


class Buffers(NamedTuple):
    """Memory for one map, used again by the next."""

    found: Array
    """(node,) int32: nodes above the threshold, in increasing order."""
    numbers: Array
    """(place,) int32: number of each node in `found`, from 1. 0 between maps."""
    parents: Array
    """(node + 1,) int32: by number, an earlier one of the cluster; 0 is not used."""
    sums: Array
    """(node + 1, 3) float64: by number of its first node, what a cluster sums to."""


@njit(nogil=True, cache=True)
def _find_above(values, threshold, sign, found):  # type: ignore[no-untyped-def]
    """Nodes above the threshold into `found`; how many, or NOT_FINITE."""
    side, limit = values.dtype.type(sign), np.finfo(values.dtype).max
    n, n_finite = uint64(0), 0
    for start in range(0, values.size, _BLOCK):
        stop = min(start + _BLOCK, values.size)
        n_above = 0
        for v in range(uint64(start), uint64(stop)):
            n_above += values[v] * side > threshold
            n_finite += abs(values[v]) <= limit
        if n_above:
            for v in range(uint64(start), uint64(stop)):
                found[n] = v
                n += uint64(values[v] * side > threshold)
    return np.int64(n) if n_finite == values.size else np.int64(NOT_FINITE)


@njit(nogil=True, cache=True)
def _first(parents, number):  # type: ignore[no-untyped-def]
    """Number of the first node of a cluster; the way there is halved."""
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number


@njit(nogil=True, cache=True)
def _join(n, links, buffers):  # type: ignore[no-untyped-def]
    """Point each of the n nodes found to the first of its cluster."""
    found, numbers, parents, _ = buffers
    places, starts, steps = links.places, links.starts, links.steps
    for number in range(1, n + 1):
        place = places[found[number - 1]]
        first = number
        parents[number] = number
        base, begin, end = around(place, starts, steps)
        for j in range(begin, end):
            beside = numbers[uint64(base + steps[j])]
            # later ones have no number yet, and will look back
            if beside == 0:
                continue
            other = _first(parents, beside)
            low, high = min(first, other), max(first, other)
            parents[high] = low
            first = low
        numbers[place] = number
    for number in range(1, n + 1):
        # those before point to the first already
        parents[number] = parents[parents[number]]
        numbers[places[found[number - 1]]] = 0


@njit(nogil=True, cache=True)
def _sum(values, threshold, sign, n, links, buffers):  # type: ignore[no-untyped-def]
    """Size, mass and total of each cluster, at the number of its first node."""
    found, _, parents, sums = buffers
    for number in range(1, n + 1):
        node, first = found[number - 1], parents[number]
        if first == number:
            sums[number] = 0.0
        value = np.float64(values[node]) * sign
        sums[first, 0] += area(node, links.areas)
        sums[first, 1] += value - threshold
        sums[first, 2] += value


@njit(nogil=True, cache=True)
def largest_clusters(values, threshold, sign, links, buffers):  # type: ignore[no-untyped-def]
    """The largest size, mass and total; each may be another cluster's.

    The size is NOT_FINITE if a value is.
    """
    n = _find_above(values, threshold, sign, buffers.found)
    if n <= 0:
        return np.float64(n), 0.0, 0.0
    _join(n, links, buffers)
    _sum(values, threshold, sign, n, links, buffers)
    size = mass = total = 0.0
    for number in range(1, n + 1):
        if buffers.parents[number] == number:
            size = max(size, buffers.sums[number, 0])
            mass = max(mass, buffers.sums[number, 1])
            total = max(total, buffers.sums[number, 2])
    return size, mass, total


@njit(nogil=True, cache=True)
def label_clusters(values, threshold, sign, links, buffers, last, labels):  # type: ignore[no-untyped-def]
    """Number clusters from `last` + 1 into `labels` (node,), by their first nodes.

    Returns how many there are, or NOT_FINITE. Row k of the sums is of the k-th.
    """
    n = _find_above(values, threshold, sign, buffers.found)
    if n <= 0:
        return n
    _join(n, links, buffers)
    _sum(values, threshold, sign, n, links, buffers)
    found, _, parents, sums = buffers
    n_clusters = 0
    for number in range(1, n + 1):
        if parents[number] == number:
            sums[n_clusters] = sums[number]
            n_clusters += 1
            labels[found[number - 1]] = last + n_clusters
        else:
            labels[found[number - 1]] = labels[found[parents[number] - 1]]
    return np.int64(n_clusters)
