"""How a file holds its voxels, and the one way they come out: forward, in pieces."""

import gzip
import math
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from nibabel.arrayproxy import ArrayProxy
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import ImageFileError
from boldglm.image.unchanged import HEADER_BYTES, check_same_file, check_same_header

__all__ = [
    "DECOMPRESSION_ERRORS",
    "Stored",
    "VoxelStream",
    "is_compressed",
    "stored_layout",
]

try:
    from isal import igzip, isal_zlib

    _ISAL_ERRORS: Any = (isal_zlib.error,)
except ImportError:  # pragma: no cover - platforms without isal
    igzip = isal_zlib = None  # type: ignore[assignment]
    _ISAL_ERRORS = ()

DECOMPRESSION_ERRORS: tuple[type[Exception], ...] = (zlib.error, *_ISAL_ERRORS)


_KNOWN_ENDINGS = frozenset({".nii", ".img", ".mgh"})
_GZIP_ENDINGS = frozenset({".gz", ".mgz"})
# A piece stays in the cache between decompression and conversion.
_PIECE = 2**18
# Straight into place there is nothing to keep: fewer calls.
_PIECE_IN_PLACE = 2**20
_GZIP_BUFFER = 2**19


@dataclass(frozen=True)
class Stored:
    """Where and how a file holds its voxels, volume after volume, x fastest.

    Attributes
    ----------
    path : Path
    offset : int
        Bytes before the first voxel, uncompressed.
    shape : tuple of int
    dtype : dtype
        As stored, byte order included.
    slope, inter : float
        value = slope * stored + inter
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    slope: float
    inter: float

    @property
    def n_voxels(self) -> int:
        """Voxels of one scan."""
        return math.prod(self.shape[:3])

    @property
    def n_scans(self) -> int:
        """Number of volumes."""
        return math.prod(self.shape[3:])

    @property
    def compressed(self) -> bool:
        """Whether the file is a gzip stream."""
        return self.path.suffix.lower() in _GZIP_ENDINGS

    @property
    def scaled(self) -> bool:
        """Whether values are not the stored numbers themselves."""
        return (self.slope, self.inter) != (1.0, 0.0)

    @property
    def n_bytes(self) -> int:
        """Size of the file the header promises, uncompressed."""
        return self.offset + self.n_voxels * self.n_scans * self.dtype.itemsize


def stored_layout(img: SpatialImage) -> Stored | None:
    """How the file behind `img` is laid out, or None where only nibabel knows."""
    proxy = img.dataobj
    if type(proxy) is not ArrayProxy or not isinstance(proxy.file_like, str):
        return None
    ending = os.path.splitext(proxy.file_like)[1].lower()  # noqa: PTH122 - per file
    if proxy.order != "F" or ending not in _KNOWN_ENDINGS | _GZIP_ENDINGS:
        return None
    return Stored(
        Path(proxy.file_like),
        int(proxy.offset),
        tuple(int(n) for n in proxy.shape),
        proxy.dtype,
        float(proxy.slope),
        float(proxy.inter),
    )


def is_compressed(img: SpatialImage) -> bool:
    """Whether the voxels of `img` have to be decompressed from a file.

    Examples
    --------
    >>> import nibabel as nib
    >>> is_compressed(nib.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4)))
    False
    """
    stored = stored_layout(img)
    return stored is not None and stored.compressed


class VoxelStream:
    """The voxels of a file from first to last, scaled and cast on the way.

    Parameters
    ----------
    stored : Stored
    halted : callable
        Asked between pieces, every millisecond or so; once it returns True,
        reading stops with `InterruptedError`.

    Notes
    -----
    Uncompressed files are read, not memory-mapped. Mapped pages count as memory
    of the process as they are touched, so that a run would seem to be held whole;
    and a mapped file that another program shortens, or whose server goes away,
    ends the process with a signal where reading raises an error that names the
    file. The copy out of the page cache runs at several GB/s, in another thread.
    """

    def __init__(
        self, stored: Stored, halted: Callable[[], bool] = lambda: False
    ) -> None:
        self._stored = stored
        self._halted = halted
        self._file = stored.path.open("rb", buffering=0)
        try:
            self._begun = os.fstat(self._file.fileno())
            self._stream = _gunzipping(self._file) if stored.compressed else self._file
        except BaseException:
            self._file.close()
            raise
        self._position = 0

    def __enter__(self) -> "VoxelStream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._stream is not self._file:
            self._stream.close()
        self._file.close()

    def go_to(self, scan: int) -> None:
        """Move forward to the first voxel of a scan.

        Raises
        ------
        ImageFileError
            If the file is not the one that the image was opened from.
        """
        stored = self._stored
        start = stored.offset + scan * stored.n_voxels * stored.dtype.itemsize
        # A pair has its header in another file
        if self._position == 0 and stored.path.suffix.lower() != ".img":
            head = np.empty(min(HEADER_BYTES, stored.offset), np.uint8)
            self._fill(head)
            check_same_header(stored, head.tobytes())
        if not stored.compressed:
            self._position = self._file.seek(start)
            return
        waste = np.empty(min(_PIECE, start), np.uint8)
        while self._position < start:
            self._fill(waste[: start - self._position])

    def read_into(self, out: np.ndarray) -> None:
        """Fill a one-dimensional array with the voxels that come next.

        Raises
        ------
        ImageFileError
            If the file ends before.
        """
        stored = self._stored
        if stored.dtype.newbyteorder("=") == out.dtype and not stored.scaled:
            for start in range(0, out.nbytes, _PIECE_IN_PLACE):
                self._fill(out.view(np.uint8)[start : start + _PIECE_IN_PLACE])
            if not stored.dtype.isnative:
                out.byteswap(inplace=True)
            return
        raw = np.empty(
            min(max(1, _PIECE // stored.dtype.itemsize), out.size), stored.dtype
        )
        for start in range(0, out.size, raw.size):
            piece = out[start : start + raw.size]
            self._fill(raw[: piece.size].view(np.uint8))
            _convert(raw[: piece.size], piece, stored)

    def finish(self) -> None:
        """Read on to the end of a gzip stream, where its checksum is compared.

        Raises
        ------
        ImageFileError
            If the file was changed meanwhile.
        """
        if self._stored.compressed:
            waste = np.empty(_PIECE, np.uint8)
            while self._stream.readinto(waste.data):
                self._stop_if_halted()
        check_same_file(self._stored, self._begun, os.fstat(self._file.fileno()))

    def _fill(self, rest: np.ndarray) -> None:
        """Read as many bytes as `rest` holds, or say where the file ends."""
        while rest.size:
            self._stop_if_halted()
            got = self._stream.readinto(rest.data)
            if not got:
                stored = self._stored
                msg = (
                    f"{stored.path} is truncated: its header (shape {stored.shape}, "
                    f"{stored.dtype}) promises {stored.n_bytes} bytes of data, "
                    f"they end after {self._position}. "
                    "Copy or make the file again."
                )
                raise ImageFileError(msg)
            self._position += got
            rest = rest[got:]

    def _stop_if_halted(self) -> None:
        if self._halted():
            raise InterruptedError


def _gunzipping(file: Any) -> Any:
    """A raw stream of what is in a gzip file, of any number of members."""
    if isal_zlib is None:  # pragma: no cover - platforms without isal
        return gzip.GzipFile(fileobj=file, mode="rb")
    # The reader under igzip.open, which copies every byte twice more: 1.4 times as
    # fast. It is not isal's public face, so there may come a day without it.
    reader: Any = getattr(isal_zlib, "_GzipReader", None)
    if reader is None:  # pragma: no cover - a later isal
        return igzip.IGzipFile(fileobj=file, mode="rb")  # type: ignore[no-untyped-call]
    return reader(file, _GZIP_BUFFER)


def _convert(raw: np.ndarray, out: np.ndarray, stored: Stored) -> None:
    """Cast stored numbers to values; scaling is done in float64."""
    if not raw.dtype.isnative:
        raw = raw.byteswap(inplace=True).view(raw.dtype.newbyteorder("="))
    if stored.scaled:
        with np.errstate(over="ignore", invalid="ignore"):
            raw = np.multiply(raw, np.float64(stored.slope))
            raw += stored.inter
    # what a damaged scale makes of a value may be more than its type holds: infinite
    with np.errstate(over="ignore", invalid="ignore"):
        np.copyto(out, raw, casting="unsafe")
