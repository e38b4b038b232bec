"""Find files in a BIDS data set by what their names say."""

import glob
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, TypedDict

from boldglm._base.arguments import as_list, as_path, check_truth, shown

__all__ = ["BidsFile", "get_bids_files", "parse_bids_filename"]


class BidsFile(TypedDict):
    """What the name of a file says."""

    file_path: Any
    file_basename: str
    extension: str
    suffix: str
    entities: dict[str, str | None]


def parse_bids_filename(img_path: str | PathLike[str]) -> BidsFile:
    """Take the name of a file apart: ``key-label_key-label_suffix.extension``.

    Parameters
    ----------
    img_path : str or Path
        The file need not exist.

    Returns
    -------
    dict
        ``file_path`` as given, ``file_basename``, ``extension`` without the first dot,
        ``suffix``, and ``entities``, a dict of labels by key: None where a part of
        the name has no hyphen.

    Examples
    --------
    >>> found = parse_bids_filename("func/sub-01_task-faces_bold.nii.gz")
    >>> found["suffix"], found["extension"], found["entities"]
    ('bold', 'nii.gz', {'sub': '01', 'task': 'faces'})
    """
    name = as_path(img_path, "img_path").name
    *parts, last = name.split("_")
    suffix, _, extension = last.partition(".")
    entities: dict[str, str | None] = {}
    for part in parts:
        key, *labels = part.split("-")
        entities[key] = labels[0] if labels else None
    return BidsFile(
        file_path=img_path,
        file_basename=name,
        extension=extension,
        suffix=suffix,
        entities=entities,
    )


def get_bids_files(
    main_path: str | PathLike[str],
    file_tag: str = "*",
    file_type: str = "*",
    sub_label: str = "*",
    modality_folder: str = "*",
    filters: Sequence[tuple[str, str]] | None = None,
    sub_folder: bool = True,
) -> list[str]:
    """List the files of a data set whose names fit.

    Parameters
    ----------
    main_path : str or Path
        Of the data set, or of a folder of derivatives in it.
    file_tag : str
        Suffix, such as ``'bold'``. ``*`` and ``?`` stand for any letters here and
        below.
    file_type : str
        Extension without the first dot, such as ``'nii.gz'``.
    sub_label : str
        Of the subject.
    modality_folder : str
        Such as ``'func'``; ``''`` for files in the folder of a subject or session
        itself. Where a subject has sessions, theirs, and for ``'anat'`` and
        ``'func'`` also the subject's own.
    filters : list of (key, label), optional
        Files whose names have all of them. An empty label: files without the key.
    sub_folder : bool
        False: only the files right in `main_path`.

    Returns
    -------
    list of str
        Sorted.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "sub-01" / "func").mkdir(parents=True)
    >>> for task in ("faces", "rest"):
    ...     name = f"sub-01_task-{task}_bold.nii.gz"
    ...     (folder / "sub-01" / "func" / name).touch()
    >>> files = get_bids_files(folder, "bold", "nii.gz", filters=[("task", "rest")])
    >>> [Path(file).name for file in files]
    ['sub-01_task-rest_bold.nii.gz']
    """
    folder = as_path(main_path, "main_path")
    check_truth(sub_folder, "sub_folder")
    told = {
        "file_tag": file_tag,
        "file_type": file_type,
        "sub_label": sub_label,
        "modality_folder": modality_folder,
    }
    for name, part in told.items():
        if not isinstance(part, str) or "\0" in part:
            msg = f"{name} is {shown(part)}; expected part of a name, as text."
            raise TypeError(msg)
    filters = _checked_filters(filters)
    if not folder.is_dir():
        msg = f"'{folder}' is not a folder; expected that of a BIDS data set."
        raise NotADirectoryError(msg)
    if not sub_folder:
        return _fitting(_matches(folder, f"*{file_tag}.{file_type}"), filters)
    subject, name = f"sub-{sub_label}", f"sub-{sub_label}*_{file_tag}.{file_type}"
    with_sessions = bool(_matches(folder, "sub-*", "ses-*"))
    if not with_sessions:
        found = _matches(folder, subject, modality_folder, name)
    else:
        found = _matches(folder, subject, "ses-*", modality_folder, name)
        # Any other modality would take the folders of sessions for one
        if modality_folder in ("anat", "func"):
            found += _matches(folder, subject, modality_folder, name)
    return _fitting(found, filters)


def _checked_filters(filters: Any) -> list[tuple[str, str]]:
    expected = "pairs of a key and a label, as text"
    pairs = [] if filters is None else as_list(filters, "filters", expected)
    for pair in pairs:
        two = isinstance(pair, list | tuple) and len(pair) == 2
        if not two or not all(isinstance(part, str) for part in pair):
            msg = f"filters has {shown(pair)}; expected {expected}."
            raise TypeError(msg)
    return pairs


def _matches(folder: Path, *pattern: str) -> list[str]:
    # Brackets in the folder are no pattern
    inside = Path(glob.escape(str(folder)), *pattern)
    return glob.glob(str(inside))  # noqa: PTH207


def _fitting(
    files: Iterable[str], filters: Sequence[tuple[str, str]] | None
) -> list[str]:
    kept = []
    for file in sorted(files):
        entities = parse_bids_filename(file)["entities"]
        if all(
            entities.get(key) == label if label else key not in entities
            for key, label in filters or ()
        ):
            kept.append(file)
    return kept
