"""What a design lets one see: inflated variances, and how sharp a contrast is."""

import numpy as np
import numpy.typing as npt

from boldglm.core.linear import Factor, non_estimable_rows

__all__ = ["contrast_efficiency", "variance_inflation"]

Array = npt.NDArray[np.float64]


def variance_inflation(factor: Factor) -> Array:
    """By how much other regressors inflate the variance of each coefficient.

    .. math:: 1 / (1 - R_j^2)

    with R² of the regression of column j on all others; about the mean, where the
    constant is among the others or is a combination of them. A column that is needed
    to make up the constant, such as one of two groups, has its R² about zero.

    Parameters
    ----------
    factor : Factor

    Returns
    -------
    (n_regressors,) float64
        1: none. Infinite where other columns make up this one; nan for columns that
        do not vary.

    References
    ----------
    Mumford, J. A., Poline, J.-B. and Poldrack, R. A. (2015). Orthogonalization of
    regressors in fMRI models. *PLoS ONE* 10, e0126255.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> X = np.array([[0.0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]])
    >>> variance_inflation(factorize(X))
    array([ 1.,  1., nan])
    """
    X = factor.design
    n_scans, n_columns = X.shape
    ones = factor.basis.T @ np.ones(n_scans)
    has_constant = np.allclose(factor.basis @ ones, 1.0, atol=1e-8)
    # Weights of the constant in the columns: those that a design can estimate are the
    # only ones, and the others are infinite below
    needed = np.abs(factor.to_beta @ ones) * np.abs(X).max(axis=0) > 1e-8
    centred = X - X.mean(axis=0)
    variation = np.einsum("tj,tj->j", centred, centred)
    length = np.einsum("tj,tj->j", X, X)
    total = variation if has_constant else length
    total = np.where(needed, length, total)
    # (X'X)^+ = to_beta to_beta'
    unit = np.einsum("jr,jr->j", factor.to_beta, factor.to_beta)
    lost = non_estimable_rows(factor, np.eye(n_columns))
    out = total * unit
    out[lost] = np.inf
    out[variation <= 1e-12 * np.where(length > 0, length, 1.0)] = np.nan
    return np.asarray(out)


def contrast_efficiency(factor: Factor, contrast: npt.ArrayLike) -> float:
    r"""How sharply a design sees a contrast, for white noise.

    .. math:: e = 1 / \operatorname{trace}(C (X'X)^+ C')

    It depends on the scale of weights and regressors: compare contrasts of the same
    kind only. ``1 / sqrt(e)`` is the standard error of a t contrast where the noise
    has unit variance.

    Parameters
    ----------
    factor : Factor
    contrast : (n_rows, n_regressors)

    Returns
    -------
    float
        0 where the design cannot tell the contrast apart, nan for one of zeros.

    References
    ----------
    Dale, A. M. (1999). Optimal experimental design for event-related fMRI. *Human
    Brain Mapping* 8, 109-114.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> contrast_efficiency(factorize(np.eye(4)[:, :2]), [[1.0, -1.0]])
    0.5
    """
    rows = np.atleast_2d(np.asarray(contrast, dtype=np.float64))
    if not rows.any():
        return float("nan")
    if non_estimable_rows(factor, rows):
        return 0.0
    root = rows @ factor.to_beta
    return float(1.0 / np.einsum("qr,qr->", root, root))
