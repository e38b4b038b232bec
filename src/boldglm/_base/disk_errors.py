"""What a disk that takes no files is told with: where, why, and what to do."""

import errno
from pathlib import Path

__all__ = ["cannot_write", "is_of_the_disk"]

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
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


def is_of_the_disk(error: BaseException) -> bool:
    """Whether an error says that a disk is full or takes no files.

    Such an error has no name of a file where it arises while bytes are written; it
    cannot be about a file that is read.

    Examples
    --------
    >>> is_of_the_disk(OSError(errno.ENOSPC, "No space left on device"))
    True
    >>> is_of_the_disk(FileNotFoundError(errno.ENOENT, "No such file"))
    False
    """
    return isinstance(error, OSError) and error.errno in _FULL | {errno.EROFS}


def _remedy(number: int) -> str:
    if number in _FULL:
        return "Make room there, or write to another disk."
    if number in _CLOSED:
        return "Choose a folder that you may write to."
    return "Choose another place, or see whether its disk is well."
