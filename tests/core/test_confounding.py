"""Which columns cannot be told apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boldglm.core.confounding import confounded_groups


def test_independent_columns_are_in_no_group(rng, readonly):
    assert confounded_groups(readonly(rng.normal(size=(20, 6)))) == []


def test_separate_combinations_are_separate_groups(rng):
    X = rng.normal(size=(50, 8))
    X[:, 4] = X[:, 1] - 3 * X[:, 2]
    X[:, 7] = -X[:, 5]
    X[:, 3] = 0
    assert confounded_groups(X) == [[1, 2, 4], [3], [5, 7]]


def test_combinations_that_share_a_column_are_one_group(rng):
    X = rng.normal(size=(30, 5))
    X[:, 1] = 2 * X[:, 0]
    X[:, 3] = X[:, 0] + X[:, 4]
    assert confounded_groups(X) == [[0, 1, 3, 4]]


def test_a_column_with_a_small_part_in_a_combination_is_in_its_group(rng):
    X = rng.normal(size=(40, 4))
    X[:, 3] = X[:, 0] + 1e-3 * X[:, 1]
    assert confounded_groups(X) == [[0, 1, 3]]


def test_columns_that_are_all_one_direction_are_one_group(rng):
    one = rng.normal(size=(30, 1))
    assert confounded_groups(one * np.array([1.0, np.pi, -1 / 3])) == [[0, 1, 2]]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-12, 12), min_size=4, max_size=4))
def test_the_scale_of_columns_does_not_matter(powers):
    X = np.random.default_rng(3).normal(size=(30, 4))
    X[:, 2] = X[:, 0] + X[:, 1]
    assert confounded_groups(X * 10.0 ** np.array(powers)) == [[0, 1, 2]]


@pytest.mark.parametrize("n_columns", [6, 9])
def test_more_columns_than_scans_are_all_confounded(rng, n_columns):
    groups = confounded_groups(rng.normal(size=(5, n_columns)))
    assert groups == [list(range(n_columns))]
