"""Reductions over regions against scipy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from boldglm.core.regions import STRATEGIES, summarize


@pytest.mark.parametrize("strategy", list(STRATEGIES))
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_reductions_are_those_of_scipy(rng, readonly, strategy, dtype):
    labels = rng.integers(0, 6, size=200)
    rows = readonly((1000 + 50 * rng.normal(size=(9, 200))).astype(dtype))
    columns = np.argsort(labels, kind="stable")
    starts = np.searchsorted(np.sort(labels), np.arange(7))
    found = summarize(rows, columns, starts, strategy)
    function = getattr(ndimage, strategy)
    exact = rows.astype(np.float64)
    expected = [function(row, labels, np.arange(6)) for row in exact]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert found.dtype == np.float64


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_regions_without_voxels_are_zero(strategy):
    rows = np.ones((2, 3))
    found = summarize(rows, np.array([1, 2]), np.array([0, 0, 1, 1, 2, 2]), strategy)
    assert found.shape == (2, 5)
    assert not found[:, [0, 2, 4]].any()
    assert not summarize(rows, np.zeros(0, int), np.zeros(4, int), strategy).any()


def test_a_voxel_may_be_in_two_regions():
    rows = np.array([[1.0, 3.0, 8.0]])
    found = summarize(rows, np.array([0, 1, 1, 2]), np.array([0, 2, 4]), "sum")
    np.testing.assert_array_equal(found, [[4, 11]])


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_voxels_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(3, 20))
    starts = np.array([0, 5, 12, 20])
    columns = rng.permutation(20)
    shuffled = np.concatenate([rng.permutation(p) for p in np.split(columns, [5, 12])])
    for strategy in STRATEGIES:
        np.testing.assert_allclose(
            summarize(rows, columns, starts, strategy),
            summarize(rows, shuffled, starts, strategy),
            atol=1e-12,
        )


def test_there_may_be_more_voxels_than_a_block_holds():
    columns = np.zeros(2**20 + 1, int)
    found = summarize(np.array([[3.0], [4.0]]), columns, np.array([0, columns.size]))
    np.testing.assert_array_equal(found, [[3.0], [4.0]])
