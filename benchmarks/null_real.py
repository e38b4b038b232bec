"""Real runs, asked for a task that was not there.

The runs of Haxby et al. (2001) had tasks, which stay in the designs; events at random
times are added, and tested. They have nothing to do with the data.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.null_rates import DataSet

__all__ = ["GROUP", "KINDS", "data_folder", "real_data_set", "reason_absent"]

#: Name of the group of rows, and its rows by how the regressor is made
GROUP = "Real runs, a task that was not there"
KINDS = {"events": "events at random", "blocks": "blocks of 15 s at random"}
T_R = 2.5
N_RUNS = 12
# The condition that was not there
NOTHING = "nothing"


def data_folder() -> Path:
    """Where the data would be: ``$BOLDGLM_TEST_DATA``, or shared/data beside this."""
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("BOLDGLM_TEST_DATA", default)).resolve()
    return folder / "haxby2001_sub001"


def reason_absent() -> str | None:
    """Why there are no such rows, or None."""
    if data_folder().is_dir():
        return None
    return "the runs of Haxby et al. were not found ($BOLDGLM_TEST_DATA)"


def real_data_set(kind: str, number: int) -> DataSet:
    """Run `number` modulo 12 with events of a kind drawn anew for each number."""
    import nibabel as nib
    import pandas as pd

    from boldglm.glm.first_level import make_first_level_design_matrix

    folder = data_folder()
    run = folder / "BOLD" / f"task001_run{number % N_RUNS + 1:03d}"
    mask = nib.load(folder / "masks" / "1slice" / "brain.nii.gz")
    inside = np.asarray(mask.dataobj) > 0
    Y = np.asarray(nib.load(f"{run}/bold_1slice.nii.gz").dataobj)[inside].T
    rng = np.random.default_rng([list(KINDS).index(kind), number])
    added = pd.DataFrame(_at_random(kind, len(Y) * T_R, rng))
    events = pd.concat([pd.read_csv(f"{run}/bold_events.tsv", sep="\t"), added])
    X = make_first_level_design_matrix(
        np.arange(len(Y)) * T_R,
        events[["onset", "duration", "trial_type"]],
        hrf_model="spm",
        drift_model="cosine",
        high_pass=1 / 128,
        add_regs=np.loadtxt(f"{run}/bold_moest.txt"),
    )
    first = [NOTHING, *X.columns.drop(NOTHING)]
    return DataSet(
        Y.astype(np.float32),
        X[first].to_numpy(),
        None,
        np.full(Y.shape[1], np.nan),
        T_R,
        inside,
        tuple(float(size) for size in mask.header.get_zooms()[:3]),
    )


def _at_random(kind: str, length: float, rng: np.random.Generator) -> Iterator[dict]:
    if kind == "events":
        duration, waits = 1.0, rng.uniform(4, 12, int(length / 4))
    else:
        duration, waits = 15.0, 15.0 + rng.uniform(10, 50, int(length / 25))
    for onset in np.cumsum(waits):
        if onset < length - 15:
            yield {"onset": onset, "duration": duration, "trial_type": NOTHING}
