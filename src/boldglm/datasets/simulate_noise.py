"""Everything in a BOLD run that is not the response to the task."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets.simulate_brain import Brain, smooth_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NoiseSettings", "ar_coefficients", "ar_noise", "partial_maps"]

#: Each part has a random stream of its own, so that changing one setting leaves
#: the rest of the run as it was. Add new parts at the end.
PARTS = ("ar maps", "noise", "scanner", "drift", "motion", "spikes", "events")

FWHM_PER_SIGMA = 2.3548200450309493
MM_PER_RADIAN = 50.0


@dataclass(frozen=True)
class NoiseSettings:
    """How noisy a simulated run is.

    Attributes
    ----------
    sd : float
        Standard deviation of the autoregressive noise, percent of the mean signal.
    partial : tuple of (low, high)
        Range over the brain of the partial autocorrelation at lag 1, 2, …: as many
        pairs as the order of the process. For order 1 it is the AR coefficient.
        Whatever the values inside (-1, 1), the process is stable.
    fwhm : float
        Spatial smoothness of the noise, mm.
    map_fwhm : float
        Spatial smoothness of the maps of coefficients and of drifts, mm.
    scanner : float
        Standard deviation of white noise inside and outside the head, in units of
        the signal (the mean over the brain is 1000).
    drift : float
        Standard deviation over the brain of slow drifts, percent of the mean signal.
    motion : float
        Typical displacement of the head over a run, mm.
    n_spikes : int
        Scans per run that are spoilt by a jerk of the head.
    """

    sd: float = 1.0
    partial: tuple[tuple[float, float], ...] = ((0.1, 0.5),)
    fwhm: float = 5.0
    map_fwhm: float = 40.0
    scanner: float = 3.0
    drift: float = 0.8
    motion: float = 0.2
    n_spikes: int = 2

    def __post_init__(self) -> None:
        for low, high in self.partial:
            if not -1 < low <= high < 1:
                msg = (
                    f"partial autocorrelations range from {low} to {high}; expected "
                    "-1 < low <= high < 1, which is what makes a process stable"
                )
                raise ValueError(msg)


def stream(seed: int, part: str, run: int = 0) -> np.random.Generator:
    """Random numbers of one part of one run; run 0 is what all runs share."""
    key = (PARTS.index(part), run)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def partial_maps(
    brain: Brain, settings: NoiseSettings, seed: int
) -> "NDArray[np.float32]":
    """Maps of the partial autocorrelations, smooth over the brain.

    Returns
    -------
    (order, x, y, z) float32
        Uniformly distributed over the ranges in `settings`.
    """
    from scipy.special import ndtr

    rng = stream(seed, "ar maps")
    sigma = settings.map_fwhm / FWHM_PER_SIGMA / brain.voxel_size
    maps = np.empty((len(settings.partial), *brain.shape), dtype=np.float32)
    for row, (low, high) in zip(maps, settings.partial, strict=True):
        row[...] = low + (high - low) * ndtr(smooth_field(brain.shape, sigma, rng))
    return maps


def ar_coefficients(partial: "NDArray[Any]") -> "list[NDArray[Any]]":
    r"""Predictors of every order, from the partial autocorrelations.

    Durbin and Levinson's recursion: with :math:`\kappa_k` the partial
    autocorrelation at lag k,

    .. math::

        \phi^{(k)}_k = \kappa_k, \qquad
        \phi^{(k)}_l = \phi^{(k-1)}_l - \kappa_k\,\phi^{(k-1)}_{k-l}

    Parameters
    ----------
    partial : (order, ...) float

    Returns
    -------
    list of (k, ...) float, for k = 0 … order
        Entry k predicts a sample from the k before it, latest first; the last one
        holds the coefficients of the process.

    Examples
    --------
    >>> ar_coefficients(np.array([0.5, 0.2]))[-1]
    array([0.4, 0.2])
    """
    predictors = [partial[:0]]
    for k in range(len(partial)):
        last = predictors[-1]
        longer = np.empty_like(partial[: k + 1])
        longer[:k] = last - partial[k] * last[::-1]
        longer[k] = partial[k]
        predictors.append(longer)
    return predictors


def ar_noise(
    partial: "NDArray[np.float32]",
    n_scans: int,
    sigma: float,
    rng: np.random.Generator,
) -> "NDArray[np.float32]":
    r"""Autoregressive noise, smooth in space, of variance 1 at every scan.

    .. math::

        x_t = \sum_l \phi_l\, x_{t-l} + e_t

    The first scans are drawn from the stationary distribution, through the
    predictors of lower order, so that there is no running in.

    Parameters
    ----------
    partial : (order, x, y, z) float32
        Partial autocorrelations.
    n_scans : int
    sigma : float
        Spatial standard deviation of the smoothing kernel, voxels. The noise is
        periodic at the borders of the grid, so equally smooth everywhere.
    rng : numpy.random.Generator

    Returns
    -------
    (n_scans, x, y, z) float32
    """
    series = rng.standard_normal((n_scans, *partial.shape[1:]), dtype=np.float32)
    if sigma > 0:
        series = _smooth_unit(series, sigma)
    predictors = ar_coefficients(partial)
    error_sd = [np.ones_like(series[0])]
    for kappa in partial:
        error_sd.append(error_sd[-1] * np.sqrt(1 - kappa**2))
    for scan in range(n_scans):
        order = min(scan, len(partial))
        series[scan] *= error_sd[order]
        for lag, phi in enumerate(predictors[order], start=1):
            series[scan] += phi * series[scan - lag]
    return series


def drifts(
    brain: Brain, settings: NoiseSettings, n_scans: int, rng: np.random.Generator
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Slow changes: time courses, and their maps in percent of the mean signal.

    A line and two waves longer than the run, each with a map of its own.

    Returns
    -------
    courses : (n_scans, 3) float64
        Mean 0, SD 1.
    maps : (3, x, y, z) float64
    """
    time = np.linspace(0.0, 1.0, n_scans)
    courses = np.stack(
        [time]
        + [
            np.cos(2 * np.pi * time / period + rng.uniform(0, 2 * np.pi))
            for period in (1.3, 2.1)
        ],
        axis=1,
    )
    courses -= courses.mean(axis=0)
    courses /= courses.std(axis=0)
    sigma = settings.map_fwhm / FWHM_PER_SIGMA / brain.voxel_size
    maps = np.stack([smooth_field(brain.shape, sigma, rng) for _ in courses.T])
    return courses, settings.drift / np.sqrt(3) * maps


