"""From the image of a run to its fit, in one pass over the file."""

from typing import Any

import numpy as np

from boldglm._base.log import say
from boldglm.core.gls import GlmFit, fit_glm, fit_statistics, prepare
from boldglm.core.noise import NoiseModel
from boldglm.core.precision import PrecisionForms
from boldglm.core.run_statistics import RunAccumulator, RunStatistics
from boldglm.glm.first_level.fitting import threads
from boldglm.glm.first_level.runs import Run
from boldglm.glm.first_level.scaling import (
    check_signal_scaling,
    scale_signal,
    scans_to_per_cent,
    voxel_scaling,
    warn_of_means,
)

__all__ = ["fit_run"]


def fit_run(
    model: Any,
    run: Run,
    scans: Any,
    design: np.ndarray,
    masker: Any,
    noise: NoiseModel,
) -> tuple[GlmFit, np.ndarray | None]:
    """Fit a run of a model.

    The file is read once. What is kept of it is the smaller of two things: its
    statistics, which do not grow with the number of scans, or the series of the
    mask's voxels. The series are kept too if the model is to have them, or the
    masker cleans them, which takes all scans at once.

    Parameters
    ----------
    model : FirstLevelModel
    run : Run
    scans : (n_kept_scans,) int or None
        Scans to keep, ascending; None for all.
    design : (n_kept_scans, n_regressors)
    masker : NiftiMasker
        Fitted.
    noise : NoiseModel

    Returns
    -------
    fit : GlmFit
    series : (n_kept_scans, n_voxels) or None
        The scaled data, if the model keeps them.
    """
    say(model.verbose, "run %d: reading %d scans", run.index, run.n_scans)
    kept = np.arange(run.n_scans) if scans is None else scans
    forms = prepare(design, noise, kept.size, np.float32)
    if model.minimize_memory and not masker.cleans and _is_smaller(forms):
        statistics = _read_statistics(model, run, kept, masker, forms)
        shift, scale = voxel_scaling(
            statistics, model.signal_scaling, bool(model.standardize)
        )
        n_jobs = threads(model.n_jobs)
        fit = fit_statistics(statistics, noise, shift=shift, scale=scale, n_jobs=n_jobs)
        return fit, None
    series = masker.transform(run.image, sample_mask=scans)
    series = scale_signal(series, model.signal_scaling, bool(model.standardize))
    fit = fit_glm(series, design, noise, n_jobs=threads(model.n_jobs))
    return fit, None if model.minimize_memory else series


def _is_smaller(forms: PrecisionForms) -> bool:
    """Whether the statistics of a run take less memory than its float32 series."""
    n_scans, rank = forms.lags.basis.shape
    n_lags = forms.lags.n_lags
    numbers = (n_lags + 1) * (rank + 1) + 2 * n_lags + 2
    return 8 * numbers < 4 * n_scans


def _read_statistics(
    model: Any, run: Run, kept: np.ndarray, masker: Any, forms: PrecisionForms
) -> RunStatistics:
    by_scan = check_signal_scaling(model.signal_scaling) == 1
    sums = RunAccumulator(forms, masker.n_elements_, threads(model.n_jobs))
    means, done = [], 0
    for rows in masker.stream(run.image):
        wanted = kept[(kept >= done) & (kept < done + len(rows))] - done
        done += len(rows)
        part = rows if wanted.size == len(rows) else rows[wanted]
        if by_scan:
            part, mean = scans_to_per_cent(part)
            means.append(mean)
        sums.add(part)
    if by_scan:
        warn_of_means(np.concatenate(means))
    return sums.statistics()
