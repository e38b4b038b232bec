"""Generalised least squares, with noise of its own for every voxel."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.lags import LagProducts, lag_products, less_fit
from boldglm.core.linear import Factor, factorize
from boldglm.core.noise import NoiseModel
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.precision import PrecisionForms, precision_forms
from boldglm.core.run_statistics import RunStatistics

__all__ = ["OUTCOMES", "GlmFit", "fit_glm", "fit_statistics", "prepare", "residuals"]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]

# What can come out of fitting a voxel, by code.
OUTCOMES: dict[int, str] = {
    0: "fitted",
    1: "constant: the series does not vary, its variance and statistics are 0",
    2: "not finite: the series has NaN or infinite values, its estimates are 0",
    3: "held: the autoregression was held stable (partial autocorrelation ±0.99)",
}
CONSTANT, NOT_FINITE, HELD = 1, 2, 3

# Voxels per block: a block of 300 scans in float32 stays in the second cache.
BLOCK = 1024
# Numbers per block of statistics, (rank, voxels): more would leave the cache, and
# with fewer, threads would wait for each other between the calls.
STATISTICS_BLOCK = 2**16


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
        Autoregressive coefficients, lag 1 first.
    outcome : (n_voxels,) uint8
        A key of `OUTCOMES`.
    residual_ss : (n_voxels,)
        Sum of squares of ``Y - X beta``, not whitened.
    total_ss : (n_voxels,)
        Sum of squares of Y about its mean.
    """

    forms: PrecisionForms
    noise: NoiseModel
    beta: Array
    sigma2: Array
    phi: Array
    outcome: npt.NDArray[np.uint8]
    residual_ss: Array
    total_ss: Array

    @property
    def factor(self) -> Factor:
        """The factorised design."""
        return self.forms.factor

    @property
    def dof(self) -> int:
        """Residual degrees of freedom, scans less the rank of the design."""
        return self.factor.dof

    def select(self, voxels: Any) -> "GlmFit":
        """Fit of some of the voxels, by index, slice or boolean mask."""
        shared = {"forms", "noise"}
        parts = {
            field.name: getattr(self, field.name)[..., voxels]
            for field in fields(self)
            if field.name not in shared
        }
        return GlmFit(forms=self.forms, noise=self.noise, **parts)


def fit_glm(
    data: Data, design: npt.ArrayLike, noise: NoiseModel, *, n_jobs: int | None = None
) -> GlmFit:
    """Fit a general linear model to every voxel.

    For every column y of the data::

        y = X beta + e,   e ~ N(0, sigma^2 V(phi))
        beta = (X' V^-1 X)^+ X' V^-1 y

    with phi estimated per voxel from the residuals of ordinary least squares and
    used as it is, not rounded to a grid. ``X' V^-1 y`` is a weighted sum of products
    at lags (`core.precision`), so that the work per voxel does not depend on the
    number of scans but for a few matrix products.

    Parameters
    ----------
    data : (n_scans, n_voxels) float32 or float64
        Voxels that do not vary or are not finite are fitted as zeros and say so in
        `outcome`. Not modified.
    design : (n_scans, n_regressors)
        Of any rank.
    noise : NoiseModel
    n_jobs : int or None
        Threads; None for as many as BLAS would use.

    Returns
    -------
    GlmFit

    Raises
    ------
    ShapeError
        If data and design have different numbers of scans, or the design leaves no
        degree of freedom.

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> X = np.column_stack([np.arange(6.0), np.ones(6)])
    >>> y = X @ np.array([[2.0], [10.0]])
    >>> fit_glm(y, X, noise_model("ols")).beta.ravel()
    array([ 2., 10.])
    """
    data = _as_data(data)
    forms = prepare(design, noise, data.shape[0], data.dtype)
    n_voxels = data.shape[1]
    out = _empty_fit(forms, noise, n_voxels)
    constant = _constant_in(forms.factor)
    map_blocks(
        lambda block: _fit_block(data[:, block], out.select(block), constant),
        blocks(n_voxels, BLOCK),
        n_jobs=n_jobs,
    )
    return out


