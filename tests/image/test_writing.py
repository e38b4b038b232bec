"""A saved image is whole under its name, or not there."""

import gzip
import math
import tracemalloc

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import ImageFileError
from boldglm.image import load_img, save_img

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture
def img(rng):
    return nib.Nifti1Image(rng.random((4, 5, 6, 3)).astype(np.float32), AFFINE)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.img", "a.hdr"])
def test_what_was_written_is_read_back(tmp_path, img, name):
    path = save_img(img, tmp_path / name)
    assert path == tmp_path / name
    again = nib.load(path)
    np.testing.assert_array_equal(again.get_fdata(), img.get_fdata())
    np.testing.assert_allclose(again.affine, AFFINE)
    assert again.get_data_dtype() == np.float32
    assert not list(tmp_path.glob(".writing*"))


def test_the_same_image_gives_the_same_bytes(tmp_path, img):
    one = save_img(img, tmp_path / "a.nii.gz").read_bytes()
    two = save_img(img, tmp_path / "b.nii.gz").read_bytes()
    assert one == two
    assert gzip.decompress(one) == img.to_bytes()


def test_home_is_expanded(tmp_path, img, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    save_img(img, "~/a.nii")
    assert (tmp_path / "a.nii").exists()


DISK_TYPES = ["u1", "i2", "i4", "f4", "f8", ">i2", ">f4"]


@pytest.mark.parametrize("disk", DISK_TYPES)
@pytest.mark.parametrize("values", ["u1", "i2", "i8", "f4", "f8"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_bytes_are_those_of_nibabel(tmp_path, rng, values, disk, order):
    data = np.array(rng.random((3, 4, 5, 6)) * 100, dtype=values, order=order)
    endianness = ">" if disk.startswith(">") else "<"
    header = nib.Nifti1Header(endianness=endianness)
    header.set_data_dtype(np.int16)
    img = nib.Nifti1Image(data, AFFINE, header)
    img.set_data_dtype(disk)
    save_img(img, tmp_path / "a.nii")
    assert (tmp_path / "a.nii").read_bytes() == img.to_bytes()


@pytest.mark.parametrize("name", ["a.nii", "a.img", "a.hdr"])
@pytest.mark.parametrize("disk", ["f4", "i2"])
@pytest.mark.parametrize(
    "klass", [nib.Nifti1Image, nib.Nifti1Pair, nib.Nifti2Image, nib.Nifti2Pair]
)
def test_files_in_one_and_two_parts_are_those_of_nibabel(
    tmp_path, rng, name, disk, klass
):
    img = klass(rng.random((3, 4, 5, 6)), AFFINE)
    img.set_data_dtype(disk)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").mkdir()
    save_img(img, tmp_path / "ours" / name)
    nib.save(img, tmp_path / "theirs" / name)
    for theirs in (tmp_path / "theirs").iterdir():
        assert (tmp_path / "ours" / theirs.name).read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("klass", [nib.Nifti1Image, nib.Nifti2Image])
def test_header_extensions_are_kept(tmp_path, img, klass):
    img = klass(img.dataobj, AFFINE, img.header)
    comment = nib.nifti1.Nifti1Extension("comment", b"made by hand")
    img.header.extensions.append(comment)
    again = nib.load(save_img(img, tmp_path / "a.nii.gz"))
    assert type(again) is klass
    assert again.header.extensions[0].get_content() == b"made by hand"
    np.testing.assert_array_equal(again.get_fdata(), img.get_fdata())


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_scaled_integers_are_copied_with_their_scale(tmp_path, rng, name):
    scaled = nib.Nifti1Image(rng.normal(1000, 50, (3, 4, 5, 6)), AFFINE)
    scaled.set_data_dtype(np.int16)
    nib.save(scaled, tmp_path / name)
    first = load_img(tmp_path / name)
    again = nib.load(save_img(first, tmp_path / f"copy_{name}"))
    assert again.get_data_dtype() == np.int16
    assert (again.dataobj.slope, again.dataobj.inter) == (
        first.dataobj.slope,
        first.dataobj.inter,
    )
    np.testing.assert_array_equal(
        again.dataobj.get_unscaled(), first.dataobj.get_unscaled()
    )


def test_scaled_integers_become_floats_where_the_header_asks(tmp_path, rng):
    scaled = nib.Nifti1Image(rng.normal(1000, 50, (3, 4, 5, 6)), AFFINE)
    scaled.set_data_dtype(np.int16)
    nib.save(scaled, tmp_path / "a.nii.gz")
    first = load_img(tmp_path / "a.nii.gz")
    first.set_data_dtype(np.float32)
    again = nib.load(save_img(first, tmp_path / "b.nii.gz"))
    assert again.get_data_dtype() == np.float32
    np.testing.assert_array_equal(
        again.get_fdata(), first.get_fdata().astype(np.float32)
    )


def test_the_values_are_those_of_the_image_whatever_scale_its_header_names(
    tmp_path, rng
):
    img = nib.Nifti1Image(rng.integers(0, 99, (3, 4, 5)).astype(np.int16), AFFINE)
    img.header.set_slope_inter(0.5, 10.0)
    again = nib.load(save_img(img, tmp_path / "a.nii"))
    np.testing.assert_array_equal(again.get_fdata(), img.get_fdata())


def test_values_that_integers_on_disk_do_not_hold_get_a_scale(tmp_path, rng):
    img = nib.Nifti1Image(rng.normal(0, 1, (3, 4, 5)), AFFINE)
    img.set_data_dtype(np.int16)
    again = nib.load(save_img(img, tmp_path / "a.nii.gz"))
    assert again.dataobj.slope != 1
    np.testing.assert_allclose(again.get_fdata(), img.get_fdata(), atol=1e-4)


def test_complex_images_are_written_too(tmp_path, rng):
    values = (rng.random((3, 4, 5)) + 1j).astype(np.complex64)
    again = nib.load(save_img(nib.Nifti1Image(values, AFFINE), tmp_path / "a.nii.gz"))
    np.testing.assert_array_equal(np.asarray(again.dataobj), values)


def test_writing_a_run_from_file_to_file_takes_the_memory_of_blocks(tmp_path):
    """A run of 128 MB is copied within 100 MB, which a second copy would exceed."""
    shape = (64, 64, 32, 256)
    with (tmp_path / "a.nii").open("wb") as file:
        nib.Nifti1Image(np.zeros((1, 1, 1, 1), np.float32), AFFINE)
        header = nib.Nifti1Header()
        header.set_data_shape(shape)
        header.set_data_dtype(np.float32)
        header["magic"] = b"n+1"
        header.set_data_offset(352)
        header.write_to(file)
        file.truncate(352 + 4 * math.prod(shape))
    save_img(load_img(tmp_path / "a.nii"), tmp_path / "warm.nii")
    tracemalloc.start()
    try:
        save_img(load_img(tmp_path / "a.nii"), tmp_path / "b.nii.gz")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100e6


def test_an_image_may_replace_the_file_it_was_read_from(tmp_path, img):
    path = save_img(img, tmp_path / "a.nii")
    lazy = load_img(path)
    save_img(lazy, path)
    np.testing.assert_array_equal(nib.load(path).get_fdata(), img.get_fdata())


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.img"])
def test_the_image_does_not_remember_where_it_was_written(tmp_path, img, name):
    img.header.set_xyzt_units("mm", "sec")
    before = img.to_bytes(), img.header.copy()
    fresh = nib.Nifti1Image(img.dataobj, AFFINE, img.header)
    save_img(fresh, tmp_path / name)
    assert fresh.get_filename() is None
    assert fresh.header == before[1]
    assert fresh.to_bytes() == before[0]


def test_a_missing_folder_is_named(tmp_path, img):
    with pytest.raises(ImageFileError, match=r"folder '.*none' does not exist"):
        save_img(img, tmp_path / "none" / "a.nii")


def test_an_unknown_suffix_is_refused(tmp_path, img):
    with pytest.raises(ImageFileError, match=r"Cannot write .*a\.jpg"):
        save_img(img, tmp_path / "a.jpg")


def test_only_images_are_written(tmp_path):
    with pytest.raises(TypeError, match="got a ndarray"):
        save_img(np.zeros((2, 2, 2)), tmp_path / "a.nii")


@pytest.mark.parametrize("name", ["z", "z.png", "sub-01.v2", "z.gz"])
def test_a_name_that_chooses_no_format_is_told(name, tmp_path):
    """nibabel would write another file than it was told, or name its draft."""
    img = nib.Nifti1Image(np.ones((2, 2, 2), np.float32), np.eye(4))
    with pytest.raises(ImageFileError, match=r"ends in none of .*\.nii or \.nii\.gz"):
        save_img(img, tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["z.nii", "z.NII.GZ", "z.nii.bz2", "z.mgz", "z.img"])
def test_a_file_has_the_name_that_was_asked_for(name, tmp_path):
    img = nib.Nifti1Image(np.ones((2, 2, 2), np.float32), np.eye(4))
    assert save_img(img, tmp_path / name) == tmp_path / name
    assert (tmp_path / name).is_file()
