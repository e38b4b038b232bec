"""A table of maps: which file is the map of which subject."""

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from boldglm._base.errors import ContrastError
from boldglm.image.sources import open_all, require_dimensions
from boldglm.signal.tables import listed

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["maps_of_table", "sorted_table"]

COLUMNS = ("subject_label", "map_name", "effects_map_path")

Rows = tuple[tuple[Any, str, Any], ...]


def sorted_table(
    table: "DataFrame",
) -> tuple[Rows, tuple[Any, ...], tuple[str, ...]]:
    """Read a table of maps, and sort its subjects.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``subject_label``, ``map_name`` and ``effects_map_path``
        (paths, or images). Not modified.

    Returns
    -------
    rows : tuple of (subject, map, image)
        In the order of the table. Opened, not read.
    labels : tuple
        The subjects, each once, in their order.
    contrasts : tuple of str
        The names of the maps, in the order in which they come.

    Raises
    ------
    ValueError
        If a column or a value is missing, a map is there twice, or there are fewer
        than two subjects.
    DimensionError
        If an image is not 3-D.

    Examples
    --------
    >>> import nibabel as nib
    >>> import numpy as np
    >>> import pandas as pd
    >>> img = nib.Nifti1Image(np.zeros((1, 1, 1)), np.eye(4))
    >>> table = pd.DataFrame({"subject_label": ["02", "01"], "map_name": "faces"})
    >>> table["effects_map_path"] = [img, img]
    >>> sorted_table(table)[1:]
    (('01', '02'), ('faces',))
    """
    _check_table(table)
    subjects, names, paths = (table[name].tolist() for name in COLUMNS)
    try:
        labels = tuple(sorted(set(subjects)))
    except TypeError as error:
        msg = (
            "Column 'subject_label' of second_level_input has text and numbers, which "
            "have no order. Make all of them text: "
            "table['subject_label'].astype(str)."
        )
        raise ValueError(msg) from error
    if len(labels) < 2:
        msg = (
            "second_level_input has maps of one subject, "
            f"{listed(labels)}; a second level requires at least two."
        )
        raise ValueError(msg)
    rows = tuple(
        (subject, str(name), _opened(path, row))
        for row, (subject, name, path) in enumerate(
            zip(subjects, names, paths, strict=True)
        )
    )
    seen = set()
    for subject, name, _ in rows:
        if (subject, name) in seen:
            msg = (
                f"second_level_input has the map {name!r} of subject {subject!r} more "
                "than once; expected one row for each subject and map."
            )
            raise ValueError(msg)
        seen.add((subject, name))
    return rows, labels, tuple(dict.fromkeys(str(name) for name in names))


def maps_of_table(rows: Rows, name: Any, labels: Sequence[Any] | None) -> list[Any]:
    """The maps of one name, a subject each.

    Raises
    ------
    ContrastError
        If there is no such map, or a subject has none; the message lists what
        there is.
    """
    known = list(dict.fromkeys(one for _, one, _ in rows))
    if name is None or str(name) not in known:
        given = (
            "first_level_contrast is not given, and second_level_input has several maps"
            if name is None
            else f"first_level_contrast {name!r} is no map_name of second_level_input"
        )
        msg = f"{given}; it has {listed(known)}."
        raise ContrastError(msg)
    found = {subject: image for subject, one, image in rows if one == str(name)}
    lacking = [label for label in labels or () if label not in found]
    if lacking:
        msg = (
            f"second_level_input has no map {str(name)!r} of subject "
            f"{listed(lacking)}. Add it, or leave the subject out of the table (and of "
            "the design)."
        )
        raise ContrastError(msg)
    return [found[label] for label in labels or found]


def _check_table(table: "DataFrame") -> None:
    columns = table.columns.tolist()
    absent = [name for name in COLUMNS if name not in columns]
    if absent:
        msg = (
            "second_level_input is a DataFrame, which must have the columns "
            f"{listed(COLUMNS)}; it lacks {listed(absent)} and has {listed(columns)}."
        )
        raise ValueError(msg)
    for name in COLUMNS:
        empty = table[name].isna().to_numpy().nonzero()[0]
        if empty.size:
            msg = f"Column '{name}' of second_level_input is empty in row {empty[0]}."
            raise ValueError(msg)


def _opened(path: Any, row: int) -> Any:
    if not isinstance(path, str | PathLike) and not hasattr(path, "affine"):
        msg = (
            f"'effects_map_path' of row {row} is a {type(path).__name__}; expected the "
            "path of a 3-D image."
        )
        raise TypeError(msg)
    images = open_all(path, wildcards=False)
    require_dimensions(images[0], 3, f" as 'effects_map_path' of row {row}")
    return images[0]
