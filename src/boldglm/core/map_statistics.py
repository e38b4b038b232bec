"""What is taken from the whole map of one shuffle: clusters, enhancement, pivots."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.discoveries import statistic_pivot
from boldglm.core.graph_clusters import MaxClusters
from boldglm.core.group_test import GroupTest
from boldglm.core.tails import f_to_p, f_to_z, t_to_p, t_to_z
from boldglm.core.tfce import MaxTfce

__all__ = ["MapStatistics", "cluster_values"]

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int32]


def cluster_values(test: GroupTest, row: Single) -> tuple[Single, float]:
    """The map that clusters are made of, and the height they exceed.

    Where masses are sums of z, that is z beyond the height, and 0 up to it.

    Parameters
    ----------
    test : GroupTest
        One that asks for clusters.
    row : (n_voxels,) float32
        Statistics of a shuffle.

    Returns
    -------
    values : (n_voxels,) float32
    height : float

    Raises
    ------
    ValueError
        If the test asks for no clusters.
    """
    asked, split = test.asked.clusters, test.split
    if asked is None:
        msg = "the test asks for no clusters; set Asked.clusters"
        raise ValueError(msg)
    if asked.mass == "excess":
        return row, asked.height
    beyond = np.flatnonzero((np.abs(row) if test.two_sided else row) > asked.height)
    values = np.zeros_like(row)
    if split.kind == "t":
        values[beyond] = t_to_z(row[beyond], split.dof)
    else:
        values[beyond] = f_to_z(row[beyond], split.dim, split.dof)
    return values, 0.0


class MapStatistics:
    """Largest clusters, enhancement and pivots of maps, as a test asks for them.

    Parameters
    ----------
    test : GroupTest
    observed : (n_voxels,)
        Statistics of the data as they are.
    low : (n_voxels,) float32
        What a shuffle has to reach to count.
    """

    def __init__(
        self, test: GroupTest, observed: npt.NDArray[np.floating], low: Single
    ) -> None:
        asked = test.asked
        self._test, self._low = test, low
        self._signs = (1, -1) if test.two_sided else (1,)
        size = np.abs(observed) if test.two_sided else observed
        self._order = np.argsort(-size, kind="stable") if asked.step_down else None
        self._clusters = asked.clusters and MaxClusters(asked.clusters.graph)
        self._tfce = asked.tfce and MaxTfce(
            asked.tfce.graph,
            extent=asked.tfce.extent,
            height=asked.tfce.height,
            steps=asked.tfce.steps,
            two_sided=test.two_sided,
        )
        self._idle: list[dict[str, Any]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """What `largest` returns."""
        asked = self._test.asked
        names = ["size", "mass"] if asked.clusters else []
        names += ["tfce"] if asked.tfce else []
        names += ["pivot"] if asked.pivots else []
        return tuple(names)

    @contextmanager
    def workspace(self) -> Iterator[dict[str, Any]]:
        """Memory for `largest`, for one thread; given back for the next."""
        parts = {"clusters": self._clusters, "tfce": self._tfce}
        # A list gives and takes in one step of the interpreter: no lock is needed.
        try:
            work = self._idle.pop()
        except IndexError:
            work = {name: part.workspace() for name, part in parts.items() if part}
        try:
            yield work
        finally:
            self._idle.append(work)

    def count_step_down(self, row: Single, counts: Counts) -> None:
        """Count where the largest statistic of lower voxels reaches the data."""
        if self._order is None:
            return
        from boldglm.core.group_statistic_kernels import count_step_down

        count_step_down(row, self._test.two_sided, self._order, self._low, counts)

    def largest(self, row: Single, work: dict[str, Any]) -> dict[str, float]:
        """What was asked for, of one map.

        Parameters
        ----------
        row : (n_voxels,) float32
        work : dict
            From `workspace`.
        """
        found: dict[str, float] = {}
        if self._clusters:
            values, height = cluster_values(self._test, row)
            sides = [
                self._clusters.largest(values, height, work["clusters"], sign)
                for sign in self._signs
            ]
            found["size"] = max(side.size for side in sides)
            found["mass"] = max(side.mass for side in sides)
        if self._tfce:
            found["tfce"] = max(
                self._tfce.largest(row, work["tfce"], sign) for sign in self._signs
            )
        if self._test.asked.pivots:
            found["pivot"] = statistic_pivot(row, self._tail)
        return found

    def _tail(self, values: Array) -> Array:
        """P of statistics, one-sided."""
        split = self._test.split
        if split.kind == "t":
            return t_to_p(values, split.dof)
        return f_to_p(values, split.dim, split.dof)
