"""The voxels of a run that a carpet shows, read in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import MaskError
from boldglm.signal.checks import checked_number

if TYPE_CHECKING:
    from nibabel.spatialimages import SpatialImage
    from numpy.typing import NDArray

__all__ = ["Carpet", "read_carpet"]

#: Rows that are told apart in print.
MOST_ROWS = 4096
#: float32 numbers in a carpet, 32 MB: of very long runs fewer voxels are shown.
MOST_VALUES = 2**23
UNITS = {"zscore_sample": "z", "psc": "% of the mean"}


@dataclass(frozen=True, eq=False)
class Carpet:
    """What a carpet shows.

    Attributes
    ----------
    rows : (n_shown, n_scans) float32
        Sorted by region, and within it as in the mask.
    regions : (n_shown,) int64 or None
        Region of each row, where there is an atlas.
    names : dict of number to str
        Names of regions that have one.
    end : float
        End of the run, in the unit of `time_label`.
    time_label : str
    unit : str
        Of the rows.
    """

    rows: "NDArray[np.float32]"
    regions: "NDArray[np.int64] | None"
    end: float
    time_label: str
    unit: str
    names: dict[int, str] = field(default_factory=dict)

    def centre_and_spread(self) -> tuple[float, float]:
        """Mean of all values, and standard deviation along time, mean over rows."""
        centre = float(self.rows.mean(dtype=np.float64))
        return centre, float(self.rows.std(axis=1, dtype=np.float64).mean())


def read_carpet(
    img: Any,
    mask_img: Any,
    mask_labels: Mapping[str, Any] | None,
    t_r: Any,
    standardize: Any,
) -> Carpet:
    """Choose voxels of a run, read them, and clean them.

    Parameters
    ----------
    img : 4D image, path, or list of 3D ones
    mask_img : 3D image, path or None
        A mask, or an atlas.
    mask_labels : dict of str to number, or None
    t_r : float or None
        Seconds.
    standardize : "as is", or as for `boldglm.signal.clean`
        "as is": not detrended either.

    Returns
    -------
    Carpet

    Raises
    ------
    DimensionError, MaskError, TypeError, ValueError
        See `boldglm.plotting.plot_carpet`.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> run = Nifti1Image(np.arange(8.0).reshape(2, 1, 1, 4), np.eye(4))
    >>> atlas = Nifti1Image(np.array([2, 1], np.uint8).reshape(2, 1, 1), np.eye(4))
    >>> carpet = read_carpet(run, atlas, {"V1": 2}, 2.0, "as is")
    >>> carpet.rows
    array([[4., 5., 6., 7.],
           [0., 1., 2., 3.]], dtype=float32)
    >>> carpet.regions, carpet.names, carpet.end
    (array([1, 2]), {2: 'V1'}, 8.0)
    """
    from boldglm.image.extract import extract
    from boldglm.image.grid import VolumeMask
    from boldglm.image.sources import count_scans, grid_of
    from boldglm.signal.cleaning import clean_series

    names = _names(mask_labels)
    scans = _opened(img)
    seconds = _seconds_between(scans, t_r)
    atlas = _atlas(scans, mask_img)
    n_scans = sum(map(count_scans, scans))
    voxels = _chosen(atlas, max(1, min(MOST_ROWS, MOST_VALUES // n_scans)))
    inside = np.zeros(atlas.shape, dtype=bool)
    inside.ravel()[voxels] = True
    series = extract(scans, VolumeMask(grid_of(scans[0]), inside))
    if not isinstance(standardize, str) or standardize != "as is":
        params = {"detrend": True, "standardize": standardize, "t_r": None}
        series = clean_series(series, params, overwrite=True)
    regions = atlas.ravel()[inside.ravel()]
    is_atlas = bool(names) or len(np.unique(regions)) > 1
    rows = series.T
    if is_atlas:
        order = np.argsort(regions, kind="stable")
        rows, regions = rows[order], regions[order]
    return Carpet(
        rows,
        regions if is_atlas else None,
        n_scans * (seconds or 1.0),
        "time (s)" if seconds else "scan",
        _unit(standardize),
        names,
    )


def _names(mask_labels: Any) -> dict[int, str]:
    if mask_labels is None:
        return {}
    if not isinstance(mask_labels, Mapping):
        msg = (
            f"mask_labels is a {type(mask_labels).__name__}; expected a dict from the "
            "name of each region to its value in the atlas."
        )
        raise TypeError(msg)
    expected = "the value of a region in the atlas"
    return {
        int(checked_number(value, f"mask_labels[{name!r}]", expected)): str(name)
        for name, value in mask_labels.items()
    }


def _opened(img: Any) -> "list[SpatialImage]":
    """The scans of a run, their voxels still in the files."""
    from boldglm.image.sources import is_series, open_all, require_dimensions

    scans = open_all(img)
    if not scans:
        msg = "There is no image to show: the list is empty."
        raise TypeError(msg)
    for scan in scans:
        require_dimensions(scan, 3 if is_series(img) else 4)
    return scans


def _seconds_between(scans: "list[SpatialImage]", t_r: Any) -> float | None:
    if t_r is not None:
        seconds = float(checked_number(t_r, "t_r", "seconds, more than 0", low=0.0))
        if seconds == 0.0:
            msg = "t_r is 0; expected seconds, more than 0."
            raise ValueError(msg)
        return seconds
    header: Any = scans[0].header
    zooms = header.get_zooms()
    seconds = float(zooms[3]) if len(zooms) > 3 else 0.0
    if hasattr(header, "get_xyzt_units"):
        unit = header.get_xyzt_units()[1]
        seconds *= {"msec": 1e-3, "usec": 1e-6}.get(unit, 1.0)
    return seconds if 0.0 < seconds < np.inf else None


def _atlas(scans: "list[SpatialImage]", mask_img: Any) -> "NDArray[np.int64]":
    """Region of each voxel, 0 outside all of them, on the grid of the run."""
    from boldglm.image.files import check_niimg_3d
    from boldglm.image.reading import read_data
    from boldglm.image.resample import resample_to_img
    from boldglm.masking.compute import compute_epi_mask

    if mask_img is None:
        mask_img = compute_epi_mask(scans)
    atlas = resample_to_img(
        check_niimg_3d(mask_img), scans[0], interpolation="nearest", copy=False
    )
    values = np.nan_to_num(np.asarray(read_data(atlas)))
    regions: NDArray[np.int64] = np.rint(values).astype(np.int64)
    if not np.array_equal(regions, values):
        msg = (
            "The mask has values that are not whole, such as "
            f"{values[regions != values][0]:g}; expected 0 and 1, or an atlas. Make a "
            "mask of it, for example with math_img('img > 0.5', img=...)."
        )
        raise MaskError(msg)
    if not regions.any():
        msg = (
            "No voxel of the mask lies on the grid of the image. Check that both are "
            "in one space, and if no mask was given, give one as mask_img."
        )
        raise MaskError(msg)
    return regions


def _chosen(atlas: "NDArray[np.int64]", n_rows: int) -> "NDArray[np.intp]":
    """Voxels evenly spaced in the order of regions, and of the mask within them."""
    voxels = np.flatnonzero(atlas)
    if voxels.size <= n_rows:
        return voxels
    ordered = voxels[np.argsort(atlas.ravel()[voxels], kind="stable")]
    even = np.linspace(0, ordered.size - 1, n_rows).round().astype(np.intp)
    # A region that is small is still there
    _, first = np.unique(atlas.ravel()[ordered], return_index=True)
    chosen: NDArray[np.intp] = ordered[np.union1d(even, first)]
    return chosen


def _unit(standardize: Any) -> str:
    if standardize is True:
        standardize = "zscore_sample"
    return (
        UNITS.get(standardize, "signal") if isinstance(standardize, str) else "signal"
    )
