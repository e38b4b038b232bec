import json
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest

from boldglm.datasets import (
    Activation,
    NoiseSettings,
    RunSettings,
    make_brain,
    simulate_bids,
    simulate_run,
)
from boldglm.datasets.simulate_confounds import preprocessing_confounds

PLACES = (
    Activation("left M1", (-38.0, -24.0, 52.0), {"right": 3.0}, 24.0, between=0.5),
    Activation("right M1", (38.0, -24.0, 52.0), {"left": 3.0}, 24.0),
)
SETTINGS = RunSettings(n_scans=90, t_r=1.5)
NOISE = NoiseSettings(sd=0.7, ma=((0.1, 0.3),), missing=0.02)
SPACE = "space-MNI152NLin2009cAsym"


@pytest.fixture(scope="module")
def brain():
    return make_brain(8.0)


def write(folder, brain, **other):
    wanted = {
        "brain": brain,
        "activations": PLACES,
        "settings": SETTINGS,
        "noise": NOISE,
        "seed": 3,
    }
    return simulate_bids(folder, **(wanted | other))


@pytest.fixture(scope="module")
def study(brain, tmp_path_factory):
    return write(tmp_path_factory.mktemp("bids") / "new" / "study", brain)


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def values(path):
    return np.asarray(nibabel.load(path).dataobj)


def test_the_folder_holds_a_study_and_its_truth_and_nothing_else(study):
    expected = {
        "dataset_description.json",
        "README",
        "participants.tsv",
        "task-demo_bold.json",
        "derivatives/fmriprep/dataset_description.json",
        "derivatives/truth/dataset_description.json",
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


def truth_of(study, label):
    """Settings of a subject's runs, read from the files of the truth."""
    said = json.loads((study.truth / f"sub-{label}" / "truth.json").read_text())
    places = tuple(
        Activation(**{**spot, "centre": tuple(spot["centre"])})
        for spot in said["activations"]
    )
    return said, places


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
    whole = {"derivatives/truth/truth.json", "participants.tsv"}
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


def test_a_study_that_is_there_is_left_as_it_is(brain, tmp_path, monkeypatch):
    from boldglm.datasets import simulate_study

    first = write(tmp_path / "x", brain, n_subjects=1, n_runs=1)
    monkeypatch.setattr(simulate_study, "_write_study", None)  # nobody needs it
    marked = first.folder / "README"
    marked.write_text("read")
    again = write(tmp_path / "x", brain, n_subjects=1, n_runs=1)
    assert again == first
    assert marked.read_text() == "read"


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 4},
        {"n_runs": 2},
        {"n_subjects": 2},
        {"noise": NoiseSettings()},
        {"settings": replace(SETTINGS, block=10.0)},
        {"activations": PLACES[:1]},
        {"brain": make_brain(10.0)},
        {"brain": replace(make_brain(8.0), baseline=np.ones((20, 25, 20), np.float32))},
    ],
)
def test_another_study_that_is_there_is_refused_and_kept(brain, tmp_path, other):
    folder = tmp_path / "x"
    small = {"n_subjects": 1, "n_runs": 1, "settings": RunSettings(n_scans=60)}
    write(folder, brain, **small)
    before = files_of(folder)
    with pytest.raises(FileExistsError, match=r"x was simulated with other settings"):
        write(folder, **({"brain": brain} | small | other))
    assert files_of(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_folder_of_something_else_is_refused_and_kept(brain, tmp_path):
    (tmp_path / "measured.txt").write_text("years of work")
    with pytest.raises(
        FileExistsError, match=r"was not written by simulate_bids.* empty or new"
    ):
        write(tmp_path, brain)
    assert list(files_of(tmp_path)) == ["measured.txt"]


def test_a_file_of_that_name_is_refused(brain, tmp_path):
    (tmp_path / "x").write_text("years of work")
    with pytest.raises(FileExistsError, match="not written by simulate_bids"):
        write(tmp_path / "x", brain)


def test_an_empty_folder_is_filled(brain, tmp_path):
    study = write(str(tmp_path), brain, n_subjects=1, n_runs=1)
    assert study.folder == tmp_path
    assert study.bold[0][0].is_file()


def test_half_a_study_is_never_there(brain, tmp_path, monkeypatch):
    from boldglm.datasets import simulate_study

    def fail(*args):
        seen.extend(path.name for path in tmp_path.iterdir())
        msg = "disk full"
        raise OSError(28, msg)

    seen = []
    monkeypatch.setattr(simulate_study, "write_truth_of_run", fail)
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "x", brain, n_subjects=1, n_runs=1)
    assert seen
    assert "x" not in seen
    assert not list(tmp_path.iterdir())


