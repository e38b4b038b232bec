"""Files of OpenNeuro, by their addresses; ds000030 has a list of them."""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from boldglm._base.arguments import as_list, as_path
from boldglm._base.errors import FetchError
from boldglm._base.warnings import warn
from boldglm.datasets.fetching import bring, fetch
from boldglm.datasets.folders import dataset_folder
from boldglm.datasets.registry import Source, dataset
from boldglm.datasets.unpack import safe_path
from boldglm.signal.checks import checked_whole

__all__ = [
    "fetch_ds000030_urls",
    "fetch_openneuro_dataset",
    "patch_openneuro_dataset",
    "select_from_index",
]

_VERSION = "ds000030_R1.0.4"
_SUBJECT = re.compile(r"(sub-[a-zA-Z0-9]+)[_./]")
# Names before BIDS had derivatives: names since
_MNI = "space-MNI152NLin2009cAsym"
_RENAMED = {
    "_T1w_brainmask": "_desc-brain_mask",
    "_T1w_preproc": "_desc-preproc_T1w",
    f"_T1w_{_MNI}_brainmask": f"_{_MNI}_desc-brain_mask",
    f"_T1w_{_MNI}_class-": f"_{_MNI}_label-",
    f"_T1w_{_MNI}_preproc": f"_{_MNI}_desc-preproc_T1w",
    "_bold_confounds": "_desc-confounds_regressors",
    f"_bold_{_MNI}_brainmask": f"_{_MNI}_desc-brain_mask",
    f"_bold_{_MNI}_preproc": f"_{_MNI}_desc-preproc_bold",
}


def fetch_ds000030_urls(
    data_dir: Any = None, verbose: int = 1
) -> tuple[str, list[str]]:
    """Addresses of all files of ds000030, version 1.0.4.

    The list is downloaded where it is not there, at most 500 MB.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    verbose : int
        0: say nothing.

    Returns
    -------
    path : str
        Of the list, JSON.
    urls : list of str

    Raises
    ------
    FetchError
        If it is not there and cannot be downloaded, or is no list.

    References
    ----------
    Poldrack RA, Congdon E, Triplett W, et al. (2016). A phenome-wide examination of
    neural and cognitive function. Scientific Data 3:160110.

    Examples
    --------
    >>> from boldglm.datasets.openneuro import fetch_ds000030_urls
    >>> path, urls = fetch_ds000030_urls()  # doctest: +SKIP
    >>> urls[0].startswith("https://")  # doctest: +SKIP
    True
    """
    phenomics = dataset("ds000030")
    path = fetch(phenomics, data_dir, verbose=verbose) / phenomics.sources[0].file
    try:
        urls = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        urls = None
    if not isinstance(urls, list):
        msg = f"{path} is no list of addresses. Delete it: it is then fetched again."
        raise FetchError(msg)
    return str(path), urls


def select_from_index(
    urls: Iterable[str],
    inclusion_filters: Sequence[str] | None = None,
    exclusion_filters: Sequence[str] | None = None,
    n_subjects: int | None = None,
) -> list[str]:
    """Those addresses that match all of some patterns, and none of others.

    Parameters
    ----------
    urls : list of str
    inclusion_filters, exclusion_filters : list of str, optional
        Patterns of the shell, such as "*task-stopsignal*".
    n_subjects : int, optional
        1 or more: only the first subjects of what is left, by name; what belongs to
        no subject stays.

    Returns
    -------
    list of str
        In the order of `urls`.

    Raises
    ------
    TypeError
        If there is one string where a list is expected, or `n_subjects` is no number.
    ValueError
        If `n_subjects` is below 1, or not whole.

    Examples
    --------
    >>> urls = ["d/README", "d/sub-2/anat.nii", "d/sub-1/anat.nii", "d/sub-1/bold.nii"]
    >>> select_from_index(urls, exclusion_filters=["*bold*"], n_subjects=1)
    ['d/README', 'd/sub-1/anat.nii']
    """
    _require_list(urls, "urls", "addresses")
    if urls is None:
        msg = "urls is None; expected a list of addresses."
        raise TypeError(msg)
    urls = list(urls)
    _require_list(inclusion_filters, "inclusion_filters", "patterns")
    _require_list(exclusion_filters, "exclusion_filters", "patterns")
    if n_subjects is not None:
        expected = "how many subjects, 1 or more, or None"
        n_subjects = checked_whole(n_subjects, "n_subjects", expected, low=1)
    included = [] if inclusion_filters is None else list(inclusion_filters)
    excluded = [] if exclusion_filters is None else list(exclusion_filters)
    kept = [
        url
        for url in urls
        if all(fnmatchcase(url, one) for one in included)
        and not any(fnmatchcase(url, one) for one in excluded)
    ]
    subjects = {url: _subject(url) for url in kept}
    chosen = sorted({one for one in subjects.values() if one})[:n_subjects]
    return [url for url in kept if "sub-" not in url or subjects[url] in chosen]


