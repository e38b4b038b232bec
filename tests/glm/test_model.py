"""Tests of linear hypotheses: shapes, completion, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from boldglm._base.errors import ContrastError
from boldglm.glm.first_level import run_glm
from boldglm.glm.model import (
    FContrastResults,
    LikelihoodModelResults,
    TContrastResults,
)
from boldglm.glm.regression import ARModel, OLSModel, SimpleRegressionResults


@pytest.fixture
def X(rng):
    return np.column_stack([rng.standard_normal((50, 3)), np.ones(50)])


@pytest.fixture
def Y(rng):
    return 10 + rng.standard_normal((50, 6)).cumsum(axis=0) * 0.3


def fits(X, Y):
    """Results with a covariance all voxels share, and with one for each."""
    shared = ARModel(X, 0.3).fit(Y)
    own = run_glm(Y, X, "ar2")[1]["ar2"]
    return {"shared": shared, "own": own, "kept": SimpleRegressionResults(own)}


@pytest.mark.parametrize("kind", ["shared", "own", "kept"])
def test_t_of_a_coefficient_is_a_contrast_of_it(X, Y, kind):
    results = fits(X, Y)[kind]
    every = results.t()
    assert every.shape == (4, 6)
    for column in range(4):
        contrast = results.Tcontrast(np.eye(4)[column])
        np.testing.assert_allclose(every[column], contrast.t, rtol=1e-12)
        np.testing.assert_allclose(results.t(column), contrast.t, rtol=1e-12)
        np.testing.assert_allclose(contrast.effect / contrast.sd, contrast.t)
    np.testing.assert_allclose(results.t([2, 0]), every[[2, 0]], rtol=1e-12)


@pytest.mark.parametrize("kind", ["shared", "own", "kept"])
def test_covariances_of_coefficients_and_contrasts_agree(X, Y, kind, rng):
    results = fits(X, Y)[kind]
    whole = results.vcov()
    assert whole.shape == (4, 4, 6)
    C, D = rng.standard_normal((2, 4)), rng.standard_normal((3, 4))
    expected = np.einsum("ai,ijv,bj->abv", C, whole, C)
    np.testing.assert_allclose(results.vcov(matrix=C), expected, rtol=1e-9)
    expected = np.einsum("ai,ijv,bj->abv", C, whole, D)
    np.testing.assert_allclose(results.vcov(matrix=C, other=D), expected, rtol=1e-8)
    np.testing.assert_allclose(results.vcov(column=2), whole[2, 2], rtol=1e-9)
    np.testing.assert_allclose(
        results.vcov(column=[0, 3]), whole[[0, 3]][:, [0, 3]], rtol=1e-9
    )
    unit = results.vcov(dispersion=1.0)
    unit = unit if unit.ndim == 3 else unit[:, :, None]
    np.testing.assert_allclose(unit * results.dispersion, whole, rtol=1e-9)


@pytest.mark.parametrize("kind", ["shared", "own", "kept"])
def test_f_of_one_row_is_the_square_of_t(X, Y, kind):
    results = fits(X, Y)[kind]
    row = [1, 0, -1, 0]
    F = results.Fcontrast([row])
    np.testing.assert_allclose(F.F, results.Tcontrast(row).t ** 2, rtol=1e-9)
    assert (F.df_num, F.df_den) == (1, 46)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["shared", "own", "kept"])
def test_divergence_02_rows_that_repeat_others_change_nothing(X, Y, kind, dtype):
    results = fits(X, Y.astype(dtype))[kind]
    rows = np.array([[1, -1, 0, 0], [0, 1, -1, 0], [1, 0, -1, 0], [0.1, 0.2, -0.3, 0]])
    one, two = results.Fcontrast(rows), results.Fcontrast(rows[:2])
    assert one.df_num == two.df_num == 2
    np.testing.assert_allclose(one.F, two.F, rtol=1e-8 if dtype is np.float64 else 1e-5)
    assert one.effect.shape == (4, 6)
    assert one.covariance.shape == (4, 4, 6)


@given(seed=st.integers(0, 10_000))
def test_units_of_rows_and_regressors_do_not_change_f(seed):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.standard_normal((30, 3)), np.ones(30)])
    Y = rng.standard_normal((30, 2))
    units, weights = 10.0 ** rng.uniform(-4, 4, (2, 4))
    plain = OLSModel(X).fit(Y).Fcontrast(np.eye(4)[:3])
    scaled = OLSModel(X * units).fit(Y).Fcontrast(np.diag(weights)[:3])
    assert scaled.df_num == 3
    np.testing.assert_allclose(scaled.F, plain.F, rtol=1e-6)


def test_short_t_contrasts_are_completed_with_zeros(X, Y):
    results = OLSModel(X).fit(Y)
    np.testing.assert_array_equal(
        results.Tcontrast([1, -1]).t, results.Tcontrast([1, -1, 0, 0]).t
    )


def test_only_what_is_asked_for_is_stored(X, Y):
    stored = OLSModel(X).fit(Y).Tcontrast([1], store=("effect",))
    assert stored.t is None
    assert stored.sd is None
    assert stored.effect.shape == (6,)


def test_a_dispersion_given_replaces_that_of_the_fit(X, Y):
    results = OLSModel(X).fit(Y)
    plain, given = results.Tcontrast([1]), results.Tcontrast([1], dispersion=4.0)
    np.testing.assert_allclose(given.sd, plain.sd * 2 / np.sqrt(results.dispersion))
    rows = np.eye(4)[:2]
    F, other = results.Fcontrast(rows), results.Fcontrast(rows, dispersion=4.0)
    np.testing.assert_allclose(other.F, F.F * results.dispersion / 4)


def test_an_inverse_given_is_used(X, Y):
    results = OLSModel(X).fit(Y)
    rows = np.eye(4)[:2]
    inverse = np.linalg.inv(results.vcov(matrix=rows, dispersion=1.0))
    expected = results.Fcontrast(rows)
    np.testing.assert_allclose(results.Fcontrast(rows, invcov=inverse).F, expected.F)
    twice = results.Fcontrast(rows, invcov=2 * inverse)
    np.testing.assert_allclose(twice.F, 2 * expected.F)


@pytest.mark.parametrize("kind", ["shared", "own"])
def test_confidence_intervals_hold_the_t_distribution(X, Y, kind):
    results = fits(X, Y)[kind]
    interval = results.conf_int(alpha=0.1)
    assert interval.shape == (4, 2, 6)
    reach = stats.t.ppf(0.95, 46) * np.abs(results.theta / results.t())
    np.testing.assert_allclose(interval[:, 0], results.theta - reach, rtol=1e-8)
    np.testing.assert_allclose(interval[:, 1], results.theta + reach, rtol=1e-8)
    some = results.conf_int(alpha=0.1, cols=(3, 1))
    np.testing.assert_allclose(some, interval[[3, 1]], rtol=1e-9)


def test_a_series_without_variance_has_statistics_of_zero(X):
    results = OLSModel(X).fit(np.zeros((50, 2)))
    np.testing.assert_array_equal(results.t(), 0)
    np.testing.assert_array_equal(results.Fcontrast(np.eye(4)[:2]).F, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.Tcontrast(np.eye(4)[:2]), "a t contrast has one row"),
        (lambda r: r.Tcontrast([]), r"shape \(0,\); expected at most 4"),
        (lambda r: r.Tcontrast(np.ones(5)), r"shape \(5,\); expected at most 4"),
        (lambda r: r.Fcontrast(np.ones((2, 3))), r"4 regressors; .* shape \(2, 3\)"),
    ],
)
def test_contrasts_that_do_not_fit_are_errors(X, Y, call, message):
    with pytest.raises(ContrastError, match=message):
        call(OLSModel(X).fit(Y))


def test_unknown_things_to_store_are_an_error(X, Y):
    with pytest.raises(ValueError, match=r"store has \['p'\]; expected some of 't'"):
        OLSModel(X).fit(Y).Tcontrast([1], store=("t", "p"))


def test_results_without_covariance_say_so(X, Y):
    class Model:
        df_model = 4

    results = LikelihoodModelResults(np.zeros((4, 6)), Y, Model())
    assert results.df_residuals == 46
    with pytest.raises(ValueError, match="no covariance of the coefficients"):
        results.vcov()
    with pytest.raises(ValueError, match="no covariance of the coefficients"):
        _ = run_glm(Y, X, "ar1")[1]["ar1"].cov


def test_contrast_results_are_arrays_of_their_statistic():
    t = TContrastResults(np.array([1.0, 2]), np.ones(2), np.ones(2))
    F = FContrastResults(np.ones((2, 2)), np.ones((2, 2, 2)), np.array([3.0, 4]), 2)
    assert np.asarray(t).tolist() == [1, 2]
    assert np.asarray(F, dtype=np.float32).tolist() == [3, 4]
    assert t.df_den == F.df_den == np.inf
    assert str(t).startswith("<T contrast: effect=[1. 1.], sd=[1. 1.], t=[1. 2.]")
    assert str(F) == "<F contrast: F=array([3., 4.]), df_den=inf, df_num=2>"


def test_intervals_with_one_variance_for_all_voxels(X, Y):
    """One number for the noise, and a width for each coefficient."""
    results = OLSModel(X).fit(Y)
    ends = results.conf_int(dispersion=2.0)
    assert ends.shape == (4, 2, 6)
    width = stats.t.isf(0.025, 46) * np.sqrt(2.0 * np.diag(np.linalg.inv(X.T @ X)))
    np.testing.assert_allclose(ends[:, 1] - results.theta, width[:, None] * np.ones(6))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda r: r.conf_int(alpha=2), ValueError, "alpha is 2; expected 1 less"),
        (
            lambda r: r.conf_int(cols=[4]),
            ValueError,
            r"cols is \[4\]; expected",
        ),
        (lambda r: r.t(column=0.5), ValueError, "column is 0.5; expected numbers"),
        (lambda r: r.vcov(column="a"), TypeError, "column is 'a'; expected numbers"),
        (lambda r: r.vcov(dispersion=-1), ValueError, "dispersion is -1; expected a"),
        (lambda r: r.vcov(matrix=[1.0]), ContrastError, "expected rows of 4 weights"),
        (lambda r: r.Tcontrast([1e200]), ContrastError, "weights up to 1e\\+200"),
        (lambda r: r.Fcontrast(np.eye(4), invcov=1), ValueError, "invcov has shape"),
    ],
)
def test_mistakes_are_named(X, Y, call, error, match):
    with pytest.raises(error, match=match):
        call(OLSModel(X).fit(Y))
