"""Mistakes in the parameters of maskers are answered at fit, by name."""

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.warnings import ImageWarning
from boldglm.maskers import NiftiLabelsMasker, NiftiMasker, NiftiSpheresMasker

AFFINE = np.eye(4)
MASK = nib.Nifti1Image(np.ones((2, 2, 2), np.uint8), AFFINE)
ATLAS = nib.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2), AFFINE)


@pytest.mark.parametrize(
    ("masker", "error", "message"),
    [
        (NiftiMasker(MASK, mask_args=5), TypeError, "mask_args is 5; expected a dict"),
        (NiftiMasker(MASK, clean_args=5), TypeError, "clean_args is 5; expected a di"),
        (NiftiMasker(MASK, t_r="2"), TypeError, "t_r is '2'; expected seconds"),
        (NiftiMasker(MASK, dtype="foo"), TypeError, "dtype is 'foo'.*'auto' or None"),
        (
            NiftiMasker(MASK, dtype="complex64"),
            TypeError,
            "dtype is 'complex64'; expected a number type",
        ),
        (
            NiftiMasker(MASK, mask_strategy=["epi"]),
            ValueError,
            r"mask_strategy is \['epi'\]; expected one of 'background'",
        ),
        (
            NiftiLabelsMasker(ATLAS, strategy=["mean"]),
            ValueError,
            r"strategy is \['mean'\]; expected one of 'mean'",
        ),
        (
            NiftiLabelsMasker(ATLAS, background_label="a"),
            TypeError,
            "background_label is 'a'; expected a number",
        ),
        (
            NiftiLabelsMasker(ATLAS, lut="no.tsv"),
            FileNotFoundError,
            r"lut: there is no file 'no\.tsv' \(looked from",
        ),
        (
            NiftiSpheresMasker([(0, 0, 0)], radius=[3, 4]),
            TypeError,
            r"radius is \[3, 4\]; expected millimetres, one number for all",
        ),
        (
            NiftiSpheresMasker([(0, 0, 0)], radius=-1),
            ValueError,
            "radius is -1; expected millimetres",
        ),
    ],
)
def test_parameters_are_checked_by_fit(masker, error, message):
    with pytest.raises(error, match=message):
        masker.fit()


def test_a_map_is_no_label_image():
    data = np.array([[[0.0, 0.5], [1.0, 2.5]]])
    with pytest.warns(
        ImageWarning, match=r"2 of 4 are not whole numbers, such as 0\.5"
    ):
        NiftiLabelsMasker(nib.Nifti1Image(data, AFFINE)).fit()
