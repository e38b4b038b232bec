"""Maps of subjects out of images, with a record of what they have no value for."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.warnings import held_warnings
from boldglm.core.resample_paths import outside_of
from boldglm.image.grid import VolumeMask
from boldglm.image.reading import iter_blocks, working_dtype
from boldglm.image.regrid import iter_regridded
from boldglm.image.smooth import MaskedSmoother, Smoother
from boldglm.image.sources import count_scans, grid_of
from boldglm.maskers.extraction import needs_regridding

__all__ = ["read_with_missing"]


def read_with_missing(
    images: list[SpatialImage],
    mask: VolumeMask,
    fwhm: Any = None,
    *,
    expected: bool = False,
    honest: bool = True,
    progress: Callable[[int], Any] | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    r"""Smoothed maps of the voxels of a mask, and where they have no value.

    A value that is not finite is missing. Of a map y with missing values,
    smoothing takes the mean of those that are there, with the weights of the
    kernel k and m 1 where there is a value and 0 elsewhere:

    .. math:: \tilde y = \frac{k * (m y)}{k * m}

    so that nothing is mixed with zeros that nobody measured. Maps without missing
    values are smoothed as `boldglm.maskers.NiftiMasker` does.

    Parameters
    ----------
    images : list of nibabel images
        3-D or 4-D, on one grid; if it is not the mask's, they are resampled. Not
        modified.
    mask : VolumeMask
    fwhm : float, (3,) float, "fast" or None
        Of the smoothing in mm, see `boldglm.image.smooth_img`.
    expected : bool
        The user asked for another grid: resampling is no surprise to warn of.
    honest : bool
        False: what is missing counts as 0 in the smoothing, and so does what lies
        outside of images that are resampled.
    progress : callable, optional
        Called with the number of maps that have just been read.

    Returns
    -------
    maps : (map, voxel) float32, C-contiguous
        0 where the value is missing.
    missing : (map, voxel) bool, or None if nothing is

    Raises
    ------
    GridError
        If the images lie on different grids.
    MaskError
        If no voxel of the mask lies in the images.

    Warns
    -----
    ImageWarning
        If images are resampled.

    Examples
    --------
    >>> from boldglm.image.grid import Grid
    >>> import nibabel as nib
    >>> line = VolumeMask(Grid((3, 1, 1), np.eye(4)), np.ones((3, 1, 1), bool))
    >>> img = nib.Nifti1Image(np.array([5.0, 5, np.nan]).reshape(3, 1, 1), np.eye(4))
    >>> maps, missing = read_with_missing([img], line, fwhm=2.0)
    >>> maps.round(3), missing
    (array([[5., 5., 0.]], dtype=float32), array([[False, False,  True]]))
    """
    smoother = Smoother(fwhm, mask.grid.voxel_sizes)
    if needs_regridding(images, mask, expected=expected):
        part = mask.cropped(smoother.radius)
        blocks = _regridded(images, part, honest)
    else:
        part, blocks = mask, _as_they_are(images)
    reader = _Reader(smoother, part, honest)
    shape = (sum(count_scans(img) for img in images), mask.n_voxels)
    maps, missing = np.empty(shape, np.float32), np.zeros(shape, bool)
    done = 0
    # that gaps are bridged and open again under resampling is no news: they are in
    # `missing`
    with held_warnings():
        for block in blocks:
            rows = slice(done, done + block.shape[3])
            reader.read(block, maps[rows], missing[rows])
            done = rows.stop
            if progress is not None:
                progress(block.shape[3])
    return maps, missing if missing.any() else None


class _Reader:
    """Voxels out of blocks of maps: values, and which of them are missing."""

    def __init__(self, smoother: Smoother, mask: VolumeMask, honest: bool) -> None:
        plain = Smoother(None, mask.grid.voxel_sizes)
        self._plain = plain.within(mask, ensure_finite=False)
        self._smooth: MaskedSmoother | None = None
        if smoother:
            self._smooth = smoother.within(mask)
        self._honest = honest

    def read(self, block: np.ndarray, maps: np.ndarray, missing: np.ndarray) -> None:
        self._plain.gather(block, maps)
        missing[...] = ~np.isfinite(maps)
        if self._smooth is None:
            maps[missing] = 0.0
            return
        self._smooth.gather(block, maps)
        if self._honest:
            for index in range(block.shape[3]):
                self._normalise(block[..., index], maps[index])
            maps[missing] = 0.0

    def _normalise(self, volume: np.ndarray, row: np.ndarray) -> None:
        """Divide by the part of the kernel that met values."""
        known = np.isfinite(volume) if volume.dtype.kind == "f" else None
        if known is None or known.all() or self._smooth is None:
            return
        weight = np.empty((1, row.size), np.float32)
        there = np.asfortranarray(known[..., np.newaxis], dtype=np.float32)
        self._smooth.gather(there, weight)
        row /= np.where(weight[0] > 0, weight[0], 1.0)


def _as_they_are(images: list[SpatialImage]) -> Iterator[np.ndarray]:
    for img in images:
        for _, block in iter_blocks(img, working_dtype(img), readonly=True):
            yield block


def _regridded(
    images: list[SpatialImage], part: VolumeMask, honest: bool
) -> Iterator[np.ndarray]:
    """Blocks on the grid of the box around the mask; gaps stay not finite."""
    fill = np.nan if honest and _reaches_beyond(images[0], part) else 0.0
    for _, block in iter_regridded(images, part.grid, fill_value=fill):
        yield block


def _reaches_beyond(img: SpatialImage, mask: VolumeMask) -> bool:
    """Whether a voxel of the mask lies outside of an image."""
    grid, target = grid_of(img), mask.grid
    outside = outside_of(grid.shape, target.shape, grid.voxel_from(target)[:3])
    return bool(outside[mask.inside].any())
