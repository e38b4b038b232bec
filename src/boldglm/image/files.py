"""The door through which images come in: one image, of checked dimensions."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import check_truth, checked_whole
from boldglm._base.errors import DimensionError
from boldglm.image.checks import as_dtype
from boldglm.image.concat import concatenate, require_one_grid
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.reading import iter_blocks, name_of, read_data, working_dtype
from boldglm.image.sources import (
    count_scans,
    grid_of,
    is_series,
    open_all,
    require_dimensions,
)

__all__ = [
    "check_niimg",
    "check_niimg_3d",
    "check_niimg_4d",
    "load_img",
    "n_scans",
    "read_grid",
]


def load_img(img: Any, wildcards: bool = True, dtype: Any = None) -> SpatialImage:
    """Open an image, or a list of images as one.

    Parameters
    ----------
    img : str, Path, nibabel image, or list of these
        ``~`` and the patterns ``*``, ``?``, ``[...]`` and ``**`` are expanded; a
        pattern that matches several files, and a list, give one 4-D image.
    wildcards : bool
        False: take paths literally.
    dtype : dtype, "auto" or None
        None: as stored. "auto": int32 for integers, float32 otherwise.

    Returns
    -------
    nibabel image
        Of one file: its header is read, its voxels when they are needed.

    Raises
    ------
    TypeError
        If `img` is no image and no path.
    ImageFileError
        If a file is missing, truncated, empty or no image.
    DimensionError
        If an image has not 3 or 4 dimensions.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> load_img(Nifti1Image(np.zeros((2, 3, 4)), np.eye(4))).shape
    (2, 3, 4)
    """
    return _one_image(img, dtype=dtype, wildcards=wildcards)


def check_niimg(
    niimg: Any,
    ensure_ndim: int | None = None,
    atleast_4d: bool = False,
    dtype: Any = None,
    return_iterator: bool = False,
    wildcards: bool = True,
) -> SpatialImage | Iterator[SpatialImage]:
    """Open an image as `load_img` does, and check how many dimensions it has.

    Parameters
    ----------
    niimg : str, Path, nibabel image, or list of these
    ensure_ndim : {3, 4} or None
        Required dimensions. A 4-D image of one scan passes as 3-D. A list
        counts as one dimension: with 4, its images must be 3-D.
    atleast_4d : bool
        Return a 3-D image as a 4-D image of one scan.
    dtype : dtype, "auto" or None
    return_iterator : bool
        Yield 3-D images, scan by scan, instead of one 4-D image.
    wildcards : bool

    Returns
    -------
    nibabel image, or iterator of them

    Raises
    ------
    DimensionError
        If the dimensions are others.
    TypeError, ImageFileError, GridError
        As `load_img`.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> check_niimg(Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)), ensure_ndim=4)
    Traceback (most recent call last):
        ...
    boldglm._base.errors.DimensionError: Nifti1Image of shape (2, 2, 2) has 3
    dimensions, shape (2, 2, 2); expected a 4D image.
    """
    check_truth(return_iterator, "return_iterator")
    check_truth(atleast_4d, "atleast_4d")
    if ensure_ndim is not None:
        expected = "3, 4, or None for either"
        checked_whole(ensure_ndim, "ensure_ndim", expected, low=3, high=4)
    if return_iterator:
        return _scans(niimg, ensure_ndim, dtype, wildcards)
    img = _one_image(niimg, ensure_ndim, dtype, wildcards)
    if atleast_4d and len(img.shape) == 3:
        img = new_image(img, read_data(img)[..., np.newaxis])
    return img


def check_niimg_3d(niimg: Any, dtype: Any = None) -> SpatialImage:
    """Open one 3-D image; a 4-D image of one scan passes as one.

    Raises
    ------
    DimensionError
        If it has several scans, or is a list.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> check_niimg_3d(Nifti1Image(np.zeros((2, 2, 2, 1)), np.eye(4))).shape
    (2, 2, 2)
    """
    return _one_image(niimg, 3, dtype)


def check_niimg_4d(
    niimg: Any, return_iterator: bool = False, dtype: Any = None
) -> SpatialImage | Iterator[SpatialImage]:
    """Open one 4-D image, or a list of 3-D images as one.

    Raises
    ------
    DimensionError
        If it is a single 3-D image, or a list of 4-D ones.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> volume = Nifti1Image(np.zeros((2, 2, 2)), np.eye(4))
    >>> check_niimg_4d([volume, volume]).shape
    (2, 2, 2, 2)
    """
    return check_niimg(niimg, 4, dtype=dtype, return_iterator=return_iterator)


def n_scans(imgs: Any) -> int:
    """Number of scans in images, from their headers; no voxel is read.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> volume = Nifti1Image(np.zeros((2, 2, 2)), np.eye(4))
    >>> series = Nifti1Image(np.zeros((2, 2, 2, 5)), np.eye(4))
    >>> n_scans([volume, series])
    6
    """
    return sum(count_scans(img) for img in open_all(imgs))


def read_grid(imgs: Any) -> Grid:
    """The grid that images lie on, from their headers; no voxel is read.

    Raises
    ------
    GridError
        If they lie on different grids.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> read_grid(Nifti1Image(np.zeros((2, 3, 4, 5)), np.eye(4))).shape
    (2, 3, 4)
    """
    images = open_all(imgs)
    if not images:
        msg = "There are no images: the list is empty."
        raise TypeError(msg)
    require_one_grid(images)
    return grid_of(images[0])


def _one_image(
    niimg: Any,
    ensure_ndim: int | None = None,
    dtype: Any = None,
    wildcards: bool = True,
) -> SpatialImage:
    images = open_all(niimg, wildcards)
    if not images:
        msg = "There are no images: the list is empty."
        raise TypeError(msg)
    if is_series(niimg, wildcards):
        if ensure_ndim == 3:
            msg = f"Got a list of {len(images)} images; expected one 3D image."
            raise DimensionError(msg)
        if ensure_ndim is not None:
            for img in images:
                require_dimensions(img, ensure_ndim - 1, " in a list")
        return concatenate(images, _resolved(dtype, images[0]))
    img = images[0]
    if ensure_ndim is not None:
        require_dimensions(img, ensure_ndim)
    if ensure_ndim == 3 and len(img.shape) == 4:
        img = new_image(img, read_data(img)[..., 0])
    wanted = _resolved(dtype, img)
    if dtype is not None and wanted != working_dtype(img):
        img = new_image(img, read_data(img, wanted))
    return img


def _resolved(dtype: Any, img: SpatialImage) -> np.dtype[Any]:
    stored = working_dtype(img)
    if dtype is None:
        return stored
    if isinstance(dtype, str) and dtype == "auto":
        return np.dtype(np.int32 if stored.kind in "iu" else np.float32)
    return as_dtype(dtype, ", 'auto' or None")


def _scans(
    niimg: Any, ensure_ndim: int | None, dtype: Any, wildcards: bool
) -> Iterator[SpatialImage]:
    """Checks at once, scans when they are asked for."""
    images = open_all(niimg, wildcards)
    if is_series(niimg, wildcards):
        require_one_grid(images)
        if ensure_ndim is not None:
            for img in images:
                require_dimensions(img, ensure_ndim - 1, " in a list")
        return (_one_image(img, dtype=dtype) for img in images)
    img = images[0]
    if len(img.shape) != 4:
        msg = f"{name_of(img)} has no scans to iterate over: its shape is {img.shape}."
        raise DimensionError(msg)
    wanted = _resolved(dtype, img)
    return (
        new_image(img, block[..., 0]) for _, block in iter_blocks(img, wanted, size=1)
    )
