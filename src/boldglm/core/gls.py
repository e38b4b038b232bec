"""Generalised least squares, with noise of its own for every voxel."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.glm_fit import OUTCOMES, GlmFit
from boldglm.core.gls_pilot import (
    Pilot,
    constant_in,
    pilot_of_data,
    pilot_of_statistics,
)
from boldglm.core.linear import factorize
from boldglm.core.noise import NoiseModel
from boldglm.core.noise_estimates import (
    NoiseEstimates,
    NoiseEstimator,
    Pool,
    pooled_correlations,
)
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.precision import PrecisionForms, precision_forms
from boldglm.core.run_statistics import RunStatistics
from boldglm.core.sandwich import residual_freedom
from boldglm.core.timeline import timeline

__all__ = ["OUTCOMES", "GlmFit", "fit_glm", "fit_statistics", "prepare", "residuals"]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]

# Voxels per block: a block of 300 scans in float32 stays in the second cache.
BLOCK = 1024
# Numbers per block of statistics, (rank, voxels): more would leave the cache, and
# with fewer, threads would wait for each other between the calls.
STATISTICS_BLOCK = 2**16
# Pilots that are so many times the data are made twice rather than kept
LARGEST_KEPT = 3


def fit_glm(
    data: Data,
    design: npt.ArrayLike,
    noise: NoiseModel,
    *,
    starts: npt.ArrayLike | None = None,
    scans: npt.ArrayLike | None = None,
    neighbours: Pool | None = None,
    n_jobs: int | None = None,
) -> GlmFit:
    """Fit a general linear model to every voxel.

    For every column y of the data::

        y = X beta + e,   e ~ N(0, sigma^2 V(phi))
        beta = (X' V^-1 X)^+ X' V^-1 y

    with phi estimated from the residuals of ordinary least squares, per voxel, and
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
    starts, scans : optional
        See `prepare`.
    neighbours : Pool, optional
        Averages over neighbouring voxels, for noise models that are pooled.
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
    ValueError
        If the noise is to be pooled and there are no neighbours.

    Examples
    --------
    >>> from boldglm.core.noise import noise_model
    >>> X = np.column_stack([np.arange(6.0), np.ones(6)])
    >>> y = X @ np.array([[2.0], [10.0]])
    >>> fit_glm(y, X, noise_model("ols")).beta.ravel()
    array([ 2., 10.])
    """
    data = _as_data(data)
    forms = prepare(
        design, noise, data.shape[0], data.dtype, starts=starts, scans=scans
    )
    out = _empty_fit(forms, noise, data.shape[1])
    constant = constant_in(forms.factor)
    _fit_all(
        lambda block: pilot_of_data(data[:, block], forms, constant),
        out,
        blocks(data.shape[1], BLOCK),
        neighbours,
        n_jobs,
        keep_as=_kept_as(forms, data.dtype, constant),
    )
    return out


def _kept_as(
    forms: PrecisionForms, dtype: np.dtype[Any], constant: Array | None
) -> npt.DTypeLike | None:
    """Precision of pilots that are kept; None if they are much more than the data."""
    if (forms.order + 1) * forms.rank > LARGEST_KEPT * forms.lags.line.n_scans:
        return None
    return np.float64 if constant is None else dtype


def prepare(
    design: npt.ArrayLike,
    noise: NoiseModel,
    n_scans: int,
    dtype: npt.DTypeLike,
    *,
    starts: npt.ArrayLike | None = None,
    scans: npt.ArrayLike | None = None,
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
    starts : (n_segments,) int, optional
        Scans at which segments begin, the first is 0: nothing is remembered from one to
        the next. Default: one segment.
    scans : (n_scans,) int, optional
        In place of `starts`: numbers of the scans in their run, ascending, where some
        were left out. Noise goes on through those that are missing.

    Raises
    ------
    ShapeError
        If data and design have different numbers of scans, or the design leaves no
        degree of freedom.
    ValueError
        If both are given, or are no scans, ascending.
    """
    if starts is not None and scans is not None:
        msg = "starts and scans are both given; expected one of them"
        raise ValueError(msg)
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
    line = None if scans is None else timeline(scans)
    if line is not None and line.n_scans != rows:
        msg = f"scans are {line.n_scans} numbers; expected one for each of {rows} scans"
        raise ShapeError(msg)
    return precision_forms(factor, noise.order, noise.first_scans, dtype, starts, line)


def fit_statistics(
    statistics: RunStatistics,
    noise: NoiseModel,
    *,
    shift: Array | None = None,
    scale: Array | None = None,
    neighbours: Pool | None = None,
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
    neighbours : Pool, optional
        See `fit_glm`.
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
    constant = constant_in(out.factor)
    _fit_all(
        lambda block: pilot_of_statistics(
            statistics.select(block), shift[block], constant
        ),
        out,
        blocks(n_voxels, max(BLOCK, STATISTICS_BLOCK // out.forms.rank)),
        neighbours,
        n_jobs,
    )
    # The fit of scaled data is the scaled fit
    out.beta[...] *= scale
    for squares in (out.sigma2, out.residual_ss, out.total_ss):
        squares[...] *= scale**2
    return out


def _empty_fit(forms: PrecisionForms, noise: NoiseModel, n_voxels: int) -> GlmFit:
    phi = np.empty((noise.order, n_voxels))
    own = noise.kind != "ar"
    parameters = np.empty((noise.n_parameters, n_voxels)) if own else phi
    return GlmFit(
        forms=forms,
        noise=noise,
        beta=np.empty((forms.factor.design.shape[1], n_voxels)),
        sigma2=np.empty(n_voxels),
        phi=phi,
        noise_parameters=parameters,
        outcome=np.empty(n_voxels, np.uint8),
        residual_ss=np.empty(n_voxels),
        total_ss=np.empty(n_voxels),
        effective_dof=np.empty(n_voxels) if noise.sandwich else None,
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


def _fit_all(
    pilot: Callable[[slice], Pilot],
    out: GlmFit,
    pieces: list[slice],
    neighbours: Pool | None,
    n_jobs: int | None,
    *,
    keep_as: npt.DTypeLike | None = None,
) -> None:
    """Fit blocks of voxels into the (writable) arrays of `out`.

    A model that averages over neighbours needs all voxels twice: their pilots are
    kept in between, in the precision `keep_as`, or made again if that is None.
    """
    estimator = NoiseEstimator(out.noise, out.forms)

    def alone(block: slice) -> None:
        found = pilot(block)
        _finish(found, estimator.of_products(found.products), out.select(block))

    if not out.noise.pooled:
        map_blocks(alone, pieces, n_jobs=n_jobs)
        return
    if neighbours is None:
        msg = (
            f"noise_model={out.noise.name!r} averages over neighbouring voxels, and "
            "arrays do not tell which these are; use FirstLevelModel, or "
            f"'ar{out.noise.order}+' for every voxel by itself"
        )
        raise ValueError(msg)
    sums = np.empty((out.noise.order + 1, out.sigma2.size))

    def first(block: slice) -> Pilot | None:
        found = pilot(block)
        sums[:, block] = found.products.with_self
        return None if keep_as is None else found.stored_as(keep_as)

    kept = map_blocks(first, pieces, n_jobs=n_jobs)
    estimates = estimator.of_correlations(pooled_correlations(sums, neighbours), n_jobs)

    def second(at: int) -> None:
        block, found = pieces[at], kept[at] or pilot(pieces[at])
        kept[at] = None
        _finish(found, estimates.select(block), out.select(block))

    map_blocks(second, range(len(pieces)), n_jobs=n_jobs)
    if out.effective_dof is not None:
        worth, out.effective_dof[...] = residual_freedom(out.forms, out.phi)
        out.sigma2[...] = out.residual_ss / worth


def _finish(pilot: Pilot, noise: NoiseEstimates, out: GlmFit) -> None:
    """From the residuals of least squares and the noise to the fit of a block."""
    products = pilot.products
    if out.noise.sandwich:
        step = np.zeros((out.forms.rank, pilot.code.size))
        square = products.with_self[0]
    else:
        right = out.forms.right_hand_side(products, noise.phi, orthogonal=True)
        step = out.forms.solve(noise.phi, right)
        square = out.forms.square(products, noise.phi)
        square -= np.einsum("rv,rv->v", step, right)
    # What the scans that are not there may have been is nobody's business
    step = step[out.forms.lags.n_hidden :]
    out.beta[...] = out.factor.to_beta @ (pilot.theta + step)
    out.sigma2[...] = np.maximum(square, 0.0) / out.factor.dof
    out.phi[...] = noise.phi
    out.noise_parameters[...] = noise.parameters
    out.outcome[...] = np.where(pilot.code, pilot.code, noise.outcome)
    # The pilot's residuals are orthogonal to the step away from it.
    out.residual_ss[...] = products.with_self[0] + np.einsum("rv,rv->v", step, step)
    out.total_ss[...] = pilot.total
