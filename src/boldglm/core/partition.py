"""A design split into what a contrast tests and what it does not."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm.core.contrast_checks import check_stat_type, checked_rows
from boldglm.core.linear import (
    confounded_regressors,
    factorize,
    non_estimable_rows,
)

__all__ = ["Partition", "partition"]


Array = npt.NDArray[np.float64]

# Rows of a contrast that are combinations of others, to this part of the longest.
SAME = 1e-9


@dataclass(frozen=True)
class Partition:
    """Two orthogonal parts of the space of a design.

    Attributes
    ----------
    kind : {'t', 'F'}
    design : (n_rows, n_regressors)
        As given.
    tested : (q, n_rows)
        Orthonormal: directions in which the contrast sees the data. For a t its one
        row points the way of the effect, ``c beta ∝ tested @ y``.
    nuisance : (p, n_rows)
        Orthonormal: fits that leave the contrast at 0, ``{X beta: C beta = 0}``.
    """

    kind: Literal["t", "F"]
    design: Array
    tested: Array
    nuisance: Array

    @property
    def dim(self) -> int:
        """Number of directions tested."""
        return int(self.tested.shape[0])

    @property
    def n_rows(self) -> int:
        """Number of observations."""
        return int(self.tested.shape[1])

    @property
    def dof(self) -> int:
        """Residual degrees of freedom of the whole design."""
        return self.n_rows - self.dim - int(self.nuisance.shape[0])

    def residuals(self, data: npt.NDArray[np.floating]) -> Array:
        """What the nuisance leaves of the data (n_rows, n_voxels), in float64.

        >>> split = partition(np.ones((3, 1)), [1.0])
        >>> split.residuals(np.array([[1.0], [2.0], [6.0]])).ravel()
        array([1., 2., 6.])
        """
        values = np.asarray(data, dtype=np.float64)
        return values - self.nuisance.T @ (self.nuisance @ values)


def partition(
    design: npt.ArrayLike,
    contrast: npt.ArrayLike,
    kind: Literal["t", "F"] | None = None,
) -> Partition:
    """Split the space of a design by a contrast.

    With the design X, the contrast C and ``beta = X^+ y``, what is tested is the row
    space of ``C X^+``, and the nuisance its complement in the space of X: the fits
    ``X beta`` for which ``C beta = 0``. Both depend on the hypothesis only, not on how
    the regressors that span the design were chosen: a difference of two groups has
    their mean as nuisance, though no column holds it.

    Parameters
    ----------
    design : (n_rows, n_regressors)
        Of any rank.
    contrast : (n_regressors,) or (n_contrast_rows, n_regressors)
    kind : {'t', 'F'} or None
        None: t for one row, F for several.

    Returns
    -------
    Partition

    Raises
    ------
    ContrastError
        If `kind` is another, a t has several rows, or the weights do not fit the
        design, see `boldglm.core.contrast_checks.checked_rows`.
    NotEstimableError
        If the design cannot tell a row apart from other combinations of regressors.
    ShapeError
        If no degree of freedom is left.

    References
    ----------
    Winkler, Ridgway, Webster, Smith and Nichols 2014, NeuroImage 92, 381-397 (the
    partitions of its section "Model partitioning" span the same two spaces).

    Examples
    --------
    Two groups of two:

    >>> groups = np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    >>> split = partition(groups, [1, -1])
    >>> split.tested
    array([[ 0.5,  0.5, -0.5, -0.5]])
    >>> abs(split.nuisance)
    array([[0.5, 0.5, 0.5, 0.5]])
    """
    factor = factorize(design)
    check_stat_type(kind)
    rows = checked_rows(contrast, factor.design.shape[1])
    if kind == "t" and len(rows) > 1:
        msg = f"a t contrast has one row; this one has {len(rows)}. Use 'F'."
        raise ContrastError(msg)
    stray = non_estimable_rows(factor, rows)
    if stray:
        columns = confounded_regressors(factor, rows[stray])
        msg = (
            f"rows {stray} of the contrast are not estimable: the design cannot tell "
            f"its columns {columns} apart (counted from 0)"
        )
        raise NotEstimableError(msg)
    if factor.dof < 1:
        msg = (
            f"the design has rank {factor.rank} for {factor.design.shape[0]} rows: no "
            "degree of freedom is left for the noise. Remove regressors or add rows."
        )
        raise ShapeError(msg)
    seen = rows @ factor.to_beta
    length = np.linalg.norm(seen, axis=1, keepdims=True)
    # Rows of length one: the units of a regressor do not make its row negligible.
    _, singular, right = np.linalg.svd(seen / np.where(length > 0, length, 1.0))
    dim = int(np.count_nonzero(singular > SAME * singular[0]))
    tested, rest = right[:dim], right[dim:]
    kind = kind or ("t" if len(rows) == 1 else "F")
    if kind == "t":
        tested = seen / length
    return Partition(
        kind=kind,
        design=factor.design,
        tested=tested @ factor.basis.T,
        nuisance=rest @ factor.basis.T,
    )
