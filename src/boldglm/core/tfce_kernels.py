"""Compiled sweeps from the highest node of a map to the lowest.

A node belongs to the component of its higher neighbours. What is known of a
component lies at its number, which is that of its peak: there are far fewer peaks
than nodes, so that what the loops jump to stays in the first cache. Nodes are never
visited again, only their labels are read.

Labels and parents are unsigned, 16 bits wide where that is enough for all peaks.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint64

from boldglm.core.graph_kernels import area, around

__all__ = [
    "BITS",
    "NOT_FINITE",
    "TOO_MANY_PEAKS",
    "Buffers",
    "Rule",
    "Tree",
    "enhance",
    "largest",
]

Array = np.ndarray[Any, np.dtype[Any]]

BITS = 11
"""Of the keys, sorted at a time: 2048 counts fit the first cache."""

TOO_MANY_PEAKS = -1
NOT_FINITE = -2

# columns of what is known of a component
_SIZE, _SINCE, _BEST = 0, 1, 2


class Rule(NamedTuple):
    """What is summed over heights: ``size^extent height^height``."""

    extent: float
    height: float
    powers: Array | None
    """``size^extent`` of 0…n nodes; None where nodes have areas."""
    steps: int
    """0 for the integral."""
    two_sided: bool
    """Whether steps go up to the largest value of either sign."""


class Tree(NamedTuple):
    """Where each node of a sweep came to, the highest last."""

    lower: Array
    """(node,) int32: the next node of its component; -1 for the last."""
    newest: Array
    """(node + 1,) int32: of each component."""
    powers: Array
    """(node,) float64: ``size^extent`` down to the next."""


class Buffers(NamedTuple):
    """Memory for one map, written over by the next."""

    keys: Array
    spare_keys: Array
    """(node,): values as unsigned integers."""
    heights: Array
    spare_heights: Array
    """The same memory as numbers."""
    order: Array
    spare_order: Array
    """(node,) int32: places."""
    counts: Array
    integrals: Array
    """(node,) float64: of height, from 0 to that of each node."""
    labels: Array
    """(place,): component of those already visited, from 1."""
    parents: Array
    """(peak + 1,): component that took another in; itself if none did."""
    components: Array
    """(node + 1, 3) float64: size, integral at which it got that, best so far."""


@njit(nogil=True, cache=True)
def _collect(values, bits, sign, places, keys, order):  # type: ignore[no-untyped-def]
    """Keys and places of nodes above 0, in the order of nodes; how many these are."""
    kind = keys.dtype.type
    without_sign = kind(kind(~kind(0)) >> kind(1))
    limit = np.finfo(values.dtype).max
    side = values.dtype.type(sign)
    n, finite = uint64(0), True
    for v in range(uint64(values.size)):
        value = values[v]
        keys[n] = bits[v] & without_sign
        order[n] = places[v]
        finite &= abs(value) <= limit
        # a branch here would be guessed wrong half of the time
        n += uint64(value * side > 0)
    return np.int64(n) if finite else np.int64(NOT_FINITE)


@njit(nogil=True, cache=True)
def _sort_digit(keys, order, to_keys, to_order, n, shift, counts):  # type: ignore[no-untyped-def]
    """One pass of a radix sort; False, and nothing is moved, if all are alike."""
    kind = keys.dtype.type
    shift, mask = kind(shift), kind(2**BITS - 1)
    counts[:] = 0
    for i in range(uint64(n)):
        counts[(keys[i] >> shift) & mask] += 1
    if counts[(keys[0] >> shift) & mask] == n:
        return False
    total = 0
    for digit in range(counts.size):
        total, counts[digit] = total + counts[digit], total
    for i in range(uint64(n)):
        digit = (keys[i] >> shift) & mask
        to = uint64(counts[digit])
        counts[digit] += 1
        to_keys[to] = keys[i]
        to_order[to] = order[i]
    return True


@njit(nogil=True, cache=True)
def _sort(n, buffers):  # type: ignore[no-untyped-def]
    """Heights and places from the lowest to the highest."""
    keys, to_keys = buffers.keys, buffers.spare_keys
    order, to_order = buffers.order, buffers.spare_order
    heights, to_heights = buffers.heights, buffers.spare_heights
    for shift in range(0, 8 * keys.itemsize, BITS):
        if _sort_digit(keys, order, to_keys, to_order, n, shift, buffers.counts):
            keys, to_keys = to_keys, keys
            order, to_order = to_order, order
            heights, to_heights = to_heights, heights
    return heights, order


@njit(nogil=True, cache=True)
def _integrate(heights, n, height, integrals):  # type: ignore[no-untyped-def]
    """``h^(H + 1) / (H + 1)``."""
    if height == 2.0:
        for i in range(n):
            h = np.float64(heights[i])
            integrals[i] = h * h * h / 3.0
    else:
        for i in range(n):
            integrals[i] = np.float64(heights[i]) ** (height + 1.0) / (height + 1.0)


@njit(nogil=True, cache=True)
def _add_steps(heights, n, height, steps, top, integrals):  # type: ignore[no-untyped-def]
    """Sum of ``h^H`` over the steps that a node is not below."""
    k, total = 0, 0.0
    # the same roundings as a linspace has, so that ties with a step are the same
    step = top / steps
    threshold = step if steps > 1 else top
    for i in range(n):
        while k < steps and threshold <= heights[i]:
            total += threshold**height
            k += 1
            threshold = top if k + 1 == steps else (k + 1) * step
        integrals[i] = total


@njit(nogil=True, cache=True)
def _largest_magnitude(values):  # type: ignore[no-untyped-def]
    top = values.dtype.type(0)
    for v in range(values.size):
        top = max(top, abs(values[v]))
    return np.float64(top)


@njit(nogil=True, cache=True)
def _prepare(values, bits, sign, places, rule, buffers):  # type: ignore[no-untyped-def]
    """Sort the nodes above 0: how many, their places, the integrals of height."""
    n = _collect(values, bits, sign, places, buffers.keys, buffers.order)
    if n <= 0:
        return n, buffers.order
    heights, order = _sort(n, buffers)
    if rule.steps:
        top = np.float64(heights[n - 1])
        if rule.two_sided:
            top = _largest_magnitude(values)
        _add_steps(heights, n, rule.height, rule.steps, top, buffers.integrals)
    else:
        _integrate(heights, n, rule.height, buffers.integrals)
    return n, order


@njit(nogil=True, cache=True)
def _power(size, extent, powers):  # type: ignore[no-untyped-def]
    """``size^extent``."""
    # Known when compiling: a call of pow in the loop, even one that is never made,
    # would cost it a third of its speed.
    if powers is None:
        return size**extent
    return powers[uint64(size)]


@njit(inline="always")
def _look(base, first, last, steps, labels, parents):  # type: ignore[no-untyped-def]
    """A component of neighbours already visited, and whether it is all there is.

    Without branches, which would be guessed wrong at half of the neighbours, and one
    parent up only: two parents may be one component, and `_join` finds out.
    """
    high, low = uint64(0), ~uint64(0)
    for j in range(first, last):
        parent = uint64(parents[labels[uint64(base + steps[j])]])
        high = max(high, parent)
        # 0, no component, becomes the largest of all numbers
        low = min(low, parent - uint64(1))
    return high, high - uint64(1) == low


@njit(inline="always")
def _root(parents, component):  # type: ignore[no-untyped-def]
    """The component that holds this one now; the way there is halved."""
    parent = parents[component]
    while parent != component:
        above = parents[parent]
        parents[component] = above
        component = above
        parent = parents[component]
    return uint64(component)


@njit(nogil=True, cache=True)
def _settle(component, i, rule, buffers, tree):  # type: ignore[no-untyped-def]
    """A component has had its size down to the height of node i, where it grows."""
    if tree is None:
        known, integral = buffers.components, buffers.integrals[i]
        power = _power(known[component, _SIZE], rule.extent, rule.powers)
        known[component, _BEST] += power * (known[component, _SINCE] - integral)
        known[component, _SINCE] = integral
    else:
        tree.lower[tree.newest[component]] = i


@njit(nogil=True, cache=True)
def _join(place, i, links, rule, buffers, tree):  # type: ignore[no-untyped-def]
    """Make one component of all around node i."""
    labels, parents, known = buffers.labels, buffers.parents, buffers.components
    base, first, last = around(place, links.starts, links.steps)
    root = uint64(0)
    for j in range(first, last):
        label = labels[uint64(base + links.steps[j])]
        if label == 0:
            continue
        other = _root(parents, label)
        if other == root:
            continue
        _settle(other, i, rule, buffers, tree)
        if root == 0:
            root = other
            continue
        # the smaller under the larger: ways up stay short
        if known[other, _SIZE] > known[root, _SIZE]:
            root, other = other, root
        parents[other] = root
        known[root, _SIZE] += known[other, _SIZE]
        known[root, _BEST] = max(known[root, _BEST], known[other, _BEST])
    return root


@njit(nogil=True, cache=True)
def _sweep(n, order, links, rule, buffers, tree):  # type: ignore[no-untyped-def]
    """Visit the n nodes from the highest down; the number of peaks.

    Without a tree, what is best so far is kept for each component.
    """
    labels, parents, known = buffers.labels, buffers.parents, buffers.components
    labels[:] = 0
    parents[0] = 0
    n_peaks = uint64(0)
    for i in range(n - 1, -1, -1):
        place = order[i]
        base, first, last = around(place, links.starts, links.steps)
        root, alone = _look(base, first, last, links.steps, labels, parents)
        if root == 0:
            n_peaks += uint64(1)
            if n_peaks == parents.size:
                return np.int64(TOO_MANY_PEAKS)
            root = n_peaks
            parents[root] = root
            known[root, _SIZE] = 0.0
            known[root, _SINCE] = buffers.integrals[i]
            known[root, _BEST] = 0.0
        elif alone:
            root = _root(parents, root)
            _settle(root, i, rule, buffers, tree)
        else:
            root = _join(place, i, links, rule, buffers, tree)
        known[root, _SIZE] += area(place, links.areas)
        labels[place] = root
        if tree is not None:
            tree.lower[i], tree.newest[root] = -1, i
            tree.powers[i] = _power(known[root, _SIZE], rule.extent, rule.powers)
    return np.int64(n_peaks)


@njit(nogil=True, cache=True)
def largest(values, bits, sign, links, rule, buffers):  # type: ignore[no-untyped-def]
    """The largest TFCE of one side of a map, or why there is none (below 0)."""
    n, order = _prepare(values, bits, sign, links.places, rule, buffers)
    if n <= 0:
        return np.float64(n)
    n_peaks = _sweep(n, order, links, rule, buffers, None)
    known, best = buffers.components, 0.0
    for peak in range(1, n_peaks + 1):
        # what another took in has less than that by now, and need not be told apart
        power = _power(known[peak, _SIZE], rule.extent, rule.powers)
        best = max(best, known[peak, _BEST] + power * known[peak, _SINCE])
    return best if n_peaks > 0 else np.float64(n_peaks)


@njit(nogil=True, cache=True)
def enhance(values, bits, sign, links, rule, buffers, tree, out):  # type: ignore[no-untyped-def]
    """TFCE of one side of a map into `out`, by place; it gets the sign.

    Every node points to the next that came to its component, which is lower. From
    there up it gains ``size^E`` times the integral between the two. Only positive
    numbers are added: small values are as exact as large ones.

    Returns 0, or why nothing is done (below 0).
    """
    n, order = _prepare(values, bits, sign, links.places, rule, buffers)
    if n <= 0:
        return n
    n_peaks = _sweep(n, order, links, rule, buffers, tree)
    if n_peaks < 0:
        return n_peaks
    integrals = buffers.integrals
    for i in range(n):
        below, gain = tree.lower[i], integrals[i]
        if below >= 0:
            gain -= integrals[below]
        gain *= sign * tree.powers[i]
        out[order[i]] = gain + out[order[below]] if below >= 0 else gain
    return np.int64(0)
