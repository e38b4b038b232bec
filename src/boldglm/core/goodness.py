"""How well a model fits: likelihood, information criteria, partial R²."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from boldglm.core.contrast import contrast_stat
from boldglm.core.gls import GlmFit
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.noise import noise_model
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.precision import precision_forms

__all__ = ["akaike", "bayes", "log_likelihood", "partial_r2"]

Array = npt.NDArray[np.float64]

# Voxels per block: many, since the kernels cut them into lanes themselves.
BLOCK = 4096


def log_likelihood(fit: GlmFit, *, restricted: bool = False) -> Array:
    r"""Logarithm of the Gaussian likelihood of every voxel.

    .. math:: \ell = -\frac{T}{2} \left(\log 2 \pi s^2 + 1\right)
        - \frac{1}{2} \log |V|, \qquad s^2 = e'V^{-1}e / T

    at the innovation variance that makes it largest, for noise of covariance
    :math:`\sigma^2 V`, e the residuals. The coefficients of the noise are taken as they
    were estimated, and the determinant as the fit weighs the first scans: ``|V|`` is 1
    where they are conditional. Of an ARMA(1, 1) V is that of the autoregression that
    whitens.

    Restricted, that of the ``T - r`` contrasts of the data that the design (of rank r)
    says nothing of:

    .. math:: \ell_R = -\frac{T - r}{2} \left(\log 2 \pi \hat\sigma^2 + 1\right)
        - \frac{1}{2} \log |V| - \frac{1}{2} \log |Q'V^{-1}Q|,
        \qquad \hat\sigma^2 = e'V^{-1}e / (T - r)

    with Q an orthonormal basis of the design. It is the density of ``K'y`` for any
    orthonormal K with ``K'X = 0``; with the regressors in place of Q it would depend on
    their units: such values are lower by ``log|X'X| / 2``, the same in all voxels.

    Parameters
    ----------
    fit : GlmFit
    restricted : bool
        Compare noise models of one design by it; compare designs by the other.

    Returns
    -------
    (n_voxels,) float64
        Natural logarithm; nan where nothing was fitted (constant or not finite),
        infinite where nothing is left of the data.

    Raises
    ------
    ValueError
        If the fit is one of least squares in coloured noise.

    References
    ----------
    Patterson, H. D. and Thompson, R. (1971). Recovery of inter-block information when
    block sizes are unequal. *Biometrika* 58, 545-554.
    Harville, D. A. (1974). Bayesian inference for variance components using only error
    contrasts. *Biometrika* 61, 383-385.

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> y = np.array([[1.0], [3.0], [2.0], [4.0]])
    >>> fit = fit_glm(y, np.ones((4, 1)), noise_model("ols"))
    >>> log_likelihood(fit), log_likelihood(fit, restricted=True)
    (array([-6.122]), array([-5.023]))
    """
    from boldglm.core.likelihood import log_determinant, log_determinant_of_precision

    if fit.noise.sandwich:
        msg = (
            f"noise_model={fit.noise.name!r} has the coefficients of least squares, "
            "which make no likelihood of coloured noise largest; fit 'auto' for its "
            "likelihood, AIC and BIC"
        )
        raise ValueError(msg)
    n_scans = fit.factor.design.shape[0]
    out = np.empty(fit.sigma2.size)

    def one(block: slice) -> None:
        out[block] = log_determinant(fit.forms, fit.phi[:, block])
        if restricted:
            out[block] += log_determinant_of_precision(fit.forms, fit.phi[:, block])

    map_blocks(one, blocks(out.size, BLOCK))
    n = fit.factor.dof if restricted else n_scans
    with np.errstate(divide="ignore"):
        logarithm = np.log(2 * np.pi * fit.sigma2 * (fit.factor.dof / n))
    out = -(n * (logarithm + 1.0) + out) / 2
    return np.where(_is_fitted(fit), out, np.nan)


def akaike(fit: GlmFit, n_noise_parameters: int | None = None) -> Array:
    r"""Akaike's information criterion of every voxel: lower is better.

    .. math:: \mathrm{AIC} = 2 k - 2 \ell

    with k the rank of the design, the parameters of the noise, and its variance. It is
    for designs under one noise model. Between noise models it errs: the likelihood is
    largest for coefficients that fit the residuals, from which the design has taken
    part of the noise, not for those of the noise itself.

    Parameters
    ----------
    fit : GlmFit
    n_noise_parameters : int, optional
        Default: those of the noise model that were estimated in the voxel itself;
        none where they were given, or averaged over voxels.

    Returns
    -------
    (n_voxels,) float64
        nan where nothing was fitted.

    References
    ----------
    Akaike, H. (1974). A new look at the statistical model identification. *IEEE
    Transactions on Automatic Control* 19, 716-723.

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> y = np.array([[1.0], [3.0], [2.0], [4.0]])
    >>> akaike(fit_glm(y, np.ones((4, 1)), noise_model("ols")))
    array([16.244])
    """
    return 2.0 * _n_parameters(fit, n_noise_parameters) - 2.0 * log_likelihood(fit)


def bayes(fit: GlmFit, n_noise_parameters: int | None = None) -> Array:
    r"""Bayesian information criterion of every voxel: lower is better.

    .. math:: \mathrm{BIC} = k \log T - 2 \ell

    with k as in `akaike`, and T scans.

    Parameters
    ----------
    fit : GlmFit
    n_noise_parameters : int, optional
        See `akaike`.

    Returns
    -------
    (n_voxels,) float64
        nan where nothing was fitted.

    References
    ----------
    Schwarz, G. (1978). Estimating the dimension of a model. *Annals of Statistics* 6,
    461-464.

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> y = np.array([[1.0], [3.0], [2.0], [4.0]])
    >>> bayes(fit_glm(y, np.ones((4, 1)), noise_model("ols")))
    array([15.016])
    """
    each = np.log(fit.factor.design.shape[0])
    return each * _n_parameters(fit, n_noise_parameters) - 2.0 * log_likelihood(fit)


def partial_r2(fit: GlmFit, contrast: npt.ArrayLike) -> Array:
    r"""Share that some regressors explain of what the others leave.

    .. math:: R^2_p = \frac{q F}{q F + \mathrm{dof}}
        = \frac{\mathrm{RSS}_0 - \mathrm{RSS}}{\mathrm{RSS}_0}

    of the whitened data: F of the q independent rows of the contrast, and residual sums
    of squares with the effects in the model and held at 0, both with the noise of the
    fit. Of least squares in coloured noise, of the data as they are.

    Parameters
    ----------
    fit : GlmFit
    contrast : (n_regressors,) or (n_rows, n_regressors)
        For a set of columns, those rows of the identity matrix.

    Returns
    -------
    (n_voxels,) float64
        From 0 to 1; nan where nothing was fitted, or there was nothing to explain.

    Raises
    ------
    ContrastError, NotEstimableError
        See `boldglm.core.contrast.contrast_stat`.

    References
    ----------
    Rencher, A. C. and Schaalje, G. B. (2008). *Linear Models in Statistics*, §8.2.

    Examples
    --------
    >>> from boldglm.core.gls import fit_glm
    >>> from boldglm.core.noise import noise_model
    >>> y = np.array([[1.0], [3.0], [2.0], [4.0]])
    >>> X = np.array([[0, 1.0], [1, 1], [0, 1], [1, 1]])
    >>> partial_r2(fit_glm(y, X, noise_model("ols")), [1, 0])
    array([0.8])
    """
    if fit.noise.sandwich:
        fit = _as_if_white(fit)
    effect = np.atleast_2d(contrast_stat(fit, contrast, "F").effect)
    explained = np.einsum("iv,iv->v", effect, effect)
    whole = explained + fit.sigma2 * fit.factor.dof
    usable = _is_fitted(fit) & (whole > 0)
    return np.where(usable, explained / np.where(usable, whole, 1.0), np.nan)


def _as_if_white(fit: GlmFit) -> GlmFit:
    """The same coefficients in white noise."""
    n_voxels = fit.sigma2.size
    nothing = np.empty((0, n_voxels))
    return replace(
        fit,
        forms=precision_forms(fit.factor, 0, "exact"),
        noise=noise_model("ols"),
        sigma2=fit.residual_ss / fit.factor.dof,
        phi=nothing,
        noise_parameters=nothing,
        effective_dof=None,
    )


def _n_parameters(fit: GlmFit, n_noise_parameters: int | None) -> int:
    n_noise, noise = n_noise_parameters, fit.noise
    if n_noise is None:
        others = noise.pooled or noise.coefficients is not None
        n_noise = 0 if others else noise.n_parameters
    return fit.factor.rank + n_noise + 1


def _is_fitted(fit: GlmFit) -> npt.NDArray[np.bool_]:
    return (fit.outcome != CONSTANT) & (fit.outcome != NOT_FINITE)
