"""Files that are whole under their name, or not there."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["made_folder", "written_whole"]


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Write a file under another name, and give it its own when it is complete.

    A crash, a full disk or a reader in between never meets half of a file; what
    had the name before stays until the new file takes its place.

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
    OSError
        Of the kind that stopped the writing, naming `path`.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "seven.txt") as draft:
    ...     _ = draft.write_text("7")
    ...     (folder / "seven.txt").exists()
    False
    >>> [file.name for file in folder.iterdir()]
    ['seven.txt']
    """
    if not path.parent.is_dir():
        msg = f"Cannot write {path}: the folder '{path.parent}' does not exist."
        raise FileNotFoundError(msg)
    if path.is_dir():
        msg = f"Cannot write {path}: it is a folder. Give the name of a file."
        raise IsADirectoryError(msg)
    try:
        # In a folder of its own, a file gets the usual permissions: a temporary
        # file would be readable by its owner only.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
            yield Path(folder) / path.name
            # Data before header: a pair is found by its header.
            for part in sorted(Path(folder).iterdir(), reverse=True):
                part.replace(path.parent / part.name)
    except OSError as error:
        msg = (
            f"Cannot write {path}: {error.strerror or error}. "
            "No file of that name was changed."
        )
        raise OSError(error.errno or errno.EIO, msg) from error


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
    >>> made_folder(Path(tempfile.mkdtemp()) / "a" / "b").name
    'b'
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {path} cannot be made: {error.strerror or error}."
        raise OSError(error.errno or errno.EIO, msg) from error
    return path
