"""Simulated data of known truth, reproducible by seed: the door to all of it.

=====================  =====================================================
`simulate_run`         one run, as arrays
`simulate_subject`     the runs of one subject of a population
`simulate_group`       maps of many subjects, as a second level gets them
`simulate_dataset`     one subject, as files: what ``boldglm demo`` analyses
`simulate_bids`        a study, as a BIDS folder with derivatives
=====================  =====================================================

Each comes with its truth. Where the brain responds is a list of `Activation`, what
it looks like a `Brain`, how noisy it is are `NoiseSettings`. Every part (noise,
motion, events, …) of every subject and run has random numbers of its own, drawn from
the seed and the name of the part: changing one leaves the others as they were, and
the order of calls is of no matter.

Examples
--------
>>> from boldglm.datasets import simulate
>>> place = simulate.Activation("M1", (-38.0, -24.0, 58.0), {"tap": 2.0}, fwhm=20.0)
>>> run = simulate.simulate_run(
...     brain=simulate.make_brain(8.0),
...     activations=[place],
...     settings=simulate.RunSettings(n_scans=100, t_r=2.0),
...     noise=simulate.NoiseSettings(sd=0.5, ma=((0.2, 0.2),), n_spikes=0),
...     seed=1,
... )
>>> run.bold.shape, list(run.truth.effects)
((20, 25, 20, 100), ['tap'])

A model of the truth finds the effect where it is largest, in percent of the mean:

>>> import numpy as np
>>> X = np.column_stack([run.truth.regressors, np.ones(100)])
>>> effect = run.truth.effects["tap"]
>>> where = np.unravel_index(effect.argmax(), effect.shape)
>>> beta, *_ = np.linalg.lstsq(X, run.bold[where])
>>> bool(abs(100 * beta[0] / beta[1] - effect[where]) < 0.6)
True
"""

from boldglm.datasets.simulate_arma import autocorrelations
from boldglm.datasets.simulate_brain import (
    Activation,
    Brain,
    effect_maps,
    make_brain,
    null_mask,
)
from boldglm.datasets.simulate_files import SimulatedDataset, simulate_dataset
from boldglm.datasets.simulate_maps import (
    GroupSettings,
    GroupTruth,
    SimulatedGroup,
    simulate_group,
)
from boldglm.datasets.simulate_noise import NoiseSettings
from boldglm.datasets.simulate_runs import (
    SimulatedRun,
    Truth,
    simulate_run,
    simulate_subject,
)
from boldglm.datasets.simulate_study import SimulatedStudy, simulate_bids
from boldglm.datasets.simulate_task import (
    RunSettings,
    block_events,
    default_activations,
    response,
)

__all__ = [
    "Activation",
    "Brain",
    "GroupSettings",
    "GroupTruth",
    "NoiseSettings",
    "RunSettings",
    "SimulatedDataset",
    "SimulatedGroup",
    "SimulatedRun",
    "SimulatedStudy",
    "Truth",
    "autocorrelations",
    "block_events",
    "default_activations",
    "effect_maps",
    "make_brain",
    "null_mask",
    "response",
    "simulate_bids",
    "simulate_dataset",
    "simulate_group",
    "simulate_run",
    "simulate_subject",
]
