import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import label

from boldglm.datasets.simulate import (
    Activation,
    NoiseSettings,
    RunSettings,
    autocorrelations,
    default_activations,
    make_brain,
    simulate_run,
    simulate_subject,
)
from boldglm.datasets.simulate_noise import missing_mask

QUIET = {"scanner": 0, "drift": 0, "motion": 0, "n_spikes": 0}
SILENT = NoiseSettings(sd=0, **QUIET)
SHORT = RunSettings(n_scans=80)
PLACES = (
    Activation("a", (30.0, -18.0, 20.0), {"A": 2.0, "B": 1.0}, between=0.5),
    Activation("b", (-30.0, -18.0, 20.0), {"A": 1.0}),
    Activation("c", (0.0, -50.0, 20.0), {"B": 3.0}, between=1.0),
)


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


@pytest.mark.parametrize(
    ("partial", "ma"),
    [(((0.3, 0.3),), ((0.5, 0.5),)), ((), ((-0.4, -0.4),)), (((0.2, 0.2),), ())],
)
def test_the_noise_of_a_run_is_the_process_that_was_asked_for(brain, partial, ma):
    noise = NoiseSettings(sd=1.0, fwhm=0.0, partial=partial, ma=ma, **QUIET)
    settings = RunSettings(n_scans=100)
    run = simulate_run(brain=brain, settings=settings, noise=noise, seed=2)
    still = simulate_run(brain=brain, settings=settings, noise=SILENT, seed=2)
    series = (run.bold - still.bold)[brain.mask].astype(float)
    series /= brain.baseline[brain.mask][:, None] / 100
    expected = autocorrelations(run.truth.partial, run.truth.ma, 3)[
        :, *brain_voxel(run)
    ]
    found = [np.mean(series[:, lag:] * series[:, : 100 - lag]) for lag in range(4)]
    np.testing.assert_allclose(found, expected, atol=0.015)


def brain_voxel(run):
    return tuple(np.argwhere(run.brain.mask)[0])


def test_a_moving_average_has_a_map_and_leaves_the_rest_as_it_was(brain):
    without = simulate_run(brain=brain, settings=SHORT, seed=4)
    noise = NoiseSettings(ma=((0.2, 0.6), (-0.1, 0.1)))
    run = simulate_run(brain=brain, settings=SHORT, seed=4, noise=noise)
    assert without.truth.ma.shape == (0, *brain.shape)
    assert run.truth.ma.shape == (2, *brain.shape)
    assert 0.2 <= run.truth.ma[0].min() < 0.3
    assert 0.5 < run.truth.ma[0].max() <= 0.6
    maps = np.concatenate([run.truth.ma, run.truth.partial]).reshape(3, -1)
    assert np.abs(np.corrcoef(maps) - np.eye(3)).max() < 0.9
    np.testing.assert_array_equal(run.truth.partial, without.truth.partial)
    pd.testing.assert_frame_equal(run.events, without.events)
    pd.testing.assert_frame_equal(run.confounds, without.confounds)
    assert not np.array_equal(run.bold, without.bold)


def test_missing_voxels_are_zero_in_every_scan_and_no_others_change(brain):
    noise = NoiseSettings(missing=0.05)
    run = simulate_run(brain=brain, settings=SHORT, noise=noise, seed=3)
    whole = simulate_run(brain=brain, settings=SHORT, seed=3)
    missing = run.truth.missing
    assert missing.sum() == round(0.05 * brain.mask.sum())
    assert not (missing & ~brain.mask).any()
    assert not run.bold[missing].any()
    np.testing.assert_array_equal(run.bold[~missing], whole.bold[~missing])
    assert not whole.truth.missing.any()
    np.testing.assert_array_equal(run.truth.null, whole.truth.null & ~missing)
    assert (whole.truth.null & missing).any()


def test_the_hole_is_frontal_and_ventral_and_another_in_every_subject(brain):
    noise = NoiseSettings(missing=0.03)
    holes = [missing_mask(brain, noise, seed) for seed in range(5)]
    for hole in holes:
        _, pieces = label(hole, np.ones((3, 3, 3)))
        assert pieces == 1
        centre = brain.affine @ [*np.argwhere(hole).mean(axis=0), 1]
        assert abs(centre[0]) < 12
        assert centre[1] > 25
        assert centre[2] < 0
    assert len({hole.tobytes() for hole in holes}) > 1


def test_runs_of_a_subject_miss_the_same_voxels(brain):
    first, second = simulate_subject(
        brain=brain, settings=SHORT, noise=NoiseSettings(missing=0.02)
    )
    np.testing.assert_array_equal(first.truth.missing, second.truth.missing)


