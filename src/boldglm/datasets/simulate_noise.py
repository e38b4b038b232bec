"""Everything in a BOLD run that is not the response to the task."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_list
from boldglm.datasets.simulate_arma import ar_coefficients, ar_noise
from boldglm.datasets.simulate_brain import Brain, distance_from, smooth_field
from boldglm.datasets.simulate_checks import (
    checked_range,
    checked_share,
    real_number,
    settle,
    whole_number,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "NoiseSettings",
    "ar_coefficients",
    "ar_noise",
    "ma_maps",
    "missing_mask",
    "partial_maps",
]

#: Each part has a random stream of its own, so that changing one setting leaves
#: the rest of the run as it was. Add new parts at the end.
PARTS = (
    "ar maps",
    "noise",
    "scanner",
    "drift",
    "motion",
    "spikes",
    "events",
    "ma maps",
    "missing",
    "subjects",
    "responses",
    "covariates",
    "differences",
    "errors",
    "field of view",
)

FWHM_PER_SIGMA = 2.3548200450309493
MM_PER_RADIAN = 50.0
#: Cortex above the air of the sinuses, mm
SINUS = np.array([0.0, 44.0, -22.0])


@dataclass(frozen=True)
class NoiseSettings:
    """How noisy a simulated run is.

    The noise is an ARMA(p, q) process in every voxel, with as many pairs in
    `partial` as p and in `ma` as q, and white noise of the scanner on top. AR(1) by
    default; ``ma=((0.2, 0.4),)`` makes it ARMA(1, 1).

    Attributes
    ----------
    sd : float
        Standard deviation of the ARMA noise, percent of the mean signal.
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
    ma : tuple of (low, high)
        Range over the brain of the moving average part, as `partial`. For order 1
        it is the MA coefficient. Whatever the values inside (-1, 1), the process is
        invertible.
    missing : float
        Share of the brain without signal, from 0 to less than 1: a hole above the
        air of the sinuses, zero in every scan.

    Raises
    ------
    ValueError
        If a range is not inside (-1, 1), `missing` is not a share, or another number
        is negative.

    Examples
    --------
    >>> NoiseSettings(partial=((0.5, 0.9),), ma=((-0.4, -0.2),)).ma
    ((-0.4, -0.2),)
    """

    sd: float = 1.0
    partial: tuple[tuple[float, float], ...] = ((0.1, 0.5),)
    fwhm: float = 5.0
    map_fwhm: float = 40.0
    scanner: float = 3.0
    drift: float = 0.8
    motion: float = 0.2
    n_spikes: int = 2
    ma: tuple[tuple[float, float], ...] = ()
    missing: float = 0.0

    def __post_init__(self) -> None:
        for name in ("sd", "fwhm", "map_fwhm", "scanner", "drift", "motion"):
            settle(self, **{name: real_number(name, getattr(self, name))})
        settle(
            self,
            n_spikes=whole_number("n_spikes", self.n_spikes, 0),
            partial=_ranges(
                "partial", self.partial, "partial autocorrelations", "stable"
            ),
            ma=_ranges(
                "ma", self.ma, "coefficients of the moving average", "invertible"
            ),
            missing=checked_share("missing", self.missing, "the brain"),
        )
        if not 0 <= self.missing < 1:
            msg = (
                f"missing is {self.missing}; expected a share of the brain, at least 0 "
                "and less than 1"
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
    return _maps_within(
        brain, settings.partial, settings.map_fwhm, stream(seed, "ar maps")
    )


def ma_maps(brain: Brain, settings: NoiseSettings, seed: int) -> "NDArray[np.float32]":
    """Maps of the moving average part, smooth over the brain.

    Returns
    -------
    (order, x, y, z) float32
        Uniformly distributed over the ranges in `settings`.
    """
    return _maps_within(brain, settings.ma, settings.map_fwhm, stream(seed, "ma maps"))


def missing_mask(
    brain: Brain, settings: NoiseSettings, seed: int
) -> "NDArray[np.bool_]":
    """Brain voxels whose signal is lost above the sinuses.

    Those around a point of the orbitofrontal cortex, which lies a few mm elsewhere
    in every subject.

    Returns
    -------
    (x, y, z) bool
        As large a share of the brain as `settings` ask for, to the voxel.
    """
    centre = SINUS + 4.0 * stream(seed, "missing").standard_normal(3)
    missing = np.zeros(brain.shape, dtype=bool)
    inside = np.flatnonzero(brain.mask)
    near = np.argsort(distance_from(brain, centre).flat[inside], kind="stable")
    missing.flat[inside[near[: round(settings.missing * len(inside))]]] = True
    return missing


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
    edge = brain.voxel_size
    gradient = np.stack(np.gradient(brain.baseline.astype(float), edge))
    centred = [(np.arange(n) - (n - 1) / 2) * edge for n in brain.shape]
    arm = np.stack(np.meshgrid(*centred, indexing="ij"))
    # From along the axes of the grid to along those of the world
    turn = brain.affine[:3, :3] / edge
    gradient, arm = (np.tensordot(turn, along, 1) for along in (gradient, arm))
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


def _ranges(
    name: str, pairs: Any, what: str, good: str
) -> tuple[tuple[float, float], ...]:
    """Ranges that make a process stable, or invertible."""
    given = as_list(pairs, name, "pairs of numbers")
    ranges = tuple(checked_range(name, pair) for pair in given)
    for low, high in ranges:
        if not -1 < low <= high < 1:
            msg = (
                f"{what} range from {low} to {high}; expected -1 < low <= high < 1, "
                f"which is what makes a process {good}"
            )
            raise ValueError(msg)
    return ranges


def _maps_within(
    brain: Brain,
    ranges: tuple[tuple[float, float], ...],
    fwhm: float,
    rng: np.random.Generator,
) -> "NDArray[np.float32]":
    """Smooth maps, one per range, (n_ranges, x, y, z)."""
    from scipy.special import ndtr

    sigma = fwhm / FWHM_PER_SIGMA / brain.voxel_size
    maps = np.empty((len(ranges), *brain.shape), dtype=np.float32)
    for row, (low, high) in zip(maps, ranges, strict=True):
        row[...] = low + (high - low) * ndtr(smooth_field(brain.shape, sigma, rng))
    return maps
