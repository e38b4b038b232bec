"""What users pass as types, layouts, shapes and affines, made into arrays."""

from os import PathLike
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import as_numbers, check_choice, checked_whole

__all__ = ["as_affine", "as_dtype", "as_numbers", "as_shape", "check_order"]


def as_dtype(dtype: Any, also: str = "") -> np.dtype[Any]:
    """The type that images or series shall have.

    Parameters
    ----------
    dtype : dtype or its name
    also : str
        What else the parameter may be, for the message.

    Raises
    ------
    TypeError
        If numpy knows no such type, or it is not one of real numbers.

    Examples
    --------
    >>> as_dtype("float32")
    dtype('float32')
    """
    try:
        wanted: np.dtype[Any] = np.dtype(dtype)
    except (TypeError, ValueError):
        wanted = np.dtype(object)
    if wanted.kind not in "biuf":
        msg = f"dtype is {dtype!r}; expected a number type, such as 'float32'{also}."
        raise TypeError(msg)
    return wanted


def check_order(order: Any) -> None:
    """Raise unless `order` is one of the two layouts in memory.

    Examples
    --------
    >>> check_order("F")
    """
    check_choice(order, "order", ("F", "C"))


def as_affine(affine: Any, name: str, *, linear: bool = False) -> np.ndarray:
    """A 4 by 4 matrix from voxels to millimetres.

    Parameters
    ----------
    affine : (4, 4) float
        Or (3, 3), where `linear`.
    name : str
        Of the parameter.
    linear : bool

    Returns
    -------
    (4, 4) or (3, 3) float64
        The caller's own.

    Raises
    ------
    TypeError
        If it is no matrix of numbers.
    ValueError
        If its shape is another, or it is not finite.

    Examples
    --------
    >>> as_affine(np.eye(4), "affine").shape
    (4, 4)
    """
    shapes = ((3, 3), (4, 4)) if linear else ((4, 4),)
    expected = " or ".join(map(str, shapes))
    if isinstance(affine, str | PathLike | SpatialImage) or np.isscalar(affine):
        msg = (
            f"{name} is {str(affine)[:80]!r}; expected a matrix of shape {expected}, "
            "such as the affine of an image. To move an image to the grid of another, "
            "see resample_to_img."
        )
        raise TypeError(msg)
    matrix = as_numbers(affine, name).astype(np.float64)
    if matrix.shape not in shapes:
        msg = f"{name} has shape {matrix.shape}; expected {expected}."
        raise ValueError(msg)
    if not np.isfinite(matrix).all():
        msg = f"{name} has values that are not finite:\n{matrix}"
        raise ValueError(msg)
    return matrix


def as_shape(shape: Any, name: str) -> tuple[int, int, int]:
    """The three sizes of a grid.

    Raises
    ------
    TypeError
        If it is no list of numbers.
    ValueError
        If there are more or fewer than three, or they are not whole and positive.

    Examples
    --------
    >>> as_shape(np.array([4, 5, 6]), "target_shape")
    (4, 5, 6)
    """
    expected = "the shape of a 3D grid, three whole numbers of at least 1"
    if np.ndim(shape) != 1 or isinstance(shape, str) or len(shape) != 3:
        given = str(tuple(shape) if np.ndim(shape) == 1 else repr(shape))[:80]
        msg = f"{name} is {given}; expected {expected}."
        raise ValueError(msg)
    x, y, z = (
        checked_whole(n, f"{name} {tuple(shape)}", expected, low=1) for n in shape
    )
    return x, y, z