@pytest.mark.parametrize("share", [-0.1, 1.0, np.nan])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=r"missing is .*; expected a share of the br"):
        NoiseSettings(missing=share)


@pytest.mark.parametrize("pair", [(0.5, 1.0), (-1.0, 0.0), (0.6, 0.5)])
def test_a_moving_average_that_is_not_invertible_is_refused(pair):
    with pytest.raises(ValueError, match=r"moving average range .* process invertible"):
        NoiseSettings(ma=(pair,))


def test_a_subject_is_its_runs(brain):
    subject = simulate_subject(
        3, brain=brain, activations=PLACES[1:2], settings=SHORT, seed=6
    )
    assert len(subject) == 3
    for number, run in enumerate(subject, start=1):
        alone = simulate_run(
            brain=brain, activations=PLACES[1:2], settings=SHORT, seed=6, run=number
        )
        np.testing.assert_array_equal(run.bold, alone.bold)
        pd.testing.assert_frame_equal(run.events, alone.events)


def test_a_subject_responds_in_its_own_way_in_every_run(brain):
    settings = RunSettings(n_scans=60)
    first, second = simulate_subject(
        brain=brain, activations=PLACES, settings=settings, noise=SILENT, seed=1
    )
    assert first.truth.activations == second.truth.activations
    own = first.truth.activations
    assert own[1] == PLACES[1]  # nothing varies there
    assert own[0].effects["A"] != 2.0
    alone = simulate_run(
        brain=brain, activations=own, settings=settings, noise=SILENT, seed=1
    )
    np.testing.assert_array_equal(first.bold, alone.bold)


def test_responses_of_subjects_scatter_as_asked():
    from boldglm.datasets.simulate_runs import own_activations

    own = [own_activations(PLACES, seed) for seed in range(600)]
    a, b, c = (
        np.array([subject[k].effects[name] for subject in own])
        for k, name in ((0, "A"), (0, "B"), (2, "B"))
    )
    for found, mean, sd in ((a, 2, 0.5), (b, 1, 0.5), (c, 3, 1.0)):
        assert found.mean() == pytest.approx(mean, abs=4 * sd / np.sqrt(600))
        assert found.std() == pytest.approx(sd, rel=0.12)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.15
    assert abs(np.corrcoef(b, c)[0, 1]) < 0.15


def test_a_place_that_does_not_vary_leaves_the_others_as_they_are():
    from dataclasses import replace

    from boldglm.datasets.simulate_runs import own_activations

    steady = (replace(PLACES[0], between=0.0), *PLACES[1:])
    assert own_activations(steady, 5)[2] == own_activations(PLACES, 5)[2]


def test_subjects_differ_by_default(brain):
    runs = [
        simulate_subject(1, brain=brain, settings=SHORT, noise=SILENT, seed=seed)[0]
        for seed in (1, 2)
    ]
    names = [spot.label for spot in default_activations()]
    for run in runs:
        assert [spot.label for spot in run.truth.activations] == names
        assert {spot.between for spot in run.truth.activations} == {0.4}
    assert not np.allclose(
        runs[0].truth.effects["faces"], runs[1].truth.effects["faces"]
    )


def test_no_runs_at_all_are_refused():
    with pytest.raises(ValueError, match="n_runs is 0; expected at least 1"):
        simulate_subject(0)


def test_a_model_finds_the_effects_within_their_standard_error(brain):
    """Generalised least squares with the true noise, by statsmodels."""
    linear_model = pytest.importorskip("statsmodels.regression.linear_model")
    from scipy.linalg import toeplitz

    noise = NoiseSettings(
        sd=1.0, partial=((0.4, 0.4),), ma=((0.3, 0.3),), fwhm=0.0, **QUIET
    )
    run = simulate_run(brain=brain, settings=RunSettings(n_scans=150), noise=noise)
    X = np.column_stack([run.truth.regressors.to_numpy(), np.ones(150)])
    sigma = toeplitz(autocorrelations(np.array([0.4]), np.array([0.3]), 149))
    voxels = np.argwhere(brain.mask)[::37]
    z = []
    for voxel in voxels:
        percent = 100 * run.bold[tuple(voxel)] / brain.baseline[tuple(voxel)]
        fit = linear_model.GLS(percent, X, sigma=sigma).fit()
        truth = [effect[tuple(voxel)] for effect in run.truth.effects.values()]
        z.append((fit.params[:2] - truth) / fit.bse[:2])
    z = np.array(z)
    assert len(z) > 60
    assert np.abs(z.mean(axis=0)).max() < 4 / np.sqrt(len(z))
    assert z.std() == pytest.approx(1.0, abs=0.15)
