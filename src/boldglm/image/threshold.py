"""Images cut off at a height, and clusters at a size."""

import math
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.arguments import check_truth
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.clusters import drop_small_clusters
from boldglm.image.files import load_img
from boldglm.image.finite import zero_where_not_finite
from boldglm.image.headers import new_image
from boldglm.image.like import own_data
from boldglm.image.mask import inside_on_grid
from boldglm.image.reading import read_data
from boldglm.image.sources import is_series
from boldglm.signal.checks import checked_number

__all__ = ["binarize_img", "threshold_img"]


def threshold_img(
    img: Any,
    threshold: float | str,
    cluster_threshold: int = 0,
    two_sided: bool = True,
    mask_img: Any = None,
    copy: bool = True,
    copy_header: bool = True,
) -> Nifti1Image:
    """Set to 0 what does not reach a threshold.

    Values that are not finite become 0.

    Parameters
    ----------
    img : str, Path or nibabel image
        3-D or 4-D. Not modified.
    threshold : float or str
        A number, or a percentile such as ``"95%"`` of the values (inside the
        mask; of absolute values if two-sided, else of those not negative).
    cluster_threshold : int
        Smallest number of voxels in a cluster that stays. Voxels of equal sign
        that share a face make a cluster.
    two_sided : bool
        Keep ``|v| >= threshold``. Otherwise keep ``v >= threshold``, or for a
        negative threshold ``v <= threshold``.
    mask_img : str, Path, nibabel image or None
        Voxels outside are set to 0, and do not count for a percentile. A mask
        on another grid is resampled to the image.
    copy : bool
        Accepted for compatibility: the input is never modified.
    copy_header : bool

    Returns
    -------
    Nifti1Image

    Raises
    ------
    ValueError
        For a percentile that is none, or a negative two-sided threshold.
    TypeError
        For a threshold that is neither number nor string, or a list of images.

    Warns
    -----
    ImageWarning
        If no value reaches the threshold.

    Examples
    --------
    >>> img = Nifti1Image(np.array([[[-3.0, -1.0, 2.0, 5.0]]]), np.eye(4))
    >>> threshold_img(img, 2.5).get_fdata().ravel()
    array([-3., 0., 0., 5.])
    """
    del copy
    if is_series(img):
        msg = (
            "threshold_img takes one 3D or 4D image, "
            f"not a {type(img).__name__}; pass them one by one."
        )
        raise TypeError(msg)
    check_truth(two_sided, "two_sided")
    expected = "the number of voxels of the smallest cluster, 0 or more"
    checked_number(cluster_threshold, "cluster_threshold", expected, low=0)
    opened = load_img(img)
    data = own_data(opened)
    if data.dtype.kind == "f":
        data = zero_where_not_finite(data, "img")
    # scan by scan, so that what is computed on the way is a volume
    volumes = list(np.moveaxis(data, 3, 0)) if data.ndim == 4 else [data]
    values = data.ravel(order="K")
    if mask_img is not None:
        inside = inside_on_grid(opened, mask_img)
        data[~inside] = 0
        values = data[inside].ravel()
    cutoff = _cutoff(threshold, values, two_sided=two_sided)
    for volume in volumes:
        _cut(volume, cutoff, two_sided=two_sided)
        if cluster_threshold > 0:
            volume[...] = drop_small_clusters(volume, cluster_threshold)
    return new_image(opened, data, copy_header=copy_header)


def _cut(volume: np.ndarray, cutoff: float, *, two_sided: bool) -> None:
    """Set to 0, in place, what does not reach the cutoff."""
    if abs(cutoff) > np.finfo(np.float32).max:
        # more than single precision holds
        cutoff = math.copysign(np.inf, cutoff)
    if two_sided:
        volume[(-cutoff < volume) & (volume < cutoff)] = 0
    elif cutoff >= 0:
        volume[volume < cutoff] = 0
    else:
        volume[volume > cutoff] = 0


def binarize_img(
    img: Any,
    threshold: float | str = 0.0,
    mask_img: Any = None,
    two_sided: bool = False,
    copy_header: bool = True,
) -> Nifti1Image:
    """A mask of the voxels that reach a threshold and are not 0.

    Parameters
    ----------
    img, threshold, mask_img, two_sided, copy_header
        See `threshold_img`.

    Returns
    -------
    Nifti1Image
        int8: 1 where something is left after thresholding, else 0.

    Examples
    --------
    >>> img = Nifti1Image(np.array([[[-3.0, 0.0, 2.0, 5.0]]]), np.eye(4))
    >>> binarize_img(img).get_fdata().ravel()
    array([0., 0., 1., 1.])
    """
    kept = threshold_img(
        img, threshold, mask_img=mask_img, two_sided=two_sided, copy_header=copy_header
    )
    return new_image(kept, (read_data(kept) != 0).view(np.int8))


def _cutoff(threshold: Any, values: np.ndarray, *, two_sided: bool) -> float:
    """The height that a number or percentile stands for among `values`."""
    if isinstance(threshold, str):
        sizes = np.abs(values) if two_sided else values[values >= 0]
        return _percentile(threshold, sizes)
    height = float(
        checked_number(threshold, "threshold", "a number or a percentile: '95%'")
    )
    if np.isnan(height):
        msg = "threshold is nan; expected a number or a percentile: '95%'."
        raise ValueError(msg)
    if height < 0 and two_sided:
        msg = (
            f"threshold={height} is negative; two-sided thresholds are heights on "
            "both sides of 0. Pass a positive one, or two_sided=False."
        )
        raise ValueError(msg)
    lowest, highest = float(values.min(initial=0)), float(values.max(initial=0))
    if two_sided:
        highest = max(highest, -lowest)
    if (height >= 0 and height > highest) or (height < 0 and height < lowest):
        end = highest if height >= 0 else lowest
        warn(
            f"No value reaches threshold={height}: the furthest is {end:g}. "
            "The result is empty.",
            ImageWarning,
        )
    return height


def _percentile(text: str, values: np.ndarray) -> float:
    """The height of a percentile; the order of `values` is lost."""
    try:
        per_cent = float(text.removesuffix("%"))
    except ValueError:
        per_cent = np.nan
    if not (text.endswith("%") and 0 <= per_cent <= 100):
        msg = (
            f"threshold is {text!r}; a percentile is a number from 0 to 100 "
            "followed by the percent sign, such as '95%'."
        )
        raise ValueError(msg)
    if values.size == 0:
        return 0.0
    # a little above, so that the value at the percentile itself is cut
    return float(np.percentile(values, per_cent, overwrite_input=True)) + 1e-5
