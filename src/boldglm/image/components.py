"""The largest part of an image that hangs together."""

from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.errors import MaskError
from boldglm.core.morphology import keep_largest
from boldglm.image.files import check_niimg_3d
from boldglm.image.headers import new_image
from boldglm.image.reading import name_of, read_data
from boldglm.image.sources import is_series, open_all

__all__ = ["largest_connected_component_img"]


def largest_connected_component_img(imgs: Any) -> Nifti1Image | list[Nifti1Image]:
    """A mask of the largest part of an image whose voxels hang together by faces.

    Voxels take part that are neither 0 nor infinite nor nan. Of two parts of
    one size, the first in C order.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these
        3-D.

    Returns
    -------
    Nifti1Image, or list of these for a list
        uint8, 1 inside.

    Raises
    ------
    MaskError
        If an image has nothing but zeros.
    DimensionError
        If an image is not 3-D.

    Examples
    --------
    >>> img = Nifti1Image(np.array([[[5, 0, -1, 2]]], np.int16), np.eye(4))
    >>> largest_connected_component_img(img).get_fdata().ravel()
    array([0., 0., 1., 1.])
    """
    if is_series(imgs):
        return [_largest(img) for img in open_all(imgs)]
    return _largest(imgs)


def _largest(given: Any) -> Nifti1Image:
    img = check_niimg_3d(given)
    data = read_data(img)
    part = keep_largest((data != 0) & np.isfinite(data))
    if not part.any():
        msg = f"{name_of(given)} has no non-zero values: there is no part to keep."
        raise MaskError(msg)
    return new_image(img, part)
