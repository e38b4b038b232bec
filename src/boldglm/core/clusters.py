"""Clusters of voxels that touch, and the peaks in them."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError

__all__ = [
    "Peaks",
    "drop_small_clusters",
    "find_peaks",
    "label_clusters",
]

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]

# the number of coordinates in which two neighbours may differ
STEPS = {6: 1, 18: 2, 26: 3}


@dataclass(frozen=True)
class Peaks:
    """Peaks of clusters: by cluster, and in a cluster the highest first.

    Attributes
    ----------
    cluster : (peak,) int
        Label of the cluster.
    voxel : (peak, 3) int
        Where it lies in the array.
    value : (peak,) float64
        How high it is.
    n_moved : int
        Number of flat tops whose centre lies outside of them, as in a ring: the peak
        is then the voxel of the top that is next to its centre.
    """

    cluster: Integers
    voxel: Integers
    value: Array
    n_moved: int


def label_clusters(
    inside: npt.NDArray[np.bool_], connectivity: int = 6
) -> tuple[npt.NDArray[np.int32], int]:
    """Number the clusters of voxels that touch, in C order of their first voxels.

    Parameters
    ----------
    inside : (x, y, z) bool
    connectivity : {6, 18, 26}
        Voxels touch that share a face; or a face or edge; or also a corner.

    Returns
    -------
    labels : (x, y, z) int32
        From 1; 0 is outside.
    n_clusters : int

    Raises
    ------
    ShapeError
        If `inside` is not 3-D.
    ValueError
        If `connectivity` is another number.

    Examples
    --------
    >>> labels, n = label_clusters(np.array([[[True, True, False, True]]]))
    >>> n, labels.ravel()
    (2, array([1, 1, 0, 2], dtype=int32))
    """
    from scipy.ndimage import generate_binary_structure, label

    if inside.ndim != 3:
        msg = f"inside has shape {inside.shape}; expected a 3-D boolean array."
        raise ShapeError(msg)
    if connectivity not in STEPS:
        msg = (
            f"connectivity is {connectivity!r}; expected 6 (faces), 18 (and edges) "
            "or 26 (and corners)."
        )
        raise ValueError(msg)
    labels = np.empty(inside.shape, dtype=np.int32)
    n_clusters = label(
        inside, generate_binary_structure(3, STEPS[connectivity]), output=labels
    )
    return labels, int(n_clusters)


def drop_small_clusters(
    volume: npt.NDArray[np.floating], smallest: int, connectivity: int = 6
) -> npt.NDArray[np.floating]:
    """A copy in which clusters of fewer than `smallest` voxels are 0.

    Positive and negative values make clusters of their own.

    Parameters
    ----------
    volume : (x, y, z) float
        Thresholded: 0 outside of clusters.
    smallest : int
    connectivity : {6, 18, 26}

    Returns
    -------
    (x, y, z) float, of the type of `volume`

    Examples
    --------
    >>> drop_small_clusters(np.array([[[3.0, 3.0, -4.0, 0.0, 5.0]]]), 2).ravel()
    array([3., 3., 0., 0., 0.])
    """
    kept = np.array(volume)
    for side in (volume > 0, volume < 0):
        labels, n_clusters = label_clusters(side, connectivity)
        small = np.bincount(labels.ravel(), minlength=n_clusters + 1) < smallest
        # Label 0 is no cluster: it holds the background and the other sign.
        small[0] = False
        kept[small[labels]] = 0
    return kept


def find_peaks(
    values: npt.NDArray[np.floating],
    labels: Integers,
    affine: Array,
    min_distance: float,
    most: int = 4,
) -> Peaks:
    """The highest points of each cluster, away from one another.

    A peak is a voxel above 0 that none of its 26 neighbours in the cluster
    exceeds. Neighbouring peaks of one height are one peak, at their centre. A voxel
    whose neighbours all lie in the cluster and are as high as it is no peak, unless
    the cluster is flat all over.

    From the highest down, a peak is kept if it lies more than `min_distance` from
    all that were kept. The time taken is proportional to the number of voxels.

    Parameters
    ----------
    values : (x, y, z) float
        Above 0 in clusters. Not modified.
    labels : (x, y, z) int
        From `label_clusters`.
    affine : (4, 4) float
        Voxels to millimetres.
    min_distance : float
        In millimetres.
    most : int
        Number of peaks to keep for a cluster.

    Returns
    -------
    Peaks

    Raises
    ------
    ShapeError
        If values and labels differ in shape.

    Examples
    --------
    >>> values = np.array([[[3.0, 5.0, 4.0, 0.0, 6.0, 5.0, 7.0]]])
    >>> labels, n = label_clusters(values > 0)
    >>> peaks = find_peaks(values, labels, np.eye(4), min_distance=1.0)
    >>> peaks.cluster, peaks.value
    (array([1, 2, 2]...), array([5., 7., 6.]))
    """
    if values.shape != labels.shape:
        msg = f"values have shape {values.shape}, labels {labels.shape}."
        raise ShapeError(msg)
    top, owner = _flat_tops(np.asarray(values, dtype=np.float64), labels)
    voxel, n_moved = _centres(top)
    value = values[tuple(voxel.T)].astype(np.float64)
    order = np.lexsort((-value, owner))
    owner, voxel, value = owner[order], voxel[order], value[order]
    kept = _apart(owner, voxel @ affine[:3, :3].T, min_distance, most)
    return Peaks(owner[kept], voxel[kept], value[kept], n_moved)


def _flat_tops(values: Array, labels: Integers) -> tuple[Integers, Integers]:
    """Number the tops of clusters; volume of numbers, and the cluster of each top."""
    around = np.pad(labels, 1, constant_values=-1)
    heights = np.pad(values, 1).ravel()
    where = np.flatnonzero(around.ravel() > 0)
    flat = around.ravel()
    owner, height = flat[where], heights[where]
    highest = np.ones(where.size, dtype=bool)
    slope = np.zeros(where.size, dtype=bool)
    _, nx, ny = around.shape
    for x, y, z in product((-1, 0, 1), repeat=3):
        beside = where + (x * nx + y) * ny + z
        beside_owner = flat[beside]
        other = np.where(beside_owner == owner, heights[beside], 0.0)
        highest &= other <= height
        # what lies off the grid says nothing
        slope |= (other != height) & (beside_owner >= 0)
    top = np.zeros(labels.shape, dtype=bool)
    top[labels > 0] = highest & (slope | _even(owner, height)[owner])
    numbers, n_tops = label_clusters(top)
    first_owner = np.zeros(n_tops + 1, dtype=np.int64)
    first_owner[numbers[top]] = labels[top]
    return numbers, first_owner[1:]


def _even(owner: Integers, height: Array) -> npt.NDArray[np.bool_]:
    """For each label, whether the cluster has one height."""
    n = int(np.max(owner, initial=0)) + 1
    low, high = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(low, owner, height)
    np.maximum.at(high, owner, height)
    return np.isclose(low, high)


def _centres(top: Integers) -> tuple[Integers, int]:
    """The voxel of each top next to its centre; how many centres lie outside."""
    voxels = np.argwhere(top)
    number = top[tuple(voxels.T)] - 1
    n_tops = int(np.max(number, initial=-1)) + 1
    count = np.bincount(number, minlength=n_tops)
    centre = np.empty((n_tops, 3))
    for axis in range(3):
        total = np.bincount(number, weights=voxels[:, axis], minlength=n_tops)
        centre[:, axis] = total / count
    nearest = np.rint(centre).astype(np.int64)
    outside = np.flatnonzero(top[tuple(nearest.T)] != np.arange(1, n_tops + 1))
    by_top = np.argsort(number, kind="stable")
    starts = np.cumsum(count) - count
    for k in outside:
        own = voxels[by_top[starts[k] : starts[k] + count[k]]]
        nearest[k] = own[np.square(own - nearest[k]).sum(axis=1).argmin()]
    return nearest, outside.size


def _apart(
    owner: Integers, point: Array, min_distance: float, most: int
) -> npt.NDArray[np.intp]:
    """Indices of peaks to keep; `owner` sorted, in each the highest first."""
    starts = np.flatnonzero(np.diff(owner, prepend=0))
    stops = np.append(starts, owner.size)[1:]
    kept: list[int] = []
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        free = np.ones(stop - start, dtype=bool)
        for _ in range(most):
            first = start + int(np.argmax(free))
            kept.append(first)
            if stop - start == 1:
                break
            steps = point[start:stop] - point[first]
            free &= np.sqrt(np.square(steps).sum(axis=1)) > min_distance
            if not free.any():
                break
    return np.array(kept, dtype=np.intp)
