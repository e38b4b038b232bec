"""Doors of signals, simulations, templates, reports, and files of other programs."""

import contextlib
import inspect
import socket
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from tests.fuzz.doors import Door
from tests.fuzz.glm_doors import FITTED, GROUP, Y
from tests.fuzz.image_doors import AFFINE, MAP, SHAPE
from tests.fuzz.odd import ODD, Odd, odd_file

from boldglm import datasets, reporting, signal
from boldglm.datasets import simulate
from boldglm.glm import save_glm_to_bids
from boldglm.interfaces import bids, fsl

__all__ = ["DOORS"]

FEW = st.integers(-2, 12) | st.floats(-2, 12)
#: As many runs, subjects or scans as a test has time for.
COUNT = st.sampled_from(
    [0, -1, 1, 2, 1.0, 2.5, "2", None, True, np.nan, np.int64(1), [1], "", 1j, pd.NA]
)
LENGTH = st.sampled_from([0, -1, np.nan, np.inf, "4", None, True, [6.0], 8.0, 12, 1j])
FOLDERS = st.sampled_from(
    [None, 1, b"x", "", [], 0.5, "\x00", Odd("a file", lambda: odd_file("empty.tsv"))]
)

BRAIN = simulate.Brain(AFFINE, np.ones(SHAPE, bool), np.full(SHAPE, 100.0, np.float32))
SPOTS = (simulate.Activation("spot", (3.0, 3.0, 3.0), {"a": 1.0}),)
PLACES = (simulate.Activation("spot", (3.0, 3.0, 3.0), {"intercept": 1.0}),)
SETTINGS = simulate.RunSettings(n_scans=12, block=4.0, rest=2.0)
NOISE = simulate.NoiseSettings(n_spikes=0)
EVENTS = pd.DataFrame({"onset": [2.0], "duration": [4.0], "trial_type": ["a"]})
SIMULATED = {
    "brain": BRAIN,
    "activations": SPOTS,
    "settings": SETTINGS,
    "noise": NOISE,
    "seed": 0,
}


def _without_network(function):
    """Call a fetcher on a machine that is connected to nothing."""

    def refuse(*_, **__):
        raise OSError(101, "Network is unreachable")

    def call(**given):
        with (
            mock.patch.object(socket, "create_connection", refuse),
            mock.patch.object(socket.socket, "connect", refuse),
            contextlib.redirect_stdout(None),
        ):
            return function(**{"data_dir": "fetched", "verbose": 0, **given})

    return call


_SIGNALS = [
    Door(
        "signal.butterworth",
        signal.butterworth,
        {"signals": Y, "sampling_rate": 0.5, "low_pass": 0.1},
        odd={
            "low_pass": st.floats(-1, 1),
            "high_pass": st.floats(-1, 1),
            "order": st.integers(-2, 30),
            "padlen": st.integers(-2, 40),
            "padtype": st.sampled_from(["even", "constant"]),
        },
    ),
    Door(
        "signal.clean",
        signal.clean,
        {"signals": Y, "t_r": 2.0},
        odd={
            "filter": st.sampled_from(["butterworth", "cosine"]),
            "low_pass": st.floats(-1, 1),
            "high_pass": st.floats(-1, 1),
            "runs": st.just([0] * 12 + [1] * 12),
            "confounds": st.just(np.ones((24, 2))),
        },
    ),
    Door(
        "signal.create_cosine_drift",
        signal.create_cosine_drift,
        {"high_pass": 0.01, "frame_times": np.arange(24) * 2.0},
        odd={"high_pass": st.floats(-1, 1)},
    ),
    Door(
        "signal.high_variance_confounds",
        signal.high_variance_confounds,
        {"series": Y},
        odd={"n_confounds": st.integers(-2, 40)},
    ),
]

