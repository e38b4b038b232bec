"""From the image of a run to its fit, in one pass over the file."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from boldglm._base.log import say
from boldglm._base.warnings import DesignWarning, held_warnings, warn
from boldglm.core import timeline
from boldglm.core.gls import GlmFit, fit_glm, fit_statistics, prepare
from boldglm.core.neighbours import MaskAverage
from boldglm.core.noise import NoiseModel
from boldglm.core.parallel import map_blocks, n_workers
from boldglm.core.precision import PrecisionForms
from boldglm.core.run_statistics import SCANS, RunAccumulator, RunStatistics
from boldglm.glm.first_level.fitting import threads
from boldglm.glm.first_level.runs import Run
from boldglm.glm.first_level.scaling import (
    check_signal_scaling,
    scale_signal,
    scans_to_per_cent,
    voxel_scaling,
    warn_of_means,
)
from boldglm.image.stored import is_compressed

__all__ = ["NOISE_FWHM", "FittedRun", "fit_runs"]

# Neighbours that noise is averaged over: full width at half maximum, mm.
NOISE_FWHM = 8.0
# What runs that are fitted at once may take together, in bytes.
AT_ONCE = 2**29
# Blocks that are read ahead, at most.
READING = 2**27
# Voxels whose series are kept to see whether the noise model leaves white noise, and
# how many numbers these may be, 14 MB: fewer voxels only of runs beyond 7,000 scans.
SAMPLED, SAMPLED_NUMBERS = 500, 7 * 2**19


@dataclass(frozen=True)
class FittedRun:
    """A run after its fit.

    Attributes
    ----------
    fit : GlmFit
    series : (n_kept_scans, n_voxels) or None
        The scaled data, if the model keeps them.
    sample : (n_kept_scans, n_some_voxels)
        Scaled series of some voxels, evenly over the mask.
    """

    fit: GlmFit
    series: np.ndarray | None
    sample: np.ndarray

    @property
    def sample_fit(self) -> GlmFit:
        """The fit of these voxels."""
        return self.fit.select(_sampled(len(self.sample), self.fit.sigma2.size))


def fit_runs(
    model: Any,
    runs: list[Run],
    scans: list[Any],
    designs: list[np.ndarray],
    masker: Any,
    noise: NoiseModel,
) -> list[FittedRun]:
    """Fit the runs of a model.

    A compressed file is decompressed by one thread, whatever the number of
    processors: so runs that come from such files are fitted at once, as many as
    there are threads, if they take no more than half a gigabyte together. Other runs
    are fitted one after another, with all threads on each.

    Parameters
    ----------
    model : FirstLevelModel
    runs : list of Run
    scans, designs : lists
        Of each run, one per run.
    masker : NiftiMasker
        Fitted.
    noise : NoiseModel

    Returns
    -------
    list of FittedRun
    """
    at_once = _runs_at_once(model, runs, designs, masker, noise)
    n_jobs = threads(model.n_jobs) if at_once == 1 else 1
    neighbours = _neighbours(masker, n_jobs) if noise.pooled else None

    told: dict[int, list[tuple[str, type[Warning]]]] = {}

    def one(index: int) -> FittedRun:
        with held_warnings() as told[index]:
            given = (runs[index], scans[index], designs[index])
            return _fit_run(model, *given, masker, noise, neighbours, n_jobs)

    every = range(len(runs))
    try:
        return (
            map_blocks(one, every, n_jobs=at_once)
            if at_once > 1
            else [one(index) for index in every]
        )
    finally:
        # where a run fails, what was said before may be why
        for index in sorted(told):
            for message, category in told[index]:
                warn(message, category)


def _neighbours(masker: Any, n_jobs: int | None) -> MaskAverage:
    """Averages over the neighbours of a voxel in the mask."""
    from boldglm.image.sources import grid_of

    inside = np.asarray(masker.mask_img_.dataobj) > 0
    sizes = grid_of(masker.mask_img_).voxel_sizes
    return MaskAverage(inside, sizes, NOISE_FWHM, n_jobs=n_jobs)


def _runs_at_once(
    model: Any,
    runs: list[Run],
    designs: list[np.ndarray],
    masker: Any,
    noise: NoiseModel,
) -> int:
    if not all(is_compressed(run.image) for run in runs):
        return 1
    numbers = max((noise.order + 1) * 2 * X.shape[1] + 2 * SCANS for X in designs)
    if not model.minimize_memory or masker.cleans:
        numbers = max(2 * len(X) for X in designs)
    each = 4 * numbers * masker.n_elements_
    each += min(READING, max(4 * math.prod(run.image.shape) for run in runs))
    return max(1, min(AT_ONCE // each, n_workers(threads(model.n_jobs)), len(runs)))


def _fit_run(
    model: Any,
    run: Run,
    scans: Any,
    design: np.ndarray,
    masker: Any,
    noise: NoiseModel,
    neighbours: MaskAverage | None,
    n_jobs: int | None,
) -> FittedRun:
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
    neighbours : MaskAverage or None
        For noise that is pooled.
    n_jobs : int or None
        Threads.

    Returns
    -------
    FittedRun
    """
    say(model.verbose, "run %d: reading %d scans", run.index, run.n_scans)
    kept = np.arange(run.n_scans) if scans is None else scans
    # With bins the numbers are nilearn's, to which scans around a gap are neighbours
    numbers = kept if noise.bins is None else None
    if noise.order:
        _warn_of_ends(kept, run.index)
    forms = prepare(design, noise, kept.size, np.float32, scans=numbers)
    options: Any = {"neighbours": neighbours, "n_jobs": n_jobs}
    if model.minimize_memory and not masker.cleans and _is_smaller(forms):
        statistics, sample = _read_statistics(model, run, kept, masker, forms, n_jobs)
        shift, scale = voxel_scaling(
            statistics, model.signal_scaling, bool(model.standardize)
        )
        fit = fit_statistics(statistics, noise, shift=shift, scale=scale, **options)
        say(model.verbose, "run %d: fitted %d voxels", run.index, fit.sigma2.size)
        # As the fit has them: without a constant in the design the mean is not free
        at = _sampled(kept.size, masker.n_elements_)
        sample = (scale[at] * (sample - shift[at])).astype(sample.dtype)
        return FittedRun(fit, None, sample)
    series = masker.transform(run.image, sample_mask=scans)
    series = scale_signal(series, model.signal_scaling, bool(model.standardize))
    fit = fit_glm(series, design, noise, scans=numbers, **options)
    say(model.verbose, "run %d: fitted %d voxels", run.index, fit.sigma2.size)
    sample = np.ascontiguousarray(series[:, _sampled(*series.shape)])
    return FittedRun(fit, None if model.minimize_memory else series, sample)


