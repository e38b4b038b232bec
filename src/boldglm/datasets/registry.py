"""What can be fetched: where from, where to, whose, and under which licence.

The entries are in ``registry.toml``, whose head says what their fields mean.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from stat import S_ISDIR
from types import MappingProxyType
from typing import Any

__all__ = ["Dataset", "Source", "dataset", "dataset_names"]

_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Source:
    """One download of a data set.

    Attributes
    ----------
    file : str
        Where it goes, below the folder of the data set, with "/" between names.
    urls : tuple of str
        Addresses of the same file, tried in this order.
    at_most : int
        Bytes. What is longer, or unpacks to more, is not what was asked for.
    unpack : bool
        An archive: it is unpacked beside itself and deleted.
    holds : mapping of str to int
        For archives: patterns of files, below the folder of the data set, and how
        many of them there have to be.
    size : int, optional
        Bytes of the download.
    checksum : str, optional
        Such as "md5:0cc1…" or "sha256:e3b0…".
    """

    file: str
    urls: tuple[str, ...]
    at_most: int
    unpack: bool = False
    holds: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    size: int | None = None
    checksum: str | None = None

    def lacks(self, folder: Path) -> list[str]:
        """What of it is not in a folder, in words; nothing is touched.

        Examples
        --------
        >>> Source("urls.json", ("https://osf.io/86xj7/download",), 1000).lacks(
        ...     Path("nowhere"))
        ['urls.json']
        """
        if not self.unpack:
            return [] if _is_there(folder / self.file) else [self.file]
        missing = []
        for pattern, number in self.holds.items():
            found = sum(map(_is_there, folder.glob(pattern)))
            if found < number:
                many = f" ({number} files, {found} found)" if number > 1 else ""
                missing.append(f"{pattern}{many}")
        return missing


@dataclass(frozen=True)
class Dataset:
    """An entry of the registry.

    Attributes
    ----------
    name : str
    folders : tuple of str
        Names in the data directories: the first is made, all are found.
    about, licence, citation, page : str
        For people.
    sources : tuple of Source
    each : Source, optional
        For files that an index lists; see `listed`.
    """

    name: str
    folders: tuple[str, ...]
    about: str
    licence: str
    citation: str
    page: str
    sources: tuple[Source, ...]
    each: Source | None = None

    @property
    def description(self) -> str:
        """What it is, whose, and where more can be read."""
        return (
            f"{self.about.strip()}\n\n"
            f"Licence: {self.licence.strip()}\n"
            f"Please cite: {self.citation.strip()}\n"
            f"More: {self.page}\n"
        )

    def listed(self, file: str, key: str) -> Source:
        """The download of a file that an index knows by a key.

        Parameters
        ----------
        file : str
            Where it goes, below the folder of the data set.
        key : str

        Raises
        ------
        ValueError
            If the data set has no index.

        Examples
        --------
        >>> dataset("brainomics_localizer").listed("S01.nii.gz", "5d27c").urls
        ('https://osf.io/download/5d27c/',)
        """
        if self.each is None:
            msg = f"The files of {self.name} are not listed by an index."
            raise ValueError(msg)
        urls = tuple(url.replace("{key}", key) for url in self.each.urls)
        return replace(self.each, file=file, urls=urls)


def dataset(name: str) -> Dataset:
    """The entry of a data set.

    Parameters
    ----------
    name : str
        One of `dataset_names`.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If there is none of that name.

    Examples
    --------
    >>> dataset("fiac").folders
    ('fiac_nilearn.glm', 'fiac_nistats')
    """
    known = _datasets()
    if name not in known:
        msg = f"There is no data set {name!r}; there are {', '.join(known)}."
        raise ValueError(msg)
    return known[name]


def dataset_names() -> list[str]:
    """Names of all entries.

    Examples
    --------
    >>> "spm_auditory" in dataset_names()
    True
    """
    return list(_datasets())


def _is_there(path: Path) -> bool:
    """Whether it is a file with something in it, or a folder."""
    try:
        state = path.stat()
    except OSError:
        # Also a link to what is not there
        return False
    # An empty file is what a full disk leaves of one
    return state.st_size > 0 or S_ISDIR(state.st_mode)


@lru_cache(maxsize=1)
def _datasets() -> Mapping[str, Dataset]:
    text = Path(__file__).with_name("registry.toml").read_text(encoding="utf-8")
    return {name: _entry(name, table) for name, table in tomllib.loads(text).items()}


def _entry(name: str, table: dict[str, Any]) -> Dataset:
    sources = tuple(_source(one) for one in table.pop("sources"))
    each = _source(table.pop("each")) if "each" in table else None
    folders = tuple(table.pop("folders"))
    return Dataset(name=name, folders=folders, sources=sources, each=each, **table)


def _source(table: dict[str, Any]) -> Source:
    urls = tuple(table.pop("urls"))
    holds = MappingProxyType(table.pop("holds", {}))
    return Source(urls=urls, holds=holds, **table)
