"""Mistakes in the arguments of image functions are answered by name."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from boldglm._base.errors import ImageFileError
from boldglm.image import (
    concat_imgs,
    coord_transform,
    crop_img,
    index_img,
    load_img,
    math_img,
    mean_img,
    new_img_like,
    resample_img,
    smooth_img,
    threshold_img,
)
from boldglm.image.resampling import get_bounds

AFFINE = np.diag([3.0, 3.0, 4.0, 1.0])
OTHER = np.diag([4.0, 4.0, 4.0, 1.0])
IMG = nib.Nifti1Image(np.arange(60, dtype=np.float32).reshape(3, 4, 5), AFFINE)
RUN = nib.Nifti1Image(np.ones((3, 4, 5, 6), np.float32), AFFINE)


@pytest.mark.parametrize(
    ("affine", "message"),
    [
        ("MNI", "target_affine is 'MNI'; expected a matrix.*see resample_to_img"),
        (3, "target_affine is '3'; expected a matrix"),
        (RUN, "expected a matrix of shape .* see resample_to_img"),
        ([[1, 2], [3]], r"target_affine is .*; expected numbers"),
        (AFFINE * 1j, r"target_affine is .*; expected numbers"),
    ],
)
def test_a_target_affine_is_a_matrix_of_numbers(affine, message):
    with pytest.raises(TypeError, match=message):
        mean_img(RUN, target_affine=affine)


def test_a_target_affine_is_finite():
    with pytest.raises(
        ValueError, match="target_affine has values that are not finite"
    ):
        resample_img(IMG, np.full((4, 4), np.nan))


@pytest.mark.parametrize(
    "shape", [20, "abc", (4, 4), (4, 4, 0), (4, 4, -1), (4.5, 4, 4)]
)
def test_a_target_shape_is_three_whole_numbers(shape):
    with pytest.raises(
        ValueError, match=r"target_shape.* is .*; expected the shape of a"
    ):
        resample_img(IMG, OTHER, shape)


def test_a_target_shape_without_affine_is_shown():
    with pytest.raises(ValueError, match="target_shape=20 needs a target_affine"):
        resample_img(IMG, target_shape=20)


def test_a_target_shape_is_not_made_of_text():
    with pytest.raises(TypeError, match=r"target_shape \('a', 4, 4\) is 'a'"):
        resample_img(IMG, OTHER, ("a", 4, 4))


def test_a_target_shape_may_be_an_array():
    assert resample_img(IMG, OTHER, np.array([2.0, 3, 4])).shape == (2, 3, 4)


@pytest.mark.parametrize("value", [None, "a", [1, 2]])
def test_a_fill_value_is_a_number(value):
    with pytest.raises(TypeError, match=r"fill_value is .*; expected the number"):
        resample_img(IMG, OTHER, fill_value=value)


@pytest.mark.parametrize("affine", [None, OTHER])
@pytest.mark.parametrize("order", ["K", 3])
def test_a_layout_is_named(order, affine):
    with pytest.raises(
        ValueError, match=f"order is {order!r}; expected one of 'F', 'C'"
    ):
        resample_img(IMG, affine, order=order)


def test_an_interpolation_in_a_list_is_none():
    with pytest.raises(ValueError, match=r"interpolation is \['linear'\]; expected"):
        resample_img(IMG, OTHER, interpolation=["linear"])


def test_the_tolerance_of_cropping_is_a_part():
    with pytest.raises(TypeError, match="rtol is 'a'; expected a part"):
        crop_img(IMG, rtol="a")
    for wrong in (-1, np.nan):
        with pytest.raises(ValueError, match=r"rtol is .*; expected a part"):
            crop_img(IMG, rtol=wrong)


@pytest.mark.parametrize("ndim", [3, "4"])
def test_lists_have_four_or_five_dimensions(ndim):
    with pytest.raises(ValueError, match=f"ensure_ndim is {ndim!r}; expected 4"):
        concat_imgs([IMG, IMG], ensure_ndim=ndim)


@pytest.mark.parametrize("dtype", ["float33", "complex64"])
def test_a_type_is_one_of_numbers(dtype):
    with pytest.raises(TypeError, match=f"dtype is '{dtype}'; expected a number type"):
        concat_imgs([IMG], dtype=dtype)
    with pytest.raises(TypeError, match=f"dtype is '{dtype}'.*'auto' or None"):
        load_img(IMG, dtype=dtype)


def test_what_a_data_set_comes_in_is_no_image():
    with pytest.raises(
        TypeError, match=r"got dict\. Pass what it holds: 'func', 't_r'"
    ):
        mean_img({"func": RUN, "t_r": 2})


def test_an_array_is_reported_with_all_its_axes():
    with pytest.raises(TypeError, match=r"numpy array of shape \(3, 4, 5\) where"):
        mean_img(np.zeros((3, 4, 5)))


@pytest.mark.parametrize("n_jobs", ["all", [1]])
def test_a_number_of_threads_is_a_number(n_jobs):
    with pytest.raises(
        TypeError, match=r"n_jobs is .*; expected a whole number of thr"
    ):
        mean_img(RUN, n_jobs=n_jobs)


def test_there_are_no_parts_of_threads():
    with pytest.raises(ValueError, match=r"n_jobs is 1\.5; expected a whole number"):
        mean_img(RUN, n_jobs=1.5)


@pytest.mark.parametrize("fwhm", ["5", True, np.inf, [4, 4, np.inf]])
def test_a_width_is_finite_millimetres(fwhm):
    with pytest.raises(ValueError, match=r"fwhm is .*; expected millimetres"):
        smooth_img(IMG, fwhm)


def test_a_threshold_is_not_nan():
    with pytest.raises(ValueError, match="threshold is nan; expected a number or a"):
        threshold_img(IMG, np.nan)


def test_a_cluster_has_a_number_of_voxels():
    with pytest.raises(
        TypeError, match="cluster_threshold is 'a'; expected the number"
    ):
        threshold_img(IMG, 3, cluster_threshold="a")
    with pytest.raises(
        ValueError, match="cluster_threshold is -5; expected the number"
    ):
        threshold_img(IMG, 3, cluster_threshold=-5)


def test_none_is_no_index():
    with pytest.raises(
        IndexError, match="index None does not choose scans of Nifti1Im"
    ):
        index_img(RUN, None)


def test_a_formula_is_text():
    with pytest.raises(TypeError, match="formula is a int; expected text such as"):
        math_img(5, img=IMG)


@pytest.mark.parametrize("data", ["x", None, [["a"]]])
def test_an_image_is_made_of_numbers(data):
    with pytest.raises(TypeError, match=r"data are a .*; expected an array of numbers"):
        new_img_like(IMG, data)


def test_the_affine_of_an_image_is_4_by_4():
    with pytest.raises(ValueError, match=r"affine has shape \(3, 3\); expected \(4, 4"):
        new_img_like(IMG, np.ones((3, 4, 5)), np.eye(3))
    with pytest.raises(TypeError, match="affine is 'a'; expected a matrix"):
        new_img_like(IMG, np.ones((3, 4, 5)), "a")


def test_points_are_numbers():
    with pytest.raises(TypeError, match="x is 'a'; expected numbers"):
        coord_transform("a", 2, 3, AFFINE)
    with pytest.raises(TypeError, match="affine is 'a'; expected numbers"):
        coord_transform(1, 2, 3, "a")


# pairs of files: the header is what is wrong


def test_voxels_without_header_say_which_file_is_missing(tmp_path):
    (tmp_path / "e.img").write_bytes(b"x" * 100)
    with pytest.raises(ImageFileError, match=r"e\.img .* header e\.hdr is not beside"):
        load_img(tmp_path / "e.img")


def test_a_short_header_is_named_with_its_length(tmp_path):
    (tmp_path / "e.img").write_bytes(b"x" * 100)
    (tmp_path / "e.hdr").touch()
    with pytest.raises(ImageFileError, match=r"header e\.hdr ends after 0 bytes, expe"):
        load_img(tmp_path / "e.img")


def test_a_header_of_garbage_is_named(tmp_path):
    (tmp_path / "e.img").write_bytes(b"x" * 100)
    (tmp_path / "e.hdr").write_bytes(b"q" * 348)
    with pytest.raises(
        ImageFileError, match=r"e\.img \(with its header e\.hdr\) cannot"
    ):
        load_img(tmp_path / "e.img")


def test_a_table_is_no_list_of_images():
    table = pd.DataFrame({"path": ["a.nii"]})
    with pytest.raises(TypeError, match=r"Got a table .*; pass one of its columns"):
        load_img(table)


def test_bounds_are_of_a_shape_and_a_matrix():
    for shape in (3, "abc", None):
        with pytest.raises(TypeError, match=r"shape is .*; expected a list of three"):
            get_bounds(shape, AFFINE)
    with pytest.raises(ValueError, match=r"affine has shape \(3, 3\); expected"):
        get_bounds((3, 4, 5), np.eye(3))


@pytest.mark.parametrize("fwhm", [1e16, [4, 4, 1e9]])
def test_a_kernel_is_not_wider_than_any_image(fwhm):
    with pytest.raises(ValueError, match="of at most 1000 voxels"):
        smooth_img(IMG, fwhm)


def test_an_affine_that_files_cannot_hold_is_refused():
    for size in (1e200, 1e-200):
        place = np.diag([size, size, size, 1])
        with pytest.raises(ValueError, match="affine"):
            new_img_like(IMG, np.ones((3, 4, 5)), place)
