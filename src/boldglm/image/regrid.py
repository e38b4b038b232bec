"""Image data from one grid to another."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.memory import array_for
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.resample import SPLINE_ORDERS, Resampler, ValueRange
from boldglm.image.grid import Grid
from boldglm.image.reading import iter_blocks, name_of, working_dtype
from boldglm.image.sources import count_scans, grid_of

__all__ = [
    "Interpolation",
    "check_interpolation",
    "iter_regridded",
    "regrid",
    "regrid_image",
    "resampled_dtype",
]

Interpolation = Literal["continuous", "linear", "nearest"]


def check_interpolation(interpolation: str) -> None:
    """Raise unless `interpolation` names one of ours.

    Examples
    --------
    >>> check_interpolation("cubic")
    Traceback (most recent call last):
        ...
    ValueError: interpolation is 'cubic'; expected 'continuous', 'linear', 'nearest'.
    """
    if not isinstance(interpolation, str) or interpolation not in SPLINE_ORDERS:
        names = ", ".join(repr(name) for name in SPLINE_ORDERS)
        msg = f"interpolation is {interpolation!r}; expected {names}."
        raise ValueError(msg)


def regrid(
    data: np.ndarray,
    source: Grid,
    target: Grid,
    *,
    interpolation: str = "continuous",
    clip: bool = True,
    fill_value: float = 0.0,
    order: Literal["F", "C"] = "F",
    n_jobs: int | None = None,
) -> np.ndarray:
    """Interpolate data that lie on `source` at the voxels of `target`.

    Parameters
    ----------
    data : (x, y, z) or (x, y, z, scan)
        Not modified.
    source, target : Grid
    interpolation : {"continuous", "linear", "nearest"}
        B-spline of order 3, 1, 0.
    clip : bool
        Keep interpolated values within the range of the data and 0: cubic
        splines overshoot at edges.
    fill_value : float
        For voxels of `target` outside `source`.
    order : {"F", "C"}
        Memory layout of the result.
    n_jobs : int or None
        Threads.

    Returns
    -------
    array on `target`
        Of the type of `data`; signed integers become floats under
        "continuous".

    Warns
    -----
    ImageWarning
        If values are not finite, or the data are a mask and would be blurred.
    """
    scans = data if data.ndim == 4 else data[..., np.newaxis]
    dtype = resampled_dtype(scans.dtype, interpolation)
    out = np.empty((*target.shape, scans.shape[3]), dtype=dtype, order=order)
    rules = _Rules(source, target, interpolation, clip, fill_value, n_jobs)
    rules.regrid([(slice(None), scans)], out)
    return out if data.ndim == 4 else out[..., 0]


def regrid_image(
    img: SpatialImage,
    target: Grid,
    out: np.ndarray | None = None,
    *,
    interpolation: str = "continuous",
    clip: bool = True,
    fill_value: float = 0.0,
    order: Literal["F", "C"] = "F",
    n_jobs: int | None = None,
) -> np.ndarray:
    """As `regrid`, of an opened image; a file is read block of scans by block.

    No more of the image is in memory than a block, beside the result.

    Parameters
    ----------
    img : nibabel image
    target : Grid
    out : (x', y', z', scan) or None
        Is written and returned; its type decides how the results are rounded.
        None: a new array, of as many dimensions as the image.

    Returns
    -------
    array on `target`
    """
    if out is None:
        dtype = resampled_dtype(working_dtype(img), interpolation)
        shape = (*target.shape, count_scans(img))
        what = f"{name_of(img)} on another grid"
        out = array_for(what, shape, dtype, _COARSER, order)
        result = out if len(img.shape) == 4 else out[..., 0]
    else:
        result = out
    rules = _Rules(grid_of(img), target, interpolation, clip, fill_value, n_jobs)
    rules.regrid(iter_blocks(img, working_dtype(img), readonly=True), out)
    return result


def iter_regridded(
    images: Iterable[SpatialImage],
    target: Grid,
    dtype: Any = np.float32,
    *,
    interpolation: str = "continuous",
    clip: bool = True,
    fill_value: float = 0.0,
    n_jobs: int | None = None,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Hand on the scans of images on another grid, block of scans by block.

    Memory is that of a block on the grid of the images and one on the target's,
    whatever the number of scans.

    Parameters
    ----------
    images : nibabel images
        Each may lie on a grid of its own. Those on `target` pass as they are.
    target : Grid
        For the voxels of a mask, the grid of the box around it is enough
        (`VolumeMask.cropped`).
    dtype : float dtype
        Of the blocks.
    interpolation : {"continuous", "linear", "nearest"}
    clip : bool
        Keep the interpolated values of each scan within its range and 0. (The
        range of all scans is only known when the last one is read.)
    fill_value : float
    n_jobs : int or None
        Threads.

    Yields
    ------
    cut : slice
        Which scans these are, counted through all images.
    block : (x', y', z', scan)
        x fastest. The caller's own: it may be written to.

    Warns
    -----
    ImageWarning
        Once, if values are not finite.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> img = Nifti1Image(np.ones((4, 4, 4, 9)), np.eye(4))
    >>> coarse = Grid((2, 2, 2), np.diag([2.0, 2.0, 2.0, 1.0]))
    >>> blocks = [block for _, block in iter_regridded([img], coarse)]
    >>> np.concatenate(blocks, axis=3).shape
    (2, 2, 2, 9)
    """
    check_interpolation(interpolation)
    start, finite = 0, True
    for img in images:
        source = grid_of(img)
        if source == target:
            for cut, block in iter_blocks(img, dtype):
                yield slice(start + cut.start, start + cut.stop), block
        else:
            rules = _Rules(source, target, interpolation, clip, fill_value, n_jobs)
            for cut, block in iter_blocks(img, working_dtype(img), readonly=True):
                shape = (*target.shape, block.shape[3])
                out = np.empty(shape, dtype=dtype, order="F")
                found = rules.one_block(block, out)
                if finite and not found.finite:
                    finite = False
                    warn(_NOT_FINITE, ImageWarning)
                yield slice(start + cut.start, start + cut.stop), out
        start += count_scans(img)


_COARSER = "Take larger voxels, or fewer scans at once (index_img)."
_NOT_FINITE = (
    "The image has values that are not finite (nan or inf). They are bridged "
    "from their neighbours for interpolation, and are nan after it."
)


class _Rules:
    """How data on one grid come to another, worked out for many blocks of them."""

    def __init__(
        self,
        source: Grid,
        target: Grid,
        interpolation: str,
        clip: bool,
        fill_value: float,
        n_jobs: int | None,
    ) -> None:
        self._resampler = Resampler(
            source.shape,
            target.shape,
            source.voxel_from(target),
            SPLINE_ORDERS[interpolation],
        )
        self._interpolation = interpolation
        self._clip = clip and interpolation != "nearest"
        self._options: dict[str, Any] = {"fill_value": fill_value, "n_jobs": n_jobs}

    def one_block(self, block: np.ndarray, out: np.ndarray) -> ValueRange:
        """Fill `out`; each scan is held within its own range."""
        return self._resampler(block, out, clip=self._clip, **self._options)

    def regrid(
        self, parts: Iterable[tuple[slice, np.ndarray]], out: np.ndarray
    ) -> None:
        """Fill `out` from all blocks; held within the range of all of them."""
        whole, binary = ValueRange(), self._interpolation != "nearest"
        alone = out.shape[3] == 1
        for cut, block in parts:
            found = self._resampler(
                block, out[..., cut], clip=self._clip and alone, **self._options
            )
            whole |= found
            binary = binary and _is_binary(block, found)
        if not whole.finite:
            warn(_NOT_FINITE, ImageWarning)
        if binary and whole.high > 0:
            warn(
                f"A mask of zeros and ones is resampled by {self._interpolation!r} "
                "interpolation, which blurs it. Use interpolation='nearest'.",
                ImageWarning,
            )
        if self._clip and not alone:
            self._resampler.clip(out, whole.with_zero, **self._options)


def resampled_dtype(dtype: np.dtype[Any], interpolation: str) -> np.dtype[Any]:
    """The type that resampled data have: floats for signed integers under splines.

    Examples
    --------
    >>> resampled_dtype(np.dtype("int16"), "continuous")
    dtype('float32')
    """
    if interpolation == "continuous" and dtype.kind == "i":
        return np.dtype(np.float64 if dtype.itemsize > 4 else np.float32)
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    return dtype if dtype.isnative else dtype.newbyteorder("=")


def _is_binary(data: np.ndarray, found: ValueRange) -> bool:
    low, high = found.with_zero
    if low < 0 or high > 1 or not found.finite:
        return False
    return bool(((data == 0) | (data == 1)).all())
