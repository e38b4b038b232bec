import json

import nibabel
import numpy as np
import pandas as pd
import pytest
from tests.datasets.studies import (
    NOISE,
    PLACES,
    SETTINGS,
    SPACE,
    files_of,
    truth_of,
    values,
    write,
)

from boldglm.datasets import Activation, make_brain, simulate_run
from boldglm.datasets.simulate_confounds import preprocessing_confounds


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


@pytest.fixture(scope="module")
def study(brain, tmp_path_factory):
    return write(tmp_path_factory.mktemp("bids") / "new" / "study", brain)


def test_the_folder_holds_a_study_and_its_truth_and_nothing_else(study):
    expected = {
        ".bidsignore",
        "dataset_description.json",
        "README",
        "participants.tsv",
        "task-demo_bold.json",
        "derivatives/fmriprep/dataset_description.json",
        "derivatives/truth/dataset_description.json",
        "derivatives/truth/.bidsignore",
        "derivatives/truth/files.json",
        "derivatives/truth/truth.json",
        "derivatives/truth/null.nii.gz",
        "derivatives/truth/effect-left.nii.gz",
        "derivatives/truth/effect-right.nii.gz",
        "derivatives/truth/between-left.nii.gz",
        "derivatives/truth/between-right.nii.gz",
    }
    for sub in ("sub-01", "sub-02"):
        done, truth = f"derivatives/fmriprep/{sub}", f"derivatives/truth/{sub}"
        expected |= {
            f"{sub}/anat/{sub}_T1w.nii.gz",
            f"{done}/anat/{sub}_{SPACE}_desc-preproc_T1w.nii.gz",
            f"{done}/anat/{sub}_{SPACE}_desc-preproc_T1w.json",
            f"{done}/anat/{sub}_{SPACE}_desc-brain_mask.nii.gz",
        }
        expected |= {
            f"{truth}/{name}"
            for name in (
                "truth.json",
                "null.nii.gz",
                "missing.nii.gz",
                "partial-1.nii.gz",
                "ma-1.nii.gz",
                "effect-left.nii.gz",
                "effect-right.nii.gz",
            )
        }
        for run in (1, 2):
            stem = f"{sub}_task-demo_run-{run}"
            expected |= {
                f"{sub}/func/{stem}_bold.nii.gz",
                f"{sub}/func/{stem}_events.tsv",
                f"{done}/func/{stem}_{SPACE}_desc-preproc_bold.nii.gz",
                f"{done}/func/{stem}_{SPACE}_desc-preproc_bold.json",
                f"{done}/func/{stem}_{SPACE}_desc-brain_mask.nii.gz",
                f"{done}/func/{stem}_desc-confounds_timeseries.tsv",
                f"{done}/func/{stem}_desc-confounds_timeseries.json",
                f"{truth}/{stem}_regressors.tsv",
            }
    assert set(files_of(study.folder)) == expected


def test_the_listing_is_of_files_that_are_there(study):
    assert study.subjects == ("01", "02")
    for kind in (study.bold, study.masks, study.confounds, study.events):
        assert [len(runs) for runs in kind] == [2, 2]
        assert all(path.is_file() for runs in kind for path in runs)
    assert study.derivatives == study.folder / "derivatives" / "fmriprep"
    assert study.bold[1][0].name == (
        f"sub-02_task-{study.task}_run-1_space-{study.space}_desc-preproc_bold.nii.gz"
    )
    assert study.events[1][0].is_relative_to(study.folder / "sub-02" / "func")


