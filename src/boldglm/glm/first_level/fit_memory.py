"""How much memory a fit takes, told where there is less."""

import math
from typing import Any

import numpy as np

from boldglm.core.noise import NoiseModel
from boldglm.core.run_statistics import SCANS
from boldglm.glm.first_level.run_reading import READING
from boldglm.glm.first_level.runs import Run

__all__ = ["REMEDY", "fit_bytes"]

REMEDY = (
    "Take a mask of fewer voxels (mask_img), larger voxels (target_affine), fewer runs "
    "at once, minimize_memory=True, or a noise model of lower order."
)


def fit_bytes(
    model: Any,
    runs: list[Run],
    designs: list[np.ndarray],
    masker: Any,
    noise: NoiseModel,
) -> int:
    """Memory that the fit of runs takes at its largest, about.

    What is kept of all runs: coefficients, noise and sums of squares of each voxel, in
    float64, and the series if the model keeps them. And what one run takes while it is
    read: blocks of scans, and its statistics in float64, or its series and those that
    are worked on.

    Parameters
    ----------
    model : FirstLevelModel
    runs : list of Run
    designs : list of (n_kept_scans, n_regressors)
    masker : NiftiMasker
        Fitted.
    noise : NoiseModel

    Returns
    -------
    int
        Bytes.
    """
    kept = sum(X.shape[1] + noise.order + 4 for X in designs) * 8
    if not model.minimize_memory:
        kept += sum(len(X) for X in designs) * 4
    at_work = max(_at_work(model, masker, X, noise.order) for X in designs)
    reading = max(min(READING, 4 * math.prod(run.image.shape)) for run in runs)
    if all(isinstance(run.image.dataobj, np.ndarray) for run in runs):
        reading = 0
    return (kept + at_work) * int(masker.n_elements_) + reading


def _at_work(model: Any, masker: Any, design: np.ndarray, order: int) -> int:
    """Bytes of a voxel: of its statistics with the scans that wait, or its series."""
    n_scans, rank = design.shape
    if not model.minimize_memory:
        # beside those that are kept
        return 4 * n_scans
    statistics = 8 * ((order + 1) * (rank + 1) + 2 * order + 2)
    if statistics < 4 * n_scans and not masker.cleans:
        return statistics + 4 * min(SCANS, n_scans)
    return 2 * 4 * n_scans
