"""Images with their axes in the order of the world's, and mirrored."""

from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import GridError
from boldglm._base.memory import array_for
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.files import check_niimg_3d, load_img
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.reading import (
    FEWER_SCANS,
    iter_blocks,
    name_of,
    read_data,
    working_dtype,
)
from boldglm.image.regrid import Interpolation, check_interpolation
from boldglm.image.sources import grid_of

__all__ = ["reorder_img", "straight_axes", "straight_grid", "swap_img_hemispheres"]

# entries of an affine below this, in mm per voxel, are noise of float arithmetic
_NO_ROTATION = 1e-3


def reorder_img(
    img: Any, resample: Interpolation | None = None, copy_header: bool = True
) -> Nifti1Image:
    """Turn an image so that its axes run to the right, to the front and up.

    Axes are permuted and flipped; each value stays at its point in the world.
    The new affine is diagonal and positive, but for the origin.

    Parameters
    ----------
    img : str, Path, nibabel image, or list of these
        3-D or 4-D. Not modified.
    resample : {None, "continuous", "linear", "nearest"}
        How to interpolate an image that lies oblique, see `resample_img`; an
        image that does not is never interpolated. None: an error instead.
    copy_header : bool
        Whether description, time step and other header fields come along.

    Returns
    -------
    Nifti1Image

    Raises
    ------
    GridError
        If the image lies oblique and `resample` is None; if two axes of the
        image run along one of the world.

    Examples
    --------
    >>> affine = np.diag([-2.0, 3.0, 3.0, 1.0])
    >>> img = Nifti1Image(np.array([[[1.0]], [[2.0]]]), affine)
    >>> turned = reorder_img(img)
    >>> turned.get_fdata().ravel(), turned.affine[0]
    (array([2., 1.]), array([ 2., 0., 0., -2.]))
    """
    if resample is not None:
        check_interpolation(resample)
    opened = load_img(img)
    grid = grid_of(opened)
    try:
        axes = straight_axes(grid)
    except GridError as error:
        msg = f"{name_of(opened)}: {error}"
        raise GridError(msg) from error
    if axes is None:
        return _straightened(img, opened, resample, copy_header)
    steps = grid.affine[(0, 1, 2), axes]
    return _turned(opened, grid, axes, steps, copy_header)


def straight_axes(grid: Grid) -> np.ndarray | None:
    """Which axis of a grid runs along x, y and z of the world; None if it lies oblique.

    Raises
    ------
    GridError
        If two axes of the grid run along one of the world.

    Examples
    --------
    >>> affine = np.eye(4)
    >>> affine[:3, :3] = [[0, 0, 2.0], [3.0, 0, 0], [0, -3.0, 0]]
    >>> straight_axes(Grid((4, 5, 6), affine))
    array([2, 0, 1])
    """
    runs_along = np.abs(grid.affine[:3, :3]) > _NO_ROTATION
    if not (runs_along.sum(axis=0) == 1).all():
        return None
    world_axis = np.argmax(runs_along, axis=0)
    if np.unique(world_axis).size < 3:
        msg = (
            "two axes run along one axis of the world, the header is wrong. Its "
            f"affine is\n{grid.affine}"
        )
        raise GridError(msg)
    return np.argsort(world_axis)


def straight_grid(grid: Grid) -> Grid:
    """The grid along the world's axes, towards their ends, that holds another one.

    Of a grid along those axes it has the same voxels; of an oblique one voxels of
    about the same size.

    Raises
    ------
    GridError
        If two axes of the grid run along one of the world.

    Examples
    --------
    >>> turned = np.diag([3.0, 3.0, 3.0, 1.0])
    >>> turned[:2, :2] = 3 * np.array([[0.8, -0.6], [0.6, 0.8]])
    >>> straight_grid(Grid((5, 5, 2), turned)).shape
    (7, 7, 2)
    """
    from boldglm.image.resample import target_grid

    axes = straight_axes(grid)
    if axes is None:
        return target_grid(grid, _straight_sizes(grid))
    steps = grid.affine[(0, 1, 2), axes]
    x, y, z = (int(n) for n in np.array(grid.shape)[axes])
    affine = np.diag([*np.abs(steps), 1.0])
    affine[:3, 3] = grid.affine[:3, 3]
    affine[:3, 3] += np.where(steps < 0, steps * (np.array([x, y, z]) - 1), 0.0)
    return Grid((x, y, z), affine)


