"""Locks of the operating system on files: they end with the process that holds them."""

import errno
import os
import sys
from pathlib import Path

__all__ = ["is_still", "try_to_lock"]

# Somebody has it. All else means that there are no locks here: file systems of clusters
# may be mounted without them, and what never comes must not be waited for
_TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


def try_to_lock(file: int) -> str:
    """Take the lock on an open file, if nobody has it.

    Parameters
    ----------
    file : int
        Its descriptor. The lock is held until that is closed, by a killed process too.

    Returns
    -------
    {'ours', 'theirs', 'none'}
        None: the file system knows no locks.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as named, open(named.name) as again:
    ...     try_to_lock(named.fileno()), try_to_lock(again.fileno())
    ('ours', 'theirs')
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return "theirs" if error.errno in _TAKEN else "none"
    return "ours"


def is_still(file: int, path: Path) -> bool:
    """Whether an open file is the one that has its name now.

    Who had the lock before may have deleted the file: a lock on it is one on nothing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as named:
    ...     is_still(named.fileno(), Path(named.name)), is_still(named.fileno(), Path())
    (True, False)
    """
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
