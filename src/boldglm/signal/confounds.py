"""Confounds as users have them: arrays, data frames, files."""

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.signal.tables import (
    check_finite,
    check_rows,
    listed,
    named_table,
    numeric_table,
)

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["load_confounds_table", "read_confounds"]


def load_confounds_table(
    confounds: Any, n_scans: int, run_index: int | None = None
) -> "DataFrame":
    """Read the confounds of a run.

    Parameters
    ----------
    confounds : pandas.DataFrame or Series, array-like, str or Path
        A row per scan. Arrays get the names ``confound_0``, ``confound_1``, …
        Files are .csv or .tsv with or without names, .npy, .npz with the array
        ``X``, or numbers alone in .txt, .par or .1D, as realignment writes them.
        Not modified.
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
    what = "confounds"
    if run_index is not None:
        what = f"{what} of the run at index {run_index}"
    frame = numeric_table(confounds, what, prefix="confound_")
    check_rows(frame, n_scans, what)
    values = frame.to_numpy().copy()
    absent = np.isnan(values[0])
    values[0, absent] = 0.0
    check_finite(values, list(frame.columns), what)
    if absent.any():
        warn(
            f"{what}: NaN in the first row of {listed(frame.columns[absent])} "
            "is set to 0.",
            DesignWarning,
        )
    return named_table(values, frame.columns)


def read_confounds(confounds: Any, n_scans: int) -> np.ndarray | None:
    """Confounds of any accepted kind as one array.

    Parameters
    ----------
    confounds : table, list of tables, or None
        Tables as in `load_confounds_table`; those of a list side by side.
    n_scans : int

    Returns
    -------
    (scan, confound) float64 or None

    Raises
    ------
    DesignError
        As `load_confounds_table`.

    Examples
    --------
    >>> read_confounds([np.arange(3.0), np.ones((3, 2))], 3).shape
    (3, 3)
    """
    if confounds is None:
        return None
    tables = confounds if isinstance(confounds, list | tuple) else [confounds]
    if not tables:
        return None
    if isinstance(tables[0], Real):
        msg = (
            f"confounds is a {type(confounds).__name__} of numbers; in a list each "
            "element is a table. For one confound pass np.array(confounds)."
        )
        raise DesignError(msg)
    return np.hstack([load_confounds_table(table, n_scans) for table in tables])
