"""Least squares on arrays, with white or autoregressive noise."""

from functools import cached_property

import numpy as np

from boldglm._base.errors import ShapeError
from boldglm.core.contrast import independent_rows
from boldglm.core.gls import GlmFit, fit_glm
from boldglm.core.goodness import log_likelihood
from boldglm.core.linear import factorize
from boldglm.core.noise import NoiseModel
from boldglm.core.whitening import whiten
from boldglm.glm.model import LikelihoodModelResults

__all__ = ["ARModel", "OLSModel", "RegressionResults", "SimpleRegressionResults"]


class OLSModel:
    """Ordinary least squares.

    ``y = X beta + e`` with white noise; ``beta = X^+ y`` and
    ``sigma^2 = |y - X beta|^2 / (n - rank X)``.

    Parameters
    ----------
    design : (n_scans, n_regressors) array

    Attributes
    ----------
    design, whitened_design : (n_scans, n_regressors)
        As given, and as filtered by the noise model.
    calc_beta : (n_regressors, n_scans)
        Pseudo-inverse of the whitened design.
    normalized_cov_beta : (n_regressors, n_regressors)
        Covariance of the coefficients for a noise variance of 1.
    df_total, df_model, df_residuals : int
        Scans, rank of the design, their difference.

    Examples
    --------
    >>> model = OLSModel(np.array([[0, 1.0], [1, 1], [0, 1], [1, 1]]))
    >>> model.fit(np.array([1.0, 3.0, 2.0, 4.0])).theta
    array([2. , 1.5])
    """

    order = 0
    rho: np.ndarray = np.zeros(0)

    def __init__(self, design):
        self.initialize(design)

    def initialize(self, design):
        """Take a design, and what follows from it alone."""
        self.design = np.asarray(design, dtype=np.float64)
        factor = factorize(self.design)
        self.whitened_design = self.whiten(self.design)
        whitened = factorize(self.whitened_design)
        self.calc_beta = whitened.to_beta @ whitened.basis.T
        self.normalized_cov_beta = whitened.to_beta @ whitened.to_beta.T
        self.df_total = self.design.shape[0]
        self.df_model = factor.rank
        self.df_residuals = self.df_total - self.df_model

    def whiten(self, X):
        """Filter that makes the noise white: none here; a float64 copy."""
        return np.array(X, dtype=np.float64)

    def fit(self, Y) -> "RegressionResults":
        """Fit one series or many.

        Parameters
        ----------
        Y : (n_scans,) or (n_scans, n_voxels) array

        Returns
        -------
        RegressionResults
        """
        data = np.asarray(Y)
        columns = data[:, None] if data.ndim == 1 else data
        noise = NoiseModel(
            f"ar{self.order}" if self.order else "ols",
            self.order,
            coefficients=tuple(float(r) for r in self.rho) if self.order else None,
        )
        fit = fit_glm(columns, self.design, noise)
        return RegressionResults.from_fit(fit, data, self)

    def logL(self, beta, Y, nuisance=None):  # noqa: N802
        """Log-likelihood of coefficients, at the best noise variance if not given.

        ``-n/2 log(2 pi sigma^2) - |W(Y - X beta)|^2 / (2 sigma^2)``

        Parameters
        ----------
        beta : (n_regressors[, n_voxels]) array
        Y : (n_scans[, n_voxels]) array
        nuisance : dict, optional
            With the noise *variance* under ``'sigma'``.
        """
        n = self.df_total
        sse = np.sum((self.whiten(Y) - self.whitened_design @ beta) ** 2, axis=0)
        sigma2 = sse / n if nuisance is None else nuisance["sigma"]
        return -n / 2 * np.log(2 * np.pi * sigma2) - sse / (2 * sigma2)


class ARModel(OLSModel):
    """Generalised least squares with autoregressive noise of known coefficients.

    The data are filtered, ``w_t = y_t - sum_i rho_i y_{t-i}``, with zeros before the
    first scan.

    Parameters
    ----------
    design : (n_scans, n_regressors) array
    rho : float, (order,) array, or int
        Coefficients, lag 1 first; an int is an order, with coefficients 0.

    Raises
    ------
    ValueError
        If `rho` has more than one dimension.

    Examples
    --------
    >>> ARModel(np.ones((4, 1)), 0.5).whitened_design.ravel()
    array([1. , 0.5, 0.5, 0.5])
    """

    def __init__(self, design, rho):
        if isinstance(rho, int):
            self.rho = np.zeros(rho)
        else:
            self.rho = np.atleast_1d(np.squeeze(np.asarray(rho, dtype=np.float64)))
        if self.rho.ndim != 1:
            msg = (
                f"rho has shape {np.shape(rho)}; expected a number, or one "
                "coefficient per lag"
            )
            raise ValueError(msg)
        self.order = self.rho.size
        super().__init__(design)

    def whiten(self, X):
        """Filter columns: ``w_t = x_t - sum_i rho_i x_{t-i}``."""
        return _filter(np.asarray(X, dtype=np.float64), self.rho)


