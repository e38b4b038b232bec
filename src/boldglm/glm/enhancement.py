"""Maps in which height and extent count together."""

from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.arguments import check_truth
from boldglm.core.graph import volume_graph
from boldglm.core.tfce import tfce
from boldglm.image.files import check_niimg_3d
from boldglm.image.finite import zero_where_not_finite
from boldglm.image.like import get_data, new_img_like
from boldglm.image.mask import inside_on_grid

__all__ = ["tfce_img"]


def tfce_img(
    stat_img: Any,
    mask_img: Any = None,
    two_sided: bool = True,
    connectivity: int = 6,
    extent: float = 0.5,
    height: float = 2.0,
    steps: int | None = None,
) -> Nifti1Image:
    """Threshold-free cluster enhancement of a map.

    ::

        TFCE(v) = integral from 0 to value(v) of s(h)^extent h^height dh

    where s(h) is the number of voxels in the cluster above h that holds v. For other
    graphs than voxels see `boldglm.core.tfce.tfce`; for p values of it
    `boldglm.glm.second_level.non_parametric_inference`.

    Parameters
    ----------
    stat_img : str, Path or nibabel image
        t, z or F values, 3-D. Values that are not finite count as 0.
    mask_img : str, Path, nibabel image or None
        Voxels outside take no part, and do not connect others. A mask on another grid
        is resampled. None: the voxels that are finite and not 0.
    two_sided : bool
        Enhance negative values too, by themselves; without it they become 0.
    connectivity : {6, 18, 26}
        Voxels touch at faces; or also at edges; or also at corners.
    extent, height : float
        The exponents E and H.
    steps : int, optional
        A sum over so many heights up to the largest value, without dh, in place of
        the integral: 100 gives nilearn's and fslmaths' numbers, which scale otherwise
        for every map.

    Returns
    -------
    Nifti1Image
        float32, on the grid of `stat_img`.

    Raises
    ------
    ValueError
        If an option is none, or (MaskError) the mask is empty.

    References
    ----------
    Smith and Nichols 2009, NeuroImage 44, 83-98.

    Examples
    --------
    >>> pair = Nifti1Image(np.array([[[1.0, 2.0, 0.0, -3.0]]]), np.eye(4))
    >>> tfce_img(pair, extent=1).get_fdata().ravel().round(3)
    array([ 0.667,  3.   ,  0.   , -9.   ])
    """
    check_truth(two_sided, "two_sided")
    img = check_niimg_3d(stat_img)
    values = np.asarray(get_data(img), dtype=np.float64)
    values = zero_where_not_finite(values, "stat_img")
    inside = values != 0 if mask_img is None else inside_on_grid(img, mask_img)
    enhanced = np.zeros(values.shape, dtype=np.float32)
    sums = tfce(
        values[inside],
        volume_graph(inside, connectivity),
        extent=extent,
        height=height,
        two_sided=two_sided,
        steps=steps,
    )
    if sums.max(initial=0) > np.finfo(np.float32).max:
        msg = (
            f"extent is {extent} and height {height}: the values of this map, enhanced "
            "by these powers, are beyond single precision; expected lower powers."
        )
        raise ValueError(msg)
    enhanced[inside] = sums
    return new_img_like(img, enhanced)
