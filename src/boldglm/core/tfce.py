"""Threshold-free cluster enhancement: a value for height and extent together."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boldglm.core.graph import Graph, Links, node_values, not_finite

if TYPE_CHECKING:
    from boldglm.core.tfce_kernels import Buffers, Rule

__all__ = ["MaxTfce", "TfceWorkspace", "tfce"]

Array = npt.NDArray[np.float64]

# up to so many peaks labels are 16 bits wide
_NARROW = np.iinfo(np.uint16).max

#: Of heights and sizes: beyond, sums are soon infinite.
HIGHEST_POWER = 100


def tfce(
    values: npt.ArrayLike,
    graph: Graph,
    *,
    extent: float = 0.5,
    height: float = 2.0,
    two_sided: bool = False,
    steps: int | None = None,
) -> Array:
    """Enhance each node by the clusters it is part of, at all thresholds.

    ::

        TFCE(v) = integral from 0 to value(v) of s(h)^extent h^height dh

    where s(h) is the size of the cluster of nodes at or above h that holds v. It
    is exact: s is constant between the heights of nodes, where the integral is known.

    Parameters
    ----------
    values : (n_nodes,) float
        A map of t, z or F. Not modified.
    graph : Graph
        Which nodes touch. Sizes are numbers of nodes, or sums of the graph's areas.
    extent, height : float
        The powers E and H. Usual are 0.5 and 2 for volumes (`volume_graph`), 1 and
        2 for surfaces.
    two_sided : bool
        Whether the negative side is enhanced too, by itself; its results are
        negative. Without it they are 0.
    steps : int, optional
        The sum over this many equal steps up to the largest value (of either sign,
        if `two_sided`), not multiplied by the step, in place of the integral. 100
        is what nilearn and fslmaths do. Scales differ from map to map.

    Returns
    -------
    (n_nodes,) float64
        0 where `values` are 0.

    Raises
    ------
    ShapeError
        If there is not one value for each node.
    ValueError
        If a value is not finite, a power is negative, or `steps` is below 1.

    References
    ----------
    Smith and Nichols 2009, NeuroImage 44, 83-98. Chen, Weeda, Nichols and Goeman,
    arXiv 2603.03004, on the exact form.

    Examples
    --------
    Two nodes side by side; up to height 1 they are one cluster:

    >>> from boldglm.core.graph import volume_graph
    >>> pair = volume_graph(np.ones((1, 1, 2), dtype=bool))
    >>> tfce([1.0, 2.0], pair, extent=1)
    array([0.66666667, 3.        ])
    >>> tfce([-3.0, 2.0], pair, extent=1, two_sided=True)
    array([-9.        ,  2.66666667])
    """
    from boldglm.core import tfce_kernels as kernels

    scored = MaxTfce(
        graph, extent=extent, height=height, steps=steps, two_sided=two_sided
    )
    checked = node_values(values, graph)
    workspace = scored.workspace()
    n = graph.n_nodes
    tree = kernels.Tree(np.empty(n, np.int32), np.empty(n + 1, np.int32), np.empty(n))
    out = np.zeros(scored._links.n_places)
    for sign in (1, -1) if two_sided else (1,):
        for wide in (False, True):
            code = kernels.enhance(
                *_with_bits(checked),
                sign,
                scored._links,
                scored._rule,
                workspace.buffers(checked.dtype, wide=wide),
                tree,
                out,
            )
            if code != kernels.TOO_MANY_PEAKS:
                break
        if code == kernels.NOT_FINITE:
            raise not_finite(checked)
    return out[scored._links.places]


@dataclass(frozen=True, eq=False)
class MaxTfce:
    """The largest TFCE of maps on one graph, for null distributions.

    Parameters
    ----------
    graph : Graph
    extent, height : float
    steps : int, optional
    two_sided : bool
        As in `tfce`. `two_sided` only says up to which value steps go.

    Raises
    ------
    ValueError
        If a power is negative or `steps` is below 1.

    Examples
    --------
    >>> from boldglm.core.graph import volume_graph
    >>> pair = MaxTfce(volume_graph(np.ones((1, 1, 2), dtype=bool)), extent=1)
    >>> workspace = pair.workspace()
    >>> pair.largest(np.array([1.0, 2.0]), workspace)
    3.0
    >>> pair.largest(np.array([-3.0, 2.0]), workspace, sign=-1)
    9.0
    """

    graph: Graph
    extent: float = field(default=0.5, kw_only=True)
    height: float = field(default=2.0, kw_only=True)
    steps: int | None = field(default=None, kw_only=True)
    two_sided: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        for name in ("extent", "height"):
            power = getattr(self, name)
            if (
                not isinstance(power, int | float | np.number)
                or not 0 <= power <= HIGHEST_POWER
            ):
                msg = (
                    f"{name} is {power!r}; expected a power of 0 or more, and at most "
                    f"{HIGHEST_POWER}."
                )
                raise ValueError(msg)
        whole = isinstance(self.steps, int | np.integer)
        if self.steps is not None and not (whole and self.steps >= 1):
            msg = f"steps is {self.steps!r}; expected 1 or more, or None for none."
            raise ValueError(msg)

    def workspace(self) -> "TfceWorkspace":
        """Memory that one thread needs, for any number of maps one by one."""
        return TfceWorkspace(self.graph.n_nodes, self._links.n_places)

    def largest(
        self, values: npt.NDArray[Any], workspace: "TfceWorkspace", sign: int = 1
    ) -> float:
        """The largest TFCE of the positive or the negative side of a map.

        The maximum of ``tfce(sign * values, graph, …)``, without a copy, and without
        the map. Runs outside of the interpreter's lock.

        Parameters
        ----------
        values : (n_nodes,) float32 or float64
            Contiguous is fastest. Not modified.
        workspace : TfceWorkspace
            From `workspace`; in use by no other thread.
        sign : {1, -1}

        Returns
        -------
        float
            0 if no value has the sign.

        Raises
        ------
        ShapeError
            If there is not one value for each node, or the workspace is another
            graph's.
        ValueError
            If a value is not finite.
        """
        from boldglm.core import tfce_kernels as kernels

        checked = node_values(values, self.graph, workspace.n_nodes)
        both = _with_bits(checked)
        most = kernels.TOO_MANY_PEAKS
        for wide in (False, True):
            buffers = workspace.buffers(checked.dtype, wide=wide)
            most = kernels.largest(*both, sign, self._links, self._rule, buffers)
            if most != kernels.TOO_MANY_PEAKS:
                break
        if most == kernels.NOT_FINITE:
            raise not_finite(checked)
        return float(most)

    @cached_property
    def _links(self) -> Links:
        return self.graph.links()

    @cached_property
    def _rule(self) -> "Rule":
        from boldglm.core.tfce_kernels import Rule

        counts = np.arange(self.graph.n_nodes + 1, dtype=np.float64)
        return Rule(
            float(self.extent),
            float(self.height),
            counts**self.extent if self.graph.areas is None else None,
            int(self.steps or 0),
            bool(self.two_sided),
        )


class TfceWorkspace:
    """Memory that the sweep over one map uses and the next overwrites.

    Parameters
    ----------
    n_nodes : int
        Of the graph.
    n_places : int
        Of its links.
    """

    def __init__(self, n_nodes: int, n_places: int) -> None:
        self.n_nodes = n_nodes
        self._keys = np.empty((2, n_nodes), dtype=np.uint64)
        self._order = np.empty((2, n_nodes), dtype=np.int32)
        self._integrals = np.empty(n_nodes)
        self._labels = np.empty(n_places, dtype=np.uint32)
        self._parents = np.empty(n_nodes + 1, dtype=np.uint32)
        self._components = np.empty((n_nodes + 1, 3))
        self._views: dict[tuple[np.dtype[Any], bool], Buffers] = {}

    def buffers(self, dtype: np.dtype[Any], *, wide: bool) -> "Buffers":
        """The memory as the sweep over values of this type takes it."""
        if (dtype, wide) not in self._views:
            self._views[dtype, wide] = self._view(dtype, wide)
        return self._views[dtype, wide]

    def _view(self, dtype: np.dtype[Any], wide: bool) -> "Buffers":
        from boldglm.core.tfce_kernels import BITS, Buffers

        n, n_places = self.n_nodes, self._labels.size
        words = np.uint32 if dtype == np.float32 else np.uint64
        label = np.uint32 if wide else np.uint16
        n_parents = self._parents.size if wide else min(n, _NARROW) + 1
        keys, spare_keys = (memory.view(words)[:n] for memory in self._keys)
        heights, spare_heights = (memory.view(dtype)[:n] for memory in self._keys)
        return Buffers(
            keys=keys,
            spare_keys=spare_keys,
            heights=heights,
            spare_heights=spare_heights,
            order=self._order[0],
            spare_order=self._order[1],
            counts=np.empty(2**BITS, dtype=np.int32),
            integrals=self._integrals,
            labels=self._labels.view(label)[:n_places],
            parents=self._parents.view(label)[:n_parents],
            components=self._components,
        )


def _with_bits(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Values, and the same memory as unsigned integers."""
    return values, values.view(np.uint32 if values.itemsize == 4 else np.uint64)
