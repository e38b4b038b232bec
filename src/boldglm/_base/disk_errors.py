"""What a disk that takes no files is told with: where, why, and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["cannot_write", "naming_place", "refusal_of"]

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FILE = {errno.EEXIST, errno.ENOTDIR}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def cannot_write(place: Path, error: OSError, kept: str = "") -> OSError:
    """Build the error for a place that cannot be written to, of the kind of another.

    Parameters
    ----------
    place : Path
        The file or folder that was to be written.
    error : OSError
        What has come of it.
    kept : str
        A sentence on what there was before.

    Returns
    -------
    OSError
        Of the kind of `error`, a `PermissionError` for one, with a message that names
        the place, the reason and the remedy.

    Examples
    --------
    >>> full = OSError(errno.ENOSPC, "No space left on device")
    >>> print(cannot_write(Path("/data/z.nii"), full).strerror)
    Cannot write /data/z.nii: No space left on device. Make room there, or write to
    another disk.
    """
    number = error.errno or errno.EIO
    reason = (error.strerror or str(error) or type(error).__name__).rstrip(".")
    parts = [f"Cannot write {place}: {reason}.", kept, _remedy(number)]
    return OSError(number, " ".join(part for part in parts if part))


@contextmanager
def naming_place(place: Path, kept: str = "") -> Iterator[None]:
    """Name a place, if its disk is full or takes no files in a ``with`` block.

    What is written there first goes to a draft, whose name tells nobody anything.
    Errors of other kinds may be about other files, and pass.

    Parameters
    ----------
    place, kept
        See `cannot_write`.

    Raises
    ------
    OSError
        In the block.

    Examples
    --------
    >>> with naming_place(Path("/data/results")):
    ...     raise OSError(errno.EROFS, "Read-only file system")
    Traceback (most recent call last):
        ...
    OSError: [Errno 30] Cannot write /data/results: Read-only file system. Choose a
    folder that you may write to.
    """
    try:
        yield
    except Exception as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        raise cannot_write(place, refused, kept) from error


def refusal_of(error: BaseException | None) -> OSError | None:
    """The error of a full or closed disk at the root of an error, if it is one.

    Such an error cannot be about a file that is read.

    Examples
    --------
    >>> refusal_of(OSError(errno.ENOSPC, "No space left on device"))
    OSError(28, 'No space left on device')
    >>> refusal_of(FileNotFoundError(errno.ENOENT, "No such file")) is None
    True
    """
    found = None
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL | {errno.EROFS}:
            found = error
        error = error.__cause__
    return found


def _remedy(number: int) -> str:
    if number in _FULL:
        return "Make room there, or write to another disk."
    if number in _CLOSED:
        return "Choose a folder that you may write to."
    if number in _FILE:
        return "A file is where a folder is needed: choose another place, or move it."
    return "Choose another place, or see whether its disk is well."
