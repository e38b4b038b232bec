"""Images are joined in order, resampled where asked."""

import warnings

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import DimensionError, GridError, ImageFileError
from boldglm._base.warnings import ImageWarning
from boldglm.image import concat_imgs, get_data, resample_img

AFFINE = np.diag([3.0, 3.0, 3.5, 1.0])


def _moved(step, turn=0.0):
    affine = AFFINE.copy()
    affine[:3, :3] = nib.eulerangles.euler2mat(turn) @ affine[:3, :3]
    affine[:3, 3] += step
    return affine


def test_scans_keep_their_order(rng):
    parts = [rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 3, 4, 3))]
    joined = concat_imgs([nib.Nifti1Image(part, AFFINE) for part in parts])
    expected = np.concatenate([parts[0][..., None], parts[1]], axis=3)
    np.testing.assert_array_equal(get_data(joined), expected.astype(np.float32))
    assert joined.get_data_dtype() == np.float32


def test_dtype_none_keeps_the_type_of_the_first():
    img = nib.Nifti1Image(np.ones((2, 2, 2), np.int16), AFFINE)
    assert get_data(concat_imgs([img, img], dtype=None)).dtype == np.int16


def test_the_header_of_the_first_comes_along():
    first = nib.Nifti1Image(np.zeros((2, 2, 2, 2)), AFFINE)
    first.header["descrip"] = b"run 1"
    first.header.set_zooms((3.0, 3.0, 3.5, 1.7))
    second = nib.Nifti1Image(np.zeros((2, 2, 2, 2)), AFFINE)
    joined = concat_imgs([first, second])
    assert joined.header["descrip"].item() == b"run 1"
    assert joined.header.get_zooms()[3] == np.float32(1.7)


def test_volumes_do_not_say_how_far_apart_they_are_in_time():
    """The time step of a 3-D header is a filler, unless it was filled in."""
    volume = nib.Nifti1Image(np.zeros((2, 2, 2), np.float32), AFFINE)
    volume.header.set_xyzt_units("mm", "sec")
    assert concat_imgs([volume] * 3).header.get_xyzt_units() == ("mm", "unknown")
    volume.header["pixdim"][4] = 2.5
    joined = concat_imgs([volume] * 3)
    assert joined.header.get_xyzt_units() == ("mm", "sec")
    assert joined.header.get_zooms()[3] == 2.5


def test_a_volume_that_lies_elsewhere_is_an_error():
    here = nib.Nifti1Image(np.full((4, 4, 4), 2.5, np.float32), AFFINE)
    there = nib.Nifti1Image(np.full((4, 4, 4), 2.5, np.float32), _moved(100.0))
    with pytest.raises(GridError, match=r"does not overlap with the first image"):
        concat_imgs([here, there], auto_resample=True)
    nearly = nib.Nifti1Image(np.full((4, 4, 4), 2.5, np.float32), _moved(8.9))
    assert get_data(concat_imgs([here, nearly], auto_resample=True))[..., 1].any()


def test_other_grids_are_an_error_that_shows_both(rng):
    images = [
        nib.Nifti1Image(rng.normal(size=(4, 4, 4)), affine)
        for affine in (AFFINE, AFFINE, _moved(1.0))
    ]
    with pytest.raises(GridError, match=r"(?s)image #2 .*affine.*auto_resample=True"):
        concat_imgs(images)


@pytest.mark.parametrize("dtype", ["f4", "i2", "f8"])
def test_realigned_volumes_are_resampled_as_resample_img_does(rng, dtype):
    data = (rng.random((9, 10, 8)) * 1000).astype(dtype)
    images = [
        nib.Nifti1Image(data, _moved(0.7 * k, 0.01 * k).astype(float)) for k in range(4)
    ]
    joined = get_data(concat_imgs(images, auto_resample=True))
    for k, img in enumerate(images):
        one = get_data(resample_img(img, AFFINE, (9, 10, 8)))
        np.testing.assert_array_equal(joined[..., k], one.astype(np.float32))


def test_realigned_volumes_are_those_of_nilearn(rng):
    nilearn_image = pytest.importorskip("nilearn.image")
    images = [
        nib.Nifti1Image(
            rng.random((9, 10, 8)).astype(np.float32), _moved(0.7 * k, 0.02)
        )
        for k in range(3)
    ]
    with pytest.warns(UserWarning, match="Affine is different"):
        expected = nilearn_image.concat_imgs(images, auto_resample=True)
    found = concat_imgs(images, auto_resample=True)
    # 1e-6 of the data range: both are scipy's spline, coordinates rounded at 1e-9
    np.testing.assert_allclose(get_data(found), expected.get_fdata(), atol=1e-6)
    np.testing.assert_allclose(found.affine, expected.affine)


