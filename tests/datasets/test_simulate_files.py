import json

import nibabel
import numpy as np
import pandas as pd
import pytest

from boldglm.datasets import (
    Activation,
    NoiseSettings,
    RunSettings,
    make_brain,
    simulate_dataset,
    simulate_run,
)

SETTINGS = RunSettings(n_scans=60, t_r=1.5)
NOISE = NoiseSettings(partial=((0.1, 0.4), (0.0, 0.2)))


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


@pytest.fixture(scope="module")
def data(brain, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bids") / "new" / "folder"
    return simulate_dataset(
        folder, n_runs=2, brain=brain, settings=SETTINGS, noise=NOISE, seed=5
    )


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_folder_holds_what_users_have_and_the_truth_and_nothing_else(data):
    func = "sub-01/func/sub-01_task-demo"
    runs = [
        f"{func}_run-{run}_{ending}"
        for run in (1, 2)
        for ending in (
            "bold.nii.gz",
            "bold.json",
            "events.tsv",
            "desc-confounds_timeseries.tsv",
        )
    ]
    assert set(files_of(data.folder)) == {
        *runs,
        f"{func}_desc-brain_mask.nii.gz",
        "dataset_description.json",
        "truth/truth.json",
        "truth/effect-faces.nii.gz",
        "truth/effect-houses.nii.gz",
        "truth/null.nii.gz",
        "truth/partial-1.nii.gz",
        "truth/partial-2.nii.gz",
    }


@pytest.mark.parametrize("number", [1, 2])
def test_files_hold_what_was_simulated(data, brain, number):
    run = simulate_run(brain=brain, settings=SETTINGS, noise=NOISE, seed=5, run=number)
    image = nibabel.load(data.bold[number - 1])
    assert image.get_data_dtype() == np.int16
    np.testing.assert_array_equal(image.dataobj, np.rint(run.bold))
    np.testing.assert_allclose(image.affine, brain.affine)
    events = pd.read_csv(data.events[number - 1], sep="\t")
    pd.testing.assert_frame_equal(events, run.events, check_dtype=False)
    confounds = pd.read_csv(data.confounds[number - 1], sep="\t", na_values="n/a")
    pd.testing.assert_frame_equal(
        confounds, run.confounds, check_dtype=False, rtol=1e-5
    )


def test_headers_and_sidecars_know_the_repetition_time(data):
    header = nibabel.load(data.bold[0]).header
    assert header.get_zooms() == (8.0, 8.0, 8.0, 1.5)
    assert header.get_xyzt_units() == ("mm", "sec")
    assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 4)
    assert json.loads(data.sidecars[0].read_text())["RepetitionTime"] == 1.5


def test_tables_follow_bids(data):
    header, first, *_ = data.confounds[0].read_bytes().decode().split("\n")
    assert header.split("\t")[:2] == ["trans_x", "trans_y"]
    assert "n/a" in first.split("\t")


def test_masks_and_truth_are_on_the_grid_and_right(data, brain):
    run = simulate_run(brain=brain, settings=SETTINGS, noise=NOISE, seed=5)
    for path, expected in [
        (data.mask, brain.mask),
        (data.null, run.truth.null),
        (data.effects["faces"], run.truth.effects["faces"]),
        (data.effects["houses"], run.truth.effects["houses"]),
        (data.partial[0], run.truth.partial[0]),
        (data.partial[1], run.truth.partial[1]),
    ]:
        image = nibabel.load(path)
        np.testing.assert_array_equal(image.dataobj, expected)
        np.testing.assert_allclose(image.affine, brain.affine)


def test_the_truth_can_be_read_by_anything(data):
    truth = json.loads(data.truth.read_text())
    assert truth["seed"] == 5
    assert truth["run"]["t_r"] == 1.5
    assert truth["noise"]["partial"] == [[0.1, 0.4], [0.0, 0.2]]
    spots = {
        spot["label"]: (tuple(spot["centre"]), spot["effects"], spot["fwhm"])
        for spot in truth["activations"]
    }
    assert spots == {
        spot.label: (spot.centre, dict(spot.effects), spot.fwhm)
        for spot in data.activations
    }


