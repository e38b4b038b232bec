"""Noise of known covariance: processes in time, and how they vary in space.

A voxel has a place u between 0 and 1 on a line from one kind of noise to another; what
varies over the volume varies with u. Processes have variance 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage, signal

__all__ = [
    "MEMORY",
    "Arma",
    "FieldAr1",
    "Fractional",
    "Noise",
    "Process",
    "gentle_field",
    "peak",
    "sheets",
    "slow",
    "white_source",
]

Array = np.ndarray
#: Draws (n, n_voxels) normal numbers, independent in time
Source = Callable[[int], Array]

#: Scans that are simulated before the first one that counts
MEMORY = 400
# Half maxima of a Gaussian are so many standard deviations apart.
FWHM_PER_SIGMA = 2.3548200450309493


class Process:
    """A stationary process of variance 1."""

    def draw(self, source: Source, n_scans: int, u: Array) -> Array:
        """Series of every voxel, (n_scans, n_voxels)."""
        raise NotImplementedError

    def correlation(self, n_lags: int, u: float) -> Array:
        """Autocorrelation at lags 0 … n_lags - 1 of a voxel at u."""
        raise NotImplementedError


@dataclass(frozen=True)
class Arma(Process):
    """``x_t = sum_i ar_i x_{t-i} + w_t + sum_j ma_j w_{t-j}``, the same everywhere."""

    ar: tuple[float, ...] = ()
    ma: tuple[float, ...] = ()

    def draw(self, source: Source, n_scans: int, u: Array) -> Array:
        """Filter white noise."""
        del u
        driven = signal.lfilter(
            np.r_[1, self.ma], self._denominator, source(n_scans + MEMORY), axis=0
        )[MEMORY:]
        return driven / np.sqrt(self._autocovariance(1)[0])

    def correlation(self, n_lags: int, u: float) -> Array:
        """Of all voxels."""
        del u
        covariance = self._autocovariance(n_lags)
        return covariance / covariance[0]

    @property
    def _denominator(self) -> Array:
        return np.r_[1, -np.asarray(self.ar)]

    def _autocovariance(self, n_lags: int) -> Array:
        """``sum_j psi_j psi_{j+k}`` of the response psi to an impulse."""
        impulse = np.zeros(10 * MEMORY + n_lags)
        impulse[0] = 1
        psi = signal.lfilter(np.r_[1, self.ma], self._denominator, impulse)
        return signal.fftconvolve(psi, psi[::-1])[psi.size - 1 :][:n_lags]


@dataclass(frozen=True)
class FieldAr1(Process):
    """An AR(1) whose coefficient goes with u from `low` to `high`."""

    low: float
    high: float

    def draw(self, source: Source, n_scans: int, u: Array) -> Array:
        """Scan by scan, from a stationary start."""
        rho = self.low + (self.high - self.low) * u
        series = source(n_scans)
        series[1:] *= np.sqrt(1 - rho**2)
        for t in range(1, n_scans):
            series[t] += rho * series[t - 1]
        return series

    def correlation(self, n_lags: int, u: float) -> Array:
        """Powers of the coefficient."""
        return (self.low + (self.high - self.low) * u) ** np.arange(n_lags)


@dataclass(frozen=True)
class Fractional(Process):
    """Fractional noise (0, d, 0): correlations fall as ``k^(2d - 1)``, never fast."""

    d: float

    def draw(self, source: Source, n_scans: int, u: Array) -> Array:
        """Exactly, as part of a longer series that closes on itself."""
        del u
        half = self.correlation(n_scans + 1, 0.0)
        power = fft.rfft(np.r_[half, half[-2:0:-1]]).real
        spectrum = fft.rfft(source(2 * n_scans), axis=0) * np.sqrt(power)[:, None]
        return fft.irfft(spectrum, 2 * n_scans, axis=0)[:n_scans]

    def correlation(self, n_lags: int, u: float) -> Array:
        """``r_k = r_{k-1} (k - 1 + d) / (k - d)``."""
        del u
        k = np.arange(1, n_lags)
        return np.cumprod(np.r_[1, (k - 1 + self.d) / (k - self.d)])


def slow(seconds: float, t_r: float) -> Arma:
    """An AR(1) that forgets to 1/e in so many seconds."""
    return Arma((float(np.exp(-t_r / seconds)),))


def peak(hertz: float, width: float, t_r: float) -> Arma:
    """A narrow band, such as breathing, where sampling folds it to; width in Hz."""
    radius = float(np.exp(-np.pi * width * t_r))
    return Arma((2 * radius * float(np.cos(2 * np.pi * hertz * t_r)), -(radius**2)))


@dataclass(frozen=True)
class Noise:
    """A sum of independent processes, with amplitudes.

    Attributes
    ----------
    parts : tuple of (Process, float or (float, float))
        With an amplitude, or one that goes with u from the first to the second.
    field : callable or None
        ``field(shape, rng)``: u of every voxel. None: 0 everywhere.
    spread : float
        Variances differ between voxels by up to this factor.
    fwhm : float
        Smoothness in space, voxels.
    """

    parts: tuple[tuple[Process, float | tuple[float, float]], ...]
    field: Callable[[tuple[int, ...], np.random.Generator], Array] | None = None
    spread: float = 1.0
    fwhm: float = 0.0

    def draw(
        self, n_scans: int, shape: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        """Series (n_scans, n_voxels); u and scale of every voxel, (n_voxels,)."""
        u = np.zeros(np.prod(shape)) if self.field is None else self.field(shape, rng)
        scale = self.spread ** (rng.random(u.size) / 2)
        source = white_source(shape, self.fwhm, rng)
        series = np.zeros((n_scans, u.size))
        for process, amplitude in self.parts:
            series += _at(amplitude, u) * process.draw(source, n_scans, u)
        return series * scale, u, scale

    def covariance(self, n_lags: int, u: float) -> Array:
        """Autocovariance at lags 0 … n_lags - 1 of a voxel at u of scale 1."""
        return np.sum(
            [
                _at(amplitude, u) ** 2 * process.correlation(n_lags, u)
                for process, amplitude in self.parts
            ],
            axis=0,
        )


def _at(amplitude: float | tuple[float, float], u: Array | float) -> Array | float:
    if isinstance(amplitude, tuple):
        low, high = amplitude
        return low + (high - low) * u
    return amplitude


def white_source(
    shape: tuple[int, ...], fwhm: float, rng: np.random.Generator
) -> Source:
    """Normal numbers of variance 1, independent in time, smooth in space.

    The volume closes on itself, so that its edges are like its middle.
    """
    impulse = np.zeros(shape)
    impulse[(0,) * len(shape)] = 1
    sigma = fwhm / FWHM_PER_SIGMA
    lost = np.linalg.norm(ndimage.gaussian_filter(impulse, sigma, mode="wrap"))

    def source(n: int) -> Array:
        drawn = rng.standard_normal((n, *shape))
        if sigma > 0:
            axes = tuple(range(1, len(shape) + 1))
            drawn = ndimage.gaussian_filter(drawn, sigma, mode="wrap", axes=axes) / lost
        return drawn.reshape(n, -1)

    return source


def gentle_field(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """From 0 to 1 and back in waves as long as the volume, that start anywhere."""
    place = np.indices(shape).reshape(len(shape), -1).T / np.array(shape)
    waves = np.cos(2 * np.pi * (place + rng.random(len(shape))))
    return (waves.mean(axis=1) + 1) / 2


def sheets(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """0 and 1 in folded sheets two or three voxels thick, as of two tissues."""
    rough = rng.standard_normal(shape)
    folded = ndimage.gaussian_filter(rough, 0.6, mode="wrap")
    return (folded > np.median(folded)).ravel().astype(float)
