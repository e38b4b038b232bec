"""Files that are cut, overwritten or replaced while somebody reads them.

What is read is what the file was when it was opened, or there is one error that names
it: never a mixture, and never numbers of one file read by the header of another.
"""

import gzip
import os

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import ImageFileError
from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import (
    get_data,
    load_img,
    mean_img,
    reading,
    save_img,
    stored,
    unchanged,
)
from boldglm.image.reading import iter_blocks, open_image, read_data
from boldglm.image.stored import VoxelStream
from boldglm.maskers import NiftiMasker

SHAPE, AFFINE, N_SCANS = (24, 24, 16), np.diag([4.0, 4.0, 4.0, 1.0]), 24
MASK = nib.Nifti1Image(np.ones(SHAPE, np.uint8), AFFINE)
DESIGN = pd.DataFrame({"task": np.arange(N_SCANS) % 6 / 6.0, "constant": 1.0})


def values(seed=0, dtype=np.float32, n_scans=N_SCANS):
    rng = np.random.default_rng(seed)
    return (1000 + 30 * rng.standard_normal((*SHAPE, n_scans))).astype(dtype)


def written(path, data, slope=None, endianness="<"):
    header = nib.Nifti1Header(endianness=endianness)
    header.set_data_dtype(data.dtype)
    img = nib.Nifti1Image(data, AFFINE, header)
    if slope is not None:
        img.header.set_slope_inter(slope, 0)
    nib.save(img, path)
    return path


READERS = {
    "get_data": lambda img, _: get_data(img).sum(),
    "mean_img": lambda img, _: mean_img(img).get_fdata().sum(),
    "NiftiMasker": lambda img, _: NiftiMasker(MASK).fit().transform(img).sum(),
    "fit": lambda img, _: (
        FirstLevelModel(mask_img=MASK).fit(img, design_matrices=DESIGN).fits_[0].beta
    ).sum(),
    "save_img": lambda img, folder: read_data(
        open_image(save_img(img, folder / "copy.nii"))
    ).sum(),
}


@pytest.fixture
def meanwhile(monkeypatch):
    """Do something to a file when half of its scans have been read."""

    def arrange(act):
        real, calls = VoxelStream._fill, []

        def fill(self, rest):
            real(self, rest)
            calls.append(rest.size)
            if sum(calls) > 2 * values().nbytes // 3 and act is not None:
                doing, calls[:] = act, [-(2**60)]
                doing()

        monkeypatch.setattr(VoxelStream, "_fill", fill)
        monkeypatch.setattr(reading, "_block_size", lambda *_: 2)
        monkeypatch.setattr(stored, "_PIECE_IN_PLACE", 2**14)
        monkeypatch.setattr(stored, "_GZIP_BUFFER", 2**14)

    return arrange


def shortened(path, length=0):
    with path.open("r+b") as file:
        file.truncate(length)


def overwritten(path, seed=1):
    """In place, as a program does that opens it to write."""
    content = path.with_name(f"other{''.join(path.suffixes)}")
    new = written(content, values(seed)).read_bytes()
    content.unlink()
    before = path.stat().st_mtime_ns
    with path.open("r+b") as file:
        file.write(new)
        file.truncate()
    # Clocks of disks tick more slowly than tests
    os.utime(path, ns=(before + 10**9, before + 10**9))


ENDINGS = (".nii", ".nii.gz")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("reader", list(READERS))
def test_a_file_that_is_cut_while_it_is_read(tmp_path, meanwhile, reader, ending):
    path = written(tmp_path / f"run{ending}", values())
    img = load_img(path)
    meanwhile(lambda: shortened(path, 1000))
    with pytest.raises(
        ImageFileError, match=r"run\.nii.*truncated|was changed"
    ) as told:
        READERS[reader](img, tmp_path)
    assert str(path) in str(told.value)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("reader", list(READERS))
def test_a_file_that_is_overwritten_while_it_is_read(
    tmp_path, meanwhile, reader, ending
):
    path = written(tmp_path / f"run{ending}", values())
    img = load_img(path)
    meanwhile(lambda: overwritten(path))
    with pytest.raises(ImageFileError, match=r"was changed while|corrupt") as told:
        READERS[reader](img, tmp_path)
    assert str(path) in str(told.value)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("how", ["replaced", "deleted"])
