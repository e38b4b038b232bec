"""Statistics of many shuffles at once: products of matrices, tile by tile."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm.core.group_test import (
    TIE,
    GroupTest,
    correlation_to_statistic,
    group_freedom,
)
from boldglm.core.parallel import one_blas_thread

__all__ = ["Tiles"]

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]

# Numbers of a tile: with what is made of them they stay in the second cache, and are
# enough for the time it takes to call what computes them not to count.
TILE = 2**16
# Products of a voxel in a tile: matrices of this shape are those BLAS is fastest at.
PRODUCTS = 256
# Shuffles of a tile of which all voxels are kept.
MAPS = 16


@dataclass(frozen=True)
class Tiles:
    """Statistics of a group test under shuffles, by tiles of shuffles and voxels.

    Tiles of shuffles begin at multiples of `n_draws`, and are always computed whole:
    the numbers of a shuffle are the same to the last bit, whichever part of the
    shuffles is asked for and by whom.

    Attributes
    ----------
    test : GroupTest
    rows : (n_products, n_rows)
        Directions to take products with, for every shuffle.
    n_draws, width : int
        Shuffles and voxels of a tile.
    plain : bool
        The product is the correlation: nothing else moves with the shuffles.
    """

    test: GroupTest
    rows: Array
    n_draws: int
    width: int
    plain: bool

    @classmethod
    def of(cls, test: GroupTest) -> "Tiles":
        """Lay out the tiles of a test.

        Parameters
        ----------
        test : GroupTest
        """
        split = test.split
        if test.variance_group is not None:
            directions = np.concatenate([split.tested, split.nuisance])
            forming = np.eye(split.n_rows) - directions.T @ directions
            rows = np.concatenate([directions, forming])
            plain = False
        else:
            rows = np.concatenate([split.tested, _moving(test)])
            plain = len(rows) == 1 and split.kind == "t"
        n_draws = max(4, PRODUCTS // len(rows))
        if test.asked.whole_maps:
            n_draws = min(n_draws, MAPS)
        width = max(16, TILE // (n_draws * len(rows)))
        return cls(test, rows, n_draws, width, plain and not test.asked.whole_maps)

    def weights(self, tile: int) -> Single:
        """Weights of the data for the shuffles of a tile, (n_draws, n_products, n)."""
        from boldglm.core.permute_kernels import shuffled_rows

        first = tile * self.n_draws
        order, sign = self.test.shuffles.draw(first, first + self.n_draws)
        shape = (self.n_draws, *self.rows.shape)
        weights = np.empty(shape, dtype=np.float32)
        shuffled_rows(self.rows, order, sign, weights)
        return weights

    def scratch(self) -> Single:
        """Memory for `statistics`, to be used by one thread at a time."""
        return np.empty(self.n_draws * (len(self.rows) + 1) * self.width, np.float32)

    def statistics(self, weights: Single, voxels: slice, scratch: Single) -> Single:
        """Statistics of a tile of shuffles at some voxels.

        T or F, or v or G of variance groups; the correlation where that is `plain`.

        Parameters
        ----------
        weights : (n_draws, n_products, n_rows)
        voxels : slice
            One of `voxels`.
        scratch : array
            From `scratch`.

        Returns
        -------
        (n_draws, n_voxels) float32, C-contiguous
            Lies in `scratch`.
        """
        from boldglm.core.group_statistic_kernels import statistics, welch_statistics

        n_draws, n_products, n_rows = weights.shape
        width = voxels.stop - voxels.start
        memory = scratch[: n_draws * (n_products + 1) * width]
        memory = memory.reshape(-1, width)
        out, products = memory[:n_draws], memory[n_draws:]
        data = self.test.unit[:, voxels]
        matrix = weights.reshape(-1, n_rows)
        if self.plain:
            return np.matmul(matrix, data, out=out)
        products = np.matmul(matrix, data, out=products)
        products = products.reshape(n_draws, n_products, width)
        split = self.test.split
        dim = 0 if split.kind == "t" else split.dim
        group = self.test.variance_group
        if group is None:
            statistics(products, dim, split.dof, out)
            return out
        directions = np.concatenate([split.tested, split.nuisance])
        freedom = group_freedom(split, group)
        welch_statistics(products, dim, directions, group, freedom, out)
        return out

    def rows_of(self, tile: int) -> Single:
        """Statistics of a tile of shuffles at all voxels, (n_draws, n_voxels)."""
        weights, scratch = self.weights(tile), self.scratch()
        rows = np.empty((self.n_draws, self.test.n_voxels), dtype=np.float32)
        # Threads of BLAS would cut the sums elsewhere, and so change their last bits.
        with one_blas_thread():
            for part in self.voxels():
                rows[:, part] = self.statistics(weights, part, scratch)
        return rows

    def observed(self) -> Array:
        """Statistics of the data as they are, (n_voxels,)."""
        if self.test.variance_group is None:
            return self.test.statistic
        return self.rows_of(0)[0].astype(np.float64)

    def voxels(self) -> list[slice]:
        """All voxels in stretches of `width`; the last one may be shorter."""
        n_voxels = self.test.n_voxels
        starts = range(0, n_voxels, self.width)
        return [slice(start, min(start + self.width, n_voxels)) for start in starts]

    def reached(self, observed: Array) -> Single:
        """What a shuffle has to reach to count as at or above the data as they are.

        Parameters
        ----------
        observed : (n_voxels,)
            From `observed`; looked at for variance groups only.

        Returns
        -------
        (n_voxels,) float32
            A little less, so that ties count.
        """
        test = self.test
        if test.variance_group is not None:
            size = np.abs(observed) if test.two_sided else observed
            return np.asarray(size - 1e-5 * np.abs(size) - 1e-6, dtype=np.float32)
        size = np.abs(test.correlation) if test.two_sided else test.correlation
        if self.plain:
            return (size - TIE).astype(np.float32)
        # An F does not fall below 0, and neither does what has to be reached.
        least = -1.0 if test.split.kind == "t" else 0.0
        lower = np.maximum(size - TIE, least)
        return correlation_to_statistic(lower, test.split).astype(np.float32)

    def in_units_of_statistic(self, values: npt.NDArray[np.floating]) -> Array:
        """Statistics, where tiles give correlations."""
        exact = values.astype(np.float64)
        return correlation_to_statistic(exact, self.test.split) if self.plain else exact


def _moving(test: GroupTest) -> Array:
    """Directions of the nuisance that shuffled residuals can fall into.

    Residuals have no part in the nuisance, and permutations keep it so for what they
    leave in place, such as the mean.
    """
    nuisance = test.split.nuisance
    if test.shuffles.kind != "permutation" or not len(nuisance):
        return nuisance
    fixed = test.shuffles.exchange.fixed_space()
    turn, cosine, _ = np.linalg.svd(nuisance @ fixed)
    stays = np.zeros(len(nuisance), dtype=bool)
    stays[: cosine.size] = cosine > 1 - 1e-8
    return np.asarray(turn.T[~stays] @ nuisance)
