"""Noise that remembers: ARMA processes, one in every voxel, smooth in space."""

from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_numbers, shown
from boldglm._base.errors import ShapeError
from boldglm.datasets.simulate_checks import whole_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ar_coefficients",
    "ar_noise",
    "arma_noise",
    "autocorrelations",
    "ma_coefficients",
    "smooth_unit",
]


def ar_coefficients(partial: "NDArray[Any]") -> "list[NDArray[Any]]":
    r"""Predictors of every order, from the partial autocorrelations.

    Durbin and Levinson's recursion: with :math:`\kappa_k` the partial
    autocorrelation at lag k,

    .. math::

        \phi^{(k)}_k = \kappa_k, \qquad
        \phi^{(k)}_l = \phi^{(k-1)}_l - \kappa_k\,\phi^{(k-1)}_{k-l}

    Parameters
    ----------
    partial : (order, ...) float

    Returns
    -------
    list of (k, ...) float, for k = 0 … order
        Entry k predicts a sample from the k before it, latest first; the last one
        holds the coefficients of the process.

    Examples
    --------
    >>> ar_coefficients(np.array([0.5, 0.2]))[-1]
    array([0.4, 0.2])
    """
    predictors = [partial[:0]]
    for k in range(len(partial)):
        last = predictors[-1]
        longer = np.empty_like(partial[: k + 1])
        longer[:k] = last - partial[k] * last[::-1]
        longer[k] = partial[k]
        predictors.append(longer)
    return predictors


def ma_coefficients(ma: "NDArray[Any]") -> "NDArray[Any]":
    r"""Coefficients of an invertible moving average, from numbers in (-1, 1).

    The recursion of `ar_coefficients` with the signs turned (Monahan 1984): for
    order 1 the coefficient is the number itself, for order 2

    .. math::

        \theta_1 = m_1 (1 + m_2), \qquad \theta_2 = m_2

    Parameters
    ----------
    ma : (order, ...) float

    Returns
    -------
    (order, ...) float
        Weights of the last errors, latest first.

    References
    ----------
    Monahan JF (1984). A note on enforcing stationarity in autoregressive-moving
    average models. Biometrika 71:403.

    Examples
    --------
    >>> ma_coefficients(np.array([0.5, 0.2]))
    array([0.6, 0.2])
    """
    return -ar_coefficients(-ma)[-1]


def autocorrelations(
    partial: "NDArray[Any]", ma: "NDArray[Any]", n_lags: int
) -> "NDArray[np.float64]":
    r"""Autocorrelations of ARMA noise at lag 0, 1, …, as theory has them.

    With :math:`r_k` those of the autoregressive part and
    :math:`\theta_0 = 1`,

    .. math::

        \rho_h = \frac{c_h}{c_0}, \qquad
        c_h = \sum_{i,j=0}^{q} \theta_i \theta_j\, r_{|h + i - j|}

    Parameters
    ----------
    partial : (p, ...) float
        Partial autocorrelations of the autoregressive part: ``truth.partial``.
    ma : (q, ...) float
        See `ma_coefficients`: ``truth.ma``.
    n_lags : int

    Returns
    -------
    (n_lags + 1, ...) float64

    Raises
    ------
    TypeError, ValueError
        If they are no numbers in (-1, 1), of the same voxels.

    Examples
    --------
    >>> autocorrelations(np.array([0.5]), np.array([]), 3)
    array([1.   , 0.5  , 0.25 , 0.125])
    >>> autocorrelations(np.array([]), np.array([0.5]), 3)
    array([1. , 0.4, 0. , 0. ])
    """
    partial, ma = _inside("partial", partial), _inside("ma", ma)
    if partial.shape[1:] != ma.shape[1:]:
        msg = (
            f"partial has shape {partial.shape} and ma {ma.shape}; expected numbers of "
            "the same voxels, (order, ...)"
        )
        raise ShapeError(msg)
    covariances = _covariances(partial, ma, whole_number("n_lags", n_lags, 0))
    return covariances / covariances[0]


def _inside(name: str, values: Any) -> "NDArray[np.float64]":
    """Numbers that make a process stable, or invertible, (order, ...)."""
    found = as_numbers(values, name).astype(np.float64)
    if found.ndim == 0 or not (np.abs(found) < 1).all():
        msg = f"{name} is {shown(values)}; expected numbers in (-1, 1), (order, ...)"
        raise ValueError(msg)
    return found


