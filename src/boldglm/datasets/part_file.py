"""A file that is being downloaded: what has come, and where from.

Beside the file to be, ``name``, there are ``name.part``, its first bytes, and
``name.part.json``, which says which version of which address they are of: without it
the bytes are worth nothing, as nobody knows what they continue.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["Origin", "PartFile", "StorageError"]


class StorageError(OSError):
    """Nothing can be written here; other addresses would not help."""


@dataclass(frozen=True)
class Origin:
    """A version of a file on a server.

    Attributes
    ----------
    url : str
        As it was asked for, before any redirection.
    version : str or None
        What the server knows the version by: a strong ETag or a time of change.
    length : int or None
        Bytes of the whole file.
    """

    url: str
    version: str | None = None
    length: int | None = None


class PartFile:
    """The first bytes of a file.

    Parameters
    ----------
    target : Path
        The file to be. Its folder must exist.
    tag : str
        Between its name and ".part", for those who share it with nobody.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> part = PartFile(Path(mkdtemp()) / "run1.nii.gz")
    >>> part.begin(Origin("https://nipy.org/run1.nii.gz", '"v1"', 5))
    >>> with part.writer() as write:
    ...     write(b"12")
    >>> part.size, part.origin.length
    (2, 5)
    >>> part.path.name
    'run1.nii.gz.part'
    """

    def __init__(self, target: Path, tag: str = "") -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}{tag}.part")
        self._note = target.with_name(f"{target.name}{tag}.part.json")

    @property
    def size(self) -> int:
        """Bytes that are here."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def origin(self) -> Origin | None:
        """What they are the first bytes of; None where that is not known."""
        # The part of another user is no use, where nothing can be added to it
        if not os.access(self.path, os.W_OK):
            return None
        try:
            return Origin(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, origin: Origin) -> None:
        """Drop what is here, and start anew.

        Raises
        ------
        StorageError
            If it cannot be written.
        """
        # The bytes go first: a note never speaks for bytes of another version. New
        # files take their places: the old ones may be links, or of another user
        self.discard()
        try:
            self.path.write_bytes(b"")
            self._note.write_text(json.dumps(asdict(origin)), encoding="utf-8")
        except OSError as error:
            raise self._cannot(error) from error

    def writer(self) -> "_Writer":
        """To append bytes in a ``with`` block: all of them, or `StorageError`."""
        return _Writer(self.path, self._cannot)

    def finish(self) -> None:
        """Give the file its name, in one step.

        Raises
        ------
        StorageError
            If that cannot be done.
        """
        try:
            with self.path.open("rb") as file:
                # A name that outlives a power cut has to stand for bytes that do
                os.fsync(file.fileno())
            self.path.replace(self.target)
        except OSError as error:
            raise self._cannot(error) from error
        self.discard()

    def discard(self) -> None:
        """Leave nothing of it; the target is not touched."""
        for path in (self.path, self._note):
            with suppress(OSError):
                path.unlink()

    def _cannot(self, error: OSError) -> StorageError:
        msg = (
            f"Cannot write {self.path}: {error.strerror or error}. What has come of "
            "the file is kept; make room, or set data_dir to another folder."
        )
        return StorageError(error.errno, msg)


class _Writer:
    """Appends to a file, so that what is said to be written is written."""

    def __init__(self, path: Path, cannot: Callable[[OSError], StorageError]) -> None:
        self._path, self._cannot = path, cannot

    def __enter__(self) -> Callable[[bytes], None]:
        try:
            # Unbuffered: what a full disk refuses is not tried again on closing
            self._file = self._path.open("ab", buffering=0)
        except OSError as error:
            raise self._cannot(error) from error
        return self._write

    def __exit__(self, *error: Any) -> None:
        self._file.close()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise self._cannot(error) from error
