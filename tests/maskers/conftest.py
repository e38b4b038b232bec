"""A simulated run, its mask and confounds."""

import nibabel as nib
import numpy as np
import pytest

from boldglm.masking import compute_epi_mask

AFFINE = np.array([[-3.0, 0, 0, 27], [0, 3.0, 0, -33], [0, 0, 3.5, -28], [0, 0, 0, 1]])
SHAPE = (18, 20, 16)
T = 60


@pytest.fixture(scope="session")
def bold():
    rng = np.random.default_rng(7)
    axes = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    inside = sum(axis**2 for axis in axes) < 0.6
    data = rng.normal(0, 8, (*SHAPE, T)) + np.sin(np.arange(T) / 9) * 5
    data += np.where(inside, 500 + 60 * axes[0], 10)[..., None]
    data += 0.1 * np.arange(T)
    return nib.Nifti1Image(data.astype(np.float32), AFFINE)


@pytest.fixture(scope="session")
def mask(bold):
    return compute_epi_mask(bold)


@pytest.fixture
def confounds(rng, readonly):
    return readonly(rng.normal(size=(T, 4)) + 3)
