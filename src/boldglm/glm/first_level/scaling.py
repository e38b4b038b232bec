"""Scaling of the signal: per cent of a mean, or standard deviations."""

import numpy as np

from boldglm._base.arguments import as_numbers
from boldglm._base.errors import ShapeError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.run_statistics import RunStatistics

__all__ = [
    "check_signal_scaling",
    "mean_scaling",
    "scale_signal",
    "scans_to_per_cent",
    "standardize",
    "voxel_scaling",
    "warn_of_means",
]

#: Of a signal: sums of more would not be finite.
LARGEST = 1e300

# What users may write, and the axes over which the mean is taken; None: no scaling.
SCALINGS: dict[object, int | tuple[int, int] | None] = {
    0: 0,
    1: 1,
    (0, 1): (0, 1),
}


def mean_scaling(Y, axis=0):
    """Turn a series into per cent of its mean, ``100 (Y / mean - 1)``.

    Parameters
    ----------
    Y : (n_scans, n_voxels) array
        Not modified.
    axis : {0, 1, (0, 1)}
        0: the mean of each voxel over scans; 1: of each scan over voxels; both: the
        grand mean.

    Returns
    -------
    Y : (n_scans, n_voxels)
        In per cent, in the precision of the data.
    mean : array
        What was divided by; means below 1 count as 1.

    Examples
    --------
    >>> scaled, mean = mean_scaling(np.array([[90.0], [110.0]]))
    >>> scaled.ravel(), mean
    (array([-10., 10.]), array([100.]))
    """
    data = as_numbers(Y, "Y")
    if data.ndim != 2 or 0 in data.shape:
        msg = f"Y has shape {data.shape}; expected (n_scans, n_voxels)."
        raise ShapeError(msg)
    if type(axis) not in (int, tuple) or axis not in SCALINGS:
        msg = f"axis is {axis!r}; expected 0, 1 or (0, 1)."
        raise ValueError(msg)
    largest = max(-float(data.min()), float(data.max()))
    if LARGEST < largest < np.inf:
        msg = f"Y has values up to {largest:g}; expected at most {LARGEST:g}."
        raise ValueError(msg)
    kept = data.dtype in (np.float32, np.float64)
    data = np.array(data, dtype=data.dtype if kept else np.float64)
    return data, _to_per_cent(data, axis)


def _to_per_cent(data: np.ndarray, axis) -> np.ndarray:
    """Scale an array in place; what it was divided by."""
    mean = data.mean(axis=axis, dtype=np.float64)
    warn_of_means(mean)
    mean = np.maximum(mean, 1)
    divisor = mean[:, None] if axis == 1 else mean
    # In float64 before the difference, then back: 1000.1 / 1000 - 1 needs the digits.
    for scan in range(data.shape[0]):
        row = divisor[scan] if axis == 1 else divisor
        data[scan] = 100 * (data[scan] / row - 1)
    return mean


def warn_of_means(mean: np.ndarray) -> None:
    """Tell the user of means that a signal cannot be in per cent of."""
    n_zero = np.count_nonzero(mean == 0)
    if n_zero:
        warn(
            f"Mean values of 0 observed, {n_zero} of {mean.size}: either the mask "
            "takes in voxels without signal, or the data have been centered and "
            "cannot be scaled to per cent of the mean. For centered data pass "
            "signal_scaling=False.",
            DesignWarning,
        )
    n_small = np.count_nonzero((mean < 1) & (mean != 0))
    if n_small:
        warn(
            f"Mean values below 1 observed, {n_small} of {mean.size}: they count as 1, "
            "so these series are not in per cent of their mean. If the data are in "
            "small units, multiply them first, or pass signal_scaling=False.",
            DesignWarning,
        )


def standardize(Y):
    """Series of mean 0 and standard deviation 1 (n - 1); constant ones become 0.

    >>> standardize(np.array([[1.0], [2.0], [3.0]])).ravel()
    array([-1., 0., 1.])
    """
    data = np.array(Y, dtype=None if np.asarray(Y).dtype.kind == "f" else float)
    _to_deviations(data)
    return data


