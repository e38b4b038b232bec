"""Folders for what is not complete yet, which nobody has to clear up after a crash."""

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from itertools import count
from pathlib import Path

from boldglm._base.file_lock import is_still, try_to_lock

__all__ = ["DRAFTS", "draft_folder"]

DRAFTS = ".writing-"
"""What the names of these folders begin with."""

# In such a folder: what tells that its process lives, and what that one writes
_LOCK, _FILES = "lock", "files"
# Processes that write one file at once, each with a folder of a number: more have
# folders that nobody takes over
_MOST = 16


@contextmanager
def draft_folder(place: Path, name: str) -> Iterator[Path]:
    """Make a folder for a ``with`` block, to write something to that is moved later.

    It is called after what is written. A process that is killed leaves it there; the
    next one that writes the same takes it over, and away. Whether a process lives is
    told by its lock, which ends with it: two that write the same at once have a folder
    each. Where the file system knows no locks, nothing is ever taken over.

    Parameters
    ----------
    place : Path
        Folder that exists, on the disk that the files are meant for.
    name : str
        Of what is going to be written.

    Yields
    ------
    Path
        Of an empty folder. Files in it have the usual permissions.

    Raises
    ------
    OSError
        If it cannot be made.

    Examples
    --------
    >>> place = Path(tempfile.mkdtemp())
    >>> with draft_folder(place, "seven.txt") as folder:
    ...     _ = (folder / "seven.txt").write_text("7")
    ...     _ = (folder / "seven.txt").rename(place / "seven.txt")
    >>> [path.name for path in place.iterdir()]
    ['seven.txt']
    """
    stem = DRAFTS + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    claimed = _claim(place, stem)
    if claimed is None:
        with tempfile.TemporaryDirectory(dir=place, prefix=f"{stem}-") as scratch:
            files = Path(scratch) / _FILES
            files.mkdir()
            yield files
        return
    number, lock = claimed
    folder = place / f"{stem}-{number}"
    try:
        _clear_after(place, stem, number)
        (folder / _FILES).mkdir()
        yield folder / _FILES
    finally:
        _take_away(folder, lock)


def _claim(place: Path, stem: str) -> tuple[int, int] | None:
    """The number and the lock of the first folder that no living process has.

    What a dead one has left in it is gone. None: there are no locks here.
    """
    # A file that is open cannot be deleted there, and a lock has to be
    if sys.platform == "win32":
        return None
    for number in range(_MOST):
        folder = place / f"{stem}-{number}"
        state, lock = _locked(folder)
        if state == "none":
            return None
        if state == "theirs":
            continue
        try:
            if (folder / _FILES).exists():
                shutil.rmtree(folder / _FILES)
        except OSError:
            # It cannot be cleared: another one can
            os.close(lock)
            continue
        return number, lock
    return None


def _locked(folder: Path) -> tuple[str, int]:
    """Make a folder or find it, and take its lock: a state, and where ours the lock."""
    while True:
        # For its owner only: nobody else can put files in the places of ours
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        try:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                return "theirs", -1
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            # Who had it has just taken it away
            continue
        except OSError:
            with suppress(OSError):
                folder.rmdir()
            raise
        state = try_to_lock(lock)
        if state == "ours" and is_still(lock, folder / _LOCK):
            return "ours", lock
        if state == "none":
            _remove(folder)
        os.close(lock)
        if state != "ours":
            return state, -1


def _clear_after(place: Path, stem: str, number: int) -> None:
    """Take away the next folders of dead processes: of several that wrote at once."""
    for later in count(number + 1):
        folder = place / f"{stem}-{later}"
        if not folder.is_dir():
            return
        state, lock = _locked(folder)
        if state == "ours":
            _take_away(folder, lock)


def _take_away(folder: Path, lock: int) -> None:
    """Remove a folder that is locked, its lock last."""
    try:
        shutil.rmtree(folder / _FILES, ignore_errors=True)
        _remove(folder)
    finally:
        os.close(lock)


def _remove(folder: Path) -> None:
    # Somebody may have made a new lock there: then the folder is theirs
    with suppress(OSError):
        (folder / _LOCK).unlink()
        folder.rmdir()
