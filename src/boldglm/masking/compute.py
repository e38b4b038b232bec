"""Brain masks computed from images."""

from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import check_truth
from boldglm._base.errors import MaskError
from boldglm._base.warnings import MaskWarning, warn
from boldglm.core.epi_mask import widest_gap
from boldglm.core.morphology import border_values, open_mask
from boldglm.core.smooth import fwhm_to_sigma
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.mean import mean_on_grid
from boldglm.image.resample import target_grid
from boldglm.image.sources import grid_of, open_all
from boldglm.signal.checks import checked_number, checked_whole

__all__ = ["as_opening", "compute_background_mask", "compute_epi_mask"]

#: More voxels than any brain is wide.
WIDEST_OPENING = 1000


def compute_epi_mask(
    epi_img: Any,
    lower_cutoff: float = 0.2,
    upper_cutoff: float = 0.85,
    connected: bool = True,
    opening: bool | int = 2,
    exclude_zeros: bool = False,
    ensure_finite: bool = True,
    target_affine: Any = None,
    target_shape: Any = None,
    memory: Any = None,
    verbose: int = 0,
) -> Nifti1Image:
    """A brain mask from functional images, by the gap in their histogram.

    The mean over scans (smoothed by one voxel if there is an opening) is cut in
    the middle of the widest gap between its sorted values, from quantile
    `lower_cutoff` to `upper_cutoff`; then opened. If the mask takes in
    background, raise `lower_cutoff`.

    Parameters
    ----------
    epi_img : str, Path, nibabel image, or list of these
        3-D (best a mean image), 4-D, or scans of one grid. Not detrended.
    lower_cutoff, upper_cutoff : float
        Quantiles, ``0 <= lower < upper <= 1``.
    connected : bool
        Keep only the largest part.
    opening : bool or int
        Voxels by which the mask is opened, see `open_mask`; 0: not at all.
    exclude_zeros : bool
        Leave zeros, such as padding of resliced images, out of the histogram.
    ensure_finite : bool
        Count values that are not finite as 0.
    target_affine, target_shape
        Grid of the mask, see `boldglm.image.resample_img`.
    memory, verbose
        Accepted for compatibility; nothing is cached or printed.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    ValueError
        If the cutoffs are not in order within 0 and 1, or `opening` is negative.
    TypeError
        If they are no numbers.
    MaskError
        If the image has no two different places in its histogram.

    Warns
    -----
    MaskWarning
        If the mask is empty, or the image the same everywhere.

    Examples
    --------
    >>> data = np.zeros((12, 12, 12))
    >>> data[2:10, 2:10, 2:10] = 100.0
    >>> mask = compute_epi_mask(Nifti1Image(data, np.eye(4)), opening=False)
    >>> int(mask.get_fdata().sum())
    512
    """
    del memory, verbose
    opening = as_opening(opening)
    check_truth(connected, "connected")
    check_truth(exclude_zeros, "exclude_zeros")
    check_truth(ensure_finite, "ensure_finite")
    checked_number(lower_cutoff, "lower_cutoff", "a quantile, from 0 to 1")
    checked_number(upper_cutoff, "upper_cutoff", "a quantile, from 0 to 1")
    if not 0 <= lower_cutoff < upper_cutoff <= 1:
        msg = (
            f"lower_cutoff={lower_cutoff} and upper_cutoff={upper_cutoff} are "
            "quantiles; expected 0 <= lower_cutoff < upper_cutoff <= 1."
        )
        raise ValueError(msg)
    mean, first, target = _mean_of(epi_img, target_affine, target_shape)
    if opening:
        mean = _smoothed_by_one_voxel(mean)
    if ensure_finite:
        mean[~np.isfinite(mean)] = 0
    values = mean.ravel()
    cutoff = widest_gap(
        values[values != 0] if exclude_zeros else values, lower_cutoff, upper_cutoff
    )
    if np.isnan(cutoff):
        msg = (
            "compute_epi_mask found too few values to tell brain from background; "
            "check the image, and exclude_zeros."
        )
        raise MaskError(msg)
    if values.min() == values.max():
        warn(
            f"The mean image has the same value everywhere ({values[0]:g}): the mask "
            "takes in all of it. Are the images empty?",
            MaskWarning,
        )
    mask = _opened(
        mean >= cutoff, opening, connected, "Are the images EPI, and not detrended?"
    )
    return new_image(first, mask, target.affine)


