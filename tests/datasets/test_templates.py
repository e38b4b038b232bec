"""The bundled templates are the peer's, voxel by voxel, and damage is told."""

import hashlib
import inspect
import json
import lzma
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path
from zipfile import ZipFile

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tools import build_templates

from boldglm import datasets
from boldglm._base.errors import ImageFileError
from boldglm._base.warnings import MaskWarning
from boldglm.datasets import template_files, templates
from boldglm.datasets.template_files import (
    StoredTemplate,
    pack_template,
    read_template,
    unpack_template,
)
from boldglm.image import get_data, resample_img

KINDS = ("t1", "gm", "wm")
LOADERS = {
    "t1": datasets.load_mni152_template,
    "gm": datasets.load_mni152_gm_template,
    "wm": datasets.load_mni152_wm_template,
}
MASKS = {
    "t1": datasets.load_mni152_brain_mask,
    "gm": datasets.load_mni152_gm_mask,
    "wm": datasets.load_mni152_wm_mask,
}
# SHA-256 of the voxels, uint8, x fastest
DIGESTS = {
    "t1": "93f07d06eb443f305f93ecce3d695d2c02c1928dde60047fec3144656f4b55f7",
    "gm": "1f26a52e3f48219c1ac01d9a349c700ff65d6526328ff4bb5fd4dd8d059b6d63",
    "wm": "e0a239cb5ede5946df5006a63f0c09d7fe8f7fe167d9e719e879214c267aa0d5",
}


@pytest.fixture
def nothing_kept():
    """Start with, and leave behind, an empty cache."""
    templates._kept.cache_clear()
    yield
    templates._kept.cache_clear()


@pytest.fixture
def peer():
    return pytest.importorskip("nilearn.datasets")


def _dot(shape=(5, 4, 3)):
    """A small template, and its mirror image."""
    volume = np.zeros(shape, np.uint8)
    volume[1:-1, 1:, :2] = 1 + np.arange(shape[1] - 1)[:, None] + 9 * np.arange(2)
    return StoredTemplate(volume, np.eye(4), "a dot")


# what is in the package


@pytest.mark.parametrize("kind", KINDS)
def test_the_voxels_are_those_that_were_packed(kind):
    volume = read_template(templates._FOLDER / f"mni152_{kind}.xz").volume
    assert hashlib.sha256(volume.tobytes(order="F")).hexdigest() == DIGESTS[kind]
    assert volume.flags.f_contiguous


def test_the_files_are_small_and_carry_the_notice():
    files = {path.name: path for path in templates._FOLDER.iterdir()}
    assert set(files) == {f"mni152_{kind}.xz" for kind in KINDS} | {
        "LICENSE-MNI152.txt"
    }
    assert sum(path.stat().st_size for path in files.values()) < 2_000_000
    notice = " ".join(files["LICENSE-MNI152.txt"].read_text().split())
    assert (
        "Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, "
        "Montreal Neurological Institute, McGill University. Permission to use, copy, "
        "modify, and distribute this software and its documentation for any purpose "
        "and without fee is hereby granted, provided that the above copyright notice "
        "appear in all copies."
    ) in notice


@pytest.mark.parametrize("kind", KINDS)
def test_the_recipe_of_the_docstring_reads_a_file(kind):
    doc = inspect.getdoc(template_files)
    start = doc.index("    line, _,")
    code = textwrap.dedent(doc[start : doc.index("\n\n", start)])
    path = templates._FOLDER / f"mni152_{kind}.xz"
    names = {"path": path, "lzma": lzma, "json": json, "np": np}
    exec(code, names)
    expected = read_template(path)
    np.testing.assert_array_equal(names["volume"], expected.volume)
    np.testing.assert_array_equal(names["head"]["affine"], expected.affine)


# images


