"""Images are cut to what is in them, and stay in their place."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import ImageWarning
from boldglm.image import crop_img, get_data
from boldglm.image.grid import Grid

AFFINE = np.array([[-3.0, 0, 0.4, 7], [0, 2, 0, -9], [0.1, 0, 4, 1], [0, 0, 0, 1]])


def _blob(rng, ndim=3):
    shape = (9, 8, 10) if ndim == 3 else (9, 8, 10, 4)
    data = np.zeros(shape)
    data[2:5, 3:8, 4:6] = rng.normal(size=(3, 5, 2, *shape[3:]))
    return data


@pytest.mark.parametrize("ndim", [3, 4])
@pytest.mark.parametrize("pad", [True, False])
def test_crops_are_those_of_nilearn(rng, readonly, ndim, pad):
    nilearn_image = pytest.importorskip("nilearn.image")
    img = nib.Nifti1Image(readonly(_blob(rng, ndim)), AFFINE)
    expected, offset = nilearn_image.crop_img(
        img, pad=pad, return_offset=True, copy_header=True
    )
    found, where = crop_img(img, pad=pad, return_offset=True)
    assert where == tuple(offset)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    np.testing.assert_allclose(found.affine, expected.affine)


def test_voxels_stay_in_their_place(rng):
    data = _blob(rng)
    found, where = crop_img(nib.Nifti1Image(data, AFFINE), return_offset=True)
    start = [cut.start for cut in where]
    np.testing.assert_allclose(
        Grid(found.shape, found.affine).world_from_voxel([0, 0, 0]),
        Grid(data.shape, AFFINE).world_from_voxel(start),
    )


def test_values_below_the_tolerance_are_nothing():
    data = np.full((5, 5, 5), 1e-3)
    data[2, 2, 2] = -1.0
    img = nib.Nifti1Image(data, AFFINE)
    assert crop_img(img, rtol=1e-2, pad=False).shape == (1, 1, 1)
    assert crop_img(img, rtol=1e-4).shape == (5, 5, 5)


def test_nan_outside_the_brain_is_cut_away(rng):
    data = _blob(rng)
    inside = data != 0
    with_nan = np.where(inside, data, np.nan)
    found = crop_img(nib.Nifti1Image(with_nan, AFFINE), pad=False)
    assert found.shape == (3, 5, 2)


def test_an_image_of_nothing_is_returned_whole_with_a_warning():
    img = nib.Nifti1Image(np.zeros((3, 4, 5)), AFFINE)
    with pytest.warns(ImageWarning, match="has no values above"):
        found, where = crop_img(img, return_offset=True)
    assert found.shape == (3, 4, 5)
    assert where == (slice(0, 3), slice(0, 4), slice(0, 5))


def test_a_copy_is_made_unless_refused(rng):
    img = nib.Nifti1Image(_blob(rng), AFFINE)
    assert not np.shares_memory(get_data(crop_img(img)), get_data(img))
    assert np.shares_memory(get_data(crop_img(img, copy=False)), get_data(img))


@pytest.mark.parametrize("ndim", [3, 4])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_file_is_cropped_as_its_image_is(rng, tmp_path, ndim, name):
    img = nib.Nifti1Image(_blob(rng, ndim).astype(np.float32), AFFINE)
    nib.save(img, tmp_path / name)
    expected = crop_img(img)
    found, where = crop_img(tmp_path / name, return_offset=True)
    np.testing.assert_array_equal(get_data(found), get_data(expected))
    np.testing.assert_allclose(found.affine, expected.affine)
    assert get_data(found).flags.f_contiguous
    # cropped once more there is nothing to take off
    nib.save(found, tmp_path / f"b{name}")
    again = crop_img(tmp_path / f"b{name}")
    np.testing.assert_array_equal(get_data(again), get_data(found))
    assert all(cut.start > 0 for cut in where)
