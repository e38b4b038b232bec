"""Compiled loops over volumes stored x fastest: Gaussian sums, averages, voxels."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit, uint64

__all__ = [
    "Passes",
    "average_inside",
    "gather",
    "smooth_inside",
    "smooth_whole",
]

Array = np.ndarray[Any, np.dtype[Any]]


class Passes(NamedTuple):
    """Where the three sums of a separable filter have to be done.

    Work is in planes: x and y within a plane of the volume, z over a ring of such
    planes. Planes hold rows of `stride` values, so that one index runs over all of
    a plane and a neighbour along y is `stride` away. Rows of planes before the sum
    along y have the radius in y more at both ends.

    Runs ``of[axis, z]`` to ``of[axis, z + 1] - 1`` are what is needed of plane z
    after the sum along that axis.
    """

    shape: tuple[int, int, int]
    """Of the volume."""
    radii: tuple[int, int, int]
    """Of the kernels along x, y, z."""
    weights: Array
    """(axis, radius + 1): right half of the kernels, the centre first."""
    first: tuple[int, int]
    """Voxel (x, y) that the first value of a plane stands for."""
    stride: int
    n_rows: int
    """Rows of a plane after the sum along y."""
    spans: Array
    """(z, row, 2) int64: columns to read of each row, with those beyond its ends."""
    of: Array
    """(axis, z + 1) int64."""
    runs: Array
    """(run, 2) int64: start and length in a plane."""


@njit(nogil=True, cache=True, fastmath={"contract"})
def _weigh(out, to, data, at, n, below, above, weights):  # type: ignore[no-untyped-def]
    """``out[to + i] = sum_k w[k] (data[at + below[k] + i] + data[at + above[k] + i])``.

    The centre, k = 0, counts once. Each product is added by itself: the sum of two
    values could overflow, an average of them does not.
    """
    radius = weights.size - 1
    # Pieces stay in the first cache over the rounds of this loop. Unsigned indices
    # are never counted from the end, which lets the compiler make vectors.
    for start in range(0, n, 1024):
        m = uint64(min(1024, n - start))
        here = at + start
        o = uint64(to + start)
        # From the small weights at the ends to the centre: roundings are of small
        # sums, but for the last few.
        if radius > 2 and radius % 2 == 1:
            u = weights[radius]
            a, b = uint64(here + below[radius]), uint64(here + above[radius])
            for i in range(m):
                out[o + i] = u * data[a + i] + u * data[b + i]
        for k in range(radius - radius % 2, 2, -2):
            u, v = weights[k], weights[k - 1]
            a, b = uint64(here + below[k]), uint64(here + above[k])
            d, e = uint64(here + below[k - 1]), uint64(here + above[k - 1])
            if k == radius:
                for i in range(m):
                    far = u * data[a + i] + u * data[b + i]
                    out[o + i] = far + v * data[d + i] + v * data[e + i]
            else:
                for i in range(m):
                    far = out[o + i] + u * data[a + i] + u * data[b + i]
                    out[o + i] = far + v * data[d + i] + v * data[e + i]
        _weigh_centre(out, o, data, here, m, below, above, weights)


@njit(nogil=True, cache=True, fastmath={"contract"})
def _weigh_centre(out, o, data, here, m, below, above, weights):  # type: ignore[no-untyped-def]
    """Add the last of the sum of `_weigh`: the centre and up to two on both sides."""
    radius = weights.size - 1
    w = weights[0]
    c = uint64(here + below[0])
    if radius == 0:
        for i in range(m):
            out[o + i] = w * data[c + i]
        return
    u = weights[1]
    a, b = uint64(here + below[1]), uint64(here + above[1])
    if radius == 1:
        for i in range(m):
            out[o + i] = u * data[a + i] + u * data[b + i] + w * data[c + i]
        return
    v = weights[2]
    d, e = uint64(here + below[2]), uint64(here + above[2])
    if radius == 2:
        for i in range(m):
            far = v * data[d + i] + v * data[e + i]
            out[o + i] = far + u * data[a + i] + u * data[b + i] + w * data[c + i]
        return
    for i in range(m):
        far = out[o + i] + v * data[d + i] + v * data[e + i]
        out[o + i] = far + u * data[a + i] + u * data[b + i] + w * data[c + i]


@njit(nogil=True, cache=True)
def _mirror(index, n):  # type: ignore[no-untyped-def]
    """Index in a line of `n` that repeats as ``c b a | a b c | c b a``."""
    index %= 2 * n
    return index if index < n else 2 * n - 1 - index


@njit(nogil=True, cache=True)
def _read(volume, start, n, into, to, largest):  # type: ignore[no-untyped-def]
    """Convert values, those not finite to 0; return how many these were."""
    bad = 0
    a, b = uint64(start), uint64(to)
    for i in range(uint64(n)):
        value = into.dtype.type(volume[a + i])
        finite = abs(value) <= largest
        into[b + i] = value if finite else into.dtype.type(0)
        bad += 0 if finite else 1
    return bad


@njit(inline="always")
def _read_plane(volume, z, passes, padded):  # type: ignore[no-untyped-def]
    """Rows of plane `z` that the sum along x needs, mirrored at both ends.

    Returns how many of their values are not finite.
    """
    nx, ny, _ = passes.shape
    x_0 = passes.first[0] - passes.radii[0]
    y_0 = passes.first[1] - passes.radii[1]
    largest = np.finfo(padded.dtype).max
    bad = 0
    for row in range(passes.spans.shape[1]):
        low, high = passes.spans[z, row, 0], passes.spans[z, row, 1]
        left, right = max(low, 0), min(high, nx)
        start = nx * (y_0 + row + ny * z)
        to = row * passes.stride - x_0
        bad += _read(volume, start + left, right - left, padded, to + left, largest)
        for beyond in range(left - low + high - right):
            x = low + beyond if low + beyond < 0 else right + beyond - (left - low)
            value = padded.dtype.type(volume[start + _mirror(x, nx)])
            finite = abs(value) <= largest
            padded[to + x] = value if finite else padded.dtype.type(0)
    return bad


@njit(inline="always")
def _mirror_rows(rows, passes):  # type: ignore[no-untyped-def]
    """Fill the rows beyond the ends of the y axis, where planes reach so far."""
    ny, stride = passes.shape[1], passes.stride
    y_0 = passes.first[1] - passes.radii[1]
    for row in range(passes.spans.shape[1]):
        y = y_0 + row
        if y < 0 or y >= ny:
            a, b = uint64((_mirror(y, ny) - y_0) * stride), uint64(row * stride)
            for i in range(uint64(stride)):
                rows[b + i] = rows[a + i]


@njit(inline="always")
def _sum(axis, z, passes, buffers, below, above):  # type: ignore[no-untyped-def]
    """Sum plane `z` along one axis, where it is needed, into the next buffer."""
    padded, rows, ring, plane = buffers
    n_planes = ring.size // plane.size
    slot, stride = z % n_planes * plane.size, passes.stride
    radius = passes.radii[axis]
    for k in range(radius + 1):
        if axis == 2:
            below[k] = _mirror(z - k, passes.shape[2]) % n_planes * plane.size
            above[k] = _mirror(z + k, passes.shape[2]) % n_planes * plane.size
        else:
            above[k] = k * stride if axis == 1 else k
            below[k] = -above[k]
    out, to = (rows, 0) if axis == 0 else (ring, slot) if axis == 1 else (plane, 0)
    data = padded if axis == 0 else rows if axis == 1 else ring
    at = radius if axis == 0 else radius * stride if axis == 1 else 0
    weights = passes.weights[axis, : radius + 1]
    for run in range(passes.of[axis, z], passes.of[axis, z + 1]):
        start, n = passes.runs[run, 0], passes.runs[run, 1]
        _weigh(out, to + start, data, at + start, n, below, above, weights)


@njit(inline="always")
def _advance(volume, done, z, passes, buffers, below, above):  # type: ignore[no-untyped-def]
    """Bring the ring from plane `done` to all that plane `z` of the result needs.

    Returns the number of values not finite that were read.
    """
    bad = 0
    last = min(passes.shape[2], z + passes.radii[2] + 1)
    for ahead in range(min(done, last), last + 1):
        # the planes of the ring first, at the end that of the result
        plane = ahead if ahead < last else z
        if ahead < last:
            if passes.of[1, plane] == passes.of[1, plane + 1]:
                continue
            bad += _read_plane(volume, plane, passes, buffers[0])
        for axis in range(3):
            if (axis == 2) == (ahead == last):
                _sum(axis, plane, passes, buffers, below, above)
            if axis == 0:
                _mirror_rows(buffers[1], passes)
    return bad


@njit(inline="always")
def _buffers(passes):  # type: ignore[no-untyped-def]
    """A plane as read, one summed along x, a ring summed along x and y, one of all."""
    dtype = passes.weights.dtype
    size = passes.stride * passes.n_rows
    with_ends = passes.stride * passes.spans.shape[1]
    n_planes = min(passes.shape[2], 2 * passes.radii[2] + 1)
    return (
        np.empty(with_ends + 2 * passes.radii[0], dtype),
        np.empty(with_ends, dtype),
        np.empty(n_planes * size, dtype),
        np.empty(size, dtype),
    )


@njit(nogil=True, cache=True)
def smooth_whole(volume, out, passes):  # type: ignore[no-untyped-def]
    """Filter a flat volume, x fastest, into `out`, which may be the volume itself."""
    nx, ny, nz = passes.shape
    buffers = _buffers(passes)
    plane = buffers[3]
    below = np.empty(max(passes.radii) + 1, np.int64)
    above = np.empty_like(below)
    for z in range(nz):
        done = 0 if z == 0 else z + passes.radii[2]
        _advance(volume, done, z, passes, buffers, below, above)
        for y in range(ny):
            a, b = uint64(y * passes.stride), uint64(nx * (y + ny * z))
            for x in range(uint64(nx)):
                out[b + x] = plane[a + x]


@njit(nogil=True, cache=True)
def smooth_inside(volume, row, passes, starts, places, columns):  # type: ignore[no-untyped-def]
    """Filter a flat volume, x fastest; write chosen voxels of the result to `row`.

    Voxels ``starts[z]`` to ``starts[z + 1] - 1`` are those of plane z, each with its
    place in the plane and its column in `row`. Returns how many of all values that
    were read are not finite.
    """
    buffers = _buffers(passes)
    plane = buffers[3]
    below = np.empty(max(passes.radii) + 1, np.int64)
    above = np.empty_like(below)
    bad, done = 0, 0
    for z in range(passes.shape[2]):
        if starts[z] < starts[z + 1]:
            bad += _advance(volume, done, z, passes, buffers, below, above)
            done = z + passes.radii[2] + 1
            for j in range(starts[z], starts[z + 1]):
                row[columns[j]] = plane[places[j]]
    return bad


@njit(nogil=True, cache=True)
def gather(volume, row, places, clean):  # type: ignore[no-untyped-def]
    """``row[j] = volume[places[j]]``; if `clean`, 0 for what is not finite.

    Returns how many values were replaced.
    """
    for j in range(places.size):
        row[j] = volume[places[j]]
    if not clean:
        return 0
    # A loop of its own, which the compiler makes vectors of; few volumes need more.
    largest = np.finfo(row.dtype).max
    bad = 0
    for j in range(row.size):
        bad += 0 if abs(row[j]) <= largest else 1
    if bad > 0:
        for j in range(row.size):
            if not abs(row[j]) <= largest:
                row[j] = 0
    return bad


@njit(nogil=True, cache=True)
def _value(volume, place, exists, dtype, largest):  # type: ignore[no-untyped-def]
    if not exists:
        return dtype.type(0)
    value = dtype.type(volume[place])
    return value if abs(value) <= largest else dtype.type(0)


@njit(nogil=True, cache=True)
def average_inside(volume, row, shape, places, weight):  # type: ignore[no-untyped-def]
    """Chosen voxels of a flat volume, averaged with their six neighbours.

    Returns how many of the voxels themselves are not finite.
    """
    nx, ny, nz = shape
    dtype = row.dtype
    largest = np.finfo(dtype).max
    w, whole = dtype.type(weight), dtype.type(1 + 6 * weight)
    bad = 0
    for j in range(places.size):
        place = places[j]
        x, y, z = place % nx, place // nx % ny, place // (nx * ny)
        total = _value(volume, place, True, dtype, largest)
        bad += 0 if abs(dtype.type(volume[place])) <= largest else 1
        # in the order of the plain sum over shifted volumes, which rounds the same
        total += w * _value(volume, place + 1, x + 1 < nx, dtype, largest)
        total += w * _value(volume, place - 1, x > 0, dtype, largest)
        total += w * _value(volume, place + nx, y + 1 < ny, dtype, largest)
        total += w * _value(volume, place - nx, y > 0, dtype, largest)
        total += w * _value(volume, place + nx * ny, z + 1 < nz, dtype, largest)
        total += w * _value(volume, place - nx * ny, z > 0, dtype, largest)
        row[j] = total / whole
    return bad
