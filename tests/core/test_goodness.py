from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg, stats

from boldglm._base.errors import ContrastError, NotEstimableError
from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm
from boldglm.core.goodness import akaike, bayes, log_likelihood, partial_r2
from boldglm.core.noise import NoiseModel, noise_model

N_SCANS = 40
FIRST_SCANS = ("conditional", "exact")
ORDERS = (0, 1, 3)


@pytest.fixture
def design(rng):
    X = np.column_stack([rng.standard_normal((N_SCANS, 3)), np.ones(N_SCANS)])
    # rank 4: the second column comes again, in other units
    return np.column_stack([X, 1000 * X[:, 1]])


@pytest.fixture
def data(rng, design):
    noise = rng.standard_normal((N_SCANS + 50, 6))
    for t in range(1, len(noise)):
        noise[t] += 0.5 * noise[t - 1]
    return 100 + design[:, :1] + 3 * noise[50:]


def model(order, first_scans):
    name = f"ar{order}" if order else "ols"
    return noise_model(name, first_scans=first_scans)


def covariance(phi, first_scans):
    """V in units of the innovation variance, dense."""
    n, order = N_SCANS, len(phi)
    if first_scans == "conditional":
        filters = linalg.toeplitz(np.r_[1, -phi, np.zeros(n - order - 1)], np.zeros(n))
        inverse = np.linalg.inv(filters)
        return inverse @ inverse.T
    wave = np.zeros(5000)
    wave[0] = 1
    for t in range(1, 5000):
        wave[t] = sum(phi[i] * wave[t - 1 - i] for i in range(min(order, t)))
    return linalg.toeplitz([wave[: 5000 - k] @ wave[k:] for k in range(n)])


def dense_fit(y, X, V):
    """Residuals of generalised least squares, and their whitened sum of squares."""
    P = np.linalg.inv(V)
    e = y - X @ (np.linalg.pinv(X.T @ P @ X, hermitian=True) @ X.T @ P @ y)
    return e, e @ P @ e


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", ORDERS)
def test_the_likelihood_is_the_density_of_a_normal(
    data, design, readonly, order, first_scans
):
    fit = fit_glm(readonly(data), readonly(design), model(order, first_scans))
    found = log_likelihood(fit)
    X = design[:, :4]
    for voxel in range(6):
        V = covariance(fit.phi[:, voxel], first_scans)
        e, square = dense_fit(data[:, voxel], X, V)
        normal = stats.multivariate_normal(cov=square / N_SCANS * V)
        assert found[voxel] == pytest.approx(normal.logpdf(e), rel=1e-8)
        # the variance is the one that makes it largest
        for factor in (0.9, 1.1):
            off = stats.multivariate_normal(cov=factor * square / N_SCANS * V)
            assert off.logpdf(e) < found[voxel]


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", ORDERS)
def test_the_restricted_likelihood_is_the_density_of_error_contrasts(
    rng, data, design, order, first_scans
):
    fit = fit_glm(data, design, model(order, first_scans))
    found = log_likelihood(fit, restricted=True)
    K = linalg.null_space(design[:, :4].T)
    # any orthonormal contrasts that the design says nothing of
    K = K @ stats.ortho_group(K.shape[1], seed=rng).rvs()
    for voxel in range(6):
        V = covariance(fit.phi[:, voxel], first_scans)
        _, square = dense_fit(data[:, voxel], design[:, :4], V)
        spread = square / (N_SCANS - 4) * K.T @ V @ K
        normal = stats.multivariate_normal(cov=spread)
        expected = normal.logpdf(K.T @ data[:, voxel])
        assert found[voxel] == pytest.approx(expected, rel=1e-8)


def test_the_restricted_likelihood_knows_no_units(data, design):
    noise = model(1, "exact")
    scaled = design * [1, 20, 0.3, 7, 1]
    found = [log_likelihood(fit_glm(data, X, noise), restricted=True)
             for X in (design, scaled)]  # fmt: skip
    np.testing.assert_allclose(*found, rtol=1e-10)


def test_they_are_those_of_statsmodels(data, design):
    api = pytest.importorskip("statsmodels.regression.linear_model")
    X = design[:, :4]
    ols = fit_glm(data, X, noise_model("ols"))
    ar2 = fit_glm(data, X, noise_model("ar2", first_scans="exact"))
    for fit, n_noise in ((ols, 0), (ar2, 2)):
        for voxel in range(6):
            V = covariance(fit.phi[:, voxel], "exact")
            theirs = api.GLS(data[:, voxel], X, sigma=V).fit()
            found = log_likelihood(fit)[voxel]
            assert found == pytest.approx(theirs.llf, rel=1e-8)
            # they count the coefficients only
            more = n_noise + 1
            aic, bic = akaike(fit)[voxel], bayes(fit)[voxel]
            assert aic - 2 * more == pytest.approx(theirs.aic, rel=1e-8)
            assert bic - np.log(N_SCANS) * more == pytest.approx(theirs.bic, rel=1e-8)
    theirs = api.OLS(data[:, 0], X).fit()
    assert log_likelihood(ols)[0] == pytest.approx(theirs.llf, rel=1e-10)


