"""Fit arrays, and show the fit as labels and results."""

import numpy as np

from boldglm._base.arguments import as_numbers
from boldglm._base.warnings import DesignWarning, ImageWarning, warn
from boldglm.core.gls import GlmFit, fit_glm
from boldglm.core.gls_pilot import NOT_FINITE
from boldglm.core.noise import AUTO_ORDERS, BY_REPETITION_TIME, NoiseModel, noise_model
from boldglm.glm.first_level.noise_warnings import warn_of_noise
from boldglm.glm.regression import (
    ARModel,
    OLSModel,
    RegressionResults,
    SimpleRegressionResults,
)

__all__ = ["as_noise_model", "labels_and_results", "run_glm", "threads"]


def run_glm(
    Y,
    X,
    noise_model="ar1",
    bins=None,
    n_jobs=1,
    verbose=0,
    random_state=None,
    *,
    first_scans="conditional",
):
    """Fit a general linear model to arrays.

    Every voxel gets the generalised least squares fit for its own noise
    coefficients, ``beta = (X' V^-1 X)^+ X' V^-1 y``: they are not put into bins
    unless asked.

    Parameters
    ----------
    Y : (n_scans, n_voxels) array
    X : (n_scans, n_regressors) array
    noise_model : str
        ``'ols'``; ``'arN'`` for an autoregression of order N, ``'arN+'`` for one that
        is corrected for what the design takes from residuals; ``'arma11'``. Not
        ``'auto'`` and ``'ols+'``, which average over neighbours: arrays have none.
    bins : int, optional
        Truncate the coefficients of ``'ar1'`` to multiples of ``1 / bins``, as
        nilearn does with 100 by default.
    n_jobs : int
        Threads. 1, the default, lets as many work as BLAS may use; for a single one
        limit BLAS (``OMP_NUM_THREADS=1``, or threadpoolctl).
    verbose, random_state : ignored
        Nothing here is random.
    first_scans : {'conditional', 'exact'}
        How the first scans of a run are weighed under ``'arN'`` and ``'arN+'``: as
        nilearn does, or by the stationary likelihood, as ``'arma11'`` does.

    Returns
    -------
    labels : (n_voxels,) array
        Group of each voxel. One group, named after the noise model (0.0 for
        ``'ols'``); with `bins`, the coefficient as text.
    results : dict
        `RegressionResults` of each group.

    Raises
    ------
    ValueError
        If the noise model is unknown, or averages over neighbours.
    ShapeError
        If Y and X have different numbers of scans, or X leaves no degree of freedom.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([np.arange(100) % 20 < 10, np.ones(100)]).astype(float)
    >>> Y = X @ np.array([[1.0], [100.0]]) + 0.1 * rng.standard_normal((100, 1))
    >>> labels, results = run_glm(Y, X)
    >>> float(results["ar1"].theta[0, 0])
    1.0
    """
    del verbose, random_state
    Y, X = as_numbers(Y, "Y"), as_numbers(X, "X")
    # Those that go by the repetition time are refused whatever it is
    model = as_noise_model(noise_model, bins, first_scans, t_r=np.inf)
    _refuse_neighbours(model)
    fit = fit_glm(Y, X, model, n_jobs=threads(n_jobs))
    lost = np.count_nonzero(fit.outcome == NOT_FINITE)
    if lost:
        warn(
            f"{lost} of {fit.outcome.size} series have NaN or infinite values: their "
            "estimates are 0.",
            ImageWarning,
        )
    warn_of_noise([fit], [fit.factor.design.shape[0]])
    return labels_and_results(fit, np.asarray(Y))


def _refuse_neighbours(model: NoiseModel) -> None:
    if not model.pooled:
        return
    orders = ", ".join(f"{order} from {t_r:g} s" for t_r, order in AUTO_ORDERS)
    instead = f"'ar{model.order}+'"
    if model.name in BY_REPETITION_TIME:
        instead = f"'arN+' (N by the repetition time: {orders})"
    msg = (
        f"noise_model={model.name!r} averages over neighbouring voxels, and arrays do "
        f"not tell which these are; use FirstLevelModel, or {instead} for every voxel "
        "by itself"
    )
    raise ValueError(msg)


def threads(n_jobs: int | None) -> int | None:
    """Threads that a public `n_jobs` asks for, None for what BLAS would use.

    The default of 1 is nilearn's, where it means no worker processes and leaves BLAS
    all its threads: the same processors are used here.

    >>> threads(1) is None, threads(4)
    (True, 4)
    """
    return None if n_jobs == 1 else n_jobs


def as_noise_model(name, bins, first_scans="conditional", t_r=None) -> NoiseModel:
    """Noise model of public arguments; `bins` counts for ``'ar1'`` only."""
    model = noise_model(name, bins=bins, first_scans=first_scans, t_r=t_r)
    if bins is None or name == "ar1":
        return model
    if model.order > 0:
        warn(
            f"bins={bins} is for noise_model='ar1'; the coefficients of {name!r} are "
            "used as estimated, voxel by voxel.",
            DesignWarning,
        )
    return noise_model(name, first_scans=first_scans, t_r=t_r)


def labels_and_results(fit: GlmFit, data: np.ndarray | None):
    """Labels and results dictionary, views of a fit.

    Parameters
    ----------
    fit : GlmFit
    data : (n_scans, n_voxels) or None
        None: the results are `SimpleRegressionResults`.

    Returns
    -------
    labels : (n_voxels,) array
    results : dict of RegressionResults
    """
    n_voxels = fit.sigma2.size

    def view(part: GlmFit, voxels, model=None):
        if data is None:
            return SimpleRegressionResults.from_fit(part, model)
        return RegressionResults.from_fit(part, data[:, voxels], model)

    every = slice(None)
    if fit.noise.order == 0:
        model = OLSModel(fit.factor.design)
        return np.zeros(n_voxels), {0.0: view(fit, every, model)}
    if fit.noise.bins is None:
        labels = np.full(n_voxels, fit.noise.name)
        return labels, {fit.noise.name: view(fit, every)}
    coefficients, group = np.unique(fit.phi[0], return_inverse=True)
    names = np.array([str(float(value)) for value in coefficients])
    results = {}
    for index, (name, value) in enumerate(zip(names, coefficients, strict=True)):
        voxels = np.flatnonzero(group == index)
        # `ARModel` filters the first scans; it is no model of exact ones.
        filtered = fit.noise.first_scans == "conditional"
        shared = ARModel(fit.factor.design, float(value)) if filtered else None
        results[str(name)] = view(fit.select(voxels), voxels, shared)
    return names[group], results
