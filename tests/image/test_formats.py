"""Every operation gives the same from every file format as from memory."""

import warnings

import nibabel as nib
import numpy as np
import pytest

from boldglm.image import (
    concat_imgs,
    crop_img,
    get_data,
    index_img,
    iter_img,
    load_img,
    math_img,
    mean_img,
    resample_img,
    smooth_img,
    threshold_img,
)

AFFINE = np.array([[-3.0, 0, 0, 9], [0, 3.0, 0, -9], [0, 0, 3.5, -8], [0, 0, 0, 1]])
OPERATIONS = {
    "load": load_img,
    "mean": mean_img,
    "smooth": lambda img: smooth_img(img, 5.0),
    "resample": lambda img: resample_img(img, np.diag([2.0, 2.0, 2.0])),
    "concat": lambda img: concat_imgs([img, img]),
    "index": lambda img: index_img(img, [1, 3]),
    "iterate": lambda img: concat_imgs(list(iter_img(img))),
    "crop": crop_img,
    "threshold": lambda img: threshold_img(img, 120.0),
    "math": lambda img: math_img("img - img.mean()", copy_header_from="img", img=img),
}
FOUR_D = set(OPERATIONS) - {"mean"}


def _nifti(data, dtype, endianness="<", klass=nib.Nifti1Image):
    header = klass.header_class(endianness=endianness)
    header.set_data_dtype(np.dtype(dtype).newbyteorder(endianness))
    img = klass(data.astype(dtype), AFFINE, header=header)
    img.header.set_zooms((3.0, 3.0, 3.5, 1.25))
    img.header.set_xyzt_units("mm", "sec")
    img.header.set_sform(AFFINE, code="mni")
    return img


def _scaled(data):
    img = _nifti(data, "f8")
    img.set_data_dtype(np.int16)
    return img


FILES = {
    "float32 .nii": ("a.nii", lambda data: _nifti(data, "f4")),
    "int16 .nii.gz": ("a.nii.gz", lambda data: _nifti(data, "i2")),
    "scaled int16 .nii.gz": ("a.nii.gz", _scaled),
    "big-endian int16 .nii": ("a.nii", lambda data: _nifti(data, "i2", ">")),
    "big-endian float64 .nii.gz": ("a.nii.gz", lambda data: _nifti(data, "f8", ">")),
    "pair .hdr": ("a.hdr", lambda data: _nifti(data, "i2", klass=nib.Nifti1Pair)),
    "Analyze .img": (
        "a.img",
        lambda data: nib.Spm99AnalyzeImage(data.astype("i2"), AFFINE),
    ),
    "NIfTI-2 .nii": ("a.nii", lambda data: _nifti(data, "f4", klass=nib.Nifti2Image)),
}


@pytest.fixture
def data(rng):
    """Whole numbers, so that every format holds them exactly."""
    values = np.zeros((7, 8, 6, 5))
    values[1:6, 1:7, 1:5] = rng.integers(50, 250, (5, 6, 4, 5))
    return values


@pytest.mark.parametrize("operation", list(OPERATIONS))
@pytest.mark.parametrize("file", list(FILES))
def test_a_file_gives_what_the_image_in_memory_gives(tmp_path, data, file, operation):
    name, make = FILES[file]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nib.save(make(data), tmp_path / name)
    path = tmp_path / name
    stored = nib.load(path)
    exact = nib.Nifti1Image(stored.get_fdata(), AFFINE)
    found = OPERATIONS[operation](path)
    expected = OPERATIONS[operation](exact)
    # float32 against float64
    np.testing.assert_allclose(
        get_data(found), get_data(expected), atol=2e-5 * data.max()
    )
    np.testing.assert_allclose(found.affine, expected.affine, atol=1e-5)
    if operation == "load":
        return
    assert isinstance(found, nib.Nifti1Image)
    assert found.get_data_dtype() == get_data(found).dtype
    if "Analyze" not in file:
        assert found.header["sform_code"] == 4
        # volumes do not say how far apart they are
        time = "unknown" if operation == "iterate" else "sec"
        assert found.header.get_xyzt_units() == ("mm", time)
        if operation in FOUR_D and operation != "iterate":
            assert found.header.get_zooms()[3] == np.float32(1.25)


@pytest.mark.parametrize("file", list(FILES))
def test_files_are_read_as_float32_at_least_and_no_wider_than_needed(
    tmp_path, data, file
):
    name, make = FILES[file]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nib.save(make(data), tmp_path / name)
    kind = get_data(smooth_img(tmp_path / name, None)).dtype
    assert kind == (np.float64 if "float64" in file else np.float32)