def test_parameters_that_are_not_the_voxels_own_do_not_count(data, design):
    fit = fit_glm(data, design, noise_model("ar3"))
    given = replace(fit.noise, coefficients=(0.1, 0.0, 0.0))
    for noise in (given, replace(fit.noise, pooled=True)):
        other = replace(fit, noise=noise)
        np.testing.assert_allclose(akaike(fit) - akaike(other), 6.0)
        np.testing.assert_allclose(bayes(fit) - bayes(other), 3 * np.log(N_SCANS))


def test_parameters_of_the_noise_count_as_many_as_one_says(data, design):
    fit = fit_glm(data, design, noise_model("ar3"))
    two = -2 * log_likelihood(fit)
    np.testing.assert_allclose(akaike(fit), two + 2 * (4 + 3 + 1))
    np.testing.assert_allclose(akaike(fit, 0), two + 2 * (4 + 0 + 1))
    np.testing.assert_allclose(bayes(fit, 2), two + np.log(N_SCANS) * (4 + 2 + 1))


def test_what_is_not_fitted_has_no_likelihood(data, design):
    data[:, 1] = 7.0
    data[5, 2] = np.inf
    fit = fit_glm(data, design, noise_model("ar1"))
    for found in (
        log_likelihood(fit),
        log_likelihood(fit, restricted=True),
        akaike(fit),
        bayes(fit),
        partial_r2(fit, np.eye(5)[0]),
    ):
        assert np.flatnonzero(~np.isfinite(found)).tolist() == [1, 2]
        assert np.isnan(found[1:3]).all()


def test_more_voxels_than_a_block_are_each_as_by_themselves(rng, design):
    data = rng.standard_normal((N_SCANS, 5000))
    fit = fit_glm(data, design, noise_model("ar1", first_scans="exact"))
    for restricted in (False, True):
        found = log_likelihood(fit, restricted=restricted)
        alone = log_likelihood(fit.select(slice(4090, None)), restricted=restricted)
        np.testing.assert_allclose(found[4090:], alone, rtol=1e-12)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", ORDERS)
def test_partial_r2_is_what_two_fits_differ_by(
    data, design, readonly, order, first_scans
):
    X = design[:, :4]
    fit = fit_glm(data, X, model(order, first_scans))
    for columns in ([0], [0, 2], [0, 1, 2]):
        found = partial_r2(fit, readonly(np.eye(4)[columns]))
        for voxel in range(6):
            V = covariance(fit.phi[:, voxel], first_scans)
            _, full = dense_fit(data[:, voxel], X, V)
            _, less = dense_fit(data[:, voxel], np.delete(X, columns, axis=1), V)
            assert found[voxel] == pytest.approx((less - full) / less, rel=1e-8)
        F = contrast_stat(fit, np.eye(4)[columns], "F")
        qF = F.dim * statistic(F)
        np.testing.assert_allclose(found, qF / (qF + fit.dof), rtol=1e-10)


def test_partial_r2_of_rows_that_repeat_themselves_is_that_of_one(data, design):
    fit = fit_glm(data, design[:, :4], noise_model("ar1"))
    row = np.array([1.0, -1, 0, 0])
    one = partial_r2(fit, row)
    np.testing.assert_allclose(partial_r2(fit, [row, -2 * row]), one, rtol=1e-10)
    assert ((one > 0) & (one < 1)).all()


def test_partial_r2_of_what_cannot_be_told_apart_is_a_mistake(data, design):
    fit = fit_glm(data, design, noise_model("ols"))
    with pytest.raises(NotEstimableError, match=r"columns \[1, 4\]"):
        partial_r2(fit, [0, 1, 0, 0, 0])
    with pytest.raises(ContrastError, match="the design has 5 regressors"):
        partial_r2(fit, [1, 0])


def test_a_perfect_fit_explains_all(design):
    X = design[:, :4]
    fit = fit_glm(X[:, :1] * 1.0, X, NoiseModel("ols", 0))
    assert partial_r2(fit, [1, 0, 0, 0])[0] == pytest.approx(1, abs=1e-12)
    assert log_likelihood(fit)[0] > 1000
    nothing_left = fit.select([0])
    nothing_left.sigma2[:] = 0
    assert log_likelihood(nothing_left)[0] == np.inf
    nothing_left.beta[:] = 0
    assert np.isnan(partial_r2(nothing_left, [1, 0, 0, 0])[0])