@pytest.mark.parametrize("subject", [0, 1])
@pytest.mark.parametrize("run", [1, 2])
def test_files_hold_the_run_that_the_truth_describes(study, brain, subject, run):
    label = study.subjects[subject]
    said, places = truth_of(study, label)
    expected = simulate_run(
        brain=brain,
        activations=places,
        settings=SETTINGS,
        noise=NOISE,
        seed=said["seed"],
        run=run,
    )
    bold = study.bold[subject][run - 1]
    image = nibabel.load(bold)
    assert image.get_data_dtype() == np.int16
    np.testing.assert_array_equal(image.dataobj, np.rint(expected.bold))
    np.testing.assert_allclose(image.affine, brain.affine)
    assert image.header.get_zooms() == (8.0, 8.0, 8.0, 1.5)
    raw = study.folder / f"sub-{label}/func/sub-{label}_task-demo_run-{run}_bold.nii.gz"
    assert raw.read_bytes() == bold.read_bytes()
    np.testing.assert_array_equal(values(study.masks[subject][run - 1]), brain.mask)
    events = pd.read_csv(study.events[subject][run - 1], sep="\t")
    pd.testing.assert_frame_equal(events, expected.events, check_dtype=False)
    table, side_car = preprocessing_confounds(expected, SETTINGS.t_r)
    path = study.confounds[subject][run - 1]
    found = pd.read_csv(path, sep="\t", na_values="n/a")
    pd.testing.assert_frame_equal(found, table, check_dtype=False, rtol=1e-5)
    assert json.loads(path.with_suffix(".json").read_text()) == side_car
    assert list(expected.truth.spikes) == said["spikes"][f"run-{run}"]
    regressors = study.truth / f"sub-{label}/sub-{label}_task-demo_run-{run}"
    found = pd.read_csv(f"{regressors}_regressors.tsv", sep="\t")
    pd.testing.assert_frame_equal(found, expected.truth.regressors, rtol=1e-5)
    truth = study.truth / f"sub-{label}"
    for name, effect in expected.truth.effects.items():
        np.testing.assert_array_equal(values(truth / f"effect-{name}.nii.gz"), effect)
    for name in ("null", "missing"):
        mask = getattr(expected.truth, name)
        np.testing.assert_array_equal(values(truth / f"{name}.nii.gz"), mask)
    for name in ("partial", "ma"):
        (one,) = getattr(expected.truth, name)
        np.testing.assert_array_equal(values(truth / f"{name}-1.nii.gz"), one)


def test_the_first_change_of_a_confound_is_not_available(study):
    header, first, *_ = study.confounds[0][0].read_text().split("\n")
    at = header.split("\t").index("framewise_displacement")
    assert first.split("\t")[at] == "n/a"


def test_side_cars_know_the_repetition_time(study):
    raw = json.loads((study.folder / "task-demo_bold.json").read_text())
    assert (raw["RepetitionTime"], raw["TaskName"]) == (1.5, "demo")
    path = study.bold[0][0]
    done = json.loads(path.with_name(path.name[:-7] + ".json").read_text())
    assert (done["RepetitionTime"], done["StartTime"]) == (1.5, 0.0)


def test_side_cars_say_whether_there_is_a_skull(study, brain):
    """The anatomy is of the brain alone; around it the scans have noise of the air."""
    anatomy = study.derivatives / f"sub-01/anat/sub-01_{SPACE}_desc-preproc_T1w.nii.gz"
    for path, stripped in ((anatomy, True), (study.bold[0][0], False)):
        said = json.loads(path.with_name(path.name[:-7] + ".json").read_text())
        assert said["SkullStripped"] is stripped
        assert values(path)[~brain.mask].any() != stripped


def test_validators_of_bids_pass_the_truth_over(study):
    """All of it from the root, and what has no name in BIDS from the truth itself."""
    root = (study.folder / ".bidsignore").read_text().split()
    assert root == ["derivatives/truth/"]
    patterns = (study.truth / ".bidsignore").read_text().split()
    left = {
        path.relative_to(study.truth).as_posix()
        for path in study.truth.rglob("*")
        if path.is_file() and not any(path.match(pattern) for pattern in patterns)
    }
    assert left == {".bidsignore", "dataset_description.json"}


def test_folders_say_what_they_are(study):
    for folder, kind in (
        (study.folder, "raw"),
        (study.derivatives, "derivative"),
        (study.truth, "derivative"),
    ):
        said = json.loads((folder / "dataset_description.json").read_text())
        assert said["DatasetType"] == kind
        assert {"Name", "BIDSVersion", "GeneratedBy"} <= set(said)


def test_participants_are_listed(study):
    people = pd.read_csv(study.folder / "participants.tsv", sep="\t")
    assert list(people) == ["participant_id", "age", "group"]
    assert list(people["participant_id"]) == ["sub-01", "sub-02"]
    assert people["age"].between(20, 70).all()


