"""Too little memory: for what, how much, how to need less; and it is then enough."""

import re
import tracemalloc
import zipfile

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.faults import hungry

from boldglm._base.errors import ImageFileError
from boldglm.glm.first_level import FirstLevelModel, first_level, fit_memory

BEYOND = 150 * 2**20

# What each says it is for, how much it takes, and what to do
SAYS = {
    "get_data": ("the voxels of .*run.nii", "419 MB", "index_img"),
    "index_img": ("scans of .*run.nii", "377 MB", "index_img"),
    "concat_imgs": ("the joined images", "839 MB", "index_img"),
    "smooth_img": ("the smoothed scans of .*run.nii", "419 MB", "index_img"),
    "resample_img": (".*run.nii on another grid", "496 MB", "larger voxels"),
    "NiftiMasker": ("100 scans of the 1048576 voxels", "419 MB", "fewer voxels"),
    "fit": ("the fit of a run", "864 MB", r"fewer voxels \(mask_img\)"),
    "permuted_ols": ("100000000 permutations of 40 maps", "4.0 GB", "fewer perm"),
    "load a model": ("run0_beta of .*run.npz", "240 MB", "where there is more"),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A large run, and a large model, that take little room on disk."""
    folder = tmp_path_factory.mktemp("large")
    hungry.sparse_run(folder / "run.nii")
    hungry.large_model(folder / "run.npz")
    return folder


@pytest.mark.parametrize("work", list(SAYS))
def test_what_it_is_for_and_how_much_it_takes_is_told(zygote, place, work):
    told = zygote.starve(work, place, BEYOND)
    what, size, remedy = SAYS[work]
    assert told["status"] == 0
    assert told["kind"] == "NotEnoughMemoryError", told["says"]
    expected = f"not enough memory for {what}.*, which takes about {size}. .*{remedy}"
    assert re.search(expected, told["says"]), told["says"]


@pytest.mark.parametrize("work", [name for name in hungry.HUNGRY if " of " in name])
def test_with_what_is_advised_it_is_enough(zygote, place, work):
    assert zygote.starve(work, place, BEYOND) == {"kind": None, "says": "", "status": 0}


def test_a_model_file_that_promises_more_than_it_has_is_damaged(tmp_path):
    """And not large: a flipped bit asks for any memory."""
    path = tmp_path / "model.npz"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a.npy", "w") as member:
        header = {"descr": "<f8", "fortran_order": False, "shape": (2**28, 2**28)}
        np.lib.format.write_array_header_1_0(member, header)
        member.write(bytes(800))
    with pytest.raises(ImageFileError, match="is not a model that boldglm saved, or"):
        FirstLevelModel.load(path)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"minimize_memory": False},
        *(
            pytest.param(options, marks=pytest.mark.slow)
            for options in (
                {"noise_model": "ols"},
                {"noise_model": "auto", "t_r": 2.0},
                {"smoothing_fwhm": 6.0},
            )
        ),
    ],
)
def test_what_a_fit_is_said_to_take_is_about_what_it_takes(monkeypatch, options):
    """Half to twice of what is measured."""
    shape, n_scans, rng = (40, 40, 20), 120, np.random.default_rng(0)
    scans = rng.normal(1000, 30, (*shape, n_scans)).astype(np.float32)
    run = nib.Nifti1Image(scans, np.diag([3.0, 3.0, 3.0, 1.0]))
    mask = nib.Nifti1Image(np.ones(shape, np.uint8), run.affine)
    design = pd.DataFrame(
        rng.standard_normal((n_scans, 10)), columns=list("abcdefghij")
    )
    real, measured = first_level.fit_runs, []

    def watched(model, runs, scans, designs, masker, noise):
        said = fit_memory.fit_bytes(model, runs, designs, masker, noise)
        tracemalloc.start()
        fitted = real(model, runs, scans, designs, masker, noise)
        measured.append(said / tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return fitted

    monkeypatch.setattr(first_level, "fit_runs", watched)
    model = FirstLevelModel(mask_img=mask, signal_scaling=False, **options)
    # The first loads and compiles
    for _ in range(2):
        model.fit(run, design_matrices=design)
    assert 0.5 < measured[1] < 2.0
