"""Which voxels of a mask, or vertices of a surface, touch."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.clusters import STEPS

__all__ = [
    "Graph",
    "Links",
    "mesh_graph",
    "node_values",
    "not_finite",
    "volume_graph",
]

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int32]

_LARGEST = np.iinfo(np.int32).max


class Links(NamedTuple):
    """A graph as compiled loops walk over it, from `Graph.links`.

    Loops keep what they know of a node in an array of `n_places` numbers, at its
    place. Without `starts` the neighbours of a node are at ``place + step`` for each
    of the steps, and places of no node lie between those that are not neighbours;
    with `starts`, at ``steps[starts[place]:starts[place + 1]]``.
    """

    places: Indices
    """(node,): where each node lies."""
    starts: Indices | None
    """(node + 1,)."""
    steps: Indices
    areas: Array | None
    """(node,); None where each node counts 1."""
    n_places: int


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes, the pairs of them that touch, and how much each of them covers.

    The neighbours of node v are ``neighbours[starts[v]:starts[v + 1]]``.

    Parameters
    ----------
    starts : (n_nodes + 1,) int
    neighbours : (n_pairs,) int
        Each pair in both directions.
    areas : (n_nodes,) float, optional
        What a node adds to the size of a cluster, such as mm² of a surface. Left
        out, sizes are numbers of nodes.

    Raises
    ------
    ShapeError
        If the arrays do not fit together.
    ValueError
        If a neighbour is no node, or a pair is there in one direction only, or an
        area is negative or not finite.

    Notes
    -----
    Arrays are copied, and read-only after. Use `volume_graph` for voxels: it also
    remembers that they lie on a grid, which is several times faster to walk over.

    Examples
    --------
    Three nodes in a row:

    >>> line = Graph([0, 1, 3, 4], [1, 0, 2, 1])
    >>> line.n_nodes
    3
    >>> Graph([0, 1, 1], [1])
    Traceback (most recent call last):
    ValueError: Node 1 is a neighbour of node 0, and 0 not of 1; expected each pair...
    """

    starts: Indices
    neighbours: Indices
    areas: Array | None = None
    _grid: tuple[Indices, Indices, int] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        starts = _integers(self.starts, "starts")
        neighbours = _integers(self.neighbours, "neighbours")
        n = starts.size - 1
        if n < 0 or starts[0] != 0 or starts[-1] != neighbours.size:
            ends = f"from {starts[0]} to {starts[-1]}" if n >= 0 else "nowhere"
            msg = (
                f"starts run {ends} and there are {neighbours.size} neighbours; "
                "expected starts from 0 to the number of neighbours."
            )
            raise ShapeError(msg)
        if (np.diff(starts) < 0).any():
            msg = "starts go down; expected each start at or after the one before."
            raise ShapeError(msg)
        outside = (neighbours < 0) | (neighbours >= n)
        if outside.any():
            msg = (
                f"{neighbours[outside][0]} is given as a neighbour; expected nodes "
                f"0 to {n - 1}, of which starts has {n}."
            )
            raise ValueError(msg)
        object.__setattr__(self, "starts", _frozen(starts, np.int32))
        object.__setattr__(self, "neighbours", _frozen(neighbours, np.int32))
        # those that lie on a grid are symmetric by the way they are made
        if self._grid is None:
            _check_symmetric(self.starts, self.neighbours)
        if self.areas is not None:
            object.__setattr__(self, "areas", _checked_areas(self.areas, n))

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return self.starts.size - 1

    def links(self) -> Links:
        """The arrays that compiled loops take.

        Examples
        --------
        >>> line = volume_graph(np.ones((1, 1, 3), bool))
        >>> line.links().steps
        array([-8, -4, -1,  1,  4,  8], dtype=int32)
        """
        if self.areas is None and self._grid is not None:
            places, steps, n_places = self._grid
            return Links(places, None, steps, None, n_places)
        places = _frozen(np.arange(self.n_nodes), np.int32)
        return Links(places, self.starts, self.neighbours, self.areas, self.n_nodes)


