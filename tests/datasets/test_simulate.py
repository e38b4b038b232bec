import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from boldglm import datasets
from boldglm.datasets import (
    NoiseSettings,
    RunSettings,
    default_activations,
    make_brain,
    simulate_run,
)
from boldglm.datasets.simulate import block_events, response

SILENT = NoiseSettings(sd=0, scanner=0, drift=0, motion=0, n_spikes=0)
SHORT = RunSettings(n_scans=80)


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


@pytest.fixture(scope="module")
def noisy(brain):
    return simulate_run(brain=brain, settings=SHORT, seed=1)


def test_one_module_has_all_that_simulates():
    door = datasets.simulate
    for name in door.__all__:
        if name in datasets.__all__:
            assert getattr(door, name) is getattr(datasets, name)
    verbs = {"run", "subject", "group", "dataset", "bids"}
    assert {f"simulate_{verb}" for verb in verbs} <= set(door.__all__)
    assert {f"simulate_{verb}" for verb in verbs} <= set(datasets.__all__)


def double_gamma(t):
    """SPM's response to an impulse, with an integral of 1."""
    return 1.2 * gamma.pdf(t, 6) - 0.2 * gamma.pdf(t, 16)


@pytest.mark.parametrize("duration", [0.5, 12.0, 40.0])
@pytest.mark.parametrize("time", [3.0, 9.0, 25.0, 50.0])
def test_a_response_is_the_integral_of_the_double_gamma(time, duration):
    onset = 2.0
    expected, _ = quad(
        lambda s: double_gamma(time - s), onset, min(onset + duration, time)
    )
    found = response(np.array([time]), onset, duration)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_without_noise_least_squares_gives_the_truth_back(brain):
    run = simulate_run(brain=brain, settings=SHORT, noise=SILENT)
    truth = run.truth
    X = np.column_stack([truth.regressors.to_numpy(), np.ones(SHORT.n_scans)])
    Y = run.bold[brain.mask].T.astype(float)
    beta = np.linalg.lstsq(X, Y, rcond=None)[0]
    np.testing.assert_allclose(beta[-1], brain.baseline[brain.mask], rtol=1e-5)
    for row, effect in zip(beta, truth.effects.values(), strict=False):
        np.testing.assert_allclose(100 * row / beta[-1], effect[brain.mask], atol=2e-4)


def test_each_place_responds_to_its_own_condition(brain):
    run = simulate_run(brain=brain, settings=SHORT, noise=SILENT)
    for spot in default_activations():
        voxel = np.rint(np.linalg.inv(brain.affine) @ [*spot.centre, 1])[:3].astype(int)
        for condition, effect in run.truth.effects.items():
            expected = spot.effects.get(condition, 0.0)
            # Voxels of 8 mm: the nearest one is up to 7 mm from the centre
            assert np.sign(np.round(effect[tuple(voxel)], 1)) == np.sign(expected)


def test_motion_is_a_sum_of_six_maps(brain):
    moving = NoiseSettings(sd=0, scanner=0, drift=0, motion=0.3, n_spikes=0)
    still = simulate_run(brain=brain, settings=SHORT, noise=SILENT)
    moved = simulate_run(brain=brain, settings=SHORT, noise=moving)
    change = (moved.bold - still.bold)[brain.mask].T.astype(float)
    position = moved.confounds.filter(regex="^(trans|rot)").to_numpy()
    fitted = position @ np.linalg.lstsq(position, change, rcond=None)[0]
    assert change.std() > 1
    np.testing.assert_allclose(fitted, change, atol=0.01)


def test_a_spike_spoils_its_scan_everywhere_and_has_a_column(brain):
    spiked = NoiseSettings(sd=0, scanner=0, drift=0, motion=0, n_spikes=3)
    still = simulate_run(brain=brain, settings=SHORT, noise=SILENT)
    run = simulate_run(brain=brain, settings=SHORT, noise=spiked)
    drop = 100 * (run.bold / still.bold - 1)[brain.mask]
    scans = list(run.truth.spikes)
    assert (drop[:, scans] < -2.5).all()
    assert np.abs(np.delete(drop, scans, axis=1)).max() < 1e-3
    columns = run.confounds.filter(like="motion_outlier").to_numpy()
    assert [column.argmax() for column in columns.T] == scans
    assert columns.sum() == 3


def test_drifts_are_slow_and_of_the_size_asked(brain):
    drifting = NoiseSettings(sd=0, scanner=0, drift=1.0, motion=0, n_spikes=0)
    still = simulate_run(brain=brain, settings=SHORT, noise=SILENT)
    run = simulate_run(brain=brain, settings=SHORT, noise=drifting)
    percent = 100 * (run.bold - still.bold)[brain.mask] / still.bold[brain.mask]
    assert 0.5 < percent.std() < 1.6
    assert np.abs(np.diff(percent, axis=1)).max() < 0.5


def test_the_noise_of_a_run_has_the_standard_deviation_asked(brain):
    settings = RunSettings(n_scans=150)
    ar_only = NoiseSettings(sd=2.0, scanner=0, drift=0, motion=0, n_spikes=0)
    still = simulate_run(brain=brain, settings=settings, noise=SILENT)
    run = simulate_run(brain=brain, settings=settings, noise=ar_only)
    percent = 100 * (run.bold - still.bold)[brain.mask]
    percent /= brain.baseline[brain.mask][:, None]
    assert percent.std() == pytest.approx(2.0, rel=0.03)