_SIMULATIONS = [
    Door(
        "datasets.simulate_run",
        lambda **given: datasets.simulate_run(**given).bold,
        SIMULATED,
        odd={"events": st.just(EVENTS)},
        own={"run": COUNT},
    ),
    Door(
        "datasets.simulate_subject",
        lambda **given: datasets.simulate_subject(**given)[0].bold,
        {**SIMULATED, "n_runs": 1},
        own={"n_runs": COUNT},
    ),
    Door(
        "datasets.simulate_dataset",
        lambda **given: datasets.simulate_dataset(**given).bold,
        {**SIMULATED, "folder": "dataset", "n_runs": 1},
        own={"n_runs": COUNT, "folder": FOLDERS},
        names=("on_step",),
    ),
    Door(
        "datasets.simulate_bids",
        lambda **given: datasets.simulate_bids(**given).bold,
        {**SIMULATED, "folder": "bids", "n_runs": 1, "n_subjects": 1},
        own={"n_runs": COUNT, "n_subjects": COUNT, "folder": FOLDERS},
    ),
    Door(
        "datasets.simulate_group",
        lambda **given: datasets.simulate_group(**given).effects,
        {
            "brain": BRAIN,
            "activations": PLACES,
            "settings": simulate.GroupSettings(n_subjects=3),
            "seed": 0,
        },
        odd={"subjects": st.just(GROUP)},
        nan=True,
    ),
    *(
        Door(
            f"datasets.{kind.__name__}",
            kind,
            valid,
            names=tuple(kind.__dataclass_fields__),
        )
        for kind, valid in (
            (simulate.GroupSettings, {}),
            (simulate.NoiseSettings, {}),
            (simulate.RunSettings, {}),
            (
                simulate.Activation,
                {"label": "a", "centre": (0.0, 0, 0), "effects": {"a": 1.0}},
            ),
            (
                simulate.Brain,
                {
                    "affine": AFFINE,
                    "mask": np.ones(SHAPE, bool),
                    "baseline": np.ones(SHAPE, np.float32),
                },
            ),
        )
    ),
    Door(
        "datasets.make_brain",
        datasets.make_brain,
        {"voxel_size": 12.0},
        own={"voxel_size": LENGTH},
    ),
    Door(
        "datasets.simulate.block_events",
        lambda rng=None, **given: simulate.block_events(
            **given, rng=np.random.default_rng(0) if rng is None else rng
        ),
        {"conditions": ["a"], "settings": SETTINGS},
        names=("rng",),
    ),
    Door(
        "datasets.simulate.response",
        simulate.response,
        {"time": np.arange(9.0), "onset": 1.0, "duration": 2.0},
    ),
    Door(
        "datasets.simulate.effect_maps",
        simulate.effect_maps,
        {"brain": BRAIN, "activations": SPOTS},
    ),
    Door(
        "datasets.simulate.null_mask",
        simulate.null_mask,
        {"brain": BRAIN, "activations": SPOTS},
    ),
    Door(
        "datasets.simulate.autocorrelations",
        simulate.autocorrelations,
        {"partial": np.array([[0.3]]), "ma": np.zeros((0, 1)), "n_lags": 3},
        own={"n_lags": COUNT},
    ),
    *(
        Door(
            f"datasets.{name}",
            getattr(datasets, name),
            {"data_dir": name, "voxel_size": 12.0},
            own={"data_dir": FOLDERS, "voxel_size": LENGTH, "n_subjects": COUNT}
            if name == "simulate_localizer_contrasts"
            else {"data_dir": FOLDERS, "voxel_size": LENGTH},
        )
        for name in (
            "simulate_fiac_first_level",
            "simulate_localizer_contrasts",
            "simulate_spm_multimodal_fmri",
        )
    ),
]

_TEMPLATES = [
    Door(
        f"datasets.load_mni152_{name}",
        getattr(datasets, f"load_mni152_{name}"),
        {"resolution": 8},
        own={"resolution": LENGTH | st.sampled_from([6, 20.5, 500, 1e9, "a"])},
    )
    for name in (
        "brain_mask",
        "gm_mask",
        "gm_template",
        "template",
        "wm_mask",
        "wm_template",
    )
]

