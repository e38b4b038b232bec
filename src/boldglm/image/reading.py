"""From an image file to arrays: one forward pass, checked to the last byte."""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import IO, Any

import nibabel as nib
import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.filebasedimages import ImageFileError as NibabelFileError
from nibabel.spatialimages import HeaderDataError, SpatialImage
from nibabel.wrapstruct import WrapStructError

from boldglm._base.errors import ImageFileError
from boldglm.core.parallel import blocks, n_workers

__all__ = ["iter_blocks", "name_of", "open_image", "read_data", "working_dtype"]

_FILE_TROUBLE = (
    NibabelFileError,
    HeaderDataError,
    WrapStructError,
    OSError,
    EOFError,
    zlib.error,
    struct.error,
)


@dataclass(frozen=True)
class _Stored:
    """Where and how a file holds its voxels, volume after volume, x fastest."""

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    slope: float
    inter: float

    @property
    def n_voxels(self) -> int:
        return int(np.prod(self.shape[:3]))

    @property
    def n_scans(self) -> int:
        return int(np.prod(self.shape[3:]))

    @property
    def compressed(self) -> bool:
        return self.path.suffix.lower() == ".gz"

    @property
    def n_bytes(self) -> int:
        """Size of the file the header promises, uncompressed."""
        return self.offset + self.n_voxels * self.n_scans * self.dtype.itemsize


@contextmanager
def _naming(path: Any) -> Iterator[None]:
    """Turn what goes wrong while reading `path` into one error that names it."""
    try:
        yield
    except ImageFileError:
        raise
    except _FILE_TROUBLE as error:
        msg = (
            f"{path} cannot be read as an image: {error or type(error).__name__}. "
            "The file may be truncated, corrupt, or no image at all."
        )
        raise ImageFileError(msg) from error


