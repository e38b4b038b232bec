"""Whatever a user may pass arrives as one image of checked dimensions."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import DimensionError, GridError, ImageFileError
from boldglm.image import check_niimg, check_niimg_3d, check_niimg_4d, load_img
from boldglm.image import get_data as data_of
from boldglm.image.files import n_scans, read_grid

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture
def folder(tmp_path, rng):
    """Three volumes a-1, a-2, a-10 and a series of four scans."""
    for number in (1, 2, 10):
        data = np.full((2, 3, 4), number, np.int16)
        nib.save(nib.Nifti1Image(data, AFFINE), tmp_path / f"a-{number:02d}.nii")
    series = rng.normal(size=(2, 3, 4, 5)).astype(np.float32)
    nib.save(nib.Nifti1Image(series, AFFINE), tmp_path / "series.nii.gz")
    nib.save(nib.Nifti1Image(series, AFFINE), tmp_path / "odd[1].nii")
    return tmp_path


def test_a_path_is_opened_without_reading_voxels(folder):
    img = load_img(folder / "series.nii.gz")
    assert img.shape == (2, 3, 4, 5)
    assert not img.in_memory
    assert load_img(str(folder / "series.nii.gz")).shape == img.shape


def test_an_image_passes_as_it_is():
    img = nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE)
    assert load_img(img) is img
    assert check_niimg(img) is img


def test_home_and_patterns_are_expanded_in_order(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    for pattern in ("~/a-*.nii", str(folder / "a-*.nii"), folder / "a-[012]*.nii"):
        img = load_img(pattern)
        np.testing.assert_array_equal(data_of(img)[0, 0, 0], [1, 2, 10])
        assert img.get_data_dtype() == np.int16


def test_a_pattern_that_matches_one_file_is_that_file(folder):
    assert load_img(folder / "ser*.nii.gz").shape == (2, 3, 4, 5)
    assert load_img(folder / "a-1*.nii").shape == (2, 3, 4)


def test_a_file_whose_name_looks_like_a_pattern_is_found(folder):
    assert load_img(folder / "odd[1].nii").shape == (2, 3, 4, 5)
    assert load_img(folder / "odd[1].nii", wildcards=False).shape == (2, 3, 4, 5)


def test_without_wildcards_a_pattern_is_a_missing_file(folder):
    with pytest.raises(ImageFileError, match="File not found"):
        load_img(folder / "a-*.nii", wildcards=False)


def test_a_pattern_without_match_says_so(folder):
    with pytest.raises(ImageFileError, match=r"No files match '.*b-\*\.nii'"):
        load_img(folder / "b-*.nii")


def test_lists_tuples_generators_and_series_of_paths_are_joined(folder):
    pandas = pytest.importorskip("pandas")
    paths = sorted(folder.glob("a-*.nii"))
    for given in (paths, tuple(paths), (p for p in paths), pandas.Series(paths)):
        np.testing.assert_array_equal(data_of(load_img(given))[0, 0, 0], [1, 2, 10])
    mixed = [paths[0], str(paths[1]), nib.load(paths[2])]
    assert load_img(mixed).shape == (2, 3, 4, 3)


def test_dtype_casts_and_auto_picks_the_usual_one(folder):
    volume, series = folder / "a-01.nii", folder / "series.nii.gz"
    assert load_img(volume, dtype=np.float64).get_data_dtype() == np.float64
    assert load_img(volume, dtype="auto").get_data_dtype() == np.int32
    assert load_img(series, dtype="auto").get_data_dtype() == np.float32
    assert not load_img(series, dtype=np.float32).in_memory
    assert data_of(load_img([volume] * 2, dtype="f4")).dtype == np.float32


def test_dimensions_are_checked_by_name(folder):
    assert check_niimg_3d(folder / "a-01.nii").shape == (2, 3, 4)
    assert check_niimg_4d(folder / "series.nii.gz").shape == (2, 3, 4, 5)
    with pytest.raises(DimensionError, match=r"series\.nii\.gz has 4 .* a 3D image"):
        check_niimg_3d(folder / "series.nii.gz")
    with pytest.raises(DimensionError, match=r"a-01\.nii has 3 .* a 4D image"):
        check_niimg_4d(folder / "a-01.nii")


def test_one_scan_passes_as_a_volume_and_a_volume_as_one_scan():
    scan = nib.Nifti1Image(np.ones((2, 2, 2, 1)), AFFINE)
    assert check_niimg_3d(scan).shape == (2, 2, 2)
    volume = nib.Nifti1Image(np.ones((2, 2, 2)), AFFINE)
    assert check_niimg(volume, atleast_4d=True).shape == (2, 2, 2, 1)


def test_a_list_counts_as_one_dimension(folder):
    series = folder / "series.nii.gz"
    with pytest.raises(DimensionError, match="expected a 3D image in a list"):
        check_niimg_4d([series, series])
    with pytest.raises(DimensionError, match="expected one 3D image"):
        check_niimg_3d([folder / "a-01.nii"])
    assert check_niimg([series, series]).shape == (2, 3, 4, 10)


@pytest.mark.parametrize("shape", [(3, 3), (2, 2, 2, 2, 2)])
def test_other_dimensions_are_refused(shape):
    with pytest.raises(DimensionError, match="expected 3, or 4 with one volume per"):
        check_niimg(nib.Nifti1Image(np.zeros(shape), AFFINE))


def test_an_image_without_voxels_is_refused():
    with pytest.raises(ImageFileError, match="is empty"):
        check_niimg(nib.Nifti1Image(np.zeros((0, 2, 2)), AFFINE))


@pytest.mark.parametrize("thing", [0, None, np.float64(3), b"a.nii", {"a": 1}])
def test_what_is_no_image_is_named_with_its_type(thing):
    with pytest.raises(TypeError, match=f"got {type(thing).__name__}"):
        load_img(thing)


def test_an_empty_list_is_refused():
    with pytest.raises(TypeError, match="the list is empty"):
        load_img([])
    with pytest.raises(TypeError, match="the list is empty"):
        read_grid([])


def test_images_on_other_grids_are_not_joined(folder):
    other = nib.Nifti1Image(np.zeros((2, 3, 4)), AFFINE * 1.1)
    with pytest.raises(GridError, match="Field of view of image #1 is different"):
        load_img([folder / "a-01.nii", other])


def test_scans_come_one_by_one(folder):
    whole = data_of(load_img(folder / "series.nii.gz"))
    scans = check_niimg_4d(folder / "series.nii.gz", return_iterator=True)
    for number, scan in enumerate(scans):
        assert isinstance(scan, nib.Nifti1Image)
        np.testing.assert_array_equal(data_of(scan), whole[..., number])
    assert number == 4
    paths = sorted(folder.glob("a-*.nii"))
    scans = check_niimg_4d(paths, return_iterator=True)
    assert [data_of(scan)[0, 0, 0] for scan in scans] == [1, 2, 10]
    with pytest.raises(DimensionError, match="no scans to iterate"):
        check_niimg(paths[0], return_iterator=True)


def test_scans_and_grids_come_from_headers_alone(folder, rng):
    series, volumes = folder / "large.nii.gz", sorted(folder.glob("a-*.nii"))
    noise = rng.random((2, 3, 4, 9000)).astype(np.float32)
    nib.save(nib.Nifti1Image(noise, AFFINE), series)
    # a file whose voxels are missing still has its header
    series.write_bytes(series.read_bytes()[:300_000])
    assert n_scans(series) == 9000
    assert n_scans(volumes) == 3
    assert n_scans([series, series, volumes[0]]) == 18001
    assert n_scans(folder / "a-*.nii") == 3
    assert read_grid([series, *volumes]).shape == (2, 3, 4)
    np.testing.assert_array_equal(read_grid(series).affine, AFFINE)
    with pytest.raises(ImageFileError, match=r"large\.nii\.gz"):
        data_of(load_img(series))


def test_any_path_like_object_is_a_path(folder):
    class Place:
        def __fspath__(self):
            return str(folder / "a-*.nii")

    assert load_img(Place()).shape == (2, 3, 4, 3)
    assert n_scans([Place(), Place()]) == 6


def test_a_relative_path_is_found(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert load_img("a-01.nii").shape == (2, 3, 4)
    assert load_img(Path("a-01.nii")).shape == (2, 3, 4)


def test_the_two_files_of_a_pair_are_one_image(tmp_path):
    for number in range(3):
        volume = nib.Nifti1Pair(np.full((2, 2, 2), number, np.int16), AFFINE)
        nib.save(volume, tmp_path / f"scan-{number}.img")
    assert len(list(tmp_path.glob("*"))) == 6
    for pattern in ("*", "scan-*", "*.img", "*.hdr", "scan-?.*"):
        assert load_img(tmp_path / pattern).shape == (2, 2, 2, 3)