def test_another_process_may_be_faster(brain, tmp_path, monkeypatch):
    """Both wanted the same: what the other wrote is taken."""
    from boldglm.datasets import simulate_study

    def slow(folder, plan):
        if not running:
            running.append(folder)
            write(tmp_path / "x", brain, n_subjects=1, n_runs=1)
        original(folder, plan)

    running = []
    original = simulate_study._write_study
    monkeypatch.setattr(simulate_study, "_write_study", slow)
    study = write(tmp_path / "x", brain, n_subjects=1, n_runs=1)
    assert study.bold[0][0].is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


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


# what nilearn says of masks that are given and of voxels that are zero
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
def test_nilearn_reads_the_study_and_finds_the_truth(study, brain):
    first_level = pytest.importorskip("nilearn.glm.first_level")
    models, images, events, confounds = first_level.first_level_from_bids(
        study.folder,
        study.task,
        space_label=study.space,
        img_filters=[("desc", "preproc")],
        derivatives_folder="derivatives/fmriprep",
        hrf_model="spm",
        drift_model=None,
        noise_model="ar1",
        signal_scaling=0,
        mask_img=str(study.masks[0][0]),
        confounds_strategy=("motion", "high_pass"),
        confounds_motion="basic",
    )
    assert [model.subject_label for model in models] == list(study.subjects)
    assert [[Path(path) for path in runs] for runs in images] == [
        list(runs) for runs in study.bold
    ]
    assert {model.t_r for model in models} == {1.5}
    for number, label in enumerate(study.subjects):
        models[number].fit(images[number], events[number], confounds[number])
        truth = study.truth / f"sub-{label}"
        missing = values(truth / "missing.nii.gz") > 0
        for condition in ("left", "right"):
            effect = values(truth / f"effect-{condition}.nii.gz")
            n = len(models[number].design_matrices_[0].columns)
            at = list(models[number].design_matrices_[0].columns).index(condition)
            found = models[number].compute_contrast(
                [np.eye(n)[at]] * 2, output_type="effect_size"
            )
            variance = models[number].compute_contrast(
                [np.eye(n)[at]] * 2, output_type="effect_variance"
            )
            inside = brain.mask & ~missing
            sd = np.sqrt(np.asarray(variance.dataobj)[inside])
            z = (np.asarray(found.dataobj) - effect)[inside] / sd
            # spikes, which the design does not know, are the same everywhere
            assert abs(z.mean()) < 0.9
            assert 0.9 < z.std() < 1.3
            peak = np.unravel_index(effect.argmax(), effect.shape)
            height = np.asarray(found.dataobj)[peak]
            assert height == pytest.approx(effect[peak], abs=1.0)


@pytest.mark.parametrize(
    ("strategy", "options"),
    [
        (("motion", "wm_csf", "global_signal"), {"motion": "full", "wm_csf": "full"}),
        (("high_pass", "compcor"), {"compcor": "anat_combined", "n_compcor": 4}),
        (("motion", "scrub"), {"scrub": 0, "fd_threshold": 2.0}),
    ],
)
def test_confounds_load_by_every_strategy_of_nilearn(study, strategy, options):
    fmriprep = pytest.importorskip("nilearn.interfaces.fmriprep")
    path = str(study.bold[0][0])
    table, kept = fmriprep.load_confounds(path, strategy=strategy, **options)
    assert len(table) == SETTINGS.n_scans
    assert table.notna().all(axis=None)
    if "scrub" in strategy:
        spikes = truth_of(study, "01")[0]["spikes"]["run-1"]
        assert not set(spikes) & set(kept)
        assert len(kept) >= SETTINGS.n_scans - 2 * len(spikes) - 2
    else:
        assert kept is None
