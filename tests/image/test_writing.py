"""A saved image is whole under its name, or not there."""

import errno
import gzip

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


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_full_disk_leaves_the_old_file_and_no_other(tmp_path, img, name, monkeypatch):
    save_img(img, tmp_path / name)
    before = (tmp_path / name).read_bytes()

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(nib.Nifti1Image, "to_stream", full)
    monkeypatch.setattr(nib, "save", full)
    with pytest.raises(ImageFileError, match=f"Cannot write .*{name}.*No space left"):
        save_img(img, tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before


def test_a_file_size_limit_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    large = nib.Nifti1Image(
        np.random.default_rng(0).random((40, 40, 40)).astype(np.float32), AFFINE
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
        with pytest.raises(ImageFileError, match="Cannot write"):
            save_img(large, tmp_path / "a.nii.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(tmp_path.iterdir())


def test_an_interrupt_leaves_nothing(tmp_path, img, monkeypatch):
    def stop(self, stream):
        stream.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(nib.Nifti1Image, "to_stream", stop)
    with pytest.raises(KeyboardInterrupt):
        save_img(img, tmp_path / "a.nii.gz")
    assert not list(tmp_path.iterdir())


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
