"""Where the results of a model go, and under which names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike

from boldglm.interfaces.bids.names import bids_label, bids_name
from boldglm.interfaces.bids.query import parse_bids_filename

__all__ = ["OutputNames", "joined", "output_names"]

# Of 255 bytes that a file name may have, contrasts and suffixes need some
LONGEST = 100
# What does not tell results apart: they are of the magnitude of a combined echo, …
DROPPED = ("echo", "part", "hemi", "desc")


@dataclass(frozen=True)
class OutputNames:
    """How the names of files begin, without the ``_`` that follows.

    Attributes
    ----------
    folder : str
        ``'sub-01'``, ``'group'``, or ``''``.
    model : str
        Of what is about all of the model.
    mask, maps : str
    runs : tuple of str
        Of what is about a run.
    """

    folder: str
    model: str
    mask: str
    maps: str
    runs: tuple[str, ...]


def joined(*parts: str) -> str:
    """Join parts of a name, of which any may be empty.

    Examples
    --------
    >>> joined("", "stat-z", "statmap.nii.gz")
    'stat-z_statmap.nii.gz'
    """
    return "_".join(part for part in parts if part)


def output_names(
    n_runs: int | None,
    files: Sequence[str | PathLike[str] | None] = (),
    prefix: str | None = None,
) -> OutputNames:
    """Make names from those of the runs, or begin them with a prefix.

    Parameters
    ----------
    n_runs : int or None
        None for a group.
    files : list of paths, optional
        Of the runs, None for those that were not files.
    prefix : str or None
        None: names are made from `files` if these are of one subject and say so in
        the manner of BIDS. What all runs share of subject, session, task and space
        is in the names of maps, and what tells the runs apart in theirs.

    Raises
    ------
    TypeError
        If `prefix` is not text.
    ValueError
        If it is no beginning of a name: letters and digits of ASCII and ``- _ + .``
        with none of them but a letter or digit first, at most 100.

    Examples
    --------
    >>> files = [f"sub-01_task-faces_run-{run}_bold.nii.gz" for run in (1, 2)]
    >>> names = output_names(2, files)
    >>> names.folder, names.maps, names.runs[1]
    ('sub-01', 'sub-01_task-faces', 'sub-01_task-faces_run-2')
    >>> output_names(2, files, prefix="pilot").runs
    ('pilot_run-1', 'pilot_run-2')
    """
    start = _checked(prefix)
    if n_runs is None:
        return OutputNames("group", start, start, start, (start,))
    entities = _entities(files) if prefix is None else []
    if entities:
        return _from_files(entities)
    subject = start.split("_")[0] if start.startswith("sub-") else ""
    numbered = [bids_name({"run": run + 1}) for run in range(n_runs)]
    runs = [joined(start, run) for run in numbered]
    return OutputNames(
        subject, start, start, start, tuple(runs) if n_runs > 1 else (start,)
    )


def _checked(prefix: str | None) -> str:
    if prefix is None:
        return ""
    if not isinstance(prefix, str):
        msg = (
            f"prefix is {prefix!r}; expected text that file names begin with, such as "
            "'sub-01_task-faces', or None."
        )
        raise TypeError(msg)
    if prefix and not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_+.-]*", prefix):
        msg = (
            f"prefix is {prefix!r}; expected text that file names begin with: a letter "
            "or digit, then letters, digits and '-', '_', '+', '.' only, without "
            "blanks and accents. Folders are for out_dir."
        )
        raise ValueError(msg)
    if len(prefix) > LONGEST:
        msg = (
            f"prefix has {len(prefix)} characters, {prefix[:20]!r} and so on; expected "
            f"at most {LONGEST}, as names of files have 255 at most with all that "
            "follows."
        )
        raise ValueError(msg)
    return prefix.rstrip("_")


def _entities(files: Sequence[str | PathLike[str] | None]) -> list[dict[str, str]]:
    """What the names of the runs say; nothing where they are not of one subject."""
    found = []
    for file in files:
        said = parse_bids_filename(file)["entities"] if file is not None else {}
        labels = {key: _label(label or "") for key, label in said.items()}
        found.append({key: label for key, label in labels.items() if label})
    subjects = {one.get("sub") for one in found}
    return found if len(subjects) == 1 and None not in subjects else []


def _label(text: str) -> str:
    """A label in letters of ASCII; the German sharp s is two of them."""
    return bids_label(text.replace("ß", "ss").replace("ẞ", "SS"))


def _from_files(entities: list[dict[str, str]]) -> OutputNames:
    shared = {}
    for key in ("sub", "ses", "task", "space"):
        labels = {one[key] for one in entities if key in one}
        if len(labels) == 1:
            (shared[key],) = labels
    of_mask = {key: label for key, label in shared.items() if key != "ses"}
    kept = [
        {key: label for key, label in one.items() if key not in DROPPED}
        for one in entities
    ]
    runs = [bids_name(one) for one in kept]
    if len(set(runs)) < len(runs):
        runs = [bids_name({**one, "run": at}) for at, one in enumerate(kept, start=1)]
    return OutputNames(
        folder=f"sub-{shared['sub']}",
        model="",
        mask=bids_name(of_mask),
        maps=bids_name(shared),
        runs=tuple(runs),
    )