def spike_scans(
    settings: NoiseSettings, n_scans: int, rng: np.random.Generator
) -> "NDArray[np.intp]":
    """Scans that a jerk of the head spoils, in order, none twice."""
    if not 0 <= settings.n_spikes < n_scans // 4:
        msg = (
            f"n_spikes is {settings.n_spikes} in a run of {n_scans} scans; "
            "expected less than a quarter of the scans"
        )
        raise ValueError(msg)
    return np.sort(rng.choice(n_scans, settings.n_spikes, replace=False))


def motion_parameters(
    settings: NoiseSettings,
    n_scans: int,
    spikes: "NDArray[np.intp]",
    rng: np.random.Generator,
) -> "NDArray[np.float64]":
    """Position of the head: three translations (mm), three rotations (radians).

    A slow walk, a little tremor, and at each spike a jerk that is half undone
    at the next scan.

    Returns
    -------
    (n_scans, 6) float64
    """
    walk = np.cumsum(rng.standard_normal((n_scans, 6)), axis=0) / np.sqrt(n_scans)
    position = walk + 0.05 * rng.standard_normal((n_scans, 6))
    for scan in spikes:
        jerk = rng.standard_normal(6)
        position[scan] += jerk
        position[scan + 1 :] += jerk / 2
    scale = np.repeat([1.0, 1.0 / MM_PER_RADIAN], 3)
    moved: NDArray[np.float64] = settings.motion * scale * (position - position[0])
    return moved


def motion_maps(brain: Brain) -> "NDArray[np.float64]":
    r"""Change of the signal per unit of each motion parameter.

    To first order, a head displaced by :math:`u(x)` shows
    :math:`I(x - u) \approx I(x) - \nabla I \cdot u`, where a rotation moves x by
    :math:`\omega \times (x - c)`, with c the centre of the field of view.

    Returns
    -------
    (6, x, y, z) float64
        Signal per mm, then signal per radian.
    """
    gradient = np.stack(np.gradient(brain.baseline.astype(float), brain.voxel_size))
    centred = [(np.arange(n) - (n - 1) / 2) * brain.voxel_size for n in brain.shape]
    arm = np.stack(np.meshgrid(*centred, indexing="ij"))
    # g . (w x r) = w . (r x g)
    torque = np.cross(arm, gradient, axis=0)
    return -np.concatenate([gradient, torque])


def framewise_displacement(
    position: "NDArray[np.float64]",
) -> "NDArray[np.float64]":
    """Sum of the absolute changes from scan to scan, mm (Power et al. 2012).

    Rotations count as the path on a sphere of 50 mm. The first scan has none:
    NaN.
    """
    scale = np.repeat([1.0, MM_PER_RADIAN], 3)
    moved = [np.abs(after - before) @ scale for before, after in pairwise(position)]
    return np.array([np.nan, *moved])


def _smooth_unit(series: "NDArray[np.float32]", sigma: float) -> "NDArray[np.float32]":
    """Smooth each volume of white noise, and bring its variance back to 1."""
    from scipy.ndimage import gaussian_filter1d

    for axis in (1, 2, 3):
        impulse = np.zeros(series.shape[axis])
        impulse[0] = 1.0
        kernel = gaussian_filter1d(impulse, sigma, mode="wrap")
        series = gaussian_filter1d(series, sigma, axis=axis, mode="wrap")
        series /= np.float32(np.sqrt(np.sum(kernel**2)))
    return series
