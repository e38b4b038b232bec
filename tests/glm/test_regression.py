"""Models on arrays: attributes, residuals, results with and without the data."""

import numpy as np
import pytest
from scipy import linalg
from tests.oracle.dense_gls import dense_fit, filter_matrix, precision_matrix

from boldglm._base.errors import NotEstimableError, ShapeError
from boldglm.core.gls import fit_glm
from boldglm.core.noise import noise_model
from boldglm.glm.first_level import run_glm
from boldglm.glm.regression import (
    ARModel,
    OLSModel,
    RegressionResults,
    SimpleRegressionResults,
)


@pytest.fixture
def X(rng):
    return np.column_stack([rng.standard_normal((60, 3)), np.ones(60)])


@pytest.fixture
def Y(rng):
    return 100 + rng.standard_normal((60, 5)).cumsum(axis=0) * 0.3


def test_attributes_of_a_model_are_those_of_its_design(X):
    model = OLSModel(X)
    np.testing.assert_allclose(model.calc_beta, linalg.pinv(X), atol=1e-13)
    expected = linalg.inv(X.T @ X)
    np.testing.assert_allclose(model.normalized_cov_beta, expected, atol=1e-13)
    assert (model.df_total, model.df_model, model.df_residuals) == (60, 4, 56)
    np.testing.assert_array_equal(model.whitened_design, X)


def test_divergence_02_a_deficient_design_counts_its_rank(X, Y):
    model = OLSModel(np.column_stack([X, X[:, 0]]))
    assert (model.df_model, model.df_residuals) == (4, 56)
    full = OLSModel(X).fit(Y)
    np.testing.assert_allclose(model.fit(Y).dispersion, full.dispersion, rtol=1e-10)


@pytest.mark.parametrize("rho", [0.4, [0.4], [0.5, -0.2, 0.1]])
def test_filter_is_the_lower_triangular_matrix(X, Y, rho):
    model = ARModel(X, rho)
    L = filter_matrix(np.atleast_1d(rho), 60)
    np.testing.assert_allclose(model.whiten(Y), L @ Y, atol=1e-12)
    np.testing.assert_allclose(model.whiten(Y[:, 0]), L @ Y[:, 0], atol=1e-12)
    np.testing.assert_allclose(model.whitened_design, L @ X, atol=1e-13)
    np.testing.assert_allclose(model.calc_beta, linalg.pinv(L @ X), atol=1e-12)
    assert model.order == np.size(rho)


def test_an_integer_is_an_order_and_a_float_a_coefficient(X):
    assert ARModel(X, 3).rho.tolist() == [0, 0, 0]
    assert ARModel(X, 0.5).rho.tolist() == [0.5]
    with pytest.raises(ValueError, match=r"rho has shape \(2, 2\)"):
        ARModel(X, np.ones((2, 2)))


def test_models_and_fits_change_nothing_they_were_given(X, Y, readonly):
    X, Y = readonly(X, Y)
    for model in (OLSModel(X), ARModel(X, 0.5)):
        results = model.fit(Y)
        assert not np.shares_memory(model.whiten(Y), Y)
        assert results.residuals.shape == (60, 5)


@pytest.mark.parametrize("rho", [0.5, [0.4, 0.2]])
def test_divergence_01_residuals_are_those_of_the_data(X, Y, rho):
    """``Y - X beta``; what is left after whitening has a name of its own."""
    results = ARModel(X, rho).fit(Y)
    phi = np.repeat(np.atleast_1d(rho)[:, None], 5, axis=1)
    dense = dense_fit(Y, X, len(phi), phi=phi)
    np.testing.assert_allclose(results.residuals, dense.residuals, atol=1e-9)
    np.testing.assert_allclose(results.predicted, X @ dense.beta, rtol=1e-10)
    np.testing.assert_allclose(results.r_square, dense.r_square, atol=1e-10)
    L = filter_matrix(np.atleast_1d(rho), 60)
    np.testing.assert_allclose(
        results.whitened_residuals, L @ dense.residuals, atol=1e-9
    )
    np.testing.assert_allclose(
        results.normalized_residuals, dense.residuals / np.sqrt(dense.sigma2), rtol=1e-6
    )


