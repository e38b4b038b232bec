"""Fitted first-level models as a source of maps."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from boldglm._base.errors import ContrastError, DimensionError, GridError
from boldglm.image.grid import VolumeMask
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.reading import read_data
from boldglm.image.sources import grid_of

__all__ = ["effects_of_models", "is_first_level", "mask_of_models", "name_of_model"]


def is_first_level(thing: Any) -> bool:
    """Whether something is a first-level model.

    >>> is_first_level("sub-01.nii")
    False
    """
    from boldglm.glm.first_level import FirstLevelModel

    return isinstance(thing, FirstLevelModel)


def name_of_model(model: Any, index: int) -> str:
    """What messages call a model.

    >>> from boldglm.glm.first_level import FirstLevelModel
    >>> name_of_model(FirstLevelModel(subject_label="01"), 3)
    "model '01'"
    """
    label = model.subject_label
    return f"model at index {index}" if label is None else f"model {label!r}"


def effects_of_models(
    models: Sequence[Any], contrast: Any, mask: VolumeMask | None = None
) -> list[Any]:
    """Effects of a contrast in each model.

    Parameters
    ----------
    models : list of FirstLevelModel
        Fitted, on one grid.
    contrast : str, array, or list of them
        As for `FirstLevelModel.compute_contrast`.
    mask : VolumeMask, optional
        Of the group. If not all models cover it, the maps are nan outside of their
        own masks.

    Returns
    -------
    list of 3-D images

    Raises
    ------
    ContrastError
        If there is no contrast, or a model does not have it; the message lists the
        columns.
    DimensionError
        If it is an F contrast: its effects are several maps.
    """
    if contrast is None:
        columns = ", ".join(repr(c) for c in models[0].design_matrices_[0].columns)
        msg = (
            "second_level_input are first-level models: first_level_contrast is "
            "mandatory, to say which of their contrasts is meant. "
            f"{name_of_model(models[0], 0)} has the columns {columns}."
        )
        raise ContrastError(msg)
    inside = None if mask is None else _masks_that_fall_short(models, mask)
    images = []
    for index, model in enumerate(models):
        try:
            image = model.compute_contrast(contrast, output_type="effect_size")
        except ContrastError as error:
            msg = f"first_level_contrast, {name_of_model(model, index)}: {error}"
            raise type(error)(msg) from error
        if len(image.shape) != 3:
            msg = (
                f"first_level_contrast {contrast!r} has {image.shape[3]} rows, and so "
                "many maps; expected one row, a t contrast, to have one map for each "
                "subject."
            )
            raise DimensionError(msg)
        if inside is not None:
            image = new_image(image, np.where(inside[index], read_data(image), np.nan))
        images.append(image)
    return images


def mask_of_models(models: Sequence[Any], any_map: bool = False):
    """The voxels that all models have, or that any has, as an image.

    Raises
    ------
    GridError
        If the models lie on different grids.
    ValueError
        If they have no voxel in common.
    """
    from boldglm.masking import intersect_masks

    first = grid_of(models[0].mask_img_)
    for index, model in enumerate(models):
        grid = grid_of(model.mask_img_)
        if grid != first:
            msg = (
                f"All first-level models must lie on one grid: "
                f"{name_of_model(model, index)} has shape {grid.shape} and affine\n"
                f"{grid.affine}\n{name_of_model(models[0], 0)} has shape {first.shape} "
                f"and affine\n{first.affine}\nFit them with one mask_img, or with the "
                "same target_affine and target_shape."
            )
            raise GridError(msg)
    masks = [model.mask_img_ for model in models]
    return intersect_masks(masks, threshold=0 if any_map else 1, connected=False)


def _masks_that_fall_short(
    models: Sequence[Any], mask: VolumeMask
) -> list[np.ndarray] | None:
    """Masks of the models, unless each holds all of the group's."""
    volumes = [read_mask(model.mask_img_) for model in models]
    covering = all(
        own.grid == mask.grid and not (mask.inside & ~own.inside).any()
        for own in volumes
    )
    return None if covering else [own.inside for own in volumes]
