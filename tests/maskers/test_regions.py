"""Regions are read in the precision of the images."""

import nibabel as nib
import numpy as np

from boldglm.maskers import NiftiLabelsMasker, NiftiSpheresMasker


def test_regions_of_float64_images_keep_their_digits(rng):
    """A large offset does not take the signal away."""
    data = 1e9 + rng.standard_normal((4, 4, 4, 5))
    img = nib.Nifti1Image(data, np.eye(4))
    labels = nib.Nifti1Image(np.ones((4, 4, 4), np.int16), np.eye(4))
    expected = data.reshape(-1, 5).mean(axis=0)
    found = NiftiLabelsMasker(labels).fit_transform(img)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    found = NiftiSpheresMasker([(1, 1, 1)]).fit_transform(img)[:, 0]
    np.testing.assert_allclose(found, data[1, 1, 1], rtol=1e-15)
