"""What is to be said of the noise of a fit: too much asked of too little."""

from collections.abc import Sequence

import numpy as np

from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.glm_fit import UNEXPLAINED, GlmFit
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.noise import NoiseModel

__all__ = ["warn_of_noise"]

# Scans for each coefficient: with fewer, the null z of contrasts is wider than 1.
SCANS_EACH = 6
# With fewer voxels, averages over neighbours are of no more than a few.
FEW_VOXELS = 20
# Share of the voxels whose noise may be unexplained before that is said
MANY = 0.05


def warn_of_noise(fits: Sequence[GlmFit], scans: Sequence[int]) -> None:
    """Warn where a noise model is estimated from too little.

    Of a run with few scans for each coefficient of the noise; of a mask without
    neighbours to average over; of a run in many of whose voxels no noise explains what
    is left of the data.

    Parameters
    ----------
    fits : sequence of GlmFit
        Of the runs of a model.
    scans : sequence of int
        That were kept of each.

    Examples
    --------
    >>> import warnings
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> data = np.random.default_rng(0).standard_normal((30, 4))
    >>> fit = fit_glm(data, np.ones((30, 1)), noise_model("ar10"))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     warn_of_noise([fit], [30])
    >>> str(caught[0].message)
    "noise_model='ar10' takes 10 coefficients from the 30 scans: ... 'ar5' takes fewer."
    """
    for index, (fit, n_scans) in enumerate(zip(fits, scans, strict=True)):
        of_run = f" of the run at index {index}" if len(fits) > 1 else ""
        _of_order(fit.noise, n_scans, of_run)
        _of_unexplained(fit, n_scans, of_run)
    noise, n_voxels = fits[0].noise, fits[0].sigma2.size
    if noise.pooled and n_voxels < FEW_VOXELS:
        warn(
            f"noise_model={noise.name!r} averages over neighbouring voxels, and there "
            f"are {n_voxels} in the mask: the noise is known little better than with "
            f"'ar{noise.order}+', which looks at every voxel by itself.",
            DesignWarning,
        )


def _of_order(noise: NoiseModel, n_scans: int, of_run: str) -> None:
    n, most = noise.n_parameters, n_scans // SCANS_EACH
    if noise.coefficients is not None or n <= most:
        return
    warn(
        f"noise_model={noise.name!r} takes {n} coefficients from the {n_scans} "
        f"scans{of_run}: with fewer than {SCANS_EACH} scans for each, effects that are "
        f"not there are found too often. {_of_smaller_order(noise, most)!r} takes "
        "fewer.",
        DesignWarning,
    )


def _of_smaller_order(noise: NoiseModel, order: int) -> str:
    """Name of a model of the same kind."""
    if order == 0:
        return "ols"
    if noise.kind == "arma11":
        return "ar1+"
    if noise.pooled:
        return f"ols+{order}" if noise.sandwich else f"auto{order}"
    return f"ar{order}{'+' if noise.corrected else ''}"


def _of_unexplained(fit: GlmFit, n_scans: int, of_run: str) -> None:
    fitted = ~np.isin(fit.outcome, (CONSTANT, NOT_FINITE))
    n, n_fitted = (
        np.count_nonzero(one) for one in (fit.outcome == UNEXPLAINED, fitted)
    )
    if n <= MANY * n_fitted:
        return
    better = "Remove regressors, or choose a smaller order"
    if not fit.noise.pooled:
        better += (
            f", or 'auto{fit.noise.order}' (of FirstLevelModel), which averages over "
            "neighbours"
        )
    warn(
        f"In {n:,} of {n_fitted:,} voxels no stationary noise was found that explains "
        f"the residuals which {fit.factor.rank} regressors leave of the {n_scans} "
        f"scans{of_run}; noise_model={fit.noise.name!r} uses the nearest there. "
        f"{better}.",
        DesignWarning,
    )
