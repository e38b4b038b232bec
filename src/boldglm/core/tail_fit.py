"""Small p values from few permutations: a curve is fitted to the tail of their maxima.

Of B permutations the smallest p is ``1 / (B + 1)``. What lies above a high threshold
follows, whatever the distribution, more and more a generalised Pareto curve (Pickands
1975), of which p can be read where no permutation reaches.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import ShapeError

__all__ = ["TailFit", "empirical_p", "fit_tail", "tail_p"]

Array = npt.NDArray[np.float64]

# p of at least this is counted, not read off the curve
COUNTED = 0.10
# shares of the permutations below the threshold, tried in this order
QUANTILES = np.arange(75, 100) / 100
# fewer values say nothing about the shape of a tail
FEWEST = 10
# Anderson and Darling's A² that 5 % of samples from a Pareto curve of a shape exceed
# when it is fitted by moments, of those samples that lie below the end of the fit
# (simulated, 30,000 samples each of 125 and 250 values; the published values are for
# maximum likelihood)
SHAPES = np.array(
    [-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0]
)
HIGHEST = np.array(
    [6.20, 2.82, 1.66, 1.27, 1.08, 0.95, 0.89, 0.84, 0.81, 0.79, 0.79, 0.90, 1.19]
)
# so that -log p is a number
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True)
class TailFit:
    """A generalised Pareto curve above a threshold.

    ::

        P(T >= t) = share (1 - shape (t - threshold) / scale)^(1 / shape)

    and ``share exp(-(t - threshold) / scale)`` for shape 0.

    Attributes
    ----------
    threshold : float
        NaN, as `scale` and `shape`, where no fit was accepted.
    scale : float
        Above 0, in the units of the statistic.
    shape : float
        Above 0 the tail ends, at 0 it is exponential, below it is heavy.
    share : float
        Of the permutations, the observed one among them, beyond the threshold.
    n_beyond : int
        Number of permutations beyond the threshold.
    accepted : bool
        Whether they look like the curve.
    """

    threshold: float
    scale: float
    shape: float
    share: float
    n_beyond: int
    accepted: bool

    @property
    def end(self) -> float:
        """Where the tail ends; infinite for a shape of 0 or less."""
        if self.shape > 0:
            return self.threshold + self.scale / self.shape
        return np.inf


NO_FIT = TailFit(np.nan, np.nan, np.nan, 0.0, 0, accepted=False)


def empirical_p(
    null: npt.ArrayLike, observed: npt.ArrayLike, tolerance: float = 1e-6
) -> Array:
    """Share of the permutations that reach a value, the observed one among them.

    ::

        p = (1 + #{null >= observed}) / (1 + B)

    Parameters
    ----------
    null : (B,) float
        Of the permutations other than the observed one. In any order.
    observed : (...) float
        NaN stays NaN.
    tolerance : float
        Relative to `observed`: by how much a value may fall short and yet count as
        reaching it, as the same number does that was summed up in another order.

    Returns
    -------
    (...) float64

    Raises
    ------
    ShapeError
        If `null` is not 1-D.
    ValueError
        If `null` has NaN, or `tolerance` is negative.

    References
    ----------
    Phipson and Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9, 39.

    Examples
    --------
    >>> empirical_p([1.0, 4.0, 2.0], [3.0, 9.0, 2.0])
    array([0.5 , 0.25, 0.75])
    """
    return _counted(_ordered(null), np.asarray(observed, dtype=np.float64), tolerance)


def fit_tail(null: npt.ArrayLike) -> TailFit:
    """Fit a generalised Pareto curve to the upper tail of permutations.

    From the exceedances ``y = null - threshold`` of mean m and variance v::

        scale = m (m^2 / v + 1) / 2,      shape = (m^2 / v - 1) / 2

    The threshold is half-way between two values, at first with a quarter of the
    permutations beyond it and then with fewer, a hundredth at a time, until Anderson
    and Darling's test does not tell the exceedances from the curve at the 5 % level.
    A curve that ends below one of them is not accepted.

    Parameters
    ----------
    null : (B,) float
        In any order.

    Returns
    -------
    TailFit
        Not accepted where no threshold will do, or fewer than 10 values lie beyond.

    Raises
    ------
    ShapeError
        If `null` is not 1-D.
    ValueError
        If it has NaN.

    References
    ----------
    Hosking and Wallis 1987, Technometrics 29, 339-349 (moments); Choulakian and
    Stephens 2001, Technometrics 43, 478-484 (test); Knijnenburg, Wessels, Reinders
    and Shmulevich 2009, Bioinformatics 25, i161-i168 (threshold).

    Examples
    --------
    >>> null = -np.log((np.arange(1000) + 0.5) / 1000)
    >>> fit = fit_tail(null)
    >>> fit.accepted, fit.n_beyond, fit.threshold
    (True, 250, 1.3863)
    >>> fit.scale, fit.shape
    (1.00..., 0.00...)
    """
    return _fit(_ordered(null))


def tail_p(
    null: npt.ArrayLike, observed: npt.ArrayLike, tolerance: float = 1e-6
) -> Array:
    """Probability of observed maxima, beyond what their permutations can count.

    Down to .10, p is counted (`empirical_p`); below it is read off the curve of
    `fit_tail`. It stays counted where no fit was accepted, below the threshold of the
    fit, and where a value lies beyond the end of a tail that ends, which would have
    p = 0. Values below such a one have its p at least, so that p never rises
    with the statistic.

    Where it is read off, p is steadier than a count and about as exact: with 500
    permutations, p <= .01 comes as often as it says, within a tenth. Further out it is
    a guess at the order of magnitude: with 1000, half of the estimates of .001 lie
    within a factor of 2 and nine tenths within 12, and p <= .001 comes in truth about
    1.5 times in a thousand (p <= .0001 two to five times in ten thousand).

    Parameters
    ----------
    null : (B,) float
        Maxima over voxels, of the permutations other than the observed one.
    observed : (...) float
        NaN stays NaN.
    tolerance : float
        See `empirical_p`.

    Returns
    -------
    (...) float64
        Above 0.

    Raises
    ------
    ShapeError
        If `null` is not 1-D.
    ValueError
        If `null` has NaN, or `tolerance` is negative.

    References
    ----------
    Knijnenburg, Wessels, Reinders and Shmulevich 2009, Bioinformatics 25, i161-i168;
    Winkler, Ridgway, Douaud, Nichols and Smith 2016, NeuroImage 141, 502-516.

    Examples
    --------
    A thousand values of an exponential distribution, and the p of 1 and 9, e^-1, e^-9:

    >>> null = -np.log((np.arange(1000) + 0.5) / 1000)
    >>> -np.log(tail_p(null, [1.0, 9.0]))
    array([1.0, 9.1])
    """
    ordered = _ordered(null)
    values = np.asarray(observed, dtype=np.float64)
    p = _counted(ordered, values, tolerance)
    fit = _fit(ordered)
    # counted p, so that p does not rise where counting ends
    most = np.ceil(COUNTED * (1 + ordered.size)) / (1 + ordered.size)
    far = (p < COUNTED) & (values > fit.threshold) & (values < fit.end)
    p[far] = np.clip(_read_off(fit, values[far]), TINY, most)
    return _never_rising(values, p)


def _ordered(null: npt.ArrayLike) -> Array:
    ordered = np.sort(np.asarray(null, dtype=np.float64), axis=None)
    if np.ndim(null) != 1:
        msg = (
            f"null has shape {np.shape(null)}; expected one number for each "
            "permutation, (B,)."
        )
        raise ShapeError(msg)
    # NaN is sorted to the end
    if ordered.size and np.isnan(ordered[-1]):
        msg = (
            f"null has {np.count_nonzero(np.isnan(ordered))} NaN among {ordered.size} "
            "permutations; expected the maximum of each over voxels that have a value."
        )
        raise ValueError(msg)
    return ordered


def _counted(ordered: Array, values: Array, tolerance: float) -> Array:
    if not tolerance >= 0:
        msg = f"tolerance is {tolerance}; expected a share of the values, 0 or more."
        raise ValueError(msg)
    with np.errstate(invalid="ignore"):
        short = np.where(np.isfinite(values), tolerance * np.abs(values), 0.0)
    n_below = np.searchsorted(ordered, values - short, side="left")
    p = (1.0 + ordered.size - n_below) / (1.0 + ordered.size)
    return np.where(np.isnan(values), np.nan, p)


def _fit(ordered: Array) -> TailFit:
    """`fit_tail` of sorted values."""
    for quantile in QUANTILES:
        below = int(np.ceil(quantile * ordered.size))
        if ordered.size - below < FEWEST:
            break
        # all of those that are equal lie on one side
        first = int(np.searchsorted(ordered, ordered[below - 1], side="right"))
        if ordered.size - first < FEWEST:
            continue
        with np.errstate(invalid="ignore", over="ignore"):
            fit = _fit_beyond(ordered, first)
        if fit.accepted:
            return fit
    return NO_FIT


def _fit_beyond(ordered: Array, first: int) -> TailFit:
    """Fit of the values from the one with index `first` on."""
    threshold = ordered[first - 1] + (ordered[first] - ordered[first - 1]) / 2
    beyond = ordered[first:] - threshold
    mean, variance = float(beyond.mean()), float(beyond.var(ddof=1))
    # so far apart, or so close, that there is no number for it
    if not variance > (1e-9 * mean) ** 2:
        return NO_FIT
    ratio = mean**2 / variance
    share = (1 + beyond.size) / (1 + ordered.size)
    scale, shape = mean * (ratio + 1) / 2, (ratio - 1) / 2
    fit = TailFit(float(threshold), scale, shape, share, beyond.size, accepted=True)
    return fit if _looks_like(fit, beyond) else NO_FIT


def _log_survival(fit: TailFit, beyond: Array) -> Array:
    """Log of the curve, without `share`, at distances from the threshold."""
    reduced = beyond / fit.scale
    if abs(fit.shape) < 1e-8:
        return -reduced
    with np.errstate(divide="ignore"):
        return np.log1p(-np.minimum(fit.shape * reduced, 1.0)) / fit.shape


def _looks_like(fit: TailFit, beyond: Array) -> bool:
    """Whether Anderson and Darling's test accepts a fit; `beyond` is sorted.

    A² is infinite where the fit ends below the last of them.
    """
    log_survival = _log_survival(fit, beyond)
    n = beyond.size
    log_below = np.log(-np.expm1(log_survival))
    weights = 2.0 * np.arange(1, n + 1) - 1.0
    a2 = -n - float(weights @ (log_below + log_survival[::-1])) / n
    return a2 <= float(np.interp(fit.shape, SHAPES, HIGHEST))


def _read_off(fit: TailFit, values: Array) -> Array:
    return fit.share * np.exp(_log_survival(fit, values - fit.threshold))


def _never_rising(values: Array, p: Array) -> Array:
    """Raise p to the largest of those of higher values."""
    raised = p.ravel()
    # NaN comes last
    order = np.argsort(-values, axis=None)
    raised[order] = np.maximum.accumulate(raised[order])
    return raised.reshape(values.shape)
