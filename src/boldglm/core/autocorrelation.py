"""Autocorrelations of series, and what an autoregression leaves of them."""

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.timeline import checked_starts, segments

__all__ = [
    "autocorrelations",
    "longest_segment",
    "whitened",
    "whitened_starts",
]

Array = npt.NDArray[np.float64]
Data = npt.NDArray[np.floating]
Starts = npt.NDArray[np.intp]


def longest_segment(n_scans: int, starts: npt.ArrayLike | None = None) -> int:
    """Scans of the longest segment; 0 where there is none.

    >>> longest_segment(9, [0, 4])
    5
    """
    if n_scans == 0:
        return 0
    return max(part.stop - part.start for part in _parts(n_scans, starts))


def _parts(n_scans: int, starts: npt.ArrayLike | None) -> list[slice]:
    return segments(checked_starts(starts, n_scans), n_scans)


def autocorrelations(
    series: npt.ArrayLike, n_lags: int, starts: npt.ArrayLike | None = None
) -> Array:
    r"""Autocorrelation of every series, their mean taken as 0.

    .. math:: r_k = \sum_t e_t e_{t+k} / \sum_t e_t^2

    Pairs of scans with a gap between them do not count.

    Parameters
    ----------
    series : (n_scans, n_voxels)
    n_lags : int
    starts : (n_segments,) int, optional
        Where segments of consecutive scans begin. Default: there is one.

    Returns
    -------
    (n_lags, n_voxels) float64
        Of lags 1, 2, …; nan where the series is 0 throughout.

    Raises
    ------
    ShapeError
        If the lags are not fewer than the scans of the longest segment.

    Examples
    --------
    >>> autocorrelations(np.array([[1.0], [-1.0], [1.0], [-1.0]]), 2).ravel()
    array([-0.75,  0.5 ])
    """
    from boldglm.core.lags_kernels import lag_squares

    e = np.asarray(series)
    if e.dtype not in (np.float32, np.float64):
        e = e.astype(np.float64)
    parts = _parts(e.shape[0], starts)
    longest = longest_segment(e.shape[0], starts)
    if not 0 < n_lags < longest:
        msg = (
            f"{n_lags} lags of series of {longest} scans without a gap; expected at "
            "least one, and fewer than scans"
        )
        raise ShapeError(msg)
    products = np.zeros((n_lags + 1, e.shape[1]))
    for part in parts:
        products += lag_squares(e[part], n_lags)
    square = products[0]
    return np.asarray(products[1:] / np.where(square > 0, square, np.nan))


def whitened(
    residual: npt.ArrayLike, phi: npt.ArrayLike, starts: npt.ArrayLike | None = None
) -> Array:
    """Residuals less what their autoregression foretells, without the first scans.

    ``w_t = e_t - sum_i phi_i e_{t-i}``, t = p, p + 1, … of every segment: what is
    beyond a gap foretells nothing.

    Parameters
    ----------
    residual : (n_scans, n_voxels)
    phi : (p, n_voxels) or (p, 1)
    starts : (n_segments,) int, optional
        Where segments of consecutive scans begin. Default: there is one.

    Returns
    -------
    (n_left, n_voxels) float64
        ``n_scans - p`` of one segment; segments of p scans or fewer leave none. Where
        those that are left begin is `whitened_starts`.

    Examples
    --------
    >>> whitened(np.array([[4.0], [2.0], [1.0]]), np.array([[0.5]])).ravel()
    array([0., 0.])
    """
    e, phi = np.asarray(residual, dtype=np.float64), np.asarray(phi)
    order = phi.shape[0]
    left = []
    for part in _parts(e.shape[0], starts):
        seen = e[part]
        out = seen[order:].copy()
        for i in range(order if len(out) else 0):
            out -= phi[i] * seen[order - 1 - i : len(seen) - 1 - i]
        left.append(out)
    return np.concatenate(left)


def whitened_starts(
    n_scans: int, order: int, starts: npt.ArrayLike | None = None
) -> Starts:
    """Where segments begin in what `whitened` leaves.

    Parameters
    ----------
    n_scans : int
        Before whitening.
    order : int
        Of the autoregression.
    starts : (n_segments,) int, optional

    Returns
    -------
    (n_left_segments,) int
        Empty where no segment has more scans than the order.

    Examples
    --------
    >>> whitened_starts(12, 2, [0, 5, 7])
    array([0, 3])
    """
    lengths = [part.stop - part.start - order for part in _parts(n_scans, starts)]
    ends = np.cumsum([0, *(length for length in lengths if length > 0)])
    return ends[:-1]
