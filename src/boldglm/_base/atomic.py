"""Files that are whole under their name, or not there."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boldglm._base.disk_errors import cannot_write
from boldglm._base.drafts import draft_folder

__all__ = ["made_folder", "written_whole"]


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Write a file under another name, and give it its own when it is complete.

    A crash, a full disk or a reader in between never meets half of a file; what
    had the name before stays until the new file takes its place. What a killed process
    has written goes when a file of that name is written again, see `draft_folder`.

    Parameters
    ----------
    path : Path
        The folder must exist.

    Yields
    ------
    Path
        Of the same name, in a folder of its own next to `path`: write there.
        Files that come with it (the .hdr of an .img) move with it.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    IsADirectoryError
        If `path` is one.
    OSError
        Of the kind that stopped the writing, naming `path`, the reason and the remedy;
        if `path` is a device or a pipe.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp())
    >>> with written_whole(folder / "seven.txt") as draft:
    ...     _ = draft.write_text("7")
    ...     (folder / "seven.txt").exists()
    False
    >>> [file.name for file in folder.iterdir()]
    ['seven.txt']
    """
    _check(path)
    try:
        # In a folder of its own, a file gets the usual permissions: a temporary
        # file would be readable by its owner only.
        with draft_folder(path.parent, path.name) as folder:
            yield folder / path.name
            # Data before header: a pair is found by its header.
            for part in sorted(folder.iterdir(), reverse=True):
                part.replace(path.parent / part.name)
    except OSError as error:
        kept = "No file of that name was changed."
        raise cannot_write(path, error, kept) from error


def _check(path: Path) -> None:
    """Refuse what no file can be, or should be, in the place of."""
    try:
        lost, taken = not path.parent.is_dir(), path.is_dir()
        device = not taken and path.exists() and not path.is_file()
    except OSError as error:
        raise cannot_write(path, error) from error
    if lost:
        msg = f"Cannot write {path}: the folder '{path.parent}' does not exist."
        raise FileNotFoundError(msg)
    if taken:
        msg = f"Cannot write {path}: it is a folder. Give the name of a file."
        raise IsADirectoryError(msg)
    if device:
        # It would be replaced by a file: an administrator may even do that to /dev/null
        msg = (
            f"Cannot write {path}: it is a device or a pipe, which takes no files that "
            "are whole or not there. Give the name of a file."
        )
        raise OSError(errno.EINVAL, msg)


def made_folder(path: Path) -> Path:
    """Make a folder, and those it is in, unless it is there.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Path
        The same.

    Raises
    ------
    OSError
        Of the kind that stopped it, naming `path`: a file has that name, or you may
        not write there.

    Examples
    --------
    >>> import tempfile
    >>> made_folder(Path(tempfile.mkdtemp()) / "a" / "b").name
    'b'
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {path} cannot be made: {error.strerror or error}."
        raise OSError(error.errno or errno.EIO, msg) from error
    return path
