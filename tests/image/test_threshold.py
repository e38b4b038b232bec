"""Thresholds keep what reaches them, clusters of enough voxels."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import ImageWarning
from boldglm.image import binarize_img, get_data, smooth_img, threshold_img

AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])


@pytest.fixture
def stat(rng, readonly):
    noise = nib.Nifti1Image(rng.normal(size=(12, 13, 11)), AFFINE)
    data = get_data(smooth_img(noise, 4.0))
    return nib.Nifti1Image(readonly(data / data.std()), AFFINE)


@pytest.fixture
def mask(rng):
    inside = np.zeros((12, 13, 11), np.uint8)
    inside[2:10, 3:11, 2:9] = 1
    return nib.Nifti1Image(inside, AFFINE)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize(
    ("threshold", "two_sided"),
    [
        (1.5, True),
        (1.5, False),
        (-1.2, False),
        ("95%", True),
        ("80%", False),
        (0, True),
    ],
)
@pytest.mark.parametrize("size", [0, 1, 7])
def test_thresholded_maps_are_those_of_nilearn(
    stat, mask, masked, threshold, two_sided, size
):
    nilearn_image = pytest.importorskip("nilearn.image")
    options = {
        "cluster_threshold": size,
        "two_sided": two_sided,
        "mask_img": mask if masked else None,
        "copy_header": True,
    }
    expected = nilearn_image.threshold_img(stat, threshold, **options)
    found = threshold_img(stat, threshold, **options)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())


def test_a_cluster_that_fills_a_volume_of_one_sign_is_kept():
    img = nib.Nifti1Image(np.full((3, 3, 3), 2.0), AFFINE)
    assert get_data(threshold_img(img, 1.0, cluster_threshold=27)).all()
    assert not get_data(threshold_img(img, 1.0, cluster_threshold=28)).any()


def test_each_scan_has_its_own_clusters():
    data = np.zeros((4, 1, 1, 2))
    data[0:2, ..., 0] = 3
    data[0, ..., 1] = data[2, ..., 1] = -3
    found = threshold_img(nib.Nifti1Image(data, AFFINE), 1.0, cluster_threshold=2)
    assert get_data(found)[..., 0].sum() == 6
    assert not get_data(found)[..., 1].any()


def test_not_finite_is_nothing():
    data = np.array([[[np.nan, np.inf, 5.0]]])
    with pytest.warns(ImageWarning, match="img has 1 infinite values"):
        found = get_data(threshold_img(nib.Nifti1Image(data, AFFINE), 1.0))
    np.testing.assert_array_equal(found, [[[0, 0, 5.0]]])


def test_a_mask_on_another_grid_is_brought_over(stat, mask):
    coarse = nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.diag([4.0, 4, 4, 1]))
    kept = get_data(threshold_img(stat, 0.0, mask_img=coarse)) != 0
    assert kept[:3, :3, :3].all()
    assert not kept[4:].any()


def test_a_threshold_that_nothing_reaches_warns(stat):
    with pytest.warns(ImageWarning, match=r"No value reaches threshold=99\.0"):
        assert not get_data(threshold_img(stat, 99)).any()
    with pytest.warns(ImageWarning, match="No value reaches"):
        threshold_img(stat, -99, two_sided=False)


def test_a_negative_two_sided_threshold_is_an_error(stat):
    with pytest.raises(ValueError, match=r"threshold=-2\.0 is negative.*two_sided=F"):
        threshold_img(stat, -2)


@pytest.mark.parametrize("threshold", ["95", "x%", "-5%", "101%"])
def test_a_percentile_is_checked(stat, threshold):
    with pytest.raises(ValueError, match="number from 0 to 100"):
        threshold_img(stat, threshold)


@pytest.mark.parametrize("threshold", [None, [1, 2], True])
def test_a_threshold_is_a_number(stat, threshold):
    with pytest.raises(TypeError, match="expected a number or a percentile"):
        threshold_img(stat, threshold)


def test_lists_are_not_thresholded(stat):
    with pytest.raises(TypeError, match="pass them one by one"):
        threshold_img([stat, stat], 1.0)


@pytest.mark.parametrize("two_sided", [True, False])
def test_binarized_maps_are_those_of_nilearn(stat, mask, two_sided):
    nilearn_image = pytest.importorskip("nilearn.image")
    options = {"mask_img": mask, "two_sided": two_sided, "copy_header": True}
    expected = nilearn_image.binarize_img(stat, 1.0, **options)
    found = binarize_img(stat, 1.0, **options)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    assert get_data(found).dtype == np.int8
