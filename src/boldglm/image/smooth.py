"""Smoothed images."""

from numbers import Real
from os import PathLike
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import ShapeError
from boldglm._base.memory import array_for
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.parallel import map_blocks
from boldglm.core.smooth import (
    average_voxels,
    fwhm_to_sigma,
    gather_voxels,
    neighbour_average,
    smooth_volumes,
    smooth_voxels,
)
from boldglm.core.smooth_plan import plan_voxels
from boldglm.image.files import load_img
from boldglm.image.grid import VolumeMask
from boldglm.image.headers import new_image
from boldglm.image.reading import FEWER_SCANS, iter_blocks, name_of, working_dtype
from boldglm.image.sources import count_scans, find_files, grid_of, is_series

__all__ = ["MaskedSmoother", "Smoother", "smooth_img"]

#: Standard deviation of a kernel, in voxels: no image is as wide, and each voxel of the
#: result takes eight times as many products.
WIDEST = 1000.0


def smooth_img(imgs: Any, fwhm: Any) -> Nifti1Image | list[Nifti1Image]:
    """Convolve images with a Gaussian, scan by scan.

    The kernel is cut off at 4 standard deviations and the volume reflected at
    its borders. Values that are not finite are replaced by 0 first. The
    smoothing knows no mask: voxels at the edge of the brain mix with those
    outside.

    Parameters
    ----------
    imgs : str, Path, nibabel image, or list of these
        Of a list, each image is smoothed by itself.
    fwhm : float, (3,) float, "fast" or None
        Full width at half maximum in mm, one for all axes or one each. "fast":
        one average with the six neighbours. None or 0: only values that are
        not finite are replaced.

    Returns
    -------
    Nifti1Image, or list of them for a list
        float32, or float64 where the image is or has 64-bit integers.

    Raises
    ------
    ValueError
        If `fwhm` is negative, or not one or three numbers.

    Warns
    -----
    ImageWarning
        If `fwhm` is 0.

    Examples
    --------
    >>> data = np.zeros((1, 3, 3))
    >>> data[0, 1, 1] = 3.0
    >>> smooth_img(Nifti1Image(data, np.eye(4)), fwhm=2).get_fdata()[0, 1]
    array([0.373787, 0.667105, 0.373787])
    """
    if isinstance(fwhm, int | float) and fwhm == 0:
        warn(
            "fwhm is 0: no smoothing will be performed. Pass None to say so.",
            ImageWarning,
        )
    if is_series(imgs):
        parts = find_files(imgs) if isinstance(imgs, str | PathLike) else imgs
        return [_smooth_one(load_img(part), fwhm) for part in parts]
    return _smooth_one(load_img(imgs), fwhm)


def _smooth_one(img: SpatialImage, fwhm: Any) -> Nifti1Image:
    stored = working_dtype(img)
    wide = stored.itemsize == 8
    smoother = Smoother(fwhm, grid_of(img).voxel_sizes)
    dtype = np.float64 if wide else np.float32
    what = f"the smoothed scans of {name_of(img)}"
    data = array_for(what, img.shape, dtype, FEWER_SCANS)
    scans = data.reshape(*img.shape[:3], count_scans(img), order="F")
    for cut, block in iter_blocks(img, stored):
        smoother.smooth_into(block, scans[..., cut])
    return new_image(img, data)


