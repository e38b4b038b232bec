"""Volumes on another grid: cubic B-spline, linear and nearest interpolation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from boldglm.core.parallel import map_blocks
from boldglm.core.resample_paths import (
    BORDER_TOLERANCE,
    along_axes,
    along_rows,
    nearest_index,
    outside_of,
    pick,
)

__all__ = [
    "BORDER_TOLERANCE",
    "SPLINE_ORDERS",
    "Resampler",
    "ValueRange",
    "fill_gaps",
]

SPLINE_ORDERS = {"continuous": 3, "linear": 1, "nearest": 0}
"""Order of the B-spline behind each public name."""

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class ValueRange:
    """Lowest and highest finite value of volumes, and whether all are finite.

    Examples
    --------
    >>> ValueRange.of(np.array([1.0, np.nan, 3.0])).with_zero
    (0.0, 3.0)
    """

    low: float = np.inf
    high: float = -np.inf
    finite: bool = True

    @classmethod
    def of(cls, values: Array) -> "ValueRange":
        """The range of an array."""
        low, high = float(values.min()), float(values.max())
        if np.isfinite(low) and np.isfinite(high):
            return cls(low, high)
        known = values[np.isfinite(values)]
        low = float(known.min(initial=np.inf))
        return cls(low, float(known.max(initial=-np.inf)), finite=False)

    def __or__(self, other: "ValueRange") -> "ValueRange":
        low, high = min(self.low, other.low), max(self.high, other.high)
        return ValueRange(low, high, self.finite and other.finite)

    @property
    def with_zero(self) -> tuple[float, float]:
        """Lowest and highest value, 0 among them."""
        return min(self.low, 0.0), max(self.high, 0.0)


class Resampler:
    """Interpolation of volumes on one grid at the voxels of another.

    ::

        out[i, j, k, t] = s_t(A (i, j, k) + b),   [A b; 0 1] = voxel_from_target

    where s_t is the B-spline of the given order through volume t, mirrored at the
    borders; points outside the volume (below voxel 0 or beyond the last one, by
    more than `BORDER_TOLERANCE`) get a fill value. This is
    `scipy.ndimage.affine_transform` with ``mode="constant"``, volume by volume.
    What does not depend on the volumes is worked out here, once for all of them:
    whether voxels are only moved, whether the axes of the grids are parallel (then
    it is done axis by axis), or else how the rows of the target run through the
    volume.

    Volumes of up to 32-bit floats and 16-bit integers are interpolated in float32
    (as deviations from the middle of their range, if 0 is beyond it); others, and
    those that become integers, in float64.

    Parameters
    ----------
    shape, target_shape : (3,) int
    voxel_from_target : (4, 4) float
        Target voxel indices to voxel indices of the volumes.
    order : {0, 1, 3}

    Examples
    --------
    >>> shift = np.eye(4)
    >>> shift[0, 3] = 0.5
    >>> resampler = Resampler((4, 1, 1), (4, 1, 1), shift, order=1)
    >>> out = np.empty((4, 1, 1, 1))
    >>> resampler(np.arange(4.0).reshape(4, 1, 1, 1), out)
    ValueRange(low=0.0, high=3.0, finite=True)
    >>> out.ravel()
    array([0.5, 1.5, 2.5, 0. ])
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        target_shape: tuple[int, ...],
        voxel_from_target: Array,
        order: int = 3,
    ) -> None:
        self._shapes = tuple(shape), tuple(target_shape)
        self._matrix = np.array(voxel_from_target[:3], dtype=np.float64)
        self._interpolate = _interpolator(*self._shapes, self._matrix, order)

    @cached_property
    def _outside(self) -> Array:
        return outside_of(*self._shapes, self._matrix)

    @cached_property
    def _nearest(self) -> Array:
        return nearest_index(*self._shapes, self._matrix)

    def __call__(
        self,
        volumes: Array,
        out: Array,
        *,
        fill_value: float = 0.0,
        clip: bool = False,
        n_jobs: int | None = None,
    ) -> ValueRange:
        """Write the interpolated volumes into `out`.

        Values that are not finite would spread over the whole volume. They are
        replaced by what surrounds them (`fill_gaps`), and the voxels of the target
        that lie nearest to them are nan (0 in integers).

        Parameters
        ----------
        volumes : (x, y, z, scan)
            Not modified.
        out : (x', y', z', scan)
            Integers are rounded to, halves away from 0. Fastest where x is
            contiguous and the type is that of the interpolation.
        fill_value : float
        clip : bool
            Whether to hold each volume within its own range and 0.
        n_jobs : int or None
            Threads, see `boldglm.core.parallel.n_workers`.

        Returns
        -------
        ValueRange
            Of `volumes`.
        """
        (fill,) = _in_type((fill_value,), out.dtype)

        def one(scan: int) -> ValueRange:
            there = out[..., scan]
            found = self._volume(volumes[..., scan], there, fill)
            if clip:
                self._hold(there, found.with_zero, fill)
            return found

        total = ValueRange()
        for found in map_blocks(one, range(volumes.shape[3]), n_jobs=n_jobs):
            total |= found
        return total

    def clip(
        self,
        out: Array,
        limits: tuple[float, float],
        *,
        fill_value: float = 0.0,
        n_jobs: int | None = None,
    ) -> None:
        """Hold interpolated volumes (x', y', z', scan) within limits, in place.

        The fill value of voxels outside is not clipped.
        """
        (fill,) = _in_type((fill_value,), out.dtype)

        def one(scan: int) -> None:
            self._hold(out[..., scan], limits, fill)

        map_blocks(one, range(out.shape[3]), n_jobs=n_jobs)

    def _volume(self, volume: Array, there: Array, fill: float) -> ValueRange:
        found = ValueRange.of(volume)
        if found.finite:
            self._interpolate(volume, there, found, fill)
            return found
        known = np.isfinite(volume)
        bridged = fill_gaps(volume, known)
        self._interpolate(bridged.astype(volume.dtype), there, found, fill)
        near_gap = pick(~known, self._nearest) & ~self._outside
        there[near_gap] = np.nan if there.dtype.kind == "f" else 0
        return found

    def _hold(self, there: Array, limits: tuple[float, float], fill: float) -> None:
        low, high = _in_type(limits, there.dtype)
        np.clip(there, low, high, out=there)
        if not low <= fill <= high:
            there[self._outside] = fill


