"""Many images as one 4-D image."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import check_truth
from boldglm._base.errors import GridError
from boldglm._base.memory import array_for
from boldglm._base.warnings import ThreadWarnings
from boldglm.core.parallel import map_blocks
from boldglm.image.checks import as_dtype
from boldglm.image.grid import Grid, corners
from boldglm.image.headers import new_image
from boldglm.image.reading import FEWER_SCANS, name_of, read_into, working_dtype
from boldglm.image.regrid import regrid_image, resampled_dtype
from boldglm.image.sources import count_scans, grid_of, open_all, require_dimensions

__all__ = ["concat_imgs", "concatenate", "require_one_grid"]


def concat_imgs(
    niimgs: Any,
    dtype: Any = np.float32,
    ensure_ndim: int | None = None,
    memory: Any = None,
    memory_level: int = 0,
    auto_resample: bool = False,
    verbose: int = 0,
) -> Nifti1Image:
    """Join 3-D and 4-D images into one 4-D image, in their order.

    Parameters
    ----------
    niimgs : list of images or paths, or a pattern
        Each 3-D image gives one scan, each 4-D image all of its scans.
    dtype : dtype or None
        Of the result; None: that of the first image.
    ensure_ndim : {4, 5} or None
        4: all images must be 3-D; 5: all must be 4-D.
    memory, memory_level, verbose
        Accepted for compatibility; nothing is cached or printed.
    auto_resample : bool
        Resample images to the grid of the first, where theirs is another, by
        cubic splines clipped to their own range. Each is read and interpolated
        once, straight into its place.

    Returns
    -------
    Nifti1Image
        4-D, with the affine and header of the first image.

    Raises
    ------
    TypeError
        If there is nothing to join, or `dtype` is no number type.
    ValueError
        For another `ensure_ndim`.
    DimensionError
        If `ensure_ndim` asks for other images.
    GridError
        If grids differ and `auto_resample` is off, or an image does not overlap
        with the first.

    Examples
    --------
    >>> zeros = Nifti1Image(np.zeros((2, 2, 1)), np.eye(4))
    >>> ones = Nifti1Image(np.ones((2, 2, 1, 2)), np.eye(4))
    >>> concat_imgs([zeros, ones]).get_fdata()[0, 0, 0]
    array([0., 1., 1.])
    """
    del memory, memory_level, verbose
    images = open_all(niimgs)
    if not images:
        msg = "There are no images to concatenate: the list is empty."
        raise TypeError(msg)
    check_truth(auto_resample, "auto_resample")
    if ensure_ndim is not None:
        if not isinstance(ensure_ndim, int) or ensure_ndim not in (4, 5):
            msg = (
                f"ensure_ndim is {ensure_ndim!r}; expected 4 (all images are 3-D), 5 "
                "(all are 4-D), or None."
            )
            raise ValueError(msg)
        for img in images:
            require_dimensions(img, ensure_ndim - 1, " in a list")
    return concatenate(images, dtype, auto_resample=auto_resample)


def concatenate(
    images: list[SpatialImage], dtype: Any = None, *, auto_resample: bool = False
) -> Nifti1Image:
    """Join opened images; see `concat_imgs`."""
    first, grids = images[0], [grid_of(img) for img in images]
    if not auto_resample:
        require_one_grid(images)
    target = grids[0]
    dtype = working_dtype(first) if dtype is None else as_dtype(dtype, " or None")
    ends = np.cumsum([count_scans(img) for img in images])
    shape = (*target.shape, int(ends[-1]))
    data = array_for("the joined images", shape, dtype, FEWER_SCANS)

    moved = [grid != target for grid in grids]
    for img, grid in zip(images, grids, strict=True):
        _require_overlap(img, grid, target)

    def place(index: int) -> None:
        img = images[index]
        here = data[..., ends[index] - count_scans(img) : ends[index]]
        if moved[index]:
            _regrid_into(here, img, target)
        else:
            read_into(img, here)

    # threads over images; a series on another grid has threads over its own scans
    series = [k for k, img in enumerate(images) if moved[k] and count_scans(img) > 1]
    with ThreadWarnings():
        map_blocks(place, sorted(set(range(len(images))) - set(series)))
        for index in series:
            place(index)
    joined = new_image(first, data, target.affine)
    if len(first.shape) == 3 and joined.header["pixdim"][4] in (0, 1):
        # what a header of one volume says of time is a filler
        space = joined.header.get_xyzt_units()[0]
        joined.header.set_xyzt_units(space, "unknown")
    return joined


def _require_overlap(img: SpatialImage, grid: Grid, target: Grid) -> None:
    """Refuse an image that lies elsewhere: its scans would be all zero."""
    box = corners(grid.shape, target.inverse @ grid.affine)
    low, high = box.min(axis=0), box.max(axis=0)
    if (high < 0).any() or (low > np.array(target.shape) - 1).any():
        msg = (
            f"{name_of(img)} does not overlap with the first image: it spans the "
            f"voxels {np.round(low, 1).tolist()} to {np.round(high, 1).tolist()} of "
            f"it, which has shape {target.shape}. Check that both are in one space."
        )
        raise GridError(msg)


def _regrid_into(here: np.ndarray, img: SpatialImage, target: Grid) -> None:
    """Resample an image into its place, by way of the type that it has by itself."""
    alone = resampled_dtype(working_dtype(img), "continuous")
    if alone.kind == "f":
        regrid_image(img, target, here)
    else:
        here[...] = regrid_image(img, target).reshape(here.shape)


def require_one_grid(images: Iterable[SpatialImage]) -> None:
    """Raise unless all opened images lie on the grid of the first.

    Raises
    ------
    GridError
        Naming the first image that lies elsewhere, and both grids.
    """
    first: tuple[SpatialImage, Grid] | None = None
    for number, img in enumerate(images):
        grid = grid_of(img)
        if first is None:
            first = img, grid
        elif grid != first[1]:
            msg = (
                f"Field of view of image #{number} is different from the first.\n"
                f"first: {name_of(first[0])}\nshape {first[1].shape}, affine\n"
                f"{first[1].affine}\nimage #{number}: {name_of(img)}\nshape "
                f"{grid.shape}, affine\n{grid.affine}\n"
                "Resample them to one grid first (resample_to_img, or "
                "concat_imgs(..., auto_resample=True))."
            )
            raise GridError(msg)
