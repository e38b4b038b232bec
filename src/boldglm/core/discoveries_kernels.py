"""Loops behind `boldglm.core.discoveries`: one pass over the voxels each."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["count_bins", "select_bins"]

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]


@njit(nogil=True, cache=True)
def bin_of(value: float, low: float, per_unit: float, n_bins: int) -> int:
    """Bin of a value; what lies beyond the bins is in the first or last."""
    place = (value - low) * per_unit
    return int(min(max(place, 0.0), n_bins - 1.0))


@njit(nogil=True, cache=True)
def count_bins(
    values: Floats, low: float, per_unit: float, counts: Integers, extremes: Floats
) -> None:
    """Number of values in each bin, and the (2, bin) least and greatest of them."""
    n_bins = counts.size
    for value in values:
        k = bin_of(value, low, per_unit, n_bins)
        counts[k] += 1
        extremes[0, k] = min(extremes[0, k], value)
        extremes[1, k] = max(extremes[1, k], value)


@njit(nogil=True, cache=True)
def select_bins(
    values: Floats, low: float, per_unit: float, wanted: Flags, out: Any
) -> None:
    """Indices and bins, (2, n) int64, of the values that lie in wanted bins."""
    n_bins, n = wanted.size, 0
    for i in range(values.size):
        k = bin_of(values[i], low, per_unit, n_bins)
        if wanted[k]:
            out[0, n], out[1, n] = i, k
            n += 1