@pytest.mark.parametrize("starts", [(0,), (0, 25), (0, 4, 20)])
@pytest.mark.parametrize(
    ("name", "first_scans"),
    [("ar1", "exact"), ("ar3", "exact"), ("ar6+", "conditional"), ("arma11", "exact")],
)
def test_results_of_a_fit_have_its_variance_and_likelihood(
    X, Y, name, first_scans, starts
):
    """However the first scans are weighed, and where scans were left out."""
    fit = fit_glm(Y, X, noise_model(name, first_scans=first_scans), starts=starts)
    results = RegressionResults.from_fit(fit, Y)
    np.testing.assert_allclose(results.MSE, results.dispersion, rtol=1e-12)
    squares = np.sum(results.whitened_residuals**2, axis=0)
    np.testing.assert_allclose(results.SSE, squares, rtol=1e-7)
    lengths = np.diff([*starts, 60])
    for v in range(5):
        exact = [
            first_scans if n >= fit.noise.order else "conditional" for n in lengths
        ]
        pairs = zip(lengths, exact, strict=True)
        C = linalg.block_diag(
            *(precision_matrix(fit.phi[:, v], n, how) for n, how in pairs)
        )
        e = Y[:, v] - X @ fit.beta[:, v]
        assert results.SSE[v] == pytest.approx(e @ C @ e, rel=1e-7)
        s2, det = e @ C @ e / 60, np.linalg.slogdet(C)[1]
        likelihood = -30 * (np.log(2 * np.pi * s2) + 1) + det / 2
        assert results.logL[v] == pytest.approx(likelihood, rel=1e-8)


def test_least_squares_in_coloured_noise_has_no_likelihood(X, Y):
    def same(values, usable):
        return values

    fit = fit_glm(Y, X, noise_model("ols+2"), neighbours=same)
    results = RegressionResults.from_fit(fit, Y)
    squares = np.sum(results.whitened_residuals**2, axis=0)
    np.testing.assert_array_equal(results.SSE, squares)
    np.testing.assert_array_equal(results.MSE, squares / fit.effective_dof)
    with pytest.raises(ValueError, match="'ols\\+2' has the coefficients of least squ"):
        _ = results.logL


@pytest.mark.parametrize("name", ["ols", "ar1", "ar3"])
def test_sums_of_squares_give_the_variance_and_likelihood(X, Y, name):
    (results,) = run_glm(Y, X, name)[1].values()
    np.testing.assert_allclose(results.MSE, results.dispersion, rtol=1e-8)
    np.testing.assert_allclose(results.SSE, results.MSE * 56, rtol=1e-12)
    np.testing.assert_allclose(
        results.SSE, np.sum(results.whitened_residuals**2, axis=0), rtol=1e-9
    )
    n, s2 = 60, results.SSE / 60
    density = -0.5 * np.log(2 * np.pi * s2) * n - results.SSE / (2 * s2)
    np.testing.assert_allclose(results.logL, density, rtol=1e-12)


@pytest.mark.parametrize("name", ["ols", "ar1", "ar3"])
def test_both_ways_to_r_square_agree(X, Y, name):
    """Computed from the data, and from the sums a fit keeps."""
    (results,) = run_glm(Y, X, name)[1].values()
    fit = results._fit
    expected = 1 - fit.residual_ss / fit.total_ss
    np.testing.assert_allclose(results.r_square, expected, atol=1e-10)


def test_a_constant_series_explains_nothing_and_divides_by_nothing(X):
    results = OLSModel(X).fit(np.full((60, 2), 3.0))
    np.testing.assert_array_equal(results.r_square, 0)
    np.testing.assert_array_equal(results.normalized_residuals, 0)
    np.testing.assert_allclose(results.predicted, 3, rtol=1e-14)


def test_voxels_with_noise_of_their_own_have_no_common_design(X, Y):
    results = run_glm(Y, X, "ar2")[1]["ar2"]
    with pytest.raises(AttributeError, match=r"own noise coefficients.*bins=100"):
        _ = results.whitened_design
    with pytest.raises(ShapeError, match=r"a column for each of the 5 voxels"):
        results.model.whiten(X)
    for v in range(5):
        L = filter_matrix(results.model.rho[:, v], 60)
        np.testing.assert_allclose(results.whitened_Y[:, v], L @ Y[:, v], atol=1e-10)
    assert (results.df_total, results.df_model, results.df_residuals) == (60, 4, 56)


