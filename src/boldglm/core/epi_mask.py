"""Where the brain ends in the histogram of an echo-planar image."""

from typing import Any

import numpy as np

__all__ = ["widest_gap"]

Array = np.ndarray[Any, np.dtype[Any]]


def widest_gap(values: Array, lower: float, upper: float) -> float:
    """The middle of the widest gap between sorted values.

    Of the sorted values v, those from quantile `lower` to quantile `upper` are
    looked at; with k the place where ``v[k + 1] - v[k]`` is largest, the result
    is ``(v[k] + v[k + 1]) / 2``. Between background and brain an echo-planar
    image has few voxels, hence wide gaps (a heuristic of T. Nichols).

    Parameters
    ----------
    values : (n,) float
    lower, upper : float
        Between 0 and 1.

    Returns
    -------
    float
        nan if there are not two values between the quantiles.

    Examples
    --------
    >>> widest_gap(np.array([0.0, 1.0, 2.0, 10.0, 11.0, 12.0]), 0.0, 1.0)
    6.0
    """
    ordered = np.sort(values)
    first = int(np.floor(lower * ordered.size))
    last = min(int(np.floor(upper * ordered.size)), ordered.size - 1)
    gaps = np.diff(ordered[first : last + 1])
    if gaps.size == 0:
        return float("nan")
    widest = first + int(np.argmax(gaps))
    return float(0.5 * (ordered[widest] + ordered[widest + 1]))
