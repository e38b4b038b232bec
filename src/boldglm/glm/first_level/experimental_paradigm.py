"""Events: what happened, when, for how long and how strongly."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import EventsError
from boldglm._base.warnings import EventsWarning, warn
from boldglm.core.regressors import EventTrain
from boldglm.glm.first_level.events_table import (
    EventsTable,
    is_missing,
    numbers,
    open_events,
)

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "Events",
    "check_events",
    "handle_modulation_of_duplicate_events",
    "read_events",
]

#: Columns that look like a modulation but are not called so.
AMPLITUDE_LIKE = ("amplitude", "weight")


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The events of a run, checked.

    Attributes
    ----------
    train : EventTrain
        Onsets, durations and amplitudes; times in seconds.
    conditions : tuple of str
        Names of the conditions, in the order of their columns in a design.
    rows : (n_events,) int
        Row of each event in `table`.
    table : EventsTable
        Where the events come from, for messages.
    """

    train: EventTrain
    conditions: tuple[str, ...]
    rows: np.ndarray
    table: EventsTable

    def __len__(self) -> int:
        return int(self.train.onset.size)

    def where(self, event: int, column: str | None = None) -> str:
        """Words for the place of an event: file and line, or table and row."""
        return self.table.where(int(self.rows[event]), column)

    def first(self, condition: str) -> int:
        """Index of the first event of a condition."""
        return int(np.argmax(self.train.condition == self.conditions.index(condition)))


def read_events(
    events: "DataFrame | str | Path | Events", run_index: int | None = None
) -> Events:
    """Read and check the events of one run.

    Columns and what they may hold:

    ``onset``, ``duration``
        Needed; finite numbers, in seconds. Durations are not negative; an event
        of duration 0 is an impulse, one step of the fine grid long.
    ``trial_type``
        The condition, any text. Without this column all events are one
        condition called ``dummy``, with a warning. Rows with ``n/a`` (or NA, NaN,
        nothing) belong to no condition: they are left out, with a warning that
        says how many. Only the condition may be missing in such a row.
    ``modulation``
        Optional; finite numbers that scale the events. Not centred.

    Column names may be in capitals (with a warning) and have spaces around
    them, and so may values. Rows may be in any order. Other columns are ignored.

    Conditions are ordered by name, and by value where all are numbers. Their
    names are text, as written.

    Parameters
    ----------
    events : pandas.DataFrame, str or Path, or Events
        A table, or a .tsv or .csv file. What was read before is given back.
    run_index : int, optional
        Counted from 0; named in messages.

    Returns
    -------
    Events

    Raises
    ------
    EventsError
        If the table cannot be read. The message names file, line and column, or
        the row of the DataFrame.
    FileNotFoundError
        If there is no such file.
    TypeError
        If `events` is of another type.

    Warns
    -----
    EventsWarning
        If there are no events, no ``trial_type``, rows without a condition,
        columns in capitals, duplicates (their amplitudes add up), impulses
        beside events with a duration, or a column ``weight`` or ``amplitude``
        that varies but is not called ``modulation``.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {"onset": [9, 0], "duration": [1, 1], "trial_type": ["b", "a"]}
    ... )
    >>> events = read_events(table)
    >>> events.conditions, events.train.condition
    (('a', 'b'), array([1, 0]))
    """
    if isinstance(events, Events):
        return events
    table = open_events(events, run_index)
    onset = numbers(table, "onset", at_least=-np.inf)
    duration = numbers(table, "duration", at_least=0.0)
    if "modulation" in table.columns:
        amplitude = numbers(table, "modulation", at_least=-np.inf)
    else:
        amplitude = np.ones_like(onset)
    rows, names = _conditions(table, onset.size)
    conditions, codes = _in_order(names, as_numbers=_all_numbers(table, names))
    train = EventTrain(
        onset[rows], duration[rows], amplitude[rows], codes, len(conditions)
    )
    parsed = Events(train, conditions, rows, table)
    for note in _notes(parsed):
        warn(note, EventsWarning)
    return parsed


def _conditions(table: EventsTable, n_rows: int) -> tuple[np.ndarray, list[Any]]:
    """Rows that have a condition, and the condition of each."""
    if "trial_type" not in table.columns:
        return np.arange(n_rows), ["dummy"] * n_rows
    values = table.columns["trial_type"]
    rows = [row for row, value in enumerate(values) if not is_missing(value)]
    if n_rows and not rows:
        msg = (
            f"{table.where(0, 'trial_type')}: no row has a condition, all are n/a. "
            "Take the column out to make all events one condition."
        )
        raise EventsError(msg)
    return np.array(rows, dtype=np.intp), [values[row] for row in rows]


def _all_numbers(table: EventsTable, names: Sequence[Any]) -> bool:
    """Whether conditions are ordered by value: numbers, or a file full of them."""
    if not table.is_text:
        return not any(isinstance(name, str) for name in names)
    try:
        return all(np.isfinite(float(name)) for name in names)
    except ValueError:
        return False


def _in_order(
    names: Sequence[Any], *, as_numbers: bool
) -> tuple[tuple[str, ...], np.ndarray]:
    """Distinct names as text, in order, and the position of each given one."""
    texts = [str(name).strip() for name in names]
    distinct = sorted(set(texts))
    if as_numbers:
        value = {text: float(name) for text, name in zip(texts, names, strict=True)}
        distinct.sort(key=value.__getitem__)
    position = {text: index for index, text in enumerate(distinct)}
    codes = np.array([position[text] for text in texts], dtype=np.intp)
    return tuple(distinct), codes


