"""Matrices of splines, and the indices of nearest voxels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import affine_transform, map_coordinates

from boldglm.core.resample_paths import (
    along_rows,
    nearest_index,
    outside_of,
    pick,
    spline_weights,
)


@pytest.mark.parametrize("order", [1, 3])
@given(n=st.integers(1, 40), start=st.floats(0, 1), step=st.floats(0.05, 2))
def test_weights_are_scipys_splines(order, n, start, step):
    places = np.minimum(start + step * np.arange(50), n - 1)
    samples = np.random.default_rng(0).normal(size=n)
    expected = map_coordinates(samples, [places], order=order, mode="mirror")
    found = spline_weights(n, places, order) @ samples
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_at_a_sample_the_weight_is_one():
    np.testing.assert_array_equal(spline_weights(6, np.arange(6.0), 3), np.eye(6))


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 3),
    numbers=st.lists(st.integers(-8, 8), min_size=12, max_size=12),
)
def test_the_nearest_voxel_is_scipys_halves_too(shape, numbers):
    matrix = np.reshape(numbers, (3, 4)) / 4
    volume = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    target = (5, 4, 6)
    outside = outside_of(shape, target, matrix)
    found = pick(volume, nearest_index(shape, target, matrix))
    expected = affine_transform(
        volume, matrix[:, :3], matrix[:, 3], target, order=0, mode="constant"
    )
    np.testing.assert_array_equal(np.where(outside, 0, found), expected)


def test_a_volume_may_lie_in_any_order(rng):
    volume = rng.normal(size=(3, 4, 5))
    index = nearest_index((3, 4, 5), (3, 4, 5), np.eye(4)[:3])
    for layout in "CF":
        picked = pick(np.asarray(volume, order=layout), index)
        np.testing.assert_array_equal(picked, volume)


@pytest.mark.parametrize(("kind", "accuracy"), [("f4", 2e-6), ("f8", 2e-13)])
def test_the_filter_begins_as_if_the_line_went_on_for_ever(rng, kind, accuracy):
    """On lines longer than what its start looks at."""
    volume = rng.random((60, 61, 62)).astype(kind)
    turn = np.array([[1, 0.02, 0.01, 0.3], [-0.02, 1, 0.01, 0.2], [0.01, 0, 1, 0.1]])
    target = (12, 12, 12)
    out = np.empty(target[::-1], kind)
    along_rows(volume.shape, target, turn, 3)(volume, out, 0.0, 0.0)
    exact = volume.astype(float)
    expected = affine_transform(exact, turn[:, :3], turn[:, 3], target, mode="mirror")
    inside = ~outside_of(volume.shape, target, turn)
    np.testing.assert_allclose(out.T[inside], expected[inside], rtol=0, atol=accuracy)