@pytest.mark.parametrize("kind", ["i2", ">i2", "u1", "f4"])
@pytest.mark.parametrize("dtype", [np.float32, None, np.float64])
def test_realigned_files_are_those_of_nilearn(tmp_path, rng, kind, dtype):
    nilearn_image = pytest.importorskip("nilearn.image")
    paths = []
    for k in range(4):
        data = (rng.random((12, 14, 10)) * 200).astype(kind)
        img = nib.Nifti1Pair(data, _moved(0.31 * k, 0.015 * k))
        paths.append(tmp_path / f"f{k}.img")
        nib.save(img, paths[-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every image
        expected = nilearn_image.concat_imgs(paths, dtype=dtype, auto_resample=True)
    found = concat_imgs(paths, dtype=dtype, auto_resample=True)
    want = np.asarray(expected.dataobj)
    assert get_data(found).dtype == want.dtype
    # 1e-6 of the range; where nilearn truncates to integers, we round
    rounds = want.dtype.kind in "iu" or kind == "u1"
    atol = 1 if rounds else 1e-6 * want.max()
    np.testing.assert_allclose(get_data(found).astype(float), want, atol=atol, rtol=0)


@pytest.mark.parametrize("n_scans", [1, 3])
def test_a_series_on_another_grid_finds_its_place(rng, n_scans):
    volumes = rng.random((6, 7, 8, 3)).astype(np.float32)
    images = [
        nib.Nifti1Image(volumes[..., 0], AFFINE),
        nib.Nifti1Image(volumes[..., :n_scans], _moved(1.0, 0.1)),
        nib.Nifti1Image(volumes[..., 1], _moved(0.5)),
        nib.Nifti1Image(volumes, AFFINE),
    ]
    joined = get_data(concat_imgs(images, auto_resample=True))
    moved = [
        get_data(resample_img(img, AFFINE, (6, 7, 8))).reshape(6, 7, 8, -1)
        for img in images[1:3]
    ]
    expected = [volumes[..., :1], *moved, volumes]
    np.testing.assert_array_equal(joined, np.concatenate(expected, axis=3))


def test_a_movement_below_the_tolerance_is_no_other_grid(rng):
    images = [nib.Nifti1Image(rng.random((4, 4, 4)), _moved(s)) for s in (0, 1e-4)]
    joined = get_data(concat_imgs(images, dtype=None))
    np.testing.assert_array_equal(joined[..., 1], get_data(images[1]))


def test_nothing_is_written_to_the_inputs(rng, readonly):
    images = [
        nib.Nifti1Image(readonly(rng.random((4, 4, 4))), _moved(s)) for s in (0, 1)
    ]
    assert concat_imgs(images, auto_resample=True).shape == (4, 4, 4, 2)


def test_required_dimensions_count_the_list(rng):
    volume = nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE)
    series = nib.Nifti1Image(np.zeros((2, 2, 2, 2)), AFFINE)
    assert concat_imgs([volume, volume], ensure_ndim=4).shape == (2, 2, 2, 2)
    with pytest.raises(DimensionError, match="expected a 3D image in a list"):
        concat_imgs([series, series], ensure_ndim=4)


def test_an_empty_list_is_an_error():
    with pytest.raises(TypeError, match="no images to concatenate"):
        concat_imgs([])


def test_paths_and_patterns_are_joined_and_broken_files_named(tmp_path):
    for k in range(3):
        img = nib.Nifti1Image(np.full((2, 2, 2), k, np.float32), AFFINE)
        nib.save(img, tmp_path / f"v{k}.nii")
    joined = concat_imgs(str(tmp_path / "v*.nii"))
    np.testing.assert_array_equal(get_data(joined)[0, 0, 0], [0, 1, 2])
    (tmp_path / "v1.nii").write_bytes((tmp_path / "v0.nii").read_bytes()[:360])
    with pytest.raises(ImageFileError, match=r"v1\.nii is truncated"):
        concat_imgs(str(tmp_path / "v*.nii"))


def test_one_second_between_scans_stays(rng):
    """Only in the header of a single volume is a 1 a filler."""
    series = nib.Nifti1Image(rng.normal(size=(2, 2, 2, 3)), AFFINE)
    series.header.set_zooms((3.0, 3.0, 3.5, 1.0))
    series.header.set_xyzt_units("mm", "sec")
    header = concat_imgs([series, series]).header
    assert header.get_xyzt_units() == ("mm", "sec")
    assert header["pixdim"][4] == 1


@pytest.mark.parametrize("kind", ["u1", "i2"])
def test_resampled_integers_are_what_they_are_alone(rng, kind):
    first = nib.Nifti1Image(np.ones((6, 6, 6), np.float32), AFFINE)
    data = rng.integers(0, 200, (6, 6, 6)).astype(kind)
    moved = nib.Nifti1Image(data, _moved(1.0, 0.2))
    joined = concat_imgs([first, moved], auto_resample=True)
    alone = resample_img(moved, AFFINE, (6, 6, 6))
    np.testing.assert_array_equal(get_data(joined)[..., 1], get_data(alone))


def test_what_threads_warn_of_is_said_once_to_the_line_of_the_user(rng):
    data = rng.normal(size=(5, 5, 5))
    spoilt = data.copy()
    spoilt[2, 2, 2] = np.nan
    first = nib.Nifti1Image(data, AFFINE)
    moved = [nib.Nifti1Image(spoilt, _moved(0.1 * k)) for k in range(1, 9)]
    with pytest.warns(ImageWarning, match="not finite") as told:
        concat_imgs([first, *moved], auto_resample=True)
    assert [one.filename for one in told] == [__file__]
