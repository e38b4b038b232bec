"""Whether what a noise model leaves is white: autocorrelations of residuals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.gls import fit_glm, residuals
from boldglm.core.noise import NoiseModel

__all__ = ["QUANTILES", "Whiteness", "autocorrelations", "whitened", "whiteness"]

Array = npt.NDArray[np.float64]

#: Shares of the voxels whose autocorrelation is lower
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Whiteness:
    """Autocorrelations of residuals before and after whitening, over some voxels.

    Attributes
    ----------
    n_scans, n_voxels : int
        Voxels that were looked at, and vary.
    before, after : (n_lags, 5) float64
        Quantiles over voxels (`QUANTILES`) at lags 1, 2, …
    """

    n_scans: int
    n_voxels: int
    before: Array
    after: Array

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Whiteness):
            return NotImplemented
        pairs = (self.before, other.before), (self.after, other.after)
        return (self.n_scans, self.n_voxels) == (other.n_scans, other.n_voxels) and all(
            np.array_equal(one, another, equal_nan=True) for one, another in pairs
        )

    def __hash__(self) -> int:
        return hash((self.n_scans, self.n_voxels, self.before.shape))


def autocorrelations(series: npt.ArrayLike, n_lags: int) -> Array:
    r"""Autocorrelation of every series, their mean taken as 0.

    .. math:: r_k = \sum_t e_t e_{t+k} / \sum_t e_t^2

    Parameters
    ----------
    series : (n_scans, n_voxels)
    n_lags : int

    Returns
    -------
    (n_lags, n_voxels) float64
        Of lags 1, 2, …; nan where the series is 0 throughout.

    Raises
    ------
    ShapeError
        If the lags are not fewer than the scans.

    Examples
    --------
    >>> autocorrelations(np.array([[1.0], [-1.0], [1.0], [-1.0]]), 2).ravel()
    array([-0.75,  0.5 ])
    """
    e = np.asarray(series, dtype=np.float64)
    if not 0 < n_lags < e.shape[0]:
        msg = (
            f"{n_lags} lags of series of {e.shape[0]} scans; expected at least one, "
            "and fewer than scans"
        )
        raise ShapeError(msg)
    square = np.einsum("tv,tv->v", e, e)
    products = [np.einsum("tv,tv->v", e[:-k], e[k:]) for k in range(1, n_lags + 1)]
    return np.stack(products) / np.where(square > 0, square, np.nan)


def whitened(residual: npt.ArrayLike, phi: npt.ArrayLike) -> Array:
    """Residuals less what their autoregression foretells, without the first scans.

    ``w_t = e_t - sum_i phi_i e_{t-i}``, t = p, p + 1, …

    Parameters
    ----------
    residual : (n_scans, n_voxels)
    phi : (p, n_voxels)

    Returns
    -------
    (n_scans - p, n_voxels) float64

    Examples
    --------
    >>> whitened(np.array([[4.0], [2.0], [1.0]]), np.array([[0.5]])).ravel()
    array([0., 0.])
    """
    e, phi = np.asarray(residual, dtype=np.float64), np.asarray(phi)
    order, n_scans = phi.shape[0], e.shape[0]
    out = e[order:].copy()
    for i in range(order):
        out -= phi[i] * e[order - 1 - i : n_scans - 1 - i]
    return out


def whiteness(
    data: npt.NDArray[np.floating],
    design: npt.ArrayLike,
    noise: NoiseModel,
    n_lags: int = 10,
) -> Whiteness:
    """Fit some voxels, and look at what is left of them.

    Autocorrelations of residuals are a little below those of the noise, since the
    design takes the slowest noise with it.

    Parameters
    ----------
    data : (n_scans, n_voxels) float32 or float64
        Voxels that do not vary are left out.
    design : (n_scans, n_regressors)
    noise : NoiseModel
    n_lags : int
        Fewer where there are too few scans.

    Returns
    -------
    Whiteness

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> rng = np.random.default_rng(0)
    >>> noise = rng.standard_normal((2000, 20))
    >>> for t in range(1, 2000):
    ...     noise[t] += 0.5 * noise[t - 1]
    >>> found = whiteness(noise, np.ones((2000, 1)), noise_model("ar1"), 2)
    >>> bool(abs(found.before[0, 2] - 0.5) < 0.02), bool(abs(found.after[0, 2]) < 0.02)
    (True, True)
    """
    fit = fit_glm(data, design, noise, n_jobs=1)
    varies = np.isin(fit.outcome, (0, 3)) & (fit.residual_ss > 0)
    n_scans = data.shape[0]
    n_lags = max(1, min(n_lags, n_scans - noise.order - 1))
    left = residuals(data, fit)[:, varies]
    pairs = left, whitened(left, fit.phi[:, varies])
    before, after = (_quantiles(autocorrelations(e, n_lags)) for e in pairs)
    return Whiteness(n_scans, int(np.count_nonzero(varies)), before, after)


def _quantiles(values: Array) -> Array:
    if not np.isfinite(values).any(axis=1).all():
        return np.full((values.shape[0], len(QUANTILES)), np.nan)
    return np.asarray(np.nanquantile(values, QUANTILES, axis=1).T, dtype=np.float64)
