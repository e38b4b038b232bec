"""One number per region and scan: mean, median, spread of the voxels in a region."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from boldglm.core.parallel import blocks, map_blocks

__all__ = ["STRATEGIES", "summarize"]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


def summarize(
    rows: Array, columns: Array, starts: Array, strategy: str = "mean"
) -> Array:
    """Reduce the voxels of each region to one number, scan by scan.

    Region r has the columns ``columns[starts[r]:starts[r + 1]]``; a column may
    belong to several.

    Parameters
    ----------
    rows : (scan, voxel)
        Finite numbers. Not modified.
    columns : (n,) int
        Voxels of the first region, then those of the second, ...
    starts : (region + 1,) int
    strategy : str
        A key of `STRATEGIES`. Spreads have the divisor n.

    Returns
    -------
    (scan, region) float64
        Regions without voxels are 0.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0, 4.0, 9.0]])
    >>> summarize(rows, np.array([0, 3, 1]), np.array([0, 2, 3]))
    array([[5., 2.]])
    >>> summarize(rows, np.array([0, 3, 1]), np.array([0, 2, 3]), "variance")
    array([[16., 0.]])
    """
    reduce = STRATEGIES[strategy]
    sizes = np.diff(starts)
    filled = sizes > 0
    out = np.zeros((len(rows), sizes.size))
    if not filled.any():
        return out

    def one(part: slice) -> None:
        for scan in range(part.start, part.stop):
            values = rows[scan].take(columns).astype(np.float64)
            out[scan, filled] = reduce(values, starts[:-1][filled], sizes[filled])

    map_blocks(one, blocks(len(rows), max(1, 2**20 // columns.size)))
    return out


Reduction: TypeAlias = Callable[[Array, Array, Array], Array]


def _sum(values: Array, starts: Array, sizes: Array) -> Array:
    del sizes
    total: Array = np.add.reduceat(values, starts)
    return total


def _mean(values: Array, starts: Array, sizes: Array) -> Array:
    mean: Array = _sum(values, starts, sizes) / sizes
    return mean


def _minimum(values: Array, starts: Array, sizes: Array) -> Array:
    del sizes
    least: Array = np.minimum.reduceat(values, starts)
    return least


def _maximum(values: Array, starts: Array, sizes: Array) -> Array:
    del sizes
    most: Array = np.maximum.reduceat(values, starts)
    return most


def _variance(values: Array, starts: Array, sizes: Array) -> Array:
    centred = values - np.repeat(_mean(values, starts, sizes), sizes)
    return _mean(centred**2, starts, sizes)


def _standard_deviation(values: Array, starts: Array, sizes: Array) -> Array:
    spread: Array = np.sqrt(_variance(values, starts, sizes))
    return spread


def _median(values: Array, starts: Array, sizes: Array) -> Array:
    parts = np.split(values, starts[1:])
    del sizes
    return np.array([np.median(part) for part in parts])


#: By nilearn's names. A reduction of values, where each region starts, and its size.
STRATEGIES: Mapping[str, Reduction] = MappingProxyType(
    {
        "mean": _mean,
        "median": _median,
        "sum": _sum,
        "minimum": _minimum,
        "maximum": _maximum,
        "standard_deviation": _standard_deviation,
        "variance": _variance,
    }
)
