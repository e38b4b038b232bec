"""What a figure of events needs to know of an events table."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_path
from boldglm._base.errors import EventsError
from boldglm._base.warnings import EventsWarning, warn

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ShownEvents", "read_shown_events"]

SEPARATORS = {".tsv": "\t", ".csv": ","}
COLUMNS = ("onset", "duration", "trial_type", "modulation")
MISSING = frozenset({"", "n/a", "na", "nan", "<na>", "none"})


@dataclass(frozen=True, eq=False)
class ShownEvents:
    """The events of a run.

    Attributes
    ----------
    onset, duration : (n_events,) float64
        Seconds.
    amplitude : (n_events,) float64
    condition : (n_events,) object
        Names.
    """

    onset: "NDArray[np.float64]"
    duration: "NDArray[np.float64]"
    amplitude: "NDArray[np.float64]"
    condition: "NDArray[np.object_]"

    def of(self, condition: str) -> "ShownEvents":
        """Those of one condition."""
        these = self.condition == condition
        return ShownEvents(
            self.onset[these],
            self.duration[these],
            self.amplitude[these],
            self.condition[these],
        )


def read_shown_events(model_event: Any) -> list[ShownEvents]:
    """The events of every run.

    Parameters
    ----------
    model_event : pandas.DataFrame, path, or list of these
        See `boldglm.plotting.plot_event`. Column names may be in capitals and have
        spaces around them, and so may values.

    Returns
    -------
    list of ShownEvents
        Rows without a condition are left out.

    Raises
    ------
    EventsError
        If there are no runs, or a table cannot be read. The message names the run
        where there are several.
    TypeError
        If something is neither a table nor a path.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    EventsWarning
        If rows are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"onset": [1, 3], "duration": [2, 0]})
    >>> (run,) = read_shown_events(table)
    >>> run.condition.tolist(), run.amplitude
    (['dummy', 'dummy'], array([1., 1.]))
    """
    tables = _listed(model_event)
    if not tables:
        msg = "There are no events to show: the list of runs is empty."
        raise EventsError(msg)
    return [
        _read(table, f" (run index {run})" if len(tables) > 1 else "")
        for run, table in enumerate(tables)
    ]


def _listed(model_event: Any) -> list[Any]:
    if isinstance(model_event, str | Path) or hasattr(model_event, "columns"):
        return [model_event]
    if isinstance(model_event, Iterable) and not isinstance(model_event, np.ndarray):
        return list(model_event)
    msg = (
        "model_event must be a pandas DataFrame, the path of a .tsv or .csv file, or a "
        f"list of these; got {type(model_event).__name__}."
    )
    raise TypeError(msg)


def _read(table: Any, run: str) -> ShownEvents:
    if isinstance(table, str | Path):
        source = f"'{table}'{run}"
        frame = _from_file(as_path(table, source), source)
    elif hasattr(table, "columns"):
        source, frame = f"The events DataFrame{run}", table
    else:
        msg = (
            "Each run must be a pandas DataFrame or the path of a .tsv or .csv file; "
            f"got {type(table).__name__}{run}."
        )
        raise TypeError(msg)
    columns = _columns_of(frame, source)
    if not len(frame):
        msg = f"{source} has no events to show."
        raise EventsError(msg)
    names = _conditions(columns, len(frame))
    kept = np.array([not _is_missing(name) for name in names])
    if not kept.any():
        msg = f"{source}: no event has a condition, 'trial_type' is n/a in every row."
        raise EventsError(msg)
    if not kept.all():
        warn(
            f"{source}: {int((~kept).sum())} of {kept.size} rows have no condition and "
            "are not shown.",
            EventsWarning,
        )
    onset = _numbers(columns, "onset", source)
    duration = _numbers(columns, "duration", source, at_least=0.0)
    amplitude = np.ones_like(onset)
    if "modulation" in columns:
        amplitude = _numbers(columns, "modulation", source)
    condition = np.array([str(name).strip() for name in names], dtype=object)
    return ShownEvents(onset[kept], duration[kept], amplitude[kept], condition[kept])


def _from_file(path: Path, source: str) -> "pd.DataFrame":
    import pandas as pd

    separator = SEPARATORS.get(path.suffix.lower())
    if separator is None:
        msg = f"{source} ends in '{path.suffix}'; expected .tsv or .csv."
        raise EventsError(msg)
    if not path.is_file():
        msg = f"There is no file {source}."
        raise FileNotFoundError(msg)
    try:
        # A condition may be called "null": what is missing is decided below
        return pd.read_csv(
            path,
            sep=separator,
            dtype=str,
            keep_default_na=False,
            index_col=False,
        )
    except (ValueError, pd.errors.ParserError) as error:
        msg = f"{source} cannot be read as a table: {error}"
        raise EventsError(msg) from error


def _columns_of(frame: "pd.DataFrame", source: str) -> dict[str, Any]:
    """Those of `COLUMNS` that there are; a spelling without capitals goes first."""
    names = [str(name).strip() for name in frame.columns]
    lower = [name.lower() for name in names]
    found = {
        key: frame.iloc[:, (names if key in names else lower).index(key)].to_numpy()
        for key in COLUMNS
        if key in lower
    }
    for key in ("onset", "duration"):
        if key not in found:
            listed = ", ".join(map(repr, names)) or "none"
            msg = f"{source} has no column '{key}'; the columns are {listed}."
            raise EventsError(msg)
    return found


def _conditions(columns: dict[str, Any], n_events: int) -> list[Any]:
    return list(columns.get("trial_type", ["dummy"] * n_events))


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    import pandas as pd

    return bool(pd.isna(value))


def _numbers(
    columns: dict[str, Any], key: str, source: str, at_least: float = -np.inf
) -> "NDArray[np.float64]":
    import pandas as pd

    values = columns[key]
    parsed = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(
        dtype=np.float64, na_value=np.nan
    )
    bad = np.flatnonzero(~(np.isfinite(parsed) & (parsed >= at_least)))
    if bad.size:
        expected = "a finite number" if at_least < 0 else "a finite number, 0 or more"
        msg = (
            f"{source}: column '{key}' has {values[bad[0]]!s} in row {bad[0]}; "
            f"expected {expected}. ({bad.size} such rows.)"
        )
        raise EventsError(msg)
    return parsed
