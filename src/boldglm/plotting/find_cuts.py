"""Where to cut an image, so that what it shows is seen."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.errors import GridError
from boldglm._base.warnings import FigureWarning, warn
from boldglm.core.morphology import keep_largest
from boldglm.core.planes import plane_peaks
from boldglm.image.grid import Grid
from boldglm.image.index import iter_img
from boldglm.plotting.displays.volumes import Volume, open_volume
from boldglm.signal.checks import check_choice, checked_number, checked_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "find_cut_slices",
    "find_parcellation_cut_coords",
    "find_probabilistic_atlas_cut_coords",
    "find_xyz_cut_coords",
    "percentile_threshold",
]

_LARGE = 50
"""Voxels of a region beyond which its most active part is looked for."""


def find_xyz_cut_coords(
    img: Any, mask_img: Any = None, activation_threshold: float | None = None
) -> list[float]:
    """The middle of the largest region of a map that is active.

    Of the voxels whose absolute value is above a threshold the largest connected part
    is taken; of that, if it is large, the largest part above its own mean; of that,
    the centre of mass.

    Parameters
    ----------
    img : 3-D image or path
    mask_img : 3-D image or path, optional
        Where to look; on the grid of `img`.
    activation_threshold : float, optional
        Default: the 80th percentile of the absolute values that are not 0.

    Returns
    -------
    list of three float
        x, y, z in mm.

    Raises
    ------
    GridError
        If the mask lies on another grid.
    ValueError
        For a negative threshold.

    Warns
    -----
    FigureWarning
        If nothing is active: it is the centre of mass of what there is.

    Examples
    --------
    >>> from nibabel.nifti1 import Nifti1Image
    >>> values = np.zeros((5, 5, 5))
    >>> values[3, 1, 2] = 4.0
    >>> find_xyz_cut_coords(Nifti1Image(values, np.diag([2.0, 2.0, 2.0, 1.0])))
    [6.0, 2.0, 4.0]
    """
    volume = open_volume(img, "img", "nearest")
    if activation_threshold is not None:
        expected = "a height of at least 0, or None"
        checked_number(
            activation_threshold, "activation_threshold", expected, low=-1e-5
        )
    values = _known(volume.values)
    if not values.any():
        warn(
            "The map has no finite value but 0: it is cut at 0, or in its middle.",
            FigureWarning,
        )
        return [0.0 if a <= 0 <= b else (a + b) / 2 for a, b in volume.bounds]
    looked_at = values if mask_img is None else _masked(values, volume, mask_img)
    voxel = _active_place(values, looked_at, activation_threshold)
    return [float(one) for one in volume.grid.world_from_voxel(voxel)]


def _known(values: "NDArray[Any]") -> "NDArray[np.floating[Any]]":
    """Values as floats, 0 where they are not finite."""
    known = values if values.dtype.kind == "f" else values.astype(np.float32)
    if not known.size or (np.isfinite(known.min()) and np.isfinite(known.max())):
        return known
    return np.nan_to_num(known, posinf=0.0, neginf=0.0)


def _masked(
    values: "NDArray[np.floating[Any]]", volume: Volume, mask_img: Any
) -> "NDArray[np.floating[Any]]":
    mask = open_volume(mask_img, "mask_img", "nearest")
    if mask.grid != volume.grid:
        msg = (
            f"mask_img lies on another grid, {mask.grid.shape}, than img, "
            f"{volume.grid.shape}: resample it to img first."
        )
        raise GridError(msg)
    return np.where(_known(mask.values) != 0, values, 0)


def _active_place(
    everywhere: "NDArray[np.floating[Any]]",
    values: "NDArray[np.floating[Any]]",
    threshold: float | None,
) -> "NDArray[np.float64]":
    """Of the middle of what is most active, in voxels; `values` are 0 off the mask."""
    heights = np.abs(values)
    if not heights.any():
        warn(
            "The map is 0 everywhere in mask_img: it is cut in the centre of mass of "
            "what lies outside.",
            FigureWarning,
        )
        return _centre(np.abs(everywhere))
    if threshold is None:
        threshold = percentile_threshold(_in_memory_order(heights, heights > 0))
    with np.errstate(over="ignore"):
        active = heights > threshold
        if not active.any():  # a map of one value is not above its own percentile
            active = heights >= threshold
    if not active.any():
        warn(
            f"No voxel of the map reaches the threshold, {threshold:.3g}: it is cut in "
            "the centre of mass of all its values.",
            FigureWarning,
        )
        return _centre(heights)
    place, offset = _box(active)
    largest = keep_largest(np.ascontiguousarray(active[place]))
    box, further = _box(largest)
    inside, signed, region = largest[box], values[place][box], heights[place][box]
    region = np.where(inside, region, 0)
    # of a part with both signs the mean is close to 0, and all of it is taken
    top = region > abs(float(signed[inside].mean(dtype=np.float64)))
    if top.sum() > _LARGE:
        region = np.where(keep_largest(top), region, 0)
    return _centre(region) + offset + further


def _in_memory_order(
    values: "NDArray[Any]", chosen: "NDArray[np.bool_]"
) -> "NDArray[Any]":
    """The chosen values, as they lie in memory: seven times as fast as in C order."""
    order = np.argsort([-abs(step) for step in values.strides], kind="stable")
    return np.asarray(values.transpose(order)[chosen.transpose(order)])


def _box(
    inside: "NDArray[np.bool_]",
) -> "tuple[tuple[slice, ...], NDArray[np.float64]]":
    """The smallest box around voxels, and its first voxel."""
    at = [np.flatnonzero(inside.any(axis=_others(axis))) for axis in range(3)]
    box = tuple(slice(int(one[0]), int(one[-1]) + 1) for one in at)
    return box, np.array([one[0] for one in at], dtype=float)


def _others(axis: int) -> tuple[int, ...]:
    return tuple(other for other in range(3) if other != axis)


def _centre(weights: "NDArray[Any]") -> "NDArray[np.float64]":
    """Centre of mass, in voxels."""
    total = weights.sum(dtype=np.float64)
    return np.array(
        [
            np.arange(n) @ weights.sum(axis=_others(axis), dtype=np.float64) / total
            for axis, n in enumerate(weights.shape)
        ]
    )


def find_cut_slices(
    img: Any, direction: str = "z", n_cuts: int = 7, spacing: Any = "auto"
) -> "NDArray[np.float64]":
    """Coordinates of parallel cuts through what is most active in a map.

    The planes with the highest voxels of the smoothed map are taken one after the
    other, each with its neighbourhood; where these run out, gaps are filled.

    Parameters
    ----------
    img : 3-D image or path
    direction : {"x", "y", "z"}
    n_cuts : int
        Not more than the image has planes.
    spacing : int or "auto"
        Planes that cuts are apart at least, where there is room. "auto": half of
        what would spread them evenly.

    Returns
    -------
    (n_cuts,) float
        Ascending, mm: centres of planes of voxels.

    Raises
    ------
    ValueError
        For another direction, or less than one cut.
    TypeError
        If `n_cuts` or `spacing` is no number.

    Warns
    -----
    FigureWarning
        If there are fewer planes than cuts: all planes are returned.

    Examples
    --------
    >>> from nibabel.nifti1 import Nifti1Image
    >>> values = np.zeros((4, 4, 9))
    >>> values[1, 1, [2, 6]] = 5.0, 4.0
    >>> img = Nifti1Image(values, np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> find_cut_slices(img, n_cuts=2)
    array([ 4., 12.])
    """
    check_choice(direction, "direction", ("x", "y", "z"))
    axis = "xyz".index(direction)
    wanted = checked_whole(n_cuts, "n_cuts", "at least one cut", low=1)
    volume = open_volume(img, "img", "nearest")
    grid = volume.shown_grid
    planes = grid.shape[axis]
    if wanted > planes:
        warn(
            f"The image has {planes} planes along {direction}, and {wanted} cuts are "
            "asked for: all planes are shown.",
            FigureWarning,
        )
        return _coordinates(np.arange(planes), grid, axis)
    if spacing == "auto":
        apart = max(int(0.5 / wanted * planes), 1)
    else:
        apart = checked_whole(
            spacing, "spacing", "planes, at least 1, or 'auto'", low=1
        )
    peaks, mass = plane_peaks(volume.straight, axis)
    # on one side of a peak one plane more is left out, and ties go to that side: it
    # is where the stored voxels begin, as in nilearn
    backwards = _is_stored_backwards(volume, axis)
    if backwards:
        peaks, mass = peaks[::-1].copy(), mass[::-1]
    cuts = _highest(peaks, wanted, apart)
    while len(cuts) < wanted:
        cuts = sorted({*cuts, _filler(cuts, mass)})
    found = np.array(cuts)
    return _coordinates(planes - 1 - found[::-1] if backwards else found, grid, axis)


def _is_stored_backwards(volume: Volume, axis: int) -> bool:
    """Whether voxels run against the world along an axis, and none is permuted."""
    steps = np.diag(volume.grid.affine)[:3]
    return not volume.is_oblique and bool(steps.all()) and bool(steps[axis] < 0)


def _coordinates(
    planes: "NDArray[np.integer[Any]]", grid: Grid, axis: int
) -> "NDArray[np.float64]":
    return np.asarray(grid.affine[axis, 3] + grid.affine[axis, axis] * planes)


def _highest(profile: "NDArray[np.float64]", n: int, apart: int) -> list[int]:
    """The planes of the n highest values, each lowered with its neighbourhood."""
    found = set()
    for _ in range(n):
        plane = int(profile.argmax())
        found.add(plane)
        profile[max(plane - apart, 0) : plane + apart] *= 1e-3
    return sorted(found)


def _filler(cuts: list[int], mass: "NDArray[np.float64]") -> int:
    """One plane more: beside the cuts or in their widest gap, where most is."""
    widest = int(np.argmax(np.diff(cuts))) if len(cuts) > 1 else 0
    middle = [(a + b) // 2 for a, b in pairwise(cuts)][widest : widest + 1]
    places = [cuts[-1] + 2, *middle, cuts[0] - 2]
    free = [place for place in places if 0 <= place < len(mass) and place not in cuts]
    if not free:
        free = sorted(set(range(len(mass))) - set(cuts))
    return max(free, key=lambda place: mass[place])


def find_parcellation_cut_coords(
    labels_img: Any,
    background_label: float = 0,
    return_label_names: bool = False,
    label_hemisphere: str = "left",
) -> Any:
    """The middle of each region of an atlas.

    Parameters
    ----------
    labels_img : 3-D image or path
    background_label : number
        What is no region.
    return_label_names : bool
    label_hemisphere : {"left", "right"}
        Where regions that have voxels on that side are looked for; x = 0 is right.

    Returns
    -------
    (n_labels, 3) float
        Centre of mass of the largest connected part, mm; labels ascend.
    labels : list
        If `return_label_names`.

    Raises
    ------
    ValueError
        For another hemisphere.

    Examples
    --------
    >>> from nibabel.nifti1 import Nifti1Image
    >>> labels = np.zeros((5, 5, 5), dtype=np.uint8)
    >>> labels[1:4, 2, 2] = 7
    >>> find_parcellation_cut_coords(Nifti1Image(labels, np.eye(4)))
    array([[2., 2., 2.]])
    """
    from scipy.ndimage import find_objects

    check_choice(label_hemisphere, "label_hemisphere", ("left", "right"))
    check_truth(return_label_names, "return_label_names")
    checked_number(background_label, "background_label", "the number of a label")
    volume = open_volume(labels_img, "labels_img", "nearest")
    labels, index = np.unique(volume.straight, return_inverse=True)
    x = _coordinates(np.arange(len(index)), volume.shown_grid, 0)
    asked = (x < 0) == (label_hemisphere == "left")
    regions = np.isfinite(labels) & (labels != background_label)
    places = []
    for number, box in enumerate(find_objects(index + 1)):
        if regions[number]:
            whole = index[box] == number
            half = whole & asked[box[0], np.newaxis, np.newaxis]
            part = keep_largest(half if half.any() else whole)
            places.append(_centre(part) + [one.start for one in box])
    coords = volume.shown_grid.world_from_voxel(np.reshape(places, (-1, 3)))
    return (coords, labels[regions].tolist()) if return_label_names else coords


def find_probabilistic_atlas_cut_coords(maps_img: Any) -> "NDArray[np.float64]":
    """The middle of what is most active in each map of a 4-D image.

    Parameters
    ----------
    maps_img : 4-D image or path

    Returns
    -------
    (n_maps, 3) float
        As `find_xyz_cut_coords`, mm.

    Raises
    ------
    DimensionError
        If the image is 3-D.
    """
    return np.array([find_xyz_cut_coords(one) for one in iter_img(maps_img)])


def percentile_threshold(values: "NDArray[Any]", percentile: float = 80) -> float:
    """The height that a share of the absolute values is below.

    ::

        h = |v|_(k),   k = floor(n p / 100)  counted from 0, ascending

    Parameters
    ----------
    values : array
        Not finite ones count as 0.
    percentile : float
        From 0 to 100.

    Returns
    -------
    float
        A value of the array; 0 if it is empty.

    Examples
    --------
    >>> percentile_threshold(np.array([-5.0, 1.0, 2.0, 3.0, 4.0]))
    5.0
    """
    heights = np.abs(_known(np.asarray(values))).ravel(order="K")
    if heights.size == 0:
        return 0.0
    index = min(int(heights.size * 0.01 * percentile), heights.size - 1)
    return float(np.partition(heights, index)[index])
