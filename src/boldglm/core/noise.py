"""Models of the noise: names, and coefficients from the residuals' autocovariances."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "FIRST_SCANS",
    "NOISE_MODELS",
    "NoiseModel",
    "noise_model",
    "yule_walker",
]

Array = npt.NDArray[np.float64]
FirstScans = Literal["conditional", "exact"]

FIRST_SCANS: tuple[FirstScans, ...] = ("conditional", "exact")
# A partial autocorrelation beyond this makes a filter that is all but unstable.
LARGEST_REFLECTION = 0.99


@dataclass(frozen=True)
class NoiseModel:
    """Which autoregression, estimated how, and how a run's first scans are weighed.

    Attributes
    ----------
    name : str
    order : int
        Lags of the autoregression; 0 is white noise.
    first_scans : {'conditional', 'exact'}
        ``'conditional'``: the first scans are filtered with what there is before
        them, as if the series had been zero until then (nilearn's whitening).
        ``'exact'``: the stationary likelihood, in which they weigh by their larger
        variance.
    bins : int or None
        Truncate the coefficient of an AR(1) to a multiple of ``1 / bins``, towards
        zero, as nilearn does. None: the coefficient as estimated.
    coefficients : tuple of float or None
        Given for all voxels instead of estimated.
    """

    name: str
    order: int
    first_scans: FirstScans = "conditional"
    bins: int | None = None
    coefficients: tuple[float, ...] | None = None

    def estimate(self, autocovariance: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
        """Coefficients (order, n_voxels), and which voxels had to be held stable."""
        if self.coefficients is not None:
            n_voxels = autocovariance.shape[1]
            phi = np.repeat(np.array(self.coefficients)[:, None], n_voxels, axis=1)
            return phi, np.zeros(n_voxels, dtype=bool)
        phi, held = yule_walker(autocovariance)
        if self.bins is not None:
            # Adding zero turns -0.0 into 0.0: one bin, one label.
            phi = (np.trunc(phi * self.bins) + 0.0) / self.bins
        return phi, held


def _ols(match: re.Match[str]) -> int:
    del match
    return 0


def _autoregression(match: re.Match[str]) -> int:
    return int(match["order"])


# Pattern of the name, and the order of the filter it asks for.
NOISE_MODELS: dict[str, Callable[[re.Match[str]], int]] = {
    r"ols": _ols,
    r"ar(?P<order>[1-9]\d*)": _autoregression,
}


def noise_model(
    name: str, *, bins: int | None = None, first_scans: str = "conditional"
) -> NoiseModel:
    """Noise model of a name that users know.

    Parameters
    ----------
    name : str
        ``'ols'`` or ``'arN'`` with N = 1, 2, …
    bins : int or None
        See `NoiseModel`; for ``'ar1'`` only.
    first_scans : {'conditional', 'exact'}

    Raises
    ------
    ValueError
        If one of them is none of these.

    Examples
    --------
    >>> noise_model("ar3").order
    3
    """
    if first_scans not in FIRST_SCANS:
        msg = f"first_scans is {first_scans!r}; expected one of {FIRST_SCANS}"
        raise ValueError(msg)
    if bins is not None and not (isinstance(bins, int | np.integer) and bins > 0):
        msg = f"bins is {bins!r}; expected a positive number, or None for no bins"
        raise ValueError(msg)
    for pattern, order in NOISE_MODELS.items():
        match = re.fullmatch(pattern, name) if isinstance(name, str) else None
        if match:
            kind: FirstScans = "exact" if first_scans == "exact" else "conditional"
            return NoiseModel(name, order(match), kind, bins)
    msg = (
        f"noise_model is {name!r}; expected 'ols', or 'arN' with a positive N "
        "such as 'ar1' or 'ar4'"
    )
    raise ValueError(msg)


def yule_walker(autocovariance: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Solve the Yule-Walker equations of every voxel by Levinson's recursion.

    The coefficients of ``e_t = sum_i phi_i e_{t-i} + w_t`` solve::

        sum_j phi_j r_{|i-j|} = r_i,    i = 1 … p

    Autocovariances that no stationary series could have (they are divided by their
    number of pairs, n - k, which does not exclude it) would give an unstable
    filter; partial autocorrelations are held within ±0.99.

    Parameters
    ----------
    autocovariance : (p + 1, n_voxels)
        At lags 0…p.

    Returns
    -------
    phi : (p, n_voxels)
        Zero where the variance is zero.
    held : (n_voxels,) bool
        Where a partial autocorrelation was held.

    References
    ----------
    Brockwell, P. J. & Davis, R. A. (1991). *Time Series: Theory and Methods*, §5.2.

    Examples
    --------
    >>> phi, held = yule_walker(np.array([[1.0], [0.5], [0.25]]))
    >>> phi.ravel()
    array([0.5, 0. ])
    """
    order, n_voxels = autocovariance.shape[0] - 1, autocovariance.shape[1]
    phi = np.zeros((order, n_voxels))
    held = np.zeros(n_voxels, dtype=bool)
    variance = autocovariance[0]
    usable = variance > 0
    error = np.where(usable, variance, 1.0)
    for m in range(order):
        known = np.einsum("iv,iv->v", phi[:m], autocovariance[m:0:-1])
        reflection = np.where(usable, (autocovariance[m + 1] - known) / error, 0.0)
        outside = np.abs(reflection) > LARGEST_REFLECTION
        held |= outside
        reflection = np.clip(reflection, -LARGEST_REFLECTION, LARGEST_REFLECTION)
        phi[:m] -= reflection * phi[:m][::-1].copy()
        phi[m] = reflection
        error = error * (1 - reflection**2)
    return phi, held
