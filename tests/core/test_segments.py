"""Products at lags that do not reach over gaps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg
from tests.oracle.dense_gls import precision_matrix

from boldglm._base.errors import ShapeError
from boldglm.core.gls import prepare
from boldglm.core.lags import design_lags, edge_rows, lag_products, less_fit
from boldglm.core.likelihood import log_determinant, log_determinant_of_precision
from boldglm.core.linear import factorize
from boldglm.core.noise import noise_model
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


FIRST_SCANS = ["conditional", "exact"]


def coefficients(rng, order):
    """Stable ones, by the step-up recursion."""
    phi = np.zeros((0, V))
    for kappa in rng.uniform(-0.7, 0.7, (order, V)):
        phi = np.concatenate([phi - kappa * phi[::-1], kappa[np.newaxis]])
    return phi


def dense_precision(phi, lengths, first_scans):
    """Block-diagonal; without the stationary likelihood where there are few scans."""
    return linalg.block_diag(
        *[
            precision_matrix(phi, n, first_scans if n >= phi.size else "conditional")
            for n in lengths
        ]
    )


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", [0, 1, 2, 3, 4, 6, 8])
def test_precisions_are_block_diagonal(rng, order, first_scans):
    """Segments shorter than the order, as long, less than twice as long, and longer."""
    lengths = [
        1,
        max(order, 2),
        2 * order + 9,
        order // 2 + 1,
        order + 1,
        2 * order + 1,
    ]
    starts, n_scans = np.cumsum([0, *lengths[:-1]]), sum(lengths)
    X, Y = rng.standard_normal((n_scans, 4)), rng.standard_normal((n_scans, V))
    forms = precision_forms(factorize(X), order, first_scans, starts=starts)
    phi, C = coefficients(rng, order), rng.standard_normal((2, 4))
    products, Q = lag_products(forms.lags, Y), forms.factor.basis
    right, square = forms.right_hand_side(products, phi), forms.square(products, phi)
    solved, quadratic = forms.solve(phi, right), forms.quadratic(phi, C)
    volume = log_determinant(forms, phi)
    inner = log_determinant_of_precision(forms, phi)
    for v in range(V):
        P = dense_precision(phi[:, v], lengths, first_scans)
        A, b = Q.T @ P @ Q, Q.T @ P @ Y[:, v]
        np.testing.assert_allclose(right[:, v], b, rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose(square[v], Y[:, v] @ P @ Y[:, v], rtol=1e-9)
        np.testing.assert_allclose(
            solved[:, v], linalg.solve(A, b), rtol=1e-8, atol=1e-10
        )
        np.testing.assert_allclose(
            quadratic[..., v], C @ linalg.inv(A) @ C.T, rtol=1e-8, atol=1e-10
        )
        np.testing.assert_allclose(volume[v], -np.linalg.slogdet(P)[1], atol=1e-9)
        np.testing.assert_allclose(inner[v], np.linalg.slogdet(A)[1], atol=1e-9)


@given(
    st.lists(st.integers(9, 20), min_size=1, max_size=5),
    st.integers(0, 4),
    st.sampled_from(FIRST_SCANS),
)
def test_segments_add_up(lengths, order, first_scans):
    """What is known of a run is the sum over its segments, each a run of its own."""
    rng = np.random.default_rng(sum(lengths))
    n_scans, starts = sum(lengths), np.cumsum([0, *lengths[:-1]])
    factor = factorize(rng.standard_normal((n_scans, 3)))
    Y, phi = rng.standard_normal((n_scans, V)), coefficients(rng, order)
    forms = precision_forms(factor, order, first_scans, starts=starts)
    whole = lag_products(forms.lags, Y)
    expected, right, square = [], 0, 0
    for at, n in zip(starts, lengths, strict=True):
        scans = slice(at, at + n)
        lags = design_lags(forms.factor.basis[scans], order)
        part = replace(forms, lags=lags)
        expected.append(lag_products(lags, Y[scans]))
        right = right + part.right_hand_side(expected[-1], phi)
        square = square + part.square(expected[-1], phi)
    for name in ("with_design", "with_self"):
        total = sum(getattr(one, name) for one in expected)
        np.testing.assert_allclose(getattr(whole, name), total, atol=1e-11)
    for name in ("first", "last"):
        rows = np.concatenate([getattr(one, name) for one in expected])
        np.testing.assert_array_equal(getattr(whole, name), rows)
    np.testing.assert_allclose(forms.right_hand_side(whole, phi), right, atol=1e-10)
    np.testing.assert_allclose(forms.square(whole, phi), square, rtol=1e-10)


@pytest.mark.parametrize("first_scans", FIRST_SCANS)
@pytest.mark.parametrize("order", [0, 1, 3])
def test_one_segment_changes_no_bit_of_the_forms(rng, Y, order, first_scans):
    factor, phi = factorize(rng.standard_normal((N, 4))), coefficients(rng, order)
    found = []
    for starts in (None, [0]):
        forms = precision_forms(factor, order, first_scans, starts=starts)
        run = RunAccumulator(forms, V)
        run.add(Y)
        statistics = run.statistics()
        products = statistics.products_of(statistics.reference + 1)
        right = forms.right_hand_side(products, phi)
        found.append(
            [
                *fields(products).values(),
                right,
                forms.square(products, phi),
                forms.solve(phi, right),
                forms.quadratic(phi, np.eye(4)[:2]),
                log_determinant_of_precision(forms, phi),
            ]
        )
    for none, one in zip(*found, strict=True):
        np.testing.assert_array_equal(none, one)


@given(segment_starts, st.lists(st.integers(0, N), max_size=5))
def test_stretches_change_no_bit(starts, cuts):
    rng = np.random.default_rng(2)
    factor = factorize(rng.standard_normal((N, 3)))
    Y = 100 + rng.standard_normal((N, V))
    forms = precision_forms(factor, 3, "exact", starts=starts)
    found = []
    for at in ([], sorted(cuts)):
        run = RunAccumulator(forms, V)
        for part in np.split(Y, at):
            run.add(part)
        found.append(run.statistics())
    whole, parts = found
    for name, values in fields(parts.products).items():
        np.testing.assert_array_equal(values, getattr(whole.products, name))
    np.testing.assert_array_equal(parts.with_ones, whole.with_ones)


def test_a_design_is_made_ready_for_segments(rng):
    X, starts = rng.standard_normal((N, 2)), [0, 9, 30]
    forms = prepare(X, noise_model("ar2"), N, np.float64, starts=starts)
    assert forms.lags.starts.tolist() == starts
    assert forms.lags.lengths.tolist() == [9, 21, 20]


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
    """How many, in how many pieces, and all that one can do."""
    told = r"order 2 needs scans that are near .* 50 scans .* in 25 pieces, 0 pairs .*"
    with pytest.raises(
        ShapeError, match=told + r"smaller order or 'ols', or leave out"
    ):
        design_lags(basis, 2, np.arange(0, N, 2))
