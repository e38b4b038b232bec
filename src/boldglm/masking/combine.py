"""Masks that several runs or subjects have in common."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.arguments import check_truth
from boldglm._base.warnings import ThreadWarnings
from boldglm.core.morphology import keep_largest
from boldglm.core.parallel import map_blocks
from boldglm.image.concat import require_one_grid
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.sources import check_n_jobs, elements_of, open_all
from boldglm.masking.compute import compute_background_mask, compute_epi_mask
from boldglm.signal.checks import checked_number

__all__ = [
    "compute_multi_background_mask",
    "compute_multi_epi_mask",
    "intersect_masks",
]


def compute_multi_epi_mask(
    epi_imgs: Iterable[Any],
    lower_cutoff: float = 0.2,
    upper_cutoff: float = 0.85,
    connected: bool = True,
    opening: bool | int = 2,
    threshold: float = 0.5,
    target_affine: Any = None,
    target_shape: Any = None,
    exclude_zeros: bool = False,
    n_jobs: int | None = 1,
    memory: Any = None,
    verbose: int = 0,
) -> Nifti1Image:
    """A common mask of runs or subjects: `compute_epi_mask` of each, intersected.

    Parameters
    ----------
    epi_imgs : list
        One element per run or subject, each as for `compute_epi_mask`.
    threshold : float
        Part of the masks a voxel must be in, see `intersect_masks`.
    n_jobs : int or None
        Threads, over elements.
    lower_cutoff, upper_cutoff, connected, opening, exclude_zeros
        See `compute_epi_mask`.
    target_affine, target_shape, memory, verbose
        See `compute_epi_mask`.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    TypeError
        If the list is empty.
    GridError
        If the masks lie on different grids.

    Examples
    --------
    >>> data = np.zeros((12, 12, 12))
    >>> data[2:10, 2:10, 2:10] = 100.0
    >>> runs = [Nifti1Image(data, np.eye(4)), Nifti1Image(data[..., None], np.eye(4))]
    >>> compute_multi_epi_mask(runs).shape
    (12, 12, 12)
    """
    del memory, verbose
    check_n_jobs(n_jobs)
    _check_part(threshold)

    def one(img: Any) -> Nifti1Image:
        return compute_epi_mask(
            img,
            lower_cutoff=lower_cutoff,
            upper_cutoff=upper_cutoff,
            connected=connected,
            opening=opening,
            exclude_zeros=exclude_zeros,
            target_affine=target_affine,
            target_shape=target_shape,
        )

    with ThreadWarnings():
        masks = map_blocks(one, _elements(epi_imgs), n_jobs=n_jobs)
    return intersect_masks(masks, threshold=threshold, connected=connected)


def compute_multi_background_mask(
    data_imgs: Iterable[Any],
    border_size: int = 2,
    connected: bool = True,
    opening: bool | int = 2,
    threshold: float = 0.5,
    target_affine: Any = None,
    target_shape: Any = None,
    n_jobs: int | None = 1,
    memory: Any = None,
    verbose: int = 0,
) -> Nifti1Image:
    """A common mask: `compute_background_mask` of each element, intersected.

    Parameters
    ----------
    data_imgs : list
        One element per run or subject, each as for `compute_background_mask`.
    threshold : float
        Part of the masks a voxel must be in, see `intersect_masks`.
    n_jobs : int or None
        Threads, over elements.
    border_size, connected, opening, target_affine, target_shape, memory, verbose
        See `compute_background_mask`.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    TypeError
        If the list is empty.
    GridError
        If the masks lie on different grids.

    Examples
    --------
    >>> data = np.zeros((8, 8, 8))
    >>> data[2:6, 2:6, 2:6] = 7.0
    >>> runs = [Nifti1Image(data, np.eye(4))] * 2
    >>> int(compute_multi_background_mask(runs, opening=0).get_fdata().sum())
    64
    """
    del memory, verbose
    check_n_jobs(n_jobs)
    _check_part(threshold)

    def one(img: Any) -> Nifti1Image:
        return compute_background_mask(
            img,
            border_size=border_size,
            connected=connected,
            opening=opening,
            target_affine=target_affine,
            target_shape=target_shape,
        )

    with ThreadWarnings():
        masks = map_blocks(one, _elements(data_imgs), n_jobs=n_jobs)
    return intersect_masks(masks, threshold=threshold, connected=connected)


def intersect_masks(
    mask_imgs: Iterable[Any], threshold: float = 0.5, connected: bool = True
) -> Nifti1Image:
    """The voxels that lie in more than a given part of some masks.

    Parameters
    ----------
    mask_imgs : list of str, Path or nibabel image
        3-D masks on one grid; they may be empty.
    threshold : float
        0: in any mask (union); .5: in more than half; 1: in all.
    connected : bool
        Keep only the largest part.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    ValueError
        If there are no masks, or the threshold is not within 0 and 1.
    GridError
        If they lie on different grids.
    MaskError
        If one has more than two values.

    Examples
    --------
    >>> a = Nifti1Image(np.array([[[1, 1, 0]]], np.uint8), np.eye(4))
    >>> b = Nifti1Image(np.array([[[0, 1, 1]]], np.uint8), np.eye(4))
    >>> intersect_masks([a, b], threshold=1).get_fdata().ravel()
    array([0., 1., 0.])
    """
    _check_part(threshold)
    check_truth(connected, "connected")
    masks = open_all(mask_imgs)
    if not masks:
        msg = "There are no masks to intersect: the list is empty."
        raise ValueError(msg)
    require_one_grid(masks)
    count = np.zeros(masks[0].shape[:3], dtype=np.int32)
    for img in masks:
        count += read_mask(img, allow_empty=True).inside
    # "in all" means count > n - 1, which rounding must not spoil
    common = count > min(threshold, 1 - 1e-7) * len(masks)
    if connected:
        common = keep_largest(common)
    return new_image(masks[0], common)


def _check_part(threshold: Any) -> None:
    """Before any mask is computed: that may take long."""
    expected = "a part of the masks, from 0 to 1"
    checked_number(threshold, "threshold", expected, low=0, high=1)


def _elements(imgs: Iterable[Any]) -> list[Any]:
    """Runs or subjects; a single image counts as one."""
    elements = elements_of(imgs)
    if not elements:
        msg = "There are no images to compute a mask from: the list is empty."
        raise TypeError(msg)
    return elements