def volume_graph(inside: npt.NDArray[np.bool_], connectivity: int = 6) -> Graph:
    """The voxels of a mask that touch.

    Parameters
    ----------
    inside : (x, y, z) bool
        The mask. Nodes are its voxels in C order.
    connectivity : {6, 18, 26}
        Voxels touch that share a face; or a face or edge; or also a corner.

    Returns
    -------
    Graph
        Neighbours of a node in increasing order.

    Raises
    ------
    ShapeError
        If `inside` is not a 3-D boolean array.
    ValueError
        If `connectivity` is another number.

    Examples
    --------
    >>> graph = volume_graph(np.array([[[True, True, False, True]]]))
    >>> graph.starts, graph.neighbours
    (array([0, 1, 2, 2], dtype=int32), array([1, 0], dtype=int32))
    """
    mask = np.asarray(inside)
    if mask.ndim != 3 or mask.dtype != bool:
        msg = (
            f"inside is {mask.dtype} of shape {mask.shape}; expected a 3-D boolean "
            "array."
        )
        raise ShapeError(msg)
    if not isinstance(connectivity, int | np.integer) or connectivity not in STEPS:
        msg = (
            f"connectivity is {connectivity!r}; expected 6, 18 or 26: voxels touch "
            "at faces, also at edges, or also at corners."
        )
        raise ValueError(msg)
    places, strides, n_places = _lay_out(mask)
    # steps in C order: a voxel's neighbours come out in increasing order
    steps = np.array(
        [
            np.dot(step, strides)
            for step in product((-1, 0, 1), repeat=3)
            if 0 < sum(abs(s) for s in step) <= STEPS[connectivity]
        ]
    )
    node = np.full(n_places, -1, dtype=np.int32)
    node[places] = np.arange(places.size, dtype=np.int32)
    table = node[places[:, np.newaxis] + steps]
    found = table >= 0
    starts = np.zeros(places.size + 1, dtype=np.int32)
    np.cumsum(found.sum(axis=1), out=starts[1:])
    grid = (_frozen(places, np.int32), _frozen(steps, np.int32), n_places)
    return Graph(starts, table[found], _grid=grid)


def mesh_graph(
    faces: npt.ArrayLike, n_nodes: int, areas: npt.ArrayLike | None = None
) -> Graph:
    """The vertices of a surface that share an edge.

    Parameters
    ----------
    faces : (n_faces, 3) int
        Vertices of each triangle.
    n_nodes : int
        Number of vertices, those of no triangle included.
    areas : (n_nodes,) float, optional
        Area of surface that belongs to each vertex.

    Returns
    -------
    Graph
        Neighbours of a node in increasing order.

    Raises
    ------
    ShapeError
        If `faces` is not an (n_faces, 3) array of integers.
    ValueError
        If a triangle has a vertex that is not there.

    Examples
    --------
    >>> graph = mesh_graph([[0, 1, 2], [1, 2, 3]], n_nodes=4)
    >>> graph.neighbours[graph.starts[1]:graph.starts[2]]
    array([0, 2, 3], dtype=int32)
    """
    triangles = np.asarray(faces)
    if (
        triangles.ndim != 2
        or triangles.shape[1] != 3
        or triangles.dtype.kind not in "iu"
    ):
        msg = (
            f"faces are {triangles.dtype} of shape {triangles.shape}; expected "
            "integers of shape (n_faces, 3)."
        )
        raise ShapeError(msg)
    if triangles.size and not 0 <= triangles.min() <= triangles.max() < n_nodes:
        msg = (
            f"faces have vertices {triangles.min()} to {triangles.max()}; expected "
            f"0 to {n_nodes - 1}, since n_nodes is {n_nodes}."
        )
        raise ValueError(msg)
    pairs = [triangles[:, list(ends)] for ends in ((0, 1), (1, 2), (2, 0))]
    one_way = np.concatenate(pairs).astype(np.int64)
    one_way = one_way[one_way[:, 0] != one_way[:, 1]]
    both = np.concatenate([one_way, one_way[:, ::-1]])
    edges = np.unique(both[:, 0] * n_nodes + both[:, 1])
    of, neighbours = np.divmod(edges, max(n_nodes, 1))
    starts = np.searchsorted(of, np.arange(n_nodes + 1)).astype(np.int32)
    return Graph(starts, neighbours, None if areas is None else np.asarray(areas))


