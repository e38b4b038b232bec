"""Maps as small files for the viewer."""

import gzip
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from boldglm.reporting.content import Volume

__all__ = ["STEP", "as_volume", "background_volume"]

#: Distance of the levels of a map, z: as fine as numbers on the page are written.
#: Finer ones are noise, which no file format makes small.
STEP = 0.01
#: Levels on either side of 0: that int16 has, and of an anatomy
MOST_LEVELS, GREY_LEVELS = 32767, 255
#: Voxels of an anatomy that the viewer needs; beyond, every second is left out
LARGEST = 1_500_000


def as_volume(
    name: str,
    values: npt.NDArray[Any],
    affine: npt.NDArray[np.float64],
    inside: npt.NDArray[np.bool_] | None = None,
    *,
    height: float | None = None,
    step: float = STEP,
) -> Volume:
    """A map as a gzipped NIfTI file of int16 with a slope, cut to what is not empty.

    Values are rounded to multiples of a step. With a `height` the step is shortened so
    that ``height = (k + 1/2) step`` for a whole k: it lies in the middle between two
    levels, no value is rounded across it, and as many voxels of the file as of the map
    reach it.

    Parameters
    ----------
    name : str
        See `Volume`.
    values : (x, y, z) array
        What is not finite counts as 0.
    affine : (4, 4) float64
        Voxel to world, mm.
    inside : (x, y, z) bool, optional
        The box around it is kept. Default: around what is not 0.
    height : float, optional
        A threshold, on both sides of 0. One that is not finite is none.
    step : float
        Distance of neighbouring levels; less for a `height`, more for values that int16
        does not reach.

    Returns
    -------
    Volume

    Examples
    --------
    >>> z = np.zeros((4, 4, 4))
    >>> z[1, 2, 3] = -6.0
    >>> volume = as_volume("z", z, np.eye(4))
    >>> img = nib.Nifti1Image.from_bytes(gzip.decompress(volume.nifti))
    >>> img.shape, img.affine[:3, 3], img.get_fdata().ravel()
    ((1, 1, 1), array([1., 2., 3.]), array([-6.]))
    """
    given = np.asarray(values)
    if inside is None:
        inside = np.isfinite(given) & (given != 0)
    box, first = _box(inside)
    known = given[box].astype(np.float64)
    known[~np.isfinite(known)] = 0.0
    largest = float(np.abs(known).max(initial=0.0))
    if height is not None and not np.isfinite(height):
        height = None
    step = _step(step, largest, height)
    moved = np.array(affine, dtype=np.float64)
    moved[:3, 3] += moved[:3, :3] @ first
    return Volume(
        name=name,
        nifti=_compressed(_nifti(_levels(known, step, height), moved, step)),
        largest=largest,
        step=step,
        has_negative=bool((known < 0).any()),
    )


def _step(wanted: float, largest: float, height: float | None) -> float:
    """A step that int16 is enough for, with the height in the middle of two levels."""
    finest = largest / (MOST_LEVELS - 1)
    step = max(wanted, finest)
    if height:
        below = max(np.ceil(abs(height) / step - 0.5), 0.0)
        if abs(height) < finest * (below + 0.5):
            below -= 1.0
        # a height of less than half the finest step has only 0 below it
        step = abs(height) / (below + 0.5) if below >= 0 else step
    # a slope is single precision: numbers are rounded with the one that is written
    return float(np.float32(step))


def _levels(
    known: npt.NDArray[np.float64], step: float, height: float | None
) -> npt.NDArray[np.int16]:
    """Values in steps, none rounded across the height."""
    levels = np.rint(known / step)
    if height is not None:
        # the step is rounded too, and what a computation puts onto the height passes
        below = np.floor(abs(height) / step)
        size = np.abs(levels)
        passes = (np.abs(known) >= abs(height)) & (known != 0)
        size = np.where(passes, np.maximum(size, below + 1), np.minimum(size, below))
        levels = np.copysign(size, known)
    return levels.astype(np.int16)


def _box(inside: npt.NDArray[np.bool_]) -> tuple[tuple[slice, ...], npt.NDArray[Any]]:
    """The box around some voxels, and its first voxel; everything if there are none."""
    if not inside.any():
        return (slice(None),) * 3, np.zeros(3)
    ends = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        at = np.flatnonzero(inside.any(axis=others))
        ends.append((int(at[0]), int(at[-1]) + 1))
    return tuple(slice(a, b) for a, b in ends), np.array([a for a, _ in ends])


def _nifti(stored: npt.NDArray[np.int16], affine: Any, step: float) -> bytes:
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape(stored.shape)
    header.set_qform(affine, code="aligned")
    header.set_sform(affine, code="aligned")
    header.set_xyzt_units("mm")
    header.set_slope_inter(step, 0.0)
    header["magic"], header["vox_offset"] = b"n+1", 352
    # four zeros: no extensions
    return header.binaryblock + bytes(4) + stored.tobytes(order="F")


def _compressed(content: bytes) -> bytes:
    try:
        from isal import igzip
    except ImportError:  # pragma: no cover - platforms without isal
        return gzip.compress(content, compresslevel=5, mtime=0)
    return bytes(igzip.compress(content, compresslevel=2, mtime=0))


def background_volume(
    values: npt.NDArray[Any], affine: npt.NDArray[np.float64]
) -> Volume | None:
    """An anatomy for the viewer, in 255 greys; None where it has nothing but 0.

    Of an anatomy of more than 1.5 million voxels every second voxel is taken along
    each axis, until it has fewer.
    """
    shown, moved = np.asarray(values), np.array(affine, dtype=np.float64)
    while shown.size > LARGEST:
        shown = shown[::2, ::2, ::2]
        moved[:3, :3] *= 2.0
    known = np.nan_to_num(np.asarray(shown, np.float32), posinf=0.0, neginf=0.0)
    if not known.any():
        return None
    # a bright vessel darkens nothing
    bright = float(np.percentile(known[known > 0], 99.8)) if (known > 0).any() else 0.0
    known = np.clip(known, None, bright) if bright else known
    step = float(np.abs(known).max()) / GREY_LEVELS
    return as_volume("background", known, moved, step=step)
