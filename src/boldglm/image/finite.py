"""Values of maps that are not finite."""

import numpy as np

from boldglm._base.warnings import ImageWarning, warn

__all__ = ["zero_where_not_finite"]


def zero_where_not_finite(values: np.ndarray, name: str) -> np.ndarray:
    """Values with 0 where they are NaN or infinite.

    NaN is what lies outside of the brain in the maps of other programs. What is
    infinite was computed, and may be what matters most: that is told, and so is a map
    without any finite value.

    Parameters
    ----------
    values : array of float
        Not modified.
    name : str
        What the message calls the map.

    Returns
    -------
    array
        `values` themselves where all are finite.

    Warns
    -----
    ImageWarning

    Examples
    --------
    >>> zero_where_not_finite(np.array([np.nan, 2.0]), "stat_img")
    array([0., 2.])
    """
    finite = np.isfinite(values)
    if finite.all():
        return values
    n_infinite = np.count_nonzero(np.isinf(values))
    if n_infinite:
        warn(
            f"{name} has {n_infinite} infinite values: they count as 0. Where they are "
            "the largest, give them a finite value first.",
            ImageWarning,
        )
    elif not finite.any():
        warn(f"{name} has no finite value: all is NaN, and counts as 0.", ImageWarning)
    return np.where(finite, values, values.dtype.type(0))
