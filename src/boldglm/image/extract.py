"""Voxels out of images, one scan per row, in a single pass over the files."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import MaskError
from boldglm._base.memory import array_for
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.grid import VolumeMask
from boldglm.image.reading import iter_blocks, name_of, working_dtype
from boldglm.image.smooth import Smoother
from boldglm.image.sources import count_scans, grid_of

__all__ = [
    "FEWER_VOXELS",
    "extract",
    "extracted_dtype",
    "iter_series",
    "require_mask_grid",
    "warn_replaced",
]

FEWER_VOXELS = (
    "Take a mask of fewer voxels, larger voxels (target_affine), or fewer scans."
)
"""What helps where the series of a mask do not fit into memory."""


def extract(
    images: list[SpatialImage],
    mask: VolumeMask,
    *,
    smoother: Smoother | None = None,
    dtype: Any = np.float32,
    ensure_finite: bool = True,
) -> np.ndarray:
    """The voxels of a mask, scan after scan.

    Files are read once and forward, block by block: besides the result, memory
    is that of a block.

    Parameters
    ----------
    images : list of nibabel images
        On the grid of the mask.
    mask : VolumeMask
    smoother : Smoother or None
        Smooths each scan before the voxels are taken.
    dtype : dtype
    ensure_finite : bool
        Replace values that are not finite by 0. Always so when smoothing.

    Returns
    -------
    (scan, voxel), C-contiguous

    Raises
    ------
    MaskError
        If an image lies on another grid than the mask.
    ImageFileError
        If a file ends early or is corrupt.

    Warns
    -----
    ImageWarning
        Once, if values inside the mask were not finite.
    """
    n_scans = sum(count_scans(img) for img in images)
    what = f"{n_scans} scans of the {mask.n_voxels} voxels of the mask"
    rows = array_for(what, (n_scans, mask.n_voxels), dtype, FEWER_VOXELS, "C")
    done = 0
    for part in iter_series(
        images, mask, smoother=smoother, dtype=dtype, ensure_finite=ensure_finite
    ):
        rows[done : done + len(part)] = part
        done += len(part)
    return rows


def iter_series(
    images: list[SpatialImage],
    mask: VolumeMask,
    *,
    smoother: Smoother | None = None,
    dtype: Any = np.float32,
    ensure_finite: bool = True,
) -> Iterator[np.ndarray]:
    """The voxels of a mask, some consecutive scans at a time.

    What `extract` returns, in pieces, for whoever need not have all of it: memory
    is that of a block, whatever the number of scans.

    Parameters
    ----------
    images, mask, smoother, dtype, ensure_finite
        As for `extract`.

    Yields
    ------
    (scan, voxel), C-contiguous
        Valid until the next one is asked for.

    Raises
    ------
    MaskError, ImageFileError
        As `extract`.

    Warns
    -----
    ImageWarning
        As `extract`, after the last scan.
    """
    require_mask_grid(images, mask)
    smooth = smoother or Smoother(None, mask.grid.voxel_sizes)
    blocks = (
        block
        for img in images
        for _, block in iter_blocks(img, working_dtype(img), readonly=True)
    )
    # reading goes on in its thread while the smoothing is planned
    first = next(blocks)
    within = smooth.within(mask, ensure_finite=ensure_finite)
    rows = np.empty((0, mask.n_voxels), dtype=dtype)
    replaced, seen = 0, 0
    for block in chain([first], blocks):
        n_scans = block.shape[3]
        if len(rows) < n_scans:
            rows = np.empty((n_scans, mask.n_voxels), dtype=dtype)
        replaced += within.gather(block, rows[:n_scans])
        seen += n_scans
        yield rows[:n_scans]
    warn_replaced(replaced, seen * mask.n_voxels)


def require_mask_grid(images: list[SpatialImage], mask: VolumeMask) -> None:
    """Raise unless the images lie on the grid of the mask.

    Raises
    ------
    MaskError
        Naming the image and both grids.
    """
    for img in images:
        grid = grid_of(img)
        if grid == mask.grid:
            continue
        what = "shape" if grid.shape != mask.grid.shape else "affine"
        msg = (
            f"The mask and {name_of(img)} do not lie on one grid, their {what} is "
            f"different.\nmask: shape {mask.grid.shape}, affine\n{mask.grid.affine}\n"
            f"image: shape {grid.shape}, affine\n{grid.affine}\n"
            "Resample one to the other first (resample_to_img)."
        )
        raise MaskError(msg)


def extracted_dtype(images: list[SpatialImage]) -> np.dtype[Any]:
    """Type that voxels keep: a stored float type, float32 for integers.

    Examples
    --------
    >>> import nibabel as nib
    >>> extracted_dtype([nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4))])
    dtype('float32')
    """
    kept = [working_dtype(img) for img in images]
    floats = [kind if kind.kind == "f" else np.dtype(np.float32) for kind in kept]
    return np.result_type(*floats)


def warn_replaced(replaced: int, total: int) -> None:
    """Tell the user, once, that values inside the mask were replaced."""
    if replaced:
        warn(
            f"{replaced} of {total} values inside the mask are not finite (nan or "
            "inf); they are replaced by 0. Check the images, or use a mask "
            "without these voxels.",
            ImageWarning,
        )
