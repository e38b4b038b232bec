"""Series filtered by autoregressions, the first scans weighed as by the fit."""

import numpy as np
import numpy.typing as npt

from boldglm.core.noise import FirstScans
from boldglm.core.timeline import Places, segments

__all__ = ["whiten"]

Array = npt.NDArray[np.float64]


def whiten(series: Array, phi: Array, first_scans: FirstScans, starts: Places) -> Array:
    r"""Filter the series of each voxel with its own coefficients.

    .. math:: w_t = e_t - \sum_i \phi_i e_{t-i}

    so that the squares of w add up to :math:`e'V^{-1}e`, with V the covariance of the
    noise in units of its innovation variance. The first scans of a segment have fewer
    before them. Conditional, they are filtered as if the series had been zero until
    then. Exact, each is told from those before it as well as stationary noise can be,
    with the coefficients :math:`\phi^{(t)}` of an autoregression of order t, and
    weighed by the variance :math:`v_t` of what is left:

    .. math:: w_t = \Big(e_t - \sum_{i \le t} \phi^{(t)}_i e_{t-i}\Big) / \sqrt{v_t}

    Parameters
    ----------
    series : (n_scans, n_voxels)
    phi : (order, n_voxels)
        Lag 1 first.
    first_scans : {'conditional', 'exact'}
        Segments of fewer scans than the order are conditional in any case.
    starts : (n_segments,) int
        Scans at which segments begin; the first is 0.

    Returns
    -------
    (n_scans, n_voxels)

    References
    ----------
    Brockwell, P. J. & Davis, R. A. (1991). *Time Series: Theory and Methods*, §5.2.

    Examples
    --------
    >>> series, phi = np.ones((3, 1)), np.array([[0.6]])
    >>> whiten(series, phi, "conditional", np.array([0])).ravel()
    array([1. , 0.4, 0.4])
    >>> whiten(series, phi, "exact", np.array([0])).ravel()
    array([0.8, 0.4, 0.4])
    """
    order = len(phi)
    white = np.array(series, dtype=np.float64)
    for segment in segments(starts, len(white)):
        part = white[segment]
        rows = series[segment]
        for lag in range(1, order + 1):
            part[lag:] -= phi[lag - 1] * rows[:-lag]
        if first_scans == "exact" and len(rows) >= order:
            part[:order] = _innovations(np.asarray(rows[:order], np.float64), phi)
    return white


def _innovations(rows: Array, phi: Array) -> Array:
    """What the first rows bring that is new, over its standard deviation.

    Levinson's recursion backwards, from the last of the rows to the first.
    """
    out = np.empty_like(rows)
    coefficients = np.array(phi)
    precision = np.ones(rows.shape[1])
    for t in range(len(rows) - 1, -1, -1):
        last, rest = coefficients[t], coefficients[:t]
        left = 1.0 - last**2
        coefficients = (rest + last * rest[::-1]) / left
        precision = precision * left
        known = np.einsum("iv,iv->v", coefficients, rows[:t][::-1])
        out[t] = np.sqrt(precision) * (rows[t] - known)
    return out
