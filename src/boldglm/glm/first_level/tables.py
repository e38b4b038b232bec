"""Doors for tables of numbers: confounds, designs, and which scans to keep."""

import csv
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.glm.first_level.delimited import DELIMITERS, check_separator

if TYPE_CHECKING:
    from pandas import DataFrame

# Endings of files that hold numbers alone, as realignment programs write them.
PLAIN_NUMBERS = (".txt", ".par", ".1d", ".dat")

__all__ = [
    "load_confounds_table",
    "load_design_table",
    "load_sample_mask",
    "numeric_table",
]


def load_confounds_table(
    confounds: Any, n_scans: int, run_index: int | None = None
) -> "DataFrame":
    """Read the confounds of a run.

    Parameters
    ----------
    confounds : pandas.DataFrame or Series, array-like, str or Path
        A row per scan. Arrays get the names ``confound_0``, ``confound_1``, …
        Files are .csv, .tsv, .npy, .npz with the array ``X``, or numbers alone in
        .txt, .par or .1D, as realignment writes them. Not modified.
    n_scans : int
    run_index : int, optional
        Counted from 0; named in messages.

    Returns
    -------
    pandas.DataFrame
        Finite float64 numbers, indexed from 0.

    Raises
    ------
    DesignError
        If there are not `n_scans` rows, names repeat, or a column is not numeric,
        infinite, or has NaN beyond the first row.

    Warns
    -----
    DesignWarning
        If the first row has NaN, as derivatives of motion do: it is set to 0.

    Examples
    --------
    >>> load_confounds_table(np.zeros((3, 2)), n_scans=3).columns.tolist()
    ['confound_0', 'confound_1']
    """
    what = _what("confounds", run_index)
    frame = numeric_table(confounds, what, prefix="confound_")
    _check_rows(frame, n_scans, what)
    values = frame.to_numpy().copy()
    absent = np.isnan(values[0])
    values[0, absent] = 0.0
    _check_finite(values, frame, what)
    if absent.any():
        warn(
            f"{what}: NaN in the first row of {_listed(frame.columns[absent])} "
            "is set to 0.",
            DesignWarning,
        )
    return _frame(values, frame.columns)


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
    frame = numeric_table(design, what)
    if frame.shape[1] == 0:
        msg = f"{what} has no columns; expected a column for each regressor."
        raise DesignError(msg)
    _check_rows(frame, n_scans, what)
    _check_finite(frame.to_numpy(), frame, what)
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
        raise DesignError(msg)


def numeric_table(
    table: Any, what: str = "table", prefix: str | None = None
) -> "DataFrame":
    """Make a float64 DataFrame of a table, whatever it came as.

    Parameters
    ----------
    table : pandas.DataFrame or Series, array-like, str or Path
        Not modified. A one-dimensional table is one column.
    what : str
        How messages call it.
    prefix : str, optional
        Columns of arrays are this and their number; the number alone if None.

    Raises
    ------
    DesignError
        If the table cannot be read, names repeat, or a column is not numeric.

    Examples
    --------
    >>> numeric_table([1, 2], prefix="reg").columns.tolist()
    ['reg0']
    """
    frame = _as_frame(table, what, prefix)
    counts = Counter(str(name) for name in frame.columns)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        msg = f"{what}: columns {_listed(repeated)} are there more than once."
        raise DesignError(msg)
    values = np.empty(frame.shape)
    for at, name in enumerate(frame.columns):
        values[:, at] = _as_numbers(frame.iloc[:, at], name, what)
    return _frame(values, frame.columns, frame.index)


def _as_frame(table: Any, what: str, prefix: str | None) -> "DataFrame":
    import pandas as pd

    if isinstance(table, str | Path):
        return _read(Path(table).expanduser(), what, prefix)
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, pd.Series):
        return table.to_frame(f"{prefix or ''}0" if table.name is None else table.name)
    try:
        array = np.asarray(table)
    except ValueError as error:
        msg = f"{what} has rows of different lengths: {error}"
        raise DesignError(msg) from error
    if array.dtype.names:
        return pd.DataFrame(array)
    if array.ndim not in {1, 2}:
        msg = f"{what} has shape {array.shape}; expected (n_scans, n_columns)."
        raise DesignError(msg)
    array = array.reshape(len(array), -1)
    return _frame(array, _numbered(array.shape[1], prefix))