def compute_background_mask(
    data_imgs: Any,
    border_size: int = 2,
    connected: bool = False,
    opening: bool | int = False,
    target_affine: Any = None,
    target_shape: Any = None,
    memory: Any = None,
    verbose: int = 0,
) -> Nifti1Image:
    """A mask of what differs from the border of the image.

    The background is the median of the values within `border_size` voxels of
    the faces; nan, if there is any nan among them.

    Parameters
    ----------
    data_imgs : str, Path, nibabel image, or list of these
        3-D, 4-D, or scans of one grid; the mean over scans is looked at.
    border_size : int
        Voxels, at least 1.
    connected : bool
        Keep only the largest part.
    opening : bool or int
        Voxels by which the mask is opened, see `open_mask`; 0: not at all.
    target_affine, target_shape
        Grid of the mask, see `boldglm.image.resample_img`.
    memory, verbose
        Accepted for compatibility; nothing is cached or printed.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    ValueError
        If `border_size` is below 1, or `opening` negative.
    TypeError
        If they are no numbers.

    Warns
    -----
    MaskWarning
        If the mask is empty.

    Examples
    --------
    >>> data = np.full((8, 8, 8), -1.0)
    >>> data[3:5, 3:5, 3:5] = 7.0
    >>> mask = compute_background_mask(Nifti1Image(data, np.eye(4)))
    >>> int(mask.get_fdata().sum())
    8
    """
    del memory, verbose
    opening = as_opening(opening)
    check_truth(connected, "connected")
    expected = "at least 1 voxel, a whole number"
    border_size = checked_whole(border_size, "border_size", expected, low=1)
    mean, first, target = _mean_of(data_imgs, target_affine, target_shape)
    border = border_values(mean, border_size)
    mask = ~np.isnan(mean) if np.isnan(border).any() else mean != np.median(border)
    mask = _opened(
        mask, opening, connected, "Do the images have an even background?"
    )  # fmt: skip
    return new_image(first, mask, target.affine)


def _mean_of(
    imgs: Any, target_affine: Any, target_shape: Any
) -> tuple[np.ndarray, SpatialImage, Grid]:
    images = open_all(imgs)
    if not images:
        msg = "There are no images to compute a mask from: the list is empty."
        raise TypeError(msg)
    target = target_grid(grid_of(images[0]), target_affine, target_shape)
    return mean_on_grid(images, target), images[0], target


def _smoothed_by_one_voxel(mean: np.ndarray) -> np.ndarray:
    # one volume: loading compiled kernels would cost more than they save
    from scipy.ndimage import gaussian_filter

    volume = np.where(np.isfinite(mean), mean, 0.0)
    smooth: np.ndarray = gaussian_filter(volume, fwhm_to_sigma(1.0, np.ones(3)))
    smooth[np.isnan(mean)] = np.nan
    return smooth


def as_opening(opening: Any) -> int:
    """By how many voxels a mask is opened; True is 1, False and None 0.

    Examples
    --------
    >>> as_opening(True), as_opening(False)
    (1, 0)
    """
    if opening is None or isinstance(opening, bool | np.bool_):
        return int(bool(opening))
    expected = f"True, False, or voxels, from 0 to {WIDEST_OPENING}"
    return checked_whole(opening, "opening", expected, high=WIDEST_OPENING)


def _opened(mask: np.ndarray, opening: int, connected: bool, hint: str) -> np.ndarray:
    opened = open_mask(mask, opening, connected)
    if not opened.any():
        warn(f"Computed an empty mask. {hint}", MaskWarning)
    return opened
