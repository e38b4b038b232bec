"""The values of a label image, and tables that name its regions."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boldglm._base.arguments import as_path
from boldglm._base.errors import MaskError
from boldglm._base.warnings import ImageWarning, warn

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["check_whole", "lookup_table"]


def lookup_table(
    present: list[Any], background: Any, labels: Any = None, lut: Any = None
) -> "DataFrame":
    """Name the regions of a label image.

    Parameters
    ----------
    present : list of numbers
        The values of the image, increasing.
    background : number
        The value of what is no region.
    labels : list of str or None
        Names of the regions in the order of their values. "Background" may be among
        them.
    lut : DataFrame, str, Path or None
        Columns ``index`` and ``name``; a .tsv or .csv file.

    Returns
    -------
    DataFrame
        A row for each value that is present, increasing, with columns ``index`` and
        ``name``, and what else `lut` has. Values without a name are "unknown"; with
        neither labels nor table each is its own name.

    Raises
    ------
    TypeError
        If `labels` is no list of str.
    ValueError
        If there are both labels and a table, or the table lacks a column.

    Warns
    -----
    ImageWarning
        If there are more, or fewer, labels than regions.

    Examples
    --------
    >>> lookup_table([0, 2, 5], 0, labels=["V1", "V2"])
       index        name
    0      0  Background
    1      2          V1
    2      5          V2
    """
    import pandas as pd

    none = labels is None or (isinstance(labels, list | tuple) and not labels)
    if not none and lut is not None:
        msg = "labels and lut both name the regions; pass one of them."
        raise ValueError(msg)
    if lut is not None:
        table = _read(lut)
    else:
        regions = [value for value in present if value != background]
        names = map(str, regions) if none else _checked(labels, len(regions))
        table = pd.DataFrame({"index": regions, "name": list(names)})
    table = table[table["index"] != background]
    known = table[table["index"].isin(present)]
    rows = (
        [{"index": background, "name": "Background"}] if background in present else []
    )
    rows += [
        {"index": value, "name": "unknown"}
        for value in present
        if value != background and value not in set(known["index"])
    ]
    added = pd.DataFrame(rows, columns=["index", "name"])
    parts = [part for part in (added, known) if len(part)]
    whole = pd.concat(parts, ignore_index=True) if parts else added
    ordered = whole[[*table.columns]].sort_values("index", kind="stable")
    return ordered.reset_index(drop=True)


def _checked(labels: Any, n_regions: int) -> list[str]:
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        msg = f"labels are {labels!r}; expected a list of names, each a str."
        raise TypeError(msg)
    names = [name for name in labels if name.lower() != "background"]
    if len(names) != n_regions:
        warn(
            f"There are {len(names)} labels (without the background) for {n_regions} "
            "regions in the image: "
            + ("the last ones are dropped." if len(names) > n_regions else "")
            + ("the last regions are 'unknown'." if len(names) < n_regions else ""),
            ImageWarning,
        )
    return (names + ["unknown"] * n_regions)[:n_regions]


def _read(lut: Any) -> "DataFrame":
    import pandas as pd

    table = lut
    if isinstance(lut, str | PathLike):
        if not as_path(lut, "lut").is_file():
            msg = f"lut: there is no file '{lut}' (looked from {Path.cwd()})."
            raise FileNotFoundError(msg)
        table = pd.read_table(lut, sep=None, engine="python")
    if not isinstance(table, pd.DataFrame) or not {"index", "name"} <= set(table):
        what = list(table) if isinstance(table, pd.DataFrame) else type(lut).__name__
        msg = f"lut is {what}; expected a table with the columns 'index' and 'name'."
        raise ValueError(msg)
    return table


def check_whole(name: str, values: list[Any]) -> None:
    """Look whether labels are whole: others come from a map, or from interpolation.

    Raises
    ------
    MaskError
        If most are not: there would be a region for nearly every voxel.

    Warns
    -----
    ImageWarning
        If some are not.

    Examples
    --------
    >>> check_whole("atlas", [0, 1, 2.0])
    """
    fractions = [value for value in values if value != int(value)]
    if not fractions:
        return
    msg = (
        f"{name} is no label image by its values: {len(fractions)} of {len(values)} "
        f"are not whole numbers, such as {fractions[0]:g}. Each is taken for a region. "
        "Pass a label image, resampled by nearest neighbours."
    )
    if len(fractions) > len(values) / 2:
        raise MaskError(msg)
    warn(msg, ImageWarning)