@pytest.mark.parametrize("resolution", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_templates_are_those_of_nilearn(peer, kind, resolution):
    found = LOADERS[kind](resolution)
    expected = getattr(peer, LOADERS[kind].__name__)(resolution)
    np.testing.assert_array_equal(found.affine, expected.affine)
    assert found.shape == expected.shape
    # splines through the voxels themselves are off by the rounding of float64
    np.testing.assert_allclose(get_data(found), expected.get_fdata(), atol=1e-7)
    assert found.get_data_dtype() == np.float32
    assert 0.9 < get_data(found).max() <= 1
    assert get_data(found).min() == 0


@pytest.mark.parametrize(
    ("kind", "resolution", "options"),
    [
        *((kind, side, {}) for kind in KINDS for side in (2, 3, 4)),
        *((kind, None, {"threshold": 0.5}) for kind in KINDS),
        ("gm", 3, {"n_iter": 1, "threshold": 0.6}),
        ("wm", 2, {"n_iter": 3, "threshold": 0.9}),
    ],
)
def test_masks_are_those_of_nilearn(peer, kind, resolution, options):
    found = MASKS[kind](resolution, **options)
    expected = getattr(peer, MASKS[kind].__name__)(resolution, **options)
    np.testing.assert_array_equal(found.affine, expected.affine)
    np.testing.assert_array_equal(get_data(found), expected.get_fdata())
    assert found.get_data_dtype() == np.uint8
    assert get_data(found).any()


@pytest.mark.parametrize("kind", ["gm", "wm"])
def test_divergence_without_closing_a_mask_is_what_is_above(kind):
    found = MASKS[kind](3, threshold=0.3, n_iter=0)
    above = get_data(LOADERS[kind](3)) > 0.3
    np.testing.assert_array_equal(get_data(found), above)
    assert get_data(MASKS[kind](3, threshold=0.3)).sum() > above.sum()


@pytest.mark.parametrize("resolution", [2, 3.0, np.int64(7), 2.5, 3.2])
def test_another_voxel_size_is_the_template_resampled(resolution):
    fine = LOADERS["t1"]()
    expected = resample_img(fine, np.diag([float(resolution)] * 3))
    found = LOADERS["t1"](resolution)
    np.testing.assert_array_equal(found.affine, expected.affine)
    np.testing.assert_allclose(get_data(found), get_data(expected), atol=1e-6)


def test_finer_voxels_hold_those_of_1_mm(nothing_kept):
    img = LOADERS["wm"](0.5)
    assert img.shape == (393, 465, 377)
    thick = np.index_exp[50:150, 100:110, 60:70]
    here = get_data(img)[::2, ::2, ::2]
    np.testing.assert_allclose(here[thick], get_data(LOADERS["wm"]())[thick], atol=1e-5)
    assert templates._kept.cache_info().currsize == 0


def test_headers_say_space_units_and_origin():
    for img in (LOADERS["gm"](2), MASKS["gm"](2)):
        header = img.header
        assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 4)
        assert header.get_xyzt_units()[0] == "mm"
        np.testing.assert_array_equal(header.get_qform(), img.affine)
        text = header["descrip"].item().decode()
        assert "MNI152 2009a symmetric, GM; (C) 1993-2009 Louis Collins" in text
    assert text.startswith("Above 0.2: ")


def test_an_image_survives_a_file(tmp_path):
    img = LOADERS["t1"](4)
    nib.save(img, tmp_path / "t1.nii.gz")
    again = nib.load(tmp_path / "t1.nii.gz")
    np.testing.assert_array_equal(again.get_fdata(), img.get_fdata())


# what is kept


@pytest.mark.parametrize("resolution", [1, 2])
def test_divergence_an_image_is_the_users_own(resolution):
    first = LOADERS["gm"](resolution)
    before = get_data(first).copy()
    get_data(first)[...] = 7
    first.affine[...] = 0
    second = LOADERS["gm"](resolution)
    np.testing.assert_array_equal(get_data(second), before)
    assert second.affine[0, 0] == resolution


def test_a_template_is_decoded_once_and_three_are_kept(nothing_kept, monkeypatch):
    read = []

    def counted(path):
        read.append(path.name)
        return read_template(path)

    monkeypatch.setattr(template_files, "read_template", counted)
    for kind in (*KINDS, *KINDS):
        LOADERS[kind](2)
        LOADERS[kind](2.0)
        MASKS[kind](np.int32(2))
    assert read == [f"mni152_{kind}.xz" for kind in KINDS]
    LOADERS["t1"]()
    LOADERS["t1"](1)
    assert len(read) == 5
    assert templates._kept.cache_info().currsize == 3
    sides = [templates._kept(kind, 2.0)[1].nbytes for kind in KINDS]
    assert sum(sides) < 14e6


