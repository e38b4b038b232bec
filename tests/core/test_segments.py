"""Products at lags that do not reach over gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm._base.errors import ShapeError
from boldglm.core.lags import design_lags, edge_rows, lag_products, less_fit
from boldglm.core.linear import factorize
from boldglm.core.precision import precision_forms
from boldglm.core.run_statistics import RunAccumulator

N, V = 50, 6


@pytest.fixture
def basis(rng):
    return factorize(np.column_stack([rng.standard_normal((N, 3)), np.ones(N)])).basis


@pytest.fixture
def Y(rng):
    return 100 + rng.standard_normal((N, V))


def distance(lag, starts):
    segment = np.searchsorted(starts, np.arange(N), side="right")
    apart = np.abs(np.subtract.outer(np.arange(N), np.arange(N)))
    return ((apart == lag) & (segment[:, None] == segment)).astype(float)


def fields(products):
    names = ("with_design", "with_self", "first", "last")
    return {name: getattr(products, name) for name in names}


segment_starts = st.sets(st.integers(1, N - 1), max_size=5).map(
    lambda some: [0, *sorted(some)]
)


@settings(max_examples=40, deadline=None)
@given(segment_starts, st.integers(0, 3))
def test_products_are_those_of_dense_matrices(starts, n_lags):
    rng = np.random.default_rng(len(starts))
    basis = factorize(rng.standard_normal((N, 3))).basis
    Y = rng.standard_normal((N, V))
    lags = design_lags(basis, n_lags, starts)
    products = lag_products(lags, Y)
    for k in range(n_lags + 1):
        D = distance(k, starts)
        assert lags.pairs[k] == D.sum() / (2 if k else 1)
        np.testing.assert_allclose(lags.shifted[k], D @ basis, atol=1e-12)
        np.testing.assert_allclose(lags.products[k], basis.T @ D @ basis, atol=1e-12)
        np.testing.assert_allclose(products.with_design[k], basis.T @ D @ Y, atol=1e-12)
        square = np.einsum("tv,ts,sv->v", Y, D, Y) / (2 if k else 1)
        np.testing.assert_allclose(products.with_self[k], square, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(segment_starts, st.lists(st.integers(1, 20), max_size=6), st.integers(0, 3))
def test_stretches_that_know_nothing_of_segments_sum_up_to_the_same(
    starts, sizes, n_lags
):
    rng = np.random.default_rng(1)
    factor = factorize(np.column_stack([rng.standard_normal((N, 2)), np.ones(N)]))
    Y = 100 + rng.standard_normal((N, V))
    forms = precision_forms(factor, n_lags, "exact", np.float64, starts)
    run = RunAccumulator(forms, V)
    cuts = [at for at in np.cumsum(sizes) if at < N]
    for part in np.split(Y, cuts):
        run.add(part)
    got = run.statistics()
    expected = lag_products(forms.lags, Y - got.reference)
    for name, values in fields(got.products).items():
        np.testing.assert_allclose(values, getattr(expected, name), atol=1e-9)
    shift = np.linspace(-3, 3, V)
    moved = lag_products(forms.lags, Y - shift)
    for name, values in fields(got.products_of(shift)).items():
        np.testing.assert_allclose(values, getattr(moved, name), rtol=1e-9, atol=1e-7)


def test_residuals_have_products_of_their_own(basis, Y):
    lags = design_lags(basis, 2, [0, 9, 10, 30])
    got = less_fit(lags, lag_products(lags, Y))
    expected = lag_products(lags, Y - basis @ (basis.T @ Y))
    for name, values in fields(got).items():
        np.testing.assert_allclose(values, getattr(expected, name), atol=1e-8)


def test_one_segment_is_none(basis, Y):
    one, none = design_lags(basis, 3, [0]), design_lags(basis, 3)
    np.testing.assert_array_equal(one.shifted, none.shifted)
    for name, values in fields(lag_products(one, Y)).items():
        np.testing.assert_array_equal(values, getattr(lag_products(none, Y), name))


def test_edges_are_those_of_every_segment():
    rows = np.arange(1.0, 9.0)[:, np.newaxis]
    first, last = edge_rows(rows, 2, np.array([0, 3, 4]))
    assert first.ravel().tolist() == [1, 2, 0, 0, 5, 6]
    assert last.ravel().tolist() == [3, 2, 4, 0, 8, 7]


@pytest.mark.parametrize("starts", [[1], [0, 0], [0, N], [0, 5, 3], [], [[0]], [0.0]])
def test_starts_that_are_none_are_told(basis, starts):
    with pytest.raises(ValueError, match=r"starts are .*ascending from 0 and below 50"):
        design_lags(basis, 1, starts)


def test_scans_in_too_many_pieces_are_told(basis):
    with pytest.raises(ShapeError, match=r"order 2 needs scans that follow .* in 25 p"):
        design_lags(basis, 2, np.arange(0, N, 2))
