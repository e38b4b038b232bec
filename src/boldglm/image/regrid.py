"""Image data from one grid to another."""

from typing import Any, Literal

import numpy as np

from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.resample import SPLINE_ORDERS, resample_volumes
from boldglm.image.grid import Grid

__all__ = ["Interpolation", "check_interpolation", "regrid"]

Interpolation = Literal["continuous", "linear", "nearest"]


def check_interpolation(interpolation: str) -> None:
    """Raise unless `interpolation` names one of ours.

    Examples
    --------
    >>> check_interpolation("cubic")
    Traceback (most recent call last):
        ...
    ValueError: interpolation is 'cubic'; expected 'continuous', 'linear', 'nearest'.
    """
    if interpolation not in SPLINE_ORDERS:
        names = ", ".join(repr(name) for name in SPLINE_ORDERS)
        msg = f"interpolation is {interpolation!r}; expected {names}."
        raise ValueError(msg)


def regrid(
    data: np.ndarray,
    source: Grid,
    target: Grid,
    *,
    interpolation: str = "continuous",
    clip: bool = True,
    fill_value: float = 0.0,
    order: Literal["F", "C"] = "F",
    n_jobs: int | None = None,
) -> np.ndarray:
    """Interpolate data that lie on `source` at the voxels of `target`.

    Parameters
    ----------
    data : (x, y, z) or (x, y, z, scan)
        Not modified.
    source, target : Grid
    interpolation : {"continuous", "linear", "nearest"}
        B-spline of order 3, 1, 0.
    clip : bool
        Keep interpolated values within the range of the data and 0: cubic
        splines overshoot at edges.
    fill_value : float
        For voxels of `target` outside `source`.
    order : {"F", "C"}
        Memory layout of the result.
    n_jobs : int or None
        Threads.

    Returns
    -------
    array on `target`
        Of the type of `data`; signed integers become floats under
        "continuous".

    Warns
    -----
    ImageWarning
        If values are not finite, or the data are a mask and would be blurred.
    """
    scans = data if data.ndim == 4 else data[..., np.newaxis]
    if not scans.dtype.isnative:
        scans = scans.astype(scans.dtype.newbyteorder("="))
    out = np.empty(
        (*target.shape, scans.shape[3]),
        dtype=_resampled_dtype(scans.dtype, interpolation),
        order=order,
    )
    limits = _range_with_zero(scans)
    if interpolation != "nearest" and _is_binary(scans, limits):
        warn(
            f"A mask of zeros and ones is resampled by {interpolation!r} "
            "interpolation, which blurs it. Use interpolation='nearest'.",
            ImageWarning,
        )
    resample_volumes(
        scans,
        source.voxel_from(target),
        out,
        order=SPLINE_ORDERS[interpolation],
        fill_value=fill_value,
        limits=limits if clip else None,
        n_jobs=n_jobs,
    )
    return out if data.ndim == 4 else out[..., 0]


def _resampled_dtype(dtype: np.dtype[Any], interpolation: str) -> np.dtype[Any]:
    if interpolation == "continuous" and dtype.kind == "i":
        return np.dtype(np.float64 if dtype.itemsize > 4 else np.float32)
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype


def _range_with_zero(data: np.ndarray) -> tuple[float, float]:
    """Range of the finite values and 0; says so when there are others."""
    low, high = data.min(), data.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        warn(
            "The image has values that are not finite (nan or inf). They are bridged "
            "from their neighbours for interpolation, and are nan after it.",
            ImageWarning,
        )
        low, high = np.inf, -np.inf
        for scan in range(data.shape[3]):
            finite = data[..., scan][np.isfinite(data[..., scan])]
            low = min(low, finite.min(initial=np.inf))
            high = max(high, finite.max(initial=-np.inf))
    return float(min(low, 0)), float(max(high, 0))


def _is_binary(data: np.ndarray, limits: tuple[float, float]) -> bool:
    if limits[0] < 0 or limits[1] > 1:
        return False
    return bool(((data == 0) | (data == 1)).all())
