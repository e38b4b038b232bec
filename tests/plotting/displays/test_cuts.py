import warnings

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image

from boldglm._base.warnings import FigureWarning
from boldglm.plotting.displays.cuts import check_in_bounds, checked_coords, spread_cuts
from boldglm.plotting.displays.volumes import open_volume


@pytest.fixture
def img():
    values = np.zeros((6, 7, 9), dtype=np.float32)
    values[2, 3, 4] = 5.0
    return Nifti1Image(values, np.diag([2.0, 2.0, 2.0, 1.0]))


@pytest.mark.parametrize(
    "given", [(1, -2.5), [1, -2.5], np.array([1, -2.5]), (np.float32(1), -2.5)]
)
def test_numbers_are_numbers_whatever_holds_them(given):
    assert checked_coords(given, "XZSlicer", 2) == [1.0, -2.5]


@pytest.mark.parametrize(
    "wrong",
    ["ab", {"x": 1}, 5, (1, 2, 3), (), (1, "b"), (1, np.nan), (1, np.inf), (1, None)],
)
def test_something_else_does_not_match_the_mode(wrong):
    with pytest.raises(ValueError, match="does not match the display mode: XZSlicer"):
        checked_coords(wrong, "XZSlicer", 2)


def test_the_message_says_what_parallel_cuts_take():
    with pytest.raises(ValueError, match=r"numbers \(mm\) or how many cuts to make"):
        checked_coords("middle", "ZSlicer")


def test_coordinates_inside_are_silent_up_to_the_edge_of_the_voxels(img):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_in_bounds(img, {"x": -1.0, "y": 13.0, "z": [0.0, 17.0]})
        check_in_bounds(open_volume(img, "img"), {"x": 11.0})
        check_in_bounds(None, {"x": 1e6})
        check_in_bounds(False, {"x": 1e6})


def test_some_coordinates_outside_warn_and_are_named(img):
    with pytest.warns(
        FigureWarning,
        match=r"Of cut_coords, z = 17\.5 are out of the bounds .*x from -1",
    ):
        check_in_bounds(img, {"x": 0.0, "z": [17.5, 3.0]})


def test_all_coordinates_outside_are_an_error_that_says_where_the_image_is(img):
    with pytest.raises(
        ValueError, match=r"x = 50, z = -9: all out .* z from -1.0 to 17"
    ):
        check_in_bounds(img, {"x": 50.0, "z": [-9.0]})


def test_cuts_are_spread_through_what_is_active(img):
    cuts = spread_cuts(img, "z", 3)
    assert len(cuts) == 3
    assert 8.0 in cuts
    assert all(type(one) is float for one in cuts)


def test_without_a_number_there_are_seven_or_all_planes(img):
    assert len(spread_cuts(img, "z")) == 7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(spread_cuts(img, "x")) == 6


def test_without_an_image_cuts_are_spread_over_a_brain():
    cuts = spread_cuts(None, "z", 4)
    np.testing.assert_allclose(np.diff(cuts), 35.0)
    assert len(spread_cuts(False, "x")) == 7


def test_no_cuts_are_an_error(img):
    with pytest.raises(ValueError, match="cut_coords is 0; expected at least one cut"):
        spread_cuts(img, "z", 0)