def _notes(events: Events) -> list[str]:
    """What a user may not have meant."""
    table = events.table
    if not len(table.places):
        return [f"{table.source} has no events: the design will have no conditions."]
    checks = (
        _note_on_capitals,
        _note_on_conditions,
        _note_on_duplicates,
        _note_on_impulses,
        _note_on_amplitudes,
    )
    return [note for check in checks if (note := check(events))]


def _note_on_capitals(events: Events) -> str:
    odd = [name for key, name in events.table.spelled.items() if name != key]
    if not odd:
        return ""
    listed = ", ".join(f"'{name}' as '{name.lower()}'" for name in odd)
    return f"{events.table.source}: columns with capitals are read: {listed}."


def _note_on_conditions(events: Events) -> str:
    table = events.table
    if "trial_type" not in table.columns:
        return (
            f"{table.source} has no column 'trial_type': all {len(events)} events are "
            "one condition, 'dummy'."
        )
    n_left = len(table.places) - len(events)
    if not n_left:
        return ""
    first = int(np.setdiff1d(np.arange(len(table.places)), events.rows)[0])
    value = table.columns["trial_type"][first]
    return (
        f"{table.where(first, 'trial_type')}: '{value}' is no condition; "
        f"{n_left} of {len(table.places)} rows without one are left out."
    )


def _note_on_duplicates(events: Events) -> str:
    train = events.train
    keys = np.column_stack([train.onset, train.duration, train.condition])
    order = np.lexsort(keys.T)
    same = (np.diff(keys[order], axis=0) == 0).all(axis=1)
    if not same.any():
        return ""
    # lexsort is stable: the later of two equal rows comes second
    repeated = np.sort(order[1:][same])
    return (
        f"{events.where(int(repeated[0]))}: {repeated.size} duplicated events, with "
        "the onset, duration and condition of another. Their amplitudes are added up."
    )


def _note_on_impulses(events: Events) -> str:
    impulse = events.train.duration == 0
    if impulse.all() or not impulse.any():
        return ""
    first = int(np.argmax(impulse))
    names = sorted({events.conditions[c] for c in events.train.condition[impulse]})
    return (
        f"{events.where(first, 'duration')}: {int(impulse.sum())} of {len(events)} "
        f"events last 0 s (in {', '.join(map(repr, names))}) and are impulses, whose "
        "regressors are far smaller than those of events that last: their effects "
        "cannot be compared."
    )


def _note_on_amplitudes(events: Events) -> str:
    table = events.table
    if "modulation" in table.columns:
        return ""
    for name, values in table.others.items():
        distinct = {str(value) for value in values if not is_missing(value)}
        if name.lower() in AMPLITUDE_LIKE and len(distinct) > 1:
            return (
                f"{table.source}: column '{name}' varies but is not used; call it "
                "'modulation' if it scales the events."
            )
    return ""


def check_events(events: "DataFrame") -> "DataFrame":
    """Check an events table and fill in what is optional.

    Parameters
    ----------
    events : pandas.DataFrame
        See `read_events`. Not modified.

    Returns
    -------
    pandas.DataFrame
        A copy with numeric ``onset``, ``duration`` and ``modulation`` and with
        ``trial_type``, without the rows that have no condition. Other columns
        are kept.

    Raises
    ------
    EventsError
        If the table cannot be read.
    TypeError
        If `events` is not a DataFrame.

    Examples
    --------
    >>> import pandas as pd
    >>> check_events(
    ...     pd.DataFrame({"onset": ["1"], "duration": [2], "trial_type": ["a"]})
    ... )
       onset  duration trial_type  modulation
    0    1.0       2.0          a         1.0
    """
    if not hasattr(events, "iloc"):
        msg = f"events must be a pandas DataFrame; got {type(events).__name__}."
        raise TypeError(msg)
    parsed = read_events(events)
    keys = {spelled: key for key, spelled in parsed.table.spelled.items()}
    checked = events.iloc[parsed.rows].rename(
        columns=lambda name: keys.get(str(name).strip(), name)
    )
    names = [parsed.conditions[code] for code in parsed.train.condition]
    return checked.assign(
        onset=parsed.train.onset,
        duration=parsed.train.duration,
        trial_type=names,
        modulation=parsed.train.amplitude,
    )


def handle_modulation_of_duplicate_events(events: "DataFrame") -> "DataFrame":
    """Make events of the same condition, onset and duration one, amplitudes summed.

    Parameters
    ----------
    events : pandas.DataFrame
        As `check_events` returns it. Not modified.

    Returns
    -------
    pandas.DataFrame
        Columns ``trial_type``, ``onset``, ``duration`` and ``modulation``.

    Examples
    --------
    >>> import pandas as pd
    >>> twice = pd.DataFrame(
    ...     {"onset": [1, 1], "duration": 2, "trial_type": "a", "modulation": [1, 3]}
    ... )
    >>> handle_modulation_of_duplicate_events(twice)
      trial_type  onset  duration  modulation
    0          a      1         2           4
    """
    same = ["trial_type", "onset", "duration"]
    return events.groupby(same, sort=False)["modulation"].sum().reset_index()