def _numbered(n_columns: int, prefix: str | None) -> list[Any]:
    if prefix is None:
        return list(range(n_columns))
    return [f"{prefix}{number}" for number in range(n_columns)]


def _read(path: Path, what: str, prefix: str | None) -> "DataFrame":
    if not path.is_file():
        msg = f"{what}: there is no file '{path}'."
        raise FileNotFoundError(msg)
    suffix = path.suffix.lower()
    if suffix in DELIMITERS:
        return _read_text(path, DELIMITERS[suffix], what)
    if suffix in {".npz", ".npy"}:
        return _read_binary(path, what, prefix)
    if suffix in PLAIN_NUMBERS:
        return _read_plain(path, what, prefix)
    msg = (
        f"{what}: '{path}' ends in '{suffix}'; expected .csv or .tsv with a header, "
        f"numbers alone in {', '.join(PLAIN_NUMBERS)}, or .npz or .npy."
    )
    raise DesignError(msg)


def _read_text(path: Path, delimiter: str, what: str) -> "DataFrame":
    import pandas as pd

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


def _read_plain(path: Path, what: str, prefix: str | None) -> "DataFrame":
    """Columns of numbers without names, as realignment writes its parameters."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "loadtxt: input contained no data")
            return _as_frame(np.loadtxt(path, ndmin=2), what, prefix)
    except (ValueError, UserWarning) as bad:
        msg = f"{what}: '{path}' cannot be read as columns of numbers: {bad}"
        raise DesignError(msg) from bad


def _read_binary(path: Path, what: str, prefix: str | None) -> "DataFrame":
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return _as_frame(loaded, what, prefix)
    with loaded:
        if "X" not in loaded:
            msg = (
                f"{what}: '{path}' has no array 'X'; it has "
                f"{_listed(list(loaded)) or 'none'}."
            )
            raise DesignError(msg)
        frame = _as_frame(loaded["X"], what, prefix)
        names = loaded.get("conditions")
    if names is None or np.size(names) != frame.shape[1]:
        return frame
    texts = [n.decode() if isinstance(n, bytes) else str(n) for n in names.ravel()]
    return frame.set_axis(texts, axis=1)


def _as_numbers(column: Any, name: Any, what: str) -> np.ndarray:
    """A column as float64, missing values as NaN."""
    if column.dtype.kind in "iufb" and isinstance(column.dtype, np.dtype):
        return column.to_numpy(dtype=np.float64)
    missing = column.isna().to_numpy()
    numbers = np.full(len(column), np.nan)
    for row in np.flatnonzero(~missing):
        value = column.iloc[row]
        try:
            numbers[row] = float(value)
        except (TypeError, ValueError) as error:
            msg = (
                f"{what}: column '{name}' is not numeric: it has {value!r} in row "
                f"{row}. Take it out, or code it with numbers."
            )
            raise DesignError(msg) from error
    return numbers


def _check_rows(frame: "DataFrame", n_scans: int, what: str) -> None:
    if len(frame) != n_scans:
        msg = f"{what} has {len(frame)} rows, but there are {n_scans} scans."
        raise DesignError(msg)


def _check_finite(values: np.ndarray, frame: "DataFrame", what: str) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        rows, columns = np.nonzero(bad)
        value = values[rows[0], columns[0]]
        msg = (
            f"{what}: column '{frame.columns[columns[0]]}' has {value} in row "
            f"{rows[0]} ({_listed(frame.columns[bad.any(axis=0)])} in all); expected "
            "finite numbers."
        )
        raise DesignError(msg)


def _frame(values: np.ndarray, columns: Any, index: Any = None) -> "DataFrame":
    import pandas as pd

    return pd.DataFrame(values, columns=columns, index=index)


def _what(name: str, run_index: int | None) -> str:
    return name if run_index is None else f"{name} of the run at index {run_index}"


def _listed(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names)
