"""Mistakes in the arguments of masking are answered by name."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import MaskWarning
from boldglm.image import get_data
from boldglm.masking import (
    apply_mask,
    compute_background_mask,
    compute_epi_mask,
    compute_multi_epi_mask,
    unmask,
)


def _brain():
    data = np.zeros((12, 12, 12))
    data[2:10, 2:10, 2:10] = 100.0
    return nib.Nifti1Image(data, np.eye(4))


@pytest.mark.parametrize("opening", [-1, 1.5])
def test_an_opening_is_a_whole_number_of_voxels(opening):
    for function in (compute_epi_mask, compute_background_mask):
        with pytest.raises(ValueError, match=f"opening is {opening}; expected True"):
            function(_brain(), opening=opening)


def test_numbers_are_not_made_of_text():
    img = _brain()
    with pytest.raises(TypeError, match="opening is 'a'; expected True, False, or"):
        compute_epi_mask(img, opening="a")
    with pytest.raises(TypeError, match="lower_cutoff is None; expected a quantile"):
        compute_epi_mask(img, lower_cutoff=None)
    with pytest.raises(TypeError, match="upper_cutoff is 'a'; expected a quantile"):
        compute_epi_mask(img, upper_cutoff="a")
    with pytest.raises(
        TypeError, match="border_size is 'a'; expected at least 1 voxel"
    ):
        compute_background_mask(img, border_size="a")
    with pytest.raises(TypeError, match="threshold is 'a'; expected a part of the mas"):
        compute_multi_epi_mask([img], threshold="a")
    with pytest.raises(TypeError, match="n_jobs is 'all'; expected a whole number"):
        compute_multi_epi_mask([img], n_jobs="all")
    with pytest.raises(TypeError, match="got int: 5"):
        compute_multi_epi_mask(5)


def test_no_opening_may_be_written_as_none():
    img = _brain()
    np.testing.assert_array_equal(
        get_data(compute_epi_mask(img, opening=None)),
        get_data(compute_epi_mask(img, opening=False)),
    )


def test_an_image_that_is_the_same_everywhere_has_no_brain():
    empty = nib.Nifti1Image(np.zeros((8, 8, 8)), np.eye(4))
    with pytest.warns(MaskWarning, match=r"same value everywhere \(0\).* empty\?"):
        compute_epi_mask(empty)


def test_what_is_put_back_is_made_of_numbers():
    mask = nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), np.eye(4))
    with pytest.raises(TypeError, match=r"X is .*; expected numbers"):
        unmask(["a"] * 8, mask)
    with pytest.raises(TypeError, match=r"X has shape \(0,\); expected \(8,\)"):
        unmask([], mask)
    with pytest.raises(ValueError, match="order is 'K'; expected one of 'F', 'C'"):
        unmask(np.ones(8), mask, order="K")
    with pytest.raises(TypeError, match="dtype is 'foo'; expected a number type"):
        apply_mask(mask, mask, dtype="foo")
