"""Thresholded maps, and how much of each cluster is truly active."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.arguments import as_numbers, check_truth
from boldglm._base.errors import ShapeError
from boldglm._base.warnings import ThresholdWarning, warn
from boldglm.core.clusters import drop_small_clusters, label_clusters
from boldglm.core.discoveries import TemplateCalibration
from boldglm.core.multiple import (
    bonferroni_threshold,
    check_alpha,
    discovery_proportions,
    fdr_threshold,
    fpr_threshold,
    hommel_value,
)
from boldglm.image.files import check_niimg_3d
from boldglm.image.finite import zero_where_not_finite
from boldglm.image.like import get_data, new_img_like
from boldglm.image.mask import inside_on_grid
from boldglm.signal.checks import checked_number

__all__ = ["cluster_level_inference", "fdr_threshold", "threshold_stats_img"]

DEFAULT_HEIGHT = 3.0
HEIGHT_CONTROLS = ("fpr", "fdr", "bonferroni", None)


def threshold_stats_img(
    stat_img: Any = None,
    mask_img: Any = None,
    alpha: float = 0.001,
    threshold: float | None = None,
    height_control: str | None = "fpr",
    cluster_threshold: int = 0,
    two_sided: bool = True,
) -> tuple[Nifti1Image | None, float]:
    """Set to 0 what does not reach a threshold that controls errors.

    ================  ==========================================================
    height_control    the threshold
    ================  ==========================================================
    "fpr"             noise exceeds it at one voxel with probability `alpha`
    "fdr"             of the voxels found, a share `alpha` is expected to be noise
    "bonferroni"      noise exceeds it anywhere with probability `alpha` at most
    None              `threshold`
    ================  ==========================================================

    Parameters
    ----------
    stat_img : str, Path, nibabel image or None
        z values, 3-D. Values that are not finite count as 0. None: only the
        threshold is computed, which "fdr" and "bonferroni" cannot do.
    mask_img : str, Path, nibabel image or None
        The voxels tested; what lies outside becomes 0. A mask on another grid is
        resampled. None: the voxels that are finite and not 0.
    alpha : float
        Between 0 and 1.
    threshold : float or None
        In z, for ``height_control=None``; None is 3.0. Where not two-sided, it may
        be negative: what lies above is set to 0.
    height_control : {"fpr", "fdr", "bonferroni", None}
    cluster_threshold : int
        Smallest number of voxels in a cluster that stays. Voxels of equal sign that
        share a face make a cluster.
    two_sided : bool
        Keep ``|z| >= threshold``, with half the `alpha` on each side.

    Returns
    -------
    thresholded : Nifti1Image or None
        None where `stat_img` is.
    threshold : float
        Infinite where "fdr" finds nothing.

    Raises
    ------
    ValueError
        For an `alpha` that is no probability, an unknown `height_control`, a negative
        `cluster_threshold`, a negative two-sided `threshold` or one that is NaN, or no
        image where one is needed.
    TypeError
        If `threshold` or `cluster_threshold` is no number.

    Warns
    -----
    ThresholdWarning
        If `threshold` is given and not used, or if it is and no value reaches it.

    Examples
    --------
    >>> img = Nifti1Image(np.array([[[-4.0, 0.5, 2.0, 5.0]]]), np.eye(4))
    >>> thresholded, height = threshold_stats_img(img, alpha=0.01)
    >>> height, thresholded.get_fdata().ravel()
    (2.5758, array([-4., 0., 0., 5.]))
    """
    check_alpha(alpha)
    check_truth(two_sided, "two_sided")
    _check_choices(height_control, cluster_threshold, threshold)
    if height_control is not None and threshold is not None:
        warn(
            f"threshold={threshold} is not used with height_control="
            f"{height_control!r}, which computes its own. For a threshold of your "
            "own, pass height_control=None.",
            ThresholdWarning,
        )
    side_alpha = alpha / 2 if two_sided else alpha
    if stat_img is None:
        if height_control in ("fdr", "bonferroni"):
            msg = (
                f"'stat_img' cannot be None for height_control={height_control!r}: "
                "the threshold depends on the voxels."
            )
            raise ValueError(msg)
        none = np.empty(0)
        return None, _height(none, side_alpha, threshold, height_control)
    img = check_niimg_3d(stat_img)
    values, inside = _values_and_inside(img, mask_img)
    tested = np.abs(values[inside]) if two_sided else values[inside]
    height = _height(tested, side_alpha, threshold, height_control)
    kept = _cut(values if mask_img is None else values * inside, height, two_sided)
    if height_control is None and not kept.any():
        warn(
            f"No value reaches threshold={height:g}: values lie between "
            f"{values.min():g} and {values.max():g}. The map is empty.",
            ThresholdWarning,
        )
    if cluster_threshold > 0:
        kept = drop_small_clusters(kept, cluster_threshold)
    return new_img_like(img, kept), height


def cluster_level_inference(
    stat_img: Any,
    mask_img: Any = None,
    threshold: float | Sequence[float] = 3.0,
    alpha: float = 0.05,
    verbose: int = 0,
    calibration: TemplateCalibration | float | None = None,
) -> Nifti1Image:
    """How much of each cluster is truly active, at least.

    Clusters are voxels above `threshold` that hang together by faces. With probability
    ``1 - alpha`` all of the shares on the map are true at once, for any thresholds
    and however the clusters were chosen.

    Of themselves the shares are those of all-resolutions inference, which knows nothing
    of how voxels depend on each other. With a `calibration`, permutations say so, and
    the shares of a smooth map become larger::

        max over u = 1…m of (1 - u + #{i in the cluster: p[i] <= t_u}) / m
        t_u = u alpha / h                             h is Hommel's value
        t_u = (u - delta) level / (n_tests - delta)   with a calibration

    Parameters
    ----------
    stat_img : str, Path or nibabel image
        z values, 3-D; positive clusters only. Values that are not finite count as 0.
    mask_img : str, Path, nibabel image or None
        The voxels tested. A mask on another grid is resampled. None: the voxels that
        are finite and not 0.
    threshold : float or list of float
        In z, not negative. Of several, each voxel shows the share for the highest it
        exceeds.
    alpha : float
        Between 0 and 1.
    verbose : int
        Accepted for compatibility.
    calibration : TemplateCalibration, float or None
        Of permutations over the voxels of the mask, whose p are those of `stat_img`:
        one-sided, the tail areas of z. A number is the `level`, for `delta` 0; then
        `alpha` is not used, as it was when the level was computed.

    Returns
    -------
    Nifti1Image
        float32, from 0 to 1: in each cluster its share.

    Raises
    ------
    ValueError
        For a negative threshold, or an `alpha` or level that is no probability.
    ShapeError
        If the calibration is of another number of voxels than the mask has.
    TypeError
        If `calibration` is something else.

    References
    ----------
    Rosenblatt, Finos, Weeda, Solari and Goeman 2018, NeuroImage 181, 786-796;
    Andreella, Hemerik, Finos, Weeda and Goeman 2023, Stat. Med. 42, 2311-2340;
    Blain, Thirion and Neuvial 2022, NeuroImage 260, 119492.

    Examples
    --------
    >>> z = np.array([[[5.0, 4.0, 1.8, 1.7, 0.2, -0.5, 3.5, 0.1]]])
    >>> share = cluster_level_inference(Nifti1Image(z, np.eye(4)), threshold=1.5)
    >>> share.get_fdata().ravel()
    array([0.5, 0.5, 0.5, 0.5, 0. , 0. , 1. , 0. ])

    Had permutations allowed a level of 0.2:

    >>> share = cluster_level_inference(
    ...     Nifti1Image(z, np.eye(4)), threshold=1.5, calibration=0.2
    ... )
    >>> share.get_fdata().ravel()
    array([0.75, 0.75, 0.75, 0.75, 0. , 0. , 1. , 0. ])
    """
    del verbose
    check_alpha(alpha)
    given = as_numbers(threshold, "threshold", "a height in z, or several")
    heights = np.sort(np.ravel(given).astype(np.float64))
    if np.any(~(heights >= 0)):
        msg = (
            f"threshold={threshold} is negative or not a number; "
            "clusters are formed above thresholds of 0 or more."
        )
        raise ValueError(msg)
    img = check_niimg_3d(stat_img)
    values, inside = _values_and_inside(img, mask_img)
    tested = values[inside]
    line = _line(tested, alpha, calibration)
    shares = np.zeros(tested.size, dtype=np.float32)
    for height in heights:
        labels = label_clusters(inside & (values > height))[0][inside]
        found = discovery_proportions(tested, labels, *line)[labels]
        shares = np.where(labels > 0, found, shares)
    volume = np.zeros(values.shape, dtype=np.float32)
    volume[inside] = shares
    return new_img_like(img, volume)


def _line(
    tested: np.ndarray, alpha: float, calibration: Any
) -> tuple[float, float, float]:
    """Numbers h, a, d of the line ``t_u = (u - d) a / h`` that p are held against."""
    if calibration is None:
        return hommel_value(tested, alpha), alpha, 0.0
    if not isinstance(calibration, TemplateCalibration):
        if not isinstance(calibration, int | float | np.number):
            msg = (
                f"calibration is {calibration!r}; expected what permutations of the "
                "same model return as calibration, the level of the template as a "
                "number, or None."
            )
            raise TypeError(msg)
        if not 0 <= calibration <= 1:
            msg = (
                f"calibration is {calibration}; the level of the template should be "
                "between 0 and 1."
            )
            raise ValueError(msg)
        return tested.size, float(calibration), 0.0
    if calibration.n_tests != tested.size:
        msg = (
            f"The calibration is of {calibration.n_tests} voxels, and {tested.size} "
            "are tested here: pass as mask_img the mask of the permutations."
        )
        raise ShapeError(msg)
    delta = calibration.delta
    return tested.size - delta, calibration.level(alpha), delta


def _check_choices(
    height_control: str | None, cluster_threshold: int, threshold: float | None
) -> None:
    named = isinstance(height_control, str) or height_control is None
    if not named or height_control not in HEIGHT_CONTROLS:
        msg = (
            f"height_control is {height_control!r}; 'height_control' must be one of "
            "'fpr', 'fdr', 'bonferroni' or None."
        )
        raise ValueError(msg)
    expected = "a number of voxels, 0 or more"
    checked_number(cluster_threshold, "cluster_threshold", expected, low=0)
    if threshold is not None:
        limit = float(np.finfo(np.float32).max)
        expected = "a height in z, or None"
        checked_number(threshold, "threshold", expected, low=-limit, high=limit)


def _height(
    tested: np.ndarray, alpha: float, threshold: float | None, control: str | None
) -> float:
    """The threshold that `control` gives to the z of the voxels tested."""
    if control == "fpr":
        return fpr_threshold(alpha)
    if control == "fdr":
        return fdr_threshold(tested, alpha)
    if control == "bonferroni":
        return bonferroni_threshold(alpha, tested.size)
    return DEFAULT_HEIGHT if threshold is None else float(threshold)


def _values_and_inside(
    img: SpatialImage, mask_img: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Finite values of an image, and which of its voxels are tested."""
    values = get_data(img)
    if values.dtype.kind != "f":
        values = values.astype(np.float32)
    values = zero_where_not_finite(values, "stat_img")
    if mask_img is None:
        return values, values != 0
    return values, inside_on_grid(img, mask_img)


def _cut(values: np.ndarray, height: float, two_sided: bool) -> np.ndarray:
    """`values` with 0 where they do not reach `height`."""
    if two_sided and height < 0:
        msg = (
            f"threshold={height:g} is negative; two-sided thresholds are heights on "
            "both sides of 0. Pass a positive one, or two_sided=False."
        )
        raise ValueError(msg)
    # float64, so that a float32 voxel is not rounded onto the threshold
    exact = values.astype(np.float64)
    if two_sided:
        reached = np.abs(exact) >= height
    else:
        reached = exact >= height if height >= 0 else exact <= height
    return np.where(reached, values, values.dtype.type(0))