def test_whole_millimetres_load_nothing_slow():
    code = (
        "import sys, boldglm.datasets as d; d.load_mni152_template(2); "
        "d.load_mni152_brain_mask(); print([m for m in "
        "('numba', 'pandas', 'scipy.linalg', 'scipy.ndimage') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_without_lzma_only_templates_do_not_work():
    code = (
        "import sys; sys.modules['lzma'] = None\n"
        "import boldglm.maskers, boldglm.masking.template\n"
        "from boldglm.datasets import load_mni152_template\n"
        "try:\n    load_mni152_template(4)\n"
        "except ImportError as error:\n    print('lzma' in str(error))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


# mistakes


@pytest.mark.parametrize("load", [*LOADERS.values(), *MASKS.values()])
@pytest.mark.parametrize(
    ("resolution", "error"),
    [
        ("2", TypeError),
        (True, TypeError),
        ([2, 2, 2], TypeError),
        (0, ValueError),
        (-1, ValueError),
        (0.4, ValueError),
        (51, ValueError),
        (np.nan, ValueError),
        (np.inf, ValueError),
    ],
)
def test_divergence_a_voxel_size_is_a_length(load, resolution, error):
    with pytest.raises(error, match=r"resolution is .*; expected the side of voxels"):
        load(resolution)


def test_thresholds_and_closings_are_numbers():
    for make in MASKS.values():
        for threshold, error in (("a", TypeError), (-0.1, ValueError), (2, ValueError)):
            with pytest.raises(error, match=r"threshold is .*; expected a number from"):
                make(4, threshold)
    for make in (MASKS["gm"], MASKS["wm"]):
        for n_iter, error in ((None, TypeError), (-1, ValueError), (1.5, ValueError)):
            with pytest.raises(error, match=r"n_iter is .*; expected a number of vox"):
                make(4, n_iter=n_iter)


def test_an_empty_mask_warns():
    with pytest.warns(MaskWarning, match=r"empty: no voxel is above the threshold \(1"):
        assert not get_data(MASKS["t1"](4, threshold=1)).any()


# damage


def _packed(head, stored=bytes(4)):
    return lzma.compress(json.dumps(head).encode() + b"\n" + stored)


_HEAD = {
    "about": "nothing",
    "shape": [3, 2, 1],
    "affine": np.eye(4).tolist(),
    "box": [[0, 2], [0, 2], [0, 1]],
    "crc32": zlib.crc32(bytes(6)),
}
_GOOD = pack_template(_dot())


_DAMAGED = {
    "empty": b"",
    "text": b"not a template",
    "truncated": _GOOD[:-1],
    "a byte near the end": _GOOD[:-9] + b"?" + _GOOD[-8:],
    "a bit": _GOOD[:70] + bytes([_GOOD[70] ^ 1]) + _GOOD[71:],
    "no JSON": lzma.compress(b"no line of JSON"),
    "a list": lzma.compress(b"[1, 2]\n"),
    "checksum": _packed({**_HEAD, "crc32": 5}),
    "too few voxels": _packed(_HEAD, bytes(3)),
    "shape": _packed({**_HEAD, "shape": [1, 1, 1]}),
    "no box": _packed({key: _HEAD[key] for key in _HEAD if key != "box"}),
}


@pytest.mark.parametrize("content", _DAMAGED.values(), ids=_DAMAGED)
def test_a_damaged_file_is_named(nothing_kept, tmp_path, monkeypatch, content):
    monkeypatch.setattr(templates, "_FOLDER", tmp_path)
    (tmp_path / "mni152_t1.xz").write_bytes(content)
    with pytest.raises(ImageFileError, match=r"mni152_t1\.xz is damaged.*: reinstall"):
        datasets.load_mni152_template(2)
    # the next call tries anew: a failure is not kept
    (tmp_path / "mni152_t1.xz").write_bytes(_GOOD)
    assert datasets.load_mni152_template(2).shape == (3, 3, 2)


def test_a_file_that_is_not_damaged_is_read():
    """Each of the damaged ones is one change away from this."""
    found = unpack_template(_packed(_HEAD))
    np.testing.assert_array_equal(found.volume, np.zeros((3, 2, 1)))


def test_a_missing_file_is_named(nothing_kept, tmp_path, monkeypatch):
    monkeypatch.setattr(templates, "_FOLDER", tmp_path)
    with pytest.raises(ImageFileError, match=r"gm\.xz cannot be read \(No such.*reins"):
        datasets.load_mni152_gm_mask()


# packing


@given(
    half=arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, max_side=5)),
    odd=st.booleans(),
)
def test_what_is_packed_comes_back(half, odd):
    half[0, 0, 0] = max(half[0, 0, 0], 1)
    half.flags.writeable = False
    volume = np.concatenate([half, half[::-1][int(odd) :]])
    affine = np.arange(16.0).reshape(4, 4) / 7
    packed = pack_template(StoredTemplate(volume, affine, "noise"))
    found = unpack_template(packed)
    np.testing.assert_array_equal(found.volume, volume)
    np.testing.assert_array_equal(found.affine, affine)
    assert found.about == "noise"


