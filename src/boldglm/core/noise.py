"""Models of the noise: names, and coefficients from autocovariances."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "AUTO_ORDERS",
    "BY_REPETITION_TIME",
    "FIRST_SCANS",
    "NOISE_MODELS",
    "NoiseModel",
    "noise_model",
    "yule_walker",
]

Array = npt.NDArray[np.float64]
FirstScans = Literal["conditional", "exact"]
Kind = Literal["ar", "arma11"]

FIRST_SCANS: tuple[FirstScans, ...] = ("conditional", "exact")
# A partial autocorrelation beyond this makes a filter that is all but unstable.
LARGEST_REFLECTION = 0.99


@dataclass(frozen=True)
class NoiseModel:
    """Which noise, estimated how, and how a run's first scans are weighed.

    Attributes
    ----------
    name : str
    order : int
        Lags of the autoregression that whitens; 0 is white noise.
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
    corrected : bool
        Correct autocovariances for what the design takes from residuals, see
        `boldglm.core.noise_bias`.
    pooled : bool
        Average autocorrelations over neighbouring voxels before.
    kind : {'ar', 'arma11'}
        ``'arma11'`` is estimated by restricted maximum likelihood, see
        `boldglm.core.arma`; `order` is that of the autoregression it is whitened by.
    sandwich : bool
        Whiten nothing: coefficients are those of ordinary least squares, with the
        variance and the degrees of freedom they have in this noise, see
        `boldglm.core.sandwich`.
    """

    name: str
    order: int
    first_scans: FirstScans = "conditional"
    bins: int | None = None
    coefficients: tuple[float, ...] | None = None
    corrected: bool = False
    pooled: bool = False
    kind: Kind = "ar"
    sandwich: bool = False

    @property
    def n_parameters(self) -> int:
        """Numbers that are estimated in every voxel, besides the variance."""
        return 2 if self.kind == "arma11" else self.order


#: Order of the autoregression of ``'auto'`` by the smallest repetition time, seconds,
#: that it is for: what the noise remembers lasts as long however often one looks.
AUTO_ORDERS = ((2.5, 4), (1.0, 8), (0.6, 12), (0.0, 16))
#: Names of the models whose order goes by the repetition time
BY_REPETITION_TIME = ("auto", "ols+")
#: Order of the autoregression that an ARMA(1, 1) is whitened by
ARMA_ORDER = 6


def _ols(match: re.Match[str], first: FirstScans, t_r: float | None) -> NoiseModel:
    del t_r
    return NoiseModel(match.string, 0, first)


def _sandwich(match: re.Match[str], first: FirstScans, t_r: float | None) -> NoiseModel:
    return replace(_pooled(match, first, t_r), sandwich=True)


def _autoregression(
    match: re.Match[str], first: FirstScans, t_r: float | None
) -> NoiseModel:
    del t_r
    corrected = bool(match["plus"])
    return NoiseModel(match.string, int(match["order"]), first, corrected=corrected)


def _pooled(match: re.Match[str], first: FirstScans, t_r: float | None) -> NoiseModel:
    del first
    order = int(match["order"] or _auto_order(match.string, t_r))
    return NoiseModel(match.string, order, "exact", corrected=True, pooled=True)


def _auto_order(name: str, t_r: float | None) -> int:
    if t_r is None:
        msg = (
            f"noise_model={name!r} chooses the order of the autoregression by the "
            "repetition time, which is not known; pass t_r, or name the order, such "
            f"as '{name}8'"
        )
        raise ValueError(msg)
    number = isinstance(t_r, int | float | np.integer | np.floating)
    if not (number and t_r > 0):
        msg = (
            f"t_r is {t_r!r}; expected the repetition time in seconds, a positive "
            f"number, by which noise_model={name!r} chooses its order"
        )
        raise ValueError(msg)
    return next(order for shortest, order in AUTO_ORDERS if t_r >= shortest)


def _arma(match: re.Match[str], first: FirstScans, t_r: float | None) -> NoiseModel:
    del first, t_r
    return NoiseModel(match.string, ARMA_ORDER, "exact", kind="arma11")


#: Pattern of the name, and what makes the model of it.
NOISE_MODELS: dict[
    str, Callable[[re.Match[str], FirstScans, float | None], NoiseModel]
] = {
    r"ols": _ols,
    r"ols\+(?P<order>[1-9]\d*)?": _sandwich,
    r"ar(?P<order>[1-9]\d*)(?P<plus>\+?)": _autoregression,
    r"auto(?P<order>[1-9]\d*)?": _pooled,
    r"arma11": _arma,
}


def noise_model(
    name: str,
    *,
    bins: int | None = None,
    first_scans: str = "conditional",
    t_r: float | None = None,
) -> NoiseModel:
    """Noise model of a name that users know.

    ``'ols'``
        White noise.
    ``'ols+'``, ``'ols+N'``
        The coefficients of ``'ols'``, with the variance and the degrees of freedom
        they have in the noise of ``'auto'``, ``'autoN'``.
    ``'arN'``
        An autoregression of order N in every voxel, from the autocovariances of
        residuals (Yule-Walker).
    ``'arN+'``
        The same from autocovariances that are corrected for what the design takes
        from residuals.
    ``'auto'``, ``'autoN'``
        Corrected autocorrelations, averaged over neighbouring voxels; of an order
        that goes by the repetition time, or of order N. The stationary likelihood.
    ``'arma11'``
        An ARMA(1, 1) in every voxel, by restricted maximum likelihood.

    Parameters
    ----------
    name : str
    bins : int or None
        See `NoiseModel`; for ``'ar1'`` only.
    first_scans : {'conditional', 'exact'}
        For ``'arN'`` and ``'arN+'``.
    t_r : float, optional
        Repetition time in seconds, for ``'auto'`` and ``'ols+'``.

    Returns
    -------
    NoiseModel

    Raises
    ------
    ValueError
        If one of them is none of these, or a model lacks the repetition time that it
        goes by.

    Examples
    --------
    >>> noise_model("ar3").order, noise_model("auto", t_r=2.0).order
    (3, 8)
    """
    if not isinstance(first_scans, str) or first_scans not in FIRST_SCANS:
        msg = f"first_scans is {first_scans!r}; expected one of {FIRST_SCANS}"
        raise ValueError(msg)
    whole = isinstance(bins, int | np.integer) and not isinstance(bins, bool)
    if bins is not None and not (whole and bins > 0):
        msg = f"bins is {bins!r}; expected a positive number, or None for no bins"
        raise ValueError(msg)
    first: FirstScans = "exact" if first_scans == "exact" else "conditional"
    for pattern, make in NOISE_MODELS.items():
        match = re.fullmatch(pattern, name) if isinstance(name, str) else None
        if match:
            return replace(make(match, first, t_r), bins=bins)
    msg = (
        f"noise_model is {name!r}; expected 'ols', or 'arN' with a positive N such as "
        "'ar1' or 'ar4', 'arN+', 'auto', 'autoN', 'arma11', 'ols+' or 'ols+N'"
        f"{_meant(name)}"
    )
    raise ValueError(msg)


def _meant(name: object) -> str:
    """A question after a name that is written otherwise, such as ``'AR(1)'``."""
    plain = re.sub(r"[^a-z0-9+]", "", name.lower()) if isinstance(name, str) else ""
    known = any(re.fullmatch(pattern, plain) for pattern in NOISE_MODELS)
    return f". Did you mean {plain!r}?" if known else ""


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
