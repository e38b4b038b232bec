"""What the parallel planes of a volume hold, in one pass through memory."""

from typing import Any

import numpy as np

__all__ = ["plane_peaks"]

Array = np.ndarray[Any, np.dtype[Any]]


def plane_peaks(
    volume: Array, axis: int, weight: float = 0.2
) -> tuple[np.ndarray, np.ndarray]:
    """The highest lightly smoothed value of each plane, and the sum of its values.

    ::

        s     = (|v| + weight * (sum of |v| of the six neighbours)) / (1 + 6 weight)
        peaks = max of s,  sums = sum of |v|,  over the plane

    s is never stored: three slices are held at a time, the volume may be of any type.

    Parameters
    ----------
    volume : (x, y, z)
        What is not finite counts as 0, and so do voxels beyond the border. Not
        modified.
    axis : int
        Across the planes.
    weight : float

    Returns
    -------
    peaks : (n_planes,) float64
    sums : (n_planes,) float64

    Examples
    --------
    >>> volume = np.zeros((3, 3, 4))
    >>> volume[1, 1, 2] = -11.0
    >>> peaks, sums = plane_peaks(volume, 2)
    >>> peaks
    array([0., 1., 5., 1.])
    >>> sums
    array([ 0.,  0., 11.,  0.])
    """
    order = np.argsort([-abs(step) for step in volume.strides], kind="stable")
    slices = volume.transpose(order)
    across = list(order).index(axis)
    peaks = np.zeros(volume.shape[axis])
    sums = np.zeros(volume.shape[axis])
    beyond = np.zeros(slices.shape[1:], dtype=np.float32)
    behind, here = beyond, _heights(slices[0])
    for at in range(len(slices)):
        ahead = _heights(slices[at + 1]) if at + 1 < len(slices) else beyond
        smooth = here + weight * (behind + ahead + _beside(here))
        if across == 0:
            peaks[at] = smooth.max()
            sums[at] = here.sum(dtype=np.float64)
        else:
            np.maximum(peaks, smooth.max(axis=2 - across), out=peaks)
            sums += here.sum(axis=2 - across, dtype=np.float64)
        behind, here = here, ahead
    return peaks / (1 + 6 * weight), sums


def _heights(values: Array) -> Array:
    """Absolute values as floats, 0 where they are not finite."""
    known = values if values.dtype.kind == "f" else values.astype(np.float32)
    heights: Array = np.abs(known)
    # nan is below no number, so it fails this too
    if not heights.max() < np.inf:
        heights[~np.isfinite(heights)] = 0
    return heights


def _beside(values: Array) -> Array:
    """Sum of the four neighbours in a slice; of mirror images, the mirror image."""
    up, across = np.zeros_like(values), np.zeros_like(values)
    up[1:] = values[:-1]
    up[:-1] += values[1:]
    across[:, 1:] = values[:, :-1]
    across[:, :-1] += values[:, 1:]
    up += across
    return up
