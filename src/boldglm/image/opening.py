"""Opening an image file: what it is, and whether it is whole, from its header."""

import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import nibabel as nib
from nibabel.filebasedimages import ImageFileError as NibabelFileError
from nibabel.freesurfer.mghformat import MGHError
from nibabel.spatialimages import HeaderDataError, SpatialImage
from nibabel.wrapstruct import WrapStructError

from boldglm._base.errors import ImageFileError
from boldglm.image.stored import DECOMPRESSION_ERRORS, stored_layout

__all__ = ["name_of", "naming", "open_image"]

FILE_TROUBLE: tuple[type[Exception], ...] = (
    NibabelFileError,
    HeaderDataError,
    WrapStructError,
    OSError,
    EOFError,
    struct.error,
    *DECOMPRESSION_ERRORS,
)
# What nibabel stumbles over in headers that hold nonsense.
_HEADER_TROUBLE = (
    *FILE_TROUBLE,
    ValueError,
    TypeError,
    KeyError,
    OverflowError,
    MGHError,
)


# What decides about a NIfTI file: the length of its header and its magic word.
_NIFTI_HEADER = 348
_NIFTI_MAGIC = slice(344, 348)
# The deflate format cannot do better, so a damaged header is found out before
# anybody asks for the memory it promises.
_HIGHEST_COMPRESSION = 1032


@contextmanager
def naming(
    path: Any, trouble: tuple[type[Exception], ...] = FILE_TROUBLE
) -> Iterator[None]:
    """Turn what goes wrong while reading `path` into one error that names it."""
    try:
        yield
    except ImageFileError:
        raise
    except trouble as error:
        if isinstance(error, OSError) and error.errno:
            part = f" ({error.filename})" if error.filename else ""
            msg = (
                f"{path} cannot be read: {error.strerror}{part}. Check that you may "
                "read it and that its disk is at hand."
            )
            raise ImageFileError(msg) from error
        msg = (
            f"{path} cannot be read as an image: {error or type(error).__name__}. The "
            "file may be truncated, corrupt, or no image at all: copy or make it again."
        )
        raise ImageFileError(msg) from error


def name_of(img: Any) -> str:
    """What to call an image in a message: its file, or its class and shape.

    Examples
    --------
    >>> name_of("sub-01_bold.nii.gz")
    'sub-01_bold.nii.gz'
    >>> import numpy as np
    >>> name_of(nib.Nifti1Image(np.zeros((2, 3, 4)), np.eye(4)))
    'Nifti1Image of shape (2, 3, 4)'
    """
    if isinstance(img, str | PathLike):
        return str(img)
    get_filename = getattr(img, "get_filename", None)
    filename = get_filename() if get_filename is not None else None
    if filename:
        return str(filename)
    return f"{type(img).__name__} of shape {getattr(img, 'shape', None)}"


def open_image(path: str | PathLike) -> SpatialImage:
    """Read the header of an image file; the voxels stay on disk.

    Parameters
    ----------
    path : str or Path
        Any volume format that nibabel reads.

    Returns
    -------
    nibabel image

    Raises
    ------
    ImageFileError
        If the file is missing, empty, unreadable, shorter than its header
        promises, or not a volume image.
    """
    path = Path(path)
    status = _status(path)
    header = _header_of(path)
    name = path if header == path else f"{path} (with its header {header.name})"
    with naming(name, _HEADER_TROUBLE):
        kind = _nifti_kind(path)
        img = nib.load(path) if kind is None else kind.from_filename(path)
    if not isinstance(img, SpatialImage):
        msg = f"{path} is a {type(img).__name__}, not a volume image."
        raise ImageFileError(msg)
    if min(img.shape, default=0) < 1:
        msg = f"{path} holds no voxels: its header gives shape {img.shape}."
        raise ImageFileError(msg)
    _check_length(path, img, status.st_size)
    return img


def _status(path: Path) -> os.stat_result:
    """Size and kind of a file, asked for once: folders may be far away."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        msg = f"File not found: '{path}' (looked from {Path.cwd()})."
        raise ImageFileError(msg) from error
    except OSError:
        with naming(path):
            raise
    if stat.S_ISDIR(status.st_mode):
        msg = f"{path} is a folder; give the files in it, for example '{path}/*.nii'."
        raise ImageFileError(msg)
    if not os.access(path, os.R_OK):
        denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with naming(path):
            raise denied
    if status.st_size == 0:
        msg = f"{path} is empty (0 bytes)."
        raise ImageFileError(msg)
    return status


def _header_of(path: Path) -> Path:
    """The file that holds the header of an image: for a pair, not that of the voxels.

    Examples
    --------
    >>> _header_of(Path("run-1.img")).name
    'run-1.hdr'
    """
    return path.with_suffix(".hdr") if path.suffix == ".img" else path


def _nifti_kind(path: Path) -> type[SpatialImage] | None:
    """The class of a plain NIfTI-1 file; None leaves the question to nibabel.

    nibabel asks each of its formats in turn, which costs a fifth of opening.
    """
    name = str(path)
    kind: type[SpatialImage]
    if name.endswith(".nii"):
        kind, magic = nib.Nifti1Image, b"n+1\0"
    elif name.endswith((".img", ".hdr")):
        kind, magic = nib.Nifti1Pair, b"ni1\0"
    else:
        return None
    header = _first_bytes(path)
    lengths = (struct.pack("<i", _NIFTI_HEADER), struct.pack(">i", _NIFTI_HEADER))
    known = header[:4] in lengths and header[_NIFTI_MAGIC] == magic
    return kind if known else None


def _first_bytes(path: Path) -> bytes:
    """The header of an image; of a pair, that of its other file."""
    source = _header_of(path)
    try:
        with source.open("rb", buffering=0) as file:
            header = file.read(_NIFTI_HEADER)
    except FileNotFoundError as error:
        msg = f"{path} cannot be read: its header {source.name} is not beside it."
        raise ImageFileError(msg) from error
    if source != path and len(header) < _NIFTI_HEADER:
        msg = (
            f"{path} cannot be read: its header {source.name} ends after "
            f"{len(header)} bytes, expected {_NIFTI_HEADER}. Copy or make both files "
            "again."
        )
        raise ImageFileError(msg)
    return header


def _check_length(path: Path, img: SpatialImage, size: int) -> None:
    stored = stored_layout(img)
    if stored is None:
        return
    if stored.offset < 0:
        msg = (
            f"{path} has a damaged header: the voxels would begin at byte "
            f"{stored.offset} of {stored.path.name}. Copy or make the file again."
        )
        raise ImageFileError(msg)
    if stored.path != path:
        with naming(path):
            size = stored.path.stat().st_size
    if stored.compressed:
        size *= _HIGHEST_COMPRESSION
    if size < stored.n_bytes:
        has = "can hold" if stored.compressed else "has"
        msg = (
            f"{path} is truncated: its header (shape {stored.shape}, "
            f"{stored.dtype}) promises {stored.n_bytes} bytes, "
            f"{stored.path.name} {has} {size}. Copy or make the file again."
        )
        raise ImageFileError(msg)
