"""What a contrast may be: its kind, and its weights."""

from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm._base.arguments import as_numbers, shown
from boldglm._base.errors import ContrastError

__all__ = ["check_stat_type", "checked_rows"]

# Size of a weight whose square is a number, too
LEAST = 1e-100


def check_stat_type(value: Any, name: str = "stat_type") -> None:
    """Raise if a kind of test is neither one of the two nor left open.

    Raises
    ------
    ContrastError

    Examples
    --------
    >>> check_stat_type("T")
    Traceback (most recent call last):
        ...
    boldglm._base.errors.ContrastError: stat_type is 'T'; expected 't', 'F' or None
    """
    if value is None or (isinstance(value, str) and value in {"t", "F"}):
        return
    msg = f"{name} is {shown(value)}; expected 't', 'F' or None"
    raise ContrastError(msg)


def checked_rows(contrast: npt.ArrayLike, n_regressors: int) -> npt.NDArray[np.float64]:
    """The weights of a contrast, a row for each of its hypotheses.

    Parameters
    ----------
    contrast : (n_regressors,) or (n_rows, n_regressors)
    n_regressors : int

    Returns
    -------
    (n_rows, n_regressors) float64

    Raises
    ------
    ContrastError
        If the width is not the number of regressors, or weights are not finite, of
        sizes whose squares are beyond floating point, or all zero.
    TypeError
        If they are no numbers.

    Examples
    --------
    >>> checked_rows([1, -1], 2)
    array([[ 1., -1.]])
    """
    rows = np.atleast_2d(as_numbers(contrast, "the contrast").astype(np.float64))
    if rows.ndim != 2 or rows.shape[1] != n_regressors:
        msg = (
            f"the contrast has shape {np.shape(contrast)}; the design has "
            f"{n_regressors} regressors"
        )
        raise ContrastError(msg)
    if not np.isfinite(rows).all():
        msg = "the contrast has NaN or infinite weights"
        raise ContrastError(msg)
    sizes = np.abs(rows[rows != 0])
    if not sizes.size:
        msg = "the contrast is zero everywhere; expected at least one weight"
        raise ContrastError(msg)
    if not LEAST <= sizes.min() <= sizes.max() <= 1 / LEAST:
        msg = (
            f"the contrast has weights from {sizes.min():g} to {sizes.max():g}; "
            f"expected sizes from {LEAST:g} to {1 / LEAST:g}"
        )
        raise ContrastError(msg)
    return rows
