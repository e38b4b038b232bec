"""What was done, in words that fit a methods section."""

import platform
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from boldglm import __version__
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.report_options import ReportOptions

__all__ = ["citations", "methods_words", "software_versions"]

LIBRARIES = ("numpy", "scipy", "nibabel", "numba", "pandas", "matplotlib")
HRF_WORDS = {
    "spm": "the canonical response of SPM",
    "glover": "the canonical response of Glover (1999)",
    "fir": "a finite impulse response model",
}
CITED = {
    "glm": "Friston KJ, Holmes AP, Worsley KJ, Poline JB, Frith CD, Frackowiak RSJ "
    "(1995). Statistical parametric maps in functional imaging: a general linear "
    "approach. Human Brain Mapping 2, 189-210.",
    "ar": "Worsley KJ, Liao CH, Aston J, Petre V, Duncan GH, Morales F, Evans AC "
    "(2002). A general statistical analysis for fMRI data. NeuroImage 15, 1-15.",
    "glover": "Glover GH (1999). Deconvolution of impulse response in event-related "
    "BOLD fMRI. NeuroImage 9, 416-429.",
    "spm": "Friston KJ, Fletcher P, Josephs O, Holmes A, Rugg MD, Turner R (1998). "
    "Event-related fMRI: characterizing differential responses. NeuroImage 7, 30-40.",
    "group": "Holmes AP, Friston KJ (1998). Generalisability, random effects and "
    "population inference. NeuroImage 7, S754.",
    "fdr": "Genovese CR, Lazar NA, Nichols T (2002). Thresholding of statistical maps "
    "in functional neuroimaging using the false discovery rate. NeuroImage 15, "
    "870-878.",
    "template": "Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, Collins DL "
    "(2011). Unbiased average age-appropriate atlases for pediatric studies. "
    "NeuroImage 54, 313-327.",
}