class _VoxelwiseModel:
    """The model of a fit in which every voxel has noise coefficients of its own."""

    def __init__(self, fit: GlmFit):
        self.design = fit.factor.design
        self.order, self.rho = fit.noise.order, fit.phi
        self._first_scans = fit.forms.first_scans
        self._starts = fit.forms.lags.starts
        self.df_total = self.design.shape[0]
        self.df_model = fit.factor.rank
        self.df_residuals = fit.dof

    def whiten(self, X):
        """Filter the series of each voxel with its own coefficients.

        The first scans are weighed as by the fit, so that sums of squares are those of
        its likelihood, see `boldglm.core.whitening.whiten`.
        """
        data = np.asarray(X, dtype=np.float64)
        if data.ndim != 2 or data.shape[1] != self.rho.shape[1]:
            msg = (
                f"data of shape {data.shape}; expected a column for each of the "
                f"{self.rho.shape[1]} voxels of this fit"
            )
            raise ShapeError(msg)
        return whiten(data, self.rho, self._first_scans, self._starts)

    @property
    def whitened_design(self):
        """None that all voxels share; says so."""
        msg = (
            "Every voxel of this fit has its own noise coefficients, so there is no "
            "one whitened design. Fit with bins=100 to group voxels, or use "
            "ARModel(design, rho).whitened_design for the rho of one voxel."
        )
        raise AttributeError(msg)


class _FitResults(LikelihoodModelResults):
    """Results that may be those of a fit with noise of its own for every voxel."""

    _fit: GlmFit | None = None

    @property
    def _voxelwise(self) -> GlmFit | None:
        """The fit, if voxels do not share a model."""
        return None if self._cov is not None else self._fit

    def _unit_covariance(self, rows, other):
        if self._voxelwise is None:
            return super()._unit_covariance(rows, other)
        return _voxelwise_covariance(self._voxelwise, rows, other)

    def _factor(self):
        return super()._factor() if self._fit is None else self._fit.factor

    def _independent(self, rows):
        if self._fit is None:
            return super()._independent(rows)
        return independent_rows(self._fit, rows)


