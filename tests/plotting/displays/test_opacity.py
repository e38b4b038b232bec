import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image

from boldglm._base.warnings import FigureWarning
from boldglm.image.grid import Grid
from boldglm.plotting.displays.opacity import as_opacity
from boldglm.plotting.displays.views import VIEWS, Plane
from boldglm.plotting.displays.volumes import Volume

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


def cut(volume):
    return volume.cut(VIEWS["z"], 0.0)


def image(values, affine=AFFINE):
    return Nifti1Image(np.asarray(values, dtype=np.float32), affine)


def plane_of(shape, affine=AFFINE):
    return cut(Volume(np.zeros(shape), Grid(shape, affine)))


def test_nothing_said_is_opaque():
    assert as_opacity(None, None).on(plane_of((2, 2, 1)), cut) is None


@pytest.mark.parametrize("number", [0, 0.3, 1, np.float32(0.5)])
def test_a_number_is_the_opacity_of_all(number):
    assert as_opacity(number, None).on(plane_of((2, 2, 1)), cut) == float(number)


@pytest.mark.parametrize(("number", "held"), [(-0.5, 0.0), (7, 1.0)])
def test_a_number_beyond_is_held_with_a_warning(number, held):
    with pytest.warns(FigureWarning, match=r"transparency is .*; expected 0 \(invis"):
        assert as_opacity(number, None).constant == held


def test_absolute_values_of_an_image_are_opacities_up_to_the_largest():
    values = np.array([[-8.0, 0.0], [4.0, np.nan]]).reshape(2, 2, 1)
    alpha = as_opacity(image(values), None).on(plane_of((2, 2, 1)), cut)
    np.testing.assert_allclose(alpha, [[1.0, 0.5], [0.0, 0.0]])


def test_a_range_says_what_is_invisible_and_what_is_opaque():
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).reshape(6, 1, 1)
    alpha = as_opacity(image(values), (2, 4)).on(plane_of((6, 1, 1)), cut)
    np.testing.assert_allclose(alpha, [[0.0, 0.0, 0.5, 1.0, 1.0, 1.0]])


def test_another_grid_is_interpolated_between_its_centres_and_nothing_beside_it():
    coarse = np.diag([4.0, 4.0, 4.0, 1.0])
    alpha = as_opacity(image([[[0.0]], [[10.0]], [[5.0]]], coarse), None)
    fine = Plane(np.zeros((1, 9)), (-4.0, 14.0, -1.0, 1.0))
    shown = alpha.on(fine, cut)
    across, _ = fine.centres
    expected = np.interp(across, [0.0, 4.0, 8.0], [0.0, 1.0, 0.5])
    expected[(across < -2.0) | (across > 10.0)] = 0.0
    np.testing.assert_allclose(shown[0], expected)


def test_a_mask_on_another_grid_has_no_half_opaque_rim():
    coarse = np.diag([4.0, 4.0, 4.0, 1.0])
    alpha = as_opacity(image([[[0.0]], [[1.0]]], coarse), None)
    shown = alpha.on(Plane(np.zeros((1, 9)), (-4.0, 14.0, -1.0, 1.0)), cut)
    assert set(np.unique(shown)) == {0.0, 1.0}


def test_lines_have_one_opacity():
    assert as_opacity(0.5, None).of_lines == 0.5
    with pytest.raises(TypeError, match="contours have one opacity for all"):
        as_opacity(image([[[1.0]]]), None).of_lines  # noqa: B018


def test_above_and_below_an_image_nothing_is_seen():
    alpha = as_opacity(image(np.ones((1, 3, 1))), None)
    tall = Plane(np.zeros((11, 1)), (-1.0, 1.0, -7.0, 15.0))
    _, up = tall.centres
    np.testing.assert_array_equal(alpha.on(tall, cut)[:, 0] > 0, (up > -1) & (up < 5))


def test_an_image_of_one_voxel_is_enough():
    alpha = as_opacity(image([[[3.0]]]), None).on(plane_of((3, 3, 1)), cut)
    assert alpha[0, 0] == 1.0
    assert alpha[2, 2] == 0.0


def test_where_the_image_is_elsewhere_nothing_is_seen():
    far = AFFINE.copy()
    far[2, 3] = 500.0
    alpha = as_opacity(image(np.ones((2, 2, 1)), far), None)
    assert not alpha.on(plane_of((2, 2, 1)), cut).any()


def test_an_image_of_zeros_is_invisible():
    alpha = as_opacity(image(np.zeros((2, 2, 1))), None).on(plane_of((2, 2, 1)), cut)
    assert not alpha.any()


@pytest.mark.parametrize("wrong", [(4, 2), (3,), "ab", 5, (-1, 4), (2, 2), (np.nan, 3)])
def test_a_range_is_two_numbers_the_lower_first(wrong):
    with pytest.raises(ValueError, match=r"transparency_range is .*; expected two"):
        as_opacity(image(np.full((2, 2, 1), 9.0)), wrong)


def test_a_range_above_all_values_is_an_error():
    with pytest.raises(ValueError, match=r"begins at 5; the image .* ends at 3\."):
        as_opacity(image(np.full((2, 2, 1), 3.0)), (5, 9))


def test_something_else_is_an_error_that_says_so():
    with pytest.raises(TypeError, match="image"):
        as_opacity([0.5, 0.3], None)
