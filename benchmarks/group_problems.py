"""Maps of groups for benchmarks: smooth noise in a brain-like mask, one region on."""

from dataclasses import dataclass

import numpy as np
from nibabel.nifti1 import Nifti1Image
from scipy.ndimage import gaussian_filter

__all__ = ["GroupProblem", "group_problem"]

# Of the localizer data of the reference page: subjects, and voxels of their mask.
LOCALIZER = (16, 71_498, (53, 63, 46), 3.0)
TWO_MM = (30, 230_000, (91, 109, 91), 2.0)


@dataclass(frozen=True)
class GroupProblem:
    """Maps of subjects, and the mask they belong to.

    Attributes
    ----------
    maps : (n_subjects, n_voxels) float32
    mask_img : Nifti1Image
    """

    maps: np.ndarray
    mask_img: Nifti1Image

    @property
    def inside(self) -> np.ndarray:
        """The mask, (x, y, z) bool."""
        return np.asarray(self.mask_img.dataobj) > 0


def group_problem(kind: str, fast: bool = False) -> GroupProblem:
    """``'localizer'`` or ``'two mm'``; small with `fast`."""
    size = {"localizer": LOCALIZER, "two mm": TWO_MM}[kind]
    n_subjects, n_voxels, shape, side = (
        (size[0], 3_000, (20, 22, 18), 3.0) if fast else size
    )
    inside = _ellipsoid(shape, n_voxels)
    rng = np.random.default_rng(0)
    maps = np.empty((n_subjects, n_voxels), dtype=np.float32)
    region = gaussian_filter((_centred(shape)[0] > 0.5).astype(float), 1)[inside]
    for one in maps:
        noise = gaussian_filter(rng.standard_normal(shape), 1.2)[inside]
        one[:] = noise / noise.std() + 0.6 * region
    affine = np.diag([side, side, side, 1.0])
    return GroupProblem(maps, Nifti1Image(inside.astype(np.uint8), affine))


def _centred(shape: tuple[int, int, int]) -> np.ndarray:
    axes = [np.linspace(-1, 1, n) for n in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def _ellipsoid(shape: tuple[int, int, int], n_voxels: int) -> np.ndarray:
    """The voxels nearest to the centre, exactly so many."""
    radius = (_centred(shape) ** 2).sum(axis=0).ravel()
    inside = np.zeros(radius.size, dtype=bool)
    inside[np.argsort(radius, kind="stable")[:n_voxels]] = True
    return inside.reshape(shape)
