"""Points from one space to another, and how far an image reaches."""

from numbers import Number
from typing import Any

import numpy as np

from boldglm._base.arguments import as_list
from boldglm._base.errors import ShapeError
from boldglm.image.checks import as_affine, as_numbers
from boldglm.image.grid import apply_affine, corners
from boldglm.signal.checks import checked_number

__all__ = ["coord_transform", "get_bounds"]


def coord_transform(x: Any, y: Any, z: Any, affine: Any) -> tuple[Any, Any, Any]:
    """Apply an affine to points.

    ::

        (x', y', z') = affine[:3, :3] @ (x, y, z) + affine[:3, 3]

    Parameters
    ----------
    x, y, z : number or array
        Coordinates of points; arrays of one shape, or numbers beside arrays.
    affine : (4, 4) float
        From the space of the points to the other: that of an image from voxels
        to millimetres, its inverse from millimetres to voxels.

    Returns
    -------
    x, y, z : float, or array of the common shape

    Raises
    ------
    ShapeError
        If the affine is not 4 by 4, or the arrays do not fit together.
    TypeError
        If something is not made of numbers.

    Examples
    --------
    >>> affine = np.diag([2.0, 2.0, 3.0, 1.0])
    >>> affine[0, 3] = -90
    >>> coord_transform(10, 0, 1, affine)
    (-70.0, 0.0, 3.0)
    >>> coord_transform([-70.0, -90.0], 0, 3, np.linalg.inv(affine))[0]
    array([10., 0.])
    """
    affine = as_numbers(affine, "affine").astype(np.float64)
    alone = all(isinstance(one, Number) for one in (x, y, z))
    x, y, z = (as_numbers(one, name) for one, name in ((x, "x"), (y, "y"), (z, "z")))
    if affine.shape != (4, 4):
        msg = f"affine has shape {affine.shape}; expected (4, 4)."
        raise ShapeError(msg)
    try:
        points = np.stack(np.broadcast_arrays(x, y, z), axis=-1)
    except ValueError as error:
        msg = (
            f"x, y and z have shapes {np.shape(x)}, {np.shape(y)} and {np.shape(z)}; "
            "expected one shape, or numbers."
        )
        raise ShapeError(msg) from error
    try:
        with np.errstate(over="raise", invalid="ignore"):
            moved = np.moveaxis(apply_affine(affine, points), -1, 0)
    except FloatingPointError as error:
        msg = "x, y and z are beyond what a double holds, once moved; expected points."
        raise ValueError(msg) from error
    if alone:
        return moved[0].item(), moved[1].item(), moved[2].item()
    return moved[0], moved[1], moved[2]


def get_bounds(shape: Any, affine: np.ndarray) -> list[tuple[float, float]]:
    """How far an image reaches in the world, along each axis of the world.

    Parameters
    ----------
    shape : (3,) int
    affine : (4, 4) float
        Voxels to millimetres.

    Returns
    -------
    list of three (lowest, highest)
        Of the centres of the corner voxels, in mm.

    Raises
    ------
    ShapeError
        If the shape has not three numbers.
    TypeError, ValueError
        If they are no numbers of voxels, or the affine is no finite matrix.

    Examples
    --------
    >>> get_bounds((3, 4, 5), np.diag([-2.0, 2.0, 3.0, 1.0]))
    [(-4.0, 0.0), (0.0, 6.0), (0.0, 12.0)]
    """
    expected = "three numbers of voxels"
    sizes = [
        checked_number(n, "shape", expected, low=0, high=2**53)
        for n in as_list(shape, "shape", expected)
    ]
    if len(sizes) != 3:
        msg = f"shape is {tuple(sizes)}; expected three numbers."
        raise ShapeError(msg)
    box = corners(tuple(sizes), as_affine(affine, "affine"))
    low, high = box.min(axis=0) + 0.0, box.max(axis=0) + 0.0
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
