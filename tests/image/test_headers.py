"""Images made from others are NIfTI, lie where they should, and keep what fits."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import ImageWarning
from boldglm.image import copy_img, get_data, load_img, new_img_like, save_img

AFFINE = np.array([[-2.0, 0, 0, 20], [0, 2.5, 0, -30], [0, 0, 3, -10], [0, 0, 0, 1]])
CLASSES = [
    nib.Nifti1Image,
    nib.Nifti1Pair,
    nib.Nifti2Image,
    nib.AnalyzeImage,
    nib.Spm99AnalyzeImage,
    nib.Spm2AnalyzeImage,
    nib.MGHImage,
]


@pytest.fixture
def bold(rng):
    """A 4-D image with a header that says something."""
    img = nib.Nifti1Image(rng.normal(size=(4, 5, 6, 7)).astype(np.float32), AFFINE)
    img.header["descrip"] = b"realigned"
    img.header.set_zooms((2.0, 2.5, 3.0, 1.35))
    img.header.set_xyzt_units("mm", "sec")
    img.header.set_sform(AFFINE, code="mni")
    img.header.set_qform(AFFINE, code="scanner")
    return img


@pytest.mark.parametrize("klass", CLASSES)
def test_every_format_becomes_nifti_in_its_place(tmp_path, klass):
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    made = new_img_like(klass(data, AFFINE), data.astype(np.float64))
    assert isinstance(made, nib.Nifti1Image)
    np.testing.assert_allclose(made.affine, AFFINE)
    again = load_img(save_img(made, tmp_path / "a.nii"))
    np.testing.assert_array_equal(get_data(again), data)
    np.testing.assert_allclose(again.affine, AFFINE)
    assert again.get_data_dtype() == np.float64


def test_analyze_descriptions_come_along():
    img = nib.Spm2AnalyzeImage(np.zeros((2, 2, 2), np.float32), AFFINE)
    img.header["descrip"] = b"smoothed"
    made = new_img_like(img, np.ones((2, 2, 2)))
    assert made.header["descrip"].item() == b"smoothed"


def test_the_header_comes_along(bold):
    made = new_img_like(bold, np.zeros(bold.shape))
    assert made.header["descrip"].item() == b"realigned"
    assert made.header.get_zooms()[3] == np.float32(1.35)
    assert made.header.get_xyzt_units() == ("mm", "sec")
    assert (made.header["sform_code"], made.header["qform_code"]) == (4, 1)


def test_without_the_header_only_the_space_comes_along(bold):
    made = new_img_like(bold, np.zeros(bold.shape), copy_header=False)
    assert made.header["descrip"].item() == b""
    assert (made.header["sform_code"], made.header["qform_code"]) == (4, 1)
    np.testing.assert_allclose(made.header.get_sform(), AFFINE)
    np.testing.assert_allclose(made.header.get_qform(), AFFINE, atol=1e-5)


def test_a_new_affine_is_written_in_the_same_space(bold):
    moved = AFFINE.copy()
    moved[:3, 3] += 4.0
    made = new_img_like(bold, np.zeros((2, 2, 2)), affine=moved)
    np.testing.assert_allclose(made.affine, moved)
    np.testing.assert_allclose(made.header.get_sform(), moved)
    np.testing.assert_allclose(made.header.get_qform(), moved, atol=1e-5)
    assert (made.header["sform_code"], made.header["qform_code"]) == (4, 1)
    assert made.header.get_zooms() == (2.0, 2.5, 3.0)


def test_a_sheared_affine_disowns_the_quaternion(bold):
    sheared = AFFINE.copy()
    sheared[0, 1] = 0.8
    made = new_img_like(bold, np.zeros((2, 2, 2)), affine=sheared)
    np.testing.assert_allclose(made.affine, sheared)
    assert (made.header["sform_code"], made.header["qform_code"]) == (4, 0)


def test_a_float_map_of_an_integer_image_is_saved_as_float(tmp_path, rng):
    source = nib.Nifti1Image(np.ones((3, 3, 3), np.int16), AFFINE)
    values = rng.normal(size=(3, 3, 3)).astype(np.float32)
    path = save_img(new_img_like(source, values), tmp_path / "map.nii.gz")
    np.testing.assert_array_equal(nib.load(path).get_fdata(), values)


def test_old_scaling_does_not_apply_to_new_data(tmp_path):
    source = nib.Nifti1Image(np.linspace(0, 9, 27).reshape(3, 3, 3), AFFINE)
    source.set_data_dtype(np.int16)
    nib.save(source, tmp_path / "scaled.nii")
    scaled = load_img(tmp_path / "scaled.nii")
    made = new_img_like(scaled, np.full((3, 3, 3), 5, np.int16))
    path = save_img(made, tmp_path / "new.nii")
    np.testing.assert_array_equal(nib.load(path).get_fdata(), 5)


@pytest.mark.parametrize(
    ("dtype", "stored"),
    [(bool, "u1"), (np.float16, "f4"), (">f4", "f4"), ("i1", "i1"), ("u2", "u2")],
)
def test_data_types_that_tools_cannot_read_are_changed(dtype, stored):
    ref = nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE)
    made = new_img_like(ref, np.ones((2, 2, 2), dtype))
    assert made.get_data_dtype() == np.dtype(stored)
    np.testing.assert_array_equal(get_data(made), 1)


def test_64_bit_integers_are_stored_in_32_with_a_warning():
    ref = nib.Nifti1Image(np.zeros((2, 2, 2)), AFFINE)
    with pytest.warns(ImageWarning, match="fit int32"):
        made = new_img_like(ref, np.full((2, 2, 2), -7))
    assert made.get_data_dtype() == np.int32
    with pytest.warns(ImageWarning, match="too large for int32"):
        made = new_img_like(ref, np.full((2, 2, 2), 2**40))
    assert get_data(made)[0, 0, 0] == 2**40


def test_the_display_range_is_that_of_the_finite_values():
    ref = nib.Nifti1Image(np.zeros((1, 1, 3)), AFFINE)
    made = new_img_like(ref, np.array([[[np.nan, -2.0, 5.0]]]))
    assert (made.header["cal_min"], made.header["cal_max"]) == (-2.0, 5.0)
    made = new_img_like(ref, np.full((1, 1, 3), np.nan))
    assert (made.header["cal_min"], made.header["cal_max"]) == (0.0, 0.0)


def test_a_very_long_axis_needs_nifti_2():
    ref = nib.Nifti1Image(np.zeros((1, 1, 1)), AFFINE)
    made = new_img_like(ref, np.zeros((40_000, 1, 1), np.uint8))
    assert isinstance(made, nib.Nifti2Image)


def test_the_reference_may_be_a_path_or_the_first_of_a_list(tmp_path, bold):
    path = save_img(bold, tmp_path / "a.nii")
    for ref in (path, str(path), [path, "no-such-file.nii"], (bold, bold)):
        np.testing.assert_allclose(
            new_img_like(ref, np.zeros((2, 2, 2))).affine, AFFINE
        )


def test_the_reference_must_be_an_image():
    with pytest.raises(TypeError, match="Expected an image"):
        new_img_like(3, np.zeros((2, 2, 2)))


def test_nothing_is_written_to_the_reference(bold):
    before = bold.to_bytes()
    made = new_img_like(bold, np.ones((2, 2, 2)), affine=np.eye(4))
    made.header["descrip"] = b"changed"
    assert bold.to_bytes() == before


def test_a_copy_shares_nothing(bold):
    copy = copy_img(bold)
    get_data(copy)[...] = 0
    copy.header["descrip"] = b"changed"
    copy.affine[0, 0] = 99
    assert get_data(bold).any()
    assert bold.header["descrip"].item() == b"realigned"
    assert bold.affine[0, 0] == -2
    with pytest.raises(TypeError, match="got a str"):
        copy_img("a.nii")


def test_get_data_gives_the_array_itself(bold):
    assert get_data(bold) is bold.dataobj
