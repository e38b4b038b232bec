from dataclasses import replace

import numpy as np
import pytest
from scipy import linalg, stats

from boldglm._base.errors import ShapeError
from boldglm.core.autocorrelation import autocorrelations, whitened, whitened_starts
from boldglm.core.gls import fit_glm, residuals
from boldglm.core.ljung_box import (
    BLOCK,
    correlation_moments,
    ljung_box,
    ljung_box_of_fit,
    moments_behind,
)
from boldglm.core.noise import NoiseModel, noise_model

STARTS = [0, 7, 9, 24]


def lag_matrix(n_scans, lag, starts=(0,)):
    """Halves at distance `lag`, within segments."""
    scan = np.arange(n_scans)
    segment = np.searchsorted(starts, scan, side="right")
    apart = np.abs(scan[:, None] - scan) == lag
    return (apart & (segment[:, None] == segment)) / 2


def dense_moments(R, n_lags, starts=(0,)):
    A = [lag_matrix(len(R), lag, starts) for lag in range(1, n_lags + 1)]
    mean = np.array([np.trace(R @ a) for a in A]) / np.trace(R)
    B = [a - m * np.eye(len(R)) for a, m in zip(A, mean, strict=True)]
    products = [[np.trace(R @ b @ R @ c) for c in B] for b in B]
    return mean, 2 * np.array(products) / (np.trace(R) ** 2 + 2 * np.trace(R @ R))


@pytest.fixture
def slow_design(rng):
    """What a run has: conditions, movements that wander, drifts, the constant."""
    t = np.arange(200)
    drifts = [np.cos(np.pi * k * (t + 0.5) / 200) for k in range(7)]
    wander = np.cumsum(rng.standard_normal((20, 200)), axis=1)
    return np.column_stack([rng.standard_normal((200, 4)), *drifts, *wander])


@pytest.mark.parametrize("n_lags", [3, 12])
def test_the_test_is_that_of_statsmodels(rng, readonly, n_lags):
    diagnostic = pytest.importorskip("statsmodels.stats.diagnostic")
    series = rng.standard_normal((120, 5))
    series[1:] += 0.2 * series[:-1]
    series -= series.mean(axis=0)
    series = readonly(series)
    q, p = ljung_box(series, n_lags, 2)
    for voxel in range(5):
        theirs = diagnostic.acorr_ljungbox(series[:, voxel], lags=[n_lags], model_df=2)
        assert q[voxel] == pytest.approx(theirs["lb_stat"].iloc[0], rel=1e-10)
        assert p[voxel] == pytest.approx(theirs["lb_pvalue"].iloc[0], rel=1e-8)


@pytest.mark.parametrize("starts", [(0,), STARTS])
def test_moments_are_those_of_dense_matrices(rng, starts):
    Q = np.linalg.qr(np.cumsum(rng.standard_normal((40, 6)), axis=0))[0]
    for basis in (Q, Q[:, :2] @ np.diag([0.9, 0.5])):
        found = correlation_moments(40, 4, basis, starts)
        mean, covariance = dense_moments(np.eye(40) - basis @ basis.T, 4, starts)
        np.testing.assert_allclose(found.mean, mean, rtol=1e-10)
        np.testing.assert_allclose(found.covariance, covariance, rtol=1e-9, atol=1e-15)


def test_moments_are_those_of_simulated_residuals(rng, slow_design):
    Q = np.linalg.qr(slow_design)[0]
    noise = rng.standard_normal((200, 20_000))
    seen = autocorrelations(noise - Q @ (Q.T @ noise), 5)
    found = correlation_moments(200, 5, Q)
    error = np.sqrt(np.diag(found.covariance) / 20_000)
    assert (np.abs(seen.mean(axis=1) - found.mean) < 4 * error).all()
    np.testing.assert_allclose(
        np.cov(seen), found.covariance, atol=0.05 * found.covariance.max()
    )


def test_without_a_design_the_variance_is_that_of_ljung_and_box():
    found = correlation_moments(50, 3)
    np.testing.assert_array_equal(found.mean, 0)
    n, k = 50, np.arange(1, 4)
    np.testing.assert_allclose(found.covariance, np.diag((n - k) / (n * (n + 2))))


def test_gaps_are_in_the_statistic(rng):
    series = rng.standard_normal((40, 3))
    q, _ = ljung_box(series, 2, starts=STARTS)
    for voxel in range(3):
        e = series[:, voxel]
        r = [e @ lag_matrix(40, k, STARTS) @ e / (e @ e) for k in (1, 2)]
        pairs = [2 * lag_matrix(40, k, STARTS).sum() / 2 for k in (1, 2)]
        expected = 40 * 42 * sum(x**2 / n for x, n in zip(r, pairs, strict=True))
        assert q[voxel] == pytest.approx(expected, rel=1e-10)


