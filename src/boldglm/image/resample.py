"""Images on another grid."""

from typing import Any, Literal

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import check_truth
from boldglm._base.errors import BoundingBoxError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.checks import as_affine, as_shape, check_order
from boldglm.image.files import load_img, read_grid
from boldglm.image.grid import SAME_GRID_TOLERANCE, Grid, corners
from boldglm.image.headers import new_image
from boldglm.image.reading import name_of, read_data
from boldglm.image.regrid import Interpolation, check_interpolation, regrid_image
from boldglm.image.sources import grid_of
from boldglm.signal.checks import checked_number

__all__ = ["resample_img", "resample_to_img", "target_grid"]


def resample_img(
    img: Any,
    target_affine: Any = None,
    target_shape: Any = None,
    interpolation: Interpolation = "continuous",
    copy: bool = True,
    order: Literal["F", "C"] = "F",
    clip: bool = True,
    fill_value: float = 0.0,
    force_resample: bool = True,
    copy_header: bool = True,
) -> Nifti1Image:
    """Interpolate an image at the voxels of another grid.

    Parameters
    ----------
    img : str, Path, nibabel image, or list of these
    target_affine : (3, 3) or (4, 4) float, or None
        Voxel to world of the result. Of a 3 by 3 matrix the origin is chosen
        so that the box holds the image. None: leave the image where it is.
    target_shape : (3,) int or None
        Needs a 4 by 4 `target_affine`. None: from voxel 0 as far as the image
        reaches.
    interpolation : {"continuous", "linear", "nearest"}
        Cubic B-spline, linear, or the nearest voxel (for masks and labels).
    copy : bool
        Where nothing has to be resampled: return a copy, or the image itself.
    order : {"F", "C"}
        Memory layout of the result.
    clip : bool
        Keep values within the range of the image and 0, which cubic splines
        leave at edges. `fill_value` is not clipped.
    fill_value : float
        For voxels outside the image.
    force_resample : bool
        Accepted for compatibility; results are the same.
    copy_header : bool
        Whether description, time step and other header fields come along.

    Returns
    -------
    Nifti1Image

    Raises
    ------
    ValueError
        For a target shape without a 4 by 4 affine, or an unknown interpolation.
    TypeError
        If affine, shape or fill value are not numbers.
    BoundingBoxError
        If the target lies wholly beside the image.

    Warns
    -----
    ImageWarning
        If values are not finite, a mask would be blurred, or a NIfTI header
        does not say where the image lies.

    Examples
    --------
    >>> img = Nifti1Image(np.ones((4, 4, 4)), np.eye(4))
    >>> resample_img(img, np.diag([2.0, 2.0, 2.0]), interpolation="nearest").shape
    (3, 3, 3)
    """
    del force_resample
    check_interpolation(interpolation)
    check_order(order)
    check_truth(clip, "clip")
    check_truth(copy, "copy")
    checked_number(fill_value, "fill_value", "the number that voxels outside get")
    if np.finfo(np.float32).max < abs(fill_value) < np.inf:
        msg = f"fill_value is {fill_value}; expected a number of single precision."
        raise ValueError(msg)
    opened = load_img(img)
    source = grid_of(opened)
    if target_affine is not None:
        _warn_of_guessed_place(opened)
    try:
        target = target_grid(source, target_affine, target_shape)
    except BoundingBoxError as error:
        msg = f"{name_of(img)}: {error}"
        raise BoundingBoxError(msg) from error
    if source == target:
        if not copy:
            return opened  # type: ignore[return-value]
        return new_image(opened, np.array(read_data(opened), order=order))
    data = regrid_image(
        opened,
        target,
        interpolation=interpolation,
        clip=clip,
        fill_value=fill_value,
        order=order,
    )
    return new_image(opened, data, target.affine, copy_header)


