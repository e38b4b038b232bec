"""Compiled B-spline interpolation of one volume along the rows of a grid.

Volumes are C-contiguous (z, y, x), x fastest, with a margin of `MARGIN` mirrored
voxels on each side, so that no tap falls outside and the loops have no branches.
Along a row of the target the place in the volume advances by a constant step; a row
is done in pieces of at most `PIECE` voxels: where they lie, their weights, the taps.

Indices into work arrays are unsigned, so that nothing has to be wrapped around and
the innermost loops become vector instructions; the rows of a work array are a
constant apart, so that the compiler sees that they do not overlap.
"""

import math

import numpy as np
from numba import njit

__all__ = ["MARGIN", "PIECE", "SLACK", "cubic", "linear", "prefilter"]

MARGIN = 2
PIECE = 128
SLACK = 32  # elements that may be read, and are not used, behind a volume

_LANES = 16
_ROW = PIECE + SLACK
_POLE = math.sqrt(3.0) - 2.0
_SCALE = 6.0  # (1 - pole) (1 - 1 / pole)

_U = np.uintp
_U0, _U1, _U2, _U3 = _U(0), _U(1), _U(2), _U(3)
# where row 1, 2, 3 of a work array starts, and its second, third, fourth four rows
_R1, _R2, _R3 = _U(_ROW), _U(2 * _ROW), _U(3 * _ROW)
_F1, _F2, _F3 = _U(4 * _ROW), _U(8 * _ROW), _U(12 * _ROW)

_CONTRACT = {"contract"}


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _filter_lines(lines, horizon):  # type: ignore[no-untyped-def]
    """Spline coefficients down the columns of (n, width), in place.

    The recursive filter of Unser (1999) with mirrored borders: samples in, cubic
    B-spline coefficients out. Beyond `horizon` samples the border is not felt.
    """
    n, width = lines.shape
    if n < 2:
        return
    pole = lines.dtype.type(_POLE)
    first = lines[0]
    round_trip = _POLE ** (n - 1)
    for i in range(1, min(n - 1, horizon)):
        near = lines[i]
        weight = lines.dtype.type(_POLE**i)
        for v in range(width):
            first[v] += weight * near[v]
    if round_trip * round_trip > 0:
        for i in range(max(1, n - 1 - horizon), n - 1):
            near = lines[i]
            weight = lines.dtype.type(round_trip * _POLE ** (n - 1 - i))
            for v in range(width):
                first[v] += weight * near[v]
    last = lines[n - 1]
    weight = lines.dtype.type(round_trip)
    share = lines.dtype.type(1 / (1 - round_trip * round_trip))
    for v in range(width):
        first[v] = (first[v] + weight * last[v]) * share
    for i in range(1, n):
        before, here = lines[i - 1], lines[i]
        for v in range(width):
            here[v] += pole * before[v]
    before = lines[n - 2]
    gain = lines.dtype.type(_SCALE * _POLE / (_POLE * _POLE - 1))
    for v in range(width):
        last[v] = gain * (pole * before[v] + last[v])
    gain = lines.dtype.type(-_SCALE * _POLE)
    for i in range(n - 2, -1, -1):
        here, after = lines[i], lines[i + 1]
        for v in range(width):
            here[v] = pole * after[v] + gain * here[v]


@njit(nogil=True, cache=True, error_model="numpy")
def _filter_rows(rows, horizon, lanes):  # type: ignore[no-untyped-def]
    """Spline coefficients along the rows of (n, width), in place, 16 rows at once."""
    n_rows, n = rows.shape
    for start in range(0, n_rows, _LANES):
        stop = min(start + _LANES, n_rows)
        for r in range(start, stop):
            row = rows[r]
            for i in range(n):
                lanes[i, r - start] = row[i]
        _filter_lines(lanes, horizon)
        for r in range(start, stop):
            row = rows[r]
            for i in range(n):
                row[i] = lanes[i, r - start]


@njit(nogil=True, cache=True, error_model="numpy")
def _mirrored(at, n):  # type: ignore[no-untyped-def]
    """The voxel among n that index `at` falls on, mirrored at the first and last."""
    if n == 1:
        return 0
    at = abs(at) % (2 * n - 2)
    return min(at, 2 * n - 2 - at)


