"""Contrasts: their variance, what they span, what cannot be estimated."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg
from tests.oracle.dense_gls import dense_fit, simulate_ar

from boldglm._base.errors import ContrastError, NotEstimableError, ShapeError
from boldglm.core.contrast import (
    ContrastStat,
    contrast_stat,
    independent_rows,
    statistic,
)
from boldglm.core.gls import fit_glm
from boldglm.core.noise import noise_model

MODELS = ["ols", "ar1", "ar3"]


def factorial(rng):
    """Three levels, a covariate, a constant: rank 4 of 5."""
    level = (np.arange(60) // 5) % 3
    dummies = (level[:, None] == np.arange(3)).astype(float)
    return np.column_stack([dummies, rng.standard_normal(60), np.ones(60)])


def full_rank(rng):
    return np.column_stack([rng.standard_normal((60, 4)), np.ones(60)])


@pytest.fixture
def Y(rng):
    return 100 + simulate_ar(rng, [0.4, 0.1], 60, 20)


@pytest.mark.parametrize("name", MODELS)
def test_t_is_effect_over_standard_error(rng, Y, name):
    X = full_rank(rng)
    fit = fit_glm(Y, X, noise_model(name))
    stat = contrast_stat(fit, [1, -0.5, 0, 2, 0])
    dense = dense_fit(Y, X, fit.noise.order)
    row = np.array([1, -0.5, 0, 2, 0])
    assert (stat.kind, stat.dim, stat.dof) == ("t", 1, 55)
    np.testing.assert_allclose(stat.effect, dense.effect(row), rtol=1e-8)
    np.testing.assert_allclose(stat.variance, dense.variance(row), rtol=1e-9)
    np.testing.assert_allclose(statistic(stat), dense.t(row), rtol=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_whitened_effect_is_the_symmetric_root_times_the_effect(rng, Y, name):
    X = full_rank(rng)
    fit = fit_glm(Y, X, noise_model(name))
    dense = dense_fit(Y, X, fit.noise.order)
    rows = np.array([[1, 0, 0, 0, 0], [0, 1, -1, 0, 0], [1, 1, 0, 0, 0.1]])
    stat = contrast_stat(fit, rows)
    assert (stat.kind, stat.dim) == ("F", 3)
    for v in range(20):
        root = linalg.inv(linalg.sqrtm(rows @ dense.cov[..., v] @ rows.T))
        expected = root @ rows @ dense.beta[:, v]
        np.testing.assert_allclose(stat.effect[:, v], expected, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(stat.variance, dense.sigma2, rtol=1e-9)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("units", [[1, 1e-3, 1e2, 1, 1], [1e4, 1, 1e-3, 10, 1]])
def test_whitened_effect_in_other_units_is_still_the_symmetric_root(
    rng, Y, name, units
):
    """Moderately different ones, where the plain formula keeps some digits."""
    X = full_rank(rng) * np.array(units)
    fit = fit_glm(Y, X, noise_model(name))
    dense = dense_fit(Y, X, fit.noise.order)
    rows = np.eye(5)[:3]
    effect = contrast_stat(fit, rows).effect
    for v in range(20):
        values, vectors = np.linalg.eigh(rows @ dense.cov[..., v] @ rows.T)
        root = (vectors / np.sqrt(values)) @ vectors.T
        expected = root @ rows @ dense.beta[:, v]
        size = np.linalg.norm(expected)
        np.testing.assert_allclose(effect[:, v], expected, atol=1e-3 * size)


@pytest.mark.parametrize("name", MODELS)
def test_f_of_one_row_is_the_square_of_t(rng, Y, name):
    fit = fit_glm(Y, full_rank(rng), noise_model(name))
    t = statistic(contrast_stat(fit, [1, -1, 0, 0, 0]))
    stat = contrast_stat(fit, [1, -1, 0, 0, 0], kind="F")
    assert stat.effect.shape == (1, 20)
    np.testing.assert_allclose(statistic(stat), t**2, rtol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_divergence_02_redundant_f_rows_give_the_f_of_what_they_span(rng, Y, name):
    """The three pairwise differences of three levels are a test of dimension two."""
    X = factorial(rng)
    fit = fit_glm(Y, X, noise_model(name))
    pairs = np.array([[1, -1, 0, 0, 0], [0, 1, -1, 0, 0], [1, 0, -1, 0, 0]])
    redundant, independent = contrast_stat(fit, pairs), contrast_stat(fit, pairs[:2])
    assert (redundant.dim, independent.dim) == (2, 2)
    expected = dense_fit(Y, X, fit.noise.order).F(pairs[:2].astype(float))
    np.testing.assert_allclose(statistic(redundant), expected, rtol=1e-8)
    np.testing.assert_allclose(statistic(independent), expected, rtol=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_divergence_02_degrees_of_freedom_count_the_rank(rng, Y, name):
    """Paired designs: variance and degrees of freedom agree about the rank."""
    X = factorial(rng)
    full = fit_glm(Y, X[:, 1:], noise_model(name))
    deficient = fit_glm(Y, X, noise_model(name))
    assert (deficient.dof, full.dof) == (56, 56)
    np.testing.assert_allclose(deficient.sigma2, full.sigma2, rtol=1e-9)
    np.testing.assert_allclose(
        statistic(contrast_stat(deficient, [0, 1, -1, 0, 0])),
        statistic(contrast_stat(full, [1, -1, 0, 0])),
        rtol=1e-8,
    )


def test_divergence_02_a_non_estimable_contrast_is_an_error(rng, Y):
    fit = fit_glm(Y, factorial(rng), noise_model("ar1"))
    with pytest.raises(NotEstimableError, match=r"rows \[0\] .* not estimable"):
        contrast_stat(fit, [1, 0, 0, 0, 0])
    with pytest.raises(NotEstimableError, match=r"rows \[1\]"):
        contrast_stat(fit, np.eye(5)[[3, 4]])
    contrast_stat(fit, [1, 0, 0, 0, 1])


@given(
    seed=st.integers(0, 10_000),
    n_rows=st.integers(1, 5),
    name=st.sampled_from(MODELS),
)
def test_f_depends_on_the_span_only(seed, n_rows, name):
    """Mixed, repeated and rescaled rows test the same hypothesis."""
    rng = np.random.default_rng(seed)
    X, Y = full_rank(rng), rng.standard_normal((60, 3))
    fit = fit_glm(Y, X * 10.0 ** rng.uniform(-4, 4, 5), noise_model(name), n_jobs=1)
    rows = np.eye(5)[:2] * 10.0 ** rng.uniform(-3, 3, 2)[:, None]
    mixed = np.vstack([rng.standard_normal((n_rows, 2)) @ rows, rows])
    one, two = contrast_stat(fit, rows), contrast_stat(fit, mixed)
    assert one.dim == two.dim == len(independent_rows(fit, mixed)) == 2
    np.testing.assert_allclose(statistic(one), statistic(two), rtol=1e-5)


@given(seed=st.integers(0, 10_000), name=st.sampled_from(MODELS))
def test_units_of_the_regressors_change_neither_t_nor_f(seed, name):
    """Ten orders of magnitude between regressors, in no order."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.standard_normal((60, 6)).cumsum(axis=0), np.ones(60)])
    Y = 100 + rng.standard_normal((60, 3))
    units = 10.0 ** rng.uniform(-5, 5, 7)
    plain = fit_glm(Y, X, noise_model(name), n_jobs=1)
    scaled = fit_glm(Y, X * units, noise_model(name), n_jobs=1)
    rows = np.eye(7)[:6]
    t, expected = (statistic(contrast_stat(f, rows[2])) for f in (scaled, plain))
    np.testing.assert_allclose(t, expected, rtol=1e-7, atol=1e-9)
    one, two = contrast_stat(scaled, rows), contrast_stat(plain, rows)
    assert one.dim == two.dim == 6
    np.testing.assert_allclose(statistic(one), statistic(two), rtol=1e-8)


