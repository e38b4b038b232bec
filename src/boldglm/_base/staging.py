"""Several files that come together: all of them under their names, or none."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from boldglm._base.disk_errors import cannot_write, naming_place
from boldglm._base.drafts import draft_folder

__all__ = ["written_together"]

# What they are written for: whoever writes to a folder next takes over what a killed
# process has left in it
_ALL = "all"
_KEPT = "Nothing that was there has changed."


@contextmanager
def written_together(folder: Path) -> Iterator[Path]:
    """Write files elsewhere, and move them to a folder when all are complete.

    A mistake or a full disk while the files are written leaves the folder as it was.
    Files that have the names of new ones stay until the new ones take their places;
    others are not touched. A process that is killed while the files are moved leaves
    each of them whole, old or new, and the next call takes away what else it left.

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
        If the folder cannot be made, files cannot be moved to it, or its disk is full,
        naming `folder`. Other errors of the caller's own pass as they are.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp()) / "results"
    >>> with written_together(folder) as draft:
    ...     _ = (draft / "one.txt").write_text("1")
    ...     _ = (draft / "two.txt").write_text("2")
    ...     [path.name for path in folder.glob("*.txt")]
    []
    >>> sorted(path.name for path in folder.iterdir())
    ['one.txt', 'two.txt']
    """
    new = _missing(folder)
    try:
        with ExitStack() as stack:
            with _naming(folder):
                folder.mkdir(parents=True, exist_ok=True)
                # Next to its place: a file keeps its disk when it is renamed
                draft = stack.enter_context(draft_folder(folder, _ALL))
            with naming_place(folder, _KEPT):
                yield draft
            with _naming(folder):
                _move(draft, folder)
    except BaseException:
        _remove(new)
        raise


def _missing(folder: Path) -> list[Path]:
    """Folders that have to be made for this one, itself first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def _remove(folders: list[Path]) -> None:
    for path in folders:
        with suppress(OSError):
            path.rmdir()


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    """Name the folder in errors that are about it."""
    try:
        yield
    except OSError as error:
        raise cannot_write(folder, error, _KEPT) from error


def _move(draft: Path, folder: Path) -> None:
    """Move files to their places; if one cannot be moved, put things back."""
    files = [path for path in sorted(draft.rglob("*")) if path.is_file()]
    places = [folder / path.relative_to(draft) for path in files]
    for place in places:
        if place.is_dir():
            msg = f"'{place}' is a folder, where a file has to go"
            raise IsADirectoryError(errno.EISDIR, msg)
    before = draft / ".before"
    before.mkdir()
    # One after the other, and what has to be done for each to undo it
    begun: list[tuple[Path, Path | None]] = []
    made: list[Path] = []
    try:
        for number, (path, place) in enumerate(zip(files, places, strict=True)):
            made += _missing(place.parent)
            place.parent.mkdir(parents=True, exist_ok=True)
            begun.append((place, _second_name(place, before / str(number))))
            path.replace(place)
    except BaseException:
        for place, old in reversed(begun):
            _put_back(place, old)
        _remove(made)
        raise


def _second_name(place: Path, name: Path) -> Path | None:
    """Give a file that will be replaced another name, by which it can come back."""
    if not place.exists():
        return None
    # Some disks know one name for a file only: there it cannot come back
    with suppress(OSError):
        name.hardlink_to(place)
    return name


def _put_back(place: Path, old: Path | None) -> None:
    with suppress(OSError):
        if old is None:
            place.unlink()
        elif old.exists():
            old.replace(place)
