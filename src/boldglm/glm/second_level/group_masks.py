"""The masker of a group: the user's, or one that its maps give."""

from types import SimpleNamespace
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.warnings import DesignWarning, warn
from boldglm.glm.first_level.masks import make_masker
from boldglm.image.concat import require_one_grid
from boldglm.image.headers import new_image
from boldglm.image.reading import iter_blocks, working_dtype
from boldglm.image.sources import open_all
from boldglm.masking.compute import compute_background_mask

__all__ = ["MISSING", "check_missing", "group_masker"]

MISSING = ("drop-voxel", "available", "zero")


def check_missing(missing: str) -> None:
    """Raise unless `missing` names a way to treat missing values.

    >>> check_missing("available")
    """
    if missing not in MISSING:
        expected = ", ".join(repr(name) for name in MISSING)
        msg = f"missing is {missing!r}; expected one of {expected}."
        raise ValueError(msg)


def group_masker(
    images: list[Any],
    mask_img: Any = None,
    *,
    smoothing_fwhm: Any = None,
    target_affine: Any = None,
    target_shape: Any = None,
    missing: str = "drop-voxel",
):
    """Fitted masker for the maps of a group.

    Parameters
    ----------
    images : list of nibabel images
        Maps of subjects, 3-D or 4-D, on one grid; or what a mask may be computed
        from. Not read where there is a mask.
    mask_img : image, path, NiftiMasker, False, or None
        None: what differs from the background of the mean map
        (`boldglm.masking.compute_background_mask`). Where maps are NaN around the
        brain, these are the voxels that all maps have; with
        ``missing="available"``, those that any has. False: every voxel. A masker
        is copied, never changed.
    smoothing_fwhm, target_affine, target_shape
        See `boldglm.maskers.NiftiMasker`.
    missing : {'drop-voxel', 'available', 'zero'}

    Returns
    -------
    NiftiMasker

    Warns
    -----
    DesignWarning
        If a masker was given that contradicts the other arguments, or that cleans
        series: maps of subjects are none.

    Examples
    --------
    >>> data = np.full((4, 1, 1), np.nan)
    >>> data[1:3] = 5.0
    >>> group_masker([Nifti1Image(data, np.eye(4))] * 2).n_elements_
    2
    """
    asked = SimpleNamespace(
        mask_img=mask_img,
        smoothing_fwhm=smoothing_fwhm,
        target_affine=target_affine,
        target_shape=target_shape,
    )
    any_map = missing == "available"
    masker = make_masker(asked, images, _mask_of_any if any_map else _mask_of_all)
    if masker.cleans:
        warn(
            "The masker standardizes, detrends or filters. That is for series: the "
            "rows of a group are subjects, and their maps are not changed so.",
            DesignWarning,
        )
    return masker


def _mask_of_all(images, target_affine=None, target_shape=None) -> Nifti1Image:
    return compute_background_mask(
        images, target_affine=target_affine, target_shape=target_shape
    )


def _mask_of_any(images, target_affine=None, target_shape=None) -> Nifti1Image:
    """The background mask of the mean of what is there, voxel by voxel."""
    opened = open_all(images)
    require_one_grid(opened)
    total = np.zeros(opened[0].shape[:3], order="F")
    count = np.zeros(total.shape, np.int32, order="F")
    for img in opened:
        for _, block in iter_blocks(img, working_dtype(img), readonly=True):
            there = np.isfinite(block)
            total += np.where(there, block, 0).sum(axis=3, dtype=np.float64)
            count += there.sum(axis=3, dtype=np.int32)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return _mask_of_all(new_image(opened[0], mean), target_affine, target_shape)
