"""Small maps of a group with known truth.

`N` subjects; in the cube `ACTIVE` their effects have mean 2, elsewhere 0, with a
standard deviation of 1; outside of the brain maps are 0, or nan as SPM writes them.
"""

import nibabel as nib
import numpy as np
import pandas as pd

N = 12
SHAPE = (9, 10, 11)
AFFINE = np.array(
    [[-3.0, 0, 0, 12], [0, 3, 0, -15], [0, 0, 3.5, -18], [0, 0, 0, 1]], dtype=float
)
ACTIVE = (slice(3, 5), slice(4, 6), slice(5, 7))


def inside():
    """(x, y, z) bool: a box two voxels away from the borders."""
    box = np.zeros(SHAPE, bool)
    box[2:-2, 2:-2, 2:-2] = True
    return box


def brain():
    return nib.Nifti1Image(inside().astype(np.uint8), AFFINE)


def volumes(n=N, seed=0, outside=0.0):
    """(n, x, y, z) float32."""
    rng = np.random.default_rng(seed)
    data = rng.standard_normal((n, *SHAPE)).astype(np.float32)
    data[(slice(None), *ACTIVE)] += 2
    data[:, ~inside()] = outside
    return data


def image(volume):
    return nib.Nifti1Image(volume, AFFINE)


def images(data):
    return [image(volume) for volume in data]


def values(data):
    """(n, n_voxels) float64 inside of the brain, in the order of a masker."""
    return data[:, inside()].astype(float)


def at(img):
    """Values of a map inside of the brain."""
    return np.asarray(img.dataobj, dtype=float)[inside()]


def subjects(n=N, seed=0):
    """What is known of them."""
    rng = np.random.default_rng(seed + 100)
    return pd.DataFrame(
        {
            "subject_label": [f"{i:02d}" for i in range(1, n + 1)],
            "age": rng.integers(20, 60, n).astype(float),
            "group": np.resize(["patient", "control"], n),
            "site": np.resize(["x", "x", "y", "z"], n),
        }
    )


def write(folder, data, pattern="sub-{:02d}.nii.gz"):
    """Write a file for each map; return the paths."""
    paths = [folder / pattern.format(i) for i in range(1, len(data) + 1)]
    for path, volume in zip(paths, data, strict=True):
        nib.save(image(volume), path)
    return paths
