"""What was done with the maps of a group, in words that fit a methods section."""

import numpy as np

from boldglm.reporting.contrast_words import regressor_name
from boldglm.reporting.first_levels import DIFFER, FirstLevels, first_levels_of
from boldglm.reporting.fitted_models import FittedModel
from boldglm.reporting.treatment_words import kernel_words

__all__ = ["group_words"]

#: Regressors that are named
NAMED = 8
MISSING = {
    "drop-voxel": "Voxels in which a map had no value were not tested.",
    "available": "Voxels in which maps had no value were tested with those that had "
    "one.",
    "zero": "Values that were missing counted as 0.",
}


def group_words(model: FittedModel, tool: str) -> str:
    """A paragraph about the maps of a group and their model.

    Parameters
    ----------
    model : FittedModel
    tool : str
        The program, such as ``'with boldglm 1.0'``.
    """
    own, design = model.model, model.designs[0]
    names = ", ".join(regressor_name(name) for name in design.columns[:NAMED])
    more = " and others" if design.shape[1] > NAMED else ""
    noun = "regressor" if design.shape[1] == 1 else "regressors"
    labels, maps = own._maps.labels, f"{len(design)} maps were"
    # a subject may have several maps, and only labels tell
    if labels is not None and None not in labels and len(set(labels)) == len(design):
        maps = f"The maps of {len(design)} subjects were"
    firsts = first_levels_of(model)
    words = [
        f"{maps} analysed {tool}, by a general linear model (Friston et al., 1995), "
        f"fitted by ordinary least squares in {_voxel_words(model)}: a random-effects "
        f"analysis (Holmes and Friston, 1998) with the {noun} {names}{more}.",
        _mask_words(model),
        *_first_words(firsts),
        _smoothing_words(model, firsts),
        MISSING[own.missing],
    ]
    return " ".join(word for word in words if word)


def _voxel_words(model: FittedModel) -> str:
    n_voxels, dof = model.model.n_elements_, model.voxel_dof
    n_tested = int(np.count_nonzero(dof))
    if not dof.size or n_tested == n_voxels:
        return f"{n_voxels:,} voxels"
    return f"{n_tested:,} of the {n_voxels:,} voxels of the mask"


def _mask_words(model: FittedModel) -> str:
    """How the mask came about, where it was not given."""
    own = model.model
    if own.mask_img is False:
        return "No mask was used."
    if own.mask_img is not None:
        return ""
    if own._maps.kind != "models":
        return (
            "The mask was computed from the maps: the voxels in which their mean "
            "differs from the background."
        )
    those = "any model has" if own.missing == "available" else "all models have"
    return f"The mask was computed: the voxels that {those}."


def _first_words(firsts: FirstLevels | None) -> list[str]:
    """Which maps they are, and how they were made."""
    if firsts is None:
        return []
    words = []
    if firsts.contrast == DIFFER:
        words.append("The maps are of a first-level contrast that differs by model.")
    elif firsts.contrast:
        words.append(f"The maps are of the first-level contrast {firsts.contrast}.")
    if firsts.smoothing == DIFFER:
        words.append("The first-level models differ in how images were smoothed.")
    elif firsts.smoothing == "not smoothed":
        words.append("The images of the first level were not smoothed.")
    elif firsts.smoothing:
        words.append(f"The images of the first level were smoothed {firsts.smoothing}.")
    if firsts.noise == DIFFER:
        words.append("The first-level models differ in their model of the noise.")
    elif firsts.noise:
        words.append(f"The noise model of the first level was {firsts.noise}.")
    return words


def _smoothing_words(model: FittedModel, firsts: FirstLevels | None) -> str:
    """Smoothing of the maps: that of the runs before them may not be known."""
    kernel = kernel_words(model.treatment.get("smoothing_fwhm"))
    smoothed = firsts is not None and firsts.smoothing not in ("", "not smoothed")
    if kernel:
        return f"The maps were smoothed {kernel}."
    if smoothed:
        return "The maps were not smoothed again."
    return "The maps were not smoothed in this analysis."
