"""Doors for tables of numbers: confounds, designs, and which scans to keep."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import DesignError
from boldglm.glm.first_level.delimited import DELIMITERS, check_separator
from boldglm.signal.confounds import load_confounds_table
from boldglm.signal.tables import check_finite, check_rows, numeric_table

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "load_confounds_table",
    "load_design_table",
    "load_sample_mask",
    "numeric_table",
]


def load_design_table(
    design: Any, n_scans: int, run_index: int | None = None
) -> "DataFrame":
    """Read a design matrix.

    Parameters
    ----------
    design : pandas.DataFrame, array-like, str or Path
        A row per scan. Names of columns are kept, numbers included; arrays get
        0, 1, … Files as for `load_confounds_table`; a first column without a name
        in a .csv or .tsv file is its index, and ``conditions`` in a .npz file
        are its names. Not modified.
    n_scans : int
        Expected rows.
    run_index : int, optional
        Counted from 0; named in messages.

    Returns
    -------
    pandas.DataFrame
        Finite float64 numbers, with the index of `design`.

    Raises
    ------
    DesignError
        If there are not `n_scans` rows, there are no columns, names repeat, or a
        column is not numeric or not finite.

    Examples
    --------
    >>> load_design_table([[1, 0], [1, 1]], n_scans=2)
         0    1
    0  1.0  0.0
    1  1.0  1.0
    """
    what = _what("design matrix", run_index)
    frame = numeric_table(design, what, read_text=_read_text)
    if frame.shape[1] == 0:
        msg = f"{what} has no columns; expected a column for each regressor."
        raise DesignError(msg)
    check_rows(frame, n_scans, what)
    check_finite(frame.to_numpy(), list(frame.columns), what)
    return frame


def load_sample_mask(
    sample_mask: Any, n_scans: int, run_index: int | None = None
) -> np.ndarray:
    """Indices of the scans to keep, in the order of time.

    Parameters
    ----------
    sample_mask : (n_scans,) bool, or (n_kept,) int array-like, or None
        True for, or indices of, the scans to keep. None keeps all.
    n_scans : int
    run_index : int, optional
        Counted from 0; named in messages.

    Returns
    -------
    (n_kept,) int
        Ascending.

    Raises
    ------
    DesignError
        If nothing is kept, an index is out of range or there twice, or the mask
        has another length or type.

    Examples
    --------
    >>> load_sample_mask([True, False, True], n_scans=3)
    array([0, 2])
    >>> load_sample_mask([2, 1], n_scans=3)
    array([1, 2])
    """
    what = _what("sample_mask", run_index)
    if sample_mask is None:
        return np.arange(n_scans)
    mask = np.asarray(sample_mask)
    if mask.ndim != 1 or (mask.size and mask.dtype.kind not in "iub"):
        msg = (
            f"{what} has shape {mask.shape} and type {mask.dtype}; expected one "
            "boolean per scan, or the indices of the scans to keep."
        )
        raise DesignError(msg)
    if mask.dtype.kind == "b":
        if mask.size != n_scans:
            msg = f"{what} has {mask.size} booleans, but the run has {n_scans} scans."
            raise DesignError(msg)
        kept = np.flatnonzero(mask)
    else:
        kept = np.sort(mask.astype(np.intp))
    _check_kept(kept, n_scans, what)
    return kept


def _check_kept(kept: np.ndarray, n_scans: int, what: str) -> None:
    if not kept.size:
        msg = f"{what} keeps no scan."
        raise DesignError(msg)
    if kept[0] < 0 or kept[-1] >= n_scans:
        wrong = kept[0] if kept[0] < 0 else kept[-1]
        msg = f"{what} has index {wrong}; expected 0 to {n_scans - 1}."
        raise DesignError(msg)
    repeated = kept[1:][np.diff(kept) == 0]
    if repeated.size:
        msg = f"{what} has index {repeated[0]} twice; expected each scan once."
        if kept.size == n_scans and kept[-1] <= 1:
            msg = (
                f"{what} is {n_scans} times 0 or 1, and whole numbers are indices of "
                "scans; for one answer per scan use booleans: mask.astype(bool)."
            )
        raise DesignError(msg)


def _read_text(path: Path, what: str, prefix: str | None) -> "DataFrame":
    """Text with a line of names, separated as its ending says."""
    del prefix
    import pandas as pd

    delimiter = DELIMITERS[path.suffix.lower()]
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            header = next(csv.reader(lines, delimiter=delimiter), [])
        header = [name.strip() for name in header]
        check_separator(path, tuple(header), 1, delimiter)
        unnamed = bool(header) and header[0] == ""
        frame = pd.read_csv(
            path,
            sep=delimiter,
            encoding="utf-8-sig",
            index_col=0 if unnamed else False,
            skipinitialspace=True,
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as bad:
        msg = f"{what}: '{path}' cannot be read as a table: {bad}"
        raise DesignError(msg) from bad
    names = header[1:] if unnamed else header
    # pandas renames repeated columns; the caller has to see them
    return frame.set_axis(names, axis=1) if len(names) == frame.shape[1] else frame


def _what(name: str, run_index: int | None) -> str:
    return name if run_index is None else f"{name} of the run at index {run_index}"
