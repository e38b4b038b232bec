"""One series for each sphere around a point."""

from typing import Any, Self

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import MaskError
from boldglm.image.concat import require_one_grid
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.mask import inside_on_grid
from boldglm.image.reading import working_dtype
from boldglm.image.sources import grid_of
from boldglm.maskers.regions import RegionSet, read_regions
from boldglm.maskers.series_masker import SeriesMasker
from boldglm.signal.checks import checked_number

__all__ = ["NiftiSpheresMasker", "sphere_voxels"]

# of the radius: a voxel on the surface is inside, whatever the affine's last digit
_ON_THE_SURFACE = 1e-9


class NiftiSpheresMasker(SeriesMasker):
    """Averages images over spheres, and puts series back.

    A sphere is the voxel nearest to its seed, and every voxel whose centre is within
    the radius; of these, those within the mask.

    Parameters
    ----------
    seeds : list of (x, y, z)
        Centres in mm, in the space of the images. Required.
    radius : float or None
        In mm. None: one voxel each.
    mask_img : str, Path, nibabel image or None
        Resampled to the images by nearest neighbours.
    allow_overlap : bool
        Whether spheres may share voxels; an error otherwise.
    smoothing_fwhm : float, (3,) float, "fast" or None
        Of the images, in mm, see `boldglm.image.smooth_img`.
    standardize : {"zscore_sample", "psc", True, False, None}
        Scale of the series. True is "zscore_sample".
    standardize_confounds : bool
        Centre and scale confounds before they are regressed out.
    high_variance_confounds : bool
        Regress out `boldglm.image.high_variance_confounds` of the images.
    detrend : bool
        Take a line off each series.
    low_pass, high_pass : float or None
        Butterworth filter in Hz (see `clean_args`); needs `t_r`.
    t_r : float or None
        Seconds between scans.
    dtype : dtype, "auto" or None
        Of the series. None and "auto": float32 for float32 images, else float64.
    memory, memory_level, verbose
        Accepted for compatibility; nothing is cached or printed.
    reports
        For the report of a later version.
    clean_args : dict or None
        As in `boldglm.maskers.NiftiMasker`.

    Attributes
    ----------
    seeds_ : list of [x, y, z]
    n_elements_ : int
        Number of seeds.
    mask_img_ : Nifti1Image or None

    Examples
    --------
    >>> data = np.zeros((5, 5, 5, 2))
    >>> data[2, 2, 2] = [7.0, 14.0]
    >>> img = Nifti1Image(data, np.eye(4))
    >>> NiftiSpheresMasker([(2, 2, 2)], radius=1.0).fit_transform(img)
    array([[1.],
           [2.]])
    """

    def __init__(
        self,
        seeds: Any = None,
        radius: float | None = None,
        mask_img: Any = None,
        allow_overlap: bool = False,
        smoothing_fwhm: Any = None,
        standardize: Any = False,
        standardize_confounds: bool = True,
        high_variance_confounds: bool = False,
        detrend: bool = False,
        low_pass: float | None = None,
        high_pass: float | None = None,
        t_r: float | None = None,
        dtype: Any = None,
        memory: Any = None,
        memory_level: int = 1,
        verbose: int = 0,
        reports: bool = True,
        clean_args: dict[str, Any] | None = None,
    ) -> None:
        self.seeds = seeds
        self.radius = radius
        self.mask_img = mask_img
        self.allow_overlap = allow_overlap
        self.smoothing_fwhm = smoothing_fwhm
        self.standardize = standardize
        self.standardize_confounds = standardize_confounds
        self.high_variance_confounds = high_variance_confounds
        self.detrend = detrend
        self.low_pass = low_pass
        self.high_pass = high_pass
        self.t_r = t_r
        self.dtype = dtype
        self.memory = memory
        self.memory_level = memory_level
        self.verbose = verbose
        self.reports = reports
        self.clean_args = clean_args

    def fit(self, imgs: Any = None, y: Any = None) -> Self:
        """Check seeds and mask.

        Parameters
        ----------
        imgs, y
            Not needed, and not read.

        Returns
        -------
        NiftiSpheresMasker
            Itself.

        Raises
        ------
        ValueError
            If seeds are not triplets of numbers, or a parameter is unknown.
        MaskError
            If the mask is empty.
        """
        del imgs, y
        self._check_parameters()
        if self.radius is not None:
            expected = "millimetres, one number for all spheres, or None"
            checked_number(self.radius, "radius", expected, low=0)
        seeds = _checked_seeds(self.seeds)
        self.mask_img_ = None if self.mask_img is None else self._given_mask()
        self.seeds_ = seeds.tolist()
        self.n_elements_ = len(seeds)
        return self

    def inverse_transform(self, region_signals: Any) -> Nifti1Image:
        """Give each voxel the value of its sphere, the mean where they overlap.

        Parameters
        ----------
        region_signals : (sphere,) or (scan, sphere)
            An array, or a data frame.

        Returns
        -------
        Nifti1Image
            3-D, or 4-D for (scan, sphere), on the grid of the mask; 0 outside.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If the masker has no `mask_img`, or spheres overlap or are empty there.
        ShapeError
            If there are more or fewer values than spheres.
        """
        self._check_fitted("seeds_")
        values = self._rows(region_signals)
        if self.mask_img_ is None:
            msg = (
                "inverse_transform needs a mask_img in the masker: its grid is where "
                "the spheres are put."
            )
            raise ValueError(msg)
        spheres = self._spheres(grid_of(self.mask_img_))
        shared = np.zeros((*values.shape[:-1], spheres.mask.n_voxels))
        for number, columns in enumerate(
            np.split(spheres.columns, spheres.starts[1:-1])
        ):
            shared[..., columns] += values[..., number, np.newaxis]
        shared /= np.bincount(spheres.columns, minlength=spheres.mask.n_voxels)
        if values.dtype.kind == "f" or self.dtype is not None:
            # what is beyond single precision is infinite there
            with np.errstate(over="ignore"):
                shared = shared.astype(values.dtype, copy=False)
        volume = spheres.mask.scatter(shared)
        return new_image(self.mask_img_, volume, copy_header=False)

    def _series(self, images: list[SpatialImage]) -> np.ndarray:
        require_one_grid(images)
        spheres = self._spheres(grid_of(images[0]))
        return read_regions(images, spheres, self.smoothing_fwhm)

    def _own_dtype(self, images: list[SpatialImage]) -> np.dtype[Any]:
        single = all(working_dtype(img) == np.float32 for img in images)
        return np.dtype(np.float32 if single and images else np.float64)

    def _spheres(self, grid: Grid) -> RegionSet:
        """The voxels of each sphere on a grid."""
        inside = None
        if self.mask_img_ is not None:
            inside = _on_grid(self.mask_img_, grid)
        voxels = [
            sphere_voxels(grid, seed, self.radius or 0.0, inside)
            for seed in self.seeds_
        ]
        empty = [number for number, one in enumerate(voxels) if not one.size]
        if empty:
            seed = self.seeds_[empty[0]]
            msg = (
                f"These spheres are empty: {empty}. No voxel of theirs is in the image "
                f"and in the mask; number {empty[0]} is around {seed} mm."
            )
            raise MaskError(msg)
        every = np.concatenate(voxels)
        if not self.allow_overlap and np.unique(every).size < every.size:
            times = np.bincount(every)
            first = [n for n, one in enumerate(voxels) if (times[one] > 1).any()]
            msg = (
                f"Overlap detected between spheres: numbers {first[:10]} share voxels. "
                "Pass allow_overlap=True, or a smaller radius."
            )
            raise ValueError(msg)
        return RegionSet.of_voxels(grid, voxels)