@lru_cache(maxsize=1)
def software_versions() -> tuple[tuple[str, str], ...]:
    """Programs that took part, with their versions."""
    found = [("boldglm", __version__), ("Python", platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:  # pragma: no cover - all are dependencies
            continue
    return tuple(found)


def citations(
    model: FittedModel, options: ReportOptions, space: str
) -> tuple[str, ...]:
    """Papers behind what was done."""
    keys = ["glm"]
    if model.level == "second":
        keys.append("group")
    else:
        if model.fits[0].noise.order:
            keys.append("ar")
        hrf = str(model.model.hrf_model)
        if _has_events(model):
            keys += [key for key in ("glover", "spm") if hrf.startswith(key)]
    if options.contrasts is not None and options.height_control == "fdr":
        keys.append("fdr")
    if space:
        keys.append("template")
    return tuple(CITED[key] for key in keys)


def methods_words(
    model: FittedModel, options: ReportOptions, names: Sequence[str]
) -> tuple[str, ...]:
    """Paragraphs about the model, the contrasts and the threshold.

    Parameters
    ----------
    model : FittedModel
    options : ReportOptions
    names : sequence of str
        Of the contrasts.

    Returns
    -------
    tuple of str
    """
    versions = dict(software_versions())
    used = ", ".join(
        f"{name} {versions[name]}" for name in ("numpy", "scipy", "nibabel")
    )
    tool = f"with boldglm {__version__} (Python {platform.python_version()}, {used})"
    if model.level == "first":
        paragraphs = [_data_words(model, tool), _design_words(model), _fit_words(model)]
    else:
        paragraphs = [_group_words(model, tool)]
    if names:
        paragraphs.append(_contrast_words(options, len(names)))
    return tuple(paragraphs)


def _data_words(model: FittedModel, tool: str) -> str:
    own, n_runs = model.model, len(model.designs)
    scans = [len(design) for design in model.designs]
    length = f"{scans[0]}" if len(set(scans)) == 1 else f"{min(scans)} to {max(scans)}"
    runs = "One run" if n_runs == 1 else f"{n_runs} runs"
    each = "" if n_runs == 1 else " each"
    subject = f" of subject {own.subject_label}" if own.subject_label else ""
    were = "was" if n_runs == 1 else "were"
    censored = 0
    if own._record is not None:
        censored = sum(run.scans - run.kept for run in own._record.runs)
    words = [
        f"{runs}{subject} of {length} scans{each} {were} analysed by general linear "
        f"models {tool}, in {own.n_elements_:,} voxels.",
    ]
    if own.t_r is not None:
        words.append(f"The repetition time was {own.t_r:g} s.")
    if censored:
        words.append(f"{censored} scans were censored: they were left out of the fit.")
    words.append(_smoothing_words(own.smoothing_fwhm))
    words.append(_scaling_words(own))
    return " ".join(word for word in words if word)


def _smoothing_words(fwhm: Any) -> str:
    if fwhm is None or not np.any(fwhm):
        return "The images were not smoothed in this analysis."
    size = " x ".join(f"{one:g}" for one in np.atleast_1d(np.asarray(fwhm, float)))
    return (
        f"They were smoothed by a Gaussian kernel of {size} mm full width at half "
        "maximum."
    )


def _scaling_words(model: Any) -> str:
    ways = {
        "0": "The series of every voxel was scaled to per cent of its mean.",
        "1": "Every scan was scaled to per cent of its mean over the mask.",
        "(0, 1)": "The series were scaled to per cent of the mean over voxels and "
        "scans.",
    }
    scaling = model.signal_scaling
    words = "" if scaling is False else ways.get(str(scaling), "")
    if model.standardize:
        words += " They were brought to unit standard deviation."
    return words.strip()


def _has_events(model: FittedModel) -> bool:
    """Whether the designs are known to be made from events."""
    record = model.model._record
    return record is not None and not any(run.designed for run in record.runs)


def _design_words(model: FittedModel) -> str:
    own = model.model
    if own._record is None:
        return (
            "It is not known how the design matrices were made: the model remembers "
            "nothing of its input (it was fitted with reports=False, or saved by an "
            "earlier version)."
        )
    if not _has_events(model):
        return (
            "The design matrices were given; the parameters of the model about "
            "responses and drifts were not used."
        )
    return (
        f"{_response_words(own)} {_drift_words(own)} {_confound_words(model)}".strip()
    )


def _response_words(own: Any) -> str:
    hrf = own.hrf_model
    if hrf is None:
        return "Events entered the design as boxes, without a response function."
    if not isinstance(hrf, str):
        return "Events were convolved with a response function of the user's own."
    base, *more = (part.strip() for part in hrf.lower().split("+"))
    words = f"Events were convolved with {HRF_WORDS.get(base, base)}"
    if base == "fir":
        delays = ", ".join(f"{delay}" for delay in own.fir_delays_)
        return (
            f"Responses were modelled by {HRF_WORDS[base]} at delays of {delays} scans."
        )
    if more:
        named = {"derivative": "time derivative", "dispersion": "dispersion derivative"}
        words += f" and its {' and '.join(named.get(part, part) for part in more)}"
    return f"{words}."


def _drift_words(own: Any) -> str:
    drift = own.drift_model
    if drift is None:
        return "No drifts were modelled but the constant."
    if str(drift).lower() == "cosine":
        if not own.high_pass:
            return "No drifts were modelled but the constant."
        period = f"{1 / own.high_pass:.4g} s"
        return (
            "Slow drifts were modelled by cosines with a cut-off of "
            f"{own.high_pass:.4g} Hz (a period of {period})."
        )
    return f"Slow drifts were modelled by polynomials up to order {own.drift_order}."


def _confound_words(model: FittedModel) -> str:
    with_confounds = [run for run in model.model._record.runs if run.n_confounds]
    if not with_confounds:
        return ""
    numbers = sorted({run.n_confounds for run in with_confounds})
    count = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
    return f"The design had {count} confounds as further regressors."


def _fit_words(model: FittedModel) -> str:
    noise, n_runs = model.fits[0].noise, len(model.fits)
    if noise.order == 0:
        words = "Coefficients were estimated by ordinary least squares."
    else:
        first = (
            " The first scans were weighed by the stationary likelihood."
            if noise.first_scans == "exact"
            else ""
        )
        binned = f", truncated to multiples of 1/{noise.bins}" if noise.bins else ""
        words = (
            "Coefficients were estimated by generalised least squares, with "
            f"autoregressive noise of order {noise.order}, estimated in every voxel "
            "from the residuals of ordinary least squares by the Yule-Walker "
            f"equations{binned}.{first}"
        )
    if n_runs > 1:
        words += (
            " Runs were fitted one by one, and contrasts over runs are fixed effects: "
            "the mean of the runs, with the variance of that mean."
        )
    return words


def _group_words(model: FittedModel, tool: str) -> str:
    own, design = model.model, model.designs[0]
    names = ", ".join(str(name) for name in design.columns[:8])
    more = " and others" if design.shape[1] > 8 else ""
    ways = {
        "drop-voxel": "Voxels in which a subject had no value were not tested.",
        "available": "Voxels in which subjects had no value were tested with those "
        "that had one.",
        "zero": "Values that were missing counted as 0.",
    }
    return (
        f"The maps of {len(design)} subjects were analysed {tool}, by ordinary least "
        f"squares in {own.n_elements_:,} voxels: a random-effects analysis with the "
        f"regressors {names}{more}. {_smoothing_words(own.smoothing_fwhm)} "
        f"{ways[own.missing]}"
    )


def _contrast_words(options: ReportOptions, n: int) -> str:
    asked = "One contrast was" if n == 1 else f"{n} contrasts were"
    sides = "on both sides" if options.two_sided else "on the positive side"
    ways = {
        "fpr": f"at p < {options.alpha:g} per voxel, not corrected for their number",
        "fdr": f"at a false discovery rate of {options.alpha:g}",
        "bonferroni": f"at a family-wise error rate of {options.alpha:g} (Bonferroni)",
        None: f"at z = {options.threshold:g}" if options.threshold is not None else "",
    }
    size = ""
    if options.cluster_threshold > 1:
        size = (
            f" Clusters of fewer than {options.cluster_threshold} voxels were left out."
        )
    many = " and for no more than one contrast" if n > 1 else ""
    corrected = options.height_control in ("fdr", "bonferroni")
    alone = f" Each map was corrected for its voxels{many}." if corrected else ""
    return (
        f"{asked} tested voxel by voxel, by t where they have one row and by F where "
        f"they have more, shown as z {sides} {ways[options.height_control]}.{alone}"
        f"{size}"
    )