def _warn_of_ends(kept: np.ndarray, run: int) -> None:
    """Say where the noise cannot be followed through the scans that are missing."""
    n_missing = timeline.n_between(kept)
    if n_missing > timeline.MOST_HIDDEN:
        warn(
            f"The run at index {run}: {n_missing} scans are missing between those that "
            f"are left, more than {timeline.MOST_HIDDEN}, through which the noise can "
            "be followed. It is taken to end at every gap, and effects that are not "
            "there are found too often.",
            DesignWarning,
        )


def _sampled(n_scans: int, n_voxels: int) -> np.ndarray:
    """Indices of voxels that are spread evenly over a mask."""
    n_some = min(SAMPLED, max(SAMPLED_NUMBERS // n_scans, 1), n_voxels)
    return np.linspace(0, n_voxels - 1, n_some).astype(int)


def _is_smaller(forms: PrecisionForms) -> bool:
    """Whether the statistics of a run take less memory than its float32 series."""
    n_scans, n_lags = forms.lags.line.n_scans, forms.lags.n_lags
    numbers = (n_lags + 1) * (forms.rank + 1) + 2 * n_lags + 2
    return 8 * numbers < 4 * n_scans


def _read_statistics(
    model: Any,
    run: Run,
    kept: np.ndarray,
    masker: Any,
    forms: PrecisionForms,
    n_jobs: int | None,
) -> tuple[RunStatistics, np.ndarray]:
    """Statistics of all voxels, and the series of some."""
    by_scan = check_signal_scaling(model.signal_scaling) == 1
    sums = RunAccumulator(forms, masker.n_elements_, n_jobs)
    means, some, done = [], [], 0
    at = _sampled(kept.size, masker.n_elements_)
    for rows in masker.stream(run.image):
        wanted = kept[(kept >= done) & (kept < done + len(rows))] - done
        done += len(rows)
        part = rows if wanted.size == len(rows) else rows[wanted]
        if by_scan:
            part, mean = scans_to_per_cent(part)
            means.append(mean)
        sums.add(part)
        some.append(part[:, at])
    if by_scan:
        warn_of_means(np.concatenate(means))
    return sums.statistics(), np.concatenate(some)
