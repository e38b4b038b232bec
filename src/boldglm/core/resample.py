"""Volumes on another grid: cubic B-spline, linear and nearest interpolation."""

from collections.abc import Callable
from typing import Any

import numpy as np

from boldglm.core.parallel import map_blocks

__all__ = ["BORDER_TOLERANCE", "SPLINE_ORDERS", "fill_gaps", "resample_volumes"]

SPLINE_ORDERS = {"continuous": 3, "linear": 1, "nearest": 0}
"""Order of the B-spline behind each public name."""

BORDER_TOLERANCE = 1e-5
"""Points this part of a voxel outside a volume still belong to it.

Rounding, of float32 headers too, must not decide whether the outermost plane of a
reoriented image is kept.
"""

Array = np.ndarray[Any, np.dtype[Any]]


def resample_volumes(
    volumes: Array,
    voxel_from_target: Array,
    out: Array,
    *,
    order: int = 3,
    fill_value: float = 0.0,
    limits: tuple[float, float] | None = None,
    n_jobs: int | None = None,
) -> Array:
    """Interpolate volumes at the voxels of another grid.

    ::

        out[i, j, k, t] = s_t(A (i, j, k) + b),   [A b; 0 1] = voxel_from_target

    where s_t is the B-spline of the given order through volume t, mirrored at
    the borders; points outside the volume (below voxel 0 or beyond the last
    one, by more than `BORDER_TOLERANCE`) get `fill_value`. This is
    `scipy.ndimage.affine_transform` with ``mode="constant"``, volume by volume;
    where the axes of the two grids are parallel, it is done axis by axis.

    Values that are not finite would spread over the whole volume. They are
    replaced by what surrounds them (`fill_gaps`), and the voxels of the target
    that lie nearest to them are nan.

    Parameters
    ----------
    volumes : (x, y, z, scan)
        Not modified.
    voxel_from_target : (4, 4) float
        Target voxel indices to voxel indices of `volumes`.
    out : (x', y', z', scan)
        Is written and returned. Integers are rounded to.
    order : {0, 1, 3}
    fill_value : float
    limits : (lowest, highest) or None
        Interpolated values are clipped to these; `fill_value` is not.
    n_jobs : int or None
        Threads, see `boldglm.core.parallel.n_workers`.

    Returns
    -------
    (x', y', z', scan)
        `out`.

    Examples
    --------
    >>> volumes = np.arange(4.0).reshape(4, 1, 1, 1)
    >>> shift = np.eye(4)
    >>> shift[0, 3] = 0.5
    >>> resample_volumes(volumes, shift, np.empty((4, 1, 1, 1)), order=1).ravel()
    array([0.5, 1.5, 2.5, 0. ])
    """
    (fill,) = _in_type((fill_value,), out.dtype)
    shapes = volumes.shape[:3], out.shape[:3]
    outside = _outside(*shapes, voxel_from_target)
    interpolate = _interpolator(*shapes, voxel_from_target, order)
    nearest = _interpolator(*shapes, voxel_from_target, 0)

    def one(scan: int) -> None:
        volume, there = volumes[..., scan], out[..., scan]
        gaps = None
        if volume.dtype.kind == "f":
            known = np.isfinite(volume)
            if not known.all():
                gaps = ~known
                volume = fill_gaps(volume, known)
        interpolate(volume, there)
        if limits is not None:
            np.clip(there, *_in_type(limits, out.dtype), out=there)
        if gaps is not None:
            near_gap = np.zeros(there.shape, dtype=np.uint8)
            nearest(gaps.view(np.uint8), near_gap)
            there[near_gap > 0] = np.nan
        there[outside] = fill

    map_blocks(one, range(volumes.shape[3]), n_jobs=n_jobs)
    return out


def _outside(
    shape: tuple[int, ...], target_shape: tuple[int, ...], voxel_from_target: Array
) -> Array:
    """Which voxels of the target lie outside the volume, (x', y', z') bool."""
    i, j, k = np.ogrid[tuple(slice(n) for n in target_shape)]
    outside = np.zeros(target_shape, dtype=bool)
    for axis, n in enumerate(shape):
        along = voxel_from_target[axis]
        place = along[0] * i + (along[1] * j + (along[2] * k + along[3]))
        outside |= place < -BORDER_TOLERANCE
        outside |= place > n - 1 + BORDER_TOLERANCE
    return outside