@njit(nogil=True, cache=True, error_model="numpy")
def prefilter(volume, horizon):  # type: ignore[no-untyped-def]
    """Samples to cubic spline coefficients, in place, then the margins.

    volume (z, y, x) with margins, of which the values do not matter; horizon 0
    leaves the samples as they are and fills the margins only.
    """
    nz, ny, nx = volume.shape
    inner = volume[MARGIN : nz - MARGIN, MARGIN : ny - MARGIN, MARGIN : nx - MARGIN]
    depth, height, width = inner.shape
    if horizon > 0:
        lanes = np.zeros((width, _LANES), volume.dtype)
        for k in range(depth):
            _filter_rows(inner[k], horizon, lanes)
            _filter_lines(inner[k], horizon)
        for j in range(height):
            _filter_lines(inner[:, j], horizon)
    for k in range(depth):
        for j in range(height):
            row = volume[MARGIN + k, MARGIN + j]
            for m in range(1, MARGIN + 1):
                row[MARGIN - m] = row[MARGIN + _mirrored(-m, width)]
                end = width - 1 + m
                row[MARGIN + end] = row[MARGIN + _mirrored(end, width)]
        plane = volume[MARGIN + k]
        for m in range(1, MARGIN + 1):
            plane[MARGIN - m] = plane[MARGIN + _mirrored(-m, height)]
            end = height - 1 + m
            plane[MARGIN + end] = plane[MARGIN + _mirrored(end, height)]
    for m in range(1, MARGIN + 1):
        volume[MARGIN - m] = volume[MARGIN + _mirrored(-m, depth)]
        end = depth - 1 + m
        volume[MARGIN + end] = volume[MARGIN + _mirrored(end, depth)]


