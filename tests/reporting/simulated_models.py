"""Fitted models for tests of their reports."""

import nibabel as nib
import numpy as np
import pandas as pd
from tests.glm.first_level import simulated_runs as runs
from tests.glm.second_level import simulated_group as group

from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel
from boldglm.reporting.gather import gather
from boldglm.reporting.report_options import checked_options


def brain(code="mni"):
    """A small mask; its header says where its affine leads."""
    inside = np.zeros(runs.SHAPE, np.uint8)
    inside[1:-1, 1:-1, 1:-1] = 1
    mask = nib.Nifti1Image(inside, runs.AFFINE)
    mask.set_sform(runs.AFFINE, code)
    return mask


def anatomy():
    rng = np.random.default_rng(1)
    values = 500 + 100 * rng.random(runs.SHAPE)
    return nib.Nifti1Image(values.astype(np.float32), runs.AFFINE)


def first_level(n_runs=2, **options):
    """Runs with events of a and b, motion among the confounds; b is hardly there."""
    rng = np.random.default_rng(5)
    tables = [runs.events(seed) for seed in range(n_runs)]
    names = [f"{kind}_{axis}" for kind in ("trans", "rot") for axis in "xyz"]
    confounds = [
        pd.DataFrame(
            np.cumsum(rng.standard_normal((runs.N_SCANS, 6)), axis=0) * 0.01,
            columns=names,
        )
        for _ in tables
    ]
    options = {"mask_img": brain()} | options
    model = FirstLevelModel(t_r=runs.T_R, hrf_model=None, **options)
    images = [runs.image(table, seed) for seed, table in enumerate(tables)]
    return model.fit(images, events=tables, confounds=confounds)


def second_level(**options):
    design = pd.DataFrame(
        {"intercept": 1.0, "age": np.linspace(-1, 1, group.N)}, index=range(group.N)
    )
    model = SecondLevelModel(mask_img=group.brain(), **options)
    return model.fit(group.images(group.volumes()), design_matrix=design)


def content(model, contrasts=None, **options):
    """What stands in the report of a model, over no anatomy if none is said."""
    options = {"bg_img": None} | options
    return gather(model, checked_options(contrasts=contrasts, **options))
