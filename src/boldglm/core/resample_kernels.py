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

_ROW = PIECE + SLACK
_POLE = math.sqrt(3.0) - 2.0
_SCALE = 6.0  # (1 - pole) (1 - 1 / pole)

_U = np.uintp
_U1, _U2, _U3 = _U(1), _U(2), _U(3)
_LANES = _U(16)
# where row 1, 2, 3 of a work array starts, and its second, third, fourth four rows
_R1, _R2, _R3 = _U(_ROW), _U(2 * _ROW), _U(3 * _ROW)
_F1, _F2, _F3 = _U(4 * _ROW), _U(8 * _ROW), _U(12 * _ROW)

_CONTRACT = {"contract"}


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _add_scaled(c, to, from_, weight, across, width):  # type: ignore[no-untyped-def]
    for v in range(width):
        c[to + v * across] += weight * c[from_ + v * across]


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _start_causal(c, first, n, along, across, width, horizon):  # type: ignore[no-untyped-def]
    """Start of the causal filter, as if the line went on mirrored for ever."""
    kind = c.dtype.type
    round_trip = _POLE ** float(n - _U1)
    at = first
    for i in range(1, min(n - _U1, horizon)):
        at += along
        _add_scaled(c, first, at, kind(_POLE ** float(i)), across, width)
    last = first + (n - _U1) * along
    if n - _U1 <= horizon:
        at = last
        for i in range(1, n - _U1):
            at -= along
            weight = kind(round_trip * _POLE ** float(i))
            _add_scaled(c, first, at, weight, across, width)
        _add_scaled(c, first, last, kind(round_trip), across, width)
    share = kind(1 / (1 - round_trip * round_trip))
    for v in range(width):
        c[first + v * across] *= share


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_CONTRACT)
def _filter_lines(c, first, n, along, across, width, horizon):  # type: ignore[no-untyped-def]
    """Samples to cubic B-spline coefficients along `width` lines of n, in place.

    Sample i of line v is c[first + i * along + v * across]. The recursive filter of
    Unser (1999), mirrored at the ends, which are not felt `horizon` samples away.
    """
    if n < _U2:
        return
    _start_causal(c, first, n, along, across, width, horizon)
    kind = c.dtype.type
    pole, at = kind(_POLE), first
    for _ in range(n - _U1):
        at += along
        _add_scaled(c, at, at - along, pole, across, width)
    gain = kind(_SCALE * _POLE / (_POLE * _POLE - 1))
    for v in range(width):
        p = at + v * across
        c[p] = gain * (pole * c[p - along] + c[p])
    gain = kind(-_SCALE * _POLE)
    for _ in range(n - _U1):
        at -= along
        for v in range(width):
            p = at + v * across
            c[p] = pole * c[p + along] + gain * c[p]


@njit(nogil=True, cache=True, error_model="numpy")
def _mirror_ends(c, first, n, along, across, width):  # type: ignore[no-untyped-def]
    """Continue lines of n, see `_filter_lines`, mirrored into the margins."""
    last = first + (n - _U1) * along
    period = max(_U2 * n - _U2, _U1)
    for m in range(_U1, _U(MARGIN) + _U1):
        # a line shorter than the margin is mirrored at both its ends
        far = m % period
        from_first = min(far, period - far) if n > _U1 else far
        low, high = first - m * along, last + m * along
        for v in range(width):
            c[low + v * across] = c[first + from_first * along + v * across]
            c[high + v * across] = c[last - from_first * along + v * across]


@njit(nogil=True, cache=True, error_model="numpy")
def prefilter(c, sizes, steps, horizon):  # type: ignore[no-untyped-def]
    """Samples to cubic spline coefficients, in place, then the margins.

    c: flat volume with margins, at first zero; sizes (x, y, z) of what is within them;
    steps: from row to row and from plane to plane. Horizon 0 leaves the samples as
    they are and fills the margins only.
    """
    nx, ny, nz = _U(sizes[0]), _U(sizes[1]), _U(sizes[2])
    step_y, step_z, reach = _U(steps[0]), _U(steps[1]), _U(horizon)
    origin = _U(MARGIN) * (_U1 + step_y + step_z)
    if horizon > 0:
        for k in range(nz):
            plane = origin + k * step_z
            # along the fastest axis 16 lines at a time hide how long one step takes
            for j in range(_U(0), ny, _LANES):
                width = min(_LANES, ny - j)
                _filter_lines(c, plane + j * step_y, nx, _U1, step_y, width, reach)
            _filter_lines(c, plane, ny, step_y, _U1, nx, reach)
        # some rows at once, margins between them and all, as far as the cache holds
        size = (ny - _U1) * step_y + nx
        for v in range(_U(0), size, _U(256)):
            width = min(_U(256), size - v)
            _filter_lines(c, origin + v, nz, step_z, _U1, width, reach)
    for k in range(nz):
        plane = origin + k * step_z
        _mirror_ends(c, plane, nx, _U1, step_y, ny)
        _mirror_ends(c, plane - _U(MARGIN), ny, step_y, _U1, step_y)
    _mirror_ends(c, origin - _U(MARGIN) * (_U1 + step_y), nz, step_z, _U1, step_z)


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
def _plane_of_run(c, origin, step, w, first, plane, count, out):  # type: ignore[no-untyped-def]
    """Add one plane of taps, at voxels from `first` whose taps move on by one.

    c[origin] is the first tap of the first of them; w[plane + n] weighs the plane.
    """
    for v in range(count):
        n = first + v
        x = (w[n], w[n + _R1], w[n + _R2], w[n + _R3])
        m = n + _F1
        y = (w[m], w[m + _R1], w[m + _R2], w[m + _R3])
        out[n] += w[n + plane] * _plane(c, origin + v, step, x, y)


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
def _by_runs(c, at, steps, w, start, stop, out):  # type: ignore[no-untyped-def]
    """As `_taps_anywhere`, where the taps mostly move on by one voxel.

    Whole vectors are computed, so a run spoils up to 15 voxels of `out` behind it,
    which the next one sets right.
    """
    step_y, step_z = _U(steps[0]), _U(steps[1])
    first, end = _U(start), _U(stop)
    while first < end:
        last = first
        while last + _U1 < end and at[last + _U1] - at[last] == 1:
            last += _U1
        count = (last - first + _LANES) // _LANES * _LANES
        for n in range(first, first + count):
            out[n] = 0
        origin = _U(at[first]) - (_U1 + step_y + step_z)
        plane = _F2
        for _ in range(4):
            _plane_of_run(c, origin, step_y, w, first, plane, count, out)
            origin += step_z
            plane += _R1
        first = last + _U1


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
    w, line = np.zeros(12 * _ROW, kind), np.zeros(_ROW, kind)
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
                        _by_runs(c, at, steps, w, start, stop, line)
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
