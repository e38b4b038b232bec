"""Every file format gives the same numbers, block by block; broken files say so."""

import gzip
import math
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.errors import ImageFileError, ShapeError
from boldglm.core.parallel import n_workers
from boldglm.image.prefetch import DEPTH
from boldglm.image.reading import (
    iter_blocks,
    name_of,
    open_image,
    read_data,
    read_into,
    working_dtype,
)
from boldglm.image.stored import stored_layout

AFFINE = np.array([[-2.0, 0, 0, 20], [0, 2.5, 0, -30], [0, 0, 3, -10], [0, 0, 0, 1]])
SHAPE = (5, 6, 7, 11)


def _values(rng, dtype):
    return (rng.random(SHAPE) * 200).astype(dtype)


def _write(folder, name, data, *, slope=None, byteorder="<", klass=nib.Nifti1Image):
    """Write a file byte by byte as asked, not as nibabel would choose."""
    if slope is None:
        header = klass.header_class(endianness=byteorder)
        header.set_data_dtype(data.dtype.newbyteorder(byteorder))
        img = klass(data, AFFINE, header=header)
        nib.save(img, folder / name)
        return folder / name
    img = klass(data.astype(np.float64), AFFINE)
    img.set_data_dtype(np.int16)
    img.header.set_slope_inter(*slope)
    img.to_filename(folder / name)
    return folder / name


FORMATS = [
    ("a.nii", nib.Nifti1Image),
    ("a.nii.gz", nib.Nifti1Image),
    ("a.hdr", nib.Nifti1Pair),
    ("a.img", nib.Spm99AnalyzeImage),
    ("a.img.gz", nib.Spm2AnalyzeImage),
    ("a.nii.bz2", nib.Nifti1Image),
    ("a.NII", nib.Nifti1Image),
    ("b.nii.gz", nib.Nifti2Image),
    ("b.hdr", nib.Nifti2Pair),
    ("b.nii", nib.Nifti2Image),
]


@pytest.mark.parametrize(("name", "klass"), FORMATS)
@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
def test_each_format_gives_the_numbers_that_were_stored(
    tmp_path, rng, name, klass, dtype
):
    data = _values(rng, dtype)
    img = open_image(_write(tmp_path, name, data, klass=klass))
    found = read_data(img)
    np.testing.assert_array_equal(found, data)
    assert found.dtype == np.dtype(dtype)
    assert found.flags.f_contiguous


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr"])
@pytest.mark.parametrize("dtype", [">i2", ">f4", ">f8"])
def test_big_endian_files_come_in_native_order(tmp_path, rng, name, dtype):
    data = _values(rng, dtype[1:])
    klass = nib.Nifti1Pair if name.endswith("hdr") else nib.Nifti1Image
    img = open_image(_write(tmp_path, name, data, byteorder=">", klass=klass))
    assert not img.dataobj.dtype.isnative
    found = read_data(img)
    np.testing.assert_array_equal(found, data)
    assert found.dtype.isnative


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_scale_slope_and_intercept_are_applied(tmp_path, rng, name):
    data = rng.normal(1000, 50, SHAPE)
    path = _write(tmp_path, name, data, slope=(0.25, 900.0))
    img = open_image(path)
    assert (img.dataobj.slope, img.dataobj.inter) == (0.25, 900.0)
    assert working_dtype(img) == np.float32
    expected = nib.load(path).get_fdata()
    np.testing.assert_array_equal(read_data(img), expected.astype(np.float32))
    np.testing.assert_array_equal(read_data(img, np.float64), expected)


