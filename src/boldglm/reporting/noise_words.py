"""The noise of a first level in words: for a methods section, and for its own one."""

import numpy as np

from boldglm.core.noise import BY_REPETITION_TIME, NoiseModel
from boldglm.plotting.number_text import fixed
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.run_whiteness import MEDIAN, RunsWhiteness
from boldglm.reporting.treatment_words import kernel_words

__all__ = ["estimate_words", "noise_words", "residual_words"]

YULE_WALKER = "the Yule-Walker equations (Yule, 1927; Walker, 1931)"
CORRECTED = "corrected for what the design takes from residuals"
#: Smaller shares of white voxels are not those of a model that fits
FEW = 0.9
EXACT = "The first scans were weighed by the stationary likelihood."
LEAST_SQUARES = "the residuals of ordinary least squares"
UNWHITENED = (
    "The fit did not whiten with it: effects are those of ordinary least squares, with "
    "the variance and the degrees of freedom that they have in this noise."
)
SANDWICH = (
    "Coefficients were estimated by ordinary least squares. Their variance, and its "
    "effective degrees of freedom in every voxel (Satterthwaite, 1946; Worsley and "
    "Friston, 1995), are those that least squares has in autoregressive noise of"
)


def estimate_words(model: FittedModel) -> str:
    """How coefficients were estimated, for a methods section.

    Parameters
    ----------
    model : FittedModel
        Of a first level.

    Returns
    -------
    str
        Whole sentences.
    """
    noise = model.fits[0].noise
    if noise.order == 0:
        return "Coefficients were estimated by ordinary least squares."
    start = "Coefficients were estimated by generalised least squares, with"
    if noise.sandwich:
        text = f"{SANDWICH} {_pooled_words(model, noise)}"
    elif noise.kind == "arma11":
        text = f"{start} {_arma_words(noise)}"
    elif noise.pooled:
        text = f"{start} autoregressive noise of {_pooled_words(model, noise)}"
    else:
        text = f"{start} autoregressive noise of {_voxel_words(noise)}"
    told = [text]
    if noise.first_scans == "exact" and not noise.sandwich:
        told.append(EXACT)
    if _has_gaps(model):
        told.append("Noise was taken to go on through the scans that were censored.")
    return " ".join(told)


def _has_gaps(model: FittedModel) -> bool:
    return any(fit.forms.lags.line.stretches.size > 1 for fit in model.fits)


def _arma_words(noise: NoiseModel) -> str:
    return (
        "noise of the ARMA(1, 1) kind, estimated in every voxel by restricted maximum "
        "likelihood (Patterson and Thompson, 1971). Series were whitened by the "
        f"autoregression of order {noise.order} that has the autocorrelations of the "
        f"ARMA(1, 1) at lags 1 to {noise.order}."
    )


def _pooled_words(model: FittedModel, noise: NoiseModel) -> str:
    from boldglm.glm.first_level.run_reading import NOISE_FWHM

    why = ""
    if noise.name in BY_REPETITION_TIME:
        why = f", chosen for the repetition time of {model.model.t_r:g} s"
    return (
        f"order {noise.order}{why}. Its coefficients solve {YULE_WALKER} for the "
        f"autocorrelations of {LEAST_SQUARES}, which were averaged over neighbouring "
        f"voxels of the mask {kernel_words(NOISE_FWHM)} and {CORRECTED} (after Worsley "
        "et al., 2002)."
    )


def _voxel_words(noise: NoiseModel) -> str:
    if noise.corrected:
        return (
            f"order {noise.order}, estimated in every voxel by {YULE_WALKER} from the "
            f"autocovariances of {LEAST_SQUARES}, {CORRECTED} (after Worsley et al., "
            "2002)."
        )
    return (
        f"order {noise.order} (Worsley et al., 2002), estimated in every voxel from "
        f"{LEAST_SQUARES} by {YULE_WALKER}{_binned(noise)}."
    )


def _binned(noise: NoiseModel) -> str:
    return f", truncated to multiples of 1/{noise.bins}" if noise.bins else ""


def noise_words(model: FittedModel) -> str:
    """What the noise was taken to be, and what is to be known about that.

    Parameters
    ----------
    model : FittedModel
        Of a first level.

    Returns
    -------
    str
        Whole sentences.
    """
    noise = model.fits[0].noise
    if noise.order == 0:
        return "The noise was taken to be white (ordinary least squares)."
    if noise.kind == "arma11":
        return (
            "The noise was modelled as an ARMA(1, 1), e(t) = a e(t-1) + w(t) + b "
            "w(t-1): its a and b were estimated in every voxel of every run by "
            "restricted maximum likelihood, which accounts for what the design takes "
            "from residuals."
        )
    start = (
        f"The noise was modelled as an autoregression of order {noise.order}; its "
        f"coefficient{' was' if noise.order == 1 else 's were'} estimated"
    )
    if noise.pooled:
        text = (
            f"{start} in every run from autocorrelations of residuals that were "
            f"averaged over neighbouring voxels and {CORRECTED}."
        )
        return f"{text} {UNWHITENED}" if noise.sandwich else text
    start += f" in every voxel of every run from {LEAST_SQUARES}"
    if noise.corrected:
        return f"{start}, whose autocovariances were {CORRECTED}."
    return (
        f"{start}{_binned(noise)}. The design takes part of the noise out of the "
        "residuals, which this model does not correct for: its coefficients come out "
        "too small, the more so the more regressors there are, and effects that are "
        "not there are found too often. noise_model='auto' corrects for it."
    )


def residual_words(found: RunsWhiteness, *, whitens: bool) -> str:
    """What a noise model leaves, and whether that is white.

    Parameters
    ----------
    found : RunsWhiteness
    whitens : bool
        Whether there is a noise model, other than white noise.

    Returns
    -------
    str
        Whole sentences.
    """
    n_lags = len(found.after)
    lags = np.flatnonzero(np.abs(found.after[:, MEDIAN]) > found.limit) + 1
    bad = ""
    if found.n_unknown:
        bad = f" {found.n_unknown} of {found.n_runs} runs had none, and are left out."
    first = fixed(found.before[0, MEDIAN], 2)
    if whitens:
        first += f" before and {fixed(found.after[0, MEDIAN], 2)} after whitening"
    text = (
        f"Autocorrelations of the residuals at lags 1 to {n_lags}, of "
        f"{found.n_voxels:,} voxels spread over the mask and the runs: at lag 1 the "
        f"median is {first}.{bad} Of white noise, 95 % lie within ±{found.limit:.2f}."
    )
    subject = "After whitening the median" if whitens else "The median"
    if lags.size:
        listed = ", ".join(map(str, lags))
        text += (
            f" {subject} is beyond this at lag {listed}: the model does not take "
            "all of the noise, and low thresholds may find too much."
        )
    else:
        text += f" {subject} is within this at all lags."
    return text + _share_words(found.white, whitens=whitens)


def _share_words(white: float | None, *, whitens: bool) -> str:
    if white is None:
        return ""
    when = "after whitening " if whitens else ""
    text = (
        f" In {fixed(100 * white, 1)} % of these voxels the residuals are white "
        f"{when}at 5 %, by the test of Ljung and Box, corrected for the design; where "
        "the noise is as it was modelled, about 95 % are, of smoothed images more."
    )
    if white < FEW:
        text += " The model does not take all of the noise in the others."
    return text
