"""Whether what a noise model leaves is white: autocorrelations of residuals."""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from boldglm.core.autocorrelation import (
    autocorrelations,
    longest_segment,
    whitened,
    whitened_starts,
)
from boldglm.core.gls import GlmFit, fit_glm, residuals
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.ljung_box import ljung_box_of_fit, moments_behind
from boldglm.core.noise import NoiseModel
from boldglm.core.parallel import blocks
from boldglm.core.spectrum import frequencies, power_spectrum, white_spectrum

__all__ = ["QUANTILES", "Whiteness", "whiteness", "whiteness_of_fit"]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]

#: Shares of the voxels whose autocorrelation is lower
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
# Residuals with a smaller p are not white
LEVEL = 0.05
# Lags of spectra: they resolve a 64th of a cycle per scan
SPECTRUM_LAGS = 63
# Voxels whose series are whitened at once
BLOCK = 64


def _none() -> Array:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class Whiteness:
    """Residuals before and after whitening, over some voxels.

    Attributes
    ----------
    n_scans, n_voxels : int
        Voxels that were looked at, and vary.
    before, after : (n_lags, 5) float64
        Quantiles over voxels (`QUANTILES`) of autocorrelations at lags 1, 2, …
    white : float
        Share of the voxels whose residuals are white at 5 % after whitening
        (`boldglm.core.ljung_box.ljung_box_of_fit`): about 0.95 where the noise is as
        it was modelled; more in images that were smoothed before (0.98 at 6 mm, 0.99 at
        10 mm), where averages over neighbours follow each voxel's own noise. nan
        where it is not known, as in models that earlier versions saved; the spectra are
        empty then.
    frequencies : (n_frequencies,) float64
        Cycles per scan, from 0 to 1/2.
    power_before, power_after : (n_frequencies,) float64
        Median over voxels of the power of residuals over their variance
        (`boldglm.core.spectrum.power_spectrum`).
    power_white : (n_frequencies,) float64
        What `power_after` is where the noise is as it was modelled: 1, but for what
        the design takes out, and that medians are below means.
    """

    n_scans: int
    n_voxels: int
    before: Array
    after: Array
    white: float = np.nan
    frequencies: Array = field(default_factory=_none)
    power_before: Array = field(default_factory=_none)
    power_after: Array = field(default_factory=_none)
    power_white: Array = field(default_factory=_none)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Whiteness):
            return NotImplemented
        names = [one.name for one in fields(self)]
        pairs = [(getattr(self, name), getattr(other, name)) for name in names]
        return all(
            np.array_equal(one, another, equal_nan=True) for one, another in pairs
        )

    def __hash__(self) -> int:
        return hash((self.n_scans, self.n_voxels, self.before.shape))


def whiteness(
    data: Data, design: npt.ArrayLike, noise: NoiseModel, n_lags: int = 10
) -> Whiteness:
    """Fit some voxels, and look at what is left of them.

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
    >>> found.white > 0.85
    True
    """
    return whiteness_of_fit(data, fit_glm(data, design, noise, n_jobs=1), n_lags)


def whiteness_of_fit(
    data: Data,
    fit: GlmFit,
    n_lags: int = 10,
    n_params: float | None = None,
    starts: npt.ArrayLike | None = None,
) -> Whiteness:
    """Look at what a fit leaves of some voxels.

    Autocorrelations of residuals are a little below those of the noise, since the
    design takes the slowest noise with it.

    Parameters
    ----------
    data : (n_scans, n_voxels) float32 or float64
    fit : GlmFit
        Of these voxels. Those that do not vary are left out.
    n_lags : int
        Fewer where there are too few scans.
    n_params : float, optional
        See `boldglm.core.ljung_box.ljung_box_of_fit`.
    starts : (n_segments,) int, optional
        Where segments of consecutive scans begin. Default: there is one.

    Returns
    -------
    Whiteness

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> white = np.random.default_rng(1).standard_normal((90, 20))
    >>> fit = fit_glm(white, np.ones((90, 1)), noise_model("ols"))
    >>> found = whiteness_of_fit(white, fit, n_lags=5, starts=[0, 40])
    >>> found.after.shape, found.frequencies.shape, found.white
    ((5, 5), (27,), 1.0)
    """
    unfitted = np.isin(fit.outcome, (CONSTANT, NOT_FINITE))
    varies = ~unfitted & (fit.residual_ss > 0)
    fit, before = fit.select(varies), residuals(data, fit)[:, varies]
    n_scans, n_voxels = before.shape
    order = fit.phi.shape[0]
    left = whitened_starts(n_scans, order, starts)
    longest = longest_segment(n_scans, starts) - order
    n_lags = max(1, min(n_lags, longest - 1))
    if not (longest > 1 and n_voxels):
        nothing = np.full((n_lags, len(QUANTILES)), np.nan)
        return Whiteness(n_scans, n_voxels, nothing, nothing)
    n_wide = max(n_lags, min(SPECTRUM_LAGS, longest // 2))
    # Series in double precision and whitened: of some voxels at a time
    pairs = []
    for some in blocks(n_voxels, BLOCK):
        after = whitened(before[:, some], fit.phi[:, some], starts)
        pairs.append(
            (
                autocorrelations(before[:, some], n_wide, starts),
                autocorrelations(after, n_wide, left),
            )
        )
    first, second = (np.concatenate(one, axis=1) for one in zip(*pairs, strict=True))
    _, p = ljung_box_of_fit(before, fit, n_lags, n_params, starts=starts, n_jobs=1)
    return Whiteness(
        n_scans=n_scans,
        n_voxels=n_voxels,
        before=_quantiles(first[:n_lags]),
        after=_quantiles(second[:n_lags]),
        white=_share_white(p),
        frequencies=frequencies(n_wide),
        power_before=np.median(power_spectrum(first), axis=1),
        power_after=np.median(power_spectrum(second), axis=1),
        power_white=white_spectrum(
            moments_behind(fit, np.arange(n_voxels), n_wide, starts)
        ),
    )


def _share_white(p: Array) -> float:
    known = p[np.isfinite(p)]
    return float(np.mean(known >= LEVEL)) if known.size else np.nan


def _quantiles(values: Array) -> Array:
    if not np.isfinite(values).any(axis=1).all():
        return np.full((values.shape[0], len(QUANTILES)), np.nan)
    return np.asarray(np.nanquantile(values, QUANTILES, axis=1).T, dtype=np.float64)