def sphere_voxels(
    grid: Grid, seed: Any, radius: float, inside: np.ndarray | None = None
) -> np.ndarray:
    """Voxels of a grid within a sphere, the one nearest to its centre always.

    Parameters
    ----------
    grid : Grid
    seed : (3,) float
        Centre in mm.
    radius : float
        In mm; a voxel at this distance is inside.
    inside : (x, y, z) bool or None
        Voxels to choose from; None: all.

    Returns
    -------
    (n,) int
        Numbers in C order of the grid, increasing.

    Examples
    --------
    >>> grid = Grid((3, 3, 3), np.eye(4))
    >>> sphere_voxels(grid, [1, 1, 1], 1.0)
    array([ 4, 10, 12, 13, 14, 16, 22])
    """
    centre = grid.voxel_from_world(seed)
    # half the sides of the box that holds the sphere, in voxels
    reach = radius * np.sqrt((grid.inverse[:3, :3] ** 2).sum(axis=1)) + 1
    axes = [
        np.arange(max(int(np.floor(at - far)), 0), min(int(np.ceil(at + far)) + 1, n))
        for at, far, n in zip(centre, reach, grid.shape, strict=True)
    ]
    box = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = np.linalg.norm(grid.world_from_voxel(box) - seed, axis=1)
    near = distance <= radius * (1 + _ON_THE_SURFACE)
    near |= (box == np.round(centre)).all(axis=1)
    chosen = box[near]
    if inside is not None:
        chosen = chosen[inside[tuple(chosen.T)]]
    numbers: np.ndarray = np.ravel_multi_index(tuple(chosen.T), grid.shape)
    return np.sort(numbers)


def _on_grid(mask_img: Nifti1Image, grid: Grid) -> np.ndarray:
    ref = Nifti1Image(np.zeros(grid.shape, np.uint8), grid.affine)
    return inside_on_grid(ref, mask_img)


def _checked_seeds(seeds: Any) -> np.ndarray:
    try:
        points = np.array([list(seed) for seed in seeds], dtype=np.float64)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1:] != (3,) or not np.isfinite(points).all():
        msg = (
            f"seeds are {str(seeds)[:80]}; seeds must be a list of triplets of "
            "coordinates in mm, such as [(0, -53, 26)]."
        )
        raise ValueError(msg)
    return points
