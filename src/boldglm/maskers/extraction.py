"""From images to the series of a mask's voxels, resampled where grids differ."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.memory import array_for
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.concat import require_one_grid
from boldglm.image.extract import FEWER_VOXELS, iter_series, warn_replaced
from boldglm.image.grid import VolumeMask
from boldglm.image.mask import require_overlap
from boldglm.image.reading import name_of
from boldglm.image.regrid import iter_regridded
from boldglm.image.smooth import Smoother
from boldglm.image.sources import count_scans, grid_of

__all__ = ["needs_regridding", "read_series", "stream_series"]


def read_series(
    images: list[SpatialImage],
    mask: VolumeMask,
    fwhm: Any = None,
    *,
    expected: bool = False,
    dtype: Any = np.float32,
) -> np.ndarray:
    """Smoothed series of the voxels of a mask.

    Parameters
    ----------
    images : list of nibabel images
        On one grid; if it is not the mask's, they are resampled to the mask's by
        cubic splines.
    mask : VolumeMask
    fwhm : float, (3,) float, "fast" or None
        See `boldglm.image.smooth_img`.
    expected : bool
        The user asked for another grid: resampling is no surprise to warn of.
    dtype : float32 or float64

    Returns
    -------
    (scan, voxel), C-contiguous
        Values that are not finite are 0.

    Raises
    ------
    GridError
        If the images lie on different grids.
    MaskError
        If no voxel of the mask lies in the images.

    Warns
    -----
    ImageWarning
        If images are resampled, or had values inside the mask that are not finite.
    """
    n_scans = sum(count_scans(img) for img in images)
    what = f"{n_scans} scans of the {mask.n_voxels} voxels of the mask"
    series = array_for(what, (n_scans, mask.n_voxels), dtype, FEWER_VOXELS, "C")
    done = 0
    for rows in stream_series(images, mask, fwhm, expected=expected, dtype=dtype):
        series[done : done + len(rows)] = rows
        done += len(rows)
    return series


def stream_series(
    images: list[SpatialImage],
    mask: VolumeMask,
    fwhm: Any = None,
    *,
    expected: bool = False,
    dtype: Any = np.float32,
) -> Iterator[np.ndarray]:
    """What `read_series` returns, some consecutive scans at a time.

    Parameters, errors and warnings are those of `read_series`.

    Yields
    ------
    (scan, voxel), C-contiguous
        Valid until the next one is asked for.
    """
    smoother = Smoother(fwhm, mask.grid.voxel_sizes)
    if not needs_regridding(images, mask, expected=expected):
        return iter_series(images, mask, smoother=smoother, dtype=dtype)
    return _stream_resampled(images, mask, smoother, dtype)


def needs_regridding(
    images: list[SpatialImage], mask: VolumeMask, *, expected: bool = False
) -> bool:
    """Whether images lie on another grid than a mask; checks that they may.

    Parameters, errors and warnings are those of `read_series`.
    """
    require_one_grid(images)
    grid = grid_of(images[0])
    if grid == mask.grid:
        return False
    require_overlap(images[0], mask)
    if not expected:
        warn(
            f"{name_of(images[0])} (shape {grid.shape}) is resampled to the grid "
            f"of the mask (shape {mask.grid.shape}), which takes time. Resample "
            "the mask to the images, or pass target_affine, if that is not "
            "what you want.",
            ImageWarning,
        )
    return True


def _stream_resampled(
    images: list[SpatialImage], mask: VolumeMask, smoother: Smoother, dtype: Any
) -> Iterator[np.ndarray]:
    """Voxels of a mask out of images on another grid, in the box around it only."""
    part = mask.cropped(smoother.radius)
    within = smoother.within(part)
    replaced = seen = 0
    for _, block in iter_regridded(images, part.grid, dtype):
        rows = np.empty((block.shape[3], mask.n_voxels), dtype=dtype)
        replaced += within.gather(block, rows)
        seen += rows.size
        yield rows
    warn_replaced(replaced, seen)
