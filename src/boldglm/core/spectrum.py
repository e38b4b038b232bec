"""At which frequencies series vary: smoothed periodograms."""

import numpy as np
import numpy.typing as npt

from boldglm.core.ljung_box import CorrelationMoments

__all__ = ["frequencies", "power_spectrum", "white_spectrum"]

Array = npt.NDArray[np.float64]


def frequencies(n_lags: int) -> Array:
    """Frequencies of a spectrum from autocorrelations up to a lag.

    Parameters
    ----------
    n_lags : int

    Returns
    -------
    (n_lags + 2,) float64
        Cycles per scan, from 0 to 1/2.

    Examples
    --------
    >>> frequencies(3)
    array([0.   , 0.125, 0.25 , 0.375, 0.5  ])
    """
    return np.linspace(0.0, 0.5, n_lags + 2)


def power_spectrum(correlations: Array) -> Array:
    r"""Power of series at each frequency, as a share of what white noise has.

    .. math:: P(f) = 1 + 2 \sum_{k=1}^K w_k r_k \cos(2 \pi f k)

    which is the periodogram over the variance, averaged over frequencies within about
    ``1 / K`` by Parzen's window w. It is 1 at all frequencies for white noise, its mean
    over frequencies is 1, and it is nowhere below 0. Products over a gap are not in the
    autocorrelations, so that no gap has to be filled.

    Parameters
    ----------
    correlations : (n_lags, n_voxels)
        At lags 1, 2, …, see `boldglm.core.autocorrelation.autocorrelations`.

    Returns
    -------
    (n_lags + 2, n_voxels) float64
        At `frequencies`.

    References
    ----------
    Parzen, E. (1961). Mathematical considerations in the estimation of spectra.
    *Technometrics* 3, 167-190.

    Examples
    --------
    >>> power_spectrum(np.array([[0.5], [0.25], [0.125]])).ravel().round(2)
    array([1.85, 1.5 , 0.88, 0.5 , 0.4 ])
    """
    r = np.asarray(correlations, dtype=np.float64)
    return np.asarray(1.0 + _waves(r.shape[0]) @ r)


def white_spectrum(moments: CorrelationMoments) -> Array:
    """The median over voxels of what a design leaves of the spectrum of white noise.

    Slow regressors take low frequencies with them, so it is not flat. The median of a
    smoothed periodogram is a few per cent below its mean: about that of a chi-squared
    variable with the same mean and variance (Wilson and Hilferty 1931).

    Parameters
    ----------
    moments : CorrelationMoments
        At lags 1 … n_lags.

    Returns
    -------
    (n_lags + 2,) float64
        At `frequencies`.

    References
    ----------
    Wilson, E. B. and Hilferty, M. M. (1931). The distribution of chi-square. *PNAS* 17,
    684-688.

    Examples
    --------
    >>> from boldglm.core.ljung_box import correlation_moments
    >>> white_spectrum(correlation_moments(100, 20))[[0, 10]]
    array([0.937, 0.971])
    """
    waves = _waves(moments.mean.size)
    mean = np.maximum(1.0 + waves @ moments.mean, np.finfo(float).tiny)
    variance = np.einsum("fj,jk,fk->f", waves, moments.covariance, waves)
    # 2 / 9 of the inverse number of degrees of freedom
    skew = variance / (9.0 * mean**2)
    return np.asarray(mean * np.maximum(1.0 - skew, 0.0) ** 3)


def _waves(n_lags: int) -> Array:
    """Weights of the autocorrelations at each frequency, (n_lags + 2, n_lags)."""
    lags = np.arange(1, n_lags + 1)
    weights = 2.0 * _parzen(lags / (n_lags + 1))
    return weights * np.cos(2 * np.pi * np.outer(frequencies(n_lags), lags))


def _parzen(x: Array) -> Array:
    near = 1.0 - 6.0 * x**2 * (1.0 - x)
    return np.where(x < 0.5, near, 2.0 * (1.0 - x) ** 3)