def prepare(
    design: npt.ArrayLike, noise: NoiseModel, n_scans: int, dtype: npt.DTypeLike
) -> PrecisionForms:
    """Factorise a design for a noise model, and see that it fits the data.

    Parameters
    ----------
    design : (n_scans, n_regressors)
    noise : NoiseModel
    n_scans : int
        Of the data.
    dtype : dtype
        Of the data.

    Raises
    ------
    ShapeError
        If data and design have different numbers of scans, or the design leaves no
        degree of freedom.
    """
    factor = factorize(design)
    rows = factor.design.shape[0]
    if n_scans != rows:
        msg = (
            f"the data have {n_scans} scans, the design has {rows} rows; "
            "expected as many rows as scans"
        )
        raise ShapeError(msg)
    if factor.dof < 1:
        msg = (
            f"the design has rank {factor.rank} for {n_scans} scans: no degree of "
            "freedom is left for the noise. Remove regressors or add scans."
        )
        raise ShapeError(msg)
    return precision_forms(factor, noise.order, noise.first_scans, dtype)


def fit_statistics(
    statistics: RunStatistics,
    noise: NoiseModel,
    *,
    shift: Array | None = None,
    scale: Array | None = None,
    n_jobs: int | None = None,
) -> GlmFit:
    """Fit a general linear model to a run of which only the statistics are left.

    The fit is that of `fit_glm` to ``scale (Y - shift)``.

    Parameters
    ----------
    statistics : RunStatistics
    noise : NoiseModel
        The one that the statistics were prepared for.
    shift, scale : (n_voxels,) or None
        None: 0 and 1.
    n_jobs : int or None

    Returns
    -------
    GlmFit

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> from boldglm.core.run_statistics import RunAccumulator
    >>> ols, X = noise_model("ols"), np.ones((3, 1))
    >>> run = RunAccumulator(prepare(X, ols, 3, np.float64), n_voxels=1)
    >>> run.add(np.array([[1.0], [2.0], [6.0]]))
    >>> fit_statistics(run.statistics(), ols).beta
    array([[3.]])
    """
    n_voxels = statistics.n_voxels
    shift = np.zeros(n_voxels) if shift is None else shift
    scale = np.ones(n_voxels) if scale is None else scale
    out = _empty_fit(statistics.forms, noise, n_voxels)
    constant = _constant_in(out.factor)

    def one(block: slice) -> None:
        part = statistics.select(block)
        _fit_statistics_block(
            part, shift[block], scale[block], out.select(block), constant
        )

    size = max(BLOCK, STATISTICS_BLOCK // out.factor.rank)
    map_blocks(one, blocks(n_voxels, size), n_jobs=n_jobs)
    return out


def _empty_fit(forms: PrecisionForms, noise: NoiseModel, n_voxels: int) -> GlmFit:
    return GlmFit(
        forms=forms,
        noise=noise,
        beta=np.empty((forms.factor.design.shape[1], n_voxels)),
        sigma2=np.empty(n_voxels),
        phi=np.empty((noise.order, n_voxels)),
        outcome=np.empty(n_voxels, np.uint8),
        residual_ss=np.empty(n_voxels),
        total_ss=np.empty(n_voxels),
    )


def residuals(data: Data, fit: GlmFit) -> Data:
    """``Y - X beta``: not whitened, in the units and precision of the data.

    >>> from boldglm.core.noise import noise_model
    >>> y = np.array([[1.0], [2.0], [3.0]])
    >>> residuals(y, fit_glm(y, np.ones((3, 1)), noise_model("ols"))).ravel()
    array([-1., 0., 1.])
    """
    data = _as_data(data)
    out = np.empty(data.shape, data.dtype)

    def one(block: slice) -> None:
        # In float64: data of mean 1000 and SD 1 would lose digits otherwise.
        out[:, block] = data[:, block] - fit.factor.design @ fit.beta[:, block]

    map_blocks(one, blocks(data.shape[1], BLOCK))
    return out


def _as_data(data: Data) -> Data:
    array = np.asarray(data)
    if array.ndim != 2:
        msg = f"the data have shape {array.shape}; expected (n_scans, n_voxels)"
        raise ShapeError(msg)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    return array


def _constant_in(factor: Factor) -> Array | None:
    """Coordinates of the constant in the basis, or None if the design has none."""
    ones = np.ones(factor.basis.shape[0])
    coordinates = factor.basis.T @ ones
    off = ones - factor.basis @ coordinates
    small = np.linalg.norm(off) <= 1e-9 * np.sqrt(ones.size)
    return np.asarray(coordinates) if small else None


def _fit_block(data: Data, out: GlmFit, constant: Array | None) -> None:
    """Fit a block of voxels into the (writable) arrays of `out`.

    The statistics are those of the residuals of a pilot fit: a mean a thousand
    times the noise, and all that least squares explains, are gone before products
    are taken in single precision.
    """
    from boldglm.core.lags_kernels import centre

    forms = out.forms
    if constant is None:
        # A mean that the design does not explain stays, and single precision would
        # count in units of it.
        data = data.astype(np.float64)
    residual, mean, total, code = centre(data, constant is not None)
    basis = forms.factor.basis.astype(residual.dtype)
    pilot = basis.T @ residual
    residual -= basis @ pilot
    products = lag_products(forms.lags, residual, orthogonal=True)
    if constant is not None:
        pilot = pilot + np.outer(constant, mean)
    else:
        code[code == CONSTANT] = 0
    _fit_residuals(products, pilot, total, code, out)


@np.errstate(invalid="ignore")
def _fit_statistics_block(
    statistics: RunStatistics,
    shift: Array,
    scale: Array,
    out: GlmFit,
    constant: Array | None,
) -> None:
    """Fit a block of voxels from statistics into the (writable) arrays of `out`.

    The fit of scaled data is the scaled fit, and a shift is a change of the constant:
    only where the design has no constant do the products have to follow it.
    """
    products, mean, total = statistics.products, statistics.mean, statistics.variation
    code = np.zeros(mean.size, np.uint8)
    if constant is None:
        products = statistics.products_of(shift)
    else:
        code[total <= products.n_scans * (1e-13 * mean) ** 2] = CONSTANT
    code[~np.isfinite(products.with_self).all(axis=0)] = NOT_FINITE
    unusable = code > 0
    if unusable.any():
        products, total = products.without(unusable), np.where(unusable, 0.0, total)
    pilot = products.with_design[0]
    if constant is not None:
        level = np.where(unusable, mean, statistics.reference) - shift
        level[code == NOT_FINITE] = 0.0
        pilot = pilot + np.outer(constant, level)
    _fit_residuals(less_fit(out.forms.lags, products), pilot, total, code, out)
    out.beta[...] *= scale
    for squares in (out.sigma2, out.residual_ss, out.total_ss):
        squares[...] *= scale**2


def _fit_residuals(
    products: LagProducts,
    pilot: Array,
    total: Array,
    code: npt.NDArray[np.uint8],
    out: GlmFit,
) -> None:
    """Fit from products of the residuals of a pilot fit, least squares.

    Parameters
    ----------
    products : LagProducts
        Of the residuals.
    pilot : (rank, n_voxels)
        Coordinates of the pilot fit in the basis.
    total : (n_voxels,)
        Sum of squares of the data about their mean.
    code : (n_voxels,)
        Outcomes known before.
    out : GlmFit
        Its arrays are written to.
    """
    forms, noise = out.forms, out.noise
    pairs = products.n_scans - np.arange(noise.order + 1.0)
    phi, held = noise.estimate(products.with_self / pairs[:, None])
    right = forms.right_hand_side(products, phi, orthogonal=True)
    step = forms.solve(phi, right)
    square = forms.square(products, phi) - np.einsum("rv,rv->v", step, right)
    code = code.copy()
    code[held & (code == 0)] = HELD
    out.beta[...] = forms.factor.to_beta @ (pilot + step)
    out.sigma2[...] = np.maximum(square, 0.0) / forms.factor.dof
    out.phi[...] = phi
    out.outcome[...] = code
    # The pilot's residuals are orthogonal to the step away from it.
    out.residual_ss[...] = products.with_self[0] + np.einsum("rv,rv->v", step, step)
    out.total_ss[...] = total
