"""Saved models beside nilearn's: the same files, and the same in those that count.

The pages and pictures of both are left empty: they are not what is compared.
"""

import functools
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from tests.glm import saving
from tests.glm.bids_rules import check_bids_path

from boldglm.glm import save_glm_to_bids

pytest.importorskip("nilearn")


@dataclass(frozen=True)
class Case:
    """What is saved, and whether BIDS would have such names."""

    contrasts: Any
    files: tuple[str, ...] = ()
    n_runs: int = 1
    group: tuple[str, ...] = ()
    prefix: str | None = None
    is_bids: bool = True


BIDS = "sub-01_ses-a_task-loc_run-{}_space-MNI_desc-preproc_bold.nii.gz"
FULL = "sub-1_ses-a_task-x_acq-hi_dir-AP_run-1_echo-1_part-mag_space-T1w_res-2_bold.nii"
TWO = {"face - house": "face - house", "effects_of interest": np.eye(3)[:2]}
CASES = {
    "one run in memory": Case(TWO),
    "two runs in memory": Case("face", n_runs=2),
    "weights without names": Case([np.array([1, 0, 0]), np.array([1, -1, 0])]),
    "a prefix of a subject": Case("face", n_runs=2, prefix="sub-01_ses-2_task-x"),
    "a prefix that ends": Case("face", prefix="task-x_"),
    "a prefix of one's own": Case(
        {"Face > House": "face - house"}, prefix="pilot", is_bids=False
    ),
    "two runs of a session": Case(TWO, (BIDS.format(1), BIDS.format(2))),
    "an empty prefix": Case("face", (BIDS.format(1), BIDS.format(2)), prefix=""),
    "one file with all entities": Case(np.array([1, -1, 0]), (FULL,)),
    "two sessions and tasks": Case(
        "face", ("sub-01_ses-a_task-loc_bold.nii", "sub-01_ses-b_task-rest_bold.nii")
    ),
    "without sessions": Case("house", ("sub-9_task-loc_bold.nii",)),
    "a group": Case("intercept", group=("intercept",)),
    "a group with a prefix": Case(
        {"Age  Effect": "age", "both": np.eye(2)},
        group=("intercept", "age"),
        prefix="task-loc",
    ),
}


@pytest.fixture(autouse=True)
def _empty_pages_and_pictures(monkeypatch):
    from nilearn.glm._reporting_utils import GLMReportMixin

    @functools.wraps(GLMReportMixin.generate_report)
    def generate_report(model, **options):
        return saving.Page(options)

    saving.stub_reports(monkeypatch)
    saving.stub_pictures(monkeypatch)
    monkeypatch.setattr(GLMReportMixin, "generate_report", generate_report)
    monkeypatch.setattr(Figure, "savefig", lambda _, path: Path(path).touch())


def save_both(case, folder):
    """Save a model with either program; return the folders."""
    from nilearn.glm import save_glm_to_bids as save_peer
    from nilearn.glm.first_level import FirstLevelModel as PeerFirst
    from nilearn.glm.second_level import SecondLevelModel as PeerSecond

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if case.group:
            ours = saving.group(columns=case.group)
            theirs = saving.group(PeerSecond, columns=case.group)
        else:
            runs = saving.write_runs(folder / "in", case.files) or [
                saving.run(seed) for seed in range(case.n_runs)
            ]
            ours = saving.first_level(runs)
            theirs = saving.first_level(runs, PeerFirst)
        for model, save, name in (
            (ours, save_glm_to_bids, "ours"),
            (theirs, save_peer, "theirs"),
        ):
            save(model, case.contrasts, out_dir=folder / name, prefix=case.prefix)
    return folder / "ours", folder / "theirs"


@pytest.mark.parametrize("name", CASES)
def test_names_of_files_are_those_of_nilearn(name, tmp_path):
    ours, theirs = save_both(CASES[name], tmp_path)
    found = saving.written(ours)
    assert found == saving.written(theirs)
    if CASES[name].is_bids:
        for path in found:
            check_bids_path(path)


def test_files_hold_what_those_of_nilearn_hold(tmp_path):
    ours, theirs = save_both(CASES["two runs of a session"], tmp_path)
    compared = 0
    for path in map(Path, saving.written(ours)):
        if path.name.endswith(".nii.gz") and "contrast-effects" not in path.name:
            one, other = (nib.load(where / path) for where in (ours, theirs))
            np.testing.assert_array_equal(one.affine, other.affine)
            # theirs of R² has an axis of length 1 at the end
            expected = other.get_fdata().reshape(one.shape)
            np.testing.assert_allclose(one.get_fdata(), expected, rtol=1e-4, atol=1e-4)
            compared += 1
        elif path.name.endswith("design.tsv"):
            one, other = (
                pd.read_csv(where / path, sep="\t") for where in (ours, theirs)
            )
            pd.testing.assert_frame_equal(one, other)
            compared += 1
        elif path.name.endswith("design.json"):
            one, other = (
                json.loads((where / path).read_text()) for where in (ours, theirs)
            )
            assert one == other
            compared += 1
    assert compared == 5 + 4 + 1 + 2 + 2


def test_divergence_03_nilearn_makes_its_tables_of_the_variance(tmp_path):
    case = Case({"c": "face"})
    ours, theirs = save_both(case, tmp_path)
    table = "contrast-c_clusters.tsv"
    one, other = (pd.read_csv(where / table, sep="\t") for where in (ours, theirs))
    peak = nib.load(ours / "contrast-c_stat-z_statmap.nii.gz").get_fdata().max()
    assert one["Peak Stat"].max() == pytest.approx(peak)
    # its z map has the same peak, and its table does not
    same = nib.load(theirs / "contrast-c_stat-z_statmap.nii.gz").get_fdata().max()
    assert same == pytest.approx(peak, rel=1e-4)
    assert not np.isclose(other["Peak Stat"], peak).any()
