"""Points go where the affine sends them."""

import numpy as np
import pytest

from boldglm._base.errors import ShapeError
from boldglm.image import coord_transform
from boldglm.image.resampling import get_bounds

AFFINE = np.array(
    [[-2.0, 0.1, 0, 90], [0, 3.0, -0.2, -126], [0.3, 0, 4.0, -72], [0, 0, 0, 1]]
)


def test_points_are_moved_by_the_affine():
    x, y, z = coord_transform([1, 5], [2, 6], [3, 7], AFFINE)
    expected = AFFINE @ [[1, 5], [2, 6], [3, 7], [1, 1]]
    np.testing.assert_allclose([x, y, z], expected[:3])


def test_back_and_forth_is_where_it_was(rng):
    points = rng.normal(size=(3, 4, 5))
    there = coord_transform(*points, AFFINE)
    assert there[0].shape == (4, 5)
    back = coord_transform(*there, np.linalg.inv(AFFINE))
    np.testing.assert_allclose(back, points)


@pytest.mark.parametrize(
    "points",
    [
        (1, 2, 3),
        (1.5, 2, -3),
        (np.float64(1), np.int16(2), np.float32(3)),
        ([1, 2], [3, 4], [5, 6]),
        (np.ones((2, 3)), np.zeros((2, 3)), np.full((2, 3), 7)),
    ],
    ids=str,
)
def test_the_kind_of_what_comes_back_is_nilearns(points):
    resampling = pytest.importorskip("nilearn.image.resampling")
    expected = resampling.coord_transform(*points, AFFINE)
    found = coord_transform(*points, AFFINE)
    assert [type(one) for one in found] == [type(one) for one in expected]
    assert [np.shape(one) for one in found] == [np.shape(one) for one in expected]
    np.testing.assert_allclose(found, expected)


def test_a_number_stands_for_all_points():
    x, _, z = coord_transform([0, 1], 5, 6, np.diag([2.0, 2, 2, 1]))
    np.testing.assert_array_equal(x, [0, 2])
    np.testing.assert_array_equal(z, [12, 12])


def test_points_that_do_not_fit_and_affines_that_are_none_are_refused():
    with pytest.raises(ShapeError, match=r"shapes \(2,\), \(3,\) and \(\)"):
        coord_transform([1, 2], [1, 2, 3], 0, AFFINE)
    with pytest.raises(ShapeError, match=r"affine has shape \(3, 3\)"):
        coord_transform(1, 2, 3, np.eye(3))


@pytest.mark.parametrize("affine", [np.eye(4), AFFINE, -AFFINE], ids=str)
def test_bounds_are_those_of_nilearn(affine):
    resampling = pytest.importorskip("nilearn.image.resampling")
    expected = resampling.get_bounds((4, 5, 6), affine)
    np.testing.assert_allclose(get_bounds((4, 5, 6), affine), expected)


def test_bounds_are_those_of_three_axes():
    with pytest.raises(ShapeError, match="expected three numbers"):
        get_bounds((4, 5, 6, 7), np.eye(4))
