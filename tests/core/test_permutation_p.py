"""P from null distributions, against counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracle.naive_shuffles import step_down_by_definition

from boldglm._base.errors import ShapeError
from boldglm.core.permutation_p import corrected_p, count_p, step_down_p

FEW = st.integers(-3, 3).map(float)


@given(st.lists(FEW, min_size=1, max_size=30), st.lists(FEW, max_size=8))
def test_corrected_p_counts_draws_that_reach(null, observed):
    found = corrected_p(null, observed)
    n = len(null)
    assert found.tolist() == [
        (1 + sum(draw >= one for draw in null)) / (1 + n) for one in observed
    ]


def test_corrected_p_keeps_shapes_and_its_inputs(rng, readonly):
    null, observed = readonly(rng.standard_normal(99), rng.standard_normal((2, 3)))
    for tail in (None, "gpd"):
        found = corrected_p(null, observed, tail)
        assert found.shape == (2, 3)
        np.testing.assert_allclose(found, corrected_p(null, observed), atol=0.05)


def test_a_tail_reaches_below_the_smallest_count(rng):
    null = rng.gumbel(size=999)
    assert corrected_p(null, 12.0) == 1 / 1000
    assert 0 < corrected_p(null, 12.0, "gpd") < 1 / 2000


def test_an_unknown_tail_is_refused():
    with pytest.raises(ValueError, match="tail is 'gamma'; expected None or 'gpd'"):
        corrected_p([1.0], [2.0], "gamma")


def test_p_of_counts():
    np.testing.assert_array_equal(count_p(np.array([0, 4, 9]), 9), [0.1, 0.5, 1])


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 30))
def test_step_down_is_westfall_and_youngs(seed, n_voxels, n_draws):
    sizes = np.random.default_rng(seed).standard_normal((n_draws + 1, n_voxels))
    order = np.argsort(-sizes[0])
    reached = np.empty(n_voxels, int)
    for place, voxel in enumerate(order):
        left = sizes[1:, order[place:]].max(axis=1)
        reached[voxel] = (left >= sizes[0, voxel]).sum()
    found = step_down_p(reached, sizes[0], n_draws)
    np.testing.assert_allclose(found, step_down_by_definition(sizes), rtol=1e-12)


def test_step_down_needs_a_count_for_each_statistic():
    with pytest.raises(ShapeError, match=r"\(2,\) counts for \(3,\) statistics"):
        step_down_p(np.array([1, 2]), [1.0, 2.0, 3.0], 9)
