"""Loops behind `boldglm.core.group_statistic`: from products to statistics.

All arrays are (draw, …, voxel) with voxels contiguous, and the loops over voxels have
no branches, so that they become vector instructions. ``fastmath`` lets the compiler
take maxima without looking for NaN and infinity, which the data have none of.
"""

import math

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "LOWEST",
    "count_step_down",
    "plain_maxima",
    "ratios_of_squares",
    "statistics",
    "welch_statistics",
]

Single = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]

# Unit vectors in single precision: a residual of less than this is none.
LEAST = np.float32(1e-7)
# Below all statistics, and finite, as ``fastmath`` takes all numbers to be.
LOWEST = np.finfo(np.float32).min
ONE = np.float32(1.0)


@njit(nogil=True, cache=True, fastmath=True)
def plain_maxima(
    products: Single, two_sided: bool, low: Single, maxima: Single, counts: Counts
) -> None:
    """Take a tile of correlations into running maxima and counts.

    Parameters
    ----------
    products : (draw, voxel)
    low : (voxel,)
        Count draws that reach this.
    maxima : (draw, voxel)
        Maxima over the tiles so far, lane by lane.
    counts : (voxel,)
    """
    for draw in range(products.shape[0]):
        for v in range(products.shape[1]):
            value = products[draw, v]
            if two_sided:
                value = abs(value)
            maxima[draw, v] = max(maxima[draw, v], value)
            counts[v] += value >= low[v]


@njit(nogil=True, cache=True, fastmath=True)
def statistics(products: Single, dim: int, dof: int, out: Single) -> None:
    """T or F of a tile.

    With b the products with directions tested and a those with the nuisance, of data
    of length one::

        t = b sqrt(dof / (1 - |a|^2 - b^2))
        F = |b|^2 / dim * dof / (1 - |a|^2 - |b|^2)

    Parameters
    ----------
    products : (draw, direction, voxel)
        Tested directions first. Overwritten.
    dim : int
        Of the contrast; 0 for a t.
    dof : int
    out : (draw, voxel)
    """
    n_draws, n_directions, n_voxels = products.shape
    n_tested = max(dim, 1)
    root = np.float32(math.sqrt(dof))
    for draw in range(n_draws):
        left = out[draw]
        for v in range(n_voxels):
            left[v] = ONE
        for k in range(n_tested, n_directions):
            for v in range(n_voxels):
                left[v] -= products[draw, k, v] * products[draw, k, v]
        effect = products[draw, 0]
        if dim > 0:
            ratios_of_squares(products[draw, :n_tested], np.float32(dof / dim), left)  # type: ignore[arg-type]
            continue
        for v in range(n_voxels):
            rest = max(left[v] - effect[v] * effect[v], LEAST)
            left[v] = effect[v] * root / np.float32(math.sqrt(rest))


@njit(nogil=True, cache=True, fastmath=True)
def ratios_of_squares(effects: Single, share: float, left: Single) -> None:
    """Replace what the nuisance left of the length by F, ``share |b|^2 / rest``."""
    square = effects[0]
    for v in range(left.size):
        square[v] = square[v] * square[v]
    for k in range(1, effects.shape[0]):
        for v in range(left.size):
            square[v] += effects[k, v] * effects[k, v]
    for v in range(left.size):
        left[v] = square[v] * share / max(left[v] - square[v], LEAST)


@njit(nogil=True, cache=True, fastmath=True)
def count_step_down(
    row: Single,
    two_sided: bool,
    order: npt.NDArray[np.int64],
    low: Single,
    counts: Counts,
) -> None:
    """Count, at each voxel, whether any voxel that is not before it reaches it.

    Parameters
    ----------
    row : (voxel,)
    order : (voxel,)
        Voxels from the largest observed statistic to the smallest.
    low : (voxel,)
        What counts as reached.
    counts : (voxel,)
    """
    highest = LOWEST
    for position in range(order.size - 1, -1, -1):
        v = order[position]
        value = abs(row[v]) if two_sided else row[v]
        highest = max(highest, value)
        counts[v] += highest >= low[v]


@njit(nogil=True, cache=True)
def welch_statistics(
    products: Single,
    dim: int,
    directions: npt.NDArray[np.float64],
    group: npt.NDArray[np.int64],
    freedom: npt.NDArray[np.float64],
    out: Single,
) -> None:
    """V or G of a tile: as t or F, with a variance for each group of rows.

    Parameters
    ----------
    products : (draw, direction + row, voxel)
        Products with the orthonormal directions of the design, tested ones first;
        then the residuals of every row.
    dim : int
        Of the contrast; 0 for a t.
    directions : (direction, row)
    group : (row,)
        Variance group, from 0.
    freedom : (group,)
        Diagonal of the residual-forming matrix, summed over the rows of each group.
    out : (draw, voxel)
    """
    n_directions, n_rows = directions.shape
    n_groups, n_tested = freedom.size, max(dim, 1)
    blocks = np.zeros((n_groups, n_directions, n_directions))
    size = np.zeros(n_groups)
    for i in range(n_rows):
        size[group[i]] += 1.0
        for j in range(n_directions):
            for k in range(n_directions):
                blocks[group[i], j, k] += directions[j, i] * directions[k, i]
    variance = np.empty(n_groups)
    information = np.empty((n_directions, n_directions))
    for draw in range(products.shape[0]):
        for v in range(products.shape[2]):
            variance[:] = 0.0
            for i in range(n_rows):
                rest = np.float64(products[draw, n_directions + i, v])
                variance[group[i]] += rest * rest
            information[:] = 0.0
            total = 0.0
            for g in range(n_groups):
                weight = freedom[g] / max(variance[g], 1e-14)
                total += weight * size[g]
                information += weight * blocks[g]
            inverse = np.linalg.inv(information)
            if dim == 0:
                effect = np.float64(products[draw, 0, v])
                out[draw, v] = np.float32(effect / math.sqrt(inverse[0, 0]))
                continue
            effects = products[draw, :n_tested, v].astype(np.float64)
            whitened = np.linalg.solve(inverse[:n_tested, :n_tested].copy(), effects)
            spread = 0.0
            for g in range(n_groups):
                weight = freedom[g] / max(variance[g], 1e-14) * size[g] / total
                spread += (1.0 - weight) ** 2 / freedom[g]
            scale = 1.0 + 2.0 * (dim - 1) / (dim * (dim + 2.0)) * spread
            square = np.dot(effects, whitened)
            out[draw, v] = np.float32(square / (scale * dim))
