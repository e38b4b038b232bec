"""Confounds out of the data: the principal series of what varies most."""

from typing import Any

import numpy as np

from boldglm._base.arguments import as_numbers, check_truth
from boldglm._base.errors import ShapeError
from boldglm.core.clean import largest_components
from boldglm.signal.checks import checked_number, checked_whole

__all__ = ["high_variance_confounds"]


def high_variance_confounds(
    series: Any, n_confounds: int = 5, percentile: float = 2.0, detrend: bool = True
) -> np.ndarray:
    """Principal series of the columns that vary most (CompCor).

    Columns are ranked by their sum of squares, the top `percentile` per cent make
    up Y, and the first eigenvectors of Y Y' are returned.

    Parameters
    ----------
    series : (scan, column)
        Columns with values that are not finite are left out.
    n_confounds : int
        How many.
    percentile : float
        Share of the columns to use, 0 to 100.
    detrend : bool
        Take a line off each column first; otherwise not even the mean is.

    Returns
    -------
    (scan, confound) float64
        Orthonormal, the largest value of each positive. Fewer than `n_confounds`
        if the columns in use span no more.

    Raises
    ------
    ShapeError
        If `series` is not 2-D.
    ValueError
        If `n_confounds` or `percentile` is out of range.
    TypeError
        If they are no numbers.

    References
    ----------
    Behzadi et al. (2007), NeuroImage 37:90-101.

    Examples
    --------
    >>> wave = np.sin(np.arange(50.0))
    >>> series = np.outer(wave, [9.0, 8.0, 0.1, 0.1])
    >>> found = high_variance_confounds(series, n_confounds=1, percentile=50)
    >>> float(abs(np.corrcoef(found[:, 0], wave)[0, 1]).round(3))
    1.0
    """
    values = as_numbers(series, "series")
    if values.ndim != 2:
        msg = f"series have shape {values.shape}; expected (scan, column)."
        raise ShapeError(msg)
    check_truth(detrend, "detrend")
    checked_number(n_confounds, "n_confounds", "a whole number of 1 or more")
    checked_number(percentile, "percentile", "per cent of the columns, 0 to 100")
    if n_confounds < 1 or not 0 <= percentile <= 100:
        msg = (
            f"n_confounds={n_confounds} and percentile={percentile}; expected 1 or "
            "more confounds, out of 0 to 100 per cent of the columns."
        )
        raise ValueError(msg)
    n_confounds = checked_whole(n_confounds, "n_confounds", "a whole number")
    return largest_components(values, n_confounds, percentile, flatten=detrend)
