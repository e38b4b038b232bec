"""Work that needs more memory than there is, and the same as the error advises it."""

import json

import nibabel as nib
import numpy as np
import pandas as pd

from boldglm.glm.first_level import FirstLevelModel
from boldglm.image import concat_imgs, get_data, index_img, resample_img, smooth_img
from boldglm.maskers import NiftiMasker
from boldglm.mass_univariate import permuted_ols

__all__ = ["HUNGRY", "large_model", "outcome", "sparse_run"]

SHAPE, N_SCANS, AFFINE = (128, 128, 64), 100, np.diag([2.0, 2.0, 2.0, 1.0])


def sparse_run(path):
    """A run of 420 MB, all zeros, that takes no room on disk."""
    header = nib.Nifti1Header()
    header.set_data_dtype(np.float32)
    header.set_data_shape((*SHAPE, N_SCANS))
    header.set_sform(AFFINE, 1)
    header["magic"], header["vox_offset"] = b"n+1", 352
    with path.open("wb") as file:
        file.write(header.binaryblock + bytes(4))
        file.truncate(352 + 4 * N_SCANS * int(np.prod(SHAPE)))


def large_model(path):
    """A model with 30 effects in a million voxels, 240 MB of zeros."""
    rng, small = np.random.default_rng(0), path.with_name("small.npz")
    design = pd.DataFrame(rng.standard_normal((N_SCANS, 30)))
    design.columns = design.columns.map(str)
    run = nib.Nifti1Image(rng.standard_normal((2, 2, 2, N_SCANS)) + 99, AFFINE)
    model = FirstLevelModel(mask_img=False, signal_scaling=False, noise_model="ols")
    model.fit(run, design_matrices=design).save(small)
    with np.load(small) as stored:
        parts = {name: stored[name] for name in stored.files}
    header = json.loads(str(parts["header"])) | {"shape": [100, 100, 100]}
    parts["header"] = np.array(json.dumps(header))
    parts["mask"] = np.full(10**6 // 8, 255, np.uint8)
    parts["run0_beta"] = np.broadcast_to(0.0, (30, 10**6))
    np.savez_compressed(path, **parts)


def mask(n_slices):
    inside = np.zeros(SHAPE, np.uint8)
    inside[:, :, :n_slices] = 1
    return nib.Nifti1Image(inside, AFFINE)


def fit(path, n_slices):
    rng = np.random.default_rng(0)
    names = [f"regressor {at}" for at in range(20)]
    design = pd.DataFrame(rng.standard_normal((N_SCANS, 20)), columns=names)
    model = FirstLevelModel(mask_img=mask(n_slices), signal_scaling=False)
    return model.fit(path, design_matrices=design)


def permute(n_perm):
    data = np.random.default_rng(0).standard_normal((40, 50))
    return permuted_ols(np.ones((40, 1)), data, n_perm=n_perm, two_sided_test=False)


HUNGRY = {
    "get_data": lambda path: get_data(nib.load(path)),
    "index_img": lambda path: index_img(path, slice(0, 90)),
    "concat_imgs": lambda path: concat_imgs([path, path]),
    "smooth_img": lambda path: smooth_img(path, 6.0),
    "resample_img": lambda path: resample_img(path, np.diag([1.9, 1.9, 1.9, 1])),
    "NiftiMasker": lambda path: NiftiMasker(mask_img=mask(64)).fit().transform(path),
    "fit": lambda path: fit(path, 64),
    "permuted_ols": lambda _: permute(10**8),
    "load a model": lambda path: FirstLevelModel.load(path.with_suffix(".npz")),
    # what the errors advise
    "index_img of fewer scans": lambda path: index_img(path, slice(0, 5)),
    "fit of fewer voxels": lambda path: fit(path, 1),
    "permuted_ols of fewer permutations": lambda _: permute(1000),
}


def outcome(name, folder):
    """The kind of error and what it says."""
    try:
        HUNGRY[name](folder / "run.nii")
    except Exception as error:
        return {"kind": type(error).__name__, "says": str(error)}
    return {"kind": None, "says": ""}
