"""Time series without drift, noise sources and scale.

Series are (scan, column) arrays; every function returns float64 and leaves its
input alone.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from boldglm.core.parallel import blocks, map_blocks

__all__ = [
    "Cleaner",
    "Steps",
    "butterworth",
    "detrend",
    "fill_scans",
    "largest_components",
    "orthonormal_basis",
    "percent_change",
    "zscore",
]

Array = np.ndarray[Any, np.dtype[Any]]

# What is left of a constant column by float64 arithmetic, as a part of its size.
_ROUNDING = 1e-12


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


def zscore(series: Array, size: Array | None = None) -> Array:
    """Columns of mean 0 and standard deviation 1 (divisor T - 1).

    Constant columns become 0, and so do columns that are constant but for rounding.

    Parameters
    ----------
    series : (scan, column)
    size : (column,) or None
        Largest values the columns had before other steps: what is left of a
        column is rounding below 1e-12 of it. None: that of `series`.

    Examples
    --------
    >>> zscore(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]))[:, 0]
    array([-1., 0., 1.])
    """
    scale = np.abs(series).max(axis=0, initial=0) if size is None else size
    centred = series - series.mean(axis=0, dtype=np.float64)
    # a single scan has no spread
    spread = centred.std(axis=0, ddof=min(1, len(series) - 1))
    flat = spread <= _ROUNDING * scale
    out: Array = centred / np.where(flat, 1.0, spread)
    out[:, flat] = 0
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
    sampling_rate: float,
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
    series : (scan,) or (scan, column)
    sampling_rate : float
        Scans per second, in Hz.
    low_pass, high_pass : float or None
        Frequencies above, and below, which signal is taken out, in Hz.
    order : int
    padtype, padlen
        Continuation at the ends, see `scipy.signal.sosfiltfilt`.

    Returns
    -------
    array of the shape of `series`, float64
        The series itself if there is neither cutoff.

    Raises
    ------
    ValueError
        If the series are shorter than the padding, or there is no such filter.
    """
    from scipy import signal

    values = np.asarray(series, np.float64)
    if low_pass is None and high_pass is None:
        return np.array(values)
    band: Any
    if low_pass is None:
        band, kind = high_pass, "highpass"
    elif high_pass is None:
        band, kind = low_pass, "lowpass"
    else:
        band, kind = (high_pass, low_pass), "bandpass"
    options: dict[str, Any] = {"btype": kind, "output": "sos", "fs": sampling_rate}
    padding: dict[str, Any] = {"padtype": padtype, "padlen": padlen}
    try:
        sections = signal.butter(order, band, **options)
        filtered: Array = signal.sosfiltfilt(sections, values, axis=0, **padding)
    except (ValueError, np.linalg.LinAlgError) as error:
        msg = (
            f"series of {len(values)} scans cannot be filtered with order={order}, "
            f"padlen={padlen}, low_pass={low_pass} and high_pass={high_pass} at "
            f"{sampling_rate:g} scans per second: {error}"
        )
        raise ValueError(msg) from error
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

    known = np.asarray(series, np.float64)[kept]
    finite = np.isfinite(known).all(axis=0)
    filled: Array = np.full(series.shape, np.nan)
    curve: Any = CubicSpline(kept, known[:, finite])
    filled[:, finite] = curve(np.arange(len(series)))
    filled[kept] = known
    return filled


