"""A design matrix as names and numbers, whatever a figure was given."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.errors import DesignError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["read_columns"]


def read_columns(design_matrix: Any) -> tuple[list[str], "NDArray[np.float64]"]:
    """Names and values of the regressors of one design matrix.

    Parameters
    ----------
    design_matrix : pandas.DataFrame, array-like, path, or list of one of these
        (n_scans, n_regressors). Files are .tsv or .csv with a line of names, .npz
        with ``X`` and ``conditions``, or .npy. Names may be anything that can be
        printed, and repeat. Not modified.

    Returns
    -------
    names : list of str
    values : (n_scans, n_regressors) float64

    Raises
    ------
    DesignError
        If there are no scans, no regressors, several matrices, or values that are
        not finite numbers.
    FileNotFoundError
        If there is no such file.

    Examples
    --------
    >>> names, values = read_columns([[1, 0], [1, 1], [1, 2]])
    >>> names, values.shape
    (['0', '1'], (3, 2))
    """
    frame = _as_frame(design_matrix)
    names = [str(name) for name in frame.columns]
    try:
        values = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        wrong = [name for name, one in frame.items() if one.dtype.kind not in "iufb"]
        msg = (
            f"The design matrix holds something that is not a number: {error} "
            f"(column {', '.join(map(repr, wrong))})"
        )
        raise DesignError(msg) from error
    if 0 in values.shape:
        n_scans, n_regressors = values.shape
        msg = (
            f"The design matrix has {n_scans} scans and {n_regressors} regressors; "
            "expected at least one of each."
        )
        raise DesignError(msg)
    for kind, wrong in (("NaN", np.isnan(values)), ("infinity", np.isinf(values))):
        columns = np.flatnonzero(wrong.any(axis=0))
        if columns.size:
            listed = ", ".join(repr(name) for name in frame.columns[columns].tolist())
            msg = (
                f"The design matrix has {kind} in {listed}; expected finite numbers. "
                "Fill the gaps, or take these columns out."
            )
            raise DesignError(msg)
    return names, values


def _as_frame(design_matrix: Any) -> "pd.DataFrame":
    import pandas as pd

    from boldglm.signal.tables import numeric_table

    if _is_list_of_tables(design_matrix):
        if len(design_matrix) != 1:
            msg = (
                f"Got {len(design_matrix)} design matrices; expected one. Draw them "
                "one by one, in axes of their own."
            )
            raise DesignError(msg)
        return _as_frame(design_matrix[0])
    # A frame may repeat its names: the figure is where that is seen
    if isinstance(design_matrix, pd.DataFrame):
        return design_matrix
    return numeric_table(design_matrix, "The design matrix")


def _is_list_of_tables(given: Any) -> bool:
    if not isinstance(given, list | tuple) or not given:
        return False
    return isinstance(given[0], str | Path) or hasattr(given[0], "columns")