_FETCHERS = [
    Door(
        f"datasets.{name}",
        _without_network(getattr(datasets, name)),
        {"contrasts": ["checkerboard"]} if "contrasts" in odd else {},
        odd=odd,
        own={"data_dir": FOLDERS},
        names=tuple(odd),
    )
    for name, odd in {
        "fetch_ds000030_urls": {},
        "fetch_fiac_first_level": {},
        "fetch_language_localizer_demo_dataset": {},
        "fetch_localizer_button_task": {},
        "fetch_localizer_calculation_task": {"n_subjects": COUNT},
        "fetch_localizer_contrasts": {"contrasts": COUNT, "n_subjects": COUNT},
        "fetch_localizer_first_level": {},
        "fetch_openneuro_dataset": {"urls": COUNT, "dataset_version": COUNT},
        "fetch_spm_auditory": {},
        "fetch_spm_multimodal_fmri": {},
    }.items()
]

_FILES = [
    Door(
        "datasets.select_from_index",
        datasets.select_from_index,
        {"urls": ["https://a/sub-1/x.nii", "https://a/sub-2/y.nii"]},
        odd={"n_subjects": COUNT},
    ),
    Door(
        "datasets.patch_openneuro_dataset",
        datasets.patch_openneuro_dataset,
        {"file_list": []},
    ),
    Door("datasets.get_data_dirs", datasets.get_data_dirs, {}),
    Door(
        "interfaces.bids.get_bids_files",
        bids.get_bids_files,
        {"main_path": "."},
        odd={
            "filters": st.lists(
                st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=2
            )
        },
        own={"main_path": FOLDERS},
    ),
    Door(
        "interfaces.bids.parse_bids_filename",
        bids.parse_bids_filename,
        {"img_path": "sub-01_task-a_bold.nii.gz"},
        odd={"img_path": st.from_regex(r"\A[a-b\-_.]{0,12}\Z")},
    ),
    Door(
        "interfaces.fsl.get_design_from_fslmat",
        fsl.get_design_from_fslmat,
        {"fsl_design_matrix_path": Path(odd_file("good.mat"))},
    ),
]

_REPORTS = [
    Door(
        "reporting.get_clusters_table",
        reporting.get_clusters_table,
        {"stat_img": MAP, "stat_threshold": 1.0},
        odd={"stat_threshold": FEW, "min_distance": FEW, "cluster_threshold": FEW},
        nan=True,
    ),
    Door(
        "reporting.make_glm_report",
        lambda **given: len(
            reporting.make_glm_report(FITTED, **given).get_standalone()
        ),
        {"contrasts": "a", "bg_img": None},
        odd={
            "contrasts": st.sampled_from(["", "a - b", "nobody", ["a", "b"]]),
            "plot_type": st.sampled_from(["glass", "slice"]),
            "display_mode": st.sampled_from(["x", "ortho", "mosaic", "l"]),
            "height_control": st.sampled_from(["fdr", "bonferroni", None]),
        },
        names=(
            *("first_level_contrast", "title", "threshold", "alpha", "two_sided"),
            *("cluster_threshold", "min_distance", "cut_coords", "report_dims"),
        ),
    ),
    Door(
        "reporting.make_glm_report",
        reporting.make_glm_report,
        {"model": FITTED},
        own={"model": ODD},
        still=tuple(
            name
            for name in inspect.signature(reporting.make_glm_report).parameters
            if name != "model"
        ),
    ),
    Door(
        "glm.save_glm_to_bids",
        lambda contrasts="a", **given: save_glm_to_bids(FITTED, contrasts, **given),
        {"contrasts": "a", "bg_img": None, "out_dir": "saved"},
        odd={
            "contrasts": st.sampled_from(["", "a - b", "nobody", ["a", "b"]]),
            "contrast_types": st.sampled_from([{"a": "F"}, {"a": "t"}, {"b": 3}, {}]),
            "prefix": st.sampled_from(["sub-1_", "/a", "../b", "c/d", "a\nb", "_"]),
        },
        own={"out_dir": FOLDERS},
        names=(
            *("first_level_contrast", "contrast_types", "prefix", "title", "threshold"),
            *("height_control", "alpha", "cluster_threshold", "nobody"),
        ),
    ),
    Door(
        "reporting.HTMLReport",
        lambda page, width=1600, height=800: reporting.HTMLReport(
            page, width, height
        ).get_iframe(),
        {"page": "<html></html>"},
    ),
]

DOORS = [*_SIGNALS, *_SIMULATIONS, *_TEMPLATES, *_FETCHERS, *_FILES, *_REPORTS]
