"""Small runs with known truth, for tests of models from files to maps.

Every voxel has baseline 1000; in the cube `ACTIVE`, condition ``a`` adds 2 % and ``b``
1 % of it, without a haemodynamic delay. The noise is AR(1).
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from scipy.signal import lfilter

SHAPE = (10, 11, 12)
N_SCANS = 80
T_R = 2.0
ACTIVE = (slice(3, 6), slice(4, 7), slice(5, 8))
AFFINE = np.array(
    [[-3.0, 0, 0, 15], [0, 3, 0, -16], [0, 0, 3.5, -20], [0, 0, 0, 1]], dtype=float
)
EFFECTS = {"a": 20.0, "b": 10.0}


def events(seed=0, names=("a", "b")):
    """Blocks of 10 s with 6 s of rest, in random order."""
    rng = np.random.default_rng(seed)
    onset = np.arange(8.0, N_SCANS * T_R - 20, 16.0)
    order = rng.permutation(np.resize(list(names), onset.size))
    return pd.DataFrame({"onset": onset, "duration": 10.0, "trial_type": order})


def boxcar(table, name):
    """(n_scans,) 1 while an event of the condition lasts."""
    t = np.arange(N_SCANS) * T_R
    mine = table[table["trial_type"] == name]
    on = [
        (t >= o) & (t < o + d)
        for o, d in zip(mine["onset"], mine["duration"], strict=True)
    ]
    return np.sum(on, axis=0).astype(float) if on else np.zeros(N_SCANS)


def design(table, names=("a", "b")):
    """Box-cars, a line and a constant."""
    columns = {name: boxcar(table, name) for name in names}
    line = np.linspace(-1, 1, N_SCANS)
    return pd.DataFrame({**columns, "line": line, "constant": 1.0})


def series(table, seed=0, sd=10.0, rho=0.3, dtype=np.float32):
    """(x, y, z, scan) data of a run."""
    rng = np.random.default_rng(seed + 1000)
    white = sd * rng.standard_normal((*SHAPE, N_SCANS + 20))
    data = 1000 + lfilter([1.0], [1.0, -rho], white, axis=-1)[..., 20:]
    for name, effect in EFFECTS.items():
        data[ACTIVE] += effect * boxcar(table, name)
    return data.astype(dtype)


def image(table, seed=0, **options):
    """The run as an image in memory."""
    return nib.Nifti1Image(series(table, seed, **options), AFFINE)


def brain(affine=AFFINE):
    """A mask: a box that holds `ACTIVE`."""
    inside = np.zeros(SHAPE, np.uint8)
    inside[1:-1, 1:-1, 1:-1] = 1
    return nib.Nifti1Image(inside, affine)


def confounds(seed=0, n_columns=3):
    """Random walks, as head motion is."""
    rng = np.random.default_rng(seed + 2000)
    walks = 0.1 * rng.standard_normal((N_SCANS, n_columns)).cumsum(axis=0)
    return pd.DataFrame(walks, columns=[f"motion_{i}" for i in range(n_columns)])


def write_run(folder, run, table, **options):
    """Write a run as files; return the paths of image, events and confounds."""
    folder = Path(folder)
    bold = folder / f"run-{run}_bold.nii.gz"
    nib.save(image(table, run, **options), bold)
    table.to_csv(folder / f"run-{run}_events.tsv", sep="\t", index=False)
    confounds(run).to_csv(folder / f"run-{run}_confounds.tsv", sep="\t", index=False)
    return bold, folder / f"run-{run}_events.tsv", folder / f"run-{run}_confounds.tsv"
