"""Files of the localizer: where they go, and what its index calls them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "TABLES",
    "LocalizerFile",
    "by_hand",
    "map_files",
    "single_files",
    "table_files",
]

#: What is known of the subjects, and their scores, below ``brainomics_data``
TABLES = ("participants.tsv", "phenotype/behavioural.tsv")
_DATA = "brainomics_data"
_STATISTICS = "/localizer/derivatives/spm_1st_level"
# What there is one of for each subject: its name, and that in the index
_SINGLES = {
    "masks": ("boolean_mask_mask", _STATISTICS, "mask"),
    "anats": (
        "normalized_T1_anat_defaced",
        "/localizer/derivatives/spm_preprocessing",
        "T1w",
    ),
}


@dataclass(frozen=True)
class LocalizerFile:
    """A file of a subject, or a table of all.

    Attributes
    ----------
    key : str
        What a fetcher returns it as; empty for tables.
    subject : str
        Such as "S01"; empty for tables.
    path : str
        Below the folder of the data set.
    indexed : str
        Its name in the index.
    contrast : str
        Of maps, as the user calls it.
    """

    key: str
    subject: str
    path: str
    indexed: str
    contrast: str = ""


def map_files(
    subjects: Iterable[str],
    kinds: Sequence[str],
    contrasts: Sequence[tuple[str, str]],
) -> list[LocalizerFile]:
    """Maps, subject by subject, kind by kind, contrast by contrast.

    Parameters
    ----------
    subjects : iterable of str
    kinds : sequence of str
        Of "cmaps" and "tmaps".
    contrasts : sequence of pairs of str
        See `localizer_contrasts.named_contrasts`.

    Returns
    -------
    list of LocalizerFile

    Examples
    --------
    >>> map_files(["S01"], ["cmaps"], [("checkerboard", "Checkerboard")])[0].path
    'brainomics_data/S01/cmaps_Checkerboard.nii.gz'
    """
    return [
        LocalizerFile(
            kind,
            subject,
            f"{_DATA}/{subject}/{kind}_{name}.nii.gz",
            f"{_STATISTICS}/sub-{subject}/"
            f"sub-{subject}_task-localizer_acq-{name}_{kind}.nii.gz",
            contrast,
        )
        for subject in subjects
        for kind in kinds
        for contrast, name in contrasts
    ]


def single_files(subjects: Iterable[str], keys: Iterable[str]) -> list[LocalizerFile]:
    """Masks and structural images.

    Parameters
    ----------
    subjects : iterable of str
    keys : iterable of str
        Of "masks" and "anats".

    Returns
    -------
    list of LocalizerFile

    Examples
    --------
    >>> single_files(["S01"], ["masks"])[0].path
    'brainomics_data/S01/boolean_mask_mask.nii.gz'
    """
    return [
        LocalizerFile(
            key,
            subject,
            f"{_DATA}/{subject}/{name}.nii.gz",
            f"{home}/sub-{subject}/sub-{subject}_{suffix}.nii.gz",
        )
        for key, (name, home, suffix) in _SINGLES.items()
        if key in set(keys)
        for subject in subjects
    ]


def table_files() -> list[LocalizerFile]:
    """The tables of all subjects.

    Examples
    --------
    >>> [file.path for file in table_files()][0]
    'brainomics_data/participants.tsv'
    """
    return [
        LocalizerFile("", "", f"{_DATA}/{table}", f"/localizer/{table}")
        for table in TABLES
    ]


def by_hand(files: Sequence[LocalizerFile], index: Path, url: str) -> str:
    """Which files are wanted, all of them, and how the index leads to each.

    Parameters
    ----------
    files : sequence of LocalizerFile
        At least one.
    index : Path
    url : str
        Address of a file, with "<key>" for its key.

    Returns
    -------
    str
        Lines; files that differ in nothing but the subject are in one.

    Examples
    --------
    >>> files = single_files(["S01", "S02"], ["masks"])
    >>> print(by_hand(files, Path("download"), "https://osf.io/download/<key>/"))
    All files that are missing in .:
      brainomics_data/<subject>/boolean_mask_mask.nii.gz
        of S01, S02
    Each is at https://osf.io/download/<key>/, with its key from the index, download.
    There, the first of them is
      /localizer/derivatives/spm_1st_level/sub-S01/sub-S01_mask.nii.gz
    """
    subjects: dict[str, list[str]] = {}
    for file in files:
        place = file.path
        if file.subject:
            place = place.replace(f"/{file.subject}/", "/<subject>/")
        subjects.setdefault(place, []).append(file.subject)
    lines = [f"All files that are missing in {index.parent}:"]
    for place, names in subjects.items():
        lines.append(f"  {place}")
        if any(names):
            lines.append(f"    of {', '.join(names)}")
    return "\n".join(
        [
            *lines,
            f"Each is at {url}, with its key from the index, {index}.",
            "There, the first of them is",
            f"  {files[0].indexed}",
        ]
    )