def test_the_margin_is_not_stored():
    wide = np.pad(_dot().volume, 20)
    line, _, stored = lzma.decompress(
        pack_template(StoredTemplate(wide, np.eye(4), ""))
    ).partition(b"\n")
    assert len(stored) == 2 * 3 * 2
    assert json.loads(line)["box"] == [[21, 23], [21, 24], [20, 22]]


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (np.ones((3, 3, 3)), "The volume is float64 of shape"),
        (
            np.ones((3, 3), np.uint8),
            r"uint8 of shape \(3, 3\); expected uint8 in three",
        ),
        (np.zeros((3, 3, 3), np.uint8), "not all of them 0"),
        (np.arange(1, 4, dtype=np.uint8).reshape(3, 1, 1), "2 voxels of the volume d"),
    ],
)
def test_what_cannot_be_stored_is_refused(volume, message):
    with pytest.raises(ValueError, match=message):
        pack_template(StoredTemplate(volume, np.eye(4), ""))


# the tool


@pytest.fixture
def originals(tmp_path):
    """A small archive like that of the originals, and its volumes."""
    rng = np.random.default_rng(5)
    half = rng.uniform(0, 90, (4, 3, 6, 5))
    volumes = np.concatenate([half, half[:, 1::-1]], axis=1).astype(np.float32)
    volumes[3] = volumes[3] > 30
    names = ["t1", "gm", "wm", "t1"]
    folder = tmp_path / "unpacked" / "mni_icbm152_nlin_sym_09a"
    folder.mkdir(parents=True)
    for i, (name, volume) in enumerate(zip(names, volumes, strict=True)):
        end = "_mask" if i == 3 else ""
        path = folder / f"mni_icbm152_{name}_tal_nlin_sym_09a{end}.nii"
        nib.save(nib.Nifti1Image(volume, np.diag([1.0, 1, 2, 1])), path)
    with ZipFile(tmp_path / "originals.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"{folder.name}/{path.name}")
    return tmp_path / "originals.zip", volumes


def test_templates_are_built_from_the_archive(originals, tmp_path, capsys):
    source, (t1, gm, _, mask) = originals
    (tmp_path / "out").mkdir()
    arguments = [str(source), "--out", str(tmp_path / "out")]
    assert build_templates.main(arguments) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told] == [f"mni152_{k}.xz" for k in KINDS]
    assert all(line.endswith("bytes, new") for line in told)
    made = {kind: tmp_path / "out" / f"mni152_{kind}.xz" for kind in KINDS}
    inside = np.where(mask > 0, t1, 0)
    np.testing.assert_array_equal(
        read_template(made["t1"]).volume, np.rint(inside / inside.max() * 255)
    )
    grey = read_template(made["gm"])
    np.testing.assert_array_equal(grey.volume, np.rint(gm / gm.max() * 255))
    np.testing.assert_array_equal(grey.affine, np.diag([1.0, 1, 2, 1]))

    before = [path.read_bytes() for path in made.values()]
    unpacked = str(tmp_path / "unpacked")
    assert build_templates.main([unpacked, "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.count("bytes, unchanged") == 3
    assert [path.read_bytes() for path in made.values()] == before


def test_differences_are_told(tmp_path):
    path = tmp_path / "dot.xz"
    old = _dot()
    assert build_templates.difference(path, old) == "new"
    path.write_bytes(b"?")
    assert build_templates.difference(path, old) == "replaces a damaged file"
    path.write_bytes(pack_template(old))
    assert build_templates.difference(path, old) == "unchanged"
    other = old.volume.copy()
    other[[1, 3], 1, 0] += 4
    new = StoredTemplate(other, 2 * np.eye(4), "another")
    assert build_templates.difference(path, new) == (
        "2 voxels differ, by up to 4 of 255, another affine, another description"
    )
    new = StoredTemplate(np.ones((1, 2, 3), np.uint8), np.eye(4), "another")
    assert build_templates.difference(path, new).startswith("another shape: (1, 2, 3)")


def test_volumes_that_are_not_there_are_named(tmp_path, originals):
    with pytest.raises(
        FileNotFoundError, match=r"no mni_icbm152_t1_.*_converted\.nii or"
    ):
        build_templates.from_converted(tmp_path)
    with ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("readme", "")
    with pytest.raises(FileNotFoundError, match=r"no mni_icbm152_t1.*in .*empty\.zip"):
        build_templates.from_archive(tmp_path / "empty.zip")


def test_the_files_are_made_from_the_converted_volumes(peer, tmp_path, capsys):
    source = Path(peer.__file__).parent / "data"
    found = build_templates.from_converted(source)
    for kind in KINDS:
        path = templates._FOLDER / f"mni152_{kind}.xz"
        assert build_templates.difference(path, found[kind]) == "unchanged"
