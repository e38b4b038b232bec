"""Task-fMRI data with known truth, reproducible by seed.

A simulated run is a sum of parts, each of which can be turned off::

    bold = baseline * (1 + (task + drift + noise + spikes) / 100) + motion + scanner

`simulate_run` returns one run as arrays, `simulate_dataset` writes a whole
BIDS-like folder, truth included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.errors import EventsError
from boldglm.datasets import simulate_noise as parts
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    effect_maps,
    make_brain,
    null_mask,
)
from boldglm.datasets.simulate_noise import NoiseSettings

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "RunSettings",
    "SimulatedRun",
    "Truth",
    "block_events",
    "default_activations",
    "response",
    "simulate_run",
]

MOTION_NAMES = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")


@dataclass(frozen=True)
class RunSettings:
    """How long a simulated run is, and what the subject sees in it.

    Attributes
    ----------
    n_scans : int
    t_r : float
        Repetition time, seconds. Scan k is taken at ``k * t_r``.
    block : float
        Length of a block of stimuli, seconds.
    rest : float
        Mean length of the rest between two blocks, seconds.
    """

    n_scans: int = 150
    t_r: float = 2.0
    block: float = 12.0
    rest: float = 7.0


@dataclass(frozen=True, eq=False)
class Truth:
    """What a perfect analysis would find.

    Attributes
    ----------
    activations : tuple of Activation
    effects : mapping of str to (x, y, z) float32
        Response to each condition, percent of the mean signal.
    regressors : pandas.DataFrame
        (n_scans, n_conditions) the response of the simulated vessels, 1 during a
        long block.
    partial : (order, x, y, z) float32
        Partial autocorrelations of the noise; for order 1, its AR coefficient.
    null : (x, y, z) bool
        Brain voxels without any effect.
    spikes : tuple of int
        Spoilt scans.
    """

    activations: tuple[Activation, ...]
    effects: "MappingProxyType[str, NDArray[np.float32]]"
    regressors: "pd.DataFrame"
    partial: "NDArray[np.float32]"
    null: "NDArray[np.bool_]"
    spikes: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SimulatedRun:
    """One run of BOLD data, as a scanner and a preprocessing leave it.

    Attributes
    ----------
    bold : (x, y, z, scan) float32
    brain : Brain
        Affine, mask and mean signal.
    events : pandas.DataFrame
        Columns onset, duration (seconds) and trial_type.
    confounds : pandas.DataFrame
        Named as by fMRIPrep: ``trans_x`` … ``rot_z``, ``framewise_displacement``
        and one ``motion_outlier`` column per spike.
    truth : Truth
    """

    bold: "NDArray[np.float32]"
    brain: Brain
    events: "pd.DataFrame"
    confounds: "pd.DataFrame"
    truth: Truth


def default_activations() -> tuple[Activation, ...]:
    """Faces and houses, in places where they are known to be seen.

    Returns
    -------
    tuple of Activation
        Some respond to one of the two conditions, some to both alike, and one
        goes down with both.

    Examples
    --------
    >>> {name for spot in default_activations() for name in spot.effects}
    {...'houses'...}
    """
    return (
        Activation("right fusiform", (40.0, -56.0, -14.0), {"faces": 2.0}),
        Activation("left fusiform", (-40.0, -56.0, -14.0), {"faces": 1.8}),
        Activation("right inferior frontal", (46.0, 22.0, 22.0), {"faces": 1.8}),
        Activation("right parahippocampal", (24.0, -40.0, -8.0), {"houses": 2.0}),
        Activation("left parahippocampal", (-24.0, -40.0, -8.0), {"houses": 1.8}),
        Activation("right occipital", (18.0, -84.0, 4.0), {"faces": 2, "houses": 2}),
        Activation("left occipital", (-18.0, -84.0, 4.0), {"faces": 2, "houses": 2}),
        Activation("precuneus", (-6.0, -56.0, 40.0), {"faces": -1.5, "houses": -1.5}),
    )


def block_events(
    conditions: Sequence[str], settings: RunSettings, rng: np.random.Generator
) -> "pd.DataFrame":
    """Blocks of every condition in random order, with jittered rests.

    Each condition comes once in every round, so that none is confounded with
    slow drifts.

    Raises
    ------
    EventsError
        If there is no condition, or the run is too short for one block of each.

    Examples
    --------
    >>> events = block_events(["faces", "houses"], RunSettings(),
    ...                       np.random.default_rng(0))
    >>> events["trial_type"].value_counts().to_dict()
    {'faces': 7, 'houses': 7}
    """
    import pandas as pd

    if not conditions:
        msg = (
            "There is no condition to show: name one in the effects of an activation "
            "(an effect of 0 will do), or give events."
        )
        raise EventsError(msg)
    length = settings.n_scans * settings.t_r
    one_round = len(conditions) * (settings.block + settings.rest)
    n_rounds = int(length // one_round)
    if n_rounds < 1:
        msg = (
            f"The run lasts {length:g} s, one block of each of {len(conditions)} "
            f"conditions takes {one_round:g} s: raise n_scans or shorten the blocks."
        )
        raise EventsError(msg)
    order = [str(name) for _ in range(n_rounds) for name in rng.permutation(conditions)]
    # Rests differ by up to half their mean; what is left over is shared out.
    rests = rng.uniform(0.5, 1.5, len(order) + 1)
    rests *= (length - len(order) * settings.block) / rests.sum()
    onsets = np.cumsum(rests[:-1]) + settings.block * np.arange(len(order))
    return pd.DataFrame(
        {"onset": onsets.round(2), "duration": settings.block, "trial_type": order}
    )


def response(
    time: "NDArray[np.float64]", onset: float, duration: float
) -> "NDArray[np.float64]":
    r"""BOLD response to a stimulus that is on for a while, in closed form.

    With the double gamma function of SPM, h(t) = g(t; 6) - g(t; 16) / 6, scaled
    to an integral of 1,

    .. math::

        r(t) = \int_0^{d} h(t - s)\,ds = H(t) - H(t - d), \qquad
        H(t) = \tfrac{6}{5} P(6, t) - \tfrac{1}{5} P(16, t),

    with P the regularised incomplete gamma function. It owes nothing to the
    sampled convolution by which an analysis makes its regressors, which is
    therefore tested by data simulated with it.

    Parameters
    ----------
    time : (n,) float
        Seconds.
    onset, duration : float
        Seconds.

    Returns
    -------
    (n,) float64
        Approaches 1 in a long block.

    Examples
    --------
    >>> response(np.array([0.0, 5.0, 60.0]), onset=0.0, duration=100.0)
    array([0.   , 0.461, 1.   ])
    """
    from scipy.special import gammainc

    def risen(since: "NDArray[np.float64]") -> "NDArray[np.float64]":
        since = np.maximum(since, 0.0)
        early: NDArray[np.float64] = gammainc(6, since)
        late: NDArray[np.float64] = gammainc(16, since)
        return 1.2 * early - 0.2 * late

    return risen(time - onset) - risen(time - onset - duration)


def simulate_run(
    *,
    brain: Brain | None = None,
    activations: Iterable[Activation] | None = None,
    settings: RunSettings | None = None,
    noise: NoiseSettings | None = None,
    events: "pd.DataFrame | None" = None,
    seed: int = 0,
    run: int = 1,
) -> SimulatedRun:
    """Simulate one run of a task-fMRI experiment.

    Parameters
    ----------
    brain : Brain, optional
        Default: ``make_brain()``, 4 mm.
    activations : iterable of Activation, optional
        Where the brain responds, to what, and how strongly. Default:
        `default_activations`.
    settings : RunSettings, optional
    noise : NoiseSettings, optional
        ``NoiseSettings(sd=0, scanner=0, drift=0, motion=0, n_spikes=0)`` leaves
        the task alone.
    events : pandas.DataFrame, optional
        Columns onset, duration and trial_type. Default: `block_events`, another
        order for every run.
    seed : int
        The subject. Same seed, same data.
    run : int
        Runs of one subject share the brain and the maps of the noise's
        coefficients, not the noise itself.

    Returns
    -------
    SimulatedRun

    Raises
    ------
    EventsError
        If an event has no duration, or the run is too short for the blocks.

    Examples
    --------
    >>> from boldglm.datasets import RunSettings, make_brain, simulate_run
    >>> run = simulate_run(brain=make_brain(8.0), settings=RunSettings(n_scans=80))
    >>> run.bold.shape
    (20, 25, 20, 80)
    >>> list(run.truth.effects)
    ['faces', 'houses']
    """
    brain = make_brain() if brain is None else brain
    settings = RunSettings() if settings is None else settings
    noise = NoiseSettings() if noise is None else noise
    activations = default_activations() if activations is None else tuple(activations)
    effects = effect_maps(brain, activations)
    if events is None:
        events = block_events(
            list(effects), settings, parts.stream(seed, "events", run)
        )
    spikes = parts.spike_scans(
        noise, settings.n_scans, parts.stream(seed, "spikes", run)
    )
    truth = Truth(
        activations=activations,
        effects=MappingProxyType(effects),
        regressors=_regressors(events, list(effects), settings),
        partial=parts.partial_maps(brain, noise, seed),
        null=null_mask(brain, activations),
        spikes=tuple(spikes.tolist()),
    )
    position = parts.motion_parameters(
        noise, settings.n_scans, spikes, parts.stream(seed, "motion", run)
    )
    return SimulatedRun(
        bold=_bold(brain, truth, noise, position, (seed, run)),
        brain=brain,
        events=events,
        confounds=_confounds(position, spikes),
        truth=truth,
    )


def _regressors(
    events: "pd.DataFrame", conditions: Sequence[str], settings: RunSettings
) -> "pd.DataFrame":
    """Response to each condition, sampled at the scans."""
    import pandas as pd

    time = settings.t_r * np.arange(settings.n_scans, dtype=np.float64)
    columns = {name: np.zeros(settings.n_scans) for name in conditions}
    onsets, durations = (events[key].to_numpy(float) for key in ("onset", "duration"))
    names = events["trial_type"]
    for onset, duration, name in zip(onsets, durations, names, strict=True):
        if not duration > 0:
            msg = (
                f"The event at {onset:g} s lasts {duration:g} s; expected a duration "
                "above 0."
            )
            raise EventsError(msg)
        if name in columns:
            columns[name] += response(time, onset, duration)
    return pd.DataFrame(columns, index=range(settings.n_scans))


def _confounds(
    position: "NDArray[np.float64]", spikes: "NDArray[np.intp]"
) -> "pd.DataFrame":
    """Tables as fMRIPrep writes them."""
    import pandas as pd

    table = pd.DataFrame(position, columns=list(MOTION_NAMES))
    table["framewise_displacement"] = parts.framewise_displacement(position)
    for number, scan in enumerate(spikes):
        table[f"motion_outlier{number:02d}"] = (np.arange(len(table)) == scan) * 1.0
    return table


def _bold(
    brain: Brain,
    truth: Truth,
    noise: NoiseSettings,
    position: "NDArray[np.float64]",
    key: tuple[int, int],
) -> "NDArray[np.float32]":
    """Add up the parts: noise voxel by voxel, the rest as time course times map."""
    n_scans = len(position)
    drift_courses, drift_maps = parts.drifts(
        brain, noise, n_scans, parts.stream(key[0], "drift", key[1])
    )
    jolts = np.zeros((n_scans, 1))
    jolts[list(truth.spikes)] = -3.0  # percent, everywhere
    percent = [*truth.effects.values(), *drift_maps, np.ones(brain.shape)]
    courses = np.hstack([truth.regressors.to_numpy(), drift_courses, jolts, position])
    maps = np.concatenate(
        [np.stack(percent) * (brain.baseline / 100.0), parts.motion_maps(brain)]
    )
    flat = maps.reshape(len(maps), -1).astype(np.float32)
    bold = (courses.astype(np.float32) @ flat).reshape(n_scans, *brain.shape)
    bold += brain.baseline
    if noise.sd > 0:
        sigma = noise.fwhm / parts.FWHM_PER_SIGMA / brain.voxel_size
        rng = parts.stream(key[0], "noise", key[1])
        wander = parts.ar_noise(truth.partial, n_scans, sigma, rng)
        wander *= brain.baseline * np.float32(noise.sd / 100.0)
        bold += wander
    if noise.scanner > 0:
        rng = parts.stream(key[0], "scanner", key[1])
        white = rng.standard_normal(bold.shape, dtype=np.float32)
        white *= np.float32(noise.scanner)
        bold += white
    return np.moveaxis(bold, 0, -1)
