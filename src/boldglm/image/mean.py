"""The mean over scans and images."""

from os import PathLike
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.warnings import ThreadWarnings
from boldglm.core.parallel import blocks, map_blocks
from boldglm.image.concat import require_one_grid
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.reading import iter_blocks, working_dtype
from boldglm.image.regrid import regrid
from boldglm.image.resample import target_grid
from boldglm.image.sources import (
    check_n_jobs,
    count_scans,
    elements_of,
    find_files,
    grid_of,
    open_all,
)

__all__ = ["mean_img", "mean_on_grid", "mean_volume"]

_IMAGES_AT_ONCE = 32


def mean_img(
    imgs: Any,
    target_affine: Any = None,
    target_shape: Any = None,
    verbose: int = 0,
    n_jobs: int | None = 1,
    copy_header: bool = True,
) -> Nifti1Image:
    """The mean over scans, then over images.

    ::

        mean = 1/n sum_i (1/T_i sum_t image_i[..., t])

    so that images of a list weigh the same, whatever their number of scans.
    Sums are float64; the files are read once, block by block.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these
        3-D or 4-D. An element of the list may be a list: it counts as one
        image.
    target_affine : (3, 3) or (4, 4) float, or None
    target_shape : (3,) int or None
        Grid of the result, see `resample_img`. None: that of the first image.
        The means of images on other grids are resampled.
    verbose
        Accepted for compatibility.
    n_jobs : int
        Threads, over images.
    copy_header : bool
        Whether to copy the header of the first image.

    Returns
    -------
    Nifti1Image
        3-D, float32 (float64 if any image is).

    Examples
    --------
    >>> runs = [Nifti1Image(np.full((1, 1, 1, n), float(n)), np.eye(4)) for n in (2, 4)]
    >>> mean_img(runs).get_fdata().item()
    3.0
    """
    del verbose
    check_n_jobs(n_jobs)
    groups = _images_apart(imgs)
    first = groups[0][0]
    target = target_grid(grid_of(first), target_affine, target_shape)
    total = np.zeros(target.shape)

    def one(group: list[SpatialImage]) -> np.ndarray:
        return mean_on_grid(group, target)

    with ThreadWarnings():
        for part in blocks(len(groups), _IMAGES_AT_ONCE):
            for mean in map_blocks(one, groups[part], n_jobs=n_jobs):
                total += mean
    types = [working_dtype(img) for group in groups for img in group]
    wide = any(kind == np.float64 for kind in types)
    mean = (total / len(groups)).astype(np.float64 if wide else np.float32)
    return new_image(first, mean, target.affine, copy_header)


def _images_apart(imgs: Any) -> list[list[SpatialImage]]:
    """What is averaged first: each image, file or inner list by itself."""
    parts = find_files(imgs) if isinstance(imgs, str | PathLike) else elements_of(imgs)
    groups = [open_all(img) for img in parts]
    if not groups or not all(groups):
        msg = "There are no images to average: the list is empty."
        raise TypeError(msg)
    return groups


def mean_volume(images: list[SpatialImage]) -> np.ndarray:
    """Mean over all scans of opened images on one grid, (x, y, z) float64.

    Reads block by block: memory is that of a block, whatever the number of
    scans. nan stays nan.

    Raises
    ------
    GridError
        If the images lie on different grids.
    """
    require_one_grid(images)
    total = np.zeros(images[0].shape[:3], order="F")
    for img in images:
        for _, block in iter_blocks(img, working_dtype(img)):
            # infinities of both signs have a mean too, nan
            with np.errstate(invalid="ignore"):
                total += block.sum(axis=3, dtype=np.float64)
    total /= sum(count_scans(img) for img in images)
    return total


def mean_on_grid(images: list[SpatialImage], target: Grid) -> np.ndarray:
    """`mean_volume`, resampled to `target` where that is another grid."""
    mean = mean_volume(images)
    source = grid_of(images[0])
    return mean if source == target else regrid(mean, source, target)