class Smoother:
    """A smoothing in mm, ready for volumes of one voxel size.

    Parameters
    ----------
    fwhm : float, (3,) float, "fast" or None
        See `smooth_img`.
    voxel_sizes : (3,) float
        In mm.

    Raises
    ------
    ValueError
        If `fwhm` is negative, or not one or three numbers, or wider than any image.

    Examples
    --------
    >>> smoother = Smoother(4.0, np.array([2.0, 2.0, 4.0]))
    >>> smoother.sigma
    array([0.849322, 0.849322, 0.424661])
    >>> bool(smoother), bool(Smoother(None, np.ones(3)))
    (True, False)
    """

    def __init__(self, fwhm: Any, voxel_sizes: np.ndarray) -> None:
        self.fast = isinstance(fwhm, str) and fwhm == "fast"
        self.sigma = np.zeros(3)
        if fwhm is None or self.fast:
            return
        self.sigma = fwhm_to_sigma(_checked_width(fwhm), voxel_sizes)
        if not (self.sigma <= WIDEST).all():
            msg = (
                f"fwhm is {fwhm!r} for voxels of {voxel_sizes} mm; expected a kernel "
                f"with a standard deviation of at most {WIDEST:g} voxels."
            )
            raise ValueError(msg)

    def __bool__(self) -> bool:
        return self.fast or bool(self.sigma.any())

    @property
    def radius(self) -> np.ndarray:
        """How many voxels away a value still counts, (3,) int."""
        if self.fast:
            return np.ones(3, dtype=int)
        return np.floor(4 * self.sigma + 0.5).astype(int)

    def __call__(self, volumes: np.ndarray) -> np.ndarray:
        """Smooth (x, y, z, scan) floats in place; not-finite values become 0."""
        return self.smooth_into(volumes, volumes)

    def smooth_into(self, volumes: np.ndarray, out: np.ndarray) -> np.ndarray:
        """Smooth volumes of any real type into floats; not-finite values count as 0.

        Parameters
        ----------
        volumes : (x, y, z, scan)
            Fastest when stored x first, as in files. Not modified unless it is `out`.
        out : (x, y, z, scan) float32 or float64
            Is written and returned.
        """
        if self.sigma.any():
            return smooth_volumes(volumes, self.sigma, out)

        def one(scan: int) -> None:
            volume = out[..., scan]
            volume[...] = volumes[..., scan]
            np.nan_to_num(volume, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
            if self.fast:
                volume[...] = neighbour_average(volume)

        map_blocks(one, range(volumes.shape[3]))
        return out

    def within(
        self, mask: VolumeMask, *, ensure_finite: bool = True
    ) -> "MaskedSmoother":
        """The smoothing of the voxels of a mask only: see `MaskedSmoother`."""
        return MaskedSmoother(self, mask, ensure_finite=ensure_finite)


class MaskedSmoother:
    """The voxels of a mask out of blocks of scans, smoothed on the way.

    The values are those of smoothing the whole volumes; work is done where the
    mask needs it.

    Parameters
    ----------
    smoother : Smoother
        Without a width: voxels are gathered as they are.
    mask : VolumeMask
    ensure_finite : bool
        Without smoothing: replace values that are not finite by 0. Smoothing
        always does, before.

    Examples
    --------
    >>> from boldglm.image.grid import Grid
    >>> inside = np.zeros((3, 3, 1), bool)
    >>> inside[1, 1] = inside[2, 1] = True
    >>> mask = VolumeMask(Grid((3, 3, 1), np.eye(4)), inside)
    >>> block = np.zeros((3, 3, 1, 1), np.int16, order="F")
    >>> block[1, 1] = 22
    >>> rows = np.empty((1, 2), np.float32)
    >>> Smoother("fast", np.ones(3)).within(mask).gather(block, rows)
    0
    >>> rows
    array([[10.,  2.]], dtype=float32)
    """

    def __init__(
        self, smoother: Smoother, mask: VolumeMask, *, ensure_finite: bool = True
    ) -> None:
        self.smoother = smoother
        self.mask = mask
        self.ensure_finite = ensure_finite
        gaussian = bool(smoother.sigma.any())
        self._plan = plan_voxels(mask.inside, smoother.sigma) if gaussian else None
        x, y, z = np.nonzero(mask.inside)
        nx, ny, _ = mask.grid.shape
        self._places = (x + nx * (y + ny * z)).astype(np.int32)

    def gather(self, block: np.ndarray, out: np.ndarray) -> int:
        """Write the mask's voxels into `out`, one scan per row.

        Parameters
        ----------
        block : (x, y, z, scan)
            Real numbers of any type; fastest when stored x first, as in files.
            Not modified.
        out : (scan, voxel), C-contiguous
            Is written. Sums are of its type, float32 or float64; float64 for others.

        Returns
        -------
        int
            How many values inside the mask were not finite and counted as 0.

        Raises
        ------
        ShapeError
            If `block` does not lie on the grid of the mask, or `out` has not a
            row for each scan and a column for each voxel.
        """
        self._require_shapes(block, out)
        if out.dtype in (np.float32, np.float64):
            return self._gather(block, out)
        rows = np.empty(out.shape, np.float32 if out.dtype == "f2" else np.float64)
        replaced = self._gather(block, rows)
        out[...] = rows
        return replaced

    def _gather(self, block: np.ndarray, rows: np.ndarray) -> int:
        scans = range(len(rows))
        if self._plan is not None:
            read = smooth_voxels(block, self._plan, rows)
            # of values that were not finite, only those inside the mask are news
            spoilt = np.flatnonzero(read)
            unused = np.empty((len(spoilt), rows.shape[1]), rows.dtype)
            pairs = zip(spoilt, unused, strict=True)
            return sum(self._pick(block[..., scan], row, True) for scan, row in pairs)
        if self.smoother.fast:
            counts = map_blocks(
                lambda scan: average_voxels(block[..., scan], self._places, rows[scan]),
                scans,
            )
            return sum(counts)
        clean = self.ensure_finite
        return sum(
            map_blocks(
                lambda scan: self._pick(block[..., scan], rows[scan], clean), scans
            )
        )

    def _pick(self, volume: np.ndarray, row: np.ndarray, clean: bool) -> int:
        return gather_voxels(volume, self._places, row, clean=clean)

    def _require_shapes(self, block: np.ndarray, out: np.ndarray) -> None:
        grid, n_voxels = self.mask.grid, self.mask.n_voxels
        if block.ndim != 4 or block.shape[:3] != grid.shape:
            msg = f"The block has shape {block.shape}; expected {grid.shape} and scans."
            raise ShapeError(msg)
        if out.shape != (block.shape[3], n_voxels):
            msg = (
                f"The rows to write have shape {out.shape}; expected "
                f"{(block.shape[3], n_voxels)} (scan, voxel)."
            )
            raise ShapeError(msg)


def _checked_width(fwhm: Any) -> np.ndarray:
    given = np.ravel(np.asarray(fwhm, dtype=object))
    # text, dates and booleans would pass as numbers
    named = any(
        isinstance(f, bool) or not isinstance(f, Real) for f in given if f is not None
    )
    try:
        # None stands for 0 on one axis
        width = np.array([0.0 if f is None else f for f in given], dtype=float)
    except (TypeError, ValueError, OverflowError):
        width = np.array([np.nan])
    if (
        named
        or width.size not in (1, 3)
        or not (width >= 0).all()
        or np.isinf(width).any()
    ):
        msg = (
            f"fwhm is {fwhm!r}; expected millimetres, one number or three, "
            "'fast', or None."
        )
        raise ValueError(msg)
    return width
