"""A group test made ready for shuffling: unit data, directions, and what to count."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import DesignError, ShapeError
from boldglm.core.exchange import read_labels
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.partition import Partition
from boldglm.core.permute import Shuffles

if TYPE_CHECKING:
    from boldglm.core.graph import Graph

__all__ = [
    "Asked",
    "ClusterAsk",
    "GroupTest",
    "TfceAsk",
    "correlation_to_statistic",
    "group_freedom",
]

Array = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

# Correlations that differ by less than this are ties: products of unit vectors in
# single precision are good to a few units in the seventh digit.
TIE = 2e-6
# Voxels per block: their rows in double precision stay in the second cache.
BLOCK = 2048
# Of a residual relative to the data: less is rounding of data that nuisance explains.
EXPLAINED = 1e-7
# Share of the variance that is noise: less is rounding of what the design explains.
NOISELESS = 1e-12


@dataclass(frozen=True)
class ClusterAsk:
    """Clusters of statistics beyond a height.

    Attributes
    ----------
    graph : Graph
        Which voxels touch.
    height : float
        Of the statistic; a cluster is what exceeds it.
    mass : {'excess', 'z'}
        What is summed up in a cluster: the statistic less the height, or z values.
    """

    graph: "Graph"
    height: float
    mass: Literal["excess", "z"] = "excess"


@dataclass(frozen=True)
class TfceAsk:
    """Threshold-free cluster enhancement, ``sum of extent^E height^H dh``.

    Attributes
    ----------
    graph : Graph
    extent, height : float
        The exponents E and H.
    steps : int or None
        None: the integral itself. A number: its sum over so many heights, up to the
        largest of each map, without dh.
    """

    graph: "Graph"
    extent: float = 0.5
    height: float = 2.0
    steps: int | None = None


@dataclass(frozen=True)
class Asked:
    """What is wanted of the shuffles, besides the maximum and uncorrected counts.

    Attributes
    ----------
    two_sided : bool
        Both signs count, by ``|t|``. An F has one side.
    step_down : bool
    clusters : ClusterAsk, optional
    tfce : TfceAsk, optional
    pivots : bool
        Of Simes' inequality, to calibrate templates of p values (of positive t).
    """

    two_sided: bool = True
    step_down: bool = False
    clusters: ClusterAsk | None = None
    tfce: TfceAsk | None = None
    pivots: bool = False

    @property
    def whole_maps(self) -> bool:
        """Whether something is wanted that needs all voxels of a shuffle at once."""
        spatial = self.clusters is not None or self.tfce is not None
        return self.step_down or spatial or self.pivots


@dataclass(frozen=True)
class GroupTest:
    """Data and design of a test, as shuffles need them (Freedman and Lane 1983).

    With the nuisance taken out of the data, ``r = y - Z Z' y``, a shuffle S gives the
    statistic of the data ``S r`` fitted by the whole design. As nothing of it depends
    on the length of r, data are kept at length one, and as ``x' S r = (S' x)' r``,
    shuffles are applied to the few directions of the design.

    Attributes
    ----------
    split : Partition
    shuffles : Shuffles
    asked : Asked
    unit : (n_rows, n_voxels) float32
        ``r / |r|``; 0 where the design explains the data and there is no noise.
    correlation : (n_voxels,)
        Unshuffled, in double precision: of the data with what is tested, the nuisance
        aside. For an F, the multiple correlation.
    variance_group : (n_rows,) int, optional
        Rows of the same variance; the statistic is then v or G (Winkler 2014), of
        which `correlation` is the ordinary counterpart.
    """

    split: Partition
    shuffles: Shuffles
    asked: Asked
    unit: Single
    correlation: Array
    variance_group: Integers | None = field(default=None)

    @property
    def n_voxels(self) -> int:
        """Number of voxels."""
        return int(self.unit.shape[1])

    @property
    def two_sided(self) -> bool:
        """Whether statistics count by their size."""
        return self.asked.two_sided and self.split.kind == "t"

    @property
    def statistic(self) -> Array:
        """T or F of the data as they are, (n_voxels,); not of variance groups."""
        return correlation_to_statistic(self.correlation, self.split)

    @classmethod
    def prepare(
        cls,
        data: npt.NDArray[np.floating],
        split: Partition,
        shuffles: Shuffles,
        asked: Asked,
        variance_groups: npt.ArrayLike | None = None,
    ) -> "GroupTest":
        """Take the nuisance out of data, and bring them to length one.

        Parameters
        ----------
        data : (n_rows, n_voxels)
            Finite. Not modified.
        split : Partition
        shuffles : Shuffles
        asked : Asked
        variance_groups : (n_rows,) labels, optional

        Raises
        ------
        ShapeError
            If the data have other rows than the design, no voxels, or are not finite.
        DesignError
            If a variance group has no degree of freedom of its own.

        Examples
        --------
        >>> from boldglm.core.partition import partition
        >>> from boldglm.core.permute import plan_shuffles
        >>> split = partition(np.ones((4, 1)), [1.0])
        >>> data = np.array([[1.0], [2.0], [2.0], [3.0]])
        >>> test = GroupTest.prepare(
        ...     data, split, plan_shuffles(split, 10, seed=0), Asked()
        ... )
        >>> test.statistic
        array([4.89897949])
        """
        if data.ndim != 2 or data.shape[0] != split.n_rows:
            msg = (
                f"the data have shape {data.shape}, the design has {split.n_rows} "
                "rows; expected a row of data for each"
            )
            raise ShapeError(msg)
        n_voxels = data.shape[1]
        if n_voxels == 0:
            msg = "the data have no voxels; expected one or more"
            raise ShapeError(msg)
        unit = np.empty(data.shape, dtype=np.float32)
        correlation = np.empty(n_voxels)

        def one(part: slice) -> None:
            values = np.asarray(data[:, part], dtype=np.float64)
            if not np.isfinite(values).all():
                bad = int(np.flatnonzero(~np.isfinite(values).all(axis=0))[0])
                msg = (
                    f"the data of voxel {part.start + bad} are not finite; leave out "
                    "such voxels before shuffling"
                )
                raise ShapeError(msg)
            left = split.residuals(values)
            length = np.linalg.norm(left, axis=0)
            explained = length <= EXPLAINED * np.linalg.norm(values, axis=0)
            left /= np.where(explained, 1.0, length)
            seen = split.tested @ left
            # a voxel without noise says nothing, as in the fit of models
            explained |= 1.0 - np.sum(seen**2, axis=0) < NOISELESS
            left[:, explained] = seen[:, explained] = 0.0
            unit[:, part] = left
            one_way = split.kind == "t"
            correlation[part] = seen[0] if one_way else np.linalg.norm(seen, axis=0)

        map_blocks(one, blocks(n_voxels, BLOCK))
        groups = None
        if variance_groups is not None:
            groups = _variance_groups(variance_groups, split)
        return cls(split, shuffles, asked, unit, correlation, groups)


def correlation_to_statistic(correlation: Array, split: Partition) -> Array:
    """T or F that belong to (multiple) correlations.

    ``t = r sqrt(dof / (1 - r^2))`` and ``F = r^2 / dim * dof / (1 - r^2)``

    Examples
    --------
    >>> from boldglm.core.partition import partition
    >>> split = partition(np.ones((4, 1)), [1.0])
    >>> correlation_to_statistic(np.array([0.0, 0.5]), split)
    array([0., 1.])
    """
    # An effect without any noise has a statistic that is large, not infinite.
    rest = np.maximum(1.0 - correlation**2, 1e-14)
    if split.kind == "t":
        return np.asarray(correlation * np.sqrt(split.dof / rest))
    return np.asarray(correlation**2 / split.dim * split.dof / rest)


def _variance_groups(labels: npt.ArrayLike, split: Partition) -> Integers:
    """Variance group of each row, from 0, each with a degree of freedom."""
    names, group = read_labels(labels, split.n_rows, "variance groups")
    freedom = group_freedom(split, group)
    poor = [name for name, left in zip(names, freedom, strict=True) if left < 0.5]
    if poor:
        msg = (
            f"variance group {', '.join(poor)} leaves {freedom.min():.2g} degrees of "
            "freedom for its variance; join groups until each has one or more."
        )
        raise DesignError(msg)
    return group


def group_freedom(split: Partition, group: Integers) -> Array:
    """Residual degrees of freedom of each variance group, (n_groups,).

    Sums of the diagonal of ``I - X X^+`` over rows of a group.

    >>> from boldglm.core.partition import partition
    >>> split = partition(np.repeat(np.eye(2), 2, axis=0), [1, -1])
    >>> group_freedom(split, np.array([0, 0, 1, 1]))
    array([1., 1.])
    """
    directions = np.concatenate([split.tested, split.nuisance])
    weights = 1.0 - np.sum(directions**2, axis=0)
    return np.bincount(group, weights=weights).astype(np.float64)
