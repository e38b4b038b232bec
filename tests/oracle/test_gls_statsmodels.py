"""Least squares, generalised least squares and their tests against statsmodels."""

import warnings

import numpy as np
import pytest
from scipy.linalg import toeplitz
from tests.oracle.dense_gls import simulate_ar, stationary_covariance

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm
from boldglm.core.noise import NoiseModel, noise_model
from boldglm.glm.regression import ARModel, OLSModel

sm = pytest.importorskip("statsmodels.api")

ROWS = np.array([[1.0, -1, 0, 0], [0, 0, 1, 0]])


@pytest.fixture
def X(rng):
    slow = 0.1 * rng.standard_normal((90, 1)).cumsum(axis=0)
    return np.column_stack([rng.standard_normal((90, 2)), slow, np.ones(90)])


@pytest.fixture
def Y(rng, X):
    return 50 + X[:, :1] + simulate_ar(rng, [0.5, -0.2], 90, 6)


def assert_same_tests(ours, theirs):
    """Coefficients, covariance, t, F and confidence intervals of one series."""
    np.testing.assert_allclose(ours.theta, theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.vcov(), theirs.cov_params(), rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(ours.t(), theirs.tvalues, rtol=1e-8)
    np.testing.assert_allclose(ours.conf_int(), theirs.conf_int(), rtol=1e-8)
    t, expected = ours.Tcontrast(ROWS[0]), theirs.t_test(ROWS[0])
    np.testing.assert_allclose(t.t, expected.tvalue.item(), rtol=1e-8)
    np.testing.assert_allclose(t.sd, expected.sd.item(), rtol=1e-8)
    F, expected = ours.Fcontrast(ROWS), theirs.f_test(ROWS)
    np.testing.assert_allclose(F.F, np.squeeze(expected.fvalue), rtol=1e-8)
    assert (F.df_num, F.df_den) == (expected.df_num, expected.df_denom)


def test_ordinary_least_squares(X, Y):
    for y in Y.T:
        ours, theirs = OLSModel(X).fit(y), sm.OLS(y, X).fit()
        assert_same_tests(ours, theirs)
        np.testing.assert_allclose(ours.r_square, theirs.rsquared, rtol=1e-10)
        np.testing.assert_allclose(ours.logL, theirs.llf, rtol=1e-10)
        np.testing.assert_allclose(ours.SSE, theirs.ssr, rtol=1e-10)
        np.testing.assert_allclose(ours.MSE, theirs.mse_resid, rtol=1e-10)
        np.testing.assert_allclose(ours.residuals, theirs.resid, atol=1e-9)
        np.testing.assert_allclose(ours.predicted, theirs.fittedvalues, rtol=1e-10)
        np.testing.assert_allclose(
            ours.normalized_residuals, theirs.resid_pearson, atol=1e-9
        )
        for name in ("df_model", "df_residuals"):
            assert getattr(ours, name) == getattr(ours.model, name)
        assert ours.df_residuals == theirs.df_resid


def test_rank_deficient_least_squares_has_the_rank_everywhere(X, Y):
    """Statsmodels too divides by scans less rank, with a pseudo-inverse."""
    copied = np.column_stack([X, X[:, 0] - X[:, 1]])
    for y in Y.T:
        with warnings.catch_warnings():
            # Some releases warn of the rank.
            warnings.simplefilter("ignore")
            theirs = sm.OLS(y, copied).fit()
        ours = OLSModel(copied).fit(y)
        assert ours.df_residuals == theirs.df_resid == 86
        np.testing.assert_allclose(ours.theta, theirs.params, rtol=1e-8)
        np.testing.assert_allclose(ours.dispersion, theirs.scale, rtol=1e-10)
        row = [1, 0, 0, 0, 1]
        np.testing.assert_allclose(
            ours.Tcontrast(row).t, theirs.t_test(row).tvalue.item(), rtol=1e-8
        )


@pytest.mark.parametrize("phi", [(0.6,), (0.5, -0.2), (0.3, 0.2, 0.1, -0.2)])
def test_exact_first_scans_are_generalised_least_squares(X, Y, phi):
    """With the Toeplitz covariance of the stationary series."""
    V = stationary_covariance(phi, 90)
    assert np.allclose(V, toeplitz(V[0]))
    model = NoiseModel("given", len(phi), "exact", coefficients=phi)
    fit = fit_glm(Y, X, model)
    for v, y in enumerate(Y.T):
        theirs = sm.GLS(y, X, sigma=V).fit()
        np.testing.assert_allclose(fit.beta[:, v], theirs.params, rtol=1e-8)
        np.testing.assert_allclose(fit.sigma2[v], theirs.scale, rtol=1e-8)
        stat = contrast_stat(fit, ROWS[0])
        expected = theirs.t_test(ROWS[0])
        np.testing.assert_allclose(np.sqrt(stat.variance[v]), expected.sd.item(), 1e-8)
        np.testing.assert_allclose(statistic(stat)[v], expected.tvalue.item(), 1e-8)
        F = statistic(contrast_stat(fit, ROWS))[v]
        np.testing.assert_allclose(F, np.squeeze(theirs.f_test(ROWS).fvalue), 1e-8)


@pytest.mark.parametrize("phi", [(0.6,), (0.5, -0.2), (0.3, 0.2, 0.1, -0.2)])
def test_filtered_first_scans_are_least_squares_of_filtered_series(X, Y, phi):
    """`ARModel`: what statsmodels makes of a filter matrix."""
    for y in Y.T:
        ours = ARModel(X, np.array(phi)).fit(y)
        white = ours.model.whiten
        theirs = sm.OLS(white(y), white(X)).fit()
        assert_same_tests(ours, theirs)
        np.testing.assert_allclose(ours.logL, theirs.llf, rtol=1e-9)
        np.testing.assert_allclose(ours.whitened_residuals, theirs.resid, atol=1e-9)


@pytest.mark.parametrize("order", [1, 2, 4])
def test_rows_after_the_first_are_those_of_glsar(X, Y, order):
    """GLSAR leaves the first scans out; all others are filtered alike."""
    fit = fit_glm(Y, X, noise_model(f"ar{order}"))
    for v, y in enumerate(Y.T):
        theirs = sm.GLSAR(y, X, rho=fit.phi[:, v].copy())
        ours = ARModel(X, fit.phi[:, v])
        np.testing.assert_allclose(theirs.wexog, ours.whiten(X)[order:], atol=1e-12)
        np.testing.assert_allclose(theirs.wendog, ours.whiten(y)[order:], atol=1e-11)
        # A few scans of ninety: estimates agree within a part of their error.
        se = np.sqrt(np.diag(ARModel(X, fit.phi[:, v]).fit(y).vcov()))
        gap = np.abs(theirs.fit().params - fit.beta[:, v])
        assert (gap < se).all()
