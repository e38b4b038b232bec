"""One process at a time, by a lock that ends with the process that holds it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from boldglm._base.file_lock import is_still, try_to_lock

__all__ = ["locked"]

_EVERY = 0.2


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
            state = try_to_lock(file)
            # Who had it before us has deleted the file: a lock on it is one on nothing
            if state == "ours" and not is_still(file, path):
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
