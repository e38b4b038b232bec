"""Smoothed images are those of nilearn and scipy, whatever the file."""

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from boldglm._base.warnings import ImageWarning
from boldglm.image import get_data, smooth_img
from boldglm.image.smooth import Smoother

AFFINE = np.array([[0, -2.0, 0, 20], [2.5, 0, 0, -30], [0, 0, 3, -10], [0, 0, 0, 1]])


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("ndim", [3, 4])
@pytest.mark.parametrize("fwhm", [None, 5, 4.5, (2.0, 6.0, 0.0), [8, None, 3], "fast"])
def test_smoothed_images_are_those_of_nilearn(rng, fwhm, ndim, dtype):
    nilearn_image = pytest.importorskip("nilearn.image")
    shape = (10, 11, 9, 3)[:ndim]
    img = nib.Nifti1Image((rng.random(shape) * 200).astype(dtype), AFFINE)
    expected = nilearn_image.smooth_img(img, fwhm)
    found = smooth_img(img, fwhm)
    np.testing.assert_array_equal(get_data(found), np.asarray(expected.dataobj))
    assert get_data(found).dtype == np.asarray(expected.dataobj).dtype


def test_the_width_is_in_mm_whatever_the_voxel(rng):
    data = rng.random((10, 11, 9))
    sigma = 6 / np.sqrt(8 * np.log(2)) / np.array([2.5, 2.0, 3.0])
    found = get_data(smooth_img(nib.Nifti1Image(data, AFFINE), 6))
    np.testing.assert_allclose(found, gaussian_filter(data, sigma), atol=1e-14)


@pytest.mark.parametrize("fwhm", [None, 4, "fast"])
def test_not_finite_values_count_as_zero(rng, readonly, fwhm):
    data = rng.random((5, 6, 7, 2))
    data[1, 2, 3, 0], data[2, 2, 2, 1], data[0, 0, 0, 0] = np.nan, np.inf, -np.inf
    clean = np.where(np.isfinite(data), data, 0)
    found = smooth_img(nib.Nifti1Image(readonly(data), AFFINE), fwhm)
    expected = smooth_img(nib.Nifti1Image(clean, AFFINE), fwhm)
    np.testing.assert_array_equal(get_data(found), get_data(expected))


def test_lists_give_lists_and_patterns_too(tmp_path, rng):
    paths = []
    for k in range(2):
        paths.append(tmp_path / f"v{k}.nii.gz")
        nib.save(nib.Nifti1Image(rng.random((4, 4, 4)), AFFINE), paths[-1])
    found = smooth_img(paths, 4)
    assert [img.shape for img in found] == [(4, 4, 4)] * 2
    one = smooth_img(paths[1], 4)
    np.testing.assert_array_equal(get_data(found[1]), get_data(one))
    assert len(smooth_img(str(tmp_path / "v*.nii.gz"), 4)) == 2


def test_smoothing_commutes_with_flips(rng):
    img = nib.Nifti1Image(rng.random((6, 7, 8)), AFFINE)
    flipped = img.as_reoriented([[0, -1], [1, 1], [2, -1]])
    np.testing.assert_allclose(
        get_data(smooth_img(flipped, 5)),
        get_data(smooth_img(img, 5))[::-1, :, ::-1],
        atol=1e-15,
    )


def test_the_sum_is_preserved_away_from_the_border():
    data = np.zeros((21, 21, 21))
    data[10, 10, 10] = 3.0
    found = get_data(smooth_img(nib.Nifti1Image(data, np.diag([2.0, 2, 2, 1])), 6))
    np.testing.assert_allclose(found.sum(), 3.0, rtol=1e-12)


def test_a_width_of_zero_warns_and_smooths_nothing(rng):
    img = nib.Nifti1Image(rng.random((4, 4, 4)), AFFINE)
    with pytest.warns(ImageWarning, match="fwhm is 0: no smoothing"):
        found = smooth_img(img, 0)
    np.testing.assert_array_equal(get_data(found), get_data(img))


@pytest.mark.parametrize("fwhm", [-1, (1, 2), (1, 2, -3), "slow", np.nan, object()])
def test_an_impossible_width_is_an_error(fwhm):
    img = nib.Nifti1Image(np.zeros((4, 4, 4)), AFFINE)
    with pytest.raises(ValueError, match="expected millimetres, one number or three"):
        smooth_img(img, fwhm)


def test_the_header_comes_along(rng):
    img = nib.Nifti1Image(rng.random((4, 4, 4, 2)).astype(np.float32), AFFINE)
    img.header.set_zooms((2.5, 2.0, 3.0, 0.8))
    img.header["descrip"] = b"bold"
    found = smooth_img(img, 5)
    assert found.header["descrip"].item() == b"bold"
    assert found.header.get_zooms()[3] == np.float32(0.8)
    np.testing.assert_array_equal(found.affine, AFFINE)


@pytest.mark.parametrize("fwhm", [5.0, (3.0, 9.0, 0.0), "fast"])
def test_nothing_beyond_the_radius_counts(rng, fwhm):
    smoother = Smoother(fwhm, np.array([2.0, 2.5, 3.0]))
    volume = np.zeros((31, 31, 31, 1))
    volume[15, 15, 15] = 1.0
    spread = np.argwhere(smoother(volume)[..., 0] != 0)
    np.testing.assert_array_equal(spread.max(axis=0) - 15, smoother.radius)