STORED = ["u1", "i2", "u2", "i4", "i8", "f4", "f8", ">i2", ">u2", ">i8", ">f4", ">f8"]


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("scale", [(1.0, 0.0), (0.25, 0.0), (-1.5, 900.1)])
@pytest.mark.parametrize("wanted", ["i2", "f4", "f8"])
def test_scaling_is_done_in_double_precision_and_cast_once(
    tmp_path, rng, monkeypatch, stored, scale, wanted
):
    """Bit for bit, whatever the types; pieces of the file leave no seams."""
    monkeypatch.setattr("boldglm.image.stored._PIECE", 1000)
    monkeypatch.setattr("boldglm.image.stored._PIECE_IN_PLACE", 1000)
    numbers = rng.integers(0, 100, SHAPE).astype(stored)
    path = _write(
        tmp_path, "a.nii", numbers, byteorder=">" if stored[0] == ">" else "<"
    )
    header = open_image(path).header
    header.set_slope_inter(*scale)
    header.set_data_offset(352)
    content = path.read_bytes()
    path.write_bytes(header.binaryblock + content[348:])
    img = open_image(path)
    slope, inter = (
        np.float32(scale[0]).astype(float),
        np.float32(scale[1]).astype(float),
    )
    if scale == (1.0, 0.0):
        expected = numbers.astype(wanted)
    else:
        expected = (numbers.astype(float) * slope + inter).astype(wanted)
    np.testing.assert_array_equal(read_data(img, wanted), expected)
    for cut, block in iter_blocks(img, wanted, size=1):
        np.testing.assert_array_equal(block, expected[..., cut])


# nibabel leaves the header of an .mgh file to the garbage collector
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.parametrize("name", ["a.mgh", "a.mgz"])
def test_mgh_files_are_read_like_the_others(tmp_path, rng, name):
    data = _values(rng, "f4")
    nib.save(nib.MGHImage(data, AFFINE), tmp_path / name)
    img = open_image(tmp_path / name)
    assert stored_layout(img) is not None
    np.testing.assert_array_equal(read_data(img), data)


