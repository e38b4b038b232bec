"""The MNI152 brain, its grey and white matter: images and masks at any voxel size.

ICBM 2009a, nonlinear, symmetric, skull-stripped; the average of 152 adults. The
files are in the package (`boldglm.datasets.template_files` says how), under the
notice in ``data/LICENSE-MNI152.txt``. What was asked for last is kept in memory for
the next time: three templates of 2 mm or more, at most 14 MB. Those of 1 mm are
decoded anew.

References
----------
Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, Collins DL (2011). Unbiased
average age-appropriate atlases for pediatric studies. NeuroImage 54:313-327.

Fonov VS, Evans AC, McKinstry RC, Almli CR, Collins DL (2009). Unbiased nonlinear
average age-appropriate brain templates from birth to adulthood. NeuroImage 47:S102.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.nifti1 import Nifti1Image

from boldglm._base.warnings import MaskWarning, warn
from boldglm.image.grid import Grid
from boldglm.image.headers import new_image
from boldglm.image.regrid import regrid
from boldglm.image.resample import target_grid
from boldglm.signal.checks import checked_number, checked_whole

__all__ = [
    "load_mni152_brain_mask",
    "load_mni152_gm_mask",
    "load_mni152_gm_template",
    "load_mni152_template",
    "load_mni152_wm_mask",
    "load_mni152_wm_template",
]

_FOLDER = Path(__file__).parent / "data"
# Sides of voxels in mm: below, an image would take more than half a gigabyte;
# above, it would not be one.
_FINEST, _COARSEST = 0.5, 50.0
# From here on a template is small enough to be kept
_KEPT_FROM = 2.0
_BRIGHTEST = np.float32(255)


def load_mni152_template(resolution: float | None = None) -> Nifti1Image:
    """The T1-weighted MNI152 template without its skull.

    Parameters
    ----------
    resolution : float or None
        Side of the voxels in mm, from 0.5 to 50. None: 1. The first voxel stays
        at (-98, -134, -72) mm. Whole numbers take voxels out of the template of
        1 mm as they are, others interpolate it by cubic splines.

    Returns
    -------
    Nifti1Image
        3-D, float32, 0 (outside) to 1. Yours: it may be changed.

    Raises
    ------
    TypeError
        If `resolution` is no number.
    ValueError
        If it is out of range.
    ImageFileError
        If the file in the package is damaged.

    Examples
    --------
    >>> template = load_mni152_template(resolution=2)
    >>> template.shape, template.affine[:3, 3]
    ((99, 117, 95), array([ -98., -134.,  -72.]))
    """
    return _template("t1", resolution)


def load_mni152_gm_template(resolution: float | None = None) -> Nifti1Image:
    """Share of grey matter in each voxel of the MNI152 template.

    Parameters
    ----------
    resolution : float or None
        See `load_mni152_template`, also for what is raised.

    Returns
    -------
    Nifti1Image
        3-D, float32, 0 to 1. Yours: it may be changed.

    Examples
    --------
    >>> load_mni152_gm_template(resolution=4).shape
    (50, 59, 48)
    """
    return _template("gm", resolution)


def load_mni152_wm_template(resolution: float | None = None) -> Nifti1Image:
    """Share of white matter in each voxel of the MNI152 template.

    Parameters
    ----------
    resolution : float or None
        See `load_mni152_template`, also for what is raised.

    Returns
    -------
    Nifti1Image
        3-D, float32, 0 to 1. Yours: it may be changed.

    Examples
    --------
    >>> load_mni152_wm_template(resolution=4).shape
    (50, 59, 48)
    """
    return _template("wm", resolution)


def load_mni152_brain_mask(
    resolution: float | None = None, threshold: float = 0.2
) -> Nifti1Image:
    """Where the MNI152 template is brighter than a part of its brightest voxel.

    Parameters
    ----------
    resolution : float or None
        See `load_mni152_template`.
    threshold : float
        From 0 to 1; inside are the voxels above it.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside.

    Raises
    ------
    TypeError, ValueError
        If an argument is no number, or out of range.
    ImageFileError
        If the file in the package is damaged.

    Warns
    -----
    MaskWarning
        If no voxel is inside.

    Examples
    --------
    >>> mask = load_mni152_brain_mask(resolution=4)
    >>> round(64e-6 * int(mask.get_fdata().sum()), 2)  # litres
    1.88
    """
    return _mask("t1", resolution, threshold, 0)


def load_mni152_gm_mask(
    resolution: float | None = None, threshold: float = 0.2, n_iter: int = 2
) -> Nifti1Image:
    """Where the MNI152 template has grey matter, small gaps closed.

    Parameters
    ----------
    resolution : float or None
        See `load_mni152_template`.
    threshold : float
        From 0 to 1; inside are the voxels whose share of grey matter is above it.
    n_iter : int
        Voxels by which the mask grows and shrinks again; 0: not at all.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside. For errors and warnings see `load_mni152_brain_mask`.

    Examples
    --------
    >>> int(load_mni152_gm_mask(resolution=4).get_fdata().max())
    1
    """
    return _mask("gm", resolution, threshold, n_iter)


def load_mni152_wm_mask(
    resolution: float | None = None, threshold: float = 0.2, n_iter: int = 2
) -> Nifti1Image:
    """Where the MNI152 template has white matter, small gaps closed.

    Parameters
    ----------
    resolution : float or None
        See `load_mni152_template`.
    threshold : float
        From 0 to 1; inside are the voxels whose share of white matter is above it.
    n_iter : int
        Voxels by which the mask grows and shrinks again; 0: not at all.

    Returns
    -------
    Nifti1Image
        3-D, uint8, 1 inside. For errors and warnings see `load_mni152_brain_mask`.

    Examples
    --------
    >>> int(load_mni152_wm_mask(resolution=4).get_fdata().max())
    1
    """
    return _mask("wm", resolution, threshold, n_iter)


def _template(kind: str, resolution: Any) -> Nifti1Image:
    side = _side(resolution)
    if side < _KEPT_FROM:
        return _image(*_values(kind, side))
    grid, values, about = _kept(kind, side)
    return _image(grid, values.copy(order="K"), about)


def _mask(kind: str, resolution: Any, threshold: Any, n_iter: Any) -> Nifti1Image:
    expected = "a number from 0 to 1"
    threshold = float(checked_number(threshold, "threshold", expected, low=0, high=1))
    n_iter = checked_whole(n_iter, "n_iter", "a number of voxels, 0 to 1000", high=1000)
    template = _template(kind, resolution)
    inside = np.asarray(template.dataobj) > threshold
    if n_iter:
        from scipy.ndimage import binary_closing

        inside = binary_closing(inside, iterations=n_iter)
    if not inside.any():
        warn(
            f"The mask is empty: no voxel is above the threshold ({threshold}).",
            MaskWarning,
        )
    mask = new_image(template, inside)
    mask.header["descrip"] = f"Above {threshold:g}: {_text(template)}"[:79]
    return mask


def _side(resolution: Any) -> float:
    if resolution is None:
        return 1.0
    expected = f"the side of voxels in mm, from {_FINEST:g} to {_COARSEST:g}, or None"
    limits = {"low": _FINEST, "high": _COARSEST}
    return float(checked_number(resolution, "resolution", expected, **limits))


@lru_cache(maxsize=3)
def _kept(kind: str, side: float) -> tuple[Grid, np.ndarray, str]:
    return _values(kind, side)


def _values(kind: str, side: float) -> tuple[Grid, np.ndarray, str]:
    """The template at a voxel size: where it lies, 0 to 1, and what it is."""
    # Python can be built without lzma: then only this does not work
    from boldglm.datasets.template_files import read_template

    stored = read_template(_FOLDER / f"mni152_{kind}.xz")
    x, y, z = stored.volume.shape
    source = Grid((x, y, z), stored.affine)
    target = target_grid(source, np.diag([side] * 3))
    if side == int(side):
        # The stored ones have 1 mm: what `regrid` would do, without loading it
        values = _every(int(side), stored.volume, target.shape)
    else:
        values = regrid(stored.volume.astype(np.float32), source, target)
    values /= _BRIGHTEST
    return target, values, stored.about


def _every(step: int, volume: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Every so many voxels of a volume, as float32; zeros where it has ended."""
    values = np.zeros(shape, dtype=np.float32, order="F")
    picked = volume[::step, ::step, ::step]
    x, y, z = picked.shape
    values[:x, :y, :z] = picked
    return values


def _image(grid: Grid, values: np.ndarray, about: str) -> Nifti1Image:
    img = Nifti1Image(values, grid.affine)
    header: Any = img.header
    header.set_sform(grid.affine, code="mni")
    header.set_qform(grid.affine, code="mni")
    header.set_xyzt_units("mm")
    header["cal_max"] = 1
    header["descrip"] = about
    return img


def _text(img: Nifti1Image) -> str:
    header: Any = img.header
    return bytes(header["descrip"].item()).decode("latin-1")