@pytest.mark.parametrize(
    "kwargs", [{"noise_model": "ols"}, {"bins": 100}, {}, {"noise_model": "ar3"}]
)
def test_results_without_data_test_the_same(X, Y, kwargs):
    for full in run_glm(Y, X, **kwargs)[1].values():
        kept = SimpleRegressionResults(full)
        assert not any(np.shares_memory(Y, a) for a in _arrays(vars(kept)))
        row, rows = [1, -1, 0, 0], np.eye(4)[[0, 1, 0]]
        np.testing.assert_array_equal(kept.Tcontrast(row).t, full.Tcontrast(row).t)
        np.testing.assert_array_equal(kept.Fcontrast(rows).F, full.Fcontrast(rows).F)
        np.testing.assert_array_equal(kept.vcov(), full.vcov())
        np.testing.assert_array_equal(kept.conf_int(), full.conf_int())
        assert kept.df_residuals == full.df_residuals == 56


def _arrays(values):
    return [value for value in values.values() if isinstance(value, np.ndarray)]


def test_results_without_data_take_them_for_residuals(X, Y):
    full = OLSModel(X).fit(Y)
    kept = SimpleRegressionResults(full)
    np.testing.assert_array_equal(kept.predicted(X), full.predicted)
    np.testing.assert_array_equal(kept.residuals(Y, X), full.residuals)
    np.testing.assert_array_equal(
        kept.normalized_residuals(Y, X), full.normalized_residuals
    )
    with pytest.raises(NotImplementedError, match="minimize_memory=False"):
        _ = kept.logL


def test_results_can_be_made_of_numbers(X, Y):
    """As nilearn's class: from coefficients, data, model and covariance."""
    fitted = OLSModel(X).fit(Y)
    made = RegressionResults(
        fitted.theta,
        Y,
        fitted.model,
        whitened_Y=Y,
        whitened_residuals=fitted.residuals,
        cov=fitted.cov,
        dispersion=fitted.dispersion,
    )
    np.testing.assert_allclose(made.SSE, fitted.SSE, rtol=1e-12)
    np.testing.assert_allclose(made.logL, fitted.logL, rtol=1e-12)
    np.testing.assert_allclose(made.t(), fitted.t(), rtol=1e-12)
    rows = np.eye(4)[[0, 1, 1]]
    np.testing.assert_allclose(made.Fcontrast(rows).F, fitted.Fcontrast(rows).F)
    assert made.Fcontrast(rows).df_num == 2
    assert made.whitened_design is fitted.model.whitened_design


@pytest.mark.parametrize("noise", ["ols", "ar1", "ar2"])
def test_divergence_02_results_refuse_what_cannot_be_estimated(rng, noise):
    """Two conditions that fill all scans, and a constant."""
    task = (np.arange(60) % 20 < 10) * 1.0
    X = np.column_stack([task, 1 - task, np.ones(60)])
    Y = rng.standard_normal((60, 3))
    _, results = run_glm(Y, X, noise)
    (result,) = results.values()
    for refuse in (
        lambda r: r.Tcontrast([1, 0, 0]),
        lambda r: r.Fcontrast(np.eye(3)[:2]),
        lambda r: r.t(0),
        lambda r: r.conf_int(cols=[0]),
    ):
        for one in (result, SimpleRegressionResults(result)):
            with pytest.raises(NotEstimableError, match=r"columns \[0, 1, 2\] apart"):
                refuse(one)
    assert np.isfinite(result.Tcontrast([1, -1, 0]).t).all()


def test_statistics_of_all_coefficients_are_those_of_each(rng):
    X = np.column_stack([rng.standard_normal((50, 3)), np.ones(50)])
    _, results = run_glm(rng.standard_normal((50, 5)), X, "ar1")
    each = [results["ar1"].t(column) for column in range(4)]
    np.testing.assert_allclose(results["ar1"].t(), each)
