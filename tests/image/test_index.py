"""Scans are taken out of files without reading more than needed."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import DimensionError
from boldglm.image import get_data, index_img, iter_img

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
INDICES = [
    0,
    -1,
    np.int64(3),
    slice(2, 8),
    slice(None, None, 3),
    slice(8, 2, -2),
    [5],
    [7, 1, 1, 4],
    np.array([-2, 0]),
    np.arange(10) % 2 == 0,
]


@pytest.fixture(params=["memory", "a.nii", "a.nii.gz"])
def series(request, tmp_path, rng):
    data = (rng.random((3, 4, 5, 10)) * 100).astype(np.int16)
    img = nib.Nifti1Image(data, AFFINE)
    img.header["descrip"] = b"bold"
    if request.param == "memory":
        return img
    nib.save(img, tmp_path / request.param)
    return tmp_path / request.param


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_an_index_does_what_it_does_to_an_array(series, index):
    taken = index_img(series, index)
    np.testing.assert_array_equal(get_data(taken), get_data(series)[..., index])
    np.testing.assert_array_equal(taken.affine, AFFINE)
    assert taken.get_data_dtype() == np.int16
    assert taken.header["descrip"].item() == b"bold"


def test_pandas_indices_are_accepted(series):
    pandas = pytest.importorskip("pandas")
    chosen = pandas.Series([True] * 3 + [False] * 7)
    assert index_img(series, chosen).shape == (3, 4, 5, 3)
    assert index_img(series, chosen.to_frame()).shape == (3, 4, 5, 3)


@pytest.mark.parametrize("index", [10, -11, [0, 99], np.ones(9, bool)], ids=str)
def test_a_scan_that_is_not_there_is_an_index_error(series, index):
    with pytest.raises(IndexError, match=r"scan .* of "):
        index_img(series, index)


def test_an_index_that_takes_nothing_is_an_index_error(series):
    with pytest.raises(IndexError, match="takes no scan"):
        index_img(series, slice(4, 4))


def test_a_scan_before_the_damage_of_a_file_can_be_had(tmp_path, rng):
    data = rng.random((20, 20, 20, 10)).astype(np.float32)
    nib.save(nib.Nifti1Image(data, AFFINE), tmp_path / "a.nii.gz")
    whole = (tmp_path / "a.nii.gz").read_bytes()
    (tmp_path / "a.nii.gz").write_bytes(whole[: len(whole) // 2])
    found = get_data(index_img(tmp_path / "a.nii.gz", 2))
    np.testing.assert_array_equal(found, data[..., 2])


def test_a_list_of_volumes_is_indexed_too(rng):
    volumes = [nib.Nifti1Image(rng.random((2, 2, 2)), AFFINE) for _ in range(3)]
    np.testing.assert_array_equal(get_data(index_img(volumes, 1)), get_data(volumes[1]))


def test_a_volume_has_no_scans():
    volume = nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE)
    with pytest.raises(DimensionError, match="4D"):
        index_img(volume, 0)
    with pytest.raises(DimensionError, match="no scans"):
        iter_img(volume)


def test_scans_follow_each_other(series):
    data = get_data(series)
    found = [get_data(scan) for scan in iter_img(series)]
    np.testing.assert_array_equal(np.stack(found, axis=3), data)


def test_scans_are_the_callers_own(series):
    before = get_data(series).copy()
    for scan in iter_img(series):
        get_data(scan)[...] = -1
    get_data(index_img(series, slice(0, 3)))[...] = -1
    np.testing.assert_array_equal(get_data(series), before)