def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(
    tmp_path, meanwhile, ending, how
):
    """By another under its name, as `save_img` does: the old one stays open."""
    path = written(tmp_path / f"run{ending}", values())
    img = load_img(path)
    new = nib.Nifti1Image(values(1), AFFINE)
    meanwhile(path.unlink if how == "deleted" else lambda: nib_replace(new, path))
    np.testing.assert_array_equal(read_data(img), values())


def nib_replace(img, path):
    content = path.with_name(f"other{''.join(path.suffixes)}")
    nib.save(img, content)
    content.replace(path)


# between the header and the voxels

CHANGES = {
    "fewer scans": lambda path: written(path, values(1, n_scans=20)),
    "more scans": lambda path: written(path, values(1, n_scans=25)),
    "another type": lambda path: written(path, values(1, np.int16)),
    "another type of the size": lambda path: written(path, values(1, np.int32)),
    "another order of bytes": lambda path: written(path, values(1), endianness=">"),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("change", list(CHANGES))
def test_another_file_is_not_read_by_the_header_of_the_first(tmp_path, change, ending):
    path = written(tmp_path / f"run{ending}", values())
    img = load_img(path)
    CHANGES[change](path)
    for read in (read_data, lambda img: list(iter_blocks(img, size=3))):
        with pytest.raises(
            ImageFileError, match="was replaced after it was op"
        ) as told:
            read(img)
        assert str(path) in str(told.value)
        assert "Open the file again" in str(told.value)
    assert read_data(load_img(path)).shape[:3] == SHAPE


@pytest.mark.parametrize("ending", ENDINGS)
def test_another_scale_is_another_file(tmp_path, ending):
    path = written(tmp_path / f"run{ending}", values(0, np.int16), slope=2.0)
    img = load_img(path)
    written(path, values(0, np.int16), slope=4.0)
    with pytest.raises(ImageFileError, match="another scale"):
        read_data(img)


@pytest.mark.parametrize("ending", ENDINGS)
def test_other_voxels_under_the_same_header_are_read(tmp_path, ending):
    """The header is theirs, too."""
    path = written(tmp_path / f"run{ending}", values())
    img = load_img(path)
    written(path, values(1))
    np.testing.assert_array_equal(read_data(img), values(1))


def test_an_image_of_nibabel_is_looked_at_too(tmp_path):
    path = written(tmp_path / "run.nii", values())
    img = nib.load(path)
    written(path, values(1, np.int32))
    with pytest.raises(ImageFileError, match=r"float32, and says .* int32 by now"):
        read_data(img)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("length", [0, 200, 5000])
def test_a_file_that_was_cut_after_it_was_opened(tmp_path, ending, length):
    path = written(tmp_path / f"run{ending}", values())
    img = load_img(path)
    shortened(path, length)
    with pytest.raises(ImageFileError, match=r"truncated") as told:
        read_data(img)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_header_that_is_damaged_by_now(tmp_path, ending):
    path = written(tmp_path / f"run{ending}", values(n_scans=2))
    img = load_img(path)
    content = path.read_bytes()
    plain = bytearray(gzip.decompress(content) if ending == ".nii.gz" else content)
    plain[70:72] = b"\xff\x7f"
    path.write_bytes(gzip.compress(plain) if ending == ".nii.gz" else plain)
    with pytest.raises(ImageFileError, match="its header is damaged by now"):
        read_data(img)


def test_what_is_stored_may_be_asked_for_without_its_scale(tmp_path):
    """As a copy of scaled integers is."""
    path = written(tmp_path / "run.nii", values(0, np.int16), slope=2.0)
    copy = save_img(load_img(path), tmp_path / "copy.nii")
    assert copy.read_bytes()[352:] == path.read_bytes()[352:]


def test_formats_without_a_header_at_the_start_pass(tmp_path):
    header = stored.Stored(tmp_path / "a.img", 0, SHAPE, np.dtype("f4"), 1.0, 0.0)
    unchanged.check_same_header(header, bytes(600))
    unchanged.check_same_header(header, b"")
