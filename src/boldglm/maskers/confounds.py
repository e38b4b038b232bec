"""Confounds as users have them: arrays, data frames, files."""

import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from boldglm._base.errors import ShapeError

__all__ = ["read_confounds"]


def read_confounds(confounds: Any, n_scans: int) -> np.ndarray | None:
    """Confounds of any accepted kind as one array.

    Parameters
    ----------
    confounds : DataFrame, array, str or Path of a .csv or .tsv, list of these, None
        (scan, confound), or (scan,). A file may have a line of names.
    n_scans : int

    Returns
    -------
    (scan, confound) float64 or None

    Raises
    ------
    ShapeError
        If there are not as many rows as scans.
    ValueError
        If values are not finite, or a file is no table of numbers.

    Examples
    --------
    >>> read_confounds([np.arange(3.0), np.ones((3, 2))], 3).shape
    (3, 3)
    """
    if confounds is None:
        return None
    tables = confounds if isinstance(confounds, list | tuple) else [confounds]
    columns = [_one_table(table, n_scans) for table in tables]
    return np.hstack(columns) if columns else None


def _one_table(table: Any, n_scans: int) -> np.ndarray:
    name = "The confounds"
    names: Sequence[Any] = ()
    if isinstance(table, str | PathLike):
        name = str(table)
        values, names = _read_table(Path(table).expanduser())
    else:
        names = list(getattr(table, "columns", ()))
        values = np.asarray(table, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, np.newaxis]
    if values.ndim != 2 or len(values) != n_scans:
        msg = (
            f"{name} have shape {values.shape}; "
            f"expected one row for each of {n_scans} scans."
        )
        raise ShapeError(msg)
    bad = np.nonzero(~np.isfinite(values).all(axis=0))[0]
    if bad.size:
        shown = ", ".join(str(names[i]) if len(names) else f"#{i}" for i in bad[:5])
        msg = (
            f"{name} have values that are not numbers in column {shown}. Leave the "
            "column out, or fill it (the first row of derivatives with 0)."
        )
        raise ValueError(msg)
    return values


def _read_table(path: Path) -> tuple[np.ndarray, list[str]]:
    text = path.read_text(encoding="utf-8-sig")
    rows = [re.split(r"[,;\t ]+", line.strip()) for line in text.splitlines() if line]
    names: list[str] = []
    if rows and not all(_is_number(word) for word in rows[0]):
        names = rows.pop(0)
    try:
        return np.array([[_number(word) for word in row] for row in rows]), names
    except ValueError as error:
        msg = f"{path} is not a table of numbers: {error}."
        raise ValueError(msg) from error


def _number(word: str) -> float:
    return float("nan") if word.lower() in ("n/a", "na", "") else float(word)


def _is_number(word: str) -> bool:
    try:
        _number(word)
    except ValueError:
        return False
    return True
