"""A design factorised once, applied many times."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.parallel import one_blas_thread

__all__ = ["Factor", "confounded_regressors", "factorize", "non_estimable_rows"]

Array = npt.NDArray[np.float64]

# A direction of the scaled design counts when it is longer than this fraction of
# the longest: columns that agree to six digits are distinct, copies are not.
RANK_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Factor:
    """An orthonormal basis of the columns of a design, and the way back.

    ``design = basis @ coordinates``, and the coefficients of least norm that give
    ``basis @ theta`` are ``to_beta @ theta``.

    Attributes
    ----------
    design : (n_scans, n_regressors)
    basis : (n_scans, rank)
        Orthonormal columns.
    coordinates : (rank, n_regressors)
        The regressors in the basis.
    to_beta : (n_regressors, rank)
        Pseudo-inverse of `coordinates`.
    """

    design: Array
    basis: Array
    coordinates: Array
    to_beta: Array

    @property
    def rank(self) -> int:
        """Number of independent columns."""
        return int(self.basis.shape[1])

    @property
    def dof(self) -> int:
        """Residual degrees of freedom, scans less rank."""
        return int(self.design.shape[0]) - self.rank

    def rotate(self, rotation: Array) -> "Factor":
        """Turn the basis by an orthogonal (rank, rank) matrix.

        >>> turned = factorize(np.eye(3)[:, :2]).rotate(np.array([[0, 1.0], [1, 0]]))
        >>> turned.basis @ turned.coordinates
        array([[1., 0.],
               [0., 1.],
               [0., 0.]])
        """
        return Factor(
            design=self.design,
            basis=self.basis @ rotation,
            coordinates=rotation.T @ self.coordinates,
            to_beta=self.to_beta @ rotation,
        )


def factorize(design: npt.ArrayLike) -> Factor:
    """Factorise a design matrix, whatever its rank and the scale of its columns.

    The columns are brought to unit length, so that a regressor in thousandths
    counts as much as one in thousands, and the left singular vectors with singular
    values above ``1e-9`` of the largest span the design.

    Parameters
    ----------
    design : (n_scans, n_regressors) array
        Finite numbers. Not modified.

    Returns
    -------
    Factor

    Raises
    ------
    ShapeError
        If `design` is not two-dimensional, is empty, is not finite, or has rank 0.

    Examples
    --------
    A regressor given twice adds nothing to the rank:

    >>> task = np.array([0.0, 1.0, 0.0, 1.0])
    >>> factorize(np.column_stack([task, 2 * task, np.ones(4)])).rank
    2
    """
    X = np.array(design, dtype=np.float64)
    if X.ndim != 2 or 0 in X.shape:
        msg = f"the design has shape {X.shape}; expected (n_scans, n_regressors)"
        raise ShapeError(msg)
    if not np.isfinite(X).all():
        columns = np.flatnonzero(~np.isfinite(X).all(axis=0)).tolist()
        msg = f"the design has NaN or infinite values in columns {columns}"
        raise ShapeError(msg)
    length = np.linalg.norm(X, axis=0)
    if not length.any():
        msg = "the design is zero everywhere; expected at least one regressor"
        raise ShapeError(msg)
    scaled = X / np.where(length > 0, length, 1.0)
    with one_blas_thread():
        left, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    rank = int(np.count_nonzero(singular > RANK_TOLERANCE * singular[0]))
    basis = np.ascontiguousarray(left[:, :rank])
    coordinates = basis.T @ X
    to_beta = _right_inverse(coordinates, length)
    return Factor(design=X, basis=basis, coordinates=coordinates, to_beta=to_beta)


def _right_inverse(coordinates: Array, length: Array) -> Array:
    """Pseudo-inverse of a matrix of full row rank."""
    rank, n_regressors = coordinates.shape
    if rank == n_regressors:
        # Scaled first: columns of very different size would spoil the inverse.
        scale = np.where(length > 0, length, 1.0)
        return np.asarray(np.linalg.inv(coordinates / scale) / scale[:, None])
    left, singular, right = np.linalg.svd(coordinates, full_matrices=False)
    return np.asarray(right.T @ ((left / singular).T))


def non_estimable_rows(factor: Factor, contrast: Array) -> list[int]:
    """Rows of a contrast that the design cannot tell apart.

    A contrast c of the coefficients is estimable when it is a combination of the
    rows of the design, ``c = c X^+ X``: every set of coefficients that fits the
    same then gives it the same value (Searle 1971, ch. 5).

    Parameters
    ----------
    factor : Factor
    contrast : (n_rows, n_regressors)

    Returns
    -------
    list of int

    Examples
    --------
    Two copies of a regressor: their sum can be estimated, their difference not.

    >>> copies = factorize(np.array([[0, 0.0], [1, 1], [0, 0], [1, 1]]))
    >>> non_estimable_rows(copies, np.array([[1, 1.0], [1, -1]]))
    [1]
    """
    if factor.rank == factor.design.shape[1]:
        return []
    scaled, off = _null_part(factor, contrast)
    size = np.linalg.norm(scaled, axis=1)
    return [int(i) for i in np.flatnonzero(np.linalg.norm(off, axis=1) > 1e-6 * size)]


def confounded_regressors(factor: Factor, contrast: Array) -> list[int]:
    """Regressors among which a non-estimable contrast cannot tell.

    They are those with a weight in the part of the contrast that lies in the null
    space of the design.

    Parameters
    ----------
    factor : Factor
    contrast : (n_rows, n_regressors)

    Returns
    -------
    list of int

    Examples
    --------
    >>> copies = factorize(np.array([[0, 0.0, 1], [1, 1, 1], [0, 0, 1], [1, 1, 1]]))
    >>> confounded_regressors(copies, np.array([[1, -1.0, 0]]))
    [0, 1]
    """
    _, off = _null_part(factor, contrast)
    weight = np.abs(off).max(axis=0)
    return [int(i) for i in np.flatnonzero(weight > 1e-6 * weight.max())]


def _null_part(factor: Factor, contrast: Array) -> tuple[Array, Array]:
    """Contrasts in units where every regressor has length 1, and their null parts.

    In these units the size of what lies in the null space of the design means the
    same for all regressors.
    """
    length = np.linalg.norm(factor.design, axis=0)
    scale = np.where(length > 0, length, 1.0)
    with one_blas_thread():
        basis = np.linalg.svd(factor.coordinates / scale, full_matrices=False)[2]
    scaled = contrast / scale
    return scaled, scaled - (scaled @ basis.T) @ basis