def test_blocks_threads_and_precision_change_nothing(rng):
    series = rng.standard_normal((60, 2 * BLOCK + 7))
    one, many = (ljung_box(series, 4, n_jobs=n)[0] for n in (1, 3))
    np.testing.assert_array_equal(one, many)
    np.testing.assert_allclose(ljung_box(series[:, -9:], 4)[0], one[-9:], rtol=1e-12)
    single = ljung_box(series.astype(np.float32), 4)[0]
    np.testing.assert_allclose(single, one, rtol=1e-4)


def test_what_is_no_series_has_no_p(rng):
    series = rng.standard_normal((50, 4))
    series[:, 1] = 0
    series[3, 2] = np.nan
    q, p = ljung_box(series, 3)
    assert np.isnan(q).tolist() == np.isnan(p).tolist() == [False, True, True, False]


def test_mistakes_are_told(rng):
    series = rng.standard_normal((50, 2))
    with pytest.raises(ShapeError, match="3 lags after 3 parameters were estimated"):
        ljung_box(series, 3, 3)
    with pytest.raises(ShapeError, match="moments of 4 lags for a test of 3"):
        ljung_box(series, 3, moments=correlation_moments(50, 4))
    with pytest.raises(ShapeError, match="50 lags of series of 50 scans"):
        ljung_box(series, 50, moments=correlation_moments(50, 50))


def whitener(phi, n_scans, first_scans):
    """A square root of the precision, dense: rows that have all lags are the filter."""
    order = len(phi)
    filters = linalg.toeplitz(
        np.r_[1, -phi, np.zeros(n_scans - order - 1)], np.zeros(n_scans)
    )
    if first_scans == "conditional":
        return filters
    wave = np.zeros(4000)
    wave[0] = 1
    for t in range(1, 4000):
        wave[t] = sum(phi[i] * wave[t - 1 - i] for i in range(min(order, t)))
    gamma = np.array([wave[: 4000 - k] @ wave[k:] for k in range(n_scans)])
    return np.linalg.inv(np.linalg.cholesky(linalg.toeplitz(gamma)))


@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
@pytest.mark.parametrize("phi", [(0.6,), (0.4, 0.2, -0.1)])
def test_moments_behind_a_design_are_those_of_its_dense_whitening(
    rng, slow_design, phi, first_scans
):
    order = len(phi)
    noise = NoiseModel("given", order, first_scans, coefficients=phi)
    fit = fit_glm(rng.standard_normal((200, 3)), slow_design, noise)
    found = moments_behind(fit, np.arange(3), 6)
    W = whitener(np.array(phi), 200, first_scans)
    Q = np.linalg.qr(W @ slow_design)[0]
    R = (np.eye(200) - Q @ Q.T)[order:, order:]
    mean, covariance = dense_moments(R, 6)
    np.testing.assert_allclose(found.mean, mean, atol=1e-9)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-11)


def test_moments_are_those_of_the_voxel_in_the_middle(rng):
    data = np.cumsum(rng.standard_normal((80, 9)), axis=0)
    data[:, ::2] = rng.standard_normal((80, 5))
    fit = fit_glm(data, np.vander(np.linspace(-1, 1, 80), 5), noise_model("ar1"))
    middle = np.argsort(fit.phi[0])[4]
    found = moments_behind(fit, np.arange(9), 3)
    alone = moments_behind(fit, np.array([middle]), 3)
    np.testing.assert_array_equal(found.mean, alone.mean)
    other = moments_behind(fit, np.array([np.argmax(fit.phi[0])]), 3)
    assert np.abs(found.mean - other.mean).max() > 1e-3


def given_noise(rng, phi, n_scans, n_voxels):
    noise = rng.standard_normal((n_scans + 200, n_voxels))
    for t in range(len(phi), len(noise)):
        for lag, one in enumerate(phi, start=1):
            noise[t] += one * noise[t - lag]
    return noise[200:]


def share_rejected(p):
    return np.mean(p < 0.05)


@pytest.mark.parametrize("phi", [(0.4,), (0.3, 0.2)])
def test_the_right_model_is_white_in_95_per_cent_of_voxels(rng, slow_design, phi):
    """Behind 31 slow regressors, where the test of Ljung and Box is far off."""
    data = given_noise(rng, phi, 200, 1500)
    noise = NoiseModel("given", len(phi), "exact", coefficients=phi)
    fit = fit_glm(data, slow_design, noise)
    left = residuals(data, fit)
    _, p = ljung_box_of_fit(left, fit)
    assert 0.035 < share_rejected(p) < 0.08
    _, plain = ljung_box(whitened(left, fit.phi), 10 + len(phi))
    assert share_rejected(plain) > 0.15


def test_a_model_of_a_lower_order_is_not_white(rng, slow_design):
    data = given_noise(rng, (0.4, 0.3), 200, 300)
    for name, share in (("ols", 0.9), ("ar1", 0.5)):
        fit = fit_glm(data, slow_design, noise_model(name))
        assert share_rejected(ljung_box_of_fit(residuals(data, fit), fit)[1]) > share


