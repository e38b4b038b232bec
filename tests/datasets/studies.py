"""A small simulated study for the tests, and what its truth says."""

import json

import nibabel
import numpy as np
from tests.datasets.layouts import files_of

from boldglm.datasets import Activation, NoiseSettings, RunSettings, simulate_bids

__all__ = [
    "NOISE",
    "PLACES",
    "SETTINGS",
    "SPACE",
    "files_of",
    "truth_of",
    "values",
    "write",
]

PLACES = (
    Activation("left M1", (-38.0, -24.0, 52.0), {"right": 3.0}, 24.0, between=0.5),
    Activation("right M1", (38.0, -24.0, 52.0), {"left": 3.0}, 24.0),
)
SETTINGS = RunSettings(n_scans=90, t_r=1.5)
NOISE = NoiseSettings(sd=0.7, ma=((0.1, 0.3),), missing=0.02)
SPACE = "space-MNI152NLin2009cAsym"


def write(folder, brain, **other):
    wanted = {
        "brain": brain,
        "activations": PLACES,
        "settings": SETTINGS,
        "noise": NOISE,
        "seed": 3,
    }
    return simulate_bids(folder, **(wanted | other))


def values(path):
    return np.asarray(nibabel.load(path).dataobj)


def truth_of(study, label):
    """Settings of a subject's runs, read from the files of the truth."""
    said = json.loads((study.truth / f"sub-{label}" / "truth.json").read_text())
    return said, tuple(Activation(**spot) for spot in said["activations"])
