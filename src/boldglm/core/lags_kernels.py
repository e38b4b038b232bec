"""Compiled loops over scans and voxels."""

import numpy as np
from numba import njit

__all__ = ["centre", "lag_squares"]


@njit(nogil=True, cache=True)
def lag_squares(data, n_lags):  # type: ignore[no-untyped-def]
    """``sum_t y_t y_{t+k}`` in float64, for k = 0…n_lags; (n_lags + 1, n_voxels)."""
    n_scans, n_voxels = data.shape
    out = np.zeros((n_lags + 1, n_voxels))
    for lag in range(n_lags + 1):
        total = out[lag]
        for t in range(n_scans - lag):
            now, later = data[t], data[t + lag]
            for v in range(n_voxels):
                total[v] += np.float64(now[v]) * np.float64(later[v])
    return out


@njit(nogil=True, cache=True)
def centre(data, subtract):  # type: ignore[no-untyped-def]
    """Copy of a block less its means, the means, centred sums of squares, and codes.

    Codes: 0 usable, 1 constant up to rounding (copied as exactly constant), 2 with
    NaN or infinite values (copied as zeros).
    """
    n_scans, n_voxels = data.shape
    mean = np.zeros(n_voxels)
    square = np.zeros(n_voxels)
    code = np.zeros(n_voxels, np.uint8)
    copy = np.empty((n_scans, n_voxels), data.dtype)
    # Simple loops, one thing each: the compiler makes vector instructions of them.
    for t in range(n_scans):
        row = data[t]
        for v in range(n_voxels):
            mean[v] += row[v]
    for v in range(n_voxels):
        mean[v] /= n_scans
    for t in range(n_scans):
        row, new = data[t], copy[t]
        for v in range(n_voxels):
            deviation = row[v] - mean[v]
            square[v] += deviation * deviation
            new[v] = deviation if subtract else row[v]
    for v in range(n_voxels):
        if not np.isfinite(square[v]):
            code[v] = 2
            mean[v] = square[v] = 0.0
            copy[:, v] = 0.0
        elif square[v] <= n_scans * (1e-13 * mean[v]) ** 2:
            code[v] = 1
            mean[v] = data[0, v]
            square[v] = 0.0
            copy[:, v] = 0.0 if subtract else data[0, v]
    return copy, mean, square, code
