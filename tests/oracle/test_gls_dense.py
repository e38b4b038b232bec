"""The fit of every voxel equals dense generalised least squares.

Effects are compared in units of the larger of themselves and their standard error:
the error of an effect that happens to be 0 has no size of its own.
"""

import numpy as np
import pytest
from tests.oracle.dense_gls import dense_fit, simulate_ar

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import GlmFit, fit_glm
from boldglm.core.noise import NoiseModel, noise_model

N_SCANS, N_VOXELS = 80, 4
NOISE = {
    0: [],
    1: [0.5],
    2: [0.6, 0.2],
    3: [0.5, 0.2, -0.1],
    4: [0.4, 0.2, 0.1, -0.2],
    5: [0.4, 0.2, 0.1, -0.2, 0.1],
    6: [0.4, 0.2, 0.1, -0.2, 0.1, 0.1],
}
UNITS = np.logspace(-3, 4, 8)[[2, 7, 0, 5, 3, 6, 1, 4]]
FIRST_SCANS = ["conditional", "exact"]
TOLERANCE = {np.float64: 1e-8, np.float32: 1e-4}


def base_design(rng):
    """Box-car, events, three slow regressors, two drifts, constant."""
    t = np.arange(N_SCANS)
    return np.column_stack(
        [
            (t // 10) % 2,
            rng.standard_normal(N_SCANS),
            0.05 * rng.standard_normal((N_SCANS, 3)).cumsum(axis=0),
            np.cos(np.pi * (t + 0.5) / N_SCANS),
            np.cos(2 * np.pi * (t + 0.5) / N_SCANS),
            np.ones(N_SCANS),
        ]
    )


def make_design(kind, rng):
    """A design and rows of weights that it can estimate."""
    X = base_design(rng)
    if kind == "plain":
        return X, np.eye(8)[:3]
    if kind == "ill-scaled":
        return X * UNITS, np.eye(8)[:6]
    if kind == "copied column":
        X = np.column_stack([X, -3 * X[:, 0]])
        return X, np.eye(9)[1:4]
    if kind == "copied, ill-scaled":
        X = np.column_stack([X * UNITS, 1e3 * X[:, 0]])
        return X, np.eye(9)[1:4]
    if kind == "dummies":
        X = np.column_stack([X[:, 0], 1 - X[:, 0], X[:, 1:]])
        return X, np.vstack([np.eye(9)[0] - np.eye(9)[1], np.eye(9)[2:4]])
    if kind == "no constant":
        return X[:, :-1], np.eye(7)[:3]
    raise ValueError(kind)


KINDS = [
    "plain",
    "ill-scaled",
    "copied column",
    "copied, ill-scaled",
    "dummies",
    "no constant",
]


def make_data(rng, X, phi, mean=1000.0):
    """Mean 1000 and standard deviation 10, as BOLD has them, and some response."""
    noise = simulate_ar(rng, phi, len(X), N_VOXELS)
    response = X[:, :1] / np.abs(X[:, 0]).max() * rng.standard_normal(N_VOXELS)
    data = mean + 10 * (noise / noise.std() + response)
    # Numbers that single precision holds too, so that both have one right answer.
    return data.astype(np.float32).astype(np.float64)


def assert_close(got, expected, tol, unit=0.0):
    """Relative error; below `unit` relative to it."""
    size = np.maximum(np.abs(expected), unit)
    assert np.max(np.abs(got - expected) / size, initial=0.0) <= tol


def assert_same_fit(fit: GlmFit, dense, rows, tol):
    """Noise, variance, every t, the F of all rows, goodness of fit."""
    assert fit.dof == dense.dof
    assert_close(fit.phi, dense.phi, tol, unit=1.0)
    assert_close(fit.sigma2, dense.sigma2, tol)
    assert_close(fit.residual_ss, np.sum(dense.residuals**2, axis=0), tol)
    assert_close(1 - fit.residual_ss / fit.total_ss, dense.r_square, tol, unit=1.0)
    for row in rows:
        stat = contrast_stat(fit, row)
        se = np.sqrt(dense.variance(row))
        assert_close(stat.effect, dense.effect(row), tol, unit=se)
        assert_close(stat.variance, dense.variance(row), tol)
        assert_close(statistic(stat), dense.t(row), tol, unit=1.0)
    joint = contrast_stat(fit, rows)
    assert joint.dim == len(rows)
    assert_close(statistic(joint), dense.F(rows), tol)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", range(7))
@pytest.mark.parametrize("kind", KINDS)
def test_every_voxel_equals_its_dense_fit(rng, kind, order, first_scans):
    X, rows = make_design(kind, rng)
    Y = make_data(rng, X, NOISE[order])
    model = noise_model(f"ar{order}" if order else "ols", first_scans=first_scans)
    dense = dense_fit(Y, X, order, first_scans)
    for dtype, tol in TOLERANCE.items():
        fit = fit_glm(Y.astype(dtype), X, model, n_jobs=1)
        assert_same_fit(fit, dense, rows, tol)


@pytest.mark.parametrize("order", range(7))
@pytest.mark.parametrize("kind", ["plain", "ill-scaled", "no constant"])
def test_every_coefficient_of_a_full_rank_design_equals_the_dense(rng, kind, order):
    X, _ = make_design(kind, rng)
    Y = make_data(rng, X, NOISE[order])
    fit = fit_glm(Y, X, noise_model(f"ar{order}" if order else "ols"), n_jobs=1)
    dense = dense_fit(Y, X, order)
    se = np.sqrt(np.einsum("iiv->iv", dense.cov) * dense.sigma2)
    assert_close(fit.beta, dense.beta, 1e-8, unit=se)


def test_coefficients_of_a_deficient_design_are_those_of_least_norm(rng):
    X, _ = make_design("dummies", rng)
    Y = make_data(rng, X, [0.4])
    fit = fit_glm(Y, X, noise_model("ar1"), n_jobs=1)
    fitted = X @ dense_fit(Y, X, 1).beta
    expected = np.linalg.pinv(X, rcond=1e-9) @ fitted
    np.testing.assert_allclose(fit.beta, expected, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", range(1, 7))
def test_noise_that_is_almost_a_random_walk(rng, order, first_scans):
    X, rows = make_design("plain", rng)
    Y = make_data(rng, X, [0.95])
    model = noise_model(f"ar{order}", first_scans=first_scans)
    dense = dense_fit(Y, X, order, first_scans)
    for dtype, tol in TOLERANCE.items():
        fit = fit_glm(Y.astype(dtype), X, model, n_jobs=1)
        assert_same_fit(fit, dense, rows, tol)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize(
    "phi", [(0.95,), (-0.9,), (1.6, -0.8), (0.5, 0.45), (0.9, -0.5, 0.55)]
)
def test_coefficients_given_far_from_white(rng, phi, first_scans):
    """Strong noise with a design that does not take it out."""
    X, rows = make_design("plain", rng)
    Y = make_data(rng, X, phi)
    model = NoiseModel("given", len(phi), first_scans, coefficients=phi)
    given = np.repeat(np.array(phi)[:, None], N_VOXELS, axis=1)
    dense = dense_fit(Y, X, len(phi), first_scans, phi=given)
    for dtype, tol in TOLERANCE.items():
        fit = fit_glm(Y.astype(dtype), X, model, n_jobs=1)
        assert_same_fit(fit, dense, rows, tol)


@pytest.mark.parametrize("order", [0, 1, 2, 4])
@pytest.mark.parametrize("mean", [0.0, 1e6])
def test_the_mean_of_the_data_costs_no_digits(rng, order, mean):
    X, rows = make_design("plain", rng)
    Y = make_data(rng, X, NOISE[order], mean=mean)
    fit = fit_glm(Y, X, noise_model(f"ar{order}" if order else "ols"), n_jobs=1)
    assert_same_fit(fit, dense_fit(Y, X, order), rows, 1e-7 if mean else 1e-8)


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_a_short_run_with_many_regressors(rng, order):
    """Few degrees of freedom, few more scans than twice the lags."""
    X = np.column_stack([rng.standard_normal((20, 8)), np.ones(20)])
    Y = 100 + rng.standard_normal((20, 5))
    fit = fit_glm(Y, X, noise_model(f"ar{order}" if order else "ols"), n_jobs=1)
    good = fit.outcome == 0
    dense = dense_fit(Y[:, good], X, order)
    assert good.any()
    assert_same_fit(fit.select(good), dense, np.eye(9)[:2], 1e-8)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_mean_that_the_design_does_not_explain_costs_no_digits(rng, order):
    """Single precision counts in units of the mean, a thousand times the noise."""
    X, rows = make_design("no constant", rng)
    Y = 1000 + make_data(rng, X, [0.3], mean=0.0) / 10
    Y = Y.astype(np.float32)
    fit = fit_glm(Y, X, noise_model(f"ar{order}" if order else "ols"), n_jobs=1)
    assert_same_fit(fit, dense_fit(Y, X, order), rows, 1e-8 if order < 2 else 1e-4)
