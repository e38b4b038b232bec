"""Noise that is averaged over neighbours, and noise that forgets over gaps."""

import warnings

import numpy as np
import pytest
from scipy import linalg
from tests.oracle.dense_gls import simulate_ar, stationary_covariance

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.glm_fit import HELD, UNEXPLAINED
from boldglm.core.gls import fit_glm, fit_statistics, prepare
from boldglm.core.gls_pilot import CONSTANT, NOT_FINITE
from boldglm.core.neighbours import MaskAverage
from boldglm.core.noise import noise_model
from boldglm.core.run_statistics import RunAccumulator

N, SHAPE = 90, (6, 5, 4)
V = int(np.prod(SHAPE))
AUTO = noise_model("auto3")
MODELS = ["ols", "ar1", "ar1+", "ar4", "auto1", "auto3", "arma11"]


@pytest.fixture
def neighbours():
    return MaskAverage(np.ones(SHAPE, bool), np.full(3, 3.0), 6.0)


@pytest.fixture
def X(rng):
    box = (np.arange(N) // 9) % 2
    slow = 0.2 * rng.standard_normal((N, 6)).cumsum(axis=0)
    return np.column_stack([box, slow, np.ones(N)])


@pytest.fixture
def Y(rng):
    return 1000 + 10 * simulate_ar(rng, [0.4, 0.1], N, V)


def precision(phi, starts=(0,), exact=True):
    """Dense, block by block."""
    ends = [*starts[1:], N]
    blocks = []
    for n in np.subtract(ends, starts):
        if exact and n >= len(phi):
            blocks.append(np.linalg.inv(stationary_covariance(phi, n)))
        else:
            L = linalg.toeplitz(np.r_[1, -phi, np.zeros(n)][:n], np.zeros(n))
            L = np.tril(L)
            blocks.append(L.T @ L)
    return linalg.block_diag(*blocks)


def assert_is_dense_gls(fit, X, Y, starts=(0,), rtol=1e-8):
    exact = fit.noise.first_scans == "exact"
    C = np.eye(X.shape[1])[:2]
    F = statistic(contrast_stat(fit, C))
    for v in range(0, Y.shape[1], 17):
        W = precision(fit.phi[:, v], starts, exact)
        cov = np.linalg.inv(X.T @ W @ X)
        beta = cov @ X.T @ W @ Y[:, v]
        e = Y[:, v] - X @ beta
        sigma2 = e @ W @ e / (N - X.shape[1])
        np.testing.assert_allclose(fit.beta[:, v], beta, rtol=rtol, atol=rtol)
        np.testing.assert_allclose(fit.sigma2[v], sigma2, rtol=rtol)
        expected = beta[:2] @ np.linalg.solve(C @ cov @ C.T, beta[:2]) / 2 / sigma2
        np.testing.assert_allclose(F[v], expected, rtol=rtol)


STARTS = [(0,), (0, 30, 33, 60), (0, 1, 2, 80)]


@pytest.mark.parametrize("starts", STARTS)
@pytest.mark.parametrize("name", MODELS)
def test_every_fit_is_the_dense_one(name, starts, X, Y, neighbours):
    noise = noise_model(name)
    near = neighbours if noise.pooled else None
    fit = fit_glm(Y, X, noise, starts=starts, neighbours=near)
    assert_is_dense_gls(fit, X, Y, starts)


@pytest.mark.parametrize("starts", STARTS)
@pytest.mark.parametrize("name", [*MODELS, "ols+3"])
def test_statistics_give_the_fit_of_the_arrays(name, starts, X, Y, neighbours):
    noise = noise_model(name)
    near = neighbours if noise.pooled else None
    forms = prepare(X, noise, N, np.float64, starts=starts)
    run = RunAccumulator(forms, V)
    for part in (slice(0, 7), slice(7, 40), slice(40, None)):
        run.add(Y[part])
    got = fit_statistics(run.statistics(), noise, neighbours=near)
    expected = fit_glm(Y, X, noise, starts=starts, neighbours=near)
    for field in ("beta", "sigma2", "phi", "residual_ss", "total_ss"):
        np.testing.assert_allclose(
            getattr(got, field), getattr(expected, field), rtol=1e-5, atol=1e-7
        )
    np.testing.assert_allclose(got.dof, expected.dof, rtol=1e-5)


def test_coefficients_are_averaged_and_the_variance_is_not(X, Y, neighbours):
    Y = Y * np.linspace(1, 100, V)
    alone, pooled = fit_glm(Y, X, noise_model("ar3+")), None
    pooled = fit_glm(Y, X, AUTO, neighbours=neighbours)
    assert pooled.phi[0].std() < 0.5 * alone.phi[0].std()
    assert pooled.phi[0].mean() == pytest.approx(0.4, abs=0.06)
    ratio = np.sqrt(pooled.sigma2) / np.linspace(10, 1000, V)
    assert ratio.std() < 0.15


def test_correction_undoes_the_bias_of_the_design(rng):
    X = np.column_stack([rng.standard_normal((N, 20)).cumsum(axis=0), np.ones(N)])
    Y = simulate_ar(rng, [0.4], N, 2000)
    raw, corrected = (fit_glm(Y, X, noise_model(n)) for n in ("ar1", "ar1+"))
    assert np.mean(raw.phi) < 0.25
    assert np.mean(corrected.phi) == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_change_nothing(X, Y, neighbours, dtype):
    many = np.tile(Y, 40).astype(dtype)
    near = MaskAverage(np.ones((*SHAPE[:2], SHAPE[2] * 40), bool), np.full(3, 3.0), 6.0)
    one, two = (
        fit_glm(many, X, AUTO, neighbours=near, n_jobs=n_jobs) for n_jobs in (1, 2)
    )
    for field in ("beta", "sigma2", "phi"):
        np.testing.assert_array_equal(getattr(one, field), getattr(two, field))


def test_single_precision_without_a_constant_is_kept_in_double(X, Y, neighbours):
    """The mean stays in the data, and single precision would count in units of it."""
    data = (1e4 + Y).astype(np.float32)
    fit, whole = (
        fit_glm(one, X[:, :-1], AUTO, neighbours=neighbours)
        for one in (data, data.astype(np.float64))
    )
    for field in ("beta", "sigma2", "phi"):
        np.testing.assert_allclose(
            getattr(fit, field), getattr(whole, field), rtol=1e-9, err_msg=field
        )


def test_neighbours_are_needed(X, Y):
    with pytest.raises(ValueError, match=r"'auto3' averages over .* or 'ar3\+' for"):
        fit_glm(Y, X, AUTO)


@pytest.mark.parametrize("starts", [(0,), (0, 40)])
@pytest.mark.parametrize("name", [*MODELS, "ols+3"])
def test_degenerate_voxels_are_finite_and_told(name, starts, X, Y, neighbours):
    Y = Y.copy()
    Y[:, 0], Y[:, 1], Y[3, 2] = 5.0, 0.0, np.nan
    Y[:, 3] = X @ np.arange(X.shape[1])
    Y[:, 4] = np.tile([1.0, -1.0], N // 2)
    Y[:, 5] = np.where(np.arange(N) == 40, 1e6, 0.0)
    Y[:, 6] = np.where(np.arange(N) < 33, 1.0, 2.0)
    Y[:, 7] = np.cumsum(Y[:, 20] - 1000)  # next to a unit root
    Y[:, 8] = 1e-30 * Y[:, 9]
    Y[:, 10] = 1e30 * Y[:, 9]
    noise = noise_model(name)
    near = neighbours if noise.pooled else None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = fit_glm(Y, X, noise, starts=starts, neighbours=near)
        values = [fit.beta, fit.sigma2, fit.phi, fit.noise_parameters]
        values += [statistic(contrast_stat(fit, np.eye(X.shape[1])[:2]))]
    assert all(np.isfinite(one).all() for one in values)
    assert fit.outcome[:3].tolist() == [CONSTANT, CONSTANT, NOT_FINITE]
    assert set(fit.outcome[3:].tolist()) <= {0, HELD, UNEXPLAINED}
    # Nor do they spoil their neighbours
    clean = fit_glm(np.delete(Y, np.s_[:11], axis=1), X, noise_model("ar1+"))
    assert np.abs(fit.phi[:, 30:]).max(initial=0) < 1.5
    assert np.isfinite(clean.phi).all()
