"""The null distribution of the largest statistic, cluster and enhancement."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, pairwise
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.group_statistic import Tiles
from boldglm.core.group_test import GroupTest
from boldglm.core.map_statistics import MapStatistics
from boldglm.core.parallel import map_blocks

__all__ = ["Null", "key_of", "merge_nulls", "shuffle"]

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Null:
    """What a stretch of shuffles gave.

    Attributes
    ----------
    first, stop : int
        Shuffles ``first … stop - 1``; number 0 is the data as they are.
    key : str
        Of the test they belong to.
    reached : (n_voxels,) int64
        Shuffles whose statistic at the voxel is as large as that of the data.
    step_down : (n_voxels,) int64 or None
        The same for the largest statistic of all voxels that are not larger in the
        data than this one.
    maxima : dict of (stop - first,) float64
        ``'stat'``: the largest statistic of each shuffle (by size if two-sided). If
        asked for, ``'size'`` and ``'mass'`` of clusters, ``'tfce'``, and
        ``'pivot'``, the smallest of Simes' ratios.
    """

    first: int
    stop: int
    key: str
    reached: Counts
    step_down: Counts | None
    maxima: dict[str, Array]

    @property
    def n_draws(self) -> int:
        """Number of shuffles."""
        return self.stop - self.first


def shuffle(
    test: GroupTest,
    first: int = 1,
    stop: int | None = None,
    *,
    n_jobs: int | None = None,
    progress: Callable[[int], Any] | None = None,
) -> Null:
    """Compute the statistics of shuffled data, and keep what tests need of them.

    All shuffles of all voxels are one product of matrices, cut into tiles that stay
    in the cache, each of which is reduced before the next one is computed.

    Parameters
    ----------
    test : GroupTest
    first, stop : int
        Which shuffles; by default all of ``1 … n_draws``. Stretches may be computed
        anywhere, at any time, and put together by `merge_nulls`.
    n_jobs : int or None
        Threads, see `boldglm.core.parallel.n_workers`. Results do not depend on it.
    progress : callable, optional
        Called with the number of shuffles that have just been done, from any thread.

    Returns
    -------
    Null

    Raises
    ------
    ValueError
        If there are no such shuffles.

    References
    ----------
    Westfall and Young 1993, Resampling-based multiple testing. Wiley.
    Nichols and Holmes 2002, Human Brain Mapping 15, 1-25.

    Examples
    --------
    All sign flips of four numbers; one of the 15 others reaches the size of their sum:

    >>> from boldglm.core.group_test import Asked
    >>> from boldglm.core.partition import partition
    >>> from boldglm.core.permute import plan_shuffles
    >>> split = partition(np.ones((4, 1)), [1.0])
    >>> flips = plan_shuffles(split, 100, seed=0)
    >>> data = np.array([[1.0], [2.0], [2.5], [3.0]])
    >>> null = shuffle(GroupTest.prepare(data, split, flips, Asked()))
    >>> null.n_draws, null.reached
    (15, array([1]))
    """
    stop = test.shuffles.n_draws + 1 if stop is None else stop
    if not 0 <= first < stop <= test.shuffles.n_draws + 1:
        msg = (
            f"shuffles {first} to {stop - 1} were asked for; there are 0 to "
            f"{test.shuffles.n_draws}"
        )
        raise ValueError(msg)
    sweep = _Sweep(test, first, stop, progress)
    n_draws = sweep.tiles.n_draws
    tiles = range(first // n_draws, -(-stop // n_draws))
    map_blocks(sweep.tile, tiles, n_jobs=n_jobs)
    return sweep.null()


def merge_nulls(nulls: list[Null]) -> Null:
    """Put stretches of shuffles of one test together, exactly.

    Parameters
    ----------
    nulls : list of Null
        In any order; together they must leave no gap.

    Returns
    -------
    Null

    Raises
    ------
    ValueError
        If stretches overlap, leave a gap, or belong to different tests.

    Examples
    --------
    >>> from boldglm.core.group_test import Asked
    >>> from boldglm.core.partition import partition
    >>> from boldglm.core.permute import plan_shuffles
    >>> split = partition(np.ones((9, 1)), [1.0])
    >>> data = np.random.default_rng(0).standard_normal((9, 20))
    >>> test = GroupTest.prepare(
    ...     data, split, plan_shuffles(split, 100, seed=0), Asked()
    ... )
    >>> parts = merge_nulls([shuffle(test, 50, 101), shuffle(test, 1, 50)])
    >>> bool(np.all(parts.maxima["stat"] == shuffle(test).maxima["stat"]))
    True
    """
    parts = sorted(nulls, key=lambda null: null.first)
    if not parts:
        msg = "there is nothing to merge; expected one stretch of shuffles or more"
        raise ValueError(msg)
    if len({null.key for null in parts}) > 1:
        msg = (
            "these stretches belong to different tests: data, design, seed and what "
            "is asked must be the same"
        )
        raise ValueError(msg)
    for before, after in pairwise(parts):
        if before.stop != after.first:
            msg = (
                f"shuffles {before.first} to {before.stop - 1} are followed by "
                f"{after.first} to {after.stop - 1}; expected {before.stop} next, "
                "without gap or overlap"
            )
            raise ValueError(msg)
    step_down = [null.step_down for null in parts if null.step_down is not None]
    return Null(
        first=parts[0].first,
        stop=parts[-1].stop,
        key=parts[0].key,
        reached=np.sum([null.reached for null in parts], axis=0),
        step_down=np.sum(step_down, axis=0) if step_down else None,
        maxima={
            name: np.concatenate([null.maxima[name] for null in parts])
            for name in parts[0].maxima
        },
    )


def key_of(test: GroupTest) -> str:
    """What tells tests apart: data, design, shuffles and what is asked.

    A text of 64 letters; the number of threads has no part in it.
    """
    shuffles, asked = test.shuffles, test.asked
    digest = hashlib.sha256()
    groups = () if test.variance_group is None else (test.variance_group,)
    arrays = (test.unit, test.split.tested, test.split.nuisance, *groups)
    exchange = (*shuffles.exchange.groups, *shuffles.exchange.units)
    graphs = [ask.graph for ask in (asked.clusters, asked.tfce) if ask is not None]
    lines = [(each.starts, each.neighbours, each.areas) for each in graphs]
    for array in (*arrays, shuffles.row_types, *exchange, *chain(*lines)):
        values = np.ascontiguousarray([] if array is None else array)
        digest.update(repr((values.shape, values.dtype)).encode() + values.tobytes())
    clusters = asked.clusters and (asked.clusters.height, asked.clusters.mass)
    tfce = asked.tfce and (asked.tfce.extent, asked.tfce.height, asked.tfce.steps)
    words = (
        test.split.kind,
        shuffles.kind,
        shuffles.exhaustive,
        None if shuffles.exhaustive else shuffles.seed,
        (asked.two_sided, asked.step_down, asked.pivots, clusters, tfce),
    )
    digest.update(repr(words).encode())
    return digest.hexdigest()


class _Sweep:
    """One pass over a stretch of shuffles, by several threads."""

    def __init__(
        self,
        test: GroupTest,
        first: int,
        stop: int,
        progress: Callable[[int], Any] | None,
    ) -> None:
        self.test, self.first, self.stop = test, first, stop
        self.tiles = Tiles.of(test)
        self.progress = progress
        observed = self.tiles.observed()
        self.low = self.tiles.reached(observed)
        self.maps = MapStatistics(test, observed, self.low)
        names = ("stat", *self.maps.names)
        self.maxima = {name: np.empty(stop - first) for name in names}
        self.reached = np.zeros(test.n_voxels, dtype=np.int64)
        self.step_down = np.zeros(test.n_voxels, dtype=np.int64)
        self.lock = Lock()

    def null(self) -> Null:
        """What was found, when all tiles are done."""
        return Null(
            first=self.first,
            stop=self.stop,
            key=key_of(self.test),
            reached=self.reached,
            step_down=self.step_down if self.test.asked.step_down else None,
            maxima=self.maxima,
        )

    def tile(self, tile: int) -> None:
        """Compute a tile of shuffles, and count those that were asked for."""
        n_draws = self.tiles.n_draws
        start = tile * n_draws
        wanted = slice(max(self.first - start, 0), min(self.stop - start, n_draws))
        place = slice(
            start + wanted.start - self.first, start + wanted.stop - self.first
        )
        counts = np.zeros(self.test.n_voxels, dtype=np.int32)
        if self.test.asked.whole_maps:
            largest = self._by_maps(tile, wanted, place, counts)
        else:
            largest = self._by_tiles(tile, wanted, counts)
        self.maxima["stat"][place] = self.tiles.in_units_of_statistic(largest)
        with self.lock:
            self.reached += counts
        if self.progress is not None:
            self.progress(wanted.stop - wanted.start)

    def _by_tiles(
        self, tile: int, wanted: slice, counts: npt.NDArray[np.int32]
    ) -> Single:
        """Maxima of a tile, of which no shuffle is ever there as a whole map."""
        from boldglm.core.group_statistic_kernels import LOWEST, plain_maxima

        weights, scratch = self.tiles.weights(tile), self.tiles.scratch()
        n_wanted, width = wanted.stop - wanted.start, self.tiles.width
        lanes = np.full((n_wanted, width), LOWEST)
        for part in self.tiles.voxels():
            found = self.tiles.statistics(weights, part, scratch)[wanted]
            two_sided, low = self.test.two_sided, self.low[part]
            plain_maxima(found, two_sided, low, lanes, counts[part])
        return np.asarray(lanes.max(axis=1))

    def _by_maps(
        self,
        tile: int,
        wanted: slice,
        place: slice,
        counts: npt.NDArray[np.int32],
    ) -> Single:
        """Maxima of a tile, shuffle by shuffle, and what else was asked of them."""
        rows = self.tiles.rows_of(tile)[wanted]
        size = np.abs(rows) if self.test.two_sided else rows
        for row in size:
            counts += row >= self.low
        step_down = np.zeros(self.test.n_voxels, dtype=np.int32)
        with self.maps.workspace() as work:
            for index, row in enumerate(rows):
                self.maps.count_step_down(row, step_down)
                for name, value in self.maps.largest(row, work).items():
                    self.maxima[name][place.start + index] = value
        with self.lock:
            self.step_down += step_down
        return np.asarray(size.max(axis=1))