def test_a_gz_file_of_many_members_is_one_file(tmp_path, rng):
    data = _values(rng, "f4")
    plain = _write(tmp_path, "a.nii", data).read_bytes()
    parts = [plain[:100], plain[100:5000], b"", plain[5000:]]
    (tmp_path / "a.nii.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    img = open_image(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(read_data(img), data)


def test_zeros_after_a_gz_stream_are_padding(tmp_path, rng):
    data = _values(rng, "f4")
    path = _write(tmp_path, "a.nii.gz", data)
    path.write_bytes(path.read_bytes() + bytes(512))
    np.testing.assert_array_equal(read_data(open_image(path)), data)


def test_a_file_may_be_longer_than_its_header_promises(tmp_path, rng):
    data = _values(rng, "f4")
    for name, pack in (("a.nii", bytes), ("a.nii.gz", gzip.compress)):
        plain = _write(tmp_path, "b.nii", data).read_bytes() + bytes(2**20)
        (tmp_path / name).write_bytes(pack(plain))
        np.testing.assert_array_equal(read_data(open_image(tmp_path / name)), data)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nii.bz2", None])
def test_images_are_read_straight_into_place(tmp_path, rng, name):
    data = _values(rng, "i2")
    img = nib.Nifti1Image(data, AFFINE)
    if name:
        img = open_image(_write(tmp_path, name, data))
    place = np.zeros((*SHAPE[:3], 13), np.float32, order="F")
    read_into(img, place[..., 1:12])
    np.testing.assert_array_equal(place[..., 1:12], data)
    assert not place[..., [0, 12]].any()


@pytest.mark.parametrize(
    "place", [np.zeros(SHAPE), np.zeros((5, 6, 7, 22), order="F")[..., ::2]]
)
def test_a_place_with_gaps_is_refused(rng, place):
    img = nib.Nifti1Image(_values(rng, "i2"), AFFINE)
    with pytest.raises(ShapeError, match=r"shape \(5, 6, 7, 11\) cannot be read into"):
        read_into(img, place)


def test_blocks_that_are_only_read_are_views_of_an_image_in_memory(rng):
    data = np.asfortranarray(_values(rng, "f4"))
    img = nib.Nifti1Image(data, AFFINE)
    for cut, block in iter_blocks(img, readonly=True, size=4):
        assert np.shares_memory(block, data)
        assert not block.flags.writeable
        np.testing.assert_array_equal(block, data[..., cut])
    assert data.flags.writeable
    for _, block in iter_blocks(img, size=4):
        assert not np.shares_memory(block, data)


@pytest.mark.parametrize("shape", [(2, 2, 2, 7), (64, 64, 33, 400), (300, 300, 200, 9)])
def test_blocks_are_of_bounded_size(shape):
    """24 MB or an eighth, or a scan per thread up to 64 MB, and at least one scan."""
    voxels = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), shape, (0,) * 4)
    cut, _ = next(iter_blocks(nib.Nifti1Image(voxels, AFFINE), readonly=True))
    volume = 4 * math.prod(shape[:3])
    most = max(3 * 2**23, min(2**26, n_workers() * volume), volume)
    n_scans = cut.stop - cut.start
    assert n_scans * volume <= most
    assert n_scans >= min(shape[3], 1 if shape[0] == 300 else n_workers())
    assert n_scans <= max(shape[3] // 8, n_workers(), 2**21 // volume)


def test_blocks_may_be_kept(tmp_path, rng):
    data = _values(rng, "f4")
    img = open_image(_write(tmp_path, "a.nii.gz", data))
    kept = [block for _, block in iter_blocks(img, size=2)]
    np.testing.assert_array_equal(np.concatenate(kept, axis=3), data)


def test_the_state_of_numpy_errors_is_that_of_the_caller(tmp_path, rng):
    data = _values(rng, "f8") * 1e300
    img = open_image(_write(tmp_path, "a.nii", data))
    with np.errstate(over="ignore"):
        for _, block in iter_blocks(img, np.float32, size=2):
            assert np.isinf(block).any()


def test_an_image_in_memory_is_not_copied(rng, readonly):
    data = readonly(rng.random((3, 4, 5)))
    img = nib.Nifti1Image(data, AFFINE)
    assert read_data(img) is data
    assert read_data(img, np.float32).dtype == np.float32


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", None])
@pytest.mark.parametrize("size", [1, 3, 11, 100])
def test_blocks_put_together_are_the_image(tmp_path, rng, name, size):
    data = _values(rng, "i2")
    img = nib.Nifti1Image(data, AFFINE)
    if name:
        img = open_image(_write(tmp_path, name, data))
    found = np.full(SHAPE, np.nan)
    for cut, block in iter_blocks(img, np.float32, size=size):
        assert block.shape[3] <= size
        assert block.dtype == np.float32
        assert block.flags.f_contiguous
        found[..., cut] = block
        block[...] = -1  # blocks are the caller's own
    np.testing.assert_array_equal(found, data)
    np.testing.assert_array_equal(read_data(img), data)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_span_reads_only_its_scans(tmp_path, rng, name):
    data = _values(rng, "f4")
    img = open_image(_write(tmp_path, name, data))
    cuts, parts = zip(*iter_blocks(img, span=slice(4, 9), size=2), strict=True)
    assert (cuts[0].start, cuts[-1].stop) == (4, 9)
    np.testing.assert_array_equal(np.concatenate(parts, axis=3), data[..., 4:9])
    assert list(iter_blocks(img, span=slice(4, 4))) == []


def test_a_3d_image_is_one_scan(tmp_path, rng):
    data = _values(rng, "f4")[..., 0]
    img = open_image(_write(tmp_path, "a.nii.gz", data))
    ((cut, block),) = iter_blocks(img)
    assert cut == slice(0, 1)
    np.testing.assert_array_equal(block[..., 0], data)


def test_an_image_open_as_stream_is_read_by_nibabel(tmp_path, rng):
    data = _values(rng, "f4")
    stream = nib.Nifti1Image(data, AFFINE).to_bytes()
    img = nib.Nifti1Image.from_bytes(stream)
    np.testing.assert_array_equal(read_data(img), data)


# files that are no images


def test_a_missing_file_is_named_with_the_folder_it_was_looked_for(tmp_path):
    with pytest.raises(ImageFileError, match=r"File not found: '.*none\.nii'.*looked"):
        open_image(tmp_path / "none.nii")


def test_a_folder_is_no_image(tmp_path):
    with pytest.raises(ImageFileError, match="is a folder"):
        open_image(tmp_path)


def test_an_empty_file_is_called_empty(tmp_path):
    (tmp_path / "a.nii.gz").touch()
    with pytest.raises(ImageFileError, match=r"a\.nii\.gz is empty"):
        open_image(tmp_path / "a.nii.gz")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.img", "a.hdr", "a.txt"])
@pytest.mark.parametrize("content", [b"onset\tduration\n", b"\x00" * 400])
def test_other_content_is_called_no_image(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageFileError, match=f"{name} cannot be read"):
        open_image(tmp_path / name)


def test_an_unreadable_file_says_why(tmp_path, rng, monkeypatch):
    path = _write(tmp_path, "a.nii", _values(rng, "f4"))

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(
        ImageFileError, match=r"a\.nii cannot be read.*Permission denied"
    ):
        open_image(path)


def test_a_surface_file_is_no_volume(tmp_path):
    array = nib.gifti.GiftiDataArray(np.zeros(5, np.float32))
    nib.save(nib.gifti.GiftiImage(darrays=[array]), tmp_path / "a.gii")
    with pytest.raises(ImageFileError, match="GiftiImage, not a volume"):
        open_image(tmp_path / "a.gii")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.99])
