"""Series of regions: their voxels, read and reduced in one pass over the images."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm.core.regions import summarize
from boldglm.image.extract import extracted_dtype
from boldglm.image.grid import Grid, VolumeMask
from boldglm.image.sources import count_scans
from boldglm.maskers.extraction import stream_series

__all__ = ["RegionSet", "read_regions"]


@dataclass(frozen=True)
class RegionSet:
    """The voxels of regions on a grid.

    Parameters
    ----------
    mask : VolumeMask
        Voxels that are in any region.
    columns : (n,) int
        Which of the voxels of the mask are in the first region, then those in the
        second, ... Voxels may be in several.
    starts : (region + 1,) int
        Where in `columns` each region begins.

    Examples
    --------
    >>> grid = Grid((1, 1, 4), np.eye(4))
    >>> regions = RegionSet.of_voxels(grid, [np.array([1, 3]), np.array([0])])
    >>> regions.columns, regions.starts
    (array([1, 2, 0]), array([0, 2, 3]))
    """

    mask: VolumeMask
    columns: np.ndarray
    starts: np.ndarray

    @classmethod
    def of_voxels(cls, grid: Grid, voxels: list[np.ndarray]) -> "RegionSet":
        """Regions from the numbers of their voxels, in C order of the grid."""
        every = np.concatenate([*voxels, np.zeros(0, dtype=int)]).astype(int)
        inside = np.zeros(grid.n_voxels, dtype=bool)
        inside[every] = True
        columns = (np.cumsum(inside) - 1)[every]
        starts = np.cumsum([0, *(len(one) for one in voxels)])
        return cls(VolumeMask(grid, inside.reshape(grid.shape)), columns, starts)

    @classmethod
    def of_labels(cls, grid: Grid, labels: np.ndarray, ids: np.ndarray) -> "RegionSet":
        """Regions from an array of labels on the grid.

        Parameters
        ----------
        grid : Grid
        labels : (x, y, z)
        ids : (region,)
            Labels of the regions, increasing; other values are outside.
        """
        at = np.searchsorted(ids, labels).clip(max=len(ids) - 1)
        inside = ids[at] == labels
        found = at[inside]
        starts = np.searchsorted(np.sort(found), np.arange(len(ids) + 1))
        return cls(VolumeMask(grid, inside), np.argsort(found, kind="stable"), starts)

    @property
    def n_regions(self) -> int:
        """How many regions there are."""
        return len(self.starts) - 1

    def region_of(self) -> np.ndarray:
        """The region of each voxel of the mask, where none is in two, (voxel,) int."""
        regions = np.empty(self.mask.n_voxels, dtype=int)
        regions[self.columns] = np.repeat(
            np.arange(self.n_regions), np.diff(self.starts)
        )
        return regions


def read_regions(
    images: list[SpatialImage],
    regions: RegionSet,
    fwhm: Any = None,
    strategy: str = "mean",
) -> np.ndarray:
    """One series per region.

    Files are read once and forward; memory is that of a block of scans.

    Parameters
    ----------
    images : list of nibabel images
        Resampled where they lie on another grid than the regions.
    regions : RegionSet
    fwhm : float, (3,) float, "fast" or None
        Smoothing of the images, see `boldglm.image.smooth_img`.
    strategy : str
        See `boldglm.core.regions.STRATEGIES`.

    Returns
    -------
    (scan, region) float64
        Values that are not finite count as 0.

    Warns
    -----
    ImageWarning
        If values inside regions are not finite.
    """
    n_scans = sum(count_scans(img) for img in images)
    series = np.empty((n_scans, regions.n_regions))
    done = 0
    dtype = np.result_type(extracted_dtype(images), np.float32)
    for rows in stream_series(images, regions.mask, fwhm, expected=True, dtype=dtype):
        series[done : done + len(rows)] = summarize(
            rows, regions.columns, regions.starts, strategy
        )
        done += len(rows)
    return series
