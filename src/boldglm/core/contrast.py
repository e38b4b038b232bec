"""Contrasts of a fit, and their sums over runs."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from boldglm._base.arguments import as_numbers
from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm.core.contrast_checks import check_stat_type, checked_rows
from boldglm.core.gls import GlmFit
from boldglm.core.linear import confounded_regressors, non_estimable_rows
from boldglm.core.parallel import blocks, map_blocks

__all__ = ["ContrastStat", "contrast_stat", "independent_rows", "statistic"]

Array = npt.NDArray[np.float64]
Kind = Literal["t", "F"]

# Voxels per block: many, since the kernels cut them into lanes themselves.
BLOCK = 4096
# Up to this ratio of singular values, rows of a contrast count as much alike.
LARGEST_SPREAD = 100.0


@dataclass(frozen=True)
class ContrastStat:
    """Effect and variance of a contrast at every voxel.

    Attributes
    ----------
    kind : {'t', 'F'}
    effect : (n_voxels,) for t, (dim, n_voxels) for F
        ``c beta``; for F whitened, ``(C A^-1 C')^(-1/2) C beta`` with
        ``A = X' V^-1 X``, so that its rows are independent with equal variance.
        (Of least squares in coloured noise, with its ``X^+ V X^+'`` for ``A^-1``.)
    variance : (n_voxels,)
        Of the effect; of each row of it for F.
    dof : float or (n_voxels,)
        Residual degrees of freedom.
    """

    kind: Kind
    effect: Array
    variance: Array
    dof: float | Array

    @property
    def dim(self) -> int:
        """Independent rows of the contrast."""
        return 1 if self.effect.ndim == 1 else int(self.effect.shape[0])

    def __add__(self, other: "ContrastStat") -> "ContrastStat":
        """Sum over independent runs: effects, variances and dof add."""
        if (self.kind, self.effect.shape) != (other.kind, other.effect.shape):
            msg = (
                f"cannot add a {self.kind} contrast of shape {self.effect.shape} and a "
                f"{other.kind} contrast of shape {other.effect.shape}"
            )
            raise ShapeError(msg)
        return ContrastStat(
            self.kind,
            self.effect + other.effect,
            self.variance + other.variance,
            self.dof + other.dof,
        )

    def __mul__(self, scalar: float) -> "ContrastStat":
        """Scale the effect, and its variance by the square."""
        return ContrastStat(
            self.kind, self.effect * scalar, self.variance * scalar**2, self.dof
        )

    __rmul__ = __mul__

    def __truediv__(self, scalar: float) -> "ContrastStat":
        """Divide the effect by a number."""
        return self * (1 / scalar)


def contrast_stat(
    fit: GlmFit, contrast: npt.ArrayLike, kind: Kind | None = None
) -> ContrastStat:
    """Compute a contrast of a fit.

    For a row c, the effect ``c beta`` has the variance ``sigma^2 c (X'V^-1X)^+ c'``.
    Rows of an F contrast that are combinations of others are dropped: the statistic
    tests the space they span, whose dimension is the rank.

    Parameters
    ----------
    fit : GlmFit
    contrast : (n_regressors,) or (n_rows, n_regressors)
    kind : {'t', 'F'} or None
        None: t for one row, F for more.

    Returns
    -------
    ContrastStat

    Raises
    ------
    ContrastError
        If `kind` is another, a t has several rows, or the weights do not fit the
        design, see `boldglm.core.contrast_checks.checked_rows`.
    NotEstimableError
        If the design cannot tell a row apart from other combinations of its
        regressors; the message lists which.

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> y = np.array([[1.0], [3.0], [2.0], [4.0]])
    >>> X = np.array([[0, 1.0], [1, 1], [0, 1], [1, 1]])
    >>> fit = fit_glm(y, X, noise_model("ols"))
    >>> stat = contrast_stat(fit, [1, 0])
    >>> stat.effect, stat.variance
    (array([2.]), array([0.5]))
    """
    check_stat_type(kind)
    rows = checked_rows(contrast, fit.factor.design.shape[1])
    kind = kind or ("t" if rows.shape[0] == 1 else "F")
    if kind == "t" and rows.shape[0] > 1:
        msg = f"a t contrast has one row; this one has {rows.shape[0]}. Use 'F'."
        raise ContrastError(msg)
    stray = non_estimable_rows(fit.factor, rows)
    if stray:
        columns = confounded_regressors(fit.factor, rows[stray])
        msg = (
            f"rows {stray} of the contrast are not estimable: the design cannot tell "
            f"its columns {columns} apart (counted from 0)"
        )
        raise NotEstimableError(msg)
    if kind == "t":
        return _t_contrast(fit, rows)
    return _f_contrast(fit, independent_rows(fit, rows))


def statistic(stat: ContrastStat, baseline: float = 0.0) -> Array:
    """T or F of every voxel; 0 where the variance is 0.

    ``t = (effect - baseline) / sqrt(variance)`` and
    ``F = |effect - baseline|^2 / dim / variance``.

    >>> statistic(ContrastStat("t", np.array([2.0, 5]), np.array([4.0, 0]), 10))
    array([1., 0.])
    """
    shift = as_numbers(baseline, "baseline").astype(np.float64)
    if shift.size != 1 and shift.shape != stat.effect.shape:
        msg = f"baseline has shape {shift.shape}; expected a number"
        raise ContrastError(msg)
    if not np.isfinite(shift).all():
        msg = f"baseline is {baseline!r}; expected a finite number"
        raise ContrastError(msg)
    usable = stat.variance > 0
    variance = np.where(usable, stat.variance, 1.0)
    if stat.kind == "t":
        value = (stat.effect - shift) / np.sqrt(variance)
    else:
        shifted = np.atleast_2d(stat.effect - shift)
        value = np.einsum("iv,iv->v", shifted, shifted) / (stat.dim * variance)
    return np.asarray(np.where(usable, value, 0.0))


def independent_rows(fit: GlmFit, rows: Array) -> Array:
    """Rows that span the same space of effects without repeating themselves.

    Parameters
    ----------
    fit : GlmFit
    rows : (n_rows, n_regressors)

    Returns
    -------
    (rank, n_regressors)
        `rows` itself where they are independent.
    """
    reduced = rows @ fit.factor.to_beta
    # Rows of length one: the units of a regressor do not make its row negligible.
    length = np.linalg.norm(reduced, axis=1, keepdims=True)
    length = np.where(length > 0, length, 1.0)
    left, singular, _ = np.linalg.svd(reduced / length, full_matrices=False)
    rank = int(np.count_nonzero(singular > 1e-9 * singular[0]))
    return rows if rank == rows.shape[0] else left[:, :rank].T @ (rows / length)


def _t_contrast(fit: GlmFit, row: Array) -> ContrastStat:
    effect = (row @ fit.beta)[0]
    variance = np.empty_like(effect)
    reduced = row @ fit.factor.to_beta

    def one(block: slice) -> None:
        unit = fit.covariance(reduced, block)
        variance[block] = unit[0, 0] * fit.sigma2[block]

    map_blocks(one, blocks(effect.size, BLOCK))
    return ContrastStat("t", effect, variance, fit.dof)


def _f_contrast(fit: GlmFit, rows: Array) -> ContrastStat:
    from boldglm.core.precision_kernels import inverse_roots

    reduced = rows @ fit.factor.to_beta
    # A root keeps digits in proportion to its largest entry, so rows in very
    # different units, or all but parallel, are made orthonormal before it is taken.
    size = np.linalg.svd(reduced, compute_uv=False)
    alike = bool(size[0] <= LARGEST_SPREAD * size[-1])
    mix = np.eye(len(rows)) if alike else _orthonormal_mix(reduced)
    effect = mix @ (rows @ fit.beta)
    reduced = mix @ reduced

    def one(block: slice) -> None:
        # Contiguous matrices of all voxels of the block, overwritten by their roots.
        roots = inverse_roots(fit.covariance(reduced, block))
        effect[:, block] = np.einsum("ijv,jv->iv", roots, effect[:, block])
        if not alike:
            turns = _turns(np.einsum("ijv,jk->ikv", roots, mix))
            effect[:, block] = np.einsum("vij,jv->iv", turns, effect[:, block])

    map_blocks(one, blocks(effect.shape[1], BLOCK))
    return ContrastStat("F", effect, fit.sigma2.copy(), fit.dof)


def _orthonormal_mix(reduced: Array) -> Array:
    """What rows are multiplied with to be orthonormal; first brought to length one."""
    length = np.linalg.norm(reduced, axis=1)
    left, size, _ = np.linalg.svd(reduced / length[:, None], full_matrices=False)
    return np.asarray((left / size).T / length)


def _turns(whiteners: Array) -> Array:
    """Rotations that make each whitener (q, q, n_voxels) the symmetric one.

    For ``M' M = S^-1``, the transpose of the orthogonal factor of the polar
    decomposition of M: ``T M = S^(-1/2)``. Being rotations, they leave F as it is.
    """
    left, _, right = np.linalg.svd(np.moveaxis(whiteners, -1, 0))
    return np.asarray(np.swapaxes(left @ right, 1, 2))
