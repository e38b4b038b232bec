"""Least squares in coloured noise: the variance it has, and its degrees of freedom."""

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import shift_rows
from boldglm.core.likelihood import partial_autocorrelations
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.precision import PrecisionForms
from boldglm.core.residual_moments import LONGEST, residual_moments

__all__ = ["autocovariances", "residual_freedom", "sandwich"]

Array = npt.NDArray[np.float64]

# Autocovariances below this share of the variance are forgotten
FORGOTTEN = 1e-15
BLOCK = 4096


def autocovariances(phi: Array, n_lags: int) -> Array:
    """Autocovariances of autoregressions, in units of the innovation variance.

    Parameters
    ----------
    phi : (order, n_voxels)
        Stationary.
    n_lags : int
        The largest lag.

    Returns
    -------
    (n, n_voxels)
        At lags 0…n - 1; n is ``n_lags + 1``, or less if all that follow are nothing.

    References
    ----------
    Brockwell, P. J. & Davis, R. A. (1991). *Time Series: Theory and Methods*, §3.3.

    Examples
    --------
    >>> autocovariances(np.array([[0.5]]), 2).ravel()
    array([1.3333, 0.6667, 0.3333])
    """
    order, n_voxels = phi.shape
    kappa = partial_autocorrelations(phi)
    gamma = np.zeros((n_lags + 1, n_voxels))
    gamma[0] = error = 1.0 / np.prod(1.0 - kappa**2, axis=0)
    shorter = np.zeros_like(phi)
    for m in range(min(order, n_lags)):
        known = np.einsum("iv,iv->v", shorter[:m], gamma[m:0:-1])
        gamma[m + 1] = known + kappa[m] * error
        shorter[:m] -= kappa[m] * shorter[:m][::-1].copy()
        shorter[m] = kappa[m]
        error = error * (1.0 - kappa[m] ** 2)
    for lag in range(order + 1, n_lags + 1):
        before = gamma[lag - order : lag][::-1]
        if (np.abs(before) <= FORGOTTEN * gamma[0]).all():
            return gamma[:lag]
        np.einsum("iv,iv->v", phi, before, out=gamma[lag])
    return gamma


def residual_freedom(forms: PrecisionForms, phi: Array) -> tuple[Array, Array]:
    r"""What residuals of least squares are worth in coloured noise.

    .. math:: \tau = \mathrm{tr}(R V), \qquad
        \nu = \frac{\mathrm{tr}(R V)^2}{\mathrm{tr}(R V R V)}

    for noise of covariance :math:`\sigma^2 V`: the residual sum of squares over
    :math:`\tau` is an unbiased :math:`\hat\sigma^2`, and
    :math:`\nu \hat\sigma^2 / \sigma^2` has the mean and the variance of a chi-squared
    of :math:`\nu` degrees of freedom.

    Parameters
    ----------
    forms : PrecisionForms
    phi : (order, n_voxels)

    Returns
    -------
    trace, dof : (n_voxels,)
        In white noise both are the scans less the rank.

    References
    ----------
    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance
    components. Biometrics Bulletin 2, 110-114.
    Worsley, K. J. and Friston, K. J. (1995). Analysis of fMRI time-series revisited --
    again. NeuroImage 2, 173-181.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> from boldglm.core.precision import precision_forms
    >>> forms = precision_forms(factorize(np.ones((100, 1))), 1, "exact")
    >>> residual_freedom(forms, np.array([[0.0, 0.5]]))[1]
    array([99.  , 59.99])
    """
    n_lags = min(forms.lags.basis.shape[0] - 1, LONGEST)
    moments = residual_moments(forms.lags, n_lags + 1, n_lags + 1)
    trace, square = np.empty((2, phi.shape[1]))

    def one(block: slice) -> None:
        gamma = autocovariances(phi[:, block], n_lags)
        n = len(gamma)
        trace[block] = moments[0, :n] @ gamma
        square[block] = np.einsum("kv,kv->v", gamma, moments[:n, :n] @ gamma)

    map_blocks(one, blocks(phi.shape[1], BLOCK))
    return trace, trace**2 / square


def sandwich(forms: PrecisionForms, phi: Array, contrast: Array) -> Array:
    """``C Q'V Q C'``: covariance of contrasts of least squares in coloured noise.

    A sum over lags of ``gamma_k (Q C')' D_k (Q C')``.

    Parameters
    ----------
    forms : PrecisionForms
    phi : (order, n_voxels)
    contrast : (n_rows, factor.rank)

    Returns
    -------
    (n_rows, n_rows, n_voxels)
        In units of the innovation variance.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> from boldglm.core.precision import precision_forms
    >>> forms = precision_forms(factorize(np.ones((4, 1))), 1, "exact")
    >>> sandwich(forms, np.array([[0.0, 0.5]]), np.ones((1, 1))).ravel()
    array([1.    , 2.75])
    """
    lags = forms.lags
    weights = lags.basis @ forms.whole(contrast).T
    gamma = autocovariances(phi, min(len(weights) - 1, LONGEST))
    products = np.stack(
        [weights.T @ shift_rows(weights, k, lags.starts) for k in range(len(gamma))],
        axis=-1,
    )
    return np.asarray(products @ gamma)
