"""A design is factorised whatever its rank and the units of its columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg

from boldglm._base.errors import ShapeError
from boldglm.core.linear import confounded_regressors, factorize, non_estimable_rows

SCALES = np.logspace(-3, 4, 6)


@pytest.fixture
def design(rng):
    """40 scans, 6 independent regressors, the last one constant."""
    return np.column_stack([rng.standard_normal((40, 5)), np.ones(40)])


def test_basis_is_orthonormal_and_gives_the_design_back(design):
    factor = factorize(design)
    np.testing.assert_allclose(factor.basis.T @ factor.basis, np.eye(6), atol=1e-14)
    np.testing.assert_allclose(factor.basis @ factor.coordinates, design, atol=1e-13)
    np.testing.assert_allclose(
        factor.coordinates @ factor.to_beta, np.eye(6), atol=1e-12
    )


def test_rank_and_degrees_of_freedom_count_independent_columns(design):
    copies = np.column_stack([design, design[:, 0] * 3, design[:, 1] - design[:, 2]])
    factor = factorize(copies)
    assert (factor.rank, factor.dof) == (6, 34)
    assert factor.rank == np.linalg.matrix_rank(copies)


def test_units_of_the_regressors_do_not_change_the_rank(design):
    assert factorize(design * np.logspace(-12, 12, 6)).rank == 6
    copied = np.column_stack([design * SCALES, 1e-8 * design[:, 0]])
    assert factorize(copied).rank == 6


def test_columns_that_agree_to_six_digits_are_distinct_and_copies_are_not(design, rng):
    almost = design[:, :1] * (1 + 1e-6 * rng.standard_normal((40, 1)))
    assert factorize(np.column_stack([design, almost])).rank == 7
    rounding = design[:, :1] * (1 + 1e-15 * rng.standard_normal((40, 1)))
    assert factorize(np.column_stack([design, rounding])).rank == 6


def test_a_column_of_zeros_adds_no_rank_and_gets_no_weight(design):
    factor = factorize(np.column_stack([design, np.zeros(40)]))
    assert factor.rank == 6
    np.testing.assert_array_equal(factor.to_beta[-1], 0)


def test_to_beta_is_the_pseudo_inverse_also_of_deficient_designs(design):
    copies = np.column_stack([design, design[:, 0]])
    factor = factorize(copies)
    np.testing.assert_allclose(
        factor.to_beta @ factor.basis.T, linalg.pinv(copies), atol=1e-13
    )


def test_coefficients_of_ill_scaled_regressors_keep_ten_digits(design):
    factor = factorize(design * SCALES)
    expected = linalg.pinv(design) / SCALES[:, None]
    got = factor.to_beta @ factor.basis.T
    np.testing.assert_allclose(
        got * SCALES[:, None], expected * SCALES[:, None], atol=1e-12
    )


def test_more_regressors_than_scans_leave_no_degree_of_freedom(rng):
    factor = factorize(rng.standard_normal((5, 8)))
    assert (factor.rank, factor.dof) == (5, 0)


def test_the_design_is_copied_not_kept(design, readonly):
    frozen = readonly(design)
    factor = factorize(frozen)
    assert not np.shares_memory(factor.design, frozen)
    assert factorize(design.astype(np.float32)).design.dtype == np.float64


def test_rotation_turns_the_basis_and_keeps_the_span(design, rng):
    factor = factorize(design)
    rotation = linalg.qr(rng.standard_normal((6, 6)))[0]
    turned = factor.rotate(rotation)
    np.testing.assert_allclose(turned.basis @ turned.coordinates, design, atol=1e-13)
    np.testing.assert_allclose(
        turned.to_beta @ turned.basis.T, factor.to_beta @ factor.basis.T, atol=1e-13
    )
    np.testing.assert_allclose(turned.basis, factor.basis @ rotation)


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (np.ones(4), r"shape \(4,\); expected \(n_scans, n_regressors\)"),
        (np.ones((4, 0)), r"shape \(4, 0\)"),
        (np.array([[1.0, np.nan], [1, 2], [1, np.inf]]), r"NaN or infinite .* \[1\]"),
        (np.zeros((4, 2)), "zero everywhere"),
    ],
)
def test_a_design_that_cannot_be_used_is_an_error(design, message):
    with pytest.raises(ShapeError, match=message):
        factorize(design)


def test_a_full_rank_design_can_estimate_everything(design):
    assert non_estimable_rows(factorize(design * SCALES), np.eye(6)) == []


def test_dummies_that_sum_to_the_constant_estimate_only_their_differences():
    level = np.arange(12) % 3
    X = np.column_stack([level == 0, level == 1, level == 2, np.ones(12)]).astype(float)
    factor = factorize(X)
    rows = np.array([[1, -1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 1], [0, 0, 0, 1]])
    assert non_estimable_rows(factor, rows.astype(float)) == [1, 3]
    assert confounded_regressors(factor, rows[[1]].astype(float)) == [0, 1, 2, 3]


def test_a_condition_without_events_cannot_be_estimated(design):
    factor = factorize(np.column_stack([design, np.zeros(40)]))
    row = np.eye(7)[[6]]
    assert non_estimable_rows(factor, row) == [0]
    assert confounded_regressors(factor, row) == [6]


def test_columns_that_any_row_cannot_tell_apart_are_named():
    """The second row alone is estimable, and adds nothing."""
    copies = np.array([[0.0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 1]])
    factor = factorize(copies)
    rows = np.array([[1.0, -1, 0, 0], [0, 0, 0, 1]])
    assert confounded_regressors(factor, rows) == [0, 1]


def test_a_row_of_zeros_in_a_contrast_is_no_stray(design):
    factor = factorize(np.column_stack([design, design[:, 0]]))
    rows = np.vstack([np.zeros(7), np.eye(7)[1]])
    assert non_estimable_rows(factor, rows) == []


@given(
    seed=st.integers(0, 10_000),
    scale=st.integers(-4, 4),
    copies=st.integers(1, 3),
)
def test_what_is_estimable_does_not_depend_on_units(seed, scale, copies):
    """Combinations of the design's rows are estimable, null directions are not."""
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((30, 4))
    mixing = rng.standard_normal((4, copies))
    units = 10.0 ** rng.uniform(-abs(scale), abs(scale), 4 + copies)
    X = np.column_stack([base, base @ mixing]) * units
    factor = factorize(X)
    assert factor.rank == 4
    estimable = rng.standard_normal((3, 30)) @ X
    null = linalg.null_space(np.column_stack([base, base @ mixing])).T * units
    assert non_estimable_rows(factor, estimable) == []
    assert non_estimable_rows(factor, null) == list(range(copies))