def test_the_truth_of_the_population_is_that_of_the_places(study, brain):
    from boldglm.datasets.simulate import effect_maps, null_mask

    effects = effect_maps(brain, PLACES)
    for name in ("left", "right"):
        found = values(study.truth / f"effect-{name}.nii.gz")
        np.testing.assert_array_equal(found, effects[name])
    found = values(study.truth / "between-right.nii.gz")
    np.testing.assert_allclose(found, 0.5 * effects["right"] / 3, atol=1e-6)
    assert not values(study.truth / "between-left.nii.gz").any()
    np.testing.assert_array_equal(
        values(study.truth / "null.nii.gz"), null_mask(brain, PLACES)
    )
    said = json.loads((study.truth / "truth.json").read_text())
    assert said["seed"] == 3
    assert said["activations"][0]["between"] == 0.5
    assert said["noise"]["ma"] == [[0.1, 0.3]]


def test_subjects_respond_in_their_own_way_where_they_may(study):
    own = [truth_of(study, label)[1] for label in study.subjects]
    assert own[0][0].effects["right"] != own[1][0].effects["right"]
    assert own[0][1].effects == own[1][1].effects == {"left": 3.0}
    noise = [values(study.bold[k][0])[..., 0] for k in (0, 1)]
    assert not np.array_equal(*noise)


def test_anatomy_has_dark_fluid(study, brain):
    t1 = values(study.folder / "sub-01/anat/sub-01_T1w.nii.gz")
    assert not t1[~brain.mask].any()
    inside = brain.mask & (brain.baseline > 400)
    assert np.corrcoef(t1[inside], brain.baseline[inside])[0, 1] < -0.95
    assert (t1 >= 0).all()


def test_same_seed_same_bytes(study, brain, tmp_path):
    again = write(tmp_path / "other name", brain)
    assert files_of(again.folder) == files_of(study.folder)


def test_a_larger_study_has_the_same_first_subjects_and_runs(study, brain, tmp_path):
    small = files_of(write(tmp_path / "x", brain, n_subjects=1, n_runs=1).folder)
    large = files_of(study.folder)
    # those of a whole study tell how large it is
    truth = "derivatives/truth"
    whole = {f"{truth}/truth.json", f"{truth}/files.json", "participants.tsv"}
    spikes = "derivatives/truth/sub-01/truth.json"
    same = {name for name in small if small[name] == large[name]}
    assert same == set(small) - whole - {spikes}


def test_another_seed_is_another_study(study, brain, tmp_path):
    other = files_of(write(tmp_path / "x", brain, seed=4).folder)
    ours = files_of(study.folder)
    changed = {name for name in ours if ours[name] != other[name]}
    endings = (
        "preproc_bold.nii.gz",
        "events.tsv",
        "timeseries.tsv",
        "partial-1.nii.gz",
    )
    assert {name for name in ours if name.endswith(endings)} <= changed
    assert not {
        name for name in changed if name.endswith(("T1w.nii.gz", "_mask.nii.gz"))
    }


@pytest.mark.parametrize("name", ["n_subjects", "n_runs"])
def test_none_at_all_are_refused(brain, tmp_path, name):
    with pytest.raises(ValueError, match=f"{name} is 0; expected at least 1"):
        write(tmp_path / "x", brain, **{name: 0})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a/b", "a b", "", "ä*"])
def test_conditions_that_no_file_can_be_named_after_are_refused(brain, tmp_path, name):
    spot = Activation("a", (0.0, 0.0, 0.0), {name: 1.0})
    with pytest.raises(ValueError, match=r"condition is called .*; expected letters"):
        write(tmp_path / "x", brain, activations=[spot])
    assert not list(tmp_path.iterdir())


def test_activations_are_used_once_however_they_come(brain, tmp_path):
    small = {"n_subjects": 1, "n_runs": 1}
    one = write(tmp_path / "x", brain, **small)
    two = write(tmp_path / "y", brain, activations=iter(PLACES), **small)
    assert files_of(one.folder) == files_of(two.folder)