def _to_deviations(data: np.ndarray) -> None:
    """Standardize an array in place, scan by scan: no copy of the data is made."""
    mean = data.mean(axis=0, dtype=np.float64)
    square = np.zeros_like(mean)
    for scan in data:
        square += (scan - mean) ** 2
    deviation = np.sqrt(square / max(data.shape[0] - 1, 1))
    # Up to the rounding of its mean a constant series does not vary.
    varies = deviation > 1e-13 * np.abs(mean)
    safe = np.where(varies, deviation, 1.0)
    for scan in data:
        scan[:] = np.where(varies, (scan - mean) / safe, 0.0)


def check_signal_scaling(signal_scaling) -> int | tuple[int, int] | None:
    """Axis of the mean that a `signal_scaling` asks for; None for no scaling.

    >>> check_signal_scaling(False) is None
    True

    Raises
    ------
    ShapeError
        If it is none of 0, 1, (0, 1) and False.
    """
    if signal_scaling is False or signal_scaling is None:
        return None
    if signal_scaling is not True:
        sequence = isinstance(signal_scaling, list | np.ndarray)
        key = tuple(signal_scaling) if sequence else signal_scaling
        plain = key if isinstance(key, tuple) else (key,)
        if all(isinstance(one, int | np.integer) for one in plain) and key in SCALINGS:
            return SCALINGS[key]
    msg = (
        f"signal_scaling is {signal_scaling!r}; expected 0 (each voxel), 1 (each "
        "scan), (0, 1) (grand mean), or False for none"
    )
    raise ShapeError(msg)


def scale_signal(data: np.ndarray, signal_scaling, standardized: bool) -> np.ndarray:
    """Apply what a model's `signal_scaling` and `standardize` ask for, in place.

    Parameters
    ----------
    data : (n_scans, n_voxels) float
        The caller's own: it is overwritten.
    signal_scaling, standardized
        As the parameters of the model.

    Returns
    -------
    (n_scans, n_voxels)
        The same array.
    """
    axis = check_signal_scaling(signal_scaling)
    if axis is not None:
        _to_per_cent(data, axis)
    if standardized:
        _to_deviations(data)
    return data


def scans_to_per_cent(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some scans in per cent of their own means over voxels, and these means.

    For a run that comes in pieces; `warn_of_means` is the caller's.

    >>> scans_to_per_cent(np.array([[90.0, 110.0]]))
    (array([[-10., 10.]]), array([100.]))
    """
    mean = rows.mean(axis=1, dtype=np.float64)
    divisor = np.maximum(mean, 1)[:, None]
    return (100 * (rows / divisor - 1)).astype(rows.dtype), mean


def voxel_scaling(
    statistics: RunStatistics, signal_scaling, standardized: bool
) -> tuple[np.ndarray, np.ndarray]:
    """What `scale_signal` does to the series of a run, from its statistics alone.

    ::

        scaled = scale (y - shift)

    A scaling by the mean of each scan has to be done while scans pass
    (`scans_to_per_cent`); here it counts as none.

    Parameters
    ----------
    statistics : RunStatistics
    signal_scaling, standardized
        As the parameters of the model.

    Returns
    -------
    shift, scale : (n_voxels,)
    """
    axis = check_signal_scaling(signal_scaling)
    mean = statistics.mean
    shift, scale = np.zeros_like(mean), np.ones_like(mean)
    if axis in (0, (0, 1)):
        level = mean if axis == 0 else mean.mean()
        warn_of_means(np.asarray(level))
        shift += np.maximum(level, 1)
        scale = 100 / shift
    if standardized:
        shift = mean
        n_scans = statistics.products.n_scans
        deviation = np.sqrt(statistics.variation / max(n_scans - 1, 1))
        # Up to the rounding of its mean a constant series does not vary.
        varies = deviation > 1e-13 * np.abs(mean)
        scale = np.where(varies, 1 / np.where(varies, deviation, 1.0), 0.0)
    return shift, scale