@njit(nogil=True, cache=True, error_model="numpy")
def _locate(matrix, limits, row, count, steps, at, part, inside):  # type: ignore[no-untyped-def]
    """Where a piece of a row lies: index of the voxel below, and the rest.

    row (i, j, k) of the first voxel; limits (3, 2) lowest and highest place; at
    (row,) index into the flat volume; part three rows of what is left over; inside
    1 where the place is within the limits. Places beyond count as on the limit.
    """
    i, j, k = row
    x, y, z = matrix[0, 0], matrix[1, 0], matrix[2, 0]
    x0 = matrix[0, 1] * j + matrix[0, 2] * k + matrix[0, 3]
    y0 = matrix[1, 1] * j + matrix[1, 2] * k + matrix[1, 3]
    z0 = matrix[2, 1] * j + matrix[2, 2] * k + matrix[2, 3]
    low_x, low_y, low_z = limits[0, 0], limits[1, 0], limits[2, 0]
    high_x, high_y, high_z = limits[0, 1], limits[1, 1], limits[2, 1]
    step_y, step_z = np.int32(steps[0]), np.int32(steps[1])
    origin = np.int32(MARGIN) * (np.int32(1) + step_y + step_z)
    for v in range(_U(count)):
        place = np.float64(np.int32(v) + np.int32(i))
        px, py, pz = x * place + x0, y * place + y0, z * place + z0
        cx = min(max(px, low_x), high_x)
        cy = min(max(py, low_y), high_y)
        cz = min(max(pz, low_z), high_z)
        inside[v] = (cx == px) & (cy == py) & (cz == pz)
        fx, fy, fz = math.floor(cx), math.floor(cy), math.floor(cz)
        part[v] = cx - fx
        part[v + _F1] = cy - fy
        part[v + _F2] = cz - fz
        at[v] = np.int32(fx) + step_y * np.int32(fy) + step_z * np.int32(fz) + origin


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _weights(part, count):  # type: ignore[no-untyped-def]
    """Rows 4a...4a+3: weights of four voxels along axis a, from the rest in row 4a."""
    kind = part.dtype.type
    sixth, three, four, six = kind(1 / 6), kind(3), kind(4), kind(6)
    for a in range(3):
        w = part[a * 4 * _ROW : (a + 1) * 4 * _ROW]
        for v in range(_U(count)):
            t = w[v]
            u = kind(1) - t
            w[v] = u * u * u * sixth
            w[v + _R1] = (four + t * t * (three * t - six)) * sixth
            w[v + _R2] = (four + u * u * (three * u - six)) * sixth
            w[v + _R3] = t * t * t * sixth


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _along_x(c, at, a, b, d, e):  # type: ignore[no-untyped-def]
    return (a * c[at] + b * c[at + _U1]) + (d * c[at + _U2] + e * c[at + _U3])


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _taps_of_run(c, w, start, count, out):  # type: ignore[no-untyped-def]
    """Splines at voxels start...start + count - 1, whose taps move on by one.

    c: 16 rows of coefficients, from the first tap of voxel `start`; w: weights.
    """
    for v in range(_U(count)):
        n = start + v
        x0, x1, x2, x3 = w[n], w[n + _R1], w[n + _R2], w[n + _R3]
        m = n + _F1
        y0, y1, y2, y3 = w[m], w[m + _R1], w[m + _R2], w[m + _R3]
        p = v
        z0 = (
            y0 * _along_x(c, p, x0, x1, x2, x3)
            + y1 * _along_x(c, p + _R1, x0, x1, x2, x3)
            + y2 * _along_x(c, p + _R2, x0, x1, x2, x3)
            + y3 * _along_x(c, p + _R3, x0, x1, x2, x3)
        )
        p = v + _F1
        z1 = (
            y0 * _along_x(c, p, x0, x1, x2, x3)
            + y1 * _along_x(c, p + _R1, x0, x1, x2, x3)
            + y2 * _along_x(c, p + _R2, x0, x1, x2, x3)
            + y3 * _along_x(c, p + _R3, x0, x1, x2, x3)
        )
        p = v + _F2
        z2 = (
            y0 * _along_x(c, p, x0, x1, x2, x3)
            + y1 * _along_x(c, p + _R1, x0, x1, x2, x3)
            + y2 * _along_x(c, p + _R2, x0, x1, x2, x3)
            + y3 * _along_x(c, p + _R3, x0, x1, x2, x3)
        )
        p = v + _F3
        z3 = (
            y0 * _along_x(c, p, x0, x1, x2, x3)
            + y1 * _along_x(c, p + _R1, x0, x1, x2, x3)
            + y2 * _along_x(c, p + _R2, x0, x1, x2, x3)
            + y3 * _along_x(c, p + _R3, x0, x1, x2, x3)
        )
        m = n + _F2
        out[n] = (w[m] * z0 + w[m + _R1] * z1) + (w[m + _R2] * z2 + w[m + _R3] * z3)


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _plane(c, at, step, x, y):  # type: ignore[no-untyped-def]
    """Sixteen taps of one plane; x and y are the weights along its axes."""
    p0 = at
    p1 = p0 + step
    p2 = p1 + step
    p3 = p2 + step
    return (
        y[0] * _along_x(c, p0, x[0], x[1], x[2], x[3])
        + y[1] * _along_x(c, p1, x[0], x[1], x[2], x[3])
        + y[2] * _along_x(c, p2, x[0], x[1], x[2], x[3])
        + y[3] * _along_x(c, p3, x[0], x[1], x[2], x[3])
    )


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _taps_anywhere(c, at, steps, w, start, stop, out):  # type: ignore[no-untyped-def]
    """Splines at voxels start...stop - 1, wherever their taps lie."""
    step_y, step_z = _U(steps[0]), _U(steps[1])
    for n in range(_U(start), _U(stop)):
        x = (w[n], w[n + _R1], w[n + _R2], w[n + _R3])
        m = n + _F1
        y = (w[m], w[m + _R1], w[m + _R2], w[m + _R3])
        m = n + _F2
        p = _U(at[n]) - (_U1 + step_y + step_z)
        q = p + step_z
        out[n] = (
            w[m] * _plane(c, p, step_y, x, y) + w[m + _R1] * _plane(c, q, step_y, x, y)
        ) + (
            w[m + _R2] * _plane(c, q + step_z, step_y, x, y)
            + w[m + _R3] * _plane(c, q + step_z + step_z, step_y, x, y)
        )