def largest_components(
    series: Array, n_components: int, per_cent: float, *, flatten: bool = True
) -> Array:
    """Principal series of the columns of highest variance (CompCor).

    The `per_cent` of the columns with the largest sums of squares make up a matrix
    Y; returned are the first eigenvectors of Y Y'.

    Parameters
    ----------
    series : (scan, column)
        Columns with values that are not finite are left out. Not modified; read
        block by block.
    n_components : int
    per_cent : float
        0 to 100.
    flatten : bool
        Detrend columns first.

    Returns
    -------
    (scan, component) float64
        Orthonormal, the largest value of each positive. Fewer components than
        asked for, if there are no more.

    References
    ----------
    Behzadi et al. (2007), NeuroImage 37:90-101.
    """
    if series.size == 0:
        return np.zeros((len(series), 0))
    parts = blocks(series.shape[1], max(64, 2**20 // len(series)))

    def columns(part: Any) -> Array:
        block = np.array(series[:, part], np.float64)
        block[np.isinf(block)] = np.nan
        return detrend(block) if flatten else block

    def powers(part: slice) -> Array:
        block = columns(part)
        power: Array = np.einsum("tv,tv->v", block, block)
        return power

    power = np.concatenate(map_blocks(powers, parts))
    power[~np.isfinite(power)] = np.nan
    if np.isnan(power).all():
        return np.zeros((len(series), 0))
    limit = np.nanpercentile(power, 100 - per_cent)
    highest = power > limit
    if not highest.any():  # all vary alike
        highest = power >= limit
    products = np.zeros((len(series), len(series)))
    (chosen,) = np.nonzero(highest)
    for part in blocks(chosen.size, max(64, 2**20 // len(series))):
        block = columns(chosen[part])
        products += block @ block.T
    weights, vectors = np.linalg.eigh(products)
    rank = int((weights > weights[-1] * len(series) * np.finfo(float).eps).sum())
    kept = vectors[:, ::-1][:, : min(n_components, rank)]
    largest = np.take_along_axis(kept, np.abs(kept).argmax(axis=0)[np.newaxis], axis=0)
    components: Array = kept * np.sign(largest)
    return components


@dataclass(frozen=True)
class Steps:
    """What a `Cleaner` does, in this order.

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


class Cleaner:
    """The steps made ready for one run: applied to any of its columns.

    Confounds are detrended and filtered like the series, so that regression
    does not bring back what the filter took out (Lindquist et al. 2019, Human
    Brain Mapping 40:2358-2376). Scans that are not kept are left out; before a
    filter they are interpolated, and left out after it.

    Parameters
    ----------
    steps : Steps
    confounds : (scan, confound) or None
    kept : (n,) int or None
        Numbers of the scans to keep, increasing.

    Examples
    --------
    >>> line = np.arange(4.0)[:, np.newaxis]
    >>> bump = np.array([[1.0], [-1.0], [-1.0], [1.0]])
    >>> Cleaner(Steps(), line)(5 + line + bump).ravel()
    array([7.5, 5.5, 5.5, 7.5])
    """

    def __init__(
        self, steps: Steps, confounds: Array | None = None, kept: Array | None = None
    ) -> None:
        self.steps = steps
        self.kept = kept
        self.basis: Array | None = None
        if confounds is None:
            return
        regressors, _ = self._filtered(confounds)
        size = np.abs(confounds).max(axis=0, initial=0)
        if steps.standardize_confounds:
            regressors = zscore(regressors, size)
        else:
            left = np.abs(regressors).max(axis=0, initial=0)
            regressors = np.where(left > _ROUNDING * size, regressors, 0.0)
        self.basis = orthonormal_basis(regressors)

    def __call__(self, series: Array) -> Array:
        """Detrend, filter, regress confounds out and standardize, in this order.

        Parameters
        ----------
        series : (scan, column)
            Not modified.

        Returns
        -------
        (kept scan, column) float64
            Columns with nan stay nan.
        """
        cleaned, mean = self._filtered(series)
        if self.basis is not None:
            cleaned = cleaned - self.basis @ (self.basis.T @ cleaned)
        if self.steps.standardize == "zscore_sample":
            return zscore(cleaned, np.abs(series).max(axis=0, initial=0))
        if self.steps.standardize == "psc":
            # per cent of what is left of the mean, or of what there was of it
            left = cleaned.mean(axis=0)
            gone = np.abs(left) < 0.1 * np.abs(mean)
            return percent_change(cleaned, left + np.where(gone, mean, 0.0))
        return cleaned

    def _filtered(self, series: Array) -> tuple[Array, Array]:
        """Detrended and filtered kept scans, and the mean before that."""
        steps, kept = self.steps, self.kept
        part = np.asarray(series, np.float64)
        if kept is not None and steps.filters:
            ends = slice(None) if steps.extrapolate else slice(kept[0], kept[-1] + 1)
            part = fill_scans(part, kept)[ends]
            kept = kept - (ends.start or 0)
        elif kept is not None:
            part, kept = part[kept], None
        mean: Array = part.mean(axis=0)
        if steps.detrend:
            part = detrend(part)
        if steps.filters and steps.t_r is not None:
            band = (1 / steps.t_r, steps.low_pass, steps.high_pass)
            part = butterworth(part, *band, **steps.filter_options)
        return (part if kept is None else part[kept]), mean
