"""One process at a time, by a lock that ends with the process that holds it."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["locked"]

_EVERY = 0.2
# Somebody has it. All else means that there are no locks here: file systems of clusters
# may be mounted without them, and what never comes must not be waited for
_TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


@contextmanager
def locked(
    path: Path,
    on_wait: Callable[[], object] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[bool]:
    """Hold a lock while a ``with`` block runs; wait for it as long as it takes.

    The lock is the operating system's, on a file. It ends when its process does,
    killed or not: a file that is left over stands in nobody's way.

    Parameters
    ----------
    path : Path
        The file; made if it is not there, deleted at the end. Its folder must exist.
    on_wait : function, optional
        Called once, if somebody else has the lock.
    sleep : function of seconds

    Yields
    ------
    bool
        False where the file system knows no locks: then nobody is kept out.

    Raises
    ------
    OSError
        If the file cannot be made.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp())
    >>> with locked(folder / "lock") as alone:
    ...     alone, (folder / "lock").exists()
    (True, True)
    >>> (folder / "lock").exists()
    False
    """
    told = on_wait is None
    while True:
        file = _opened(path)
        try:
            state = _try_to_lock(file)
            # Who had it before us has deleted the file: a lock on it is one on nothing
            if state == "ours" and not _is_still(file, path):
                state = "lost"
            if state in ("ours", "none"):
                try:
                    yield state == "ours"
                finally:
                    with suppress(OSError):
                        path.unlink()
                return
        finally:
            os.close(file)
        if state == "theirs":
            if not told and on_wait is not None:
                on_wait()
                told = True
            sleep(_EVERY)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        # That of another user, who was killed, can be locked all the same
        return os.open(path, os.O_RDONLY)


def _try_to_lock(file: int) -> str:
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


def _is_still(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