def test_scanner_noise_is_everywhere_white_and_of_the_size_asked(brain):
    scanner_only = NoiseSettings(sd=0, scanner=4, drift=0, motion=0, n_spikes=0)
    still = simulate_run(brain=brain, settings=SHORT, noise=SILENT)
    run = simulate_run(brain=brain, settings=SHORT, noise=scanner_only)
    white = run.bold - still.bold
    assert white[~brain.mask].std() == pytest.approx(4.0, rel=0.01)
    assert white[brain.mask].std() == pytest.approx(4.0, rel=0.01)
    lagged = (white[..., 1:] * white[..., :-1]).mean() / 16
    assert lagged == pytest.approx(0.0, abs=0.01)


def test_same_seed_same_data(brain, noisy):
    again = simulate_run(brain=brain, settings=SHORT, seed=1)
    assert np.array_equal(again.bold, noisy.bold)
    pd.testing.assert_frame_equal(again.events, noisy.events)
    pd.testing.assert_frame_equal(again.confounds, noisy.confounds)


def test_another_seed_is_another_subject(brain, noisy):
    other = simulate_run(brain=brain, settings=SHORT, seed=2)
    assert not np.isclose(other.bold, noisy.bold).all(axis=(0, 1, 2)).any()
    assert not np.allclose(other.truth.partial, noisy.truth.partial)
    assert not other.events.equals(noisy.events)


def test_runs_of_a_subject_share_its_brain_and_no_noise(brain, noisy):
    other = simulate_run(brain=brain, settings=SHORT, seed=1, run=2)
    assert np.array_equal(other.truth.partial, noisy.truth.partial)
    silent = [
        simulate_run(brain=brain, settings=SHORT, seed=1, run=run, noise=SILENT)
        for run in (1, 2)
    ]
    first, second = (
        (run.bold - still.bold)[brain.mask]
        for run, still in zip((noisy, other), silent, strict=True)
    )
    first, second = (np.diff(noise, axis=1).ravel() for noise in (first, second))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.1


def test_turning_the_task_off_leaves_everything_else_as_it_was(brain, noisy):
    idle = simulate_run(
        brain=brain, settings=SHORT, seed=1, activations=[], events=noisy.events
    )
    task = simulate_run(brain=brain, settings=SHORT, seed=1, noise=SILENT)
    difference = noisy.bold - idle.bold
    expected = task.bold - brain.baseline[..., None]
    np.testing.assert_allclose(difference, expected, atol=1e-2)


def test_events_of_the_user_are_followed(brain):
    events = pd.DataFrame(
        {"onset": [10.0, 60.0], "duration": 20.0, "trial_type": ["houses", "other"]}
    )
    run = simulate_run(brain=brain, settings=SHORT, noise=SILENT, events=events)
    time = SHORT.t_r * np.arange(SHORT.n_scans)
    np.testing.assert_allclose(
        run.truth.regressors["houses"], response(time, 10.0, 20.0)
    )
    assert not run.truth.regressors["faces"].any()


def test_an_event_without_duration_is_refused(brain):
    events = pd.DataFrame(
        {"onset": [10.0], "duration": [0.0], "trial_type": ["houses"]}
    )
    with pytest.raises(ValueError, match="event at 10 s lasts 0 s; expected a dur"):
        simulate_run(brain=brain, settings=SHORT, events=events)


def test_blocks_do_not_overlap_and_are_over_before_the_run(rng):
    settings = RunSettings(n_scans=300, t_r=1.5)
    events = block_events(["a", "b", "c"], settings, rng)
    ends = events["onset"] + events["duration"]
    assert (events["onset"].to_numpy()[1:] > ends.to_numpy()[:-1]).all()
    assert events["onset"].iloc[0] > 0
    assert ends.iloc[-1] < 450
    assert set(events["trial_type"].value_counts()) == {len(events) // 3}


def test_every_round_of_blocks_has_every_condition(rng):
    events = block_events(["a", "b"], RunSettings(n_scans=600), rng)
    rounds = events["trial_type"].to_numpy().reshape(-1, 2)
    assert all(set(pair) == {"a", "b"} for pair in rounds)
    assert len({tuple(pair) for pair in rounds}) == 2


def test_a_run_too_short_for_the_blocks_is_refused(rng):
    with pytest.raises(ValueError, match=r"lasts 20 s, one block of each .* raise n_s"):
        block_events(["a", "b"], RunSettings(n_scans=10), rng)


def test_a_paradigm_without_conditions_is_refused(brain):
    with pytest.raises(ValueError, match="no condition to show: name one"):
        simulate_run(brain=brain, settings=SHORT, activations=[])


def test_confounds_are_named_as_by_fmriprep(noisy):
    assert list(noisy.confounds) == [
        "trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z",
        "framewise_displacement", "motion_outlier00", "motion_outlier01",
    ]  # fmt: skip
    assert np.isnan(noisy.confounds["framewise_displacement"][0])
    assert noisy.confounds.notna().to_numpy()[1:].all()
