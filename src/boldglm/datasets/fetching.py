"""What a data set lacks, brought: the one way from the registry to files.

Deciding and acting are apart: `Source.lacks` says what is missing and touches nothing,
`bring` downloads and unpacks it, under a lock, so that of two processes one downloads.

Where the network lets nothing through, there are three ways. A proxy: set
``https_proxy`` (and ``SSL_CERT_FILE``, where it has a certificate of its own). A folder
for all: fetch once on a machine with access, copy the data directory, and let
``NILEARN_SHARED_DATA`` or ``BOLDGLM_DATA`` name the copy, which may be read-only. By
hand: put the files, or the archives as they are, where the error says.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from boldglm._base.errors import FetchError
from boldglm._base.log import say
from boldglm._base.progress import ProgressBar
from boldglm.datasets.download import DownloadError, download
from boldglm.datasets.folders import dataset_folder, is_writable, kept_if_filled
from boldglm.datasets.http_request import Patience
from boldglm.datasets.lock import locked
from boldglm.datasets.part_file import StorageError
from boldglm.datasets.registry import Dataset, Source
from boldglm.datasets.simulation_mark import refuse_simulated
from boldglm.datasets.unpack import DRAFTS, ArchiveError, safe_path, unpack

__all__ = ["LOCK", "bring", "fetch"]

# Its name in a folder; a process that was killed leaves it, and it does no harm
LOCK = ".boldglm-download.lock"
_PATIENCE = Patience()
# Files that an error names
_SHOWN = 5


def fetch(
    dataset: Dataset,
    data_dir: Any = None,
    *,
    folder_name: Any = None,
    verbose: int = 1,
) -> Path:
    """The folder of a data set, with all of its sources in it.

    Parameters
    ----------
    dataset : Dataset
    data_dir : str or Path, optional
        See `get_data_dirs`.
    folder_name : str, optional
        Another name of the folder than that of the registry; `data_name` of fetchers.
    verbose : int

    Returns
    -------
    Path

    Raises
    ------
    TypeError, ValueError
        If `data_dir` is no path, or `folder_name` more or less than a name.
    FetchError
        If files are missing and cannot be downloaded, or could be put nowhere; it
        tells what to do by hand. If files of a simulation are missing.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets.registry import dataset
    >>> root = Path(mkdtemp())
    >>> (root / "ds000030/ds000030_R1.0.4/uncompressed").mkdir(parents=True)
    >>> urls = root / "ds000030/ds000030_R1.0.4/uncompressed/urls.json"
    >>> _ = urls.write_text("[]")
    >>> fetch(dataset("ds000030"), root).name
    'uncompressed'
    """
    if folder_name is not None:
        dataset = replace(dataset, folders=(_checked_name(folder_name),))

    def complete(folder: Path) -> bool:
        return not any(source.lacks(folder) for source in dataset.sources)

    with dataset_folder(dataset, complete, data_dir) as folder:
        bring(dataset, folder, dataset.sources, verbose=verbose)
    return folder


def bring(
    dataset: Dataset,
    folder: Path,
    sources: Sequence[Source],
    *,
    resume: bool = True,
    note: str = "",
    verbose: int = 1,
) -> None:
    """Download and unpack those sources of which files are missing.

    Parameters
    ----------
    dataset : Dataset
        For its licence and citation.
    folder : Path
        Of the data set; must exist.
    sources : sequence of Source
    resume : bool
        Whether to go on where an earlier download has stopped.
    note : str
        What else an error tells those who download by hand.
    verbose : int
        0: say nothing. Above 1: a line for each file.

    Raises
    ------
    FetchError
        If a file cannot be had, with the reason and what to do by hand; or if the
        folder is a simulation, whose files are not to be had.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> from boldglm.datasets.registry import dataset
    >>> fiac = dataset("fiac")
    >>> nowhere = Source("a.txt", ("ftp://nipy.org/a.txt",), 10)
    >>> bring(fiac, Path(mkdtemp()), [nowhere])
    Traceback (most recent call last):
        ...
    boldglm._base.errors.FetchError: The data set 'fiac' cannot be fetched...
    """
    missing = [one for source in sources for one in source.lacks(folder)]
    if not missing:
        return
    refuse_simulated(dataset, folder, missing)
    if not is_writable(folder):
        reason = f"  {folder} is read-only"
        raise _explained(dataset, folder, _lacking(sources, folder), reason, note)
    waiting = "Waiting for another process that fetches %s"
    try:
        with locked(
            folder / LOCK, lambda: say(verbose, waiting, dataset.name), _PATIENCE.sleep
        ) as alone:
            if alone:
                _clear(folder, sources)
            lacking = _lacking(sources, folder)
            if lacking:
                size = _size_told(lacking)
                say(verbose, "Fetching %s into %s (%s)", dataset.name, folder, size)
            # Where no lock keeps others out, nobody goes on with the part of another
            tag = "" if alone else f".{os.getpid()}"
            many = len(lacking) > 1 and not any(source.unpack for source in lacking)
            _bring_all(lacking, folder, _How(resume, verbose, tag, bar=not many))
    except (OSError, ArchiveError) as error:
        left = _lacking(sources, folder)
        told = _explained(dataset, folder, left, str(error), note)
        if isinstance(error, DownloadError) and error.unreached:
            told = FetchError(f"{told}\nIs this machine online?")
        # It is all in the text: a page of causes would hide what can be done
        raise told from None


@dataclass(frozen=True)
class _How:
    """What is the same for all files of a call."""

    resume: bool
    verbose: int
    tag: str
    bar: bool

    def say(self, message: str, path: Path) -> None:
        """A line for each file is too much for most."""
        say(self.verbose - 1 if self.verbose else 0, message, path)

    def download(self, source: Source, path: Path) -> None:
        self.say("Downloading %s", path)
        download(
            source,
            path,
            resume=self.resume,
            patience=_PATIENCE,
            tag=self.tag,
            bar=self.bar,
            verbose=self.verbose,
        )


def _bring_all(lacking: Sequence[Source], folder: Path, how: _How) -> None:
    """One after the other, each with a bar of its own, or one for all."""
    if how.bar or not how.verbose:
        for source in lacking:
            _bring_one(source, folder, how)
        return
    with ProgressBar(len(lacking), "files", how.verbose - 1) as bar:
        for source in lacking:
            _bring_one(source, folder, how)
            bar.add(1)


def _bring_one(source: Source, folder: Path, how: _How) -> None:
    path = safe_path(folder, source.file)
    with kept_if_filled(path.parent):
        if source.unpack:
            _bring_archive(source, path, folder, how)
        else:
            how.download(source, path)


def _bring_archive(source: Source, path: Path, folder: Path, how: _How) -> None:
    # Archives come damaged, or are those of other data: another address may be better
    ways = [source, replace(source, urls=(*source.urls[1:], source.urls[0]))]
    by_hand = path.is_file()
    problem = _cannot_use(source, path, folder, how) if by_hand else ""
    while problem is not None:
        if not ways:
            raise ArchiveError(problem)
        try:
            how.download(ways.pop(0), path)
        except DownloadError as error:
            msg = f"{problem}\n{error}" if problem else str(error)
            raise DownloadError(msg, unreached=error.unreached) from None
        problem = _cannot_use(source, path, folder, how)
        path.unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _cannot_use(source: Source, path: Path, folder: Path, how: _How) -> str | None:
    """Unpack an archive; or say why it is not what was wanted."""
    how.say("Unpacking %s", path)
    try:
        unpack(path, path.parent, source.at_most)
    except ArchiveError as error:
        return f"  {error}"
    except OSError as error:
        msg = (
            f"  {path} cannot be unpacked: {error.strerror or error}. It is kept; make "
            "room, or set data_dir to another folder."
        )
        raise StorageError(error.errno, msg) from error
    lacks = source.lacks(folder)
    return f"  {path} does not have {', '.join(lacks)}" if lacks else None


def _lacking(sources: Sequence[Source], folder: Path) -> list[Source]:
    return [source for source in sources if source.lacks(folder)]


def _clear(folder: Path, sources: Sequence[Source]) -> None:
    """Take away what an unpacking that was killed has left."""
    for source in sources:
        if source.unpack:
            for draft in (folder / source.file).parent.glob(f"{DRAFTS}*"):
                shutil.rmtree(draft, ignore_errors=True)


def _size_told(sources: Sequence[Source]) -> str:
    """How much comes; where that is not known, from where on it is refused."""
    sizes = [(source.size or source.at_most) // 1_000_000 for source in sources]
    alike = len(sizes) > 1 and len(set(sizes)) == 1
    if all(source.size for source in sources):
        return f"{len(sizes)} files of {sizes[0]} MB" if alike else f"{sum(sizes)} MB"
    what = f"{len(sizes)} files, of sizes" if alike else "of a size"
    limit = f"{sizes[0]} MB each" if alike else f"{sum(sizes)} MB"
    return f"{what} that the server tells; more than {limit} is refused"


def _checked_name(name: Any) -> str:
    """The name of a folder; a path would put data where nobody expects them."""
    msg = f"data_name is {name!r}; expected the name of a folder, without a path."
    if not isinstance(name, str):
        raise TypeError(msg)
    if name in ("", ".", "..") or any(one in name for one in "/\\:"):
        raise ValueError(msg)
    return name


def _explained(
    dataset: Dataset,
    folder: Path,
    lacking: Sequence[Source],
    reason: str,
    note: str,
) -> FetchError:
    """The error with what a person can do about it."""
    todo = []
    for source in lacking[:_SHOWN]:
        place = folder / source.file
        what = " (the next call unpacks and deletes it)" if source.unpack else ""
        todo.append(f"  {' or '.join(source.urls)}\n    as {place}{what}")
    if len(lacking) > _SHOWN:
        todo.append(f"  and {len(lacking) - _SHOWN} files more")
    missing = [one for source in lacking for one in source.lacks(folder)]
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    simulator = f"boldglm.datasets.{dataset.simulator}(another_folder)"
    instead = f"\nTo go on without it, {simulator} simulates files of the same names."
    return FetchError(
        f"The data set {dataset.name!r} cannot be fetched:\n{reason}\n"
        f"Missing in {folder}: {', '.join(missing[:_SHOWN])}{more}.\n"
        "On a machine with access, either fetch it in the same way and copy its folder "
        f"{dataset.folders[0]!r} here, or download by hand\n"
        + "\n".join([*todo, *([note] if note else [])])
        + "\nIf it is on this machine already, set data_dir or BOLDGLM_DATA to the "
        f"folder that has {dataset.folders[0]!r} in it.\n"
        f"Licence: {dataset.licence.strip()}\n"
        f"More: {dataset.page}{instead if dataset.simulator else ''}"
    )