@njit(nogil=True, cache=True, error_model="numpy")
def _by_runs(c, at, steps, w, start, stop, tile, out):  # type: ignore[no-untyped-def]
    """As `_taps_anywhere`, where the taps mostly move on by one voxel.

    Whole vectors are computed, so a run spoils up to 15 voxels of `out` behind it,
    which the next one sets right.
    """
    back = 1 + steps[0] + steps[1]
    first = start
    while first < stop:
        end = first + 1
        while end < stop and at[end] - at[end - 1] == 1:
            end += 1
        count = -(-(end - first) // _LANES) * _LANES
        origin = at[first] - back
        for dz in range(4):
            for dy in range(4):
                into = tile[(4 * dz + dy) * _ROW : (4 * dz + dy + 1) * _ROW]
                begin = origin + dz * steps[1] + dy * steps[0]
                source = c[begin : begin + count + 3]
                for v in range(count + 3):
                    into[v] = source[v]
        _taps_of_run(tile, w, _U(first), count, out)
        first = end


@njit(nogil=True, cache=True, error_model="numpy")
def _span(inside, count):  # type: ignore[no-untyped-def]
    """First and end of the voxels of a piece that lie inside: a box is convex."""
    start, stop = 0, count
    while start < count and not inside[start]:
        start += 1
    while stop > start and not inside[stop - 1]:
        stop -= 1
    return start, stop


@njit(nogil=True, cache=True, error_model="numpy")
def cubic(c, steps, matrix, limits, runs, ends, out):  # type: ignore[no-untyped-def]
    """Cubic splines at the voxels of the target, `fill` at those beyond the limits.

    c: coefficients with margins, flat, and `SLACK`; steps: from row to row and from
    plane to plane of it; matrix (3, 4): target (i, j, k, 1) to place (x, y, z);
    runs: whether along a row the place advances by about one voxel in x and hardly
    in y and z; ends: what is added, and `fill`; out (z', y', x').
    """
    middle, fill = ends
    mz, my, mx = out.shape
    kind = out.dtype.type
    w, tile = np.zeros(12 * _ROW, kind), np.zeros(16 * _ROW, kind)
    line = np.zeros(_ROW, kind)
    at, inside = np.zeros(_ROW, np.int32), np.zeros(_ROW, np.uint8)
    for k in range(mz):
        for j in range(my):
            for i in range(0, mx, PIECE):
                n = min(PIECE, mx - i)
                piece = out[k, j, i : i + n]
                _locate(matrix, limits, (i, j, k), n, steps, at, w, inside)
                start, stop = _span(inside, n)
                if start < stop:
                    _weights(w, n)
                    if runs:
                        _by_runs(c, at, steps, w, start, stop, tile, line)
                    else:
                        _taps_anywhere(c, at, steps, w, start, stop, line)
                for v in range(n):
                    piece[v] = line[v] + middle if inside[v] else fill


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _between(c, at, steps, w, start, stop, out):  # type: ignore[no-untyped-def]
    """Linear interpolation between the eight voxels around start...stop - 1."""
    step_y, step_z = _U(steps[0]), _U(steps[1])
    for n in range(_U(start), _U(stop)):
        x, y, z = w[n], w[n + _F1], w[n + _F2]
        p = _U(at[n])
        q = p + step_y
        r = p + step_z
        s = q + step_z
        low = c[p] + x * (c[p + _U1] - c[p])
        high = c[q] + x * (c[q + _U1] - c[q])
        low += y * (high - low)
        over = c[r] + x * (c[r + _U1] - c[r])
        high = c[s] + x * (c[s + _U1] - c[s])
        over += y * (high - over)
        out[n] = low + z * (over - low)


@njit(nogil=True, cache=True, error_model="numpy")
def linear(c, steps, matrix, limits, ends, out):  # type: ignore[no-untyped-def]
    """Linear interpolation, as `cubic`; c are the samples."""
    middle, fill = ends
    mz, my, mx = out.shape
    kind = out.dtype.type
    w, line = np.zeros(12 * _ROW, kind), np.zeros(_ROW, kind)
    at, inside = np.zeros(_ROW, np.int32), np.zeros(_ROW, np.uint8)
    for k in range(mz):
        for j in range(my):
            for i in range(0, mx, PIECE):
                n = min(PIECE, mx - i)
                piece = out[k, j, i : i + n]
                _locate(matrix, limits, (i, j, k), n, steps, at, w, inside)
                start, stop = _span(inside, n)
                _between(c, at, steps, w, start, stop, line)
                for v in range(n):
                    piece[v] = line[v] + middle if inside[v] else fill
