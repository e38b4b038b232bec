"""Products at lags: against the matrices they stand for, in one piece or in parts."""

import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm.core.lags import (
    LagProducts,
    checked_starts,
    design_lags,
    lag_products,
    less_fit,
)
from boldglm.core.lags_kernels import centre, lag_squares
from boldglm.core.linear import factorize


def lag_matrix(n_scans, lag):
    """D_k: ones where ``|t - s| = k``."""
    if lag == 0:
        return np.eye(n_scans)
    return np.eye(n_scans, k=lag) + np.eye(n_scans, k=-lag)


def assert_same_products(one: LagProducts, two: LagProducts, rtol=1e-11):
    assert one.n_scans == two.n_scans
    for name in ("with_design", "with_self", "first", "last"):
        a, b = getattr(one, name), getattr(two, name)
        np.testing.assert_allclose(
            a, b, rtol=rtol, atol=rtol * np.abs(b).max(initial=1)
        )


@pytest.mark.parametrize("n_lags", [0, 1, 3, 6])
def test_products_are_those_of_the_lag_matrices(rng, n_lags):
    Q, Y = factorize(rng.standard_normal((25, 4))).basis, rng.standard_normal((25, 7))
    design = design_lags(Q, n_lags)
    products = lag_products(design, Y)
    assert design.n_lags == products.n_lags == n_lags
    for lag in range(n_lags + 1):
        D = lag_matrix(25, lag)
        np.testing.assert_allclose(design.shifted[lag], D @ Q, atol=1e-14)
        np.testing.assert_allclose(design.products[lag], Q.T @ D @ Q, atol=1e-13)
        np.testing.assert_allclose(products.with_design[lag], Q.T @ D @ Y, atol=1e-13)
        pairs = np.einsum("tv,tv->v", Y[: 25 - lag], Y[lag:])
        np.testing.assert_allclose(products.with_self[lag], pairs, atol=1e-13)


def test_edge_rows_go_from_the_edge_inwards(rng):
    Q, Y = rng.standard_normal((9, 2)), rng.standard_normal((9, 3))
    design = design_lags(Q, 2)
    products = lag_products(design, Y)
    np.testing.assert_array_equal(products.first, Y[[0, 1]])
    np.testing.assert_array_equal(products.last, Y[[8, 7]])
    np.testing.assert_array_equal(design.first, Q[[0, 1]])
    np.testing.assert_array_equal(design.last, Q[[8, 7]])


def test_data_known_to_be_orthogonal_skip_the_product_at_lag_zero(rng):
    Q = factorize(rng.standard_normal((30, 3))).basis
    Y = rng.standard_normal((30, 4))
    Y -= Q @ (Q.T @ Y)
    design = design_lags(Q, 2)
    assert_same_products(
        lag_products(design, Y, orthogonal=True), lag_products(design, Y)
    )


def test_products_with_themselves_are_summed_in_double_precision(rng):
    Y = (1000 + rng.standard_normal((500, 3))).astype(np.float32)
    expected = np.sum(Y.astype(float) ** 2, axis=0)
    got = lag_products(design_lags(np.ones((500, 1)), 0), Y).with_self[0]
    np.testing.assert_allclose(got, expected, rtol=1e-14)


def test_inputs_are_only_read(rng, readonly):
    Q, Y = readonly(rng.standard_normal((20, 2)), rng.standard_normal((20, 3)))
    products = lag_products(design_lags(Q, 2), Y)
    assert not np.shares_memory(products.first, Y)


@pytest.mark.parametrize("n_lags", [0, 1, 3, 6])
def test_products_of_residuals_come_from_those_of_the_data(rng, n_lags):
    Q = factorize(rng.standard_normal((60, 5))).basis
    Y = rng.standard_normal((60, 8)) + 3
    lags = design_lags(Q, n_lags)
    got = less_fit(lags, lag_products(lags, Y))
    assert_same_products(got, lag_products(lags, Y - Q @ (Q.T @ Y)))


def test_the_sum_of_squares_of_residuals_is_never_negative(rng):
    Q = factorize(rng.standard_normal((30, 3))).basis
    lags = design_lags(Q, 0)
    Y = 1e6 * Q @ rng.standard_normal((3, 50))
    got = less_fit(lags, lag_products(lags, Y))
    assert (got.with_self[0] >= 0).all()


@pytest.mark.parametrize("starts", [[], np.array([], int), [1], [0, 2, 2], [0, 9]])
def test_segments_begin_at_scans_that_ascend_from_zero(starts):
    with pytest.raises(ValueError, match="expected the scans, ascending from 0"):
        checked_starts(starts, 9)


@pytest.mark.parametrize("starts", [None, [0, 3]])
def test_an_order_beyond_all_memory_is_refused_as_others_are(starts):
    with pytest.raises(ShapeError, match=r"of order 999999999999 needs .*scans"):
        design_lags(np.ones((6, 1)), 999999999999, starts)


def test_too_few_scans_for_the_order_is_an_error():
    with pytest.raises(ShapeError, match=r"order 3 needs more than 6 scans.* has 6"):
        design_lags(np.ones((6, 1)), 3)
    assert design_lags(np.ones((7, 1)), 3).n_lags == 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernel_of_squares_equals_plain_sums(rng, dtype):
    Y = rng.standard_normal((31, 5)).astype(dtype)
    got = lag_squares(Y, 4)
    wide = Y.astype(float)
    expected = [np.sum(wide[: 31 - k] * wide[k:], axis=0) for k in range(5)]
    np.testing.assert_allclose(got, expected, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("subtract", [True, False])
def test_centring_gives_means_and_sums_of_squares(rng, readonly, dtype, subtract):
    Y = readonly((1000 + 10 * rng.standard_normal((50, 6))).astype(dtype))
    copy, mean, square, code = centre(Y, subtract)
    wide = Y.astype(float)
    np.testing.assert_allclose(mean, wide.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(
        square, np.sum((wide - wide.mean(0)) ** 2, 0), rtol=1e-12
    )
    expected = wide - wide.mean(axis=0) if subtract else wide
    np.testing.assert_allclose(copy, expected.astype(dtype), rtol=1e-6, atol=1e-10)
    assert copy.dtype == dtype
    assert not code.any()


def test_centring_marks_constant_and_broken_series(rng):
    Y = 1000 + rng.standard_normal((20, 6))
    Y[:, 1] = 1234.567
    Y[:, 2] = 0.0
    Y[3, 3] = np.nan
    Y[3, 4] = np.inf
    copy, mean, square, code = centre(Y, True)
    assert code.tolist() == [0, 1, 1, 2, 2, 0]
    assert mean[1:5].tolist() == [1234.567, 0, 0, 0]
    assert square[1:5].tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(copy[:, 1:5], 0)


def test_a_constant_that_rounds_is_still_constant():
    """0.1 a thousand times has a mean that is not quite 0.1."""
    Y = np.full((1000, 2), 0.1)
    assert centre(Y, True)[3].tolist() == [1, 1]
    assert centre(Y.astype(np.float32), True)[3].tolist() == [1, 1]


def test_what_the_fit_leaves_is_a_copy(rng, readonly):
    """The products of the data are wanted again."""
    design = design_lags(np.linalg.qr(rng.normal(size=(20, 3)))[0], 2)
    products = lag_products(design, rng.normal(size=(20, 4)))
    before = products.with_self.copy()
    less_fit(design, products)
    np.testing.assert_array_equal(products.with_self, before)
