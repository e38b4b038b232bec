"""Simulated files in the layout of the FIAC data set that two reference pages use.

Two runs of 191 scans, a mask, and designs as arrays `X` of 13 columns in .npz files:
four conditions, the first sentence of a block, their derivatives, two drifts and the
constant. Their names, `conditions`, are bytes. In the cube `ACTIVE` the last two
conditions add 2 % to a baseline of 500.
"""

import nibabel as nib
import numpy as np

SHAPE = (12, 13, 9)
N_SCANS = 191
# the corner is where `ACTIVE` comes to lie where the pages cut: at -129, -126, 49
AFFINE = np.array(
    [[-3.0, 0, 0, -111], [0, 3, 0, -144], [0, 0, 4, 33], [0, 0, 0, 1]], dtype=float
)
ACTIVE = (slice(4, 8), slice(4, 8), slice(3, 6))


def design(run):
    """(191, 13) regressors."""
    rng = np.random.default_rng(run)
    starts = np.arange(4, N_SCANS - 12, 11)
    order = rng.permutation(np.arange(starts.size) % 4)
    X = np.zeros((N_SCANS, 13))
    rise = np.convolve(np.ones(7), [0.2, 0.6, 0.2])
    for start, condition in zip(starts, order, strict=True):
        X[start : start + rise.size, condition] += rise
        X[start : start + 3, 4] += [0.3, 1.0, 0.3]
    X[1:, 5:10] = np.diff(X[:, :5], axis=0)
    X[:, 10] = np.linspace(-1, 1, N_SCANS)
    X[:, 11] = np.cos(np.pi * (np.arange(N_SCANS) + 0.5) / N_SCANS * 2)
    X[:, 12] = 1
    return X


def write(root):
    """Write the data set; return its files by the names of the fetcher."""
    folder = root / "fiac_nilearn.glm" / "nipy-data-0.2" / "data" / "fiac" / "fiac0"
    folder.mkdir(parents=True)
    names = np.array([f"regressor_{at}".encode() for at in range(13)])
    inside = np.zeros(SHAPE, np.uint8)
    inside[2:-2, 2:-2, 1:-1] = 1
    nib.save(nib.Nifti1Image(inside, AFFINE), folder / "mask.nii.gz")
    files = {"mask": str(folder / "mask.nii.gz")}
    for run in (1, 2):
        rng = np.random.default_rng(100 + run)
        X = design(run)
        data = 500 + 5 * rng.standard_normal((*SHAPE, N_SCANS))
        data[..., 1:] += 0.3 * (data[..., :-1] - 500)
        data[ACTIVE] += 10 * (X[:, 2] + X[:, 3])
        image = nib.Nifti1Image(data.astype(np.int16), AFFINE)
        nib.save(image, folder / f"run{run}.nii.gz")
        np.savez(folder / f"run{run}_design.npz", X=X, conditions=names)
        files[f"func{run}"] = str(folder / f"run{run}.nii.gz")
        files[f"design_matrix{run}"] = str(folder / f"run{run}_design.npz")
    return files