def resample_to_img(
    source_img: Any,
    target_img: Any,
    interpolation: Interpolation = "continuous",
    copy: bool = True,
    order: Literal["F", "C"] = "F",
    clip: bool = False,
    fill_value: float = 0.0,
    force_resample: bool = True,
    copy_header: bool = True,
) -> Nifti1Image:
    """Interpolate an image at the voxels of another image.

    No registration: the images must already overlap in world coordinates. Of
    `target_img` only the header is read. For the other parameters, errors and
    warnings see `resample_img`; values are not clipped unless `clip`.

    Parameters
    ----------
    source_img : str, Path, nibabel image, or list of these
    target_img : str, Path or nibabel image
        3-D or 4-D.

    Returns
    -------
    Nifti1Image

    Examples
    --------
    >>> fine = Nifti1Image(np.full((4, 4, 4), 7.0), np.eye(4))
    >>> coarse = Nifti1Image(np.ones((2, 2, 2)), np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> resample_to_img(fine, coarse).shape
    (2, 2, 2)
    """
    target = read_grid(target_img)
    return resample_img(
        source_img,
        target_affine=target.affine,
        target_shape=target.shape,
        interpolation=interpolation,
        copy=copy,
        order=order,
        clip=clip,
        fill_value=fill_value,
        force_resample=force_resample,
        copy_header=copy_header,
    )


def target_grid(source: Grid, affine: Any = None, shape: Any = None) -> Grid:
    """The grid that a target affine and shape mean for an image on `source`.

    ============  =====  =====================================================
    affine        shape  grid
    ============  =====  =====================================================
    None          None   `source`
    (4, 4)        given  as given
    (4, 4)        None   from the affine's origin as far as the image reaches
    (3, 3)        None   the box that holds the image, its lowest corner voxel 0
    ============  =====  =====================================================

    Raises
    ------
    ValueError
        For a shape without affine, or with a 3 by 3 affine, or not of length 3.
    BoundingBoxError
        If the image ends below voxel 0 of the target on some axis.

    Examples
    --------
    >>> target_grid(Grid((4, 4, 4), np.eye(4)), np.diag([2.0, 2.0, 2.0])).shape
    (3, 3, 3)
    """
    if affine is None and shape is None:
        return source
    affine, shape = _checked_target(affine, shape)
    anchored = affine.shape == (4, 4)
    if not anchored:
        linear, affine = affine, np.eye(4)
        affine[:3, :3] = linear
    try:
        inverse = np.linalg.inv(affine)
    except np.linalg.LinAlgError as error:
        msg = f"target_affine cannot be inverted:\n{affine}"
        raise ValueError(msg) from error
    box = corners(source.shape, inverse @ source.affine)
    low, high = box.min(axis=0), box.max(axis=0)
    if not anchored:
        affine[:3, 3] = affine[:3, :3] @ low
        high = high - low
    if (high < -SAME_GRID_TOLERANCE).any():
        msg = (
            "The field of view of the target does not contain any of the data: the "
            f"image ends at voxel {np.round(high, 2)} of the target, before its first."
        )
        raise BoundingBoxError(msg)
    if shape is None:
        # a box that ends on a voxel but for rounding does not need one more
        shape = np.ceil(high - SAME_GRID_TOLERANCE).astype(int) + 1
    x, y, z = (int(n) for n in shape)
    return Grid((x, y, z), affine)


def _warn_of_guessed_place(img: SpatialImage) -> None:
    """A NIfTI image without sform and qform lies where nibabel guesses."""
    header: Any = img.header
    if not hasattr(header, "get_sform"):
        return
    if not (int(header["sform_code"]) or int(header["qform_code"])):
        warn(
            f"{name_of(img)} has neither sform nor qform in its header: where it lies "
            "in the world is a guess. Check the file.",
            ImageWarning,
        )


def _checked_target(affine: Any, shape: Any) -> tuple[np.ndarray, Any]:
    if affine is None:
        msg = (
            f"target_shape={shape} needs a target_affine: "
            "a shape alone does not say where the voxels lie."
        )
        raise ValueError(msg)
    matrix = as_affine(affine, "target_affine", linear=True)
    if shape is None:
        return matrix, None
    shape = as_shape(shape, "target_shape")
    if matrix.shape == (3, 3):
        msg = (
            "target_shape needs a 4 by 4 target_affine: a 3 by 3 one has no origin "
            "to count voxels from."
        )
        raise ValueError(msg)
    return matrix, shape
