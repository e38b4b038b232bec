"""Some scans of an image, or each by itself."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.memory import array_for
from boldglm.image.files import check_niimg, check_niimg_4d
from boldglm.image.headers import new_image
from boldglm.image.reading import FEWER_SCANS, iter_blocks, name_of, working_dtype

__all__ = ["index_img", "iter_img"]


def index_img(imgs: Any, index: Any) -> Nifti1Image:
    """Take scans out of a 4-D image.

    Of a file only the stretch up to the last scan needed is read.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these
        4-D, or a list of 3-D images.
    index : int, slice, or array, list or Series of int or bool
        Anything that indexes a numpy array.

    Returns
    -------
    Nifti1Image
        3-D for an int, 4-D otherwise.

    Raises
    ------
    IndexError
        If there is no such scan, or none at all, or a boolean index has another
        length.
    DimensionError
        If the image is 3-D.

    Examples
    --------
    >>> series = Nifti1Image(np.arange(5.0).reshape(1, 1, 1, 5), np.eye(4))
    >>> index_img(series, slice(1, 3)).get_fdata().ravel()
    array([1., 2.])
    >>> index_img(series, 7)
    Traceback (most recent call last):
        ...
    IndexError: scan 7 of Nifti1Image of shape (1, 1, 1, 5): index 7 is out of
    bounds for axis 0 with size 5
    """
    img: Any = check_niimg_4d(imgs)
    if hasattr(index, "to_numpy"):
        index = index.to_numpy().ravel()
    try:
        wanted = np.arange(img.shape[3])[index]
    except IndexError as error:
        msg = f"scan {index} of {name_of(img)}: {error}"
        raise IndexError(msg) from error
    chosen = np.atleast_1d(wanted)
    if chosen.ndim > 1:
        msg = (
            f"index {index!r} does not choose scans of {name_of(img)}; expected an "
            "int, a slice, or a list of int or bool."
        )
        raise IndexError(msg)
    if chosen.size == 0:
        msg = f"index {index} takes no scan of {name_of(img)}: it has {img.shape[3]}."
        raise IndexError(msg)
    dtype = working_dtype(img)
    shape = (*img.shape[:3], chosen.size)
    data = array_for(f"scans of {name_of(img)}", shape, dtype, FEWER_SCANS)
    span = slice(int(chosen.min()), int(chosen.max()) + 1)
    for cut, block in iter_blocks(img, dtype, span):
        (here,) = np.nonzero((chosen >= cut.start) & (chosen < cut.stop))
        for place in here:
            data[..., place] = block[..., chosen[place] - cut.start]
    return new_image(img, data[..., 0] if np.ndim(wanted) == 0 else data)


def iter_img(imgs: Any) -> Iterator[SpatialImage]:
    """Go through the scans of a 4-D image, or of a list of 3-D images.

    A file is read once, forward; one scan is in memory at a time.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these

    Returns
    -------
    iterator of 3-D images

    Raises
    ------
    DimensionError
        If the image is 3-D.

    Examples
    --------
    >>> series = Nifti1Image(np.zeros((2, 2, 2, 3)), np.eye(4))
    >>> [img.shape for img in iter_img(series)]
    [(2, 2, 2), (2, 2, 2), (2, 2, 2)]
    """
    scans: Any = check_niimg(imgs, ensure_ndim=4, return_iterator=True)
    return iter(scans)
