"""Confounds out of images: the principal series of the voxels that vary most."""

from typing import Any

import numpy as np

from boldglm.image.clean import flat_series, open_series
from boldglm.image.extract import extract, extracted_dtype
from boldglm.image.mask import read_mask
from boldglm.signal import high_variance

__all__ = ["high_variance_confounds"]


def high_variance_confounds(
    imgs: Any,
    n_confounds: int = 5,
    percentile: float = 2.0,
    detrend: bool = True,
    mask_img: Any = None,
) -> np.ndarray:
    """Principal series of the voxels that vary most (CompCor).

    `boldglm.signal.high_variance_confounds` of the voxels. Files are read once;
    memory is that of the run.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of 3-D images
        4-D.
    n_confounds : int
    percentile : float
        Share of the voxels to use, 0 to 100.
    detrend : bool
        Take a line off each voxel first.
    mask_img : str, Path, nibabel image or None
        Voxels to choose from, on the grid of `imgs`. None: all.

    Returns
    -------
    (scan, confound) float64
        Fewer than `n_confounds` if the voxels in use span no more.

    Raises
    ------
    DimensionError
        If the image is 3-D.
    MaskError
        If the mask lies on another grid.

    References
    ----------
    Behzadi et al. (2007), NeuroImage 37:90-101.

    Examples
    --------
    >>> import nibabel as nib
    >>> data = np.outer(np.arange(50), np.sin(np.arange(40))).reshape(5, 5, 2, 40)
    >>> img = nib.Nifti1Image(data, np.eye(4))
    >>> high_variance_confounds(img, n_confounds=1).shape
    (40, 1)
    """
    images = open_series(imgs)
    if mask_img is None:
        series = flat_series(images)
    else:
        series = extract(images, read_mask(mask_img), dtype=extracted_dtype(images))
    return high_variance.high_variance_confounds(
        series, n_confounds, percentile, detrend
    )
