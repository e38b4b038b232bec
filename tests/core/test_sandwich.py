"""Least squares in coloured noise, beside dense matrices."""

import numpy as np
import pytest
from scipy import linalg
from tests.oracle.dense_gls import simulate_ar, stationary_covariance

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import fit_glm
from boldglm.core.goodness import log_likelihood, partial_r2
from boldglm.core.linear import factorize
from boldglm.core.neighbours import MaskAverage
from boldglm.core.noise import noise_model
from boldglm.core.precision import precision_forms
from boldglm.core.sandwich import autocovariances, residual_freedom, sandwich

N = 70
PHI = np.array([[0.4, 0.2, 0.8, 0.0], [0.1, 0.0, 0.15, 0.0], [0.05, -0.2, 0.0, 0.0]])
STARTS = [(0,), (0, 1, 20, 23)]


@pytest.fixture
def X(rng):
    box = (np.arange(N) // 9) % 2
    slow = 0.2 * rng.standard_normal((N, 4)).cumsum(axis=0)
    return np.column_stack([box, slow, slow[:, 0], np.ones(N)])


def dense(phi, starts, n=N):
    """Covariance of segments, in units of the innovation variance."""
    whole = stationary_covariance(phi, n)
    lengths = np.diff(starts, append=n)
    return linalg.block_diag(*(whole[:length, :length] for length in lengths))


def test_autocovariances_are_the_first_row_of_the_covariance():
    got = autocovariances(PHI, N - 1)
    for v, phi in enumerate(PHI.T):
        expected = stationary_covariance(phi, N)[0]
        np.testing.assert_allclose(got[:, v], expected[: len(got)], atol=1e-12)


@pytest.mark.parametrize("n_lags", [0, 1, 2, 3, 5])
def test_fewer_lags_are_the_first_of_many(n_lags):
    got = autocovariances(PHI, n_lags)
    assert got.shape == (n_lags + 1, 4)
    np.testing.assert_array_equal(got, autocovariances(PHI, 20)[: n_lags + 1])


def test_what_is_forgotten_is_left_out_and_nothing_else():
    short = autocovariances(PHI[:, [1]], 399)
    assert len(short) < 100
    ends = autocovariances(np.array([[0.5]]), 200)
    assert 45 < len(ends) < 55
    assert ends[-1] > 1e-16 * ends[0]
    # a coefficient of lag 2 alone leaves every other lag at 0
    gaps = autocovariances(np.array([[0.0], [0.6]]), 6)
    np.testing.assert_allclose(gaps[4] / gaps[2], 0.6)


@pytest.mark.parametrize("starts", STARTS)
def test_freedom_is_that_of_dense_traces(starts, X):
    forms = precision_forms(factorize(X), 3, "exact", starts=starts)
    trace, dof = residual_freedom(forms, PHI)
    R = np.eye(N) - X @ np.linalg.pinv(X)
    for v, phi in enumerate(PHI.T):
        RV = R @ dense(phi, starts)
        assert trace[v] == pytest.approx(np.trace(RV), rel=1e-10)
        assert dof[v] == pytest.approx(np.trace(RV) ** 2 / np.trace(RV @ RV), rel=1e-10)
    assert dof[3] == pytest.approx(N - 6)


@pytest.mark.parametrize("starts", STARTS)
@pytest.mark.parametrize("order", [1, 3])
def test_covariance_of_contrasts_is_the_dense_sandwich(starts, order, X, rng):
    forms = precision_forms(factorize(X), order, "exact", starts=starts)
    # Estimable: the fifth column is the second
    C = rng.standard_normal((3, 7))
    C[:, 5] = C[:, 1]
    got = sandwich(forms, PHI[:order, 1:], C @ forms.factor.to_beta)
    half = C @ np.linalg.pinv(X)
    for v, phi in enumerate(PHI[:order, 1:].T):
        expected = half @ dense(phi, starts) @ half.T
        np.testing.assert_allclose(got[..., v], expected, rtol=1e-8, atol=1e-10)


SHAPE = (6, 5, 4)
V = int(np.prod(SHAPE))


@pytest.fixture
def fit(rng, X):
    Y = 500 + simulate_ar(rng, [0.5, 0.1], N, V) * np.linspace(1, 30, V)
    near = MaskAverage(np.ones(SHAPE, bool), np.full(3, 3.0), 6.0)
    return Y, fit_glm(Y, X, noise_model("ols+2"), neighbours=near)


def test_fit_has_the_coefficients_of_least_squares_and_an_honest_t(fit, X):
    Y, fit = fit
    C = np.zeros((2, 7))
    C[[0, 1], [0, 3]] = 1
    t, F = contrast_stat(fit, C[0]), contrast_stat(fit, C)
    H, half = X @ np.linalg.pinv(X), C @ np.linalg.pinv(X)
    plain = fit_glm(Y, X, noise_model("ols"))
    np.testing.assert_allclose(fit.beta, plain.beta, rtol=1e-10)
    np.testing.assert_allclose(fit.residual_ss, plain.residual_ss, rtol=1e-10)
    for v in range(0, V, 13):
        cov = dense(fit.phi[:, v], (0,))
        e, RV = Y[:, v] - H @ Y[:, v], cov - H @ cov
        sigma2 = e @ e / np.trace(RV)
        unit = half @ cov @ half.T
        effect = half @ Y[:, v]
        expected = effect @ np.linalg.solve(unit, effect) / 2 / sigma2
        np.testing.assert_allclose(fit.sigma2[v], sigma2, rtol=1e-8)
        np.testing.assert_allclose(t.variance[v], unit[0, 0] * sigma2, rtol=1e-8)
        np.testing.assert_allclose(statistic(F)[v], expected, rtol=1e-8)
        dof = np.trace(RV) ** 2 / np.trace(RV @ RV)
        np.testing.assert_allclose((t.dof[v], F.dof[v]), dof, rtol=1e-8)


def test_chosen_voxels_keep_their_freedom(fit):
    _, fit = fit
    some = fit.select(slice(3, 9))
    np.testing.assert_array_equal(some.dof, fit.dof[3:9])
    np.testing.assert_array_equal(contrast_stat(some, np.eye(7)[0]).dof, fit.dof[3:9])


def test_explained_share_is_that_of_the_data_as_they_are(fit, X):
    Y, fit = fit
    with_it, without = (
        fit_glm(Y, columns, noise_model("ols")) for columns in (X, X[:, 1:])
    )
    expected = 1 - with_it.residual_ss / without.residual_ss
    np.testing.assert_allclose(partial_r2(fit, np.eye(7)[0]), expected, rtol=1e-7)


def test_no_likelihood_is_said_to_be_largest(fit):
    with pytest.raises(
        ValueError, match=r"'ols\+2' has the coefficients .* fit 'auto'"
    ):
        log_likelihood(fit[1])


def test_level_is_held_where_plain_least_squares_lose_it(rng):
    from boldglm.core.tails import t_to_p

    n = 150
    box = (np.arange(n) // 10) % 2
    slow = rng.standard_normal((n, 12)).cumsum(axis=0)
    X = np.column_stack([box, slow, np.ones(n)])
    shape = (14, 14, 14)
    Y = simulate_ar(rng, [0.4], n, int(np.prod(shape)))
    near = MaskAverage(np.ones(shape, bool), np.full(3, 3.0), 8.0)
    rates = {}
    for name in ("ols", "ols+3"):
        stat = contrast_stat(
            fit_glm(Y, X, noise_model(name), neighbours=near), np.eye(14)[0]
        )
        p = 2 * t_to_p(np.abs(statistic(stat)), stat.dof)
        rates[name] = float(np.mean(p < 0.05))
    assert rates["ols"] > 0.09
    assert 0.04 < rates["ols+3"] < 0.06