def _in_type(limits: tuple[float, ...], dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """Numbers as an array of the type could hold them, nearest to what they are."""
    if dtype.kind not in "iu":
        return limits
    kind = np.iinfo(dtype)
    return tuple(int(np.clip(np.rint(limit), kind.min, kind.max)) for limit in limits)


def _interpolator(
    shape: tuple[int, ...],
    target_shape: tuple[int, ...],
    voxel_from_target: Array,
    order: int,
) -> Callable[[Array, Array], None]:
    """A function of (volume, out) that writes one volume on the target into `out`.

    What does not depend on the volume is computed here, once for all.
    """
    from scipy.ndimage import affine_transform

    linear, offset = voxel_from_target[:3, :3], voxel_from_target[:3, 3]
    along = (linear != 0).argmax(axis=1)
    aligned = ((linear != 0).sum(axis=1) == 1).all() and set(along) == {0, 1, 2}
    if order > 0 and aligned:
        steps = linear[range(3), along]
        weights = [
            _spline_weights(
                n, target_shape[along[axis]], steps[axis], offset[axis], order
            )
            for axis, n in enumerate(shape)
        ]
        return lambda volume, out: _along_axes(volume, weights, along, out)
    options: dict[str, Any] = {"order": order, "mode": "mirror"}

    def general(volume: Array, out: Array) -> None:
        affine_transform(
            volume, linear, offset, output_shape=out.shape, output=out, **options
        )

    return general


def _spline_weights(
    n: int, n_target: int, step: float, start: float, order: int
) -> Array:
    """The matrix from n samples to their spline at start + step * (0, 1, ...)."""
    from scipy.ndimage import map_coordinates

    places = (start + step * np.arange(n_target))[np.newaxis]
    options: dict[str, Any] = {"order": order, "mode": "mirror"}
    columns = [map_coordinates(unit, places, **options) for unit in np.eye(n)]
    return np.stack(columns, axis=1)


def _along_axes(volume: Array, weights: list[Array], along: Array, out: Array) -> None:
    """Interpolate axis by axis: three matrix products, exact for aligned grids."""
    values = volume.astype(np.float64)
    # shrinking axes first keeps the products small
    for axis in sorted(range(3), key=lambda a: weights[a].shape[0] / volume.shape[a]):
        product = np.tensordot(weights[axis], values, axes=(1, axis))
        values = np.moveaxis(product, 0, axis)
    values = np.transpose(values, np.argsort(along))
    if out.dtype.kind in "iu":
        kind = np.iinfo(out.dtype)
        values = np.clip(np.rint(values), kind.min, kind.max)
    out[...] = values


def fill_gaps(volume: Array, known: Array, steps: int = 2) -> Array:
    """Continue a volume into its unknown voxels, from their six neighbours.

    In each step every unknown voxel that touches known ones becomes their mean,
    and counts as known in the next. What stays unknown is 0.

    Parameters
    ----------
    volume : (x, y, z) float
        Not modified.
    known : (x, y, z) bool
    steps : int
        How many voxels deep.

    Returns
    -------
    (x, y, z) float64

    Examples
    --------
    >>> volume = np.array([2.0, np.nan, 4.0, np.nan, np.nan, np.nan])
    >>> fill_gaps(volume.reshape(6, 1, 1), np.isfinite(volume).reshape(6, 1, 1)).ravel()
    array([2., 3., 4., 4., 4., 0.])
    """
    inner = (slice(1, -1),) * 3
    value = np.pad(np.where(known, volume, 0.0).astype(np.float64), 1)
    count = np.pad(known.astype(np.float64), 1)
    shifts = [(axis, step) for axis in range(3) for step in (-1, 1)]
    for _ in range(steps):
        total, touching = np.zeros(volume.shape), np.zeros(volume.shape)
        for axis, step in shifts:
            total += np.roll(value, step, axis)[inner]
            touching += np.roll(count, step, axis)[inner]
        shell = (count[inner] == 0) & (touching > 0)
        value[inner][shell] = total[shell] / touching[shell]
        count[inner][shell] = 1
    return value[inner]
