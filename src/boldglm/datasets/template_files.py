r"""How the bundled templates are stored: one hemisphere, in differences.

The brain of a symmetric template is its own mirror image in the plane half way
along x, so half of it is stored (ADR 0014). A file is compressed by xz; inside is
one line of JSON, then the voxels. In a few lines of numpy, without boldglm::

    line, _, stored = lzma.open(path).read().partition(b"\n")
    head = json.loads(line)
    first, stop, shape = *np.transpose(head["box"]), np.array(head["shape"])
    half = np.frombuffer(stored, np.uint8).reshape(stop - first)
    half = half.cumsum(0, np.uint8).cumsum(1, np.uint8).cumsum(2, np.uint8)
    volume = np.pad(half, np.transpose([first, shape - stop]))
    volume = np.maximum(volume, volume[::-1])

=============  ==============================================================
``shape``      voxels along each axis of the whole volume
``affine``     voxel to world of the whole volume, mm, 4 by 4
``box``        first voxel and the one after the last of what is stored, by
               axis; all other voxels of this half are 0. Along x it ends with
               the middle of the volume.
``crc32``      `zlib.crc32` of the whole volume, uint8, x fastest
``about``      what it is, and whose
=============  ==============================================================

Voxels are unsigned bytes in C order, and each is stored as what it has more, modulo
256, than its neighbours predict: the differences along x, of these along y, of these
along z.
"""

import json
import lzma
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boldglm._base.errors import ImageFileError

__all__ = ["StoredTemplate", "pack_template", "read_template", "unpack_template"]

# Differences have no phase (lp, pb), but their neighbour foretells their size (lc).
_FILTERS = [
    {
        "id": lzma.FILTER_LZMA2,
        "preset": 9 | lzma.PRESET_EXTREME,
        "dict_size": 2**22,
        "lc": 4,
        "lp": 0,
        "pb": 0,
    }
]


@dataclass(frozen=True, eq=False)
class StoredTemplate:
    """A template of one byte per voxel.

    Attributes
    ----------
    volume : (x, y, z) uint8
        The same when x is turned around.
    affine : (4, 4) float64
        Voxel to world, mm.
    about : str
        What it is, and whose.
    """

    volume: np.ndarray
    affine: np.ndarray
    about: str


def pack_template(template: StoredTemplate) -> bytes:
    """The file of a template; the same bytes each time from one version of liblzma.

    Parameters
    ----------
    template : StoredTemplate
        Not modified.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the volume is not uint8 in three dimensions, holds nothing, or is not its
        own mirror image.

    Examples
    --------
    >>> volume = np.zeros((5, 3, 3), dtype=np.uint8)
    >>> volume[1:4, 1, 1] = [7, 9, 7]
    >>> packed = pack_template(StoredTemplate(volume, np.eye(4), "a dot"))
    >>> unpack_template(packed).volume[:, 1, 1]
    array([0, 7, 9, 7, 0], dtype=uint8)
    """
    volume = template.volume
    if volume.dtype != np.uint8 or volume.ndim != 3 or not volume.any():
        msg = (
            f"The volume is {volume.dtype} of shape {volume.shape}; expected uint8 in "
            "three dimensions, not all of them 0."
        )
        raise ValueError(msg)
    apart = np.count_nonzero(volume != volume[::-1])
    if apart:
        msg = (
            f"{apart} voxels of the volume differ from their mirror image in x; "
            "expected none. Only a symmetric template can be stored as one half."
        )
        raise ValueError(msg)
    found = np.nonzero(volume)
    box = [(int(at.min()), int(at.max()) + 1) for at in found]
    box[0] = (box[0][0], (len(volume) + 1) // 2)
    stored = volume[_slices(box)]
    for axis in range(3):
        stored = np.diff(stored, axis=axis, prepend=np.uint8(0))
    head = {
        "about": template.about,
        "shape": volume.shape,
        "affine": np.asarray(template.affine, dtype=float).tolist(),
        "box": box,
        "crc32": zlib.crc32(volume.tobytes(order="F")),
    }
    content = json.dumps(head).encode() + b"\n" + stored.tobytes()
    return lzma.compress(content, format=lzma.FORMAT_XZ, filters=_FILTERS)


def unpack_template(packed: bytes) -> StoredTemplate:
    """The template in the bytes of a file, its checksum compared.

    Raises
    ------
    ValueError, KeyError, TypeError, lzma.LZMAError
        If they are anything else than `pack_template` makes; see `read_template`.

    Examples
    --------
    >>> dot = StoredTemplate(np.ones((1, 1, 1), np.uint8), np.eye(4), "a dot")
    >>> unpack_template(pack_template(dot)).about
    'a dot'
    """
    line, _, stored = lzma.decompress(packed, format=lzma.FORMAT_XZ).partition(b"\n")
    head: dict[str, Any] = json.loads(line)
    box = head["box"]
    half = np.frombuffer(stored, np.uint8).reshape([high - low for low, high in box])
    for axis in range(3):
        # bytes wrap around, as the differences did
        half = np.add.accumulate(half, axis=axis, dtype=np.uint8)
    # x fastest, as files of images are
    volume = np.zeros(head["shape"], dtype=np.uint8, order="F")
    inside = _slices(box)
    volume[inside] = half
    volume[::-1][inside] = half
    if zlib.crc32(volume.T.data) != head["crc32"]:
        msg = "its checksum is another"
        raise ValueError(msg)
    return StoredTemplate(volume, np.array(head["affine"], dtype=float), head["about"])


def read_template(path: Path) -> StoredTemplate:
    """The template in a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    StoredTemplate
        The volume is new, x fastest, and may be written to.

    Raises
    ------
    ImageFileError
        If the file is missing, cannot be read, or is damaged.

    Examples
    --------
    >>> read_template(Path("no_template.xz"))
    Traceback (most recent call last):
        ...
    boldglm._base.errors.ImageFileError: The template file no_template.xz cannot be...
    """
    advice = "It comes with boldglm: reinstall it (pip install --force-reinstall)."
    try:
        return unpack_template(path.read_bytes())
    except OSError as error:
        msg = (
            f"The template file {path} cannot be read "
            f"({error.strerror or error}). {advice}"
        )
        raise ImageFileError(msg) from error
    except (ValueError, KeyError, TypeError, lzma.LZMAError) as error:
        msg = f"The template file {path} is damaged ({error}). {advice}"
        raise ImageFileError(msg) from error


def _slices(box: Any) -> tuple[slice, ...]:
    return tuple(slice(low, high) for low, high in box)