def test_same_seed_same_bytes(data, brain, tmp_path):
    again = simulate_dataset(
        tmp_path, n_runs=2, brain=brain, settings=SETTINGS, noise=NOISE, seed=5
    )
    assert files_of(again.folder) == files_of(data.folder)


def test_another_seed_other_data_same_effects(data, brain, tmp_path):
    other = files_of(
        simulate_dataset(
            tmp_path, n_runs=2, brain=brain, settings=SETTINGS, noise=NOISE, seed=6
        ).folder
    )
    same = {name for name, content in files_of(data.folder).items()
            if other[name] == content}  # fmt: skip
    assert same == {
        name
        for name in other
        if name.endswith(
            ("bold.json", "description.json", "mask.nii.gz", "null.nii.gz")
        )
        or "effect-" in name
    }


def test_what_was_there_is_replaced(brain, tmp_path):
    for seed in (1, 2):
        data = simulate_dataset(
            tmp_path, n_runs=1, brain=brain, settings=SETTINGS, seed=seed
        )
    assert json.loads(data.truth.read_text())["seed"] == 2
    run = simulate_run(brain=brain, settings=SETTINGS, seed=2)
    image = nibabel.load(data.bold[0])
    np.testing.assert_array_equal(image.dataobj, np.rint(run.bold))


def test_activations_of_the_user_are_used_once_however_they_come(brain, tmp_path):
    spots = (Activation("here", (30.0, -18.0, 20.0), {"clicks": 5.0}),)
    data = simulate_dataset(
        tmp_path, brain=brain, settings=SETTINGS, activations=iter(spots)
    )
    assert data.activations == spots
    assert list(data.effects) == ["clicks"]


def test_steps_are_announced(brain, tmp_path):
    said = []
    simulate_dataset(tmp_path, brain=brain, settings=SETTINGS, on_step=said.append)
    assert said == ["simulate run 1", "simulate run 2"]


def test_no_runs_at_all_are_refused(tmp_path):
    with pytest.raises(ValueError, match="n_runs is 0; expected at least 1"):
        simulate_dataset(tmp_path, n_runs=0)


def test_what_the_noise_has_besides_is_in_files_too(brain, tmp_path):
    noise = NoiseSettings(ma=((0.1, 0.3), (0.0, 0.2)), missing=0.03)
    data = simulate_dataset(
        tmp_path, n_runs=1, brain=brain, settings=SETTINGS, noise=noise, seed=5
    )
    run = simulate_run(brain=brain, settings=SETTINGS, noise=noise, seed=5)
    assert [path.name for path in data.ma] == ["ma-1.nii.gz", "ma-2.nii.gz"]
    for path, expected in (
        *zip(data.ma, run.truth.ma, strict=True),
        (data.missing, run.truth.missing),
        (data.null, run.truth.null),
    ):
        np.testing.assert_array_equal(nibabel.load(path).dataobj, expected)
    said = json.loads(data.truth.read_text())["noise"]
    assert (said["ma"], said["missing"]) == ([[0.1, 0.3], [0.0, 0.2]], 0.03)


def test_what_the_noise_has_not_is_not_in_the_files(data):
    """Data sets of earlier versions stay the same, to the byte."""
    assert data.ma == ()
    assert data.missing is None
    truth = json.loads(data.truth.read_text())
    assert list(truth) == ["seed", "units", "activations", "run", "noise"]
    assert list(truth["activations"][0]) == ["label", "centre", "effects", "fwhm"]
    assert list(truth["noise"]) == [
        "sd", "partial", "fwhm", "map_fwhm", "scanner", "drift", "motion", "n_spikes",
    ]  # fmt: skip


def test_a_condition_that_no_file_can_be_named_after_is_refused(brain, tmp_path):
    spot = Activation("a", (0.0, 0.0, 0.0), {"go/stop": 1.0})
    with pytest.raises(ValueError, match="A condition is called 'go/stop'; expected"):
        simulate_dataset(tmp_path, brain=brain, activations=[spot])
    assert not list(tmp_path.iterdir())
