"""A saved model is data: what could run, fill the memory or lie is refused."""

import io
import json
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from tests.fuzz.damage import Models
from tests.fuzz.glm_doors import FITTED

from boldglm.exceptions import ImageFileError
from boldglm.glm.first_level import FirstLevelModel


@pytest.fixture
def saved(tmp_path):
    FITTED.save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


def parts_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name[:-4]: archive.read(name) for name in archive.namelist()}


def npy(array, shape=None):
    """The bytes of an array, which may say that it has another shape."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    content = stream.getvalue()
    if shape is None:
        return content
    head = (
        f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    )
    head = head.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + content


def with_header(path, change):
    parts = parts_of(path)
    header = json.loads(str(np.load(io.BytesIO(parts["header"]))))
    change(header)
    parts["header"] = npy(np.array(json.dumps(header)))
    Models.write(path, parts, zipfile.ZIP_DEFLATED)


def refused(path, match):
    with pytest.raises(ImageFileError, match=match):
        FirstLevelModel.load(path)


class Explosive:
    """Would run code if it were unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("the file was unpickled",))


@pytest.mark.parametrize("name", ["header", "mask", "run0_beta", "run0_design"])
def test_objects_are_refused_not_unpickled(saved, name):
    parts = parts_of(saved)
    parts[name] = npy(np.array([Explosive()], dtype=object))
    Models.write(saved, parts, zipfile.ZIP_DEFLATED)
    refused(saved, f"{name} holds object")


def test_a_pickle_is_no_model(saved):
    saved.write_bytes(pickle.dumps(Explosive()))
    refused(saved, "not a model that boldglm saved")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("run0_beta", (3, 10**12)),
        ("run0_design", (10**9, 3)),
        ("mask", (10**13,)),
        ("affine", (4, 4, 10**9)),
        ("run0_index", (10**10,)),
    ],
)
def test_a_shape_that_is_promised_is_held_against_the_rest(saved, name, shape):
    """Before there is an array of it: that would be terabytes."""
    parts = parts_of(saved)
    parts[name] = npy(np.zeros(3), shape)
    Models.write(saved, parts, zipfile.ZIP_DEFLATED)
    refused(saved, f"{name} (has shape|would take|holds)")


def test_a_grid_that_is_promised_has_a_size(saved):
    with_header(saved, lambda header: header.update(shape=[10**5] * 3))
    refused(saved, "the number of voxels is 1000000000000000; expected")


def test_an_archive_that_lies_about_a_size_is_refused(saved):
    """A bomb says that it holds more than its bytes can."""
    raw = parts_of(saved)["run0_sigma2"]
    content = bytearray(saved.read_bytes())
    real = struct.pack("<I", len(raw))
    place = content.rfind(b"run0_sigma2.npy") - 46
    assert content[place : place + 4] == b"PK\x01\x02"
    assert bytes(content[place + 24 : place + 28]) == real
    content[place + 24 : place + 28] = struct.pack("<I", 2**31)
    saved.write_bytes(bytes(content))
    refused(saved, "run0_sigma2 promises")


def test_parts_in_a_slower_way_of_packing_are_refused(saved):
    """Bounds on what a byte can unpack to are those of deflate."""
    Models.write(saved, parts_of(saved), zipfile.ZIP_BZIP2)
    refused(saved, "compressed in a way that boldglm does not use")


def test_a_flipped_bit_in_a_part_is_noticed(saved):
    parts = parts_of(saved)
    Models.write(saved, parts, zipfile.ZIP_STORED)
    content = bytearray(saved.read_bytes())
    content[content.find(parts["run0_beta"]) + 200] ^= 1
    saved.write_bytes(bytes(content))
    refused(saved, "CRC|damaged")
    assert zlib.crc32(parts["run0_beta"])


@pytest.mark.parametrize("name", ["mask_img", "memory", "nobody", "__class__"])
def test_only_parameters_that_are_stored_are_taken(saved, name):
    """A cache of somebody else's would be a folder of pickles."""

    def change(header):
        header["parameters"][name] = "/tmp/cache"

    with_header(saved, change)
    refused(saved, "its parameters are not those of a FirstLevelModel")


@pytest.mark.parametrize("name", ["../../evil", "/evil", "run0_beta/../evil"])
def test_names_that_lead_out_of_the_archive_are_not_written(saved, name, tmp_path):
    parts = parts_of(saved) | {name: npy(np.ones(1))}
    Models.write(saved, parts, zipfile.ZIP_DEFLATED)
    before = sorted(tmp_path.rglob("*"))
    FirstLevelModel.load(saved)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda h: h.update(shape=[4, 5]), "not a model"),
        (
            lambda h: h.update(shape=[4, 5, 1.5]),
            "shape is 1.5; expected a whole",
        ),
        (lambda h: h.update(shape=[4, 5, -6]), "shape is -6"),
        (lambda h: h.update(runs={}), "runs is {}; expected a list"),
        (lambda h: h.update(not_stored=3), "not_stored is 3; expected a list"),
        (lambda h: h.update(space={"sform": 99}), "the code of 'sform' is 99"),
        (lambda h: h.update(space={"data": 1}), "the code of 'data' is 1"),
        (lambda h: h.pop("format"), "names no format"),
        (
            lambda h: h["runs"][0].update(precision="object"),
            "the precision is 'object'",
        ),
        (lambda h: h["runs"][0].update(columns=[{}, "b", "c"]), r"a column is \{\}"),
        (
            lambda h: h["runs"][0].update(noise=["ar1", 10**9, "exact", None]),
            "order of",
        ),
        (lambda h: h["runs"][0].update(noise=["ar1", 1, "x", None]), "no noise model"),
        (lambda h: h["runs"][0].update(noise=["ar1", 1, "exact", 0]), "bins is 0"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(saved, change, match):
    with_header(saved, change)
    refused(saved, match)


@pytest.mark.parametrize(
    ("name", "array", "match"),
    [
        ("affine", np.zeros((4, 4)), "no volume"),
        ("affine", np.full((4, 4), np.nan), "finite 4 by 4"),
        ("run0_beta", np.zeros((3, 24), complex), "holds complex128; expected float"),
        ("run0_beta", np.zeros((2, 24)), r"has shape \(2, 24\); expected \(3, 24\)"),
        ("run0_phi", np.zeros((2, 24)), r"has shape \(2, 24\); expected \(1, 24\)"),
        ("run0_outcome", np.full(24, 77, np.uint8), "codes that stand for nothing"),
        ("run0_sigma2", np.array(["a"] * 24), "holds <U1; expected float"),
        ("mask", np.zeros(3, np.uint8), r"mask has shape \(3,\)"),
        ("mask", np.zeros(15, np.uint8), r"\(3, 24\); expected \(3, 0\)"),
    ],
)
def test_a_part_of_another_kind_is_refused(saved, name, array, match):
    parts = parts_of(saved) | {name: npy(array)}
    Models.write(saved, parts, zipfile.ZIP_DEFLATED)
    refused(saved, match)


def test_an_honest_model_is_read_in_either_packing(saved):
    for how in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        Models.write(saved, parts_of(saved), how)
        found = FirstLevelModel.load(saved).compute_contrast("a").get_fdata()
        assert np.array_equal(found, FITTED.compute_contrast("a").get_fdata())