class RegressionResults(_FitResults):
    """A fitted regression: coefficients, residuals, tests.

    Parameters
    ----------
    theta : (n_regressors[, n_voxels]) array
    Y : (n_scans[, n_voxels]) array
    model : OLSModel or ARModel
    whitened_Y, whitened_residuals : (n_scans[, n_voxels]) arrays
    cov : (n_regressors, n_regressors) array
    dispersion : float or (n_voxels,) array
    nuisance : object

    Attributes
    ----------
    theta, dispersion, cov, df_total, df_model, df_residuals
        As in `LikelihoodModelResults`.

    Examples
    --------
    >>> results = OLSModel(np.ones((3, 1))).fit(np.array([1.0, 2.0, 6.0]))
    >>> results.residuals
    array([-2., -1., 3.])
    >>> float(results.SSE)
    14.0
    """

    def __init__(
        self,
        theta,
        Y,
        model,
        whitened_Y=None,
        whitened_residuals=None,
        cov=None,
        dispersion=1.0,
        nuisance=None,
    ):
        super().__init__(theta, Y, model, cov, dispersion, nuisance)
        if whitened_Y is not None:
            self.whitened_Y = whitened_Y
        if whitened_residuals is not None:
            self.whitened_residuals = whitened_residuals

    @classmethod
    def from_fit(cls, fit: GlmFit, Y, model=None) -> "RegressionResults":
        """View of a fit, with its data."""
        single = Y.ndim == 1
        results = cls(
            fit.beta[:, 0] if single else fit.beta,
            Y,
            model or _VoxelwiseModel(fit),
            cov=None if model is None else model.normalized_cov_beta,
            dispersion=float(fit.sigma2[0]) if single else fit.sigma2,
        )
        results._fit, results.df_residuals = fit, fit.dof
        return results

    @property
    def whitened_design(self):
        """The design as filtered by the noise model."""
        return self.model.whitened_design

    @cached_property
    def whitened_Y(self):  # noqa: N802
        """The data as filtered by the noise model."""
        return self.model.whiten(self.Y)

    @cached_property
    def whitened_residuals(self):
        """Residuals as filtered by the noise model: white if it is right."""
        return self.model.whiten(self.residuals)

    @property
    def predicted(self):
        """``X beta``, with the design as given, not whitened."""
        return self.model.design @ self.theta

    @property
    def residuals(self):
        """``Y - X beta``, in the units of the data."""
        return self.Y - self.predicted

    @property
    def normalized_residuals(self):
        """Residuals over the standard deviation of the noise, 0 where that is 0."""
        return _normalize(self.residuals, self.dispersion)

    @property
    def SSE(self):  # noqa: N802
        """Sum of squares of the whitened residuals, ``e'V^-1 e``."""
        fit = self._voxelwise
        if fit is not None and not fit.noise.sandwich:
            return fit.sigma2 * fit.factor.dof
        return np.sum(self.whitened_residuals**2, axis=0)

    @property
    def MSE(self):  # noqa: N802
        """Their sum of squares over the degrees of freedom."""
        return self.SSE / self.df_residuals

    @property
    def r_square(self):
        """``1 - |Y - X beta|^2 / |Y - mean|^2``, 0 for a constant series."""
        total = np.sum((self.Y - np.mean(self.Y, axis=0)) ** 2, axis=0)
        safe = np.where(total > 0, total, 1.0)
        share = 1 - np.sum(self.residuals**2, axis=0) / safe
        return np.where(total > 0, share, 0.0)

    @property
    def logL(self):  # noqa: N802
        """Log-likelihood at the estimates and the best noise variance.

        Where every voxel has noise of its own, that of
        `boldglm.core.goodness.log_likelihood`.

        Raises
        ------
        ValueError
            If the fit is one of least squares in coloured noise, which has none.
        """
        if self._voxelwise is not None:
            return log_likelihood(self._voxelwise)
        n, sse = self.df_total, self.SSE
        return -n / 2 * (np.log(2 * np.pi * sse / n) + 1)


class SimpleRegressionResults(_FitResults):
    """What contrasts need of a fit, without the data.

    `residuals`, `normalized_residuals` and `predicted` are methods that take the
    data and the design.

    Parameters
    ----------
    results : RegressionResults
    """

    def __init__(self, results):
        self.theta = results.theta
        self._cov = results._cov
        self._fit = getattr(results, "_fit", None)
        self.dispersion = results.dispersion
        self.nuisance = results.nuisance
        self.df_total = results.df_total
        self.df_model = results.df_model
        self.df_residuals = results.df_residuals

    @classmethod
    def from_fit(cls, fit: GlmFit, model=None) -> "SimpleRegressionResults":
        """View of a fit."""
        results = cls.__new__(cls)
        results.theta, results.dispersion = fit.beta, fit.sigma2
        results._cov = None if model is None else model.normalized_cov_beta
        results._fit, results.nuisance = fit, None
        results.df_total, results.df_model = fit.factor.design.shape[0], fit.factor.rank
        results.df_residuals = fit.dof
        return results

    @property
    def logL(self):  # noqa: N802
        """Not kept; says where it is."""
        msg = (
            "These results keep no data, so no log-likelihood. Use RegressionResults: "
            "fit with minimize_memory=False."
        )
        raise NotImplementedError(msg)

    def predicted(self, X):
        """``X beta``."""
        return np.asarray(X) @ self.theta

    def residuals(self, Y, X):
        """``Y - X beta``."""
        return np.asarray(Y) - self.predicted(X)

    def normalized_residuals(self, Y, X):
        """Residuals over the standard deviation of the noise."""
        return _normalize(self.residuals(Y, X), self.dispersion)


def _filter(data: np.ndarray, rho: np.ndarray) -> np.ndarray:
    white = data.copy()
    for lag, coefficient in enumerate(rho, start=1):
        white[lag:] -= coefficient * data[:-lag]
    return white


def _normalize(residuals, dispersion):
    sd = np.sqrt(np.asarray(dispersion))
    return np.where(sd > 0, residuals / np.where(sd > 0, sd, 1.0), 0.0)


def _voxelwise_covariance(fit: GlmFit, rows, other) -> np.ndarray:
    """(q, r, n_voxels): both contrasts in one quadratic form, and its corner."""
    if rows is other:
        return fit.covariance(rows @ fit.factor.to_beta)
    together = np.concatenate([rows, other]) @ fit.factor.to_beta
    unit = fit.covariance(together)
    return unit[: rows.shape[0], rows.shape[0] :]