def name_of(img: Any) -> str:
    """What to call an image in a message: its file, or its class and shape.

    Examples
    --------
    >>> name_of("sub-01_bold.nii.gz")
    'sub-01_bold.nii.gz'
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
    if not path.exists():
        msg = f"File not found: '{path}' (looked from {Path.cwd()})."
        raise ImageFileError(msg)
    if path.is_dir():
        msg = f"{path} is a folder; give the files in it, for example '{path}/*.nii'."
        raise ImageFileError(msg)
    if path.stat().st_size == 0:
        msg = f"{path} is empty (0 bytes)."
        raise ImageFileError(msg)
    with _naming(path):
        img = nib.load(path)
    if not isinstance(img, SpatialImage):
        msg = f"{path} is a {type(img).__name__}, not a volume image."
        raise ImageFileError(msg)
    if 0 in img.shape:
        msg = f"{path} holds no voxels: its header gives shape {img.shape}."
        raise ImageFileError(msg)
    _check_length(path, img)
    return img


def _check_length(path: Path, img: SpatialImage) -> None:
    stored = _stored(img)
    if stored is None or stored.compressed or not stored.path.exists():
        return
    size = stored.path.stat().st_size
    if size < stored.n_bytes:
        msg = (
            f"{path} is truncated: its header (shape {stored.shape}, "
            f"{stored.dtype}) promises {stored.n_bytes} bytes, "
            f"{stored.path.name} has {size}."
        )
        raise ImageFileError(msg)


def _stored(img: SpatialImage) -> _Stored | None:
    """How the file behind `img` is laid out, or None where only nibabel knows."""
    proxy = img.dataobj
    if type(proxy) is not ArrayProxy or not isinstance(proxy.file_like, str):
        return None
    path = Path(proxy.file_like)
    if proxy.order != "F" or path.suffix.lower() not in (".nii", ".img", ".gz"):
        return None
    return _Stored(
        path,
        int(proxy.offset),
        tuple(int(n) for n in proxy.shape),
        proxy.dtype,
        float(proxy.slope),
        float(proxy.inter),
    )


def working_dtype(img: SpatialImage) -> np.dtype[Any]:
    """The type the voxels of `img` are read as.

    Stored type in native byte order; where the file has a scale slope or
    intercept, the narrowest float of at least 32 bits that holds the stored
    integers: float32 for up to 16 bits, float64 above.

    Raises
    ------
    ImageFileError
        If the voxels are not real numbers (colours, complex).

    Examples
    --------
    >>> working_dtype(nib.Nifti1Image(np.zeros((2, 2, 2), ">i2"), np.eye(4)))
    dtype('int16')
    """
    proxy = img.dataobj
    stored = np.dtype(getattr(proxy, "dtype", None) or img.get_data_dtype())
    if stored.kind not in "biuf":
        msg = (
            f"{name_of(img)} stores voxels of type {stored}; "
            "expected integers or floating-point numbers."
        )
        raise ImageFileError(msg)
    if stored.itemsize > 8:
        return np.dtype(np.float64)
    scale = (getattr(proxy, "slope", 1.0), getattr(proxy, "inter", 0.0))
    if scale != (1.0, 0.0):
        return np.promote_types(stored, np.float32)
    return stored if stored.isnative else stored.newbyteorder("=")


def read_data(img: SpatialImage, dtype: Any = None) -> np.ndarray:
    """All voxels of an image.

    Parameters
    ----------
    img : nibabel image
    dtype : dtype or None
        None: `working_dtype`.

    Returns
    -------
    (x, y, z) or (x, y, z, scan)
        The array of an image in memory itself, where it has the dtype already:
        do not write to it. Otherwise a new array, x fastest.

    Raises
    ------
    ImageFileError
        If the file ends early or is corrupt.
    """
    wanted = working_dtype(img) if dtype is None else np.dtype(dtype)
    if isinstance(img.dataobj, np.ndarray):
        return np.asarray(img.dataobj, dtype=wanted)
    data: np.ndarray = np.empty(img.shape, dtype=wanted, order="F")
    scans = data.reshape(*img.shape[:3], -1, order="F")
    for cut, block in iter_blocks(img, wanted):
        scans[..., cut] = block
    return data


def iter_blocks(
    img: SpatialImage,
    dtype: Any = np.float32,
    span: slice | None = None,
    size: int | None = None,
) -> Iterator[tuple[slice, np.ndarray]]:
    """Hand on an image block of scans by block of scans, in one forward pass.

    Memory is that of a block, whatever the number of scans.

    Parameters
    ----------
    img : nibabel image
        A 3-D image is one scan.
    dtype : dtype
        Of the blocks. Scale slope and intercept are applied in float64.
    span : slice or None
        Only scans ``span.start`` to ``span.stop - 1``.
    size : int or None
        Scans in a block. None: enough to keep the threads busy.

    Yields
    ------
    cut : slice
        Which scans these are.
    block : (x, y, z, scan)
        x fastest. The caller's own: it may be written to.

    Raises
    ------
    ImageFileError
        If the file ends early or is corrupt.

    Examples
    --------
    >>> img = nib.Nifti1Image(np.arange(10.0).reshape(1, 1, 1, 10), np.eye(4))
    >>> for cut, block in iter_blocks(img, size=5):
    ...     print(cut.start, block.shape, block.sum())
    0 (1, 1, 1, 5) 10.0
    5 (1, 1, 1, 5) 35.0
    """
    wanted = np.dtype(dtype)
    n_scans = int(np.prod(img.shape[3:]))
    first, last, _ = (span or slice(None)).indices(n_scans)
    step = size or _block_size(int(np.prod(img.shape[:3])))
    cuts = [slice(first + c.start, first + c.stop) for c in blocks(last - first, step)]
    stored = _stored(img)
    if stored is not None:
        with _naming(stored.path):
            yield from _blocks_of_file(stored, wanted, cuts)
        return
    with _naming(name_of(img)):
        data = np.asanyarray(img.dataobj).reshape(*img.shape[:3], -1, order="F")
    for cut in cuts:
        yield cut, np.array(data[..., cut], dtype=wanted, order="F")


def _block_size(n_voxels: int) -> int:
    """Scans per block: two per thread, more of small volumes, at most 256 MB."""
    busy = max(2 * n_workers(), 2**21 // n_voxels)
    return max(1, min(busy, 2**26 // n_voxels))


def _blocks_of_file(
    stored: _Stored, dtype: np.dtype[Any], cuts: list[slice]
) -> Iterator[tuple[slice, np.ndarray]]:
    if not cuts:
        return
    volume_bytes = stored.n_voxels * stored.dtype.itemsize
    with _open(stored) as stream:
        stream.seek(stored.offset + cuts[0].start * volume_bytes)
        for cut in cuts:
            raw = np.empty((cut.stop - cut.start, stored.n_voxels), stored.dtype)
            _fill(stream, raw, stored)
            yield cut, _as_volumes(raw, stored, dtype)
        if cuts[-1].stop == stored.n_scans:
            # one byte more makes gzip compare its checksum
            stream.read(1)


def _open(stored: _Stored) -> IO[bytes]:
    if not stored.compressed:
        return stored.path.open("rb")
    try:
        from isal import igzip
    except ImportError:  # pragma: no cover - platforms without isal
        return io.BufferedReader(gzip.open(stored.path, "rb"))
    stream: IO[bytes] = igzip.open(stored.path, "rb")  # type: ignore[no-untyped-call]
    return stream


def _fill(stream: IO[bytes], raw: np.ndarray, stored: _Stored) -> None:
    """Read as many bytes as `raw` holds, or say where the file ends."""
    rest = raw.reshape(-1).view(np.uint8).data
    while rest:
        # a piece at a time stays in the cache between decompression and copy
        got = stream.readinto(rest[: 2**20])  # type: ignore[attr-defined]
        if not got:
            msg = (
                f"{stored.path} is truncated: its header (shape {stored.shape}, "
                f"{stored.dtype}) promises {stored.n_bytes} bytes of data, "
                f"they end after {stream.tell()}."
            )
            raise ImageFileError(msg)
        rest = rest[got:]


def _as_volumes(raw: np.ndarray, stored: _Stored, dtype: np.dtype[Any]) -> np.ndarray:
    """Scale and cast raw (scan, voxel) bytes; return them as (x, y, z, scan)."""
    rows = raw
    if (stored.slope, stored.inter) != (1.0, 0.0):
        rows = np.empty(raw.shape, dtype=dtype)
        for row, volume in zip(rows, raw, strict=True):
            row[...] = volume * np.float64(stored.slope) + stored.inter
    elif raw.dtype != dtype:
        rows = raw.astype(dtype)
    shape = (*stored.shape[:3], raw.shape[0])
    return rows.reshape(-1).reshape(shape, order="F")
