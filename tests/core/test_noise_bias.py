"""Autocovariances of the noise behind those of residuals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from tests.oracle.dense_gls import simulate_ar, stationary_covariance

from boldglm.core.lags import design_lags
from boldglm.core.linear import factorize
from boldglm.core.noise import yule_walker
from boldglm.core.noise_bias import bias_correction

N = 80


@pytest.fixture(scope="module")
def basis():
    rng = np.random.default_rng(5)
    box = (np.arange(N) // 8) % 2
    slow = rng.standard_normal((N, 12)).cumsum(axis=0)
    return factorize(np.column_stack([box, slow, np.ones(N)])).basis


def former(basis):
    return np.eye(len(basis)) - basis @ basis.T


def distance(lag, starts=(0,)):
    """``D_lag``: ones at a distance, within a segment."""
    segment = np.searchsorted(starts, np.arange(N), side="right")
    both = segment[:, None] == segment
    apart = np.abs(np.subtract.outer(np.arange(N), np.arange(N)))
    return ((apart == lag) & both).astype(float)


def seen(basis, gamma, order, starts=(0,)):
    """Expected sums of products of residuals, of noise with a covariance."""
    segment = np.searchsorted(starts, np.arange(N), side="right")
    V = linalg.toeplitz(gamma[:N]) * (segment[:, None] == segment)
    S = former(basis) @ V @ former(basis)
    sums = [np.sum(distance(k, starts) * S) / 2 for k in range(order + 1)]
    return np.array([2 * sums[0], *sums[1:]])


def covariances(phi):
    return stationary_covariance(phi, N)[0]


@pytest.mark.parametrize("starts", [(0,), (0, 25, 31, 70)])
@pytest.mark.parametrize("order", [1, 3])
def test_moments_are_traces(basis, order, starts):
    bias = bias_correction(design_lags(basis, order, starts=starts))
    R = former(basis)
    for k in range(order + 1):
        for j in (0, 1, 2, 7, N - 1):
            full = np.trace(R @ distance(k, starts) @ R @ distance(j, starts))
            expected = full / (2 if k else 1)
            assert bias.moments[k, j] == pytest.approx(expected, abs=1e-10)
    gamma = covariances([0.5, 0.1])
    np.testing.assert_allclose(
        bias.expected(gamma[:, None])[:, 0],
        seen(basis, gamma, order, starts),
        rtol=1e-10,
    )


@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize(
    "phi", [[0.4], [-0.3], [0.85], [0.5, 0.2], [0.3, 0.1, -0.2, 0.1]]
)
def test_the_noise_behind_the_residuals_is_found(basis, phi, alike):
    bias = bias_correction(design_lags(basis, len(phi)))
    gamma = covariances(phi)
    sums = 7.0 * seen(basis, gamma, len(phi))[:, None]
    found = bias.correct(sums, alike=alike)[0][:, 0]
    np.testing.assert_allclose(found, 7.0 * gamma[: len(phi) + 1], rtol=1e-4)
    np.testing.assert_allclose(yule_walker(found[:, None])[0][:, 0], phi, atol=1e-4)
    # Without it the coefficients are far too small
    raw = sums / (N - np.arange(len(phi) + 1.0))[:, None]
    assert np.abs(yule_walker(raw)[0][:, 0] - phi).max() > 0.05


def test_autocovariances_that_hardly_fade_are_followed_to_the_last_lag(basis):
    from boldglm.core.noise_bias_kernels import implied_sums

    bias = bias_correction(design_lags(basis, 1))
    gamma = 0.97 ** np.arange(N)[:, None]
    np.testing.assert_allclose(
        implied_sums(gamma[:2], bias.moments, 1e-12), bias.expected(gamma), rtol=1e-10
    )


def test_gaps_are_taken_into_account(basis):
    starts = (0, 25, 31, 70)
    bias = bias_correction(design_lags(basis, 1, starts=starts))
    gamma = covariances([0.6])
    found = bias.correct(seen(basis, gamma, 1, starts)[:, None])[0][:, 0]
    assert found[1] / found[0] == pytest.approx(0.6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-0.6, 0.8), min_size=1, max_size=3))
def test_any_stationary_noise_is_found_or_nearly(reflections):
    phi = np.zeros(0)
    for kappa in reflections:
        phi = np.append(phi - kappa * phi[::-1], kappa)
    X = np.vander(np.linspace(-1, 1, N), 4)
    basis = factorize(X).basis
    bias = bias_correction(design_lags(basis, phi.size))
    sums = seen(basis, covariances(phi), phi.size)[:, None]
    found, _ = bias.correct(sums)
    rest = np.concatenate([found[:, 0], np.zeros(N - found.size)])
    for j in range(phi.size + 1, N):
        rest[j] = yule_walker(found)[0][:, 0] @ rest[j - phi.size : j][::-1]
    np.testing.assert_allclose(bias.expected(rest[:, None]), sums, rtol=2e-2)


def test_voxels_do_not_know_of_each_other(basis, rng):
    bias = bias_correction(design_lags(basis, 2))
    noise = former(basis) @ simulate_ar(rng, [0.5, 0.2], N, 150)
    sums = np.stack([(noise[: N - k] * noise[k:]).sum(axis=0) for k in range(3)])
    whole, _ = bias.correct(sums)
    order = rng.permutation(150)
    for part, expected in (
        (sums[:, order], whole[:, order]),
        (sums[:, :7], whole[:, :7]),
        (1e6 * sums, 1e6 * whole),
    ):
        np.testing.assert_allclose(bias.correct(part)[0], expected, rtol=1e-9)


@pytest.mark.parametrize("alike", [False, True])
def test_threads_change_nothing(basis, rng, alike):
    bias = bias_correction(design_lags(basis, 2))
    noise = former(basis) @ simulate_ar(rng, [0.5, 0.2], N, 9000)
    sums = np.stack([(noise[: N - k] * noise[k:]).sum(axis=0) for k in range(3)])
    one, two = (bias.correct(sums, alike=alike, n_jobs=n) for n in (1, 2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


@pytest.mark.parametrize("alike", [False, True])
def test_whatever_the_sums_the_result_is_finite(basis, rng, alike):
    bias = bias_correction(design_lags(basis, 3))
    sums = rng.standard_normal((4, 300))
    sums[0] = np.abs(sums[0])
    sums[:, 0] = 0.0
    sums[0, 1] = -1.0
    sums[:, 2] = 1.0
    sums[:, 3] = [1.0, -1.0, 1.0, -1.0]
    sums[:, 4] = 1e-300
    found, _ = bias.correct(sums, alike=alike)
    assert np.isfinite(found).all()
    assert (found[:, :2] == 0).all()
    assert np.isfinite(yule_walker(found)[0]).all()
    nothing, unexplained = bias.correct(np.zeros((4, 5)), alike=alike)
    assert (nothing == 0).all()
    assert not unexplained.any()


def test_voxels_that_are_alike_are_solved_to_four_digits(basis):
    """From the average of all, each to where it is."""
    bias = bias_correction(design_lags(basis, 2))
    each = [covariances([phi, 0.1]) for phi in (0.2, 0.3, 0.35, 0.4, 0.5)]
    sums = np.stack([seen(basis, gamma, 2) for gamma in each], axis=1)
    found, _ = bias.correct(sums, alike=True)
    np.testing.assert_allclose(found.T, [gamma[:3] for gamma in each], rtol=2e-4)


def test_inputs_are_only_read(basis, readonly):
    sums = readonly(np.array([[2.0], [0.5]]))
    bias_correction(design_lags(basis, 1)).correct(sums, alike=True)
