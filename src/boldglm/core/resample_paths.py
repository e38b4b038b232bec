"""Ways from a volume to another grid: copy voxels, go axis by axis, or row by row.

A path is worked out from the shapes and the matrix; it gives a function of (volume,
out, middle, fill) that writes into `out` (z', y', x'), C-contiguous and float32 or
float64, and computes in that type with deviations from `middle`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from boldglm.core.parallel import one_blas_thread

__all__ = [
    "BORDER_TOLERANCE",
    "along_axes",
    "along_rows",
    "nearest_index",
    "outside_of",
    "pick",
    "spline_weights",
]

BORDER_TOLERANCE = 1e-5
"""Points this part of a voxel outside a volume still belong to it.

Rounding, of float32 headers too, must not decide whether the outermost plane of a
reoriented image is kept.
"""

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
Path = Callable[[Array, Array, float, float], None]

# A row of the target follows a row of the volume when its place changes by one voxel
# per step, but for this much: the taps of 12 voxels on average lie side by side.
_NEARLY_A_ROW = 1 / 12


def _places(target_shape: Shape, matrix: Array, axis: int) -> Array:
    """Place along one axis of the volume of every voxel of the target.

    Summed in scipy's order: of two voxels equally near, rounding decides. One
    element long along axes of the target that do not matter.
    """
    place: Array = np.full((1, 1, 1), matrix[axis, 3])
    for step, index in zip(
        matrix[axis, :3], np.indices(target_shape, sparse=True), strict=True
    ):
        if step != 0:
            place = place + step * index
    return place


def outside_of(shape: Shape, target_shape: Shape, matrix: Array) -> Array:
    """Which voxels of the target lie outside the volume, (x', y', z') bool.

    Examples
    --------
    >>> outside_of((2, 1, 1), (4, 1, 1), np.eye(4)[:3]).ravel()
    array([False, False,  True,  True])
    """
    outside = np.zeros(target_shape, dtype=bool)
    for axis, n in enumerate(shape):
        place = _places(target_shape, matrix, axis)
        outside |= place < -BORDER_TOLERANCE
        outside |= place > n - 1 + BORDER_TOLERANCE
    return outside


def nearest_index(shape: Shape, target_shape: Shape, matrix: Array) -> Array:
    """Index, x fastest, of the nearest voxel of the volume, (x', y', z') int.

    Halfway between two voxels the higher one counts as nearest.

    Examples
    --------
    >>> nearest_index((2, 1, 1), (3, 1, 1), np.diag([0.5, 1, 1, 1])[:3]).ravel()
    array([0, 1, 1])
    """
    index = np.zeros(target_shape, dtype=np.intp, order="F")
    step = 1
    for axis, n in enumerate(shape):
        voxel = np.floor(_places(target_shape, matrix, axis) + 0.5)
        index += step * np.clip(voxel, 0, n - 1).astype(np.intp)
        step *= n
    return index


def pick(volume: Array, index: Array) -> Array:
    """The voxels of a volume that `nearest_index` names."""
    picked: Array = volume.ravel(order="F").take(index.T).T
    return picked


# axis by axis


def spline_weights(n: int, places: Array, order: int) -> Array:
    """The matrix from n samples to their spline at some places.

    Parameters
    ----------
    n : int
        Samples, mirrored at the first and last.
    places : (m,) float
        0 is the first sample.
    order : {1, 3}

    Returns
    -------
    (m, n) float64
        A row of zeros and a one where a place is a sample.

    Examples
    --------
    >>> spline_weights(3, np.array([0.5, 1.0]), 1)
    array([[0.5, 0.5, 0. ],
           [0. , 1. , 0. ]])
    """
    weights = _basis(n, places, order)
    if order == 3:
        at_samples = _basis(n, np.arange(float(n)), order)
        with one_blas_thread():
            weights = np.linalg.solve(at_samples.T, weights.T).T
    exact = places == np.rint(places)
    weights[exact] = 0.0
    samples = _mirrored(np.rint(places[exact]).astype(int), n)
    weights[np.flatnonzero(exact), samples] = 1.0
    return weights


def _basis(n: int, places: Array, order: int) -> Array:
    """B-splines centred at n samples and their mirror images, at some places."""
    below = np.floor(places)
    t = places - below
    if order == 1:
        taps = {0: 1 - t, 1: t}
    else:
        taps = {
            -1: (1 - t) ** 3 / 6,
            0: (4 - 6 * t**2 + 3 * t**3) / 6,
            1: (4 - 6 * (1 - t) ** 2 + 3 * (1 - t) ** 3) / 6,
            2: t**3 / 6,
        }
    matrix = np.zeros((places.size, n))
    for tap, weight in taps.items():
        columns = _mirrored(below.astype(int) + tap, n)
        np.add.at(matrix, (np.arange(places.size), columns), weight)
    return matrix


def _mirrored(index: Array, n: int) -> Array:
    if n == 1:
        return np.zeros_like(index)
    index = np.abs(index) % (2 * n - 2)
    return np.minimum(index, 2 * n - 2 - index)


def along_axes(shape: Shape, target_shape: Shape, matrix: Array, order: int) -> Path:
    """Where each axis of the target is parallel to one of the volume's.

    Three products with small matrices, which hold the spline's filter too.
    """
    source_axis = (matrix[:, :3] != 0).argmax(axis=0)
    weights, beyond = [], []
    for axis, source in enumerate(source_axis):
        n = shape[source]
        steps = np.arange(target_shape[axis])
        places = matrix[source, axis] * steps + matrix[source, 3]
        beyond.append(
            (places < -BORDER_TOLERANCE) | (places > n - 1 + BORDER_TOLERANCE)
        )
        # what lies beyond is filled: it need not be computed far out
        places = np.clip(places, -BORDER_TOLERANCE, n - 1 + BORDER_TOLERANCE)
        weights.append(spline_weights(n, places, order))
    growth = [len(w) / w.shape[1] for w in weights]
    matrices = {np.dtype(kind): [w.astype(kind) for w in weights] for kind in "fd"}

    def one(volume: Array, out: Array, middle: float, fill: float) -> None:
        turned = volume.transpose(source_axis).T
        values = _deviations(turned, middle, np.empty(turned.shape, out.dtype))
        # shrinking axes first keeps the products small
        for axis in np.argsort(growth):
            values = _product(matrices[out.dtype][axis], values, 2 - int(axis))
        np.add(values, out.dtype.type(middle), out=out)
        for axis in range(3):
            if beyond[axis].any():
                out.T[(slice(None),) * axis + (beyond[axis],)] = fill

    return one


def _deviations(volume: Array, middle: float, out: Array) -> Array:
    """``volume - middle``, in the type of `out`."""
    kind = out.dtype.type
    np.subtract(volume, kind(middle), out=out, dtype=kind, casting="unsafe")
    return out


def _product(matrix: Array, values: Array, axis: int) -> Array:
    """Product along one axis of C-contiguous (z, y, x); no axis is moved."""
    if axis == 2:
        product = values.reshape(-1, values.shape[2]) @ matrix.T
        return product.reshape(*values.shape[:2], -1)
    if axis == 1:
        return np.matmul(matrix, values)
    return (matrix @ values.reshape(len(values), -1)).reshape(-1, *values.shape[1:])


# row by row


def along_rows(shape: Shape, target_shape: Shape, matrix: Array, order: int) -> Path:
    """Any matrix, by compiled loops along the rows of the target."""
    del target_shape
    from boldglm.core import resample_kernels as kernels

    # the axis of the volume that rows of the target follow lies fastest in memory,
    # turned so that they follow it upwards
    main = int(np.abs(matrix[:, 0]).argmax())
    axes = [main, *(axis for axis in range(3) if axis != main)]
    sizes = tuple(shape[axis] for axis in axes)
    matrix = matrix[axes]
    backwards = matrix[0, 0] < 0
    if backwards:
        matrix = np.vstack([-matrix[:1], matrix[1:]])
        matrix[0, 3] += sizes[0] - 1
    flip = (slice(None, None, -1 if backwards else 1), slice(None), slice(None))
    runs = bool(np.abs(matrix[:, 0] - (1, 0, 0)).sum() < _NEARLY_A_ROW)
    limits = np.array([(-BORDER_TOLERANCE, n - 1 + BORDER_TOLERANCE) for n in sizes])
    padded = tuple(n + 2 * kernels.MARGIN for n in sizes[::-1])
    steps = (padded[2], padded[2] * padded[1])
    core = (slice(kernels.MARGIN, -kernels.MARGIN),) * 3

    def one(volume: Array, out: Array, middle: float, fill: float) -> None:
        kind = out.dtype.type
        flat = np.zeros(np.prod(padded) + kernels.SLACK, out.dtype)
        values = flat[: -kernels.SLACK].reshape(padded)
        _deviations(volume.transpose(axes)[flip].T, middle, values[core])
        # the pole is -0.27: after so many voxels its power is below the rounding
        horizon = (16 if kind is np.float32 else 36) if order == 3 else 0
        kernels.prefilter(flat, sizes, steps, horizon)
        ends = kind(middle), kind(fill)
        if order == 3:
            kernels.cubic(flat, steps, matrix, limits, runs, ends, out)
        else:
            kernels.linear(flat, steps, matrix, limits, ends, out)

    return one