def test_a_truncated_file_is_found_out_by_its_length(tmp_path, rng, part):
    path = _write(tmp_path, "a.nii", _values(rng, "f4"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ImageFileError, match=r"a\.nii is truncated: .* promises"):
        open_image(path)


@pytest.mark.parametrize("part", [k / 10 for k in range(1, 10)])
def test_a_truncated_gz_file_is_found_out_while_reading(tmp_path, rng, part):
    path = _write(tmp_path, "a.nii.gz", _values(rng, "f4"))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    with pytest.raises(ImageFileError, match=r"a\.nii\.gz (cannot be read|is trunc)"):
        read_data(open_image(path))


def test_a_gz_file_with_fewer_scans_than_its_header_says_so(tmp_path, rng):
    path = _write(tmp_path, "a.nii", _values(rng, "f4"))
    gz = tmp_path / "a.nii.gz"
    gz.write_bytes(gzip.compress(path.read_bytes()[:-1000]))
    with pytest.raises(ImageFileError, match=r"promises .* bytes of data, they end"):
        read_data(open_image(gz))


def test_a_wrong_checksum_is_noticed(tmp_path, rng):
    path = _write(tmp_path, "a.nii.gz", _values(rng, "f4"))
    broken = bytearray(path.read_bytes())
    broken[-6] ^= 0xFF
    path.write_bytes(broken)
    with pytest.raises(ImageFileError, match=r"cannot be read as an image.*CRC"):
        read_data(open_image(path))


def test_colour_images_are_refused(tmp_path):
    rgb = np.zeros((2, 2, 2), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(rgb, np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(ImageFileError, match="integers or floating-point"):
        read_data(open_image(tmp_path / "a.nii"))


def test_images_are_named_by_their_file(tmp_path, rng):
    path = _write(tmp_path, "a.nii", _values(rng, "f4"))
    assert name_of(open_image(path)) == str(path)
    assert name_of(Path("x.nii")) == "x.nii"


def test_blocks_that_are_not_kept_share_the_memory_of_a_few(tmp_path, rng):
    data = _values(rng, "f4")
    img = open_image(_write(tmp_path, "a.nii.gz", data))
    places = []
    for cut, block in iter_blocks(img, size=1, readonly=True):
        np.testing.assert_array_equal(block, data[..., cut])
        assert block.flags.f_contiguous
        places.append(block.__array_interface__["data"][0])
    assert len(places) == data.shape[3]
    assert len(set(places)) == min(data.shape[3], DEPTH + 2)


def test_a_short_last_block_shares_memory_too(tmp_path, rng):
    data = rng.random((3, 4, 5, 16)).astype(np.float32)
    img = open_image(_write(tmp_path, "a.nii", data))
    for cut, block in iter_blocks(img, size=3, readonly=True):
        np.testing.assert_array_equal(block, data[..., cut])