def test_lags_and_parameters_of_a_fit(rng):
    """The order and ten lags, less what every voxel has estimated."""
    data = rng.standard_normal((150, 4))
    fit = fit_glm(data, np.ones((150, 1)), noise_model("ar2"))
    left = residuals(data, fit)
    q, p = ljung_box_of_fit(left, fit)
    np.testing.assert_allclose(p, stats.chi2.sf(q, 10), rtol=1e-10)
    _, p = ljung_box_of_fit(left, fit, n_params=0)
    np.testing.assert_allclose(p, stats.chi2.sf(q, 12), rtol=1e-10)
    pooled = NoiseModel("given", 1, coefficients=(0.3,))
    fit = fit_glm(data, np.ones((150, 1)), pooled)
    q, p = ljung_box_of_fit(residuals(data, fit), fit, n_lags=4)
    np.testing.assert_allclose(p, stats.chi2.sf(q, 5), rtol=1e-10)

    shared = replace(noise_model("ar2"), pooled=True)
    fit = replace(fit_glm(data, np.ones((150, 1)), noise_model("ar2")), noise=shared)
    q, p = ljung_box_of_fit(left, fit)
    np.testing.assert_allclose(p, stats.chi2.sf(q, 12), rtol=1e-10)


def test_every_voxel_is_seen_behind_a_design_whitened_as_it_is(rng, slow_design):
    """As many kinds of voxels as there are groups, in any order."""
    phi = rng.permutation(np.repeat(np.linspace(0.1, 0.8, 8), 2))[np.newaxis]
    fit = fit_glm(rng.standard_normal((200, 16)), slow_design, noise_model("ar1"))
    fit = replace(fit, phi=phi)
    left = rng.standard_normal((200, 16))
    q, _ = ljung_box_of_fit(left, fit)
    for voxel in range(16):
        moments = moments_behind(fit, np.array([voxel]), 11)
        series = whitened(left[:, [voxel]], phi[:, [voxel]])
        alone, _ = ljung_box(series, 11, 1, moments)
        assert q[voxel] == pytest.approx(alone[0], rel=1e-10)


def test_a_fit_with_gaps_is_seen_in_its_segments(rng, slow_design):
    noise = NoiseModel("given", 2, "exact", coefficients=(0.4, 0.2))
    fit = fit_glm(rng.standard_normal((200, 3)), slow_design, noise)
    left, starts = rng.standard_normal((200, 3)), [0, 30, 32, 120]
    q, p = ljung_box_of_fit(left, fit, 4, starts=starts)
    series = whitened(left, fit.phi, starts)
    parts = whitened_starts(200, 2, starts)
    moments = moments_behind(fit, np.arange(3), 6, starts)
    alone = ljung_box(series, 6, 0, moments, starts=parts)
    np.testing.assert_allclose([q, p], alone, rtol=1e-10)
    without = moments_behind(fit, np.arange(3), 6)
    assert np.abs(moments.mean - without.mean).max() > 1e-4


def test_voxels_that_are_not_fitted_have_no_p(rng):
    data = rng.standard_normal((60, 40))
    data[:, 3] = 5.0
    data[4, 5] = np.nan
    fit = fit_glm(data, np.ones((60, 1)), noise_model("ar1"))
    left = np.nan_to_num(residuals(data, fit))
    _, p = ljung_box_of_fit(left, fit, n_jobs=2)
    assert np.flatnonzero(np.isnan(p)).tolist() == [3, 5]
    nothing = np.full((60, 2), 3.0)
    fit = fit_glm(nothing, np.ones((60, 1)), noise_model("ar1"))
    assert np.isnan(ljung_box_of_fit(residuals(nothing, fit), fit)).all()


def test_too_few_scans_have_no_p(rng):
    data = rng.standard_normal((9, 3))
    fit = fit_glm(data, np.ones((9, 1)), noise_model("ar4"))
    assert np.isnan(ljung_box_of_fit(residuals(data, fit), fit)).all()
    # and nor have short segments
    long = rng.standard_normal((40, 3))
    fit = fit_glm(long, np.ones((40, 1)), noise_model("ar4"))
    left = residuals(long, fit)
    assert np.isnan(ljung_box_of_fit(left, fit, starts=range(0, 40, 4))[1]).all()
    assert np.isfinite(ljung_box_of_fit(left, fit, starts=[0, 10])[1]).all()


def test_designs_that_leave_next_to_nothing_are_no_trouble(rng):
    data = rng.standard_normal((40, 200))
    fit = fit_glm(data, rng.standard_normal((40, 37)), noise_model("ols"))
    left = residuals(data, fit)
    q, p = ljung_box_of_fit(left, fit)
    assert np.isfinite(q).all()
    # Residuals have three coordinates, their squares and products six, with one sum
    np.testing.assert_allclose(p, stats.chi2.sf(q, 5), rtol=1e-10)
    moments = moments_behind(fit, np.arange(200), 10)
    assert np.linalg.matrix_rank(moments.covariance, rtol=1e-9, hermitian=True) == 5
    assert np.isfinite(ljung_box(left, 10, 4, moments)[1]).all()
    q, p = ljung_box(left, 10, 5, moments)
    assert np.isfinite(q).all()
    assert np.isnan(p).all()
