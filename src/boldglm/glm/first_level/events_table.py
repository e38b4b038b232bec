"""The columns of an events table, from a file or a DataFrame, with their places."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import EventsError
from boldglm.glm.first_level.delimited import read_delimited

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["EventsTable", "is_missing", "numbers", "open_events"]

#: The columns that mean something; others are ignored.
COLUMNS = ("onset", "duration", "trial_type", "modulation")
MISSING = frozenset({"", "n/a", "na", "nan", "<na>"})


@dataclass(frozen=True, slots=True)
class EventsTable:
    """Columns by their lower-case name, and words for where a value is.

    Attributes
    ----------
    source : str
        The file, or "the events DataFrame", with the run if it was said.
    columns : dict of str to sequence
        Those of `COLUMNS` that the table has.
    spelled : dict of str to str
        How the table spells those names.
    others : dict of str to sequence
        The columns that are ignored.
    places : sequence
        Line of each row in a file, label of each row in a DataFrame.
    row_word : str
        "line" or "row".
    is_text : bool
        Whether the values were read from a file, so that a number is still text.
    """

    source: str
    columns: dict[str, Any]
    spelled: dict[str, str]
    others: dict[str, Any]
    places: Any
    row_word: str
    is_text: bool

    def where(self, row: int, column: str | None = None) -> str:
        """Words for a place: source, line or row, column."""
        words = f"{self.source}, {self.row_word} {self.places[row]}"
        if column is None:
            return words
        return f"{words}, column '{self.spelled.get(column, column)}'"


def open_events(
    events: "DataFrame | str | Path", run_index: int | None = None
) -> EventsTable:
    """Find the columns of an events file or DataFrame. See `read_events`."""
    run = "" if run_index is None else f" (run index {run_index})"
    if isinstance(events, str | Path):
        return _from_file(events, run)
    if not hasattr(events, "iloc") or not hasattr(events, "columns"):
        msg = (
            "events must be a pandas DataFrame or the path of a .tsv or .csv file; "
            f"got {type(events).__name__}{run}."
        )
        raise TypeError(msg)
    return _from_frame(events, run)


def _from_file(path: str | Path, run: str) -> EventsTable:
    text = read_delimited(path, COLUMNS)
    source = f"'{text.path}'{run}"
    spelled = _match(text.header, f"{source}, line {text.header_line}")
    position = {key: text.header.index(name) for key, name in spelled.items()}
    values = tuple(zip(*text.rows, strict=True)) or ((),) * len(text.header)
    used = set(position.values())
    return EventsTable(
        source=source,
        columns={key: values[at] for key, at in position.items()},
        spelled=spelled,
        others={
            name: values[at] for at, name in enumerate(text.header) if at not in used
        },
        places=text.lines,
        row_word="line",
        is_text=True,
    )


def _from_frame(frame: "DataFrame", run: str) -> EventsTable:
    source = f"the events DataFrame{run}"
    names = [str(name).strip() for name in frame.columns]
    spelled = _match(names, source)
    position = {key: names.index(name) for key, name in spelled.items()}
    used = set(position.values())
    return EventsTable(
        source=source,
        columns={key: frame.iloc[:, at].to_numpy() for key, at in position.items()},
        spelled=spelled,
        others={
            name: frame.iloc[:, at].to_numpy()
            for at, name in enumerate(names)
            if at not in used
        },
        places=frame.index,
        row_word="row",
        is_text=False,
    )


def _match(header: Sequence[str], place: str) -> dict[str, str]:
    """Spelling in `header` of each of `COLUMNS` that it has."""
    spelled = {}
    for key in COLUMNS:
        found = [name for name in header if name == key]
        found = found or [name for name in header if name.lower() == key]
        if len(found) > 1:
            msg = (
                f"{place}: column '{key}' is there {len(found)} times "
                f"({', '.join(found)}). Rename or take out all but one."
            )
            raise EventsError(msg)
        if found:
            spelled[key] = found[0]
    for key in ("onset", "duration"):
        if key not in spelled:
            raise EventsError(_no_column(key, header, place))
    return spelled


def _no_column(key: str, header: Sequence[str], place: str) -> str:
    listed = ", ".join(f"'{name}'" for name in header) or "none"
    hint = ""
    if any(np.isfinite(_number(name)) for name in header):
        hint = " The first line looks like data: is the header missing?"
    elif key == "duration":
        hint = " Add it, in seconds: 0 stands for an impulse."
    return f"{place}: no column '{key}'; the columns are {listed}.{hint}"


def is_missing(value: Any) -> bool:
    """Whether a value stands for no value.

    Examples
    --------
    "null" is a name that conditions have, not a missing one:

    >>> [is_missing(v) for v in ("n/a", "", float("nan"), None, "null", 0)]
    [True, True, True, True, False, False]
    """
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    if value is None:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124
    except TypeError:
        # pandas.NA has no truth value
        return True


def numbers(table: EventsTable, column: str, *, at_least: float) -> np.ndarray:
    """Read a column as finite numbers, or say where that fails.

    Parameters
    ----------
    table : EventsTable
    column : str
    at_least : float
        Smallest value that makes sense.

    Returns
    -------
    (n_events,) float64

    Raises
    ------
    EventsError
        At the first value that is missing, not a number, infinite or too small.
        The message names source, row and column, and counts the others.
    """
    values = table.columns[column]
    if isinstance(values, np.ndarray) and values.dtype.kind in "iufb":
        parsed = values.astype(np.float64)
    else:
        parsed = np.array([_number(value) for value in values], dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(parsed) & (parsed >= at_least)))
    if bad.size:
        raise EventsError(_not_a_number(table, column, bad, parsed))
    return parsed


def _number(value: Any) -> float:
    """The number a value is, or NaN."""
    if isinstance(value, str) and "_" in value:
        return np.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        return np.nan


def _not_a_number(
    table: EventsTable, column: str, bad: np.ndarray, parsed: np.ndarray
) -> str:
    row = int(bad[0])
    value = table.columns[column][row]
    shown = f"'{value}'" if isinstance(value, str) else f"{value}"
    unit = {"onset": " of seconds", "duration": " of seconds, 0 or more"}.get(
        column, ""
    )
    also = f" The same goes for {bad.size - 1} more." if bad.size > 1 else ""
    return (
        f"{table.where(row, column)}: {shown} {_complaint(value, parsed[row])}; "
        f"expected a finite number{unit}.{_remedy(column, value)}{also}"
    )


def _complaint(value: Any, parsed: float) -> str:
    if is_missing(value):
        return "is a missing value"
    if np.isnan(parsed):
        return "is not a number"
    return "is infinite" if np.isinf(parsed) else "is negative"


def _remedy(column: str, value: Any) -> str:
    if isinstance(value, str) and value.count(",") == 1:
        return " Decimals are written with a point."
    if not is_missing(value):
        return ""
    if column == "duration":
        return " Write how long the event lasted (0 for an impulse), or drop the row."
    if column == "modulation":
        return " Write 1 for an event that is not modulated, or drop the row."
    return " Drop the row if the event did not happen."
