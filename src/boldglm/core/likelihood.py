"""Log-determinants of the noise, and of what it leaves to know of a design."""

import numpy as np
import numpy.typing as npt

from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.precision import PrecisionForms, edge_weights, lag_weights

__all__ = [
    "log_determinant",
    "log_determinant_of_precision",
    "partial_autocorrelations",
]

Array = npt.NDArray[np.float64]

BLOCK = 1024


def partial_autocorrelations(phi: Array) -> Array:
    """Partial autocorrelations of autoregressions, lag 1 first.

    Levinson's recursion backwards: the last coefficient of order k is the k-th.

    Parameters
    ----------
    phi : (order, n_voxels)

    Returns
    -------
    (order, n_voxels)
        All within -1 and 1 if the autoregression is stationary.

    References
    ----------
    Brockwell, P. J. & Davis, R. A. (1991). *Time Series: Theory and Methods*, §5.2.

    Examples
    --------
    >>> partial_autocorrelations(np.array([[0.4], [0.2]])).ravel()
    array([0.5, 0.2])
    """
    kappa = np.array(phi, dtype=np.float64)
    for k in range(len(kappa) - 1, 0, -1):
        last, rest = kappa[k], kappa[:k].copy()
        kappa[:k] = (rest + last * rest[::-1]) / (1.0 - last**2)
    return kappa


def log_determinant(forms: PrecisionForms, phi: Array) -> Array:
    """``log |V|`` of the noise of the scans, in units of the innovation variance.

    Of stationary noise ``-sum_k k log(1 - kappa_k^2)`` for each segment, with partial
    autocorrelations kappa; 0 where the first scans are conditional, and for segments
    that have fewer scans than the order. Where scans are missing, V is that of those
    which are there, and the determinant of the whole line times that of the piece of
    its inverse that belongs to the others.

    Parameters
    ----------
    forms : PrecisionForms
    phi : (order, n_voxels)

    Returns
    -------
    (n_voxels,)

    References
    ----------
    Brockwell, P. J. & Davis, R. A. (1991). *Time Series: Theory and Methods*, §5.2.

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> from boldglm.core.precision import precision_forms
    >>> forms = precision_forms(factorize(np.ones((4, 1))), 1, "exact")
    >>> log_determinant(forms, np.array([[0.0, 0.5]]))
    array([0.   , 0.2877])
    """
    order, n_voxels = phi.shape
    if order == 0:
        return np.zeros(n_voxels)
    whole = np.zeros(n_voxels)
    if forms.first_scans == "exact":
        kappa = partial_autocorrelations(phi)
        one = -np.arange(1.0, order + 1) @ np.log1p(-(kappa**2))
        whole = np.count_nonzero(forms.lags.lengths >= order) * one
    if forms.lags.n_hidden:
        whole = whole + _logarithms(forms, phi)[0]
    return np.asarray(whole)


def log_determinant_of_precision(forms: PrecisionForms, phi: Array) -> Array:
    """``log |Q' V^-1 Q|`` of the scans, for restricted likelihoods.

    Parameters
    ----------
    forms : PrecisionForms
    phi : (order, n_voxels)

    Returns
    -------
    (n_voxels,)

    Examples
    --------
    >>> from boldglm.core.linear import factorize
    >>> from boldglm.core.precision import precision_forms
    >>> forms = precision_forms(factorize(np.ones((4, 1))), 1, "conditional")
    >>> np.exp(log_determinant_of_precision(forms, np.array([[0.0, 0.5]])))
    array([1.    , 0.4375])
    """
    n_voxels = phi.shape[1]
    if forms.order == 0:
        return np.zeros(n_voxels)
    if forms.is_diagonal:
        return _of_diagonal(forms, phi[0])
    return _logarithms(forms, phi)[1]


def _of_diagonal(forms: PrecisionForms, phi: Array) -> Array:
    """A diagonal less a rank one or two: its determinant times that of the rest."""
    lags = forms.lags
    edges = [lags.last, lags.first] if forms.first_scans == "exact" else [lags.last]
    rows = np.concatenate(edges)
    diagonal = 1.0 + phi * (phi - np.diagonal(lags.products[1])[:, np.newaxis])
    inner = np.einsum("er,fr,rv->vef", rows, rows, 1.0 / diagonal, optimize=True)
    rest = np.eye(len(rows)) - (phi**2)[:, np.newaxis, np.newaxis] * inner
    return np.asarray(np.log(diagonal).sum(axis=0) + np.linalg.slogdet(rest)[1])


def _logarithms(forms: PrecisionForms, phi: Array) -> Array:
    """Log-determinants of ``Q'V^-1 Q``, (2, n_voxels).

    That of the piece of places without a scan, and what the design makes of the rest.
    """
    out = np.empty((2, phi.shape[1]))
    map_blocks(
        lambda block: _of_triangles(forms, phi[:, block], out[:, block]),
        blocks(phi.shape[1], BLOCK),
        n_jobs=None,
    )
    return out


def _of_triangles(forms: PrecisionForms, phi: Array, out: Array) -> None:
    from boldglm.core.precision_kernels import cholesky

    upper = np.triu_indices(forms.order)
    weights = np.concatenate([lag_weights(phi), -edge_weights(phi)[upper]])
    triangle = forms.pieces @ weights
    rank, n_hidden = forms.rank, forms.lags.n_hidden
    cholesky(triangle, rank)
    # The diagonal holds its reciprocals, those of places without a scan first
    places = np.arange(rank) * (np.arange(rank) + 3) // 2
    logarithms = -2.0 * np.log(triangle[places])
    out[0] = logarithms[:n_hidden].sum(axis=0)
    out[1] = logarithms[n_hidden:].sum(axis=0)
