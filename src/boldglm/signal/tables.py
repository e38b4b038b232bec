"""Tables of numbers, a row per scan: data frames, arrays, files."""

import csv
import os
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from boldglm._base.arguments import as_path
from boldglm._base.errors import DesignError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["check_finite", "check_rows", "listed", "named_table", "numeric_table"]

# Endings of files that hold numbers alone, as realignment programs write them.
PLAIN_NUMBERS = (".txt", ".par", ".1d", ".dat")
DELIMITERS = {".tsv": "\t", ".csv": ","}
# What damaged files of arrays end in, cut ones, broken archives and huge shapes alike
DAMAGED = (
    *(ValueError, EOFError, MemoryError, OSError, RuntimeError),
    *(BadZipFile, SyntaxError, TokenError, zlib.error),
)

TextReader = Callable[[Path, str, str | None], "DataFrame"]


def numeric_table(
    table: Any,
    what: str = "table",
    prefix: str | None = None,
    read_text: TextReader | None = None,
) -> "DataFrame":
    """Make a float64 DataFrame of a table, whatever it came as.

    Parameters
    ----------
    table : pandas.DataFrame or Series, array-like, str or Path
        Not modified. A one-dimensional table is one column. Files are .csv or .tsv
        with or without a line of names, .npy, .npz with the array ``X``, or numbers
        alone in .txt, .par, .1D or .dat.
    what : str
        How messages call it.
    prefix : str, optional
        Columns of arrays are this and their number; the number alone if None.
    read_text : function of path, what and prefix, optional
        Reads .csv and .tsv files otherwise.

    Raises
    ------
    DesignError
        If the table cannot be read, names repeat, or a column is not numeric.

    Examples
    --------
    >>> numeric_table([1, 2], prefix="reg").columns.tolist()
    ['reg0']
    """
    frame = _as_frame(table, what, prefix, read_text or _read_text)
    counts = Counter(str(name) for name in frame.columns)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        msg = f"{what}: columns {listed(repeated)} are there more than once."
        raise DesignError(msg)
    values = np.empty(frame.shape)
    for at, name in enumerate(frame.columns):
        values[:, at] = _as_numbers(frame.iloc[:, at], name, what)
    return named_table(values, frame.columns, frame.index)


def named_table(values: np.ndarray, columns: Any, index: Any = None) -> "DataFrame":
    """A DataFrame of an array.

    Examples
    --------
    >>> named_table(np.zeros((2, 1)), ["a"]).shape
    (2, 1)
    """
    import pandas as pd

    return pd.DataFrame(values, columns=columns, index=index)


def check_rows(frame: "DataFrame", n_scans: int, what: str) -> None:
    """Raise unless a table has a row for each scan.

    Raises
    ------
    DesignError
        With both numbers.
    """
    if len(frame) != n_scans:
        msg = f"{what} has {len(frame)} rows, but there are {n_scans} scans."
        raise DesignError(msg)


def check_finite(values: np.ndarray, names: Sequence[Any], what: str) -> None:
    """Raise if values are not finite.

    Raises
    ------
    DesignError
        Naming the columns.
    """
    bad = ~np.isfinite(values)
    if bad.any():
        row, column = (int(found[0]) for found in np.nonzero(bad))
        wrong = [name for name, one in zip(names, bad.T, strict=True) if one.any()]
        msg = (
            f"{what}: column '{names[column]}' has {values[row, column]} in row {row} "
            f"({listed(wrong)} in all); expected finite numbers."
        )
        raise DesignError(msg)


def listed(names: Any) -> str:
    """Names in quotes, with commas between them.

    Examples
    --------
    >>> listed(["a", 1])
    "'a', '1'"
    """
    return ", ".join(f"'{name}'" for name in names)


def _as_frame(
    table: Any, what: str, prefix: str | None, read_text: TextReader
) -> "DataFrame":
    import pandas as pd

    if isinstance(table, str | PathLike):
        return _read(as_path(table, what), what, prefix, read_text)
    if isinstance(table, pd.DataFrame):
        return table
    if isinstance(table, pd.Series):
        return table.to_frame(f"{prefix or ''}0" if table.name is None else table.name)
    if not isinstance(table, Sequence) and np.ndim(table) == 0:
        shown = f"{type(table).__name__}: {str(table)[:60]}"
        msg = (
            f"{what} is a {shown}; expected a DataFrame, an array "
            "(n_scans, n_columns), or the path of a file."
        )
        raise DesignError(msg)
    try:
        array = np.asarray(table)
    except ValueError as error:
        msg = f"{what} has rows of different lengths: {error}"
        raise DesignError(msg) from error
    if array.dtype.names:
        return pd.DataFrame(array)
    if array.dtype.kind in "mM":
        msg = f"{what} holds dates or times ({array.dtype}); expected numbers."
        raise DesignError(msg)
    if array.ndim not in {1, 2}:
        msg = f"{what} has shape {array.shape}; expected (n_scans, n_columns)."
        raise DesignError(msg)
    array = array[:, np.newaxis] if array.ndim == 1 else array
    return named_table(array, _numbered(array.shape[1], prefix))


