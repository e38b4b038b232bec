"""A permutation test from beginning to end: maps, null distributions, p."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.discoveries import TemplateCalibration
from boldglm.core.group_statistic import Tiles
from boldglm.core.group_test import TIE, GroupTest
from boldglm.core.map_statistics import MapStatistics, cluster_values
from boldglm.core.maxstat import Null, shuffle
from boldglm.core.permutation_p import corrected_p, count_p, step_down_p

__all__ = ["PermutationTest", "observed_maps", "run_permutations"]

Array = npt.NDArray[np.float64]

# Largest part of a mass or an enhancement by which ties are told.
MOST = 1e-3


@dataclass(frozen=True)
class PermutationTest:
    """What a permutation test found.

    Attributes
    ----------
    test : GroupTest
    null : Null
        Of all shuffles but the unshuffled one.
    maps : dict of (n_voxels,) float64
        ``'stat'``, and as asked for: ``'size'`` and ``'mass'`` of the cluster of each
        voxel (0 in none), ``'tfce'`` (negative on the negative side).
    """

    test: GroupTest
    null: Null
    maps: dict[str, Array]

    def corrected(self, name: str, tail: str | None = None) -> Array:
        """P of the family, (n_voxels,).

        Parameters
        ----------
        name : {'stat', 'size', 'mass', 'tfce'}
        tail : {None, 'gpd'}
            See `corrected_p`.
        """
        observed = self.maps[name]
        if name == "stat":
            tiles = Tiles.of(self.test)
            low = tiles.in_units_of_statistic(tiles.reached(observed))
        else:
            size = np.abs(observed)
            low = size - self._same * size
        return corrected_p(self.null.maxima[name], low, tail)

    @property
    def _same(self) -> float:
        """Part by which masses and enhancements may differ that are equal.

        A correlation r that is off by e gives statistics that are off by a part of
        ``e / (1 - r^2)``: these are sums of such.
        """
        largest = float(np.max(np.abs(self.test.correlation)))
        return min(TIE / max(1.0 - largest**2, TIE), MOST)

    def uncorrected(self) -> Array:
        """P of every voxel by itself, (n_voxels,)."""
        return count_p(self.null.reached, self.null.n_draws)

    def step_down(self) -> Array:
        """P of the family, step by step, (n_voxels,).

        Raises
        ------
        ValueError
            If it was not asked for.
        """
        if self.null.step_down is None:
            msg = "step-down p were not asked for; set Asked.step_down"
            raise ValueError(msg)
        stat = self.maps["stat"]
        size = np.abs(stat) if self.test.two_sided else stat
        return step_down_p(self.null.step_down, size, self.null.n_draws)

    def calibration(self) -> TemplateCalibration:
        """Template of p values that these shuffles allow, the data among them.

        Raises
        ------
        ValueError
            If pivots were not asked for.
        """
        if "pivot" not in self.null.maxima:
            msg = "pivots were not asked for; set Asked.pivots"
            raise ValueError(msg)
        row = Tiles.of(self.test).rows_of(0)[0]
        maps = MapStatistics(self.test, row, row)
        with maps.workspace() as work:
            own = maps.largest(row, work)["pivot"]
        pivots = np.append(self.null.maxima["pivot"], own)
        return TemplateCalibration(pivots, self.test.n_voxels)


def run_permutations(
    test: GroupTest,
    *,
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> PermutationTest:
    """Compute the maps of a test, and shuffle.

    Parameters
    ----------
    test : GroupTest
    n_jobs : int or None
        Threads, see `boldglm.core.parallel.n_workers`.
    progress : callable, optional
        See `boldglm.core.maxstat.shuffle`.

    Returns
    -------
    PermutationTest

    Examples
    --------
    >>> from boldglm.core.group_test import Asked
    >>> from boldglm.core.partition import partition
    >>> from boldglm.core.permute import plan_shuffles
    >>> data = np.array([[1.0, -1], [2.0, 1], [2.5, 0.5], [3.0, -1]])
    >>> split = partition(np.ones((4, 1)), [1.0])
    >>> flips = plan_shuffles(split, 100, seed=0)
    >>> found = run_permutations(GroupTest.prepare(data, split, flips, Asked()))
    >>> found.corrected("stat")
    array([0.25, 1.  ])
    """
    null = shuffle(test, n_jobs=n_jobs, progress=progress)
    return PermutationTest(test, null, observed_maps(test))


def observed_maps(test: GroupTest) -> dict[str, Array]:
    """Maps of the data as they are; see `PermutationTest`.

    Clusters and enhancement come from statistics in single precision, as those of
    shuffles do: one that gives the same statistics gives the same clusters.
    """
    asked, tiles = test.asked, Tiles.of(test)
    maps = {"stat": tiles.observed()}
    if not (asked.clusters or asked.tfce):
        return maps
    row = tiles.rows_of(0)[0]
    if asked.clusters:
        from boldglm.core.graph_clusters import graph_clusters

        values, height = cluster_values(test, row)
        found = graph_clusters(
            values, asked.clusters.graph, height, two_sided=test.two_sided
        )
        for name, each in (("size", found.sizes), ("mass", found.masses)):
            maps[name] = np.concatenate([[0.0], each])[found.labels]
    if asked.tfce:
        from boldglm.core.tfce import tfce

        maps["tfce"] = tfce(
            row,
            asked.tfce.graph,
            extent=asked.tfce.extent,
            height=asked.tfce.height,
            two_sided=test.two_sided,
            steps=asked.tfce.steps,
        )
    return maps