def test_rows_of_zeros_add_nothing(rng, Y):
    fit = fit_glm(Y, full_rank(rng), noise_model("ar1"))
    rows = np.vstack([np.eye(5)[:2], np.zeros(5)])
    stat = contrast_stat(fit, rows)
    assert stat.dim == 2
    np.testing.assert_allclose(
        statistic(stat), statistic(contrast_stat(fit, rows[:2])), rtol=1e-9
    )


@pytest.mark.parametrize(
    ("weights", "kind", "message"),
    [
        ([1, 0], None, r"shape \(2,\); the design has 5 regressors"),
        (np.ones((2, 2, 5)), None, r"shape \(2, 2, 5\)"),
        ([1, np.nan, 0, 0, 0], None, "NaN or infinite weights"),
        (np.zeros(5), None, "zero everywhere"),
        (np.eye(5)[:2], "f", "stat_type is 'f'"),
        (np.eye(5)[:2], "t", "a t contrast has one row; this one has 2. Use 'F'."),
    ],
)
def test_contrasts_that_do_not_fit_are_errors(rng, Y, weights, kind, message):
    fit = fit_glm(Y, full_rank(rng), noise_model("ols"))
    with pytest.raises(ContrastError, match=message):
        contrast_stat(fit, weights, kind)


def test_a_contrast_has_no_third_axis(rng, Y):
    fit = fit_glm(Y, full_rank(rng), noise_model("ols"))
    n_regressors = fit.factor.design.shape[1]
    with pytest.raises(ContrastError, match=r"the contrast has shape \(1, .*, 2\)"):
        contrast_stat(fit, np.ones((1, n_regressors, 2)))


def test_runs_add_as_fixed_effects():
    one = ContrastStat("t", np.array([2.0, 4]), np.array([1.0, 3]), 10)
    two = ContrastStat("t", np.array([1.0, 0]), np.array([2.0, 1]), 20)
    mean = (one + two) / 2
    np.testing.assert_allclose(mean.effect, [1.5, 2])
    np.testing.assert_allclose(mean.variance, [0.75, 1])
    assert mean.dof == 30
    np.testing.assert_allclose((2 * one).variance, one.variance * 4)
    np.testing.assert_allclose((one * 2).effect, one.effect * 2)


def test_contrasts_of_other_kinds_or_shapes_do_not_add():
    t = ContrastStat("t", np.zeros(3), np.ones(3), 10)
    F = ContrastStat("F", np.zeros((2, 3)), np.ones(3), 10)
    with pytest.raises(ShapeError, match=r"t contrast of shape \(3,\) and a F"):
        t + F
    with pytest.raises(ShapeError, match=r"cannot add"):
        F + ContrastStat("F", np.zeros((1, 3)), np.ones(3), 10)


def test_statistics_of_voxels_without_variance_are_zero():
    t = ContrastStat("t", np.array([3.0, 3, 0]), np.array([4.0, 0, 0]), 10)
    np.testing.assert_allclose(statistic(t), [1.5, 0, 0])
    np.testing.assert_allclose(statistic(t, baseline=1.0), [1, 0, 0])
    F = ContrastStat("F", np.array([[3.0, 3], [1, 1]]), np.array([2.0, 0]), 10)
    np.testing.assert_allclose(statistic(F), [2.5, 0])
    np.testing.assert_allclose(statistic(F, baseline=1.0), [1, 0])