def _numbered(n_columns: int, prefix: str | None) -> list[Any]:
    if prefix is None:
        return list(range(n_columns))
    return [f"{prefix}{number}" for number in range(n_columns)]


def _read(
    path: Path, what: str, prefix: str | None, read_text: TextReader
) -> "DataFrame":
    if not path.is_file():
        wrong = f"only a folder '{path}'" if path.is_dir() else f"no file '{path}'"
        msg = (
            f"{what}: there is {wrong} (looked from {Path.cwd()}). Give the path of a "
            "table, or the table itself."
        )
        raise FileNotFoundError(msg)
    if not os.access(path, os.R_OK):
        msg = f"{what}: '{path}' cannot be read. Check that you may read it."
        raise DesignError(msg)
    suffix = path.suffix.lower()
    if suffix in DELIMITERS:
        return read_text(path, what, prefix)
    if suffix in {".npz", ".npy"}:
        return _read_binary(path, what, prefix)
    if suffix in PLAIN_NUMBERS:
        return _read_plain(path, what, prefix)
    msg = (
        f"{what}: '{path}' ends in '{suffix}'; expected .csv or .tsv with a header, "
        f"numbers alone in {', '.join(PLAIN_NUMBERS)}, or .npz or .npy."
    )
    raise DesignError(msg)


def _read_text(path: Path, what: str, prefix: str | None) -> "DataFrame":
    """Text whose first line may hold names, separated as its first line shows."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        msg = f"{what}: '{path}' cannot be read as a table: {error}"
        raise DesignError(msg) from error
    lines = [line for line in lines if line.strip()]
    own = DELIMITERS[path.suffix.lower()]
    first = lines[0] if lines else ""
    separator = next((one for one in f"{own}\t,; " if one in first), own)
    rows = [
        [word.strip() for word in row]
        for row in csv.reader(lines, delimiter=separator, skipinitialspace=True)
    ]
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        msg = (
            f"{what}: '{path}' cannot be read as a table: its rows have "
            f"{' or '.join(map(str, sorted(widths))) or 'no'} columns."
        )
        raise DesignError(msg)
    names: list[Any] = _numbered(len(rows[0]), prefix)
    if not all(_is_number(word) for word in rows[0]):
        names = rows.pop(0)
    columns = [list(column) for column in zip(*rows, strict=True)]
    columns = columns or [[] for _ in names]
    if names[0] == "":  # the index that data frames write
        names, columns = names[1:], columns[1:]
    return _from_words(names, columns)


def _from_words(names: list[Any], columns: list[list[str]]) -> "DataFrame":
    import pandas as pd

    series = [
        [_number(word) for word in column] if all(map(_is_number, column)) else column
        for column in columns
    ]
    frame = pd.DataFrame(dict(enumerate(series)))
    return frame.set_axis(names, axis=1)


def _number(word: str) -> float:
    return float("nan") if word.lower() in ("n/a", "na", "") else float(word)


def _is_number(word: str) -> bool:
    try:
        _number(word)
    except ValueError:
        return False
    return True


def _read_plain(path: Path, what: str, prefix: str | None) -> "DataFrame":
    """Columns of numbers without names, as realignment writes its parameters."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        # numpy warns where there are none, and filters are of all threads
        lines = [line for line in lines if line.partition("#")[0].strip()]
        values = np.loadtxt(lines, ndmin=2) if lines else None
    except ValueError as bad:
        msg = f"{what}: '{path}' cannot be read as columns of numbers: {bad}"
        raise DesignError(msg) from bad
    if values is None:
        msg = f"{what}: '{path}' cannot be read as columns of numbers: it has no data"
        raise DesignError(msg)
    return named_table(values, _numbered(values.shape[1], prefix))


def _read_binary(path: Path, what: str, prefix: str | None) -> "DataFrame":
    """An array of numpy's, in an archive the one called ``X``."""
    try:
        arrays = _arrays(path)
    except DAMAGED as bad:
        msg = f"{what}: '{path}' cannot be read as arrays of numpy: {bad}"
        raise DesignError(msg) from bad
    if arrays.get("X") is None:
        others = listed(list(arrays)) or "none"
        msg = f"{what}: '{path}' has no array 'X'; it has {others}."
        raise DesignError(msg)
    frame = _as_frame(arrays["X"], what, prefix, _read_text)
    names = arrays.get("conditions")
    if names is None or np.size(names) != frame.shape[1]:
        return frame
    texts = [n.decode() if isinstance(n, bytes) else str(n) for n in names.ravel()]
    return frame.set_axis(texts, axis=1)


def _arrays(path: Path) -> dict[str, np.ndarray | None]:
    """What a file of numpy's holds; None for arrays that nothing here is told by."""
    used = ("X", "conditions")
    with path.open("rb") as stream:  # numpy leaves broken archives open
        loaded = np.load(stream, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"X": loaded}
        return {name: loaded[name] if name in used else None for name in loaded}


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
