"""Arrays out of images, and images like others."""

from collections.abc import Iterable
from os import PathLike
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm.image.checks import as_affine
from boldglm.image.files import load_img
from boldglm.image.headers import new_image
from boldglm.image.reading import read_data
from boldglm.image.sources import elements_of, open_all

__all__ = ["copy_img", "get_data", "new_img_like", "own_data"]


def get_data(img: Any) -> np.ndarray:
    """The voxels of an image as an array, of the type they are stored in.

    Integers stored with a scale slope come as float32 (float64 above 16 bits).

    Parameters
    ----------
    img : str, Path, nibabel image, or list of these

    Returns
    -------
    (x, y, z) or (x, y, z, scan)
        For an image in memory its own array, not a copy. For an image on disk
        a new array with each call: keep it rather than ask again.

    Examples
    --------
    >>> get_data(Nifti1Image(np.ones((1, 1, 2), dtype=np.int16), np.eye(4)))
    array([[[1, 1]]], dtype=int16)
    """
    return read_data(load_img(img))


def new_img_like(
    ref_niimg: Any,
    data: np.ndarray,
    affine: np.ndarray | None = None,
    copy_header: bool = True,
) -> Nifti1Image:
    """An image of an array, in the space of another image.

    Parameters
    ----------
    ref_niimg : str, Path, nibabel image, or list of these
        Of a list, the first.
    data : array
        Booleans become uint8, 64-bit integers int32 where they fit.
    affine : (4, 4) float or None
        None: that of `ref_niimg`.
    copy_header : bool
        Whether description, time step and other header fields come along.

    Returns
    -------
    Nifti1Image
        Stored, when saved, in the type of `data`.

    Raises
    ------
    TypeError
        If `ref_niimg` is no image and no path, or `data` no numbers.
    ValueError
        If `affine` has another shape, or is not finite.

    Warns
    -----
    ImageWarning
        If `data` are 64-bit integers.

    Examples
    --------
    >>> ref = Nifti1Image(np.zeros((2, 2, 2)), np.diag([3.0, 3.0, 3.0, 1.0]))
    >>> new_img_like(ref, np.ones((2, 2, 2), bool)).get_data_dtype()
    dtype('uint8')
    """
    if isinstance(ref_niimg, Iterable) and not isinstance(
        ref_niimg, str | PathLike | SpatialImage
    ):
        ref_niimg = next(iter(elements_of(ref_niimg)), None)
    array = np.asarray(data)
    if array.dtype.kind not in "biufcV":
        msg = (
            f"data are a {type(data).__name__} (of type {array.dtype}); expected an "
            "array of numbers."
        )
        raise TypeError(msg)
    matrix = None if affine is None else as_affine(affine, "affine")
    return new_image(open_all(ref_niimg)[0], array, matrix, copy_header)


def copy_img(img: SpatialImage) -> Nifti1Image:
    """A copy of an image, data, affine and header, that shares nothing with it.

    Raises
    ------
    TypeError
        If `img` is not a nibabel image (a path, for example).

    Examples
    --------
    >>> img = Nifti1Image(np.zeros((2, 2, 2)), np.eye(4))
    >>> copy_img(img).dataobj is img.dataobj
    False
    """
    if not isinstance(img, SpatialImage):
        msg = f"copy_img copies nibabel images; got a {type(img).__name__}."
        raise TypeError(msg)
    return new_image(img, own_data(img))


def own_data(img: SpatialImage) -> np.ndarray:
    """The voxels of an opened image, as an array that may be written to.

    Copied only where they are in memory already.

    Examples
    --------
    >>> img = Nifti1Image(np.zeros((2, 2, 2)), np.eye(4))
    >>> np.shares_memory(own_data(img), get_data(img))
    False
    """
    data = read_data(img)
    fresh = data.flags.writeable and not isinstance(img.dataobj, np.ndarray)
    return data if fresh else np.array(data, order="K")
