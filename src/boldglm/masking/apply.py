"""Voxels out of images, and back."""

from typing import Any, Literal

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.arguments import check_truth
from boldglm.image.checks import as_dtype, as_numbers, check_order
from boldglm.image.extract import extract, extracted_dtype
from boldglm.image.headers import new_image
from boldglm.image.mask import read_mask
from boldglm.image.smooth import Smoother
from boldglm.image.sources import is_series, open_all

__all__ = ["apply_mask", "load_mask_img", "unmask"]


def load_mask_img(mask_img: Any, allow_empty: bool = False) -> tuple[Any, Any]:
    """Read and check a mask.

    Parameters
    ----------
    mask_img : str, Path or nibabel image
        3-D, with 0 outside and one other value inside.
    allow_empty : bool

    Returns
    -------
    inside : (x, y, z) bool
    affine : (4, 4) float

    Raises
    ------
    MaskError
        If it is empty, or has other values.

    Examples
    --------
    >>> img = Nifti1Image(np.array([[[0, 1]]], np.uint8), np.eye(4))
    >>> load_mask_img(img)[0]
    array([[[False,  True]]])
    """
    mask = read_mask(mask_img, allow_empty=allow_empty)
    return mask.inside.copy(), mask.grid.affine.copy()


def apply_mask(
    imgs: Any,
    mask_img: Any,
    dtype: Any = "f",
    smoothing_fwhm: Any = None,
    ensure_finite: bool = True,
) -> np.ndarray:
    """Take the voxels of a mask out of images.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these
        On the grid of the mask.
    mask_img : str, Path or nibabel image
    dtype : dtype or "f"
        "f": float32, or float64 where the image has that.
    smoothing_fwhm : float, (3,) float, "fast" or None
        In mm; smooths before masking, see `boldglm.image.smooth_img`.
    ensure_finite : bool
        Replace values that are not finite by 0; always so when smoothing.

    Returns
    -------
    (scan, voxel), C-contiguous
        (voxel,) for a single 3-D image. Voxels in C order of the mask.

    Raises
    ------
    MaskError
        If the mask is invalid, or lies on another grid.

    Warns
    -----
    ImageWarning
        Once, if values inside the mask were replaced by 0.

    Examples
    --------
    >>> mask = Nifti1Image(np.array([[[0, 1]]], np.uint8), np.eye(4))
    >>> apply_mask(Nifti1Image(np.array([[[3.0, 5.0]]]), np.eye(4)), mask)
    array([5.])
    """
    check_truth(ensure_finite, "ensure_finite")
    images = open_all(imgs)
    mask = read_mask(mask_img)
    as_is = isinstance(dtype, str) and dtype == "f"
    rows = extract(
        images,
        mask,
        smoother=Smoother(smoothing_fwhm, mask.grid.voxel_sizes),
        dtype=extracted_dtype(images) if as_is else as_dtype(dtype),
        ensure_finite=ensure_finite,
    )
    single = not is_series(imgs) and len(images[0].shape) == 3
    return rows[0] if single else rows


def unmask(
    X: Any, mask_img: Any, order: Literal["F", "C"] = "F"
) -> Nifti1Image | list[Nifti1Image]:
    """Put voxels back into a volume, 0 outside the mask: `apply_mask` undone.

    Parameters
    ----------
    X : (voxel,) or (scan, voxel), or list of such arrays
    mask_img : str, Path or nibabel image
    order : {"F", "C"}
        Memory layout of the volumes.

    Returns
    -------
    Nifti1Image
        3-D or 4-D, of the type of `X`; for a list of arrays a list.

    Raises
    ------
    TypeError
        If `X` has another number of voxels than the mask, or dimensions, or is
        not made of numbers.

    Examples
    --------
    >>> mask = Nifti1Image(np.array([[[0, 1]]], np.uint8), np.eye(4))
    >>> unmask(np.array([5.0]), mask).get_fdata()
    array([[[0., 5.]]])
    """
    check_order(order)
    if isinstance(X, list) and X and np.ndim(X[0]) > 0:
        return [_unmask_one(part, mask_img, order) for part in X]
    return _unmask_one(X, mask_img, order)


def _unmask_one(values: Any, mask_img: Any, order: Literal["F", "C"]) -> Nifti1Image:
    mask = read_mask(mask_img)
    values = as_numbers(values, "X")
    if values.ndim not in (1, 2) or values.shape[-1] != mask.n_voxels:
        msg = (
            f"X has shape {values.shape}; expected ({mask.n_voxels},) or "
            f"(n_scans, {mask.n_voxels}), the mask has {mask.n_voxels} voxels."
        )
        raise TypeError(msg)
    ref = open_all(mask_img)[0]
    return new_image(ref, mask.scatter(values, order=order), copy_header=False)
