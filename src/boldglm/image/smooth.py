"""Smoothed images."""

from os import PathLike
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.smooth import fwhm_to_sigma, neighbour_average, smooth_volumes
from boldglm.image.files import load_img
from boldglm.image.headers import new_image
from boldglm.image.reading import iter_blocks, working_dtype
from boldglm.image.sources import count_scans, find_files, grid_of, is_series

__all__ = ["Smoother", "smooth_img"]


def smooth_img(imgs: Any, fwhm: Any) -> Nifti1Image | list[Nifti1Image]:
    """Convolve images with a Gaussian, scan by scan.

    The kernel is cut off at 4 standard deviations and the volume reflected at
    its borders. Values that are not finite are replaced by 0 first. The
    smoothing knows no mask: voxels at the edge of the brain mix with those
    outside.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these
        Of a list, each image is smoothed by itself.
    fwhm : float, (3,) float, "fast" or None
        Full width at half maximum in mm, one for all axes or one each. "fast":
        one average with the six neighbours. None or 0: only values that are
        not finite are replaced.

    Returns
    -------
    Nifti1Image, or list of them for a list
        float32, or float64 where the image is or has 64-bit integers.

    Raises
    ------
    ValueError
        If `fwhm` is negative, or not one or three numbers.

    Warns
    -----
    ImageWarning
        If `fwhm` is 0.

    Examples
    --------
    >>> data = np.zeros((1, 3, 3))
    >>> data[0, 1, 1] = 3.0
    >>> smooth_img(Nifti1Image(data, np.eye(4)), fwhm=2).get_fdata()[0, 1]
    array([0.373787, 0.667105, 0.373787])
    """
    if isinstance(fwhm, int | float) and fwhm == 0:
        warn(
            "fwhm is 0: no smoothing will be performed. Pass None to say so.",
            ImageWarning,
        )
    if is_series(imgs):
        parts = find_files(imgs) if isinstance(imgs, str | PathLike) else imgs
        return [_smooth_one(load_img(part), fwhm) for part in parts]
    return _smooth_one(load_img(imgs), fwhm)


def _smooth_one(img: SpatialImage, fwhm: Any) -> Nifti1Image:
    stored = working_dtype(img)
    wide = stored.itemsize == 8
    smoother = Smoother(fwhm, grid_of(img).voxel_sizes)
    data = np.empty(
        img.shape, dtype=np.float64 if wide else np.float32, order="F"
    )  # fmt: skip
    scans = data.reshape(*img.shape[:3], count_scans(img), order="F")
    for cut, block in iter_blocks(img, data.dtype):
        scans[..., cut] = smoother(block)
    return new_image(img, data)


class Smoother:
    """A smoothing in mm, ready for volumes of one voxel size.

    Parameters
    ----------
    fwhm : float, (3,) float, "fast" or None
        See `smooth_img`.
    voxel_sizes : (3,) float
        In mm.

    Raises
    ------
    ValueError
        If `fwhm` is negative, or not one or three numbers.

    Examples
    --------
    >>> smoother = Smoother(4.0, np.array([2.0, 2.0, 4.0]))
    >>> smoother.sigma
    array([0.849322, 0.849322, 0.424661])
    >>> bool(smoother), bool(Smoother(None, np.ones(3)))
    (True, False)
    """

    def __init__(self, fwhm: Any, voxel_sizes: np.ndarray) -> None:
        self.fast = isinstance(fwhm, str) and fwhm == "fast"
        self.sigma = np.zeros(3)
        if fwhm is None or self.fast:
            return
        self.sigma = fwhm_to_sigma(_checked_width(fwhm), voxel_sizes)

    def __bool__(self) -> bool:
        return self.fast or bool(self.sigma.any())

    @property
    def radius(self) -> np.ndarray:
        """How many voxels away a value still counts, (3,) int."""
        if self.fast:
            return np.ones(3, dtype=int)
        return np.floor(4 * self.sigma + 0.5).astype(int)

    def __call__(self, volumes: np.ndarray) -> np.ndarray:
        """Smooth (x, y, z, scan) floats in place; not-finite values become 0."""
        for scan in range(volumes.shape[3]):
            volume = volumes[..., scan]
            np.nan_to_num(volume, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        if self.fast:
            return neighbour_average(volumes)
        return smooth_volumes(volumes, self.sigma, volumes)


def _checked_width(fwhm: Any) -> np.ndarray:
    try:
        # None stands for 0 on one axis
        width = np.array([0.0 if f is None else f for f in np.ravel(fwhm)], dtype=float)
    except (TypeError, ValueError):
        width = np.array([np.nan])
    if width.size not in (1, 3) or not (width >= 0).all():
        msg = (
            f"fwhm is {fwhm!r}; expected millimetres, one number or three, "
            "'fast', or None."
        )
        raise ValueError(msg)
    return width
