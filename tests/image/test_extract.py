"""The type that voxels keep."""

import nibabel as nib
import numpy as np
import pytest

from boldglm.image.extract import extracted_dtype


@pytest.mark.parametrize(
    ("stored", "kept"),
    [(["i2"], "f4"), (["f4", "i2"], "f4"), (["f4", "f8"], "f8"), (["u1", "f8"], "f8")],
)
def test_floats_keep_their_type_and_integers_become_single(stored, kept):
    images = [nib.Nifti1Image(np.zeros((2, 2, 2), k), np.eye(4)) for k in stored]
    assert extracted_dtype(images) == np.dtype(kept)
