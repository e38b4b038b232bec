"""Which sums a Gaussian filter has to do for the voxels of a mask, and where."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from boldglm.core.smooth_kernels import Passes

__all__ = [
    "SmoothVoxels",
    "gaussian_weights",
    "plan_passes",
    "plan_voxels",
    "three_weights",
]

Array = np.ndarray[Any, np.dtype[Any]]

BLOCK = 16
"""Values that are computed together: a cache line of float32."""

BRIDGE = 3
"""Blocks that cost less to compute for nothing than a loop that ends and restarts."""


def gaussian_weights(sigma: float, dtype: Any = np.float64) -> Array:
    """Weights of a voxel and its neighbours to one side.

    ::

        w[k] = exp(-k² / (2 sigma²)) / s,    k = 0 ... floor(4 sigma + 1/2)

    where s makes ``w[0] + 2 (w[1] + w[2] + ...)`` one.

    Parameters
    ----------
    sigma : float
        In voxels. 0: the voxel alone.
    dtype : dtype
        Of the result. What rounding takes from the sum goes to the centre, so
        that constants stay what they are.

    Examples
    --------
    >>> gaussian_weights(0.5)
    array([0.78657, 0.10645, 0.00026])
    """
    steps = np.arange(_radius(sigma) + 1)
    bell = np.exp(-0.5 * (steps / sigma) ** 2) if sigma > 0 else np.ones(1)
    weights: Array = (bell / (bell[0] + 2 * bell[1:].sum())).astype(dtype)
    weights[0] = 1 - 2 * weights[1:].sum(dtype=np.float64)
    return weights


def _radius(sigma: float) -> int:
    return int(4 * sigma + 0.5)


def three_weights(sigma: Array, dtype: Any) -> Array:
    """`gaussian_weights` of each axis, (axis, largest radius + 1), the rest 0."""
    halves = [gaussian_weights(float(s), dtype) for s in sigma]
    weights = np.zeros((3, max(w.size for w in halves)), dtype=dtype)
    for row, half in zip(weights, halves, strict=True):
        row[: half.size] = half
    return weights


def plan_passes(inside: Array, sigma: Array, dtype: Any) -> "Passes":
    """Find what to sum, axis by axis, so that the voxels inside come out right.

    Parameters
    ----------
    inside : (x, y, z) bool
    sigma : (3,) float
        In voxels.
    dtype : dtype
        Of the sums.
    """
    from boldglm.core.smooth_kernels import Passes

    nx, ny, nz = inside.shape
    radius_x, radius_y, radius_z = (_radius(float(s)) for s in sigma)
    columns = np.any(inside, axis=2)
    left, right = _ends(np.any(columns, axis=1))
    top, bottom = _ends(np.any(columns, axis=0))
    stride = BLOCK * _blocks(right - left + 2 * radius_x)
    of_z = np.zeros((nz, bottom - top, stride // BLOCK), dtype=bool)
    for block, x in enumerate(range(left, right, BLOCK)):
        of_z[..., block] = inside[x : x + BLOCK, top:bottom].any(axis=0).T
    # What is summed last needs more of what is summed before.
    of_y = _widened(of_z, radius_z, axis=0)
    more = np.pad(of_y, ((0, 0), (radius_y, radius_y), (0, 0)))
    of_x = _widened(more, radius_y, axis=1)
    y = np.arange(top - radius_y, bottom + radius_y)
    of_x[:, (y < 0) | (y >= ny)] = False
    of, runs = _three_runs(of_x, of_y, of_z)
    return Passes(
        shape=(nx, ny, nz),
        radii=(radius_x, radius_y, radius_z),
        weights=three_weights(sigma, dtype),
        first=(left, top),
        stride=stride,
        n_rows=bottom - top,
        spans=_spans(of_x, left, right, radius_x),
        of=of,
        runs=runs,
    )


def _ends(line: Array) -> tuple[int, int]:
    """First index that is True, and the one after the last; (0, 1) for none."""
    found = np.flatnonzero(line)
    return (int(found[0]), int(found[-1]) + 1) if found.size else (0, 1)


def _blocks(n: int) -> int:
    return -(-n // BLOCK)


def _widened(needed: Array, by: int, axis: int) -> Array:
    """True within `by` steps of what is True."""
    wide = needed.copy()
    source, target = np.moveaxis(needed, axis, 0), np.moveaxis(wide, axis, 0)
    for step in range(1, min(by, len(source) - 1) + 1):
        target[step:] |= source[:-step]
        target[:-step] |= source[step:]
    return wide


def _spans(needed: Array, left: int, right: int, radius: int) -> Array:
    """Columns to read for the blocks needed of each row, (z, row, 2) int64."""
    n_blocks = needed.shape[-1]
    first = needed.argmax(axis=-1)
    last = n_blocks - needed[..., ::-1].argmax(axis=-1)
    low = left + BLOCK * first - radius
    high = np.minimum(left + BLOCK * last, right) + radius
    spans: Array = np.stack([low, high], axis=-1)
    spans[~needed.any(axis=-1)] = 0
    return spans


def _runs(needed: Array) -> tuple[Array, Array]:
    """Stretches of planes that are needed, those that nearly touch as one.

    Returns the number of the first run of each plane, (z + 1,), and start and
    length of each in its plane, (run, 2), int64.
    """
    n_planes = len(needed)
    planes = needed.reshape(n_planes, -1)
    n_blocks = planes.shape[1] + BRIDGE + 1
    # Planes in one line, too far apart to be joined.
    line = np.zeros((n_planes, n_blocks), dtype=np.int8)
    line[:, 1 : planes.shape[1] + 1] = planes
    change = np.diff(line.ravel())
    starts, stops = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    far = starts[1:] - stops[:-1] > BRIDGE
    starts = starts[np.concatenate([[True], far])[: starts.size]]
    stops = stops[np.concatenate([far, [True]])[-stops.size :]] if stops.size else stops
    plane = starts // n_blocks
    runs = BLOCK * np.stack([starts - plane * n_blocks, stops - starts], axis=1)
    return np.searchsorted(plane, np.arange(n_planes + 1)), runs


def _three_runs(*needed: Array) -> tuple[Array, Array]:
    """Runs of all axes in one table, and where those of (axis, plane) begin."""
    parts = [_runs(of_axis) for of_axis in needed]
    before = np.cumsum([0] + [len(runs) for _, runs in parts])
    of = np.stack([of + n for (of, _), n in zip(parts, before[:-1], strict=True)])
    return of, np.concatenate([runs for _, runs in parts])


@dataclass(frozen=True, eq=False)
class SmoothVoxels:
    """What `smooth_voxels` has to do for one mask and one width.

    Attributes
    ----------
    sigma : (3,) float64
        In voxels.
    passes : Passes
        Where to sum.
    starts : (z + 1,) int64
        The voxels of plane z are number ``starts[z]`` to ``starts[z + 1] - 1``.
    places : (voxel,) int32
        Where they lie in the plane of sums.
    columns : (voxel,) int32
        Their number in the C order of the mask.
    """

    sigma: Array
    passes: "Passes"
    starts: Array
    places: Array
    columns: Array


def plan_voxels(inside: Array, sigma: Array) -> SmoothVoxels:
    """Prepare the smoothing of the voxels of a mask.

    Parameters
    ----------
    inside : (x, y, z) bool
    sigma : (3,) float
        In voxels.
    """
    passes = plan_passes(inside, sigma, np.float64)
    x, y, z = np.nonzero(inside)
    order = np.lexsort((x, y, z))
    places = (x - passes.first[0]) + passes.stride * (y - passes.first[1])
    return SmoothVoxels(
        np.array(sigma, dtype=np.float64),
        passes,
        np.searchsorted(z[order], np.arange(inside.shape[2] + 1)),
        places[order].astype(np.int32),
        order.astype(np.int32),
    )
