"""From products of residuals to the noise of every voxel."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from boldglm.core.arma import ArmaSearch, arma_search
from boldglm.core.glm_fit import HELD, UNEXPLAINED
from boldglm.core.lags import LagProducts
from boldglm.core.noise import NoiseModel, yule_walker
from boldglm.core.noise_bias import BiasCorrection, bias_correction
from boldglm.core.precision import PrecisionForms

__all__ = ["NoiseEstimates", "NoiseEstimator", "Pool", "pooled_correlations"]

Array = npt.NDArray[np.float64]
Voxels = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]


class Pool(Protocol):
    """Averages values of each voxel with those of its neighbours."""

    def __call__(self, values: Array, usable: Voxels) -> Array:
        """Averages of (row, n_voxels) over the voxels that are usable."""


@dataclass(frozen=True)
class NoiseEstimates:
    """The noise of some voxels.

    Attributes
    ----------
    phi : (order, n_voxels)
        Coefficients of the autoregression that whitens, lag 1 first.
    parameters : (n_parameters, n_voxels)
        Of the model; those of an autoregression are `phi`.
    outcome : (n_voxels,) uint8
        0, `HELD` or `UNEXPLAINED` of `boldglm.core.glm_fit.OUTCOMES`.
    """

    phi: Array
    parameters: Array
    outcome: Codes

    def select(self, voxels: slice) -> "NoiseEstimates":
        """Of some of the voxels."""
        phi = self.phi[:, voxels]
        same = self.parameters is self.phi
        parameters = phi if same else self.parameters[:, voxels]
        return NoiseEstimates(phi, parameters, self.outcome[voxels])


class NoiseEstimator:
    """A noise model, ready for a design.

    Parameters
    ----------
    noise : NoiseModel
    forms : PrecisionForms
    """

    def __init__(self, noise: NoiseModel, forms: PrecisionForms) -> None:
        self._noise, self._forms = noise, forms
        self._bias: BiasCorrection | None = None
        if noise.corrected:
            self._bias = bias_correction(forms.lags)
        self._arma: ArmaSearch | None = None
        if noise.kind == "arma11":
            self._arma = arma_search(forms)

    def of_products(self, products: LagProducts) -> NoiseEstimates:
        """The noise of every voxel by itself.

        Parameters
        ----------
        products : LagProducts
            Of residuals of least squares.
        """
        noise = self._noise
        n_voxels = products.with_self.shape[1]
        if noise.coefficients is not None:
            phi = np.repeat(np.array(noise.coefficients)[:, None], n_voxels, axis=1)
            return NoiseEstimates(phi, phi, np.zeros(n_voxels, np.uint8))
        if self._arma is not None:
            ab, phi, held = self._arma.estimate(products)
            return NoiseEstimates(phi, ab, np.where(held, HELD, 0).astype(np.uint8))
        return self._autoregression(products.with_self)

    def of_correlations(
        self, correlations: Array, n_jobs: int | None
    ) -> NoiseEstimates:
        """The noise that residuals with such autocorrelations come from.

        Parameters
        ----------
        correlations : (order + 1, n_voxels)
            ``sum_t e_t e_{t+k}``, in any units, averaged over voxels.
        n_jobs : int or None
        """
        bias = self._bias or bias_correction(self._forms.lags)
        return _solved(*bias.correct(correlations, alike=True, n_jobs=n_jobs))

    def _autoregression(self, sums: Array) -> NoiseEstimates:
        if self._bias is not None:
            return _solved(*self._bias.correct(sums))
        estimates = _solved(sums / self._forms.lags.pairs[:, None])
        bins = self._noise.bins
        if bins is None:
            return estimates
        # Adding zero turns -0.0 into 0.0: one bin, one label.
        phi = (np.trunc(estimates.phi * bins) + 0.0) / bins
        return NoiseEstimates(phi, phi, estimates.outcome)


def _solved(autocovariance: Array, unexplained: Voxels | None = None) -> NoiseEstimates:
    phi, held = yule_walker(autocovariance)
    outcome = np.where(held, HELD, 0).astype(np.uint8)
    if unexplained is not None:
        outcome[unexplained] = UNEXPLAINED
    return NoiseEstimates(phi, phi, outcome)


def pooled_correlations(sums: Array, pool: Pool) -> Array:
    """Autocorrelations of residuals, averaged over neighbours.

    Voxels differ in how much they vary a hundredfold, and count alike.

    Parameters
    ----------
    sums : (order + 1, n_voxels)
        ``sum_t e_t e_{t+k}``; voxels in which the first is not positive are left out.
    pool : Pool

    Returns
    -------
    (order + 1, n_voxels)
        0 in the voxels that were left out.
    """
    usable = sums[0] > 0
    correlations = sums / np.where(usable, sums[0], 1.0)
    correlations[:, ~usable] = 0.0
    averages = pool(correlations, usable)
    return np.where(usable, averages, 0.0)
