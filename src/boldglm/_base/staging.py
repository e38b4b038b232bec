"""Several files that come together: all of them under their names, or none."""

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["written_together"]


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Write files elsewhere, and move them to a folder when all are complete.

    A mistake or a full disk while the files are written leaves the folder as it was.
    Files that have the names of new ones stay until the new ones take their places;
    others are not touched.

    Parameters
    ----------
    folder : Path
        Made if it is not there, with those above it.

    Yields
    ------
    Path
        An empty folder. What is written there, in folders of it too, goes to
        `folder`.

    Raises
    ------
    OSError
        If the folder cannot be made, or files cannot be moved to it, naming `folder`.
        Errors of the caller's own pass as they are.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp()) / "results"
    >>> with written_together(folder) as draft:
    ...     _ = (draft / "one.txt").write_text("1")
    ...     _ = (draft / "two.txt").write_text("2")
    ...     [path.name for path in folder.glob("*.txt")]
    []
    >>> sorted(path.name for path in folder.iterdir())
    ['one.txt', 'two.txt']
    """
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with _naming(folder):
            folder.mkdir(parents=True, exist_ok=True)
            # Next to its place: a file keeps its disk when it is renamed
            draft = tempfile.TemporaryDirectory(dir=folder, prefix=".writing-")
        with draft as name:
            yield Path(name)
            with _naming(folder):
                _move(Path(name), folder)
    except BaseException:
        for path in new:
            with suppress(OSError):
                path.rmdir()
        raise


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Name the folder in errors that are about it."""
    try:
        yield
    except OSError as error:
        msg = f"Cannot write to {folder}: {error.strerror or error}."
        raise OSError(error.errno or errno.EIO, msg) from error


def _move(draft: Path, folder: Path) -> None:
    files = [path for path in sorted(draft.rglob("*")) if path.is_file()]
    places = [folder / path.relative_to(draft) for path in files]
    for place in places:
        if place.is_dir():
            msg = f"'{place}' is a folder, where a file has to go"
            raise IsADirectoryError(errno.EISDIR, msg)
    for path, place in zip(files, places, strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)
