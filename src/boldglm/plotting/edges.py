"""Thin lines along the edges of what a picture shows."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["edge_map"]

_SMOOTHING = 1.0
"""Standard deviation, pixels, before the gradient is taken."""

_WEAK, _STRONG = 0.10, 0.30
"""Parts of a steep gradient at which an edge goes on, and begins."""


def edge_map(
    values: "NDArray[Any]", weak: float = _WEAK, strong: float = _STRONG
) -> "NDArray[np.bool_]":
    """Where the values of a picture change most steeply.

    The gradient of the smoothed picture is kept where it is higher than on both
    sides along its own direction; of the lines that are left, those that are steep
    somewhere.

    Parameters
    ----------
    values : (n_up, n_across) array
        Not finite values count as 0. Not modified.
    weak, strong : float
        Steepness, as a part of the 99.5th percentile of the gradient, that lines
        keep everywhere and that they reach somewhere.

    Returns
    -------
    (n_up, n_across) bool
        One pixel wide.

    References
    ----------
    Canny, J. (1986). A computational approach to edge detection. IEEE Transactions on
    Pattern Analysis and Machine Intelligence 8, 679-698.

    Examples
    --------
    >>> step = np.zeros((7, 8))
    >>> step[:, 4:] = 1.0
    >>> np.flatnonzero(edge_map(step)[3])
    array([4])
    """
    from scipy.ndimage import gaussian_filter, label

    picture = np.nan_to_num(np.asarray(values, dtype=float), posinf=0.0, neginf=0.0)
    if min(picture.shape) < 2:  # a row of pixels has no lines along it
        return np.zeros(picture.shape, dtype=bool)
    up, across = np.gradient(gaussian_filter(picture, _SMOOTHING, mode="nearest"))
    steepness = np.hypot(up, across)
    steep = float(np.percentile(steepness, 99.5))
    if not steep > 1e-10 * max(float(np.abs(picture).max()), 1e-300):
        return np.zeros(picture.shape, dtype=bool)
    line = _highest_across(steepness, up, across) & (steepness > weak * steep)
    parts, n_parts = label(line, structure=np.ones((3, 3)))
    kept = np.zeros(n_parts + 1, dtype=bool)
    kept[np.unique(parts[line & (steepness > strong * steep)])] = True
    return np.asarray(kept[parts])


def _highest_across(
    steepness: "NDArray[np.float64]",
    up: "NDArray[np.float64]",
    across: "NDArray[np.float64]",
) -> "NDArray[np.bool_]":
    """Whether a pixel is above what is one pixel further along its gradient.

    On both sides, between pixels by linear interpolation: with whole pixels instead,
    lines that are not level are two pixels wide.
    """
    from scipy.ndimage import map_coordinates

    length = np.where(steepness > 0, steepness, 1.0)
    step = np.stack([up, across]) / length
    here = np.indices(steepness.shape)
    ahead, behind = (
        map_coordinates(steepness, place, order=1)
        for place in (here + step, here - step)
    )
    # of two that are equal, one
    return (steepness > ahead * (1 + 1e-9)) & (steepness >= behind * (1 - 1e-9))
