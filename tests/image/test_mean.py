"""Means over scans, then over images."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import GridError
from boldglm.image import get_data, mean_img, resample_img
from boldglm.image.mean import mean_volume

AFFINE = np.diag([3.0, 3.0, 3.5, 1.0])


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8"])
def test_the_mean_of_a_series_is_numpys(rng, dtype):
    data = (rng.random((4, 5, 6, 50)) * 200).astype(dtype)
    mean = mean_img(nib.Nifti1Image(data, AFFINE))
    exact = data.mean(axis=3, dtype=np.float64)
    wide = dtype == "f8"
    np.testing.assert_allclose(get_data(mean), exact, rtol=1e-14 if wide else 1e-7)
    assert get_data(mean).dtype == (np.float64 if wide else np.float32)


def test_float32_sums_do_not_drift():
    data = np.full((1, 1, 1, 30_000), 1000.1, np.float32)
    mean = get_data(mean_img(nib.Nifti1Image(data, AFFINE))).item()
    assert mean == np.float32(1000.1)


def test_images_weigh_the_same_whatever_their_length(rng):
    runs = [rng.normal(size=(3, 3, 3, n)) for n in (2, 11, 1)]
    images = [nib.Nifti1Image(run, AFFINE) for run in runs]
    expected = np.mean([run.mean(axis=3) for run in runs], axis=0)
    for n_jobs in (1, 2):
        mean = mean_img(images, n_jobs=n_jobs)
        np.testing.assert_allclose(get_data(mean), expected, atol=1e-15)
    volume = nib.Nifti1Image(runs[0][..., 0], AFFINE)
    np.testing.assert_array_equal(get_data(mean_img(volume)), runs[0][..., 0])


def test_an_inner_list_is_one_image(rng):
    a, b, c = (nib.Nifti1Image(rng.normal(size=(3, 3, 3)), AFFINE) for _ in range(3))
    mean = get_data(mean_img([[a, b], c]))
    expected = ((get_data(a) + get_data(b)) / 2 + get_data(c)) / 2
    np.testing.assert_allclose(mean, expected, atol=1e-15)


@pytest.mark.parametrize(
    ("affine", "shape"),
    [
        (None, None),
        (np.diag([4.0, 4.0, 4.0]), None),
        (np.diag([4.0, 4.0, 4.0, 1.0]), (5, 6, 7)),
    ],
)
def test_means_of_images_on_other_grids_are_those_of_nilearn(rng, affine, shape):
    nilearn_image = pytest.importorskip("nilearn.image")
    moved = AFFINE.copy()
    moved[:3, 3] += 1.2
    images = [
        nib.Nifti1Image(rng.random((8, 9, 7, 3)).astype(np.float32), a)
        for a in (AFFINE, moved)
    ]
    expected = nilearn_image.mean_img(images, affine, shape, copy_header=True)
    found = mean_img(images, affine, shape)
    # nilearn sums in float32
    np.testing.assert_allclose(get_data(found), expected.get_fdata(), atol=1e-6)
    np.testing.assert_allclose(found.affine, expected.affine)


def test_nan_stays_nan(rng):
    data = rng.normal(size=(2, 2, 2, 4))
    data[0, 0, 0, 2] = np.nan
    mean = get_data(mean_img(nib.Nifti1Image(data, AFFINE)))
    np.testing.assert_array_equal(np.isnan(mean), np.isnan(data.sum(axis=3)))


def test_the_header_comes_along_when_asked():
    img = nib.Nifti1Image(np.zeros((2, 2, 2, 2)), AFFINE)
    img.header["descrip"] = b"bold"
    assert mean_img(img).header["descrip"].item() == b"bold"
    assert mean_img(img, copy_header=False).header["descrip"].item() == b""


def test_an_empty_list_has_no_mean():
    with pytest.raises(TypeError, match="no images to average"):
        mean_img([])


def test_scans_of_one_mean_lie_on_one_grid():
    images = [nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE * k) for k in (1, 2)]
    with pytest.raises(GridError, match="Field of view"):
        mean_volume(images)


def test_paths_are_read(tmp_path, rng, readonly):
    data = readonly(rng.normal(size=(4, 4, 4, 9)).astype(np.float32))
    nib.save(nib.Nifti1Image(data, AFFINE), tmp_path / "run-1.nii.gz")
    nib.save(nib.Nifti1Image(data, AFFINE), tmp_path / "run-2.nii.gz")
    mean = mean_img(str(tmp_path / "run-*.nii.gz"))
    np.testing.assert_allclose(get_data(mean), data.mean(axis=3), atol=1e-6)
    one = mean_img(tmp_path / "run-1.nii.gz", np.diag([6.0, 6.0, 7.0]))
    two = resample_img(mean, np.diag([6.0, 6.0, 7.0]))
    np.testing.assert_allclose(get_data(one), get_data(two), atol=1e-6)


def test_infinities_of_both_signs_have_no_mean_and_no_warning():
    data = np.ones((2, 2, 2, 3), np.float32)
    data[0, 0, 0] = [np.inf, -np.inf, 1]
    mean = get_data(mean_img(nib.Nifti1Image(data, np.eye(4))))
    assert np.isnan(mean[0, 0, 0])
    assert np.isfinite(mean).sum() == 7
