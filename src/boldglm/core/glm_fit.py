"""A fitted run: everything contrasts and goodness of fit are computed from."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.linear import Factor
from boldglm.core.noise import NoiseModel
from boldglm.core.precision import PrecisionForms
from boldglm.core.sandwich import sandwich

__all__ = ["HELD", "OUTCOMES", "UNEXPLAINED", "GlmFit"]

Array = npt.NDArray[np.float64]

HELD, UNEXPLAINED = 3, 4
# What can come out of fitting a voxel, by code.
OUTCOMES: dict[int, str] = {
    0: "fitted",
    CONSTANT: "constant: the series does not vary, its variance and statistics are 0",
    NOT_FINITE: "not finite: the series has NaN or infinite values, estimates are 0",
    HELD: "held: the noise was held where its model ends (a partial autocorrelation of "
    "±0.99, or an end of the coefficients of an ARMA)",
    UNEXPLAINED: "unexplained: no stationary noise was found that explains what is "
    "left behind so many regressors, or of so few scans; the nearest is used",
}


@dataclass(frozen=True)
class GlmFit:
    """A fitted run: everything contrasts and goodness of fit are computed from.

    Attributes
    ----------
    forms : PrecisionForms
        The factorised design, ready for the noise of this fit.
    noise : NoiseModel
    beta : (n_regressors, n_voxels)
        Coefficients; of least norm where the design is rank-deficient.
    sigma2 : (n_voxels,)
        Innovation variance, residual sum of squares over degrees of freedom.
    phi : (order, n_voxels)
        Coefficients of the autoregression that whitens, lag 1 first.
    noise_parameters : (n_parameters, n_voxels)
        Of the noise model: `phi` itself for autoregressions, a and b of an
        ARMA(1, 1).
    outcome : (n_voxels,) uint8
        A key of `OUTCOMES`.
    residual_ss : (n_voxels,)
        Sum of squares of ``Y - X beta``, not whitened.
    total_ss : (n_voxels,)
        Sum of squares of Y about its mean.
    effective_dof : (n_voxels,) or None
        Of least squares in coloured noise (`NoiseModel.sandwich`), see
        `boldglm.core.sandwich.residual_freedom`.
    """

    forms: PrecisionForms
    noise: NoiseModel
    beta: Array
    sigma2: Array
    phi: Array
    noise_parameters: Array
    outcome: npt.NDArray[np.uint8]
    residual_ss: Array
    total_ss: Array
    effective_dof: Array | None = None

    @property
    def factor(self) -> Factor:
        """The factorised design."""
        return self.forms.factor

    @property
    def dof(self) -> int | Array:
        """Residual degrees of freedom: scans less the rank of the design.

        Of least squares in coloured noise (n_voxels,), see `effective_dof`.
        """
        return self.factor.dof if self.effective_dof is None else self.effective_dof

    @property
    def arrays(self) -> dict[str, Any]:
        """What each voxel has its own of, by name; voxels are the last axis."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {k: v for k, v in values.items() if isinstance(v, np.ndarray)}

    def select(self, voxels: Any) -> "GlmFit":
        """Fit of some of the voxels, by index, slice or boolean mask."""
        parts = {name: array[..., voxels] for name, array in self.arrays.items()}
        return GlmFit(forms=self.forms, noise=self.noise, **parts)

    def covariance(self, contrast: Array, voxels: slice = slice(None)) -> Array:
        """Covariance of contrasts of the coefficients, in units of `sigma2`.

        ``C (X' V^-1 X)^+ C'``, or of least squares in coloured noise
        ``C X^+ V X^+' C'``.

        Parameters
        ----------
        contrast : (n_rows, rank)
            Over the factorised design, ``C`` times ``factor.to_beta``.
        voxels : slice

        Returns
        -------
        (n_rows, n_rows, n_voxels)
        """
        phi = self.phi[:, voxels]
        if self.noise.sandwich:
            return sandwich(self.forms, phi, contrast)
        return self.forms.quadratic(phi, contrast)
