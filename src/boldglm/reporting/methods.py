"""What was done, in words that fit a methods section."""

import platform
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from boldglm import __version__
from boldglm.reporting.content import ContrastContent
from boldglm.reporting.contrast_methods import tested_words
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.group_methods import group_words
from boldglm.reporting.noise_words import estimate_words
from boldglm.reporting.report_options import ReportOptions
from boldglm.reporting.space import Space
from boldglm.reporting.treatment_words import cleaning_words, smoothing_words

__all__ = ["methods_words", "software_versions"]

LIBRARIES = ("numpy", "scipy", "nibabel", "numba", "pandas", "matplotlib")
HRF_WORDS = {
    "spm": "the canonical response of SPM (Friston et al., 1998)",
    "glover": "the canonical response (Glover, 1999)",
    "fir": "a finite impulse response model",
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


def methods_words(
    model: FittedModel,
    options: ReportOptions,
    contrasts: Sequence[ContrastContent],
    space: Space,
) -> tuple[str, ...]:
    """Paragraphs about the model, the contrasts and the threshold.

    Papers are named by author and year, see `references_in`.

    Parameters
    ----------
    model : FittedModel
    options : ReportOptions
    contrasts : sequence of ContrastContent
    space : Space

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
        paragraphs = [group_words(model, tool)]
    if contrasts:
        paragraphs.append(tested_words(options, contrasts))
    if space.name:
        paragraphs.append(
            "Figures are drawn over the MNI152 template (Fonov et al., 2011); the "
            f"space of the images is {space.words}."
        )
    return tuple(paragraphs)


def _data_words(model: FittedModel, tool: str) -> str:
    own, n_runs = model.model, len(model.designs)
    kept = [len(design) for design in model.designs]
    scans = kept if own._record is None else [run.scans for run in own._record.runs]
    runs = "One run" if n_runs == 1 else f"{n_runs} runs"
    each = "" if n_runs == 1 else " each"
    subject = f" of subject {own.subject_label}" if own.subject_label else ""
    were = "was" if n_runs == 1 else "were"
    words = [
        f"{runs}{subject} of {_from_to(scans)} scans{each} {were} analysed by general "
        f"linear models (Friston et al., 1995) {tool}, in {own.n_elements_:,} voxels.",
        _mask_words(own),
    ]
    if own.t_r is not None:
        words.append(f"The repetition time was {own.t_r:g} s.")
    words.append(_censoring_words(scans, kept))
    words.append(smoothing_words(model))
    words.append(cleaning_words(model))
    words.append(_scaling_words(own))
    return " ".join(word for word in words if word)


def _from_to(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def _mask_words(own: Any) -> str:
    """How the mask came about, where it was not given."""
    found = own.mask_img is None
    if own._record is not None:
        found = own._record.mask == "computed from the images"
    if found and len(own.design_matrices_) == 1:
        return "The mask was computed from the mean image, by the gap in its histogram."
    if found:
        return (
            "The mask was computed from the mean image of each run, by the gap in its "
            "histogram; voxels in more than half of these masks were kept."
        )
    return "No mask was used." if own.mask_img is False else ""


def _censoring_words(scans: Sequence[int], kept: Sequence[int]) -> str:
    censored = sum(scans) - sum(kept)
    if not censored:
        return ""
    were = "was" if censored == 1 else "were"
    each = " in each run" if len(scans) > 1 else ""
    return (
        f"Of the scans, {censored} {were} censored, that is left out of the fit; "
        f"{_from_to(kept)} remained{each}."
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
        words += " The series were brought to unit standard deviation."
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
        f"{_response_words(own)}{_timing_words(own)} {_drift_words(own)} "
        f"{_confound_words(model)}".strip()
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


def _timing_words(own: Any) -> str:
    if not own.slice_time_ref:
        return ""
    return (
        f" Responses were taken at {own.slice_time_ref:g} of the repetition time after "
        "the start of each scan."
    )


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
    noun = "confounds as further regressors"
    if numbers == [1]:
        noun = "confound as a further regressor"
    n_runs = len(model.designs)
    if len(with_confounds) < n_runs:
        some = f"{len(with_confounds)} of {n_runs} runs"
        return f"The design of {some} had {count} {noun}."
    return f"The design had {count} {noun}."


def _fit_words(model: FittedModel) -> str:
    words = estimate_words(model)
    if len(model.fits) > 1:
        words += (
            " Runs were fitted one by one, and contrasts over runs are fixed effects: "
            "the mean of the runs, with the variance of that mean."
        )
    return words
