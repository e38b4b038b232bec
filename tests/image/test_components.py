"""The largest part of an image, as a mask."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import DimensionError, MaskError
from boldglm.image import get_data, largest_connected_component_img


def _line(values, dtype="f4"):
    data = np.reshape(values, (1, 1, -1)).astype(dtype)
    return nib.Nifti1Image(data, np.diag([2.0, 3.0, 4.0, 1.0]))


@pytest.mark.parametrize("dtype", ["u1", "i2", ">i2", "f4", "f8"])
def test_the_largest_part_is_that_of_nilearn(rng, dtype):
    peer = pytest.importorskip("nilearn.image")
    data = ((rng.random((6, 7, 8)) > 0.7) * 3).astype(dtype)
    img = nib.Nifti1Image(data, np.eye(4))
    found = largest_connected_component_img(img)
    expected = peer.largest_connected_component_img(img)
    np.testing.assert_array_equal(get_data(found), peer.get_data(expected))
    assert get_data(found).dtype == np.uint8
    np.testing.assert_array_equal(found.affine, img.affine)


def test_a_list_gives_a_list():
    one, two = _line([1, 0, 2, 2]), _line([1, 1, 0, 2])
    assert isinstance(largest_connected_component_img(one), nib.Nifti1Image)
    found = largest_connected_component_img([one, two])
    np.testing.assert_array_equal(get_data(found[0]).ravel(), [0, 0, 1, 1])
    np.testing.assert_array_equal(get_data(found[1]).ravel(), [1, 1, 0, 0])


def test_what_is_not_finite_belongs_to_no_part():
    img = _line([np.nan, np.nan, np.inf, 0, -2, 1])
    found = largest_connected_component_img(img)
    np.testing.assert_array_equal(get_data(found).ravel(), [0, 0, 0, 0, 1, 1])


def test_of_nothing_there_is_no_part():
    with pytest.raises(MaskError, match="has no non-zero values"):
        largest_connected_component_img(_line([0, 0, np.nan]))
    with pytest.raises(DimensionError, match="expected a 3D image"):
        largest_connected_component_img(nib.Nifti1Image(np.ones((1, 1, 2, 2)), None))
