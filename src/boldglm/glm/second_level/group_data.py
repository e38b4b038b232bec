"""The maps of a group as an array, and what is missing in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boldglm._base.errors import MaskError
from boldglm._base.progress import ProgressBar
from boldglm._base.warnings import ImageWarning, warn
from boldglm.image.mask import read_mask
from boldglm.image.sources import count_scans
from boldglm.maskers.missing import read_with_missing

__all__ = ["GroupData", "read_group"]


@dataclass(frozen=True)
class GroupData:
    """Maps of subjects in the voxels of a mask.

    Attributes
    ----------
    maps : (n_subjects, n_voxels) float32, C-contiguous
        0 where a value is missing.
    missing : (n_subjects, n_voxels) bool, or None if nothing is

    Examples
    --------
    >>> maps = np.zeros((2, 3), np.float32)
    >>> missing = np.array([[False, True, False], [False, False, False]])
    >>> GroupData(maps, missing).tested
    array([ True, False,  True])
    """

    maps: np.ndarray
    missing: np.ndarray | None = None

    @property
    def tested(self) -> np.ndarray:
        """Voxels that every subject has, (n_voxels,) bool."""
        if self.missing is None:
            return np.ones(self.maps.shape[1], bool)
        return np.logical_not(np.any(self.missing, axis=0))

    @property
    def n_subjects(self) -> np.ndarray:
        """How many subjects have each voxel, (n_voxels,) int."""
        if self.missing is None:
            return np.full(self.maps.shape[1], len(self.maps))
        return np.count_nonzero(~self.missing, axis=0)


def read_group(
    images: list[Any],
    masker: Any,
    missing: str = "drop-voxel",
    names: Sequence[str] | None = None,
) -> GroupData:
    """Read the maps of a group.

    Parameters
    ----------
    images : list of nibabel images
        3-D or 4-D, a volume per subject, on one grid. Not modified.
    masker : NiftiMasker
        Fitted; its mask and smoothing are used.
    missing : {'drop-voxel', 'available', 'zero'}
        What the user does about values that are not finite. With ``'zero'`` they
        count as 0, before smoothing, and nothing is missing. Otherwise smoothing
        takes the mean of the values that are there.
    names : list of str, optional
        Of the maps, for messages.

    Returns
    -------
    GroupData

    Raises
    ------
    GridError
        If the images lie on different grids.
    MaskError
        If no voxel is left to test.

    Warns
    -----
    ImageWarning
        If values are missing, with their number; if images are resampled.

    Examples
    --------
    >>> import nibabel as nib
    >>> from boldglm.maskers import NiftiMasker
    >>> mask = nib.Nifti1Image(np.ones((2, 1, 1), np.uint8), np.eye(4))
    >>> img = nib.Nifti1Image(np.arange(4.0).reshape(2, 1, 1, 2), np.eye(4))
    >>> read_group([img], NiftiMasker(mask).fit()).maps
    array([[0., 2.],
           [1., 3.]], dtype=float32)
    """
    with ProgressBar(sum(count_scans(img) for img in images), "maps") as bar:
        maps, lacking = read_with_missing(
            images,
            read_mask(masker.mask_img_),
            masker.smoothing_fwhm,
            expected=masker.target_affine is not None,
            honest=missing != "zero",
            progress=bar.add,
        )
    if lacking is None:
        return GroupData(maps)
    names = names or [f"map {index}" for index in range(len(maps))]
    summary = _summary(lacking, names)
    if missing == "zero":
        warn(f"{summary} They count as 0, as missing='zero' asks for.", ImageWarning)
        return GroupData(maps)
    data = GroupData(maps, lacking)
    _require_voxels(data, missing, summary)
    warn(f"{summary} {_REMEDY[missing]}", ImageWarning)
    return data


_REMEDY = {
    "drop-voxel": (
        "These voxels are not tested: they are 0 in the maps, and 1 in those of p. "
        "missing='available' tests each voxel with the subjects that have it."
    ),
    "available": "These voxels are tested with the subjects that have them.",
}


def _summary(lacking: np.ndarray, names: Sequence[str]) -> str:
    """How much is missing, where and in whom."""
    per_map = np.count_nonzero(lacking, axis=1)
    worst = int(per_map.argmax())
    n_voxels = int(np.count_nonzero(lacking.any(axis=0)))
    return (
        f"{n_voxels} of {lacking.shape[1]} voxels of the mask have no value (nan or "
        f"inf) in at least one of {np.count_nonzero(per_map)} maps out of "
        f"{len(per_map)}; most are missing in {names[worst]}, {per_map[worst]}."
    )


def _require_voxels(data: GroupData, missing: str, summary: str) -> None:
    left = data.tested if missing == "drop-voxel" else data.n_subjects > 1
    if not left.any():
        msg = (
            f"There is no voxel to test with missing={missing!r}: {summary} Check that "
            "maps and mask are in one space; leave this map out, or use "
            "missing='available' to test voxels with the subjects that have them."
        )
        raise MaskError(msg)
