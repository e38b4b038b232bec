"""Lower bounds on discoveries, calibrated on permutations.

All-resolutions inference (`boldglm.core.multiple.discovery_proportions`) holds whatever
the dependence of voxels, within Simes' inequality, and pays for it where maps are
smooth. Permutations know the dependence. A template::

    t_k(level) = level (k - delta) / (m - delta),      k = 1…m

is laid under the sorted p of the m voxels, as high as a share `alpha` of the
permutations allows: the lower bounds of every set of voxels follow from it.

References
----------
Blanchard, Neuvial and Roquain 2020, Ann. Stat. 48, 1281-1303; Andreella, Hemerik,
Finos, Weeda and Goeman 2023, Stat. Med. 42, 2311-2340; Blain, Thirion and Neuvial
2022, NeuroImage 260, 119492.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError
from boldglm.core.multiple import check_alpha

__all__ = ["TemplateCalibration", "calibrate", "simes_pivot", "statistic_pivot"]

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]

N_BINS = 4096
# -log p of the last bin
LAST_BIN = 64.0


@dataclass(frozen=True)
class TemplateCalibration:
    """What permutations say of the height of the template.

    Attributes
    ----------
    pivots : (B + 1,) float64
        `simes_pivot` of each permutation, the observed one among them.
    n_tests : int
        Number of voxels m that each was taken over.
    delta : float
        Of the template; 0 is Simes'. With a larger one, the `delta` smallest p count
        for nothing, and large sets of voxels for more.

    Examples
    --------
    >>> pivots = np.arange(1, 101) / 100
    >>> TemplateCalibration(pivots, n_tests=5000).level(0.05)
    0.05
    """

    pivots: Array
    n_tests: int
    delta: float = 0.0

    def level(self, alpha: float) -> float:
        """Height of the template that holds with probability ``1 - alpha``.

        See `calibrate`.
        """
        return calibrate(self.pivots, alpha)


def simes_pivot(p: npt.ArrayLike, delta: float = 0.0) -> float:
    """Largest height at which the template does not lie above the sorted p.

    ::

        min over k > delta of p[k] (m - delta) / (k - delta)

    with ``p[k]`` the k-th smallest. They are put into bins first, and only those that
    may hold the smallest ratio are sorted: ten times as fast as sorting all.

    Parameters
    ----------
    p : (m,) float
        Of one permutation, in any order.
    delta : float
        0 or more, below m.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError
        If `p` is not 1-D, or empty.
    ValueError
        If a p is not from 0 to 1, or `delta` is out of range.

    Examples
    --------
    >>> simes_pivot([0.9, 0.02, 0.03, 0.5])
    0.06
    """
    values = np.asarray(p, dtype=np.float64)
    _check(values, delta, "p")
    if not (values.min() >= 0 and values.max() <= 1):
        msg = (
            f"p lies between {values.min()} and {values.max()}; "
            "expected probabilities, from 0 to 1, and no NaN."
        )
        raise ValueError(msg)
    with np.errstate(divide="ignore"):
        keys = -np.log(values)
    return _smallest_ratio(
        keys, (0.0, LAST_BIN), lambda key: np.exp(-key), values.__getitem__, delta
    )


def statistic_pivot(
    statistic: npt.ArrayLike, tail: Callable[[Array], Array], delta: float = 0.0
) -> float:
    """`simes_pivot` of statistics, without the p of most of them.

    Parameters
    ----------
    statistic : (m,) float
        Of one permutation, such as t; higher is more.
    tail : callable
        From (n,) float64 statistics to their p, which falls as they rise.
    delta : float
        0 or more, below m.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ShapeError
        If `statistic` is not 1-D, or empty.
    ValueError
        If it has NaN, or `delta` is out of range.

    Examples
    --------
    >>> from boldglm.core.tails import z_to_p
    >>> z = np.array([-1.3, 2.1, 1.9, 0.0])
    >>> statistic_pivot(z, z_to_p), simes_pivot(z_to_p(z))
    (0.057, 0.057)
    """
    values = np.asarray(statistic)
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    _check(values, delta, "statistic")
    if np.isnan(values.min()):
        msg = "statistic has NaN; leave out voxels that cannot be tested."
        raise ValueError(msg)
    return _smallest_ratio(
        values,
        _bulk(values),
        tail,
        lambda index: tail(values[index].astype(np.float64)),
        delta,
    )


def calibrate(pivots: npt.ArrayLike, alpha: float) -> float:
    """Height of the template below which sorted p of noise seldom fall.

    It is the k-th smallest pivot, ``k = floor(alpha (B + 1))``, so that no more than k
    of the B + 1 pivots are at it or below. As the observed one is as likely as any
    to be among these, where there is no effect::

        P(p[k] <= t_k(level) for a k) <= alpha

    and so for the voxels without effect, of which there are fewer. If the next pivot
    is equal, it is the largest below both; if there is none, 0.

    Parameters
    ----------
    pivots : (B + 1,) float
        `simes_pivot` of each permutation, the observed one among them.
    alpha : float
        Between 0 and 1.

    Returns
    -------
    float
        From 0 to 1; 0, at which nothing is discovered, if there are fewer than
        ``1 / alpha`` permutations.

    Raises
    ------
    ShapeError
        If `pivots` is not 1-D, or empty.
    ValueError
        If `pivots` has NaN, or `alpha` is not between 0 and 1.

    Examples
    --------
    >>> calibrate([0.4, 0.01, 0.2, 0.3, 0.1], alpha=0.4), calibrate([0.3], alpha=0.4)
    (0.1, 0.0)
    """
    check_alpha(alpha)
    ordered = np.sort(np.asarray(pivots, dtype=np.float64), axis=None)
    if np.ndim(pivots) != 1 or ordered.size == 0:
        msg = (
            f"pivots has shape {np.shape(pivots)}; expected one number for each "
            "permutation, the observed one among them."
        )
        raise ShapeError(msg)
    if np.isnan(ordered[-1]):
        msg = "pivots has NaN; expected numbers from 0 to 1."
        raise ValueError(msg)
    # the product may fall short of a whole number by rounding
    k = int(np.floor(alpha * ordered.size + 1e-9))
    if k < ordered.size:
        k = int(np.searchsorted(ordered[:k], ordered[k], side="left"))
    return float(ordered[k - 1]) if k else 0.0


def _check(values: Floats, delta: float, name: str) -> None:
    if values.ndim != 1 or values.size == 0:
        msg = (
            f"{name} has shape {values.shape}; "
            "expected one number for each voxel, and at least one voxel."
        )
        raise ShapeError(msg)
    if not 0 <= delta < values.size:
        msg = (
            f"delta is {delta}; expected a number from 0 up, "
            f"below the number of voxels, {values.size}."
        )
        raise ValueError(msg)


def _bulk(values: Floats) -> tuple[float, float]:
    """Bounds of most values; a few far ones would make bins too wide."""
    few = values[:: max(1, values.size // 1000)].astype(np.float64)
    few = few[np.abs(few) < 1e100]
    if few.size == 0:
        return 0.0, 1.0
    low, high = float(few.min()), float(few.max())
    return low, 2 * high - low


def _smallest_ratio(
    keys: Floats,
    bounds: tuple[float, float],
    tail: Callable[[Array], Array],
    exact: Callable[[npt.NDArray[np.int64]], Array],
    delta: float,
) -> float:
    """The pivot of values by `keys`, which rise as p falls.

    `tail` gives the p of keys, `exact` the p of the values with some indices.
    """
    from boldglm.core.discoveries_kernels import count_bins, select_bins

    low, high = bounds
    per_unit = N_BINS / (high - low) if high > low else 1.0
    counts = np.zeros(N_BINS, dtype=np.int64)
    extremes = np.full((2, N_BINS), [[np.inf], [-np.inf]])
    count_bins(keys, low, per_unit, counts, extremes)
    # rank of the weakest in each bin
    last = counts[::-1].cumsum()[::-1]
    used = np.flatnonzero((counts > 0) & (last > delta))
    scale = (keys.size - delta) / (last[used] - delta)
    # no bin has a ratio below that of its strongest at the rank of its weakest
    found = np.min(tail(extremes[0, used]) * scale)
    floor = tail(extremes[1, used]) * scale
    wanted = np.zeros(N_BINS, dtype=np.bool_)
    wanted[used[floor <= found * (1 + 1e-9)]] = True
    index, bins = selected = np.empty((2, counts[wanted].sum()), dtype=np.int64)
    select_bins(keys, low, per_unit, wanted, selected)
    p = exact(index)
    order = np.argsort(p)
    # values of other bins that are stronger
    passed = last - (counts * wanted)[::-1].cumsum()[::-1]
    rank = np.arange(1, p.size + 1) + passed[bins[order]]
    counted = rank > delta
    ratio = p[order][counted] * (keys.size - delta) / (rank[counted] - delta)
    return float(ratio.min())
