import numpy as np
import pytest

from boldglm.core.efficiency import contrast_efficiency, variance_inflation
from boldglm.core.linear import factorize


@pytest.fixture
def design(rng):
    """Two regressors that share much, a free one, and the constant."""
    a = rng.standard_normal(60)
    b = a + 0.4 * rng.standard_normal(60)
    return np.column_stack([a, b, rng.standard_normal(60), np.ones(60)])


def test_inflation_is_that_of_statsmodels(design, readonly):
    outliers = pytest.importorskip("statsmodels.stats.outliers_influence")
    design = readonly(design)
    found = variance_inflation(factorize(design))
    expected = [outliers.variance_inflation_factor(design, j) for j in range(3)]
    np.testing.assert_allclose(found[:3], expected, rtol=1e-8)
    assert np.isnan(found[3])
    assert found[0] > 5


def test_without_a_constant_sums_of_squares_are_about_zero(design):
    X = design[:, :3] + 2.0
    found = variance_inflation(factorize(X))
    for j in range(3):
        others = np.delete(X, j, axis=1)
        rest = X[:, j] - others @ np.linalg.lstsq(others, X[:, j], rcond=None)[0]
        assert found[j] == pytest.approx((X[:, j] @ X[:, j]) / (rest @ rest))


def by_regressions(X):
    """1 / (1 - R²) of every column on the others, each R² with its own total."""
    ones, found = np.ones(len(X)), []
    for j in range(X.shape[1]):
        others = np.delete(X, j, axis=1)
        others = others / np.abs(others).max(axis=0)

        def rest(y, others=others):
            return y - others @ np.linalg.lstsq(others, y, rcond=None)[0]

        about = X[:, j].mean() if np.abs(rest(ones)).max() < 1e-8 else 0.0
        found.append(np.sum((X[:, j] - about) ** 2) / np.sum(rest(X[:, j]) ** 2))
    return found


GROUPS = np.repeat(np.eye(2), [10, 14], axis=0)
HALF = np.tile([0.0, 1.0], 12)
# sums to zero in each half
UNEVEN = np.repeat([1.0, -1.0], 12)
AGE = np.linspace(20, 70, 24)[np.random.default_rng(4).permutation(24)]


@pytest.mark.parametrize(
    "X",
    [
        GROUPS,
        np.column_stack([GROUPS, AGE]),
        np.column_stack([GROUPS, AGE - AGE.mean()]),
        np.column_stack([AGE, GROUPS[:, 0]]),
        np.tile(np.eye(4), (6, 1)),
        np.column_stack([np.tile(np.eye(4), (6, 1)), AGE]),
        np.column_stack([1e9 * GROUPS, 1e-9 * AGE]),
        -GROUPS,
        np.column_stack([HALF, HALF + UNEVEN]),
    ],
    ids=[
        "groups",
        "age",
        "centred age",
        "no constant",
        "fir",
        "fir and age",
        "units",
        "below zero",
        "a constant not made up by one",
    ],
)
def test_each_column_is_about_the_mean_where_the_others_have_one(X, readonly):
    found = variance_inflation(factorize(readonly(X)))
    np.testing.assert_allclose(found, by_regressions(X), rtol=1e-8)
    assert (found > 1 - 1e-12).all()


def test_a_constant_that_others_make_up_counts_as_one(design):
    halves = np.repeat(np.eye(2), 30, axis=0)
    X = np.column_stack([design[:, :3], halves])
    expected = variance_inflation(factorize(np.column_stack([X[:, :4], np.ones(60)])))
    np.testing.assert_allclose(variance_inflation(factorize(X))[:3], expected[:3])


def test_copies_cannot_be_told_apart_and_the_rest_can(design):
    X = np.column_stack([design, design[:, 0], np.zeros(60)])
    found = variance_inflation(factorize(X))
    assert np.isinf(found[[0, 4]]).all()
    assert np.isnan(found[5])
    np.testing.assert_allclose(
        found[[1, 2]], variance_inflation(factorize(design))[[1, 2]]
    )


def test_efficiency_is_the_inverse_of_the_trace(design):
    factor = factorize(design)
    rows = np.array([[1.0, -1, 0, 0], [0, 0, 2, 0]])
    inverse = np.linalg.inv(design.T @ design)
    for one in (rows[:1], rows):
        expected = 1 / np.trace(one @ inverse @ one.T)
        assert contrast_efficiency(factor, one) == pytest.approx(expected)


def test_what_cannot_be_estimated_has_no_efficiency(design):
    factor = factorize(np.column_stack([design, design[:, 0]]))
    assert contrast_efficiency(factor, [1, 0, 0, 0, -1]) == 0
    assert contrast_efficiency(factor, [0, 0, 1, 0, 0]) > 0
    assert np.isnan(contrast_efficiency(factor, np.zeros(5)))
