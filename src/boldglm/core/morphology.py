"""Shapes of masks: opening, the largest connected part, the border."""

from typing import Any

import numpy as np

__all__ = ["border_values", "keep_largest", "open_mask"]

Array = np.ndarray[Any, np.dtype[Any]]


def keep_largest(mask: Array) -> Array:
    """The largest part of a mask whose voxels hang together by faces.

    The first in C order, where two are equally large; empty for an empty mask.

    Parameters
    ----------
    mask : (x, y, z) bool

    Returns
    -------
    (x, y, z) bool

    Examples
    --------
    >>> keep_largest(np.array([1, 0, 1, 1], dtype=bool).reshape(4, 1, 1)).ravel()
    array([False, False,  True,  True])
    """
    from scipy.ndimage import label

    labels, n_parts = label(mask)
    if n_parts == 0:
        return np.zeros(mask.shape, dtype=bool)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    largest: Array = labels == np.argmax(sizes)
    return largest


def open_mask(mask: Array, opening: int, connected: bool) -> Array:
    """Take thin structures off a mask, and optionally all but its largest part.

    Erosion by `opening` voxels, then the largest part, then dilation by twice
    as many and erosion again: what was cut off stays off, holes up to
    `opening` voxels wide are closed.

    Parameters
    ----------
    mask : (x, y, z) bool
        Not modified.
    opening : int
        0 leaves the outline as it is.
    connected : bool
        Keep only the largest part.

    Returns
    -------
    (x, y, z) bool
        May be empty, when `opening` is wider than the mask.

    Examples
    --------
    >>> mask = np.zeros((9, 9, 9), dtype=bool)
    >>> mask[2:7, 2:7, 2:7] = True
    >>> mask[0, 0, :] = True
    >>> int(mask.sum()), int(open_mask(mask, 1, connected=True).sum())
    (134, 81)
    """
    from scipy.ndimage import binary_dilation, binary_erosion

    if opening:
        mask = binary_erosion(mask, iterations=opening)
    if connected:
        mask = keep_largest(mask)
    if opening:
        mask = binary_dilation(mask, iterations=2 * opening)
        mask = binary_erosion(mask, iterations=opening)
    return mask.astype(bool)


def border_values(volume: Array, width: int) -> Array:
    """All values within `width` voxels of the six faces, some more than once.

    Voxels along edges belong to two faces and count twice, at corners three
    times.

    Parameters
    ----------
    volume : (x, y, z)
    width : int
        At least 1.

    Returns
    -------
    (n,)

    Examples
    --------
    >>> border_values(np.zeros((3, 3, 3)), 1).size
    54
    """
    slabs = []
    for axis in range(3):
        moved = np.moveaxis(volume, axis, 0)
        slabs += [moved[:width].ravel(), moved[-width:].ravel()]
    return np.concatenate(slabs)
