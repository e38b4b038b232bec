"""Blocks read into groups that change places and units that change sign."""

import numpy as np
import pytest

from boldglm._base.errors import DesignError
from boldglm.core.exchange import exchange_rows, read_labels


def listed(arrays):
    return [array.tolist() for array in arrays]


def test_without_blocks_all_rows_change_places():
    free = exchange_rows(3)
    assert listed(free.groups) == [[[0], [1], [2]]]
    assert listed(free.units) == [[0], [1], [2]]
    assert free.describe() == ""
    assert free.n_rows == 3


def test_groups_of_whole_blocks_go_by_their_size():
    """Whatever the order of a set: shuffles of a seed depend on it."""
    labels = np.repeat(np.arange(4), [9, 2, 9, 2])
    groups = exchange_rows(22, labels, "whole").groups
    assert [group.shape for group in groups] == [(2, 2), (2, 9)]


@pytest.mark.parametrize(
    ("rule", "groups", "units", "words"),
    [
        ("within", [[[0], [2]], [[1], [4]]], 5, " within blocks"),
        ("whole", [[[0, 2], [1, 4]]], [[0, 2], [1, 4], [3]], " of whole blocks"),
        (
            "both",
            [[[0], [2]], [[1], [4]], [[0, 2], [1, 4]]],
            5,
            " within blocks and of whole blocks",
        ),
    ],
)
def test_blocks_by_rule(rule, groups, units, words, readonly):
    labels = readonly(np.array(["z", "a", "z", "m", "a"]))
    found = exchange_rows(5, labels, rule)
    assert listed(found.groups) == groups
    assert listed(found.units) == ([[i] for i in range(5)] if units == 5 else units)
    assert found.describe() == words
    assert found.n_rows == 5
    for index, unit in enumerate(found.units):
        np.testing.assert_array_equal(found.unit_of_row[unit], index)


def test_only_blocks_of_one_size_change_places():
    found = exchange_rows(9, [1, 1, 2, 2, 3, 4, 5, 5, 5], "whole")
    assert listed(found.groups) == [[[4], [5]], [[0, 1], [2, 3]]]
    assert [unit.size for unit in found.units] == [2, 2, 1, 1, 3]


@pytest.mark.parametrize(
    ("labels", "rule", "orbits"),
    [
        (None, "within", [0, 0, 0, 0, 0, 0]),
        ([1, 1, 2, 2, 2, 3], "within", [0, 0, 1, 1, 1, 2]),
        ([1, 1, 2, 2, 3, 4], "whole", [0, 1, 0, 1, 2, 2]),
        ([1, 1, 2, 2, 3, 4], "both", [0, 0, 0, 0, 1, 1]),
    ],
)
def test_the_fixed_space_is_constant_over_rows_that_reach_each_other(
    labels, rule, orbits
):
    basis = exchange_rows(6, labels, rule).fixed_space()
    same = np.equal.outer(orbits, orbits)
    expected = same / same.sum(axis=0)
    np.testing.assert_allclose(basis @ basis.T, expected, atol=1e-12)
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-12)


def test_labels_are_read_into_groups():
    names, group = read_labels(np.array([2.5, 1.0, 2.5]), 3, "blocks")
    assert names == ["1.0", "2.5"]
    assert group.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2], r"blocks have shape \(2,\); expected one label for each of the 3"),
        (np.ones((3, 1)), r"shape \(3, 1\)"),
        ([1.0, np.nan, np.nan], r"no label for the rows \[1, 2\]"),
        (["a", None, "b"], r"no label for the rows \[1\]"),
        (["a", "b", np.nan], r"no label for the rows \[2\]"),
    ],
)
def test_labels_that_are_missing_are_named(labels, message):
    with pytest.raises(DesignError, match=message):
        exchange_rows(3, labels)


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match=r"'among'; expected one of 'within', 'whole'"):
        exchange_rows(3, [1, 1, 2], "among")


def test_rows_that_are_bound_change_sign_together():
    bound = np.eye(6, dtype=bool)
    for i, j in ((0, 3), (3, 5)):
        bound[i, j] = bound[j, i] = True
    found = exchange_rows(6).joined(bound)
    assert listed(found.units) == [[0, 3, 5], [1], [2], [4]]
    assert found.unit_of_row.tolist() == [0, 1, 2, 0, 3, 0]
    assert listed(found.groups) == listed(exchange_rows(6).groups)
    # and what changed sign together before still does
    whole = exchange_rows(6, [1, 1, 2, 2, 3, 3], "whole").joined(bound)
    assert listed(whole.units) == [[0, 1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("blocks", "rule", "labels", "mixed"),
    [
        (None, "within", "aaaa", False),
        (None, "within", "aaab", True),
        ([1, 1, 2, 2], "within", "aabb", False),
        ([1, 1, 2, 2], "within", "abab", True),
        ([1, 1, 2, 2], "whole", "abab", False),
        ([1, 1, 2, 2], "whole", "aabb", True),
    ],
)
def test_rows_of_other_labels_are_mixed_where_they_change_places(
    blocks, rule, labels, mixed
):
    assert exchange_rows(4, blocks, rule).mixes(list(labels)) == mixed
