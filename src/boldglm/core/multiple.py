"""Thresholds for many tests at once, and how much of a set of voxels is truly active.

All functions take z values and read them one-sided, ``p = 1 - Phi(z)``. A two-sided
test is one-sided on ``abs(z)`` at half the `alpha`.
"""

import numpy as np
import numpy.typing as npt
from scipy import special

from boldglm._base.arguments import as_numbers
from boldglm._base.errors import ShapeError

__all__ = [
    "bonferroni_threshold",
    "check_alpha",
    "discovery_proportions",
    "fdr_threshold",
    "fpr_threshold",
    "hommel_value",
]

Array = npt.NDArray[np.float64]


def fpr_threshold(alpha: float) -> float:
    """Height that noise exceeds with probability `alpha` at one voxel.

    Examples
    --------
    >>> fpr_threshold(0.001)
    3.0902
    """
    check_alpha(alpha)
    return float(-special.ndtri(alpha))


def bonferroni_threshold(alpha: float, n_tests: int) -> float:
    """Height that noise exceeds anywhere with probability `alpha` at most.

    Each of `n_tests` is held to ``alpha / n_tests``.

    Examples
    --------
    >>> bonferroni_threshold(0.05, 50)
    3.0902
    """
    check_alpha(alpha)
    return float(-special.ndtri(alpha / n_tests)) if n_tests else np.inf


def fdr_threshold(z_vals: npt.ArrayLike, alpha: float) -> float:
    """Height above which a share of at most `alpha` is expected to be noise.

    With p sorted from the smallest, and k the largest for which ``p[k] <= k alpha /
    n``, the threshold is the k-th highest z (less 1e-12, so that it is itself above).

    Parameters
    ----------
    z_vals : (...) float
        NaN is no test, and does not count in n.
    alpha : float
        Between 0 and 1.

    Returns
    -------
    float
        Infinite where nothing is found.

    Raises
    ------
    ValueError
        If `alpha` is not between 0 and 1.

    References
    ----------
    Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, 289-300.

    Examples
    --------
    >>> fdr_threshold([4.0, 3.5, 2.8, 1.5, 0.2, -1.0], alpha=0.05)
    2.8
    """
    check_alpha(alpha)
    values = as_numbers(z_vals, "z_vals").astype(np.float64)
    values = values[~np.isnan(values)]
    # only tests that would pass alone can pass together: sort these
    high = np.sort(values[values >= -special.ndtri(alpha)])[::-1]
    allowed = alpha * np.arange(1, high.size + 1) / max(values.size, 1)
    found = np.flatnonzero(special.ndtr(-high) <= allowed)
    if found.size == 0:
        return np.inf
    return float(high[found[-1]]) - 1e-12


def hommel_value(z: npt.ArrayLike, alpha: float) -> int:
    """Largest set of tests in which, by Simes' test, there may be no effect at all.

    With p sorted from the smallest, it is the largest i of 0…n such that::

        i p[n - i + j] > j alpha        for all j = 1…i

    found in one pass over the sorted values.

    Parameters
    ----------
    z : (n,) float
    alpha : float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If `alpha` is not between 0 and 1.

    References
    ----------
    Goeman, Meijer, Krebs and Solari 2019, Biometrika 106, 841-856.

    Examples
    --------
    >>> hommel_value([5.0, 4.0, 0.1, -0.3], alpha=0.05)
    2
    """
    check_alpha(alpha)
    p = np.asarray(special.ndtr(-np.sort(np.asarray(z, dtype=np.float64))[::-1]))
    n = p.size
    if n == 0 or p[-1] <= alpha:
        return 0
    below = p < alpha
    # for each k the condition says i < (n - k) alpha / (alpha - p[k])
    remaining = n - 1 - np.flatnonzero(below)
    limits = remaining * alpha / (alpha - p[below])
    return int(min(np.trunc(np.min(limits, initial=n)), n))


def discovery_proportions(
    z: npt.ArrayLike,
    labels: npt.ArrayLike,
    hommel: float,
    alpha: float,
    delta: float = 0.0,
) -> Array:
    """Share of each cluster that is truly active, as a lower bound.

    All bounds hold at once with probability ``1 - alpha``, whatever clusters are
    looked at and however they were chosen. For a cluster S of m voxels::

        max over u = 1…m of (1 - u + #{i in S: hommel p[i] <= (u - delta) alpha}) / m

    where ``u <= delta`` counts nothing. This is all-resolutions inference. With a
    template that was calibrated on permutations (`boldglm.core.discoveries`) of n
    tests, pass ``n - delta`` for `hommel` and the height of the template for `alpha`.

    Parameters
    ----------
    z : (n,) float
        NaN is not active.
    labels : (n,) int
        Cluster of each voxel, from 1; 0 is none.
    hommel : float
        `hommel_value` of all voxels that were tested.
    alpha : float
        Between 0 and 1; 0: none are active.
    delta : float
        0 or more.

    Returns
    -------
    (n_labels + 1,) float64
        By label; 0 for label 0 and for labels that no voxel has.

    Raises
    ------
    ShapeError
        If there are not as many labels as values.

    References
    ----------
    Rosenblatt, Finos, Weeda, Solari and Goeman 2018, NeuroImage 181, 786-796;
    Andreella, Hemerik, Finos, Weeda and Goeman 2023, Stat. Med. 42, 2311-2340.

    Examples
    --------
    >>> z = np.array([5.0, 4.0, 0.1, -0.3])
    >>> discovery_proportions(z, [1, 1, 1, 0], hommel_value(z, 0.05), 0.05)
    array([0.        , 0.66666667])
    """
    values, cluster = np.asarray(z, dtype=np.float64), np.asarray(labels)
    if values.ndim != 1 or values.shape != cluster.shape:
        msg = (
            f"There are z values of shape {values.shape} and labels of shape "
            f"{cluster.shape}; expected one label for each value."
        )
        raise ShapeError(msg)
    sizes = np.bincount(cluster, minlength=1)
    in_cluster = np.flatnonzero(cluster)
    values, cluster = values[in_cluster], cluster[in_cluster]
    shares = np.zeros(sizes.size)
    if values.size == 0:
        return shares
    u = _first_steps(special.ndtr(-values), hommel, alpha, delta)
    order = np.lexsort((u, cluster))
    sizes[0] = 0
    present = np.flatnonzero(sizes)
    starts = np.concatenate([[0], np.cumsum(sizes[present])[:-1]])
    rank = np.arange(1, values.size + 1) - np.repeat(starts, sizes[present])
    found = np.maximum.reduceat(1 - u[order] + rank, starts)
    shares[present] = np.maximum(found, 0) / sizes[present]
    return shares


def _first_steps(p: Array, hommel: float, alpha: float, delta: float) -> Array:
    """The smallest u > delta with ``hommel p <= (u - delta) alpha``; or infinity."""
    first = np.floor(delta) + 1.0
    if alpha == 0:
        return np.full(p.shape, np.inf)
    with np.errstate(over="ignore"):
        u = np.maximum(np.ceil(hommel * p / alpha + delta), first)
    return np.where(np.isnan(u), np.inf, u)


def check_alpha(alpha: float) -> None:
    """Raise unless `alpha` is a probability.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(alpha, int | float | np.number) or not 0 <= alpha <= 1:
        msg = f"alpha is {alpha!r}; alpha should be between 0 and 1."
        raise ValueError(msg)
