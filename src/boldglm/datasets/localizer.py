"""Maps of 94 subjects of the localizer, by contrast.

The data set has an index: a JSON object of names in the data set and keys of downloads.
Files that are there need no index. Subjects of whom the index does not have a file are
left out of its list, with a warning.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boldglm._base.errors import FetchError
from boldglm._base.warnings import warn
from boldglm.datasets.bunch import Bunch
from boldglm.datasets.fetching import bring
from boldglm.datasets.folders import dataset_folder
from boldglm.datasets.localizer_contrasts import contrast_file_names
from boldglm.datasets.registry import Dataset, Source, dataset
from boldglm.signal.checks import checked_whole

__all__ = [
    "fetch_localizer_button_task",
    "fetch_localizer_calculation_task",
    "fetch_localizer_contrasts",
]

_N_SUBJECTS = 94
_TABLES = ("participants.tsv", "phenotype/behavioural.tsv")
_STATISTICS = "/localizer/derivatives/spm_1st_level"
_ANATOMY = "/localizer/derivatives/spm_preprocessing"


@dataclass(frozen=True)
class _File:
    """A file of a subject, or a table of all (key "")."""

    key: str
    subject: str
    path: str  # below the folder of the data set
    indexed: str


def fetch_localizer_contrasts(
    contrasts: list[str],
    n_subjects: int | Sequence[int] | None = None,
    get_tmaps: bool = False,
    get_masks: bool = False,
    get_anats: bool = False,
    data_dir: Any = None,
    resume: bool = True,
    verbose: int = 1,
) -> Bunch:
    """Maps of contrasts of the localizer, one per subject, and what is known of them.

    Files that are not there are downloaded; see `get_data_dirs`.

    Parameters
    ----------
    contrasts : list of str
        Such as "checkerboard" or "left vs right button press"; an unknown name is
        answered with all there are.
    n_subjects : int, list of int or None
        How many, from the first on; or which, from 1 to 94. None: all 94.
    get_tmaps, get_masks, get_anats : bool
        Whether to fetch maps of t, masks and structural images, too.
    data_dir : str or Path, optional
        See `get_data_dirs`.
    resume : bool
        Whether to go on where an earlier download has stopped.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``cmaps``, and ``tmaps``, ``masks``, ``anats`` where asked for
            Paths, subject by subject, for each of them contrast by contrast.
        ``ext_vars``
            DataFrame, a row per subject: age, sex, scores, …. Iterating over it
            gives rows (see `SubjectTable`).
        ``description``
            Source, licence and citation.

    Raises
    ------
    TypeError, ValueError
        If there is no such contrast or subject.
    FetchError
        If files are not there and cannot be downloaded.

    Warns
    -----
    UserWarning
        If there are fewer subjects than asked for, or a subject lacks a file.

    References
    ----------
    Papadopoulos Orfanos D, Michel V, Schwartz Y, Pinel P, Moreno A, Le Bihan D, Frouin
    V (2017). The Brainomics/Localizer database. NeuroImage 144:309-314.

    Examples
    --------
    >>> from boldglm.datasets.localizer import fetch_localizer_contrasts
    >>> data = fetch_localizer_contrasts(["checkerboard"], 16)  # doctest: +SKIP
    >>> len(data.cmaps)  # doctest: +SKIP
    16
    """
    names = contrast_file_names(contrasts)
    subjects = _subjects(n_subjects)
    maps = ["cmaps", "tmaps"] if get_tmaps else ["cmaps"]
    files = [*_map_files(subjects, maps, names), *_tables()]
    if get_masks:
        files += _one_each(
            subjects, "masks", "boolean_mask_mask", f"{_STATISTICS}/sub-{{0}}/", "mask"
        )
    if get_anats:
        files += _one_each(
            subjects,
            "anats",
            "normalized_T1_anat_defaced",
            f"{_ANATOMY}/sub-{{0}}/",
            "T1w",
        )
    localizer = dataset("brainomics_localizer")
    folder = dataset_folder(localizer.folders, _Complete(files), data_dir)
    _bring_files(localizer, folder, files, resume, verbose)
    found: dict[str, list[str]] = {}
    for file in files:
        if file.key and (folder / file.path).is_file():
            found.setdefault(file.key, []).append(str(folder / file.path))
    return Bunch(
        ext_vars=_subject_table(folder, subjects),
        description=localizer.description,
        **found,
    )


def fetch_localizer_calculation_task(
    n_subjects: int | Sequence[int] | None = 1, data_dir: Any = None, verbose: int = 1
) -> Bunch:
    """Maps of calculating, heard or read: `fetch_localizer_contrasts` of one contrast.

    Parameters
    ----------
    n_subjects : int, list of int or None
        See `fetch_localizer_contrasts`, also for what is raised.
    data_dir : str or Path, optional
        See `get_data_dirs`.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``cmaps``, ``ext_vars``, ``description``.

    Examples
    --------
    >>> from boldglm.datasets.localizer import fetch_localizer_calculation_task
    >>> len(fetch_localizer_calculation_task(20).cmaps)  # doctest: +SKIP
    20
    """
    contrast = "calculation (auditory and visual cue)"
    return fetch_localizer_contrasts(
        [contrast], n_subjects=n_subjects, data_dir=data_dir, verbose=verbose
    )


def fetch_localizer_button_task(data_dir: Any = None, verbose: int = 1) -> Bunch:
    """Maps of the left against the right hand of one subject, the second.

    Parameters
    ----------
    data_dir : str or Path, optional
        See `get_data_dirs`.
    verbose : int
        0: say nothing.

    Returns
    -------
    Bunch
        ``cmaps``, ``tmaps``, ``anats``
            Lists of one path.
        ``tmap``, ``anat``
            These paths.
        ``ext_vars``, ``description``
            See `fetch_localizer_contrasts`, also for what is raised.

    Examples
    --------
    >>> from boldglm.datasets.localizer import fetch_localizer_button_task
    >>> data = fetch_localizer_button_task()  # doctest: +SKIP
    >>> data.tmap == data.tmaps[0]  # doctest: +SKIP
    True
    """
    data = fetch_localizer_contrasts(
        ["left vs right button press"],
        n_subjects=[2],
        get_tmaps=True,
        get_anats=True,
        data_dir=data_dir,
        verbose=verbose,
    )
    data.tmap, data.anat = data.tmaps[0], data.anats[0]
    return data


def _subjects(n_subjects: Any) -> list[str]:
    expected = f"how many subjects, or a list of numbers from 1 to {_N_SUBJECTS}"
    if n_subjects is None:
        n_subjects = _N_SUBJECTS
    if isinstance(n_subjects, Iterable):
        numbers = [checked_whole(one, "n_subjects", expected) for one in n_subjects]
        wrong = [one for one in numbers if not 1 <= one <= _N_SUBJECTS]
        if wrong or not numbers:
            msg = f"n_subjects is {list(n_subjects)}; expected {expected}."
            raise ValueError(msg)
    else:
        number = checked_whole(n_subjects, "n_subjects", expected, low=1)
        if number > _N_SUBJECTS:
            told = f"n_subjects is {number}: there are {_N_SUBJECTS}, all are taken."
            warn(told, UserWarning)
            number = _N_SUBJECTS
        numbers = list(range(1, number + 1))
    return [f"S{number:02}" for number in numbers]


def _map_files(
    subjects: Sequence[str], kinds: Sequence[str], names: Sequence[str]
) -> list[_File]:
    return [
        _File(
            kind,
            subject,
            f"brainomics_data/{subject}/{kind}_{name}.nii.gz",
            f"{_STATISTICS}/sub-{subject}/"
            f"sub-{subject}_task-localizer_acq-{name}_{kind}.nii.gz",
        )
        for subject in subjects
        for kind in kinds
        for name in names
    ]


def _one_each(
    subjects: Sequence[str], key: str, name: str, home: str, suffix: str
) -> list[_File]:
    return [
        _File(
            key,
            subject,
            f"brainomics_data/{subject}/{name}.nii.gz",
            f"{home.format(subject)}sub-{subject}_{suffix}.nii.gz",
        )
        for subject in subjects
    ]


def _tables() -> list[_File]:
    return [
        _File("", "", f"brainomics_data/{table}", f"/localizer/{table}")
        for table in _TABLES
    ]


def _missing(folder: Path, files: Iterable[_File]) -> list[_File]:
    return [file for file in files if Source(file.path, (), 0).lacks(folder)]


@dataclass(frozen=True)
class _Complete:
    """Whether a folder has all of the files that the data set has."""

    files: Sequence[_File]

    def __call__(self, folder: Path) -> bool:
        missing = _missing(folder, self.files)
        index = _read_index(folder) if missing else None
        if index is None:
            return not missing
        return not any(file.indexed in index for file in missing)


def _read_index(folder: Path) -> dict[str, str] | None:
    (source,) = dataset("brainomics_localizer").sources
    try:
        index = json.loads((folder / source.file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return index if isinstance(index, dict) else None


def _bring_files(
    localizer: Dataset, folder: Path, files: list[_File], resume: bool, verbose: int
) -> None:
    missing = _missing(folder, files)
    if not missing:
        return
    index = _read_index(folder)
    if index is None:
        with suppress(OSError):
            (folder / localizer.sources[0].file).unlink()
        bring(localizer, folder, localizer.sources, resume=resume, verbose=verbose)
        index = _read_index(folder)
    if index is None:
        place = folder / localizer.sources[0].file
        msg = (
            f"The index of {localizer.name} is no JSON object. It is in {place}: "
            "delete it and try again later."
        )
        raise FetchError(msg)
    listed = [file for file in missing if file.indexed in index]
    # The keys begin with a stroke
    sources = [
        localizer.listed(file.path, index[file.indexed].lstrip("/")) for file in listed
    ]
    bring(localizer, folder, sources, resume=resume, verbose=verbose)
    absent = [file for file in missing if file.indexed not in index]
    tables = [file.path for file in absent if not file.key]
    if tables:
        msg = f"The index of {localizer.name} in {folder} does not have {tables}."
        raise FetchError(msg)
    _warn_of_absent(absent)


def _warn_of_absent(files: Sequence[_File]) -> None:
    for key in dict.fromkeys(file.key for file in files):
        subjects = dict.fromkeys(file.subject for file in files if file.key == key)
        told = (
            f"The data set has no {key} of {', '.join(subjects)}: they are left out of "
            f"'{key}', but not out of 'ext_vars'."
        )
        warn(told, UserWarning)


def _subject_table(folder: Path, subjects: Sequence[str]) -> Any:
    """What is known of the subjects, in their order."""
    import pandas as pd

    from boldglm.datasets.subject_table import SubjectTable

    home = folder / "brainomics_data"
    people, scores = (pd.read_csv(home / table, sep="\t") for table in _TABLES)
    table = people.merge(scores)
    at = {name: row for row, name in reversed(list(enumerate(table["participant_id"])))}
    rows = [at[subject] for subject in subjects if subject in at]
    return SubjectTable(table.iloc[rows])