def _in_type(limits: tuple[float, ...], dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """Numbers as an array of the type could hold them, nearest to what they are."""
    if dtype.kind not in "iu":
        return limits
    kind = np.iinfo(dtype)
    return tuple(int(np.clip(np.rint(limit), kind.min, kind.max)) for limit in limits)


def _interpolator(
    shape: tuple[int, ...], target_shape: tuple[int, ...], matrix: Array, order: int
) -> Callable[[Array, Array, ValueRange, float], None]:
    """A function of (volume, out, range, fill) that interpolates one volume."""
    linear = matrix[:, :3]
    along = (linear != 0).argmax(axis=1)
    aligned = ((linear != 0).sum(axis=1) == 1).all() and set(along) == {0, 1, 2}
    moved_only = aligned and (matrix == np.rint(matrix)).all()
    if order == 0 or moved_only:
        return _copier(shape, target_shape, matrix)
    plan = along_axes if aligned else along_rows
    interpolate = plan(shape, target_shape, matrix, order)

    def one(volume: Array, out: Array, found: ValueRange, fill: float) -> None:
        kind = _working_type(volume.dtype, out.dtype, found)
        middle = 0.0
        # a background of zeros stays as near to zero as in float64
        if 0 < found.low <= found.high or found.low <= found.high < 0:
            middle = 0.5 * found.low + 0.5 * found.high
        there = out.T
        if not (out.dtype == kind and there.flags.c_contiguous):
            there = np.empty(there.shape, kind)
        interpolate(volume, there, middle, fill)
        if not np.may_share_memory(there, out):
            _store(there.T, out)

    return one


def _copier(
    shape: tuple[int, ...], target_shape: tuple[int, ...], matrix: Array
) -> Callable[[Array, Array, ValueRange, float], None]:
    """Values of the nearest voxels, as they are."""
    index = nearest_index(shape, target_shape, matrix)
    outside = outside_of(shape, target_shape, matrix)
    anywhere = bool(outside.any())

    def one(volume: Array, out: Array, _: ValueRange, fill: float) -> None:
        _store(pick(volume, index), out)
        if anywhere:
            out[outside] = fill

    return one


def _working_type(
    dtype: np.dtype[Any], out: np.dtype[Any], found: ValueRange
) -> np.dtype[Any]:
    """float32 where that loses nothing that shows, float64 otherwise."""
    small = dtype.itemsize <= (4 if dtype.kind == "f" else 2)
    # coefficients of splines are up to 27 times the range, and their products less
    # than a millionth of it count
    span = found.high - found.low
    fits = span <= 0 or 1e-30 < span < 1e36
    narrow = small and fits and out.kind == "f"
    return np.dtype(np.float32 if narrow else np.float64)


def _store(values: Array, out: Array) -> None:
    """Write values into an array of another type; integers are rounded to."""
    if out.dtype.kind in "iu" and values.dtype.kind == "f":
        kind = np.iinfo(out.dtype)
        values = np.trunc(values + np.copysign(0.5, values))
        values = np.clip(values, kind.min, kind.max)
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
