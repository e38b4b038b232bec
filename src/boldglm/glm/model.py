"""Tests of linear hypotheses on estimated coefficients."""

from typing import Any

import numpy as np

from boldglm._base.arguments import as_list, as_numbers, checked_number, shown
from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm.core.linear import (
    Factor,
    confounded_regressors,
    factorize,
    non_estimable_rows,
)

__all__ = ["FContrastResults", "LikelihoodModelResults", "TContrastResults"]

LARGEST_WEIGHT = 1e100


class TContrastResults:
    """A t contrast: `t`, `sd` and `effect` per voxel, and `df_den`."""

    def __init__(self, t, sd, effect, df_den=None):
        self.t = t
        self.sd = sd
        self.effect = effect
        self.df_den = np.inf if df_den is None else df_den

    def __array__(self, dtype=None, copy=None):
        return np.array(self.t, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        return (
            f"<T contrast: effect={self.effect}, sd={self.sd}, t={self.t}, "
            f"df_den={self.df_den}>"
        )


class FContrastResults:
    """An F contrast: `effect`, `covariance`, `F`, and its degrees of freedom."""

    def __init__(self, effect, covariance, F, df_num, df_den=None):
        self.effect = effect
        self.covariance = covariance
        self.F = F
        self.df_num = df_num
        self.df_den = np.inf if df_den is None else df_den

    def __array__(self, dtype=None, copy=None):
        return np.array(self.F, dtype=dtype, copy=copy)

    def __str__(self) -> str:
        return f"<F contrast: F={self.F!r}, df_den={self.df_den}, df_num={self.df_num}>"


class LikelihoodModelResults:
    """Estimated coefficients with their covariance, and tests on them.

    Parameters
    ----------
    theta : (n_regressors,) or (n_regressors, n_voxels)
    Y : (n_scans,) or (n_scans, n_voxels)
    model : object
        Has `df_model`, the rank of the design.
    cov : (n_regressors, n_regressors) or None
        Covariance of the coefficients for a noise variance of 1.
    dispersion : float or (n_voxels,)
        Noise variance.
    nuisance : object
        Kept as given.

    Examples
    --------
    >>> from boldglm.glm.regression import OLSModel
    >>> design = np.array([[0, 1.0], [1, 1], [0, 1], [1, 1]])
    >>> results = OLSModel(design).fit(np.array([1.0, 3.0, 2.0, 4.0]))
    >>> results.Tcontrast([1, 0]).t
    array(2.82842712)
    """

    def __init__(self, theta, Y, model, cov=None, dispersion=1.0, nuisance=None):
        self.theta = theta
        self.Y = Y
        self.model = model
        self._cov = cov
        self.dispersion = dispersion
        self.nuisance = nuisance
        self.df_total = Y.shape[0]
        self.df_model = model.df_model
        self.df_residuals = self.df_total - self.df_model

    @property
    def cov(self) -> np.ndarray:
        """Covariance of the coefficients for a noise variance of 1."""
        if self._cov is None:
            msg = (
                "These results have no covariance of the coefficients; "
                "it was not given when they were made."
            )
            raise ValueError(msg)
        return self._cov

    def _unit_covariance(self, rows: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Covariance of two contrasts for a noise variance of 1.

        (q, r) if all voxels share it, (q, r, n_voxels) if not.
        """
        return rows @ self.cov @ other.T

    def vcov(self, matrix=None, column=None, dispersion=None, other=None):
        """Covariance of coefficients or contrasts, ``sigma^2 M cov M'``.

        Parameters
        ----------
        matrix : (q, n_regressors) array, optional
        column : int or list of int, optional
            Coefficients, instead of a matrix.
        dispersion : float or (n_voxels,) array, optional
            Noise variance; that of the fit if not given.
        other : (r, n_regressors) array, optional
            Covariance of `matrix` with these.

        Returns
        -------
        (q, r) or (q, r, n_voxels) array
            A vector per voxel for a single `column`.
        """
        sigma2 = self._noise_variance(dispersion)
        if matrix is None and column is None:
            return self._scaled(np.eye(self.theta.shape[0]), None, sigma2)
        if column is not None:
            rows = np.eye(self.theta.shape[0])[self._columns(column, "column")]
            scaled = self._scaled(rows, None, sigma2)
            return scaled[0, 0] if np.ndim(column) == 0 else scaled
        rows = self._weights(matrix, "matrix")
        return self._scaled(
            rows, None if other is None else self._weights(other, "other"), sigma2
        )

    def _noise_variance(self, dispersion: Any) -> Any:
        """That of the fit if none is given."""
        if dispersion is None:
            return self.dispersion
        sigma2 = as_numbers(dispersion, "dispersion", "a noise variance")
        n_voxels = self.theta.shape[1:]
        if sigma2.shape not in ((), n_voxels) or not (sigma2 >= 0).all():
            msg = (
                f"dispersion is {shown(dispersion)}; expected a noise variance of 0 or "
                f"more, or an array of them of shape {n_voxels}, one for each voxel"
            )
            raise ValueError(msg)
        return sigma2

    def _columns(self, columns: Any, name: str) -> np.ndarray:
        """Numbers of coefficients, (n,)."""
        n = self.theta.shape[0]
        given = np.atleast_1d(as_numbers(columns, name, "numbers of columns"))
        fits = given.ndim == 1 and given.dtype.kind in "iu" and given.size > 0
        if not fits or not ((given >= -n) & (given < n)).all():
            msg = (
                f"{name} is {shown(columns)}; expected numbers of columns of the "
                f"design, from 0 to {n - 1}"
            )
            raise ValueError(msg)
        return given

    def _weights(self, matrix: Any, name: str) -> np.ndarray:
        """Rows of a weight for each coefficient."""
        rows = np.atleast_2d(as_numbers(matrix, name).astype(float))
        if rows.ndim != 2 or rows.shape[1] != self.theta.shape[0]:
            msg = (
                f"{name} has shape {np.shape(matrix)}; expected rows of "
                f"{self.theta.shape[0]} weights, one for each regressor"
            )
            raise ContrastError(msg)
        return _bounded(rows)

    def _scaled(self, rows, other, sigma2):
        unit = self._unit_covariance(rows, rows if other is None else np.asarray(other))
        if unit.ndim == 3 or np.ndim(sigma2) == 0:
            return unit * sigma2
        return unit[:, :, None] * sigma2

    def t(self, column=None):
        """T statistic of each coefficient, or of those of `column`."""
        column = np.arange(self.theta.shape[0]) if column is None else column
        variance = self._variances(self._columns(column, "column"))
        if np.ndim(column) == 0:
            variance = variance[0]
        return _ratio(self.theta[column], np.sqrt(variance))

    def _variances(self, columns, dispersion=None) -> np.ndarray:
        """Variance of coefficients, one by one: covariances would not fit in memory."""
        rows = np.eye(self.theta.shape[0])
        self._check_estimable(rows[columns])
        return np.stack(
            [self.vcov(column=int(c), dispersion=dispersion) for c in columns]
        )

    def _check_estimable(self, rows: np.ndarray) -> None:
        """Raise where the design cannot tell a row apart from other combinations."""
        factor = self._factor()
        stray = [] if factor is None else non_estimable_rows(factor, rows)
        if factor is not None and stray:
            columns = confounded_regressors(factor, rows[stray])
            msg = (
                f"the contrast is not estimable: the design cannot tell its columns "
                f"{columns} apart (counted from 0), they are linearly dependent"
            )
            raise NotEstimableError(msg)

    def _factor(self) -> Factor | None:
        """The factorised design; None where these results know of no design."""
        design = getattr(getattr(self, "model", None), "design", None)
        return None if design is None else factorize(design)

    def Tcontrast(self, matrix, store=("t", "effect", "sd"), dispersion=None):  # noqa: N802
        """Test one row of weights.

        Parameters
        ----------
        matrix : (n_regressors,) or (1, n_regressors) array
            Shorter ones are completed with zeros.
        store : sequence of {'t', 'effect', 'sd'}
            What to keep.
        dispersion : float or array, optional

        Returns
        -------
        TContrastResults

        Raises
        ------
        ContrastError
            If there is not exactly one row, or it is longer than the design.
        """
        row = self._rows(matrix)
        if row.shape[0] != 1:
            msg = f"a t contrast has one row; got {np.asarray(matrix).tolist()}"
            raise ContrastError(msg)
        self._check_estimable(row)
        names = as_list(store, "store", "some of 't', 'effect', 'sd'")
        known = ("t", "effect", "sd")
        unknown = [n for n in names if not isinstance(n, str) or n not in known]
        if unknown:
            msg = f"store has {shown(unknown)}; expected some of 't', 'effect', 'sd'"
            raise ValueError(msg)
        effect = np.squeeze(row @ self.theta)
        sd = np.squeeze(np.sqrt(self.vcov(matrix=row, dispersion=dispersion)))
        return TContrastResults(
            effect=effect if "effect" in names else None,
            t=_ratio(effect, sd) if "t" in names else None,
            sd=sd if "sd" in names else None,
            df_den=self.df_residuals,
        )

    def Fcontrast(self, matrix, dispersion=None, invcov=None):  # noqa: N802
        """Test several rows of weights together.

        ``F = (C b)' (C cov C')^+ (C b) / rank / sigma^2``: rows that repeat others
        change nothing.

        Parameters
        ----------
        matrix : (q, n_regressors) array
        dispersion : float or (n_voxels,) array, optional
        invcov : (q, q) array, optional
            Inverse of ``C cov C'`` if known.

        Returns
        -------
        FContrastResults

        Raises
        ------
        ContrastError
            If the width is not the number of regressors.
        """
        given = _bounded(np.atleast_2d(as_numbers(matrix, "matrix").astype(float)))
        if given.ndim != 2 or given.shape[1] != self.theta.shape[0]:
            msg = (
                f"an F contrast has a weight for each of the {self.theta.shape[0]} "
                f"regressors; this one has shape {given.shape}"
            )
            raise ContrastError(msg)
        self._check_estimable(given)
        sigma2 = self._noise_variance(dispersion)
        effect = given @ self.theta
        rows = self._independent(given)
        if invcov is None:
            square = _wald(rows @ self.theta, self._unit_covariance(rows, rows))
        else:
            inverse = as_numbers(invcov, "invcov", "the inverse of a covariance")
            if inverse.shape != (len(given), len(given)):
                msg = (
                    f"invcov has shape {inverse.shape}; expected a row and a column "
                    f"for each of the {len(given)} rows of the contrast"
                )
                raise ShapeError(msg)
            square = np.einsum("i...,ij,j...->...", effect, inverse, effect)
        return FContrastResults(
            effect=effect,
            covariance=self.vcov(matrix=given, dispersion=sigma2),
            F=np.squeeze(_ratio(square, len(rows) * np.asarray(sigma2))),
            df_den=self.df_residuals,
            df_num=len(rows),
        )

    def conf_int(self, alpha=0.05, cols=None, dispersion=None):
        """Two-sided confidence intervals of the coefficients.

        Parameters
        ----------
        alpha : float
            1 less the confidence.
        cols : sequence of int, optional
            Which coefficients; all if not given.
        dispersion : float, optional

        Returns
        -------
        (len(cols), 2[, n_voxels]) array
            Lower and upper ends.
        """
        from scipy.special import stdtrit

        expected = "1 less the confidence, from 1e-12 to 1"
        checked_number(alpha, "alpha", expected, low=1e-12, high=1)
        everything = np.arange(self.theta.shape[0])
        cols = self._columns(everything if cols is None else cols, "cols")
        variance = self._variances(cols, dispersion)
        reach = stdtrit(self.df_residuals, 1 - alpha / 2) * np.sqrt(variance)
        # of one noise variance for all voxels there is one for each coefficient
        reach = reach.reshape(reach.shape + (1,) * (self.theta.ndim - reach.ndim))
        return np.stack([self.theta[cols] - reach, self.theta[cols] + reach], axis=1)

    def _independent(self, rows: np.ndarray) -> np.ndarray:
        """Rows that span the same contrasts without repeating themselves."""
        unit = self._unit_covariance(rows, rows)
        length = np.sqrt(np.diag(unit))
        length = np.where(length > 0, length, 1.0)
        values, vectors = np.linalg.eigh(unit / np.outer(length, length))
        keep = values > 1e-12 * values[-1]
        return rows if keep.all() else vectors[:, keep].T @ (rows / length[:, None])

    def _rows(self, matrix: Any) -> np.ndarray:
        """Contrast as rows, completed with zeros to the width of the design."""
        rows = _bounded(np.atleast_2d(as_numbers(matrix, "matrix").astype(float)))
        missing = self.theta.shape[0] - rows.shape[1]
        if rows.ndim != 2 or rows.size == 0 or missing < 0:
            msg = (
                f"the contrast has shape {np.shape(matrix)}; expected at most "
                f"{self.theta.shape[0]} weights, one for each regressor"
            )
            raise ContrastError(msg)
        return np.pad(rows, ((0, 0), (0, missing)))


def _bounded(rows: np.ndarray) -> np.ndarray:
    """Weights whose squares are numbers, too."""
    if not (np.abs(rows) <= LARGEST_WEIGHT).all():
        msg = (
            f"the contrast has weights up to {np.abs(rows).max():g}; expected finite "
            f"ones of at most {LARGEST_WEIGHT:g}"
        )
        raise ContrastError(msg)
    return rows


def _wald(effect, unit):
    """``e' S^-1 e``, with an S that all voxels share or one per voxel.

    Solved in units in which every row has variance 1: an inverse keeps digits in
    proportion to its largest entry.
    """
    stack = np.moveaxis(unit, -1, 0) if unit.ndim == 3 else unit[None]
    length = np.sqrt(np.einsum("vii->vi", stack))
    scaled = stack / (length[:, :, None] * length[:, None])
    columns = effect.reshape(effect.shape[0], -1) / length.T
    if len(scaled) == 1:
        solved = np.linalg.solve(scaled[0], columns)
    else:
        solved = np.linalg.solve(scaled, columns.T[:, :, None])[:, :, 0].T
    return np.sum(columns * solved, axis=0).reshape(effect.shape[1:])


def _ratio(numerator, denominator):
    """Quotient, 0 where the denominator is not positive."""
    positive = np.asarray(denominator) > 0
    safe = np.where(positive, denominator, 1.0)
    return np.where(positive, numerator / safe, 0.0)
