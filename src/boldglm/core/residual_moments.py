"""What a design leaves in the products of residuals of noise of any autocovariances."""

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import DesignLags, shift_rows
from boldglm.core.parallel import one_blas_thread

__all__ = ["LONGEST", "residual_moments"]

Array = npt.NDArray[np.float64]

#: Lags that are followed: an autoregression forgets sooner, or is all but a unit root
LONGEST = 400
# Numbers of shifted copies of a part of the basis that are held at once
HELD_AT_ONCE = 2**23


def residual_moments(lags: DesignLags, n_rows: int, n_columns: int) -> Array:
    """Traces ``tr(R D_k R D_j)`` of the residual projector and the lags.

    With ``R = I - Q Q'`` and ``D_j`` as in `boldglm.core.lags`, by ::

        tr(R D_k R D_j) = tr(D_k D_j) - 2 tr(Q'D_k D_j Q) + tr(Q'D_k Q Q'D_j Q)

    so that no matrix of the size scans x scans is made.

    Parameters
    ----------
    lags : DesignLags
    n_rows, n_columns : int
        For k = 0…n_rows - 1 and j = 0…n_columns - 1; not fewer columns than rows.

    Returns
    -------
    (n_rows, n_columns)

    Examples
    --------
    >>> from boldglm.core.lags import design_lags
    >>> residual_moments(design_lags(np.full((4, 1), 0.5), 0), 1, 3)
    array([[ 3. , -1.5, -1. ]])
    """
    basis, starts = lags.basis, lags.starts
    n_scans, rank = basis.shape
    moments = np.zeros((n_rows, n_columns))
    within = np.empty((n_columns, rank, rank))
    step = max(1, HELD_AT_ONCE // (n_columns * n_scans))
    # Many small products: threads of BLAS would wait for each other
    with one_blas_thread():
        for first in range(0, rank, step):
            part = basis[:, first : first + step]
            # One array, and not a list of copies that are joined to another
            shifted = np.empty((n_columns, n_scans, part.shape[1]))
            for j in range(n_columns):
                shifted[j] = shift_rows(part, j, starts)
            within[:, :, first : first + step] = basis.T @ shifted
            flat = shifted.reshape(n_columns, -1)
            moments -= 2 * (flat[:n_rows] @ flat.T)
        flat = within.reshape(n_columns, -1)
        moments += flat[:n_rows] @ flat.T
    lag = np.arange(n_rows)
    pairs = np.maximum(lags.lengths - lag[:, np.newaxis], 0).sum(axis=1)
    moments[lag, lag] += np.where(lag == 0, 1, 2) * pairs
    return moments