def ar_noise(
    partial: "NDArray[np.float32]",
    n_scans: int,
    sigma: float,
    rng: np.random.Generator,
) -> "NDArray[np.float32]":
    r"""Autoregressive noise, smooth in space, of variance 1 at every scan.

    .. math::

        x_t = \sum_l \phi_l\, x_{t-l} + e_t

    The first scans are drawn from the stationary distribution, through the
    predictors of lower order, so that there is no running in.

    Parameters
    ----------
    partial : (order, x, y, z) float32
        Partial autocorrelations.
    n_scans : int
    sigma : float
        Spatial standard deviation of the smoothing kernel, voxels. The noise is
        periodic at the borders of the grid, so equally smooth everywhere.
    rng : numpy.random.Generator

    Returns
    -------
    (n_scans, x, y, z) float32
    """
    series = rng.standard_normal((n_scans, *partial.shape[1:]), dtype=np.float32)
    if sigma > 0:
        series = smooth_unit(series, sigma)
    predictors = ar_coefficients(partial)
    error_sd = [np.ones_like(series[0])]
    for kappa in partial:
        error_sd.append(error_sd[-1] * np.sqrt(1 - kappa**2))
    for scan in range(n_scans):
        order = min(scan, len(partial))
        series[scan] *= error_sd[order]
        for lag, phi in enumerate(predictors[order], start=1):
            series[scan] += phi * series[scan - lag]
    return series


def arma_noise(
    partial: "NDArray[np.float32]",
    ma: "NDArray[np.float32]",
    n_scans: int,
    sigma: float,
    rng: np.random.Generator,
) -> "NDArray[np.float32]":
    r"""Autoregressive moving average noise, of variance 1 at every scan.

    .. math::

        x_t = \sum_l \phi_l\, x_{t-l} + e_t + \sum_k \theta_k\, e_{t-k}

    It is the moving average of an autoregressive series (the two filters may
    change places), which `ar_noise` begins in its stationary state.

    Parameters
    ----------
    partial : (p, x, y, z) float32
        Partial autocorrelations of the autoregressive part.
    ma : (q, x, y, z) float32
        See `ma_coefficients`. With none this is `ar_noise`.
    n_scans : int
    sigma : float
        See `ar_noise`.
    rng : numpy.random.Generator

    Returns
    -------
    (n_scans, x, y, z) float32

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> maps = np.full((1, 8, 8, 8), 0.5, np.float32)
    >>> series = arma_noise(maps[:0], maps, 400, 0.0, rng)
    >>> np.mean(series[1:] * series[:-1]).round(1)  # 0.5 / (1 + 0.5²)
    np.float32(0.4)
    """
    order = len(ma)
    series = ar_noise(partial, n_scans + order, sigma, rng)
    if not order:
        return series
    theta = ma_coefficients(ma)
    # From the last scan back: what is added has not been changed yet.
    for scan in reversed(range(order, n_scans + order)):
        for lag, weight in enumerate(theta, start=1):
            series[scan] += weight * series[scan - lag]
    series /= np.sqrt(_covariances(partial, ma, 0)[0]).astype(np.float32)
    return series[order:]


def smooth_unit(series: "NDArray[np.float32]", sigma: float) -> "NDArray[np.float32]":
    """Smooth each volume of white noise, and bring its variance back to 1."""
    from scipy.ndimage import gaussian_filter1d

    for axis in (1, 2, 3):
        impulse = np.zeros(series.shape[axis])
        impulse[0] = 1.0
        kernel = gaussian_filter1d(impulse, sigma, mode="wrap")
        series = gaussian_filter1d(series, sigma, axis=axis, mode="wrap")
        series /= np.float32(np.sqrt(np.sum(kernel**2)))
    return series


def _covariances(
    partial: "NDArray[Any]", ma: "NDArray[Any]", n_lags: int
) -> "NDArray[np.float64]":
    """Those at lag 0, 1, … if the autoregressive part has a variance of 1."""
    theta = np.concatenate([np.ones((1, *ma.shape[1:])), ma_coefficients(ma)])
    of_ar = _ar_autocorrelations(partial, n_lags + len(ma))
    covariances = np.zeros((n_lags + 1, *ma.shape[1:]))
    for lag in range(n_lags + 1):
        for i, left in enumerate(theta):
            for j, right in enumerate(theta):
                covariances[lag] += left * right * of_ar[abs(lag + i - j)]
    return covariances


def _ar_autocorrelations(partial: "NDArray[Any]", n_lags: int) -> "NDArray[np.float64]":
    """Yule and Walker's equations, solved lag by lag."""
    predictors = ar_coefficients(np.asarray(partial, dtype=np.float64))
    found = np.ones((n_lags + 1, *partial.shape[1:]))
    for lag in range(1, n_lags + 1):
        phi = predictors[min(lag, len(partial))]
        past = found[lag - len(phi) : lag][::-1]
        found[lag] = np.sum(phi * past, axis=0)
    return found
