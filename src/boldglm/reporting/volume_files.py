"""Maps as small files for the viewer."""

import gzip
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from boldglm.reporting.content import Volume

__all__ = ["as_volume", "background_volume"]

#: Levels of a map, on either side of 0, and of an anatomy
MAP_LEVELS, GREY_LEVELS = 32767, 255
#: Voxels of an anatomy that the viewer needs; beyond, every second is left out
LARGEST = 1_500_000


def as_volume(
    name: str,
    values: npt.NDArray[Any],
    affine: npt.NDArray[np.float64],
    inside: npt.NDArray[np.bool_] | None = None,
    levels: int = MAP_LEVELS,
) -> Volume:
    """A map as a gzipped NIfTI file of int16 with a slope, cut to what is not empty.

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
    levels : int
        The largest value is so many steps from 0.

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
    known = np.nan_to_num(
        np.asarray(values, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0
    )
    box, first = _box(known != 0 if inside is None else inside)
    known = known[box]
    largest = float(np.abs(known).max(initial=0.0))
    # a slope is single precision: numbers are rounded with the one that is written
    step = float(np.float32(largest / levels)) if largest else 1.0
    stored = np.clip(np.rint(known / step), -MAP_LEVELS, MAP_LEVELS).astype(np.int16)
    moved = np.array(affine, dtype=np.float64)
    moved[:3, 3] += moved[:3, :3] @ first
    return Volume(
        name=name,
        nifti=_compressed(_nifti(stored, moved, step)),
        largest=largest,
        step=step,
        has_negative=bool((known < 0).any()),
    )


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
    return as_volume("background", known, moved, levels=GREY_LEVELS)