def node_values(
    values: npt.ArrayLike, graph: Graph, n_nodes: int | None = None
) -> npt.NDArray[Any]:
    """Contiguous values, one for each node, for compiled loops.

    Parameters
    ----------
    values : (n_nodes,) float
        Copied only where it has to be.
    graph : Graph
    n_nodes : int, optional
        Of the graph that memory was made for.

    Returns
    -------
    (n_nodes,) float32 or float64
        float32 stays, all else becomes float64.

    Raises
    ------
    ShapeError
        If there is not one value for each node, or `n_nodes` is another number.

    Examples
    --------
    >>> node_values([1, 2], volume_graph(np.ones((1, 1, 2), bool)))
    array([1., 2.])
    """
    checked = np.asarray(values)
    if checked.shape != (graph.n_nodes,):
        msg = (
            f"values have shape {checked.shape}; expected ({graph.n_nodes},), one for "
            "each node of the graph."
        )
        raise ShapeError(msg)
    if n_nodes is not None and n_nodes != graph.n_nodes:
        msg = (
            f"The workspace is for {n_nodes} nodes; expected one for "
            f"{graph.n_nodes}, from workspace() of the same object."
        )
        raise ShapeError(msg)
    dtype = np.float32 if checked.dtype == np.float32 else np.float64
    return np.ascontiguousarray(checked, dtype=dtype)


def not_finite(values: npt.NDArray[Any]) -> ValueError:
    """The error for values of which some are not finite.

    Examples
    --------
    >>> print(not_finite(np.array([0.0, np.nan, 1.0])))
    1 of 3 values are not finite, the first at node 1; expected finite values...
    """
    wrong = np.flatnonzero(~np.isfinite(values))
    msg = (
        f"{wrong.size} of {values.size} values are not finite, the first at node "
        f"{wrong[0]}; expected finite values: set what is no test to 0."
    )
    return ValueError(msg)


def _lay_out(
    inside: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], int]:
    """Places of voxels in a row of numbers, strides of the axes, length of the row.

    The smallest box around the mask is stored with one empty plane behind each
    axis, which is also the plane before the next row, and with room at both ends.
    """
    voxels = np.argwhere(inside)
    if len(voxels) == 0:
        return np.zeros(0, np.int64), np.ones(3, np.int64), 0
    voxels -= voxels.min(axis=0)
    _, ny, nz = voxels.max(axis=0) + 2
    strides = np.array([ny * nz, nz, 1])
    margin = int(strides.sum())
    places = voxels @ strides + margin
    return places, strides, int(places[-1]) + margin + 1


def _integers(values: Any, name: str) -> npt.NDArray[np.integer]:
    """A vector of integers that int32 holds."""
    vector = np.asarray(values)
    vector = vector if vector.size else vector.astype(np.int32)
    if vector.ndim != 1 or vector.dtype.kind not in "iu":
        msg = (
            f"{name} are {vector.dtype} of shape {vector.shape}; expected a vector "
            "of integers."
        )
        raise ShapeError(msg)
    if vector.size and vector.max() > _LARGEST:
        msg = f"{name} go to {vector.max()}; expected at most {_LARGEST}."
        raise ValueError(msg)
    return vector


def _checked_areas(areas: Any, n_nodes: int) -> Array:
    """Areas, one for each node."""
    checked = _frozen(areas, np.float64)
    if checked.shape != (n_nodes,):
        msg = f"areas have shape {checked.shape}; expected ({n_nodes},), one a node."
        raise ShapeError(msg)
    wrong = ~(np.isfinite(checked) & (checked >= 0))
    if wrong.any():
        node = int(np.argmax(wrong))
        msg = (
            f"The area of node {node} is {checked[node]}; expected finite areas, "
            "none of them negative."
        )
        raise ValueError(msg)
    return checked


def _check_symmetric(starts: Indices, neighbours: Indices) -> None:
    """Raise unless every pair is there in both directions."""
    from scipy.sparse import csr_array

    n = starts.size - 1
    ones = np.ones(neighbours.size, dtype=np.int8)
    there = csr_array((ones, neighbours, starts), shape=(n, n)).tocsc()
    # both ways of storing it are sorted now, in linear time
    back = there.tocsr()
    same_ends = np.array_equal(back.indptr, there.indptr)
    if same_ends and np.array_equal(back.indices, there.indices):
        return
    one_way = there.astype(bool).astype(int)
    first, second = (int(node[0]) for node in (one_way - one_way.T > 0).nonzero())
    msg = (
        f"Node {second} is a neighbour of node {first}, and {first} not of {second}; "
        "expected each pair in both directions."
    )
    raise ValueError(msg)


def _frozen(values: Any, dtype: Any) -> npt.NDArray[Any]:
    """A read-only copy in C order."""
    frozen = np.array(values, dtype=dtype, order="C")
    frozen.flags.writeable = False
    return frozen
