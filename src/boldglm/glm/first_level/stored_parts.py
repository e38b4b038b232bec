"""The arrays of a saved model, looked at before they are read."""

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from boldglm._base.errors import ImageFileError, NotEnoughMemoryError
from boldglm._base.memory import enough_memory

__all__ = ["StoredParts", "opened_parts"]

# What the readers of zip archives and of array headers raise on files that are none
# of theirs, cut short, or with a bit flipped.
_DAMAGE = (
    ValueError,
    OSError,
    EOFError,
    SyntaxError,
    RuntimeError,
    MemoryError,
    AttributeError,
    TypeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
# The deflate format cannot do better: what says otherwise is no honest archive.
_HIGHEST_COMPRESSION = 1032
# Of one part whose size follows from nothing else in the file.
_LARGEST_FREE = 2**31
# Kinds of numbers and text: letters of numpy's, and sizes in bytes.
_KINDS = {"float": ("f", (4, 8)), "whole": ("iu", (1, 2, 4, 8)), "text": ("U", None)}


class StoredParts:
    """Arrays in an open archive, each read when its type and shape are as expected.

    A file can promise more than there is memory for, in a few bytes: a part is read
    only if its header tells the shape that the rest of the model has.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = set(archive.namelist())

    def __contains__(self, name: str) -> bool:
        return f"{name}.npy" in self._names

    def take(
        self, name: str, kinds: Sequence[str], shape: Sequence[int | None]
    ) -> np.ndarray:
        """Read an array.

        Parameters
        ----------
        name : str
        kinds : sequence of {'float', 'whole', 'text'}
            What it may hold.
        shape : sequence of int or None
            None: any length, within 2 GiB altogether.

        Returns
        -------
        array
            In the byte order of this machine.

        Raises
        ------
        KeyError
            If it is not there.
        ValueError
            If it is of another type or shape, or the archive lies about its size.
        """
        if name not in self:
            msg = f"there is no {name}"
            raise KeyError(msg)
        info = self._archive.getinfo(f"{name}.npy")
        with self._archive.open(info) as member:
            told, dtype = _told(member, name)
            begin = member.tell()
        _check_kind(name, dtype, kinds)
        _check_shape(name, told, shape)
        size = math.prod(told) * dtype.itemsize
        if None in shape and size > _LARGEST_FREE:
            msg = f"{name} would take {size} bytes; expected at most {_LARGEST_FREE}"
            raise ValueError(msg)
        _check_size(name, info, begin + size)
        remedy = "Read it where there is more; its contrasts take as much again."
        with (
            enough_memory(f"{name} of {self._archive.filename}", size, remedy),
            self._archive.open(info) as member,
        ):
            array = npy.read_array(member, allow_pickle=False)
        # in the order it was written: sums depend on it, in the last bit
        return array.astype(array.dtype.newbyteorder("="), order="K", copy=False)


def _told(member: Any, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that an array in the format of numpy says it has."""
    if npy.read_magic(member) != (1, 0):
        msg = f"{name} is in another version of numpy's format; expected 1.0"
        raise ValueError(msg)
    shape, _, dtype = npy.read_array_header_1_0(member)
    return shape, dtype


def _check_kind(name: str, dtype: np.dtype[Any], kinds: Sequence[str]) -> None:
    for kind in kinds:
        letters, sizes = _KINDS[kind]
        if dtype.kind in letters and (sizes is None or dtype.itemsize in sizes):
            return
    msg = f"{name} holds {dtype}; expected {' or '.join(kinds)}"
    raise ValueError(msg)


def _check_shape(name: str, told: tuple[int, ...], shape: Sequence[int | None]) -> None:
    fits = len(told) == len(shape) and all(
        n >= 0 and expected in (None, n)
        for n, expected in zip(told, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        msg = f"{name} has shape {told}; expected ({wanted})"
        raise ValueError(msg)


def _check_size(name: str, info: zipfile.ZipInfo, size: int) -> None:
    packed = info.compress_size
    if info.compress_type == zipfile.ZIP_DEFLATED:
        packed *= _HIGHEST_COMPRESSION
    elif info.compress_type != zipfile.ZIP_STORED:
        msg = f"{name} is compressed in a way that boldglm does not use"
        raise ValueError(msg)
    if info.file_size != size or packed < size:
        msg = (
            f"{name} promises {size} bytes; the archive has {info.file_size} of them "
            f"in {info.compress_size}"
        )
        raise ValueError(msg)


@contextmanager
def opened_parts(path: Path) -> Iterator[StoredParts]:
    """Open the file of a model, and tell of any trouble with it in one kind of error.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ImageFileError
        If it is no archive of arrays, or what is done with it meets damage.
    NotEnoughMemoryError
        If it is whole, and there is less memory than it takes.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        msg = f"{path} {what}; expected the file of a saved model"
        raise FileNotFoundError(msg)
    try:
        with zipfile.ZipFile(path) as archive:
            yield StoredParts(archive)
    except (ImageFileError, NotEnoughMemoryError):
        raise
    except (*_DAMAGE, KeyError, OverflowError) as error:
        if isinstance(error, PermissionError):
            msg = (
                f"{path} cannot be read: {error.strerror}. Check that you may read it."
            )
            raise ImageFileError(msg) from error
        reason = error.args[0] if error.args else type(error).__name__
        msg = f"{path} is not a model that boldglm saved, or is damaged: {reason}"
        raise ImageFileError(msg) from error
