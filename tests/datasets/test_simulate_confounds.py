from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from boldglm.datasets.simulate import (
    NoiseSettings,
    RunSettings,
    make_brain,
    simulate_run,
)
from boldglm.datasets.simulate_confounds import preprocessing_confounds, tissues

SETTINGS = RunSettings(n_scans=120, t_r=1.5)
MOTION = ["trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z"]


@pytest.fixture(scope="module")
def run():
    return simulate_run(brain=make_brain(8.0), settings=SETTINGS, seed=2)


@pytest.fixture(scope="module")
def confounds(run):
    return preprocessing_confounds(run, SETTINGS.t_r)


def test_columns_are_those_of_fmriprep(confounds):
    table, _ = confounds
    expanded = [
        f"{name}{ending}"
        for name in ("global_signal", "csf", "white_matter", *MOTION)
        for ending in ("", "_derivative1", "_power2", "_derivative1_power2")
    ]
    assert set(table) == {
        *expanded,
        "std_dvars",
        "dvars",
        "framewise_displacement",
        *(f"a_comp_cor_{k:02d}" for k in range(5)),
        "cosine00",
        "cosine01",
        "motion_outlier00",
        "motion_outlier01",
    }


def test_the_first_scan_has_no_change_and_nothing_else_is_lacking(confounds):
    table, _ = confounds
    lacking = {name for name in table if "derivative1" in name} | {
        "dvars",
        "std_dvars",
        "framewise_displacement",
    }
    assert set(table.columns[table.iloc[0].isna()]) == lacking
    assert table.iloc[1:].notna().all(axis=None)


def test_confounds_of_the_run_are_kept(run, confounds):
    table, _ = confounds
    for name in run.confounds:
        np.testing.assert_array_equal(table[name], run.confounds[name])


def test_signals_are_means_over_their_voxels(run, confounds):
    table, _ = confounds
    fluid, white = tissues(run.brain)
    for name, where in (
        ("global_signal", run.brain.mask),
        ("csf", fluid),
        ("white_matter", white),
    ):
        course = run.bold[where].astype(float).mean(axis=0)
        np.testing.assert_allclose(table[name], course, rtol=1e-6)
        change = table[f"{name}_derivative1"].to_numpy()
        np.testing.assert_allclose(change[1:], np.diff(course), atol=1e-3)
        np.testing.assert_allclose(table[f"{name}_power2"], course**2, rtol=1e-5)
        np.testing.assert_allclose(table[f"{name}_derivative1_power2"], change**2)


def test_fluid_is_bright_white_matter_dark_and_both_are_inside():
    brain = make_brain(4.0)
    fluid, white = tissues(brain)
    assert not (fluid & white).any()
    assert not ((fluid | white) & ~brain.mask).any()
    deep = binary_erosion(brain.mask, np.ones((3, 3, 3))).sum()
    assert fluid.sum() == pytest.approx(0.02 * deep, rel=0.05)
    assert white.sum() == pytest.approx(0.2 * deep, rel=0.05)
    at = np.argwhere(fluid) @ brain.affine[:3, :3].T + brain.affine[:3, 3]
    ventricle = (
        (np.abs(at[:, 0]) < 35) & (at[:, 1] > -70) & (np.abs(at[:, 2] - 14) < 14)
    )
    fissure = np.abs(at[:, 0]) < 4
    assert ventricle.mean() > 0.5
    assert (ventricle | fissure).all()
    assert brain.baseline[white].max() < np.median(brain.baseline[brain.mask])


def test_a_brain_of_one_layer_has_tissues_too():
    brain = make_brain(12.0)
    thin = replace(brain, mask=brain.mask & (np.arange(brain.shape[2]) == 6))
    fluid, white = tissues(thin)
    assert fluid.any()
    assert white.any()
    assert not (white & ~thin.mask).any()


def test_dvars_is_the_root_mean_square_change(run, confounds):
    table, _ = confounds
    series = run.bold[run.brain.mask].astype(float)
    changes = np.linalg.norm(np.diff(series, axis=1), axis=0) / np.sqrt(len(series))
    np.testing.assert_allclose(table["dvars"][1:], changes)
    assert table["std_dvars"].median() == pytest.approx(1.0)
    for spike in run.truth.spikes:
        near = table["std_dvars"].iloc[max(spike, 1) : spike + 2]
        assert near.max() > 1.5


def test_cosines_are_slow_and_orthogonal(confounds):
    table, _ = confounds
    waves = table.filter(like="cosine").to_numpy()
    np.testing.assert_allclose(waves.T @ waves, np.eye(waves.shape[1]), atol=1e-9)
    np.testing.assert_allclose(waves.sum(axis=0), 0, atol=1e-9)
    # a run of 180 s holds waves of 360 and 180 s, not 120 s
    crossings = (np.diff(np.sign(waves), axis=0) != 0).sum(axis=0)
    assert list(crossings) == [1, 2]


def test_components_are_those_of_a_singular_value_decomposition(run, confounds):
    table, side_car = confounds
    fluid, white = tissues(run.brain)
    series = run.bold[fluid | white].T.astype(float)
    drifts = np.column_stack([table.filter(like="cosine"), np.ones(len(series))])
    series -= drifts @ np.linalg.lstsq(drifts, series, rcond=None)[0]
    series /= series.std(axis=0)
    u, s, _ = np.linalg.svd(series, full_matrices=False)
    for k in range(5):
        name = f"a_comp_cor_{k:02d}"
        agreement = abs(table[name] @ u[:, k])
        assert agreement == pytest.approx(1.0, abs=1e-6)
        about = side_car[name]
        assert about["Mask"] == "combined"
        assert about["Retained"]
        assert about["SingularValue"] == pytest.approx(s[k], rel=1e-6)
        share = s[k] ** 2 / np.sum(s**2)
        assert about["VarianceExplained"] == pytest.approx(share, rel=1e-6)
        total = np.sum(s[: k + 1] ** 2) / np.sum(s**2)
        assert about["CumulativeVarianceExplained"] == pytest.approx(total, rel=1e-6)
    assert set(side_car) == {f"a_comp_cor_{k:02d}" for k in range(5)}


def test_voxels_without_a_signal_and_runs_without_noise_are_no_trouble():
    brain = make_brain(10.0)
    hole = simulate_run(
        brain=brain, settings=SETTINGS, noise=NoiseSettings(missing=0.5)
    )
    table, side_car = preprocessing_confounds(hole, SETTINGS.t_r)
    assert len(side_car) == 5
    assert table.iloc[1:].notna().all(axis=None)
    silent = NoiseSettings(sd=0, scanner=0, drift=0, motion=0, n_spikes=0)
    still = simulate_run(
        brain=brain, settings=SETTINGS, noise=silent, activations=[],
        events=hole.events,
    )  # fmt: skip
    table, side_car = preprocessing_confounds(still, SETTINGS.t_r)
    assert not side_car
    assert (table["std_dvars"][1:] == 0).all()
