"""What the report of a group knows of the first level."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boldglm._base.warnings import held_warnings
from boldglm.reporting.contrast_words import definition_words
from boldglm.reporting.fitted_models import FittedModel, open_model
from boldglm.reporting.treatment_words import kernel_words

__all__ = ["FirstLevels", "first_levels_of"]

DIFFER = "not the same in all models"


@dataclass(frozen=True)
class FirstLevels:
    """First-level models of a group, or a table of their maps.

    Attributes
    ----------
    contrast : str
        Which of their contrasts or maps; empty where nobody said.
    smoothing, noise : str
        Of all models, in words; empty where models are not known.
    """

    contrast: str = ""
    smoothing: str = ""
    noise: str = ""


def first_levels_of(model: FittedModel) -> FirstLevels | None:
    """What is known of the first level; None where there is none, or only images.

    Parameters
    ----------
    model : FittedModel

    Returns
    -------
    FirstLevels or None
    """
    if model.level == "first" or model.model._maps.kind == "images":
        return None
    maps, asked = model.model._maps, model.first_level_contrast
    if maps.kind == "table":
        known = asked is not None or maps.is_single
        return FirstLevels(str(maps.key(asked)) if known else "")
    models = [open_model(one) for one in maps.items]
    return FirstLevels(
        _same(models, lambda one: _contrast(one, asked)) if asked is not None else "",
        _same(models, _smoothing),
        _same(models, lambda one: one.fits[0].noise.name),
    )


def _same(models: list[FittedModel], tell: Callable[[FittedModel], str]) -> str:
    told = {tell(one) for one in models}
    return told.pop() if len(told) == 1 else DIFFER


def _contrast(first: FittedModel, asked: Any) -> str:
    from boldglm.glm.first_level.run_contrasts import contrast_rows

    if isinstance(asked, str):
        return " ".join(asked.split())
    with held_warnings():
        # said when the maps are made
        rows = contrast_rows(first.designs, asked)
    return definition_words(asked, rows, first.columns)


def _smoothing(first: FittedModel) -> str:
    return kernel_words(first.treatment.get("smoothing_fwhm")) or "not smoothed"