def fetch_openneuro_dataset(
    urls: Sequence[str] | None = None,
    data_dir: Any = None,
    dataset_version: str = _VERSION,
    verbose: int = 1,
) -> tuple[str, list[str]]:
    """Files of a data set of OpenNeuro.

    Those that are there are not downloaded; the others are, at most 20000 MB each.
    Names of fMRIPrep before BIDS had derivatives get their present ones as links; see
    `patch_openneuro_dataset`.

    Parameters
    ----------
    urls : list of str, optional
        Addresses that hold ``<name>/<name>_<version>/uncompressed/``. None: all files
        of ds000030.
    data_dir : str or Path, optional
        See `get_data_dirs`.
    dataset_version : str
        ``<name>_<version>``.
    verbose : int
        0: say nothing.

    Returns
    -------
    folder : str
    files : list of str
        Sorted paths of the files.

    Raises
    ------
    TypeError
        If `urls` is one string.
    ValueError
        If an address is one of other data, or would lead out of the folder.
    FetchError
        If files are not there and cannot be downloaded.

    Warns
    -----
    UserWarning
        If a version is given without addresses: it is not used.

    Examples
    --------
    >>> from boldglm.datasets.openneuro import fetch_openneuro_dataset
    >>> folder, files = fetch_openneuro_dataset(urls[:2])  # doctest: +SKIP
    >>> len(files)  # doctest: +SKIP
    2
    """
    _require_list(urls, "urls", "addresses")
    if not isinstance(dataset_version, str):
        msg = f"dataset_version is {dataset_version!r}; expected text: {_VERSION!r}."
        raise TypeError(msg)
    if urls is None:
        if dataset_version != _VERSION:
            told = (
                f"dataset_version is {dataset_version!r}, and no urls are given: "
                f"fetching {_VERSION}, whose addresses are known."
            )
            warn(told, UserWarning)
            dataset_version = _VERSION
        _, urls = fetch_ds000030_urls(data_dir, verbose)
    prefix = f"{dataset_version.partition('_')[0]}/{dataset_version}/uncompressed"
    others = [url for url in urls if f"{prefix}/" not in url]
    if others:
        msg = (
            f"{len(others)} of {len(urls)} addresses do not hold {prefix!r}, such as "
            f"{others[0]!r}. Give the dataset_version they are of."
        )
        raise ValueError(msg)
    wanted = replace(dataset("ds000030"), folders=(prefix,))
    if dataset_version != _VERSION:
        page = f"https://openneuro.org/datasets/{prefix.partition('/')[0]}"
        wanted = replace(
            wanted,
            name=dataset_version,
            licence="See its page.",
            page=page,
        )
    sources = [
        wanted.listed(url.split(f"{prefix}/", 1)[1].partition("?")[0], url)
        for url in dict.fromkeys(urls)
    ]
    for source in sources:
        safe_path(Path(), source.file)
    with dataset_folder(wanted, _Complete(sources), data_dir) as folder:
        bring(wanted, folder, sources, verbose=verbose)
    files = sorted(str(folder / source.file) for source in sources)
    patch_openneuro_dataset(files)
    return str(folder), files


def patch_openneuro_dataset(file_list: Iterable[str]) -> None:
    """Link files of old names of derivatives under the names they have in BIDS.

    Parameters
    ----------
    file_list : list of str
        Paths. Where the other name is taken, or no link can be made, nothing is done.

    Examples
    --------
    >>> from tempfile import mkdtemp
    >>> file = Path(mkdtemp()) / "sub-1_task-rest_bold_confounds.tsv"
    >>> _ = file.write_text("")
    >>> patch_openneuro_dataset([str(file)])
    >>> file.with_name("sub-1_task-rest_desc-confounds_regressors.tsv").is_symlink()
    True
    """
    for one in as_list(file_list, "file_list", "paths"):
        name = as_path(one, "an element of file_list")
        for old, new in _RENAMED.items():
            if old in name.name:
                link = name.with_name(name.name.replace(old, new))
                with suppress(OSError):
                    link.symlink_to(name.name)


class _Complete:
    """Whether a folder has all files."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources

    def __call__(self, folder: Path) -> bool:
        return not any(source.lacks(folder) for source in self._sources)


def _require_list(given: Any, name: str, what: str) -> None:
    """Refuse a string, which would pass for a list of its letters, and no list."""
    if isinstance(given, str):
        msg = f"{name} is {given!r}; expected a list of {what}, such as [{given!r}]."
        raise TypeError(msg)
    for one in () if given is None else as_list(given, name, what):
        if not isinstance(one, str):
            msg = f"{name} has {one!r}; expected {what} as text."
            raise TypeError(msg)


def _subject(url: str) -> str | None:
    found = _SUBJECT.search(url)
    return found[1] if found else None
