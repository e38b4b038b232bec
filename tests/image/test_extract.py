"""Rows of voxels: what is not finite in them, and the type they keep."""

import nibabel as nib
import numpy as np
import pytest

from boldglm.image.extract import extracted_dtype, replace_non_finite


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_becomes_zero_and_is_counted(rng, dtype):
    rows = rng.normal(size=(4, 5)).astype(dtype)
    expected = rows.copy()
    for place, value in {(0, 1): np.nan, (2, 3): np.inf, (3, 0): -np.inf}.items():
        rows[place], expected[place] = value, 0
    assert replace_non_finite(rows) == 3
    np.testing.assert_array_equal(rows, expected)


def test_numbers_whose_sum_is_infinite_are_finite_themselves():
    rows = np.full((2, 3), 1.7e308)
    with np.errstate(over="ignore"):
        assert replace_non_finite(rows) == 0
    assert (rows == 1.7e308).all()


@pytest.mark.parametrize(
    ("stored", "kept"),
    [(["i2"], "f4"), (["f4", "i2"], "f4"), (["f4", "f8"], "f8"), (["u1", "f8"], "f8")],
)
def test_floats_keep_their_type_and_integers_become_single(stored, kept):
    images = [nib.Nifti1Image(np.zeros((2, 2, 2), k), np.eye(4)) for k in stored]
    assert extracted_dtype(images) == np.dtype(kept)
