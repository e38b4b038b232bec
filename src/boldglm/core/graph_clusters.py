"""Clusters of nodes above a threshold on any graph: voxels of a mask, or a surface."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boldglm.core.graph import Graph, Links, node_values, not_finite

if TYPE_CHECKING:
    from boldglm.core.graph_clusters_kernels import Buffers

__all__ = [
    "ClusterWorkspace",
    "Clusters",
    "LargestClusters",
    "MaxClusters",
    "graph_clusters",
]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Clusters:
    """Clusters of a map: positive before negative, each in order of first nodes.

    Attributes
    ----------
    labels : (n_nodes,) int32
        From 1; 0 is no cluster.
    sizes : (n_clusters,) float64
        Number of nodes, or the sum of the graph's areas.
    masses : (n_clusters,) float64
        Sum over nodes of what is above the threshold, ``|value| - threshold``.
    totals : (n_clusters,) float64
        Sum over nodes of ``|value|``: the mass of nistats.
    """

    labels: npt.NDArray[np.int32]
    sizes: Array
    masses: Array
    totals: Array


class LargestClusters(NamedTuple):
    """The largest of each measure of `Clusters`, maybe of different clusters."""

    size: float
    mass: float
    total: float


def graph_clusters(
    values: npt.ArrayLike, graph: Graph, threshold: float, *, two_sided: bool = False
) -> Clusters:
    """Clusters of nodes that touch and are above a threshold.

    Parameters
    ----------
    values : (n_nodes,) float
        A map of t, z or F. Not modified.
    graph : Graph
        Which nodes touch.
    threshold : float
        In units of the values, 0 or more. A node as high as that is not above.
    two_sided : bool
        Whether values below ``-threshold`` form clusters too, of their own.

    Returns
    -------
    Clusters

    Raises
    ------
    ShapeError
        If there is not one value for each node.
    ValueError
        If a value is not finite, or the threshold is negative.

    Examples
    --------
    >>> from boldglm.core.graph import volume_graph
    >>> row = volume_graph(np.ones((1, 1, 6), dtype=bool))
    >>> found = graph_clusters([-5.0, 0, 4, 3.5, 0, 9], row, 3.0, two_sided=True)
    >>> found.labels
    array([3, 0, 1, 1, 0, 2], dtype=int32)
    >>> found.sizes, found.masses, found.totals
    (array([2., 1., 1.]), array([1.5, 6. , 2. ]), array([7.5, 9. , 5. ]))
    """
    from boldglm.core import graph_clusters_kernels as kernels

    clusters = MaxClusters(graph)
    height = _checked_threshold(threshold)
    checked = node_values(values, graph)
    buffers = clusters.workspace().buffers
    labels = np.zeros(graph.n_nodes, dtype=np.int32)
    sums = [np.empty((0, 3))]
    n_clusters = 0
    for sign in (1, -1) if two_sided else (1,):
        n = kernels.label_clusters(
            checked, height, sign, clusters._links, buffers, n_clusters, labels
        )
        if n == kernels.NOT_FINITE:
            raise not_finite(checked)
        n_clusters += n
        sums.append(buffers.sums[:n].copy())
    return Clusters(labels, *np.concatenate(sums).T.copy())


@dataclass(frozen=True, eq=False)
class MaxClusters:
    """The largest clusters of maps on one graph, for null distributions.

    Parameters
    ----------
    graph : Graph

    Examples
    --------
    >>> from boldglm.core.graph import volume_graph
    >>> row = MaxClusters(volume_graph(np.ones((1, 1, 5), dtype=bool)))
    >>> workspace = row.workspace()
    >>> row.largest(np.array([4.0, 3.5, 0.0, 9.0, -5.0]), 3.0, workspace)
    LargestClusters(size=2.0, mass=6.0, total=9.0)
    """

    graph: Graph

    def workspace(self) -> "ClusterWorkspace":
        """Memory that one thread needs, for any number of maps one by one."""
        return ClusterWorkspace(self.graph.n_nodes, self._links.n_places)

    def largest(
        self,
        values: npt.NDArray[Any],
        threshold: float,
        workspace: "ClusterWorkspace",
        sign: int = 1,
    ) -> LargestClusters:
        """The largest size, mass and total of one side of a map.

        The maxima of ``graph_clusters(sign * values, graph, threshold)``, without a
        copy. Runs outside of the interpreter's lock.

        Parameters
        ----------
        values : (n_nodes,) float32 or float64
            Contiguous is fastest. Not modified.
        threshold : float
            0 or more.
        workspace : ClusterWorkspace
            From `workspace`; in use by no other thread.
        sign : {1, -1}

        Returns
        -------
        LargestClusters
            All 0 if there is no cluster.

        Raises
        ------
        ShapeError
            If there is not one value for each node, or the workspace is another
            graph's.
        ValueError
            If a value is not finite, or the threshold is negative.
        """
        from boldglm.core import graph_clusters_kernels as kernels

        height = _checked_threshold(threshold)
        checked = node_values(values, self.graph, workspace.n_nodes)
        found = kernels.largest_clusters(
            checked, height, sign, self._links, workspace.buffers
        )
        if found[0] == kernels.NOT_FINITE:
            raise not_finite(checked)
        return LargestClusters(*found)

    @cached_property
    def _links(self) -> Links:
        return self.graph.links()


class ClusterWorkspace:
    """Memory that the search in one map uses and the next uses again.

    Parameters
    ----------
    n_nodes : int
        Of the graph.
    n_places : int
        Of its links.
    """

    def __init__(self, n_nodes: int, n_places: int) -> None:
        self.n_nodes = n_nodes
        self._n_places = n_places

    @cached_property
    def buffers(self) -> "Buffers":
        """The arrays that the search takes."""
        from boldglm.core.graph_clusters_kernels import Buffers

        return Buffers(
            np.empty(self.n_nodes, dtype=np.int32),
            np.zeros(self._n_places, dtype=np.int32),
            np.empty(self.n_nodes + 1, dtype=np.int32),
            np.empty((self.n_nodes + 1, 3)),
        )


def _checked_threshold(threshold: float) -> float:
    if not threshold >= 0:
        msg = f"threshold is {threshold!r}; expected 0 or more."
        raise ValueError(msg)
    return float(threshold)
