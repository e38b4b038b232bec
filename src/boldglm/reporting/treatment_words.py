"""What was done to images before a fit, in words."""

from typing import Any

import numpy as np

from boldglm.reporting.fitted_models import FittedModel

__all__ = ["cleaning_words", "kernel_words", "smoothing_words"]


def smoothing_words(model: FittedModel) -> str:
    """Whether the images of a first level were smoothed, in a sentence."""
    kernel = kernel_words(model.treatment.get("smoothing_fwhm"))
    if not kernel:
        return "The images were not smoothed in this analysis."
    return f"The images were smoothed {kernel}."


def kernel_words(fwhm: Any) -> str:
    """How something was smoothed; empty where it was not.

    Examples
    --------
    >>> kernel_words([4, 5, 6])
    'by a Gaussian kernel of 4 x 5 x 6 mm full width at half maximum'
    >>> kernel_words(None)
    ''
    """
    if isinstance(fwhm, str) and fwhm == "fast":
        return "over neighbouring voxels"
    if fwhm is None or not np.any(fwhm):
        return ""
    size = " x ".join(f"{one:g}" for one in np.atleast_1d(np.asarray(fwhm, float)))
    return f"by a Gaussian kernel of {size} mm full width at half maximum"


def cleaning_words(model: FittedModel) -> str:
    """What the masker did to the series; empty where it did nothing."""
    done = model.treatment
    steps = []
    if "high_variance_confounds" in done:
        steps.append("the principal series of the voxels that vary most were taken out")
    if "detrend" in done:
        steps.append("a line was taken off")
    bands = [
        f"{side} {done[name]:g} Hz"
        for name, side in (("high_pass", "below"), ("low_pass", "above"))
        if name in done
    ]
    if bands:
        steps.append(f"frequencies {' and '.join(bands)} were filtered out")
    ways = {"psc": "they were scaled to per cent of their mean"}
    if "standardize" in done:
        way = ways.get(done["standardize"], "they were brought to unit variance")
        steps.append(way)
    if not steps:
        return ""
    return f"From the series of every voxel, before the fit: {'; '.join(steps)}."
