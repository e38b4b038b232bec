"""Archives unpacked: all of it or nothing, and nothing outside of the folder.

Names that lead out of the folder end the unpacking. Links and devices are left out: no
data set needs them, and what is written through a link may be anywhere. What an archive
says of its size is not believed: bytes are counted as they are written.
"""

import errno
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, NoReturn, cast

__all__ = ["DRAFTS", "ArchiveError", "UnsafeArchiveError", "safe_path", "unpack"]

# Folders that an unpacking which was killed has left begin so
DRAFTS = ".unpacking-"
_CHUNK = 1 << 18
_MOST_MEMBERS = 1_000_000
_LINK, _KIND = 0o120000, 0o170000
# The first bytes of one with files, and of one without. Its last bytes are those of a
# tar with a zip at its end, too
_ZIP = (b"PK\3\4", b"PK\5\6")
# What zipfile and tarfile meet in files that somebody has cut or changed
_DAMAGE = (
    EOFError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)
_CONTENT = {
    None,
    errno.EEXIST,
    errno.EINVAL,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
}


class ArchiveError(ValueError):
    """A file that is no archive, or a damaged one."""


class UnsafeArchiveError(ArchiveError):
    """An archive that would write where it should not, or more than it should."""


@dataclass(frozen=True)
class _Member:
    name: str
    kind: str  # "file", "folder" or "other"
    size: int
    info: Any  # of zipfile or tarfile


def unpack(archive: Path, folder: Path, at_most: int) -> int:
    """Unpack a zip or tar archive (.gz, .bz2, .xz) into a folder.

    It is unpacked into a folder of its own inside, from which files are moved to
    their places when all of them are there. Files of the same names are replaced.

    Parameters
    ----------
    archive : Path
        What it is, is read from its first bytes, not from its name.
    folder : Path
        Must exist.
    at_most : int
        Bytes, of all files together.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    UnsafeArchiveError
        If a name leads out of the folder, or the files have more bytes. Nothing is
        left of it.
    ArchiveError
        If it is damaged, or no archive. Nothing is left of it.
    OSError
        If the files cannot be written.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> with zipfile.ZipFile(folder / "two.zip", "w") as file:
    ...     file.writestr("sMRI/smri.img", b"1234")
    ...     file.writestr("sMRI/smri.hdr", b"12")
    >>> unpack(folder / "two.zip", folder, at_most=100)
    2
    >>> (folder / "sMRI" / "smri.img").read_bytes()
    b'1234'
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix=DRAFTS) as name:
        draft = Path(name) / "files"
        draft.mkdir()
        number = _unpack_draft(archive, draft, at_most)
        _merge(draft, folder)
    return number


def safe_path(folder: Path, name: str) -> Path:
    r"""The path of a name below a folder.

    Parameters
    ----------
    folder : Path
    name : str
        With "/" between its parts.

    Raises
    ------
    UnsafeArchiveError
        If it is absolute, has a drive, a backslash or "..", or says nothing.

    Examples
    --------
    >>> safe_path(Path("data"), "sub-01/./func").as_posix()
    'data/sub-01/func'
    >>> safe_path(Path("data"), "../elsewhere")
    Traceback (most recent call last):
        ...
    boldglm.datasets.unpack.UnsafeArchiveError: '../elsewhere' leads out of the folder.
    """
    path = PurePosixPath(name)
    outside = path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive
    if outside or "\\" in name or "\0" in name or not path.parts:
        msg = f"{name!r} leads out of the folder."
        raise UnsafeArchiveError(msg)
    return folder.joinpath(*path.parts)


def _unpack_draft(archive: Path, draft: Path, at_most: int) -> int:
    """Write the files; give their number."""
    reason: Exception
    try:
        with _opened(archive) as (members, read):
            return _write_files(members, read, draft, _Allowance(archive, at_most))
    except ArchiveError:
        raise
    except _DAMAGE as error:
        reason = error
    except OSError as error:
        # A number means that the system has refused, not that the content is wrong
        if error.errno not in _CONTENT:
            raise
        reason = error
    msg = f"{archive} is damaged, or no archive of a kind known here ({reason})."
    raise ArchiveError(msg) from reason


def _write_files(
    members: Iterable[_Member],
    read: Callable[[_Member], IO[bytes]],
    draft: Path,
    allowance: "_Allowance",
) -> int:
    number = 0
    for member in members:
        allowance.claim_member(member.size)
        if member.kind == "other" or not PurePosixPath(member.name).parts:
            continue
        path = safe_path(draft, member.name)
        if member.kind == "folder":
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with read(member) as source, path.open("wb") as target:
            while data := source.read(_CHUNK):
                allowance.spend(len(data))
                target.write(data)
        number += 1
    return number


class _Allowance:
    """Bytes and names an archive may still have."""

    def __init__(self, archive: Path, at_most: int) -> None:
        self._archive, self._at_most = archive, at_most
        self._bytes, self._members = at_most, _MOST_MEMBERS

    def claim_member(self, size: int) -> None:
        """Refuse what already says that it is too much."""
        self._members -= 1
        if size > self._bytes or self._members < 0:
            self._refuse()

    def spend(self, size: int) -> None:
        """Refuse what turns out to be too much."""
        self._bytes -= size
        if self._bytes < 0:
            self._refuse()

    def _refuse(self) -> NoReturn:
        msg = (
            f"{self._archive} unpacks to more than the {self._at_most} bytes or "
            f"{_MOST_MEMBERS} files that are expected of it at most."
        )
        raise UnsafeArchiveError(msg)


@contextmanager
def _opened(
    archive: Path,
) -> Iterator[tuple[Iterable[_Member], Callable[[_Member], IO[bytes]]]]:
    """The members of an archive, and how they are read, one after the other."""
    with archive.open("rb") as start:
        is_zip = start.read(4) in _ZIP
    if is_zip:
        with zipfile.ZipFile(archive) as file:
            yield map(_zip_member, file.infolist()), lambda one: file.open(one.info)
    else:
        with tarfile.open(archive) as tar:
            # It gives None for what is no file: for that it is never asked
            yield (
                map(_tar_member, tar),
                lambda one: cast(Any, tar.extractfile(one.info)),
            )


def _zip_member(info: zipfile.ZipInfo) -> _Member:
    # The upper half are the permissions of Unix, where there are any
    link = (info.external_attr >> 16) & _KIND == _LINK
    kind = "other" if link else "folder" if info.is_dir() else "file"
    return _Member(info.filename, kind, info.file_size, info)


def _tar_member(info: tarfile.TarInfo) -> _Member:
    kind = "file" if info.isfile() else "folder" if info.isdir() else "other"
    return _Member(info.name, kind, info.size, info)


def _merge(source: Path, target: Path) -> None:
    """Move files to their places, folders as a whole where there are none."""
    for entry in source.iterdir():
        place = target / entry.name
        if entry.is_dir() and place.is_dir():
            _merge(entry, place)
        else:
            entry.replace(place)
