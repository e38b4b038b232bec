"""Time series without drift, noise sources and scale.

Series are (scan, column) arrays; every function returns float64 and leaves its
input alone.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = [
    "Steps",
    "butterworth",
    "clean_columns",
    "detrend",
    "fill_scans",
    "largest_components",
    "orthonormal_basis",
    "percent_change",
    "zscore",
]

Array = np.ndarray[Any, np.dtype[Any]]


def detrend(series: Array) -> Array:
    """Subtract the least-squares line from every column.

    ::

        out = y - mean(y) - l (l'y) / (l'l),      l[t] = t - (T - 1) / 2

    Examples
    --------
    >>> detrend(np.array([[1.0], [2.0], [3.0]])).ravel()
    array([0., 0., 0.])
    """
    centred = series - series.mean(axis=0, dtype=np.float64)
    line = np.arange(len(series)) - (len(series) - 1) / 2
    flat: Array = centred - np.outer(line, line @ centred) / max(line @ line, 1.0)
    return flat


def zscore(series: Array) -> Array:
    """Columns of mean 0 and standard deviation 1 (divisor T - 1).

    Constant columns become 0.

    Examples
    --------
    >>> zscore(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]))[:, 0]
    array([-1., 0., 1.])
    """
    centred = series - series.mean(axis=0, dtype=np.float64)
    spread = centred.std(axis=0, ddof=1)
    spread[spread < np.finfo(np.float64).eps] = 1.0
    out: Array = centred / spread
    return out


def percent_change(series: Array, mean: Array) -> Array:
    """Columns as deviation from their mean, in per cent of `mean`.

    ::

        out = 100 (y - mean(y)) / |mean|,      0 where mean is 0

    Parameters
    ----------
    series : (scan, column)
    mean : (column,)
        Of the series before its mean was taken off by other steps.

    Examples
    --------
    >>> percent_change(np.array([[99.0], [101.0]]), np.array([100.0])).ravel()
    array([-1., 1.])
    """
    size = np.abs(mean)
    known = size >= np.finfo(np.float64).eps
    centred = series - series.mean(axis=0, dtype=np.float64)
    out: Array = 100 * centred / np.where(known, size, 1.0) * known
    return out


def orthonormal_basis(columns: Array) -> Array:
    """An orthonormal basis of the space columns span, (scan, rank).

    Columns are scaled first, so that none is lost for being small.

    Examples
    --------
    >>> orthonormal_basis(np.array([[1.0, 2.0], [1.0, 2.0]])).shape
    (2, 1)
    """
    size = np.abs(columns).max(axis=0, initial=0)
    basis, weight, _ = np.linalg.svd(
        columns / np.where(size > 0, size, 1.0), full_matrices=False
    )
    if weight.size == 0:
        return np.zeros((len(columns), 0))
    kept: Array = basis[:, weight > weight[0] * len(columns) * np.finfo(float).eps]
    return kept if weight[0] > 0 else kept[:, :0]


def butterworth(
    series: Array,
    t_r: float,
    low_pass: float | None,
    high_pass: float | None,
    *,
    order: int = 5,
    padtype: str | None = "odd",
    padlen: int | None = None,
) -> Array:
    """Filter columns forward and backward with a Butterworth filter.

    Parameters
    ----------
    series : (scan, column)
    t_r : float
        Seconds between scans.
    low_pass, high_pass : float or None
        Frequencies above, and below, which signal is taken out, in Hz.
    order : int
    padtype, padlen
        Continuation at the ends, see `scipy.signal.sosfiltfilt`.

    Returns
    -------
    (scan, column) float64
        The series itself if there is neither cutoff.

    Raises
    ------
    ValueError
        From scipy: if the series are shorter than the padding.
    """
    from scipy import signal

    if low_pass is None and high_pass is None:
        return np.array(series, dtype=np.float64)
    band: Any
    if low_pass is None:
        band, kind = high_pass, "highpass"
    elif high_pass is None:
        band, kind = low_pass, "lowpass"
    else:
        band, kind = (high_pass, low_pass), "bandpass"
    options: dict[str, Any] = {"btype": kind, "output": "sos", "fs": 1 / t_r}
    sections = signal.butter(order, band, **options)
    padding: dict[str, Any] = {"padtype": padtype, "padlen": padlen}
    values = np.asarray(series, np.float64)
    filtered: Array = signal.sosfiltfilt(sections, values, axis=0, **padding)
    return filtered


def fill_scans(series: Array, kept: Array) -> Array:
    """Replace scans that are not kept by a cubic spline through those that are.

    Also before the first and after the last kept scan.

    Parameters
    ----------
    series : (scan, column)
    kept : (n,) int
        Increasing scan numbers.

    Examples
    --------
    >>> series = np.array([[0.0], [1.0], [9.0], [3.0], [4.0]])
    >>> fill_scans(series, np.array([0, 1, 3, 4])).ravel()
    array([0., 1., 2., 3., 4.])
    """
    from scipy.interpolate import CubicSpline

    curve: Any = CubicSpline(kept, np.asarray(series, np.float64)[kept])
    filled: Array = curve(np.arange(len(series)))
    filled[kept] = series[kept]
    return filled


def largest_components(series: Array, n_components: int, per_cent: float) -> Array:
    """Principal series of the columns of highest variance (CompCor).

    Columns are detrended, the `per_cent` of them with the largest sums of
    squares decomposed, and the first left singular vectors returned.

    Parameters
    ----------
    series : (scan, column)
    n_components : int
    per_cent : float
        0 to 100.

    Returns
    -------
    (scan, component)
        Fewer components than asked for, if there are no more.

    References
    ----------
    Behzadi et al. (2007), NeuroImage 37:90-101.
    """
    flat = detrend(series)
    power = np.einsum("tv,tv->v", flat, flat)
    power[~np.isfinite(power)] = 0
    highest = power >= np.percentile(power, 100 - per_cent)
    components: Array = np.linalg.svd(flat[:, highest], full_matrices=False)[0]
    return components[:, :n_components]


@dataclass(frozen=True)
class Steps:
    """What `clean_columns` does, in this order.

    Parameters
    ----------
    detrend : bool
        Take the line off series and confounds.
    low_pass, high_pass : float or None
        Butterworth filter of series and confounds, in Hz; needs `t_r`.
    t_r : float or None
        Seconds between scans.
    filter_options : dict
        Further arguments of `butterworth`.
    extrapolate : bool
        Whether scans before the first and after the last kept one are filled
        in for the filter; otherwise it begins and ends with those.
    standardize_confounds : bool
        Centre and scale confounds before they are regressed out.
    standardize : {"zscore_sample", "psc", None}
        Scale of the result.
    """

    detrend: bool = False
    low_pass: float | None = None
    high_pass: float | None = None
    t_r: float | None = None
    filter_options: dict[str, Any] = field(default_factory=dict)
    extrapolate: bool = False
    standardize_confounds: bool = True
    standardize: str | None = None

    @property
    def filters(self) -> bool:
        """Whether there is a Butterworth filter among the steps."""
        return self.low_pass is not None or self.high_pass is not None


def clean_columns(
    series: Array, steps: Steps, confounds: Array | None, kept: Array | None
) -> Array:
    """Detrend, filter, regress confounds out and standardize, in this order.

    Confounds are detrended and filtered like the series, so that regression
    does not bring back what the filter took out (Lindquist et al. 2019, Human
    Brain Mapping 40:2358-2376). Scans that are not kept are left out; before a
    filter they are interpolated, and left out after it.

    Parameters
    ----------
    series : (scan, column)
        Finite numbers.
    steps : Steps
    confounds : (scan, confound) or None
    kept : (n,) int or None
        Numbers of the scans to keep.

    Returns
    -------
    (kept scan, column) float64

    Examples
    --------
    >>> line = np.arange(4.0)[:, np.newaxis]
    >>> bump = np.array([[1.0], [-1.0], [-1.0], [1.0]])
    >>> clean_columns(5 + line + bump, Steps(), line, None).ravel()
    array([7.5, 5.5, 5.5, 7.5])
    """
    parts = [np.asarray(series, np.float64)]
    parts += [] if confounds is None else [np.asarray(confounds, np.float64)]
    if kept is not None:
        if steps.filters:
            ends = slice(None) if steps.extrapolate else slice(kept[0], kept[-1] + 1)
            parts = [fill_scans(part, kept)[ends] for part in parts]
            kept = kept - (ends.start or 0)
        else:
            parts = [part[kept] for part in parts]
    mean = parts[0].mean(axis=0)
    if steps.detrend:
        parts = [detrend(part) for part in parts]
    if steps.filters and steps.t_r is not None:
        band = (steps.t_r, steps.low_pass, steps.high_pass)
        parts = [butterworth(part, *band, **steps.filter_options) for part in parts]
        if kept is not None:
            parts = [part[kept] for part in parts]
    cleaned = parts[0]
    if len(parts) > 1:
        regressors = zscore(parts[1]) if steps.standardize_confounds else parts[1]
        basis = orthonormal_basis(regressors)
        cleaned = cleaned - basis @ (basis.T @ cleaned)
    if steps.standardize == "zscore_sample":
        return zscore(cleaned)
    if steps.standardize == "psc":
        # per cent of what is left of the mean, or of what there was of it
        left = cleaned.mean(axis=0)
        gone = np.abs(left) < 0.1 * np.abs(mean)
        return percent_change(cleaned, left + np.where(gone, mean, 0.0))
    return cleaned
