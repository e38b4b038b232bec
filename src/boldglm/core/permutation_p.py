"""From null distributions to p."""

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError

__all__ = ["TAILS", "corrected_p", "count_p", "step_down_p"]

Array = npt.NDArray[np.float64]

TAILS = (None, "gpd")


def corrected_p(
    null: npt.ArrayLike, observed: npt.ArrayLike, tail: str | None = None
) -> Array:
    """P of the family: how often the largest of a shuffle is as large as this.

    ``p = (1 + #{null >= observed}) / (1 + n_draws)``, in which the 1 is the data as
    they are: p is never 0.

    Parameters
    ----------
    null : (n_draws,) float
        Largest statistic of each shuffle, the data as they are not among them.
    observed : (...) float
        Less what counts as a tie.
    tail : {None, 'gpd'}
        Where p is small, smooth it by a generalised Pareto distribution fitted to
        the upper part of the null, see `boldglm.core.tail_fit.tail_p`. It can then
        be less than ``1 / (1 + n_draws)``.

    Returns
    -------
    (...) float64

    Raises
    ------
    ValueError
        If `tail` is unknown.

    References
    ----------
    Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9, 39.

    Examples
    --------
    >>> corrected_p([3.0, 1.0, 2.0], [0.5, 2.0, 3.5])
    array([1.  , 0.75, 0.25])
    """
    draws, values = np.sort(np.asarray(null, dtype=np.float64)), np.asarray(observed)
    if tail not in TAILS:
        msg = f"tail is {tail!r}; expected None or 'gpd'."
        raise ValueError(msg)
    if tail == "gpd":
        from boldglm.core.tail_fit import tail_p

        return np.asarray(tail_p(draws, values.ravel())).reshape(values.shape)
    below = np.searchsorted(draws, values, side="left")
    return np.asarray((1 + draws.size - below) / (1 + draws.size))


def count_p(reached: npt.NDArray[np.integer], n_draws: int) -> Array:
    """P of one voxel by itself: ``(1 + reached) / (1 + n_draws)``.

    >>> count_p(np.array([0, 9]), 9)
    array([0.1, 1. ])
    """
    return np.asarray((1 + reached) / (1 + n_draws))


def step_down_p(
    reached: npt.NDArray[np.integer], observed: npt.ArrayLike, n_draws: int
) -> Array:
    """P of the family, each voxel against those that are not above it.

    With voxels from the largest statistic to the smallest, p of the j-th counts the
    shuffles in which any of the voxels from the j-th on reaches it, and is at least
    the p before it.

    Parameters
    ----------
    reached : (n_voxels,) int
        From `boldglm.core.maxstat.Null.step_down`.
    observed : (n_voxels,) float
        Statistic by which voxels are put in order.
    n_draws : int

    Returns
    -------
    (n_voxels,) float64

    Raises
    ------
    ShapeError
        If there are not as many counts as statistics.

    References
    ----------
    Westfall and Young 1993, Resampling-based multiple testing, algorithm 4.1. Wiley.

    Examples
    --------
    >>> step_down_p(np.array([3, 1, 2]), [1.0, 3.0, 2.0], n_draws=9)
    array([0.4, 0.2, 0.3])
    """
    values = np.asarray(observed, dtype=np.float64)
    if values.shape != reached.shape:
        msg = f"{reached.shape} counts for {values.shape} statistics; expected as many."
        raise ShapeError(msg)
    order = np.argsort(-values, kind="stable")
    p = np.empty(values.size)
    p[order] = np.maximum.accumulate(count_p(reached[order], n_draws))
    return p
