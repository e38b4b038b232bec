"""Laws that every noise model obeys, whatever it estimates and how.

One more entry in `NOISE_MODELS` is picked up here by an example of its name.
"""

import re

import numpy as np
import pytest
from tests.oracle.dense_gls import simulate_ar

from boldglm.core.contrast import contrast_stat, statistic
from boldglm.core.gls import GlmFit, fit_glm
from boldglm.core.noise import FIRST_SCANS, NOISE_MODELS, noise_model

# Every pattern of the registry, by names that match it.
EXAMPLES = ["ols", "ar1", "ar2", "ar3", "ar6", "ar1+", "ar3+", "arma11"]
# Those that look at neighbours are tested in tests/core/test_gls_pooled.py.
POOLED = ["auto4", "ols+4"]

N_SCANS, N_VOXELS = 90, 40


def test_every_registered_model_has_an_example():
    for pattern in NOISE_MODELS:
        assert any(re.fullmatch(pattern, name) for name in EXAMPLES + POOLED), pattern


@pytest.fixture(params=EXAMPLES)
def name(request):
    return request.param


@pytest.fixture(params=FIRST_SCANS)
def model(request, name):
    return noise_model(name, first_scans=request.param)


@pytest.fixture
def X(rng):
    box = (np.arange(N_SCANS) // 9) % 2
    slow = 0.2 * rng.standard_normal((N_SCANS, 3)).cumsum(axis=0)
    return np.column_stack([box, slow, np.ones(N_SCANS)])


@pytest.fixture
def Y(rng, X):
    noise = 10 * simulate_ar(rng, [0.4, 0.1], N_SCANS, N_VOXELS)
    return 1000 + noise + 5 * X[:, :1]


def law(model):
    """What a law is held to: an ARMA(1, 1) is searched for in single precision."""
    return 2e-5 if model.kind == "arma11" else 1e-8


def assert_close(got, expected, rtol=1e-8):
    size = np.abs(expected).max(initial=1e-300)
    np.testing.assert_allclose(got, expected, rtol=rtol, atol=rtol * size)


def assert_same(one: GlmFit, two: GlmFit, rtol=1e-8):
    for field in ("beta", "sigma2", "phi", "residual_ss", "total_ss"):
        assert_close(getattr(one, field), getattr(two, field), rtol)
    np.testing.assert_array_equal(one.outcome, two.outcome)
    assert one.dof == two.dof


def t_and_f(fit, rows):
    return [statistic(contrast_stat(fit, weights)) for weights in (rows[0], rows)]


@pytest.mark.parametrize("factor", [1e-6, -3.0, 1e5])
def test_scaled_data_scale_the_estimates(model, X, Y, factor):
    one, two = fit_glm(Y, X, model), fit_glm(factor * Y, X, model)
    assert_close(two.beta, factor * one.beta)
    assert_close(two.sigma2, factor**2 * one.sigma2)
    assert_close(two.phi, one.phi)
    t, F = t_and_f(one, np.eye(5)[:2])
    t_scaled, F_scaled = t_and_f(two, np.eye(5)[:2])
    assert_close(t_scaled, np.sign(factor) * t)
    assert_close(F_scaled, F)


def test_what_the_design_explains_shifts_its_coefficients_and_nothing_else(
    model, X, Y, rng
):
    shift = 50 * rng.standard_normal((5, N_VOXELS))
    one, two = fit_glm(Y, X, model), fit_glm(Y + X @ shift, X, model)
    assert_close(two.beta, one.beta + shift)
    for field in ("sigma2", "phi", "residual_ss"):
        assert_close(getattr(two, field), getattr(one, field))


def test_voxels_do_not_know_of_each_other(model, X, Y, rng):
    whole = fit_glm(Y, X, model)
    order = rng.permutation(N_VOXELS)
    assert_same(fit_glm(Y[:, order], X, model), whole.select(order), 1e-10)
    for part in (slice(0, 1), slice(1, 18), slice(18, None)):
        assert_same(fit_glm(Y[:, part], X, model), whole.select(part), 1e-10)


def test_another_basis_of_the_same_space_changes_no_estimable_contrast(
    model, X, Y, rng
):
    A = rng.standard_normal((5, 5)) + 3 * np.eye(5)
    one, two = fit_glm(Y, X, model), fit_glm(Y, X @ A, model)
    rows = np.eye(5)[:3]
    for got, expected in zip(t_and_f(two, rows @ A), t_and_f(one, rows), strict=True):
        assert_close(got, expected, law(model))
    assert_close(X @ A @ two.beta, X @ one.beta, law(model))
    assert_close(two.sigma2, one.sigma2, law(model))


def test_columns_the_design_has_already_change_no_estimable_contrast(model, X, Y):
    copied = np.column_stack([X, X[:, 1] - 2 * X[:, 2], 1e3 * X[:, 4]])
    one, two = fit_glm(Y, X, model), fit_glm(Y, copied, model)
    assert one.dof == two.dof
    assert_close(two.sigma2, one.sigma2, law(model))
    got = t_and_f(two, np.eye(7)[[0, 3]])
    for one_stat, other in zip(got, t_and_f(one, np.eye(5)[[0, 3]]), strict=True):
        assert_close(one_stat, other, law(model))


@pytest.mark.parametrize("n_jobs", [1, 2, None])
def test_threads_change_nothing(model, X, Y, n_jobs):
    many = np.tile(Y, 30)
    got = fit_glm(many, X, model, n_jobs=n_jobs)
    assert_same(got, fit_glm(many, X, model, n_jobs=1), rtol=0)
    assert_same(got.select(slice(-N_VOXELS, None)), fit_glm(Y, X, model), 1e-10)


def test_single_precision_data_keep_four_digits(model, X, Y):
    single = Y.astype(np.float32)
    one, two = fit_glm(single, X, model), fit_glm(single.astype(float), X, model)
    assert_close(one.beta, two.beta, 1e-5)
    assert_close(one.sigma2, two.sigma2, 1e-5)
    np.testing.assert_allclose(one.phi, two.phi, atol=1e-5)
    for got, expected in zip(
        t_and_f(one, np.eye(5)[:2]), t_and_f(two, np.eye(5)[:2]), strict=True
    ):
        assert_close(got, expected, 1e-4)


def test_inputs_are_only_read(model, X, Y, readonly):
    X, Y, C = readonly(X, Y, np.eye(5)[:2])
    fit = fit_glm(Y, X, model)
    contrast_stat(fit, C)
    contrast_stat(fit, C[0])
    assert not np.shares_memory(fit.factor.design, X)


def test_exact_models_read_the_same_backwards(name, X, Y):
    """A stationary series has no direction."""
    model = noise_model(name, first_scans="exact")
    one, two = fit_glm(Y, X, model), fit_glm(Y[::-1], X[::-1], model)
    assert_same(one, two, law(model))


def test_estimates_are_finite_whatever_the_voxel(model, X, Y):
    Y = Y.copy()
    Y[:, 0], Y[:, 1], Y[3, 2] = 5.0, 0.0, np.nan
    Y[:, 3] = X @ np.arange(5.0)
    Y[:, 4] = np.tile([1.0, -1.0], N_SCANS // 2)
    Y[:, 5] = np.arange(N_SCANS) ** 2.0
    Y[:, 6] = 1e-30 * Y[:, 7]
    Y[:, 8] = 1e30 * Y[:, 7]
    Y[:, 9] = np.eye(N_SCANS)[40]
    fit = fit_glm(Y, X, model)
    assert np.isfinite(fit.beta).all()
    assert np.isfinite(fit.sigma2).all()
    assert (fit.sigma2 >= 0).all()
    for values in t_and_f(fit, np.eye(5)[:2]):
        assert np.isfinite(values).all()
