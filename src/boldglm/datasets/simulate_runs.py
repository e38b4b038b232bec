"""Runs of a task-fMRI experiment, one by one or all of a subject.

A simulated run is a sum of parts, each of which can be turned off::

    bold = baseline * (1 + (task + drift + noise + spikes) / 100) + motion + scanner
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from boldglm.datasets import simulate_noise as parts
from boldglm.datasets.simulate_arma import arma_noise
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    effect_maps,
    make_brain,
    null_mask,
)
from boldglm.datasets.simulate_checks import listed_of, of_kind, whole_number
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_task import (
    RunSettings,
    block_events,
    default_activations,
    task_regressors,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "SimulatedRun",
    "Truth",
    "own_activations",
    "population",
    "simulate_run",
    "simulate_subject",
]

MOTION_NAMES = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")


@dataclass(frozen=True, eq=False, repr=False)
class Truth:
    """What a perfect analysis would find.

    Attributes
    ----------
    activations : tuple of Activation
    effects : mapping of str to (x, y, z) float32
        Response to each condition, percent of the mean signal; zero where there is
        no signal.
    regressors : pandas.DataFrame
        (n_scans, n_conditions) the response of the simulated vessels, 1 during a
        long block.
    partial : (p, x, y, z) float32
        Partial autocorrelations of the noise; for order 1, its AR coefficient.
    ma : (q, x, y, z) float32
        Its moving average part; for order 1, the MA coefficient. `autocorrelations`
        has what follows from both.
    null : (x, y, z) bool
        Brain voxels with a signal and without any effect.
    missing : (x, y, z) bool
        Brain voxels without a signal.
    spikes : tuple of int
        Spoilt scans.
    """

    activations: tuple[Activation, ...]
    effects: "MappingProxyType[str, NDArray[np.float32]]"
    regressors: "pd.DataFrame"
    partial: "NDArray[np.float32]"
    ma: "NDArray[np.float32]"
    null: "NDArray[np.bool_]"
    missing: "NDArray[np.bool_]"
    spikes: tuple[int, ...]

    def __repr__(self) -> str:
        """What was put in, without the maps."""
        places = ", ".join(repr(spot.label) for spot in self.activations)
        return f"Truth(effects of {list(self.effects)} in {places})"


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        """What it is like, without its numbers."""
        return f"SimulatedRun(bold={self.bold.shape}, {len(self.events)} events)"


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
        If a column of the events is missing, an event has no onset or duration, none
        is of a condition that has an effect, or the run is too short for the blocks.

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
    activations = default_activations() if activations is None else activations
    of_kind("brain", brain, Brain)
    of_kind("settings", settings, RunSettings)
    of_kind("noise", noise, NoiseSettings)
    activations = listed_of("activations", activations, Activation)
    seed, run = whole_number("seed", seed, 0), whole_number("run", run)
    missing = parts.missing_mask(brain, noise, seed)
    effects = {
        name: np.where(missing, np.float32(0), effect)
        for name, effect in effect_maps(brain, activations).items()
    }
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
        regressors=task_regressors(events, list(effects), settings),
        partial=parts.partial_maps(brain, noise, seed),
        ma=parts.ma_maps(brain, noise, seed),
        null=null_mask(brain, activations) & ~missing,
        missing=missing,
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


def simulate_subject(
    n_runs: int = 2,
    *,
    brain: Brain | None = None,
    activations: Iterable[Activation] | None = None,
    settings: RunSettings | None = None,
    noise: NoiseSettings | None = None,
    seed: int = 0,
) -> tuple[SimulatedRun, ...]:
    r"""Simulate the runs of one subject, who is one of many.

    The subject responds to condition c in place a with

    .. math::

        \beta_{ac} + \tau_a z_{ac}, \qquad z_{ac} \sim N(0, 1),

    where the effect :math:`\beta` and the standard deviation between subjects
    :math:`\tau` are those of the `Activation`; every run has the same responses.

    Parameters
    ----------
    n_runs : int
    brain, settings, noise
        As in `simulate_run`.
    activations : iterable of Activation, optional
        Those of the population. Default: `default_activations`, with a standard
        deviation of 0.4 percent between subjects.
    seed : int
        The subject.

    Returns
    -------
    tuple of SimulatedRun
        Run k is ``simulate_run(run=k)`` of this subject; its
        ``truth.activations`` are the subject's own.

    Raises
    ------
    ValueError
        If `n_runs` is not positive.
    EventsError
        See `simulate_run`.

    Examples
    --------
    >>> from boldglm.datasets.simulate import Activation, make_brain, simulate_subject
    >>> place = Activation("M1", (-38.0, -24.0, 58.0), {"tap": 2.0}, between=0.5)
    >>> for seed in (1, 2):
    ...     runs = simulate_subject(brain=make_brain(12.0), activations=[place],
    ...                             seed=seed)
    ...     print([round(run.truth.activations[0].effects["tap"], 2) for run in runs])
    [1.37, 1.37]
    [2.0, 2.0]
    """
    n_runs = whole_number("n_runs", n_runs)
    seed = whole_number("seed", seed, 0)
    places = population() if activations is None else activations
    places = listed_of("activations", places, Activation)
    own = own_activations(places, seed)
    return tuple(
        simulate_run(
            brain=brain,
            activations=own,
            settings=settings,
            noise=noise,
            seed=seed,
            run=run,
        )
        for run in range(1, n_runs + 1)
    )


def population() -> tuple[Activation, ...]:
    """`default_activations`, in which subjects differ."""
    return tuple(replace(place, between=0.4) for place in default_activations())


def own_activations(
    activations: Iterable[Activation], seed: int
) -> tuple[Activation, ...]:
    """How one subject responds; places without `between` are left as they are."""
    own = []
    for number, place in enumerate(activations):
        # A stream for each, so that no place depends on another
        rng = parts.stream(seed, "responses", number)
        draws = rng.standard_normal(len(place.effects)).tolist()
        effects = {
            name: percent + place.between * z
            for (name, percent), z in zip(place.effects.items(), draws, strict=True)
        }
        own.append(replace(place, effects=effects) if place.between else place)
    return tuple(own)


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
        wander = arma_noise(truth.partial, truth.ma, n_scans, sigma, rng)
        wander *= brain.baseline * np.float32(noise.sd / 100.0)
        bold += wander
    if noise.scanner > 0:
        rng = parts.stream(key[0], "scanner", key[1])
        white = rng.standard_normal(bold.shape, dtype=np.float32)
        white *= np.float32(noise.scanner)
        bold += white
    bold[:, truth.missing] = 0
    return np.moveaxis(bold, 0, -1)
