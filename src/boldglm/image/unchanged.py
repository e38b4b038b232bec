"""Whether a file is still the one that an image was opened from."""

import os
import struct
from typing import TYPE_CHECKING

import nibabel as nib

from boldglm._base.errors import ImageFileError

if TYPE_CHECKING:
    from boldglm.image.stored import Stored

__all__ = ["HEADER_BYTES", "check_same_file", "check_same_header"]

HEADER_BYTES = 540
"""Enough for the header of either version of NIfTI."""

_DAMAGE = (nib.spatialimages.HeaderDataError, KeyError, ValueError, OverflowError)
_HEADERS = {
    struct.pack(order, size): kind
    for order in ("<i", ">i")
    for size, kind in ((348, nib.Nifti1Header), (540, nib.Nifti2Header))
}


def check_same_header(stored: "Stored", start: bytes) -> None:
    """Compare what an image says of its voxels with what its file says now.

    A header is read when an image is opened, and voxels when they are needed. A file
    that was put in its place in between would be read as what it is not.

    Parameters
    ----------
    stored : Stored
    start : bytes
        The first of the file, uncompressed. Of formats that have no header there,
        nothing is known.

    Raises
    ------
    ImageFileError
        If they differ in the type, number, place or scale of the voxels.
    """
    kind = _HEADERS.get(start[:4])
    if kind is None or len(start) < kind.template_dtype.itemsize:
        return
    header = kind(start[: kind.template_dtype.itemsize], check=False)
    try:
        dtype, shape = header.get_data_dtype(), header.get_data_shape()
        scale = tuple(header.get_slope_inter())
        offset = header.get_data_offset()
    except _DAMAGE as error:
        msg = _replaced(stored, f"its header is damaged by now ({error})")
        raise ImageFileError(msg) from error
    now = type(stored)(stored.path, offset, shape, dtype, 1.0, 0.0)
    same = (now.offset, now.dtype, now.n_bytes) == (
        stored.offset,
        stored.dtype,
        stored.n_bytes,
    )
    # An image may ask for the stored numbers, without the scale of the file
    if stored.scaled:
        same &= scale == (stored.slope, stored.inter)
    if not same:
        msg = _replaced(
            stored,
            f"its header said shape {stored.shape}, {stored.dtype}, and says {shape}, "
            f"{dtype} by now, or another scale or place of the voxels",
        )
        raise ImageFileError(msg)


def check_same_file(
    stored: "Stored", before: os.stat_result, after: os.stat_result
) -> None:
    """Compare a file before and after it was read.

    Raises
    ------
    ImageFileError
        If its length, or the time of its last change, is another.
    """
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        msg = (
            f"{stored.path} was changed while it was read, so that what was read may "
            "be partly old and partly new. Let the program that writes it end, and "
            "read it again."
        )
        raise ImageFileError(msg)


def _replaced(stored: "Stored", how: str) -> str:
    return (
        f"{stored.path} was replaced after it was opened: {how}. Open the file again, "
        "when the program that writes it has ended."
    )
