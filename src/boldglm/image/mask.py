"""A mask image as the voxels it selects."""

from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import MaskError
from boldglm.image.files import check_niimg_3d
from boldglm.image.grid import VolumeMask
from boldglm.image.reading import name_of, read_data
from boldglm.image.sources import grid_of

__all__ = ["inside_on_grid", "read_mask", "require_overlap"]


def read_mask(mask_img: Any, allow_empty: bool = False) -> VolumeMask:
    """Read and check a mask: 0 is outside, one other value is inside.

    Values that are not finite count as 0.

    Parameters
    ----------
    mask_img : str, Path or nibabel image
        3-D.
    allow_empty : bool
        Accept a mask without voxels.

    Returns
    -------
    VolumeMask

    Raises
    ------
    MaskError
        If the mask is empty or has more than two values, or neither is 0.

    Examples
    --------
    >>> import nibabel as nib
    >>> img = nib.Nifti1Image(np.eye(3, dtype=np.uint8)[..., np.newaxis], np.eye(4))
    >>> read_mask(img).n_voxels
    3
    """
    img = check_niimg_3d(mask_img)
    data = read_data(img)
    if data.dtype.kind == "f":
        data = np.where(np.isfinite(data), data, 0)
    values = np.unique(data)
    name = name_of(mask_img)
    if values.size > 2:
        shown = ", ".join(f"{value:g}" for value in values[:5])
        msg = (
            f"The mask {name} is not made of 2 values: it has {values.size} "
            f"({shown}, ...). Binarize it first, for example with "
            "math_img('img > 0.5', img=...)."
        )
        raise MaskError(msg)
    if values.size == 2 and 0 not in values:
        msg = (
            f"Background of the mask must be represented with 0; "
            f"{name} has the values {values[0]:g} and {values[1]:g}."
        )
        raise MaskError(msg)
    if not values.any() and not allow_empty:
        msg = f"The mask {name} is invalid as it is empty: all its values are 0."
        raise MaskError(msg)
    return VolumeMask(grid_of(img), data != 0)


def inside_on_grid(img: SpatialImage, mask_img: Any) -> np.ndarray:
    """Voxels of an image that a mask selects, the mask brought to its grid if need be.

    Parameters
    ----------
    img : nibabel image
    mask_img : str, Path or nibabel image

    Returns
    -------
    (x, y, z) bool
    """
    from boldglm.image.resample import resample_to_img

    mask = read_mask(mask_img)
    if mask.grid != grid_of(img):
        require_overlap(img, mask)
        mask = read_mask(resample_to_img(mask_img, img, interpolation="nearest"))
    return mask.inside


def require_overlap(img: SpatialImage, mask: VolumeMask) -> None:
    """Refuse a mask of which no voxel lies in an image.

    Raises
    ------
    MaskError
        If so: it is a mistake, not an empty result.
    """
    grid = grid_of(img)
    world = mask.grid.world_from_voxel(np.argwhere(mask.inside))
    voxels = grid.voxel_from_world(world)
    if not np.any(np.all((voxels > -0.5) & (voxels < np.array(grid.shape) - 0.5), 1)):
        low, high = world.min(axis=0).round(1), world.max(axis=0).round(1)
        msg = (
            f"No voxel of the mask lies in the image {name_of(img)}: the mask spans "
            f"{low.tolist()} to {high.tolist()} mm, and the image has shape "
            f"{grid.shape} and affine\n{grid.affine}\nCheck that both are in one space."
        )
        raise MaskError(msg)