def _straight_sizes(grid: Grid) -> np.ndarray:
    """A diagonal, (3, 3): how far apart voxels lie along the nearest axis."""
    turn, sizes = np.linalg.qr(grid.affine[:3, :3])
    nearest_axis = np.abs(turn).argmax(axis=1)
    return np.diag(np.abs(np.diag(sizes))[nearest_axis])


def _straightened(
    img: Any,
    opened: SpatialImage,
    resample: Interpolation | None,
    copy_header: bool,
) -> Nifti1Image:
    """The image on a grid along the world's axes, with voxels of about its size."""
    from boldglm.image.resample import resample_img

    if resample is None:
        msg = (
            "Cannot reorder the axes: the image affine contains rotations.\n"
            f"{name_of(img)} lies oblique, its affine is\n{opened.affine}\n"
            'Interpolate it: resample="continuous" ("nearest" for labels).'
        )
        raise GridError(msg)
    target = _straight_sizes(grid_of(opened))
    return resample_img(
        opened, target_affine=target, interpolation=resample, copy_header=copy_header
    )


def _turned(
    img: SpatialImage,
    grid: Grid,
    axes: np.ndarray,
    steps: np.ndarray,
    copy_header: bool,
) -> Nifti1Image:
    """Axes permuted and, where a step is negative, flipped; read block by block."""
    turned = straight_grid(grid)
    x, y, z = (slice(None, None, -1) if step < 0 else slice(None) for step in steps)
    dtype = working_dtype(img)
    shape = (*turned.shape, *img.shape[3:])
    data = array_for(f"{name_of(img)} turned", shape, dtype, FEWER_SCANS)
    scans = data.reshape(*turned.shape, -1, order="F")
    for cut, block in iter_blocks(img, dtype):
        scans[..., cut] = block.transpose((*axes, 3))[x, y, z]
    return new_image(img, data, turned.affine, copy_header)


def swap_img_hemispheres(img: Any) -> Nifti1Image:
    """Mirror an image: what was left is right.

    The axes are brought into the order of the world's (`reorder_img`), then the
    first is flipped, and the affine stays: the mirror is the middle of the
    grid, which should be x = 0, as in templates.

    Parameters
    ----------
    img : str, Path or nibabel image
        3-D, with axes along those of the world. Not modified.

    Returns
    -------
    Nifti1Image

    Raises
    ------
    DimensionError
        If the image is not 3-D.
    GridError
        If it lies oblique.

    Warns
    -----
    ImageWarning
        If the mirror lies off x = 0 by more than half a voxel.

    Examples
    --------
    >>> affine = np.diag([2.0, 2.0, 2.0, 1.0])
    >>> affine[0, 3] = -2.0
    >>> img = Nifti1Image(np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1), affine)
    >>> swap_img_hemispheres(img).get_fdata().ravel()
    array([3., 2., 1.])
    """
    ordered = reorder_img(check_niimg_3d(img))
    grid = grid_of(ordered)
    middle = grid.affine[0, 3] + grid.affine[0, 0] * (grid.shape[0] - 1) / 2
    if abs(middle) > grid.affine[0, 0] / 2:
        warn(
            f"{name_of(img)} is mirrored at the middle of its grid, x = {middle:g} mm, "
            "and not at x = 0: left and right do not fall on each other in the world. "
            "Resample it to a grid that is symmetric about x = 0 first.",
            ImageWarning,
        )
    return new_image(ordered, read_data(ordered)[::-1])
