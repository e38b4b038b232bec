"""Saved models: which files there are, and what is in them."""

import json
import pickle
import re
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm import saving
from tests.glm.bids_rules import check_bids_path

import boldglm.glm.bids_files
from boldglm.exceptions import (
    ContrastError,
    ContrastWarning,
    ImageWarning,
    NotFittedError,
)
from boldglm.glm import save_glm_to_bids, threshold_stats_img
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel
from boldglm.reporting import get_clusters_table
from boldglm.reporting.gather import gather
from boldglm.reporting.report_options import checked_options

RUNS = [f"sub-01_ses-a_task-loc_run-{i}_space-MNI_bold.nii.gz" for i in (1, 2)]
MAPS = ["effect", "p", "t", "variance", "z"]


@pytest.fixture(autouse=True)
def asked(monkeypatch):
    """What the report of each saved model is asked; pages and pictures are empty."""
    saving.stub_pictures(monkeypatch)
    return saving.stub_reports(monkeypatch)


@pytest.fixture(scope="module")
def one_run():
    return saving.first_level(saving.run())


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return saving.first_level(saving.write_runs(folder, RUNS))


@pytest.fixture(scope="module")
def group():
    return saving.group(columns=("intercept", "age"))


def save(model, contrasts, folder, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ContrastWarning)
        save_glm_to_bids(model, contrasts, out_dir=folder, **options)
    return saving.written(folder)


def image(path):
    return nib.load(path).get_fdata()


def read_json(path):
    return json.loads(path.read_text(), parse_constant=pytest.fail)


def test_all_files_of_a_model_of_one_run(one_run, tmp_path):
    found = save(one_run, {"face": "face", "any": np.eye(3)[:2]}, tmp_path)
    f_maps = ["F", "effect", "p", "variance", "z"]
    assert found == sorted(
        [
            "dataset_description.json",
            "mask.nii.gz",
            "statmap.json",
            "report.html",
            "design.tsv",
            "design.json",
            "design.png",
            "corrdesign.png",
            "stat-errorts_statmap.nii.gz",
            "stat-rsquared_statmap.nii.gz",
            *(f"contrast-face_stat-{one}_statmap.nii.gz" for one in MAPS),
            *(f"contrast-any_stat-{one}_statmap.nii.gz" for one in f_maps),
            *(
                f"contrast-{one}_{what}"
                for one in ("face", "any")
                for what in ("design.png", "clusters.tsv", "clusters.json")
            ),
        ]
    )


def test_names_of_runs_follow_their_files(two_runs, tmp_path):
    found = save(two_runs, "face - house", tmp_path)
    for path in found:
        check_bids_path(path)
    start = "sub-01/sub-01_ses-a_task-loc"
    assert f"{start}_run-2_space-MNI_design.tsv" in found
    assert f"{start}_run-1_space-MNI_contrast-faceMinusHouse_design.png" in found
    assert f"{start}_space-MNI_contrast-faceMinusHouse_stat-t_statmap.nii.gz" in found
    assert {"sub-01/report.html", "sub-01/statmap.json"} <= set(found)
    assert "dataset_description.json" in found


def test_an_image_that_was_opened_is_known_by_its_file(tmp_path):
    (path,) = saving.write_runs(tmp_path / "in", RUNS[:1])
    model = saving.first_level(nib.load(path))
    found = save(model, None, tmp_path / "out")
    assert "sub-01/sub-01_ses-a_task-loc_run-1_space-MNI_design.tsv" in found


@pytest.mark.parametrize(
    "names",
    [
        ["sub-01_task-x_bold.nii", "sub-02_task-x_bold.nii"],
        ["run1.nii.gz", "run2.nii.gz"],
        ["my_run1.nii", "my_run2.nii"],
    ],
)
def test_files_without_a_common_subject_do_not_stop_it(names, tmp_path):
    """nilearn: 'NoneType' object has no attribute 'startswith'."""
    model = saving.first_level(saving.write_runs(tmp_path / "in", names))
    found = save(model, None, tmp_path / "out")
    assert {"run-1_design.tsv", "run-2_design.tsv", "report.html"} <= set(found)


def test_maps_are_those_of_the_model(two_runs, tmp_path):
    save(two_runs, {"c": "face - house"}, tmp_path, prefix="")
    images = two_runs.compute_contrast("face - house", output_type="all")
    words = {
        "effect_size": "effect",
        "stat": "t",
        "effect_variance": "variance",
        "z_score": "z",
        "p_value": "p",
    }
    for key, word in words.items():
        saved = image(tmp_path / f"contrast-c_stat-{word}_statmap.nii.gz")
        np.testing.assert_array_equal(saved, images[key].get_fdata())
    for index in (0, 1):
        start = f"run-{index + 1}_stat"
        residuals = image(tmp_path / f"{start}-errorts_statmap.nii.gz")
        np.testing.assert_array_equal(residuals, two_runs.residuals_[index].get_fdata())
        share = image(tmp_path / f"{start}-rsquared_statmap.nii.gz")
        np.testing.assert_array_equal(share, two_runs.r_square_[index].get_fdata())
    inside = image(tmp_path / "mask.nii.gz")
    np.testing.assert_array_equal(inside, saving.mask().get_fdata())


def test_designs_come_back_to_the_last_digit(two_runs, tmp_path):
    save(two_runs, None, tmp_path, prefix="")
    for index in (0, 1):
        table = pd.read_csv(tmp_path / f"run-{index + 1}_design.tsv", sep="\t")
        expected = two_runs.design_matrices_[index].reset_index(drop=True)
        pd.testing.assert_frame_equal(table, expected, check_exact=True)
        assert read_json(tmp_path / f"run-{index + 1}_design.json") == {
            "RepetitionTime": 2.0
        }


def test_without_a_repetition_time_none_is_said(tmp_path):
    model = FirstLevelModel(mask_img=saving.mask(), minimize_memory=False)
    model.fit(saving.run(), design_matrices=saving.design())
    save(model, None, tmp_path)
    assert read_json(tmp_path / "design.json") == {}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"two_sided": True, "alpha": 0.01},
        {"height_control": "bonferroni", "alpha": 0.05, "cluster_threshold": 3},
        {"height_control": None, "threshold": 2.0, "min_distance": 4.0},
    ],
)
def test_divergence_03_tables_are_of_the_z_map(one_run, tmp_path, options):
    """nilearn: of the map of variances, the last of the dict."""
    save(one_run, {"c": "face - house"}, tmp_path, **options)
    z = nib.load(tmp_path / "contrast-c_stat-z_statmap.nii.gz")
    sides = {"two_sided": options.get("two_sided", False)}
    size = {"cluster_threshold": options.get("cluster_threshold", 0)}
    how = {
        k: options[k] for k in ("alpha", "height_control", "threshold") if k in options
    }
    _, height = threshold_stats_img(z, **how, **sides, **size)
    expected = get_clusters_table(
        z, height, min_distance=options.get("min_distance", 8.0), **sides, **size
    )
    found = pd.read_csv(
        tmp_path / "contrast-c_clusters.tsv",
        sep="\t",
        keep_default_na=False,
        dtype={"Cluster ID": str},
    )
    assert len(found) > 0
    assert found["Cluster ID"].tolist() == expected["Cluster ID"].astype(str).tolist()
    for column in ("X", "Y", "Z", "Peak Stat"):
        np.testing.assert_array_equal(found[column], expected[column])
    sizes = found["Cluster Size (mm3)"].replace("n/a", "").astype(str)
    assert sizes.tolist() == expected["Cluster Size (mm3)"].astype(str).tolist()
    peak = np.argwhere(z.get_fdata() == found["Peak Stat"][0])[0]
    np.testing.assert_array_equal(found.loc[0, ["X", "Y", "Z"]], 4.0 * peak)
    said = read_json(tmp_path / "contrast-c_clusters.json")
    key = (
        "Threshold (computed)"
        if options.get("height_control", "") is not None
        else ("Threshold Z")
    )
    assert said[key] == height
    assert said["Minimum distance (mm)"] == options.get("min_distance", 8.0)
    assert said["Cluster size threshold (voxels)"] == size["cluster_threshold"]
    assert said["Two-sided"] is sides["two_sided"]


def test_further_peaks_have_no_size(one_run, tmp_path):
    options = {"height_control": None, "threshold": 0.2, "min_distance": 4.0}
    save(one_run, {"c": "face + house"}, tmp_path, **options)
    text = (tmp_path / "contrast-c_clusters.tsv").read_text()
    assert re.search("\n1a\t.*\tn/a\n", text)
    save(one_run, {"c": "face + house"}, tmp_path, **options | {"min_distance": 100.0})
    assert "1a" not in (tmp_path / "contrast-c_clusters.tsv").read_text()


def test_a_table_without_clusters_has_its_head(one_run, tmp_path):
    save(one_run, {"c": "face"}, tmp_path, height_control=None, threshold=1000.0)
    text = (tmp_path / "contrast-c_clusters.tsv").read_text()
    assert text == "Cluster ID\tX\tY\tZ\tPeak Stat\tCluster Size (mm3)\n"


def test_an_f_has_one_side(one_run, tmp_path):
    save(one_run, {"c": np.eye(3)[:2]}, tmp_path, two_sided=True, alpha=0.002)
    said = read_json(tmp_path / "contrast-c_clusters.json")
    _, height = threshold_stats_img(alpha=0.002, two_sided=False)
    assert said["Two-sided"] is False
    assert said["Threshold (computed)"] == height


def test_the_threshold_that_nothing_reaches_is_null(tmp_path):
    noise = np.random.default_rng(0).standard_normal((*saving.SHAPE, 30))
    noise = nib.Nifti1Image(100 + noise, saving.AFFINE)
    save(saving.first_level(noise), {"c": "house"}, tmp_path, height_control="fdr")
    said = read_json(tmp_path / "contrast-c_clusters.json")
    assert said["Threshold (computed)"] is None


def test_the_kind_in_a_name_is_that_of_the_map(one_run, tmp_path, asked):
    """nilearn: the name follows `contrast_types`, and the map does not."""
    contrasts = {"one": "face", "row": np.array([[1.0, 0, 0]]), "f": "face"}
    found = save(one_run, contrasts, tmp_path, contrast_types={"f": "F"})
    assert "contrast-row_stat-t_statmap.nii.gz" in found
    t = image(tmp_path / "contrast-one_stat-t_statmap.nii.gz")
    f = image(tmp_path / "contrast-f_stat-F_statmap.nii.gz")
    np.testing.assert_allclose(f, t**2, rtol=1e-4)
    assert asked[0]["contrast_types"] == {"f": "F"}


def test_the_report_tests_what_the_maps_test(one_run, tmp_path, monkeypatch):
    monkeypatch.undo()
    saving.stub_pictures(monkeypatch)
    options = {"contrast_types": {"c": "F"}, "bg_img": None, "two_sided": True}
    save(one_run, {"c": "face"}, tmp_path, **options)
    page = (tmp_path / "report.html").read_text()
    assert "<dd>F test" in page
    assert "<dd>t test" not in page


def test_small_clusters_are_left_out_of_the_table(one_run, tmp_path):
    sizes = []
    for at_least in (0, 3):
        save(one_run, {"c": "face - house"}, tmp_path, alpha=0.2, height_control="fpr",
             cluster_threshold=at_least)  # fmt: skip
        table = pd.read_csv(tmp_path / "contrast-c_clusters.tsv", sep="\t")
        sizes.append(pd.to_numeric(table["Cluster Size (mm3)"], errors="coerce").min())
    voxel = float(np.prod(np.diag(saving.AFFINE)[:3]))
    assert sizes[0] < 3 * voxel <= sizes[1]


def test_a_contrast_may_differ_from_run_to_run(two_runs, tmp_path):
    found = save(two_runs, {"c": ["face", "house"]}, tmp_path, prefix="")
    effect = image(tmp_path / "contrast-c_stat-effect_statmap.nii.gz")
    expected = two_runs.compute_contrast(["face", "house"], output_type="effect_size")
    np.testing.assert_array_equal(effect, expected.get_fdata())
    pictures = {f"run-{run}_contrast-c_design.png" for run in (1, 2)}
    assert pictures <= set(found)


def test_a_run_that_lacks_a_column_has_no_picture_of_the_contrast(tmp_path):
    other = saving.design().rename(columns={"house": "cat"})
    model = FirstLevelModel(mask_img=saving.mask(), minimize_memory=False)
    model.fit([saving.run(), saving.run(1)], design_matrices=[saving.design(), other])
    found = save(model, {"c": "house"}, tmp_path)
    assert "run-1_contrast-c_design.png" in found
    assert "run-2_contrast-c_design.png" not in found


def test_a_design_of_constants_has_no_picture_of_correlations(tmp_path):
    drifts = pd.DataFrame({"drift_1": np.linspace(-1, 1, 30), "constant": 1.0})
    model = FirstLevelModel(mask_img=saving.mask(), minimize_memory=False)
    model.fit(saving.run(), design_matrices=drifts)
    found = save(model, None, tmp_path)
    assert "design.png" in found
    assert "corrdesign.png" not in found


def test_without_the_data_there_are_no_residuals_and_this_is_told(tmp_path):
    model = saving.first_level(saving.run(), minimize_memory=True)
    with pytest.warns(ImageWarning, match="residuals are not saved.*minimize_memory"):
        save_glm_to_bids(model, "face", out_dir=tmp_path)
    found = saving.written(tmp_path)
    assert "stat-errorts_statmap.nii.gz" not in found
    assert "stat-rsquared_statmap.nii.gz" in found


def test_a_model_that_was_loaded_can_be_saved(two_runs, tmp_path):
    two_runs.save(tmp_path / "model.npz")
    model = FirstLevelModel.load(tmp_path / "model.npz")
    with pytest.warns(ImageWarning, match="residuals are not saved"):
        save_glm_to_bids(model, "face", out_dir=tmp_path / "out")
    name = "sub-01/sub-01_ses-a_task-loc_space-MNI_contrast-face_stat-t_statmap.nii.gz"
    t = model.compute_contrast("face", output_type="stat")
    np.testing.assert_array_equal(image(tmp_path / "out" / name), t.get_fdata())


def test_parameters_are_told(two_runs, tmp_path):
    save(two_runs, None, tmp_path, prefix="")
    said = read_json(tmp_path / "statmap.json")["ModelParameters"]
    assert said["noise_model"] == "ols"
    # The designs were given: this one had no effect
    assert "hrf_model" not in said
    events = pd.DataFrame({"onset": [0.0, 20, 40], "duration": 10, "trial_type": "a"})
    model = FirstLevelModel(t_r=2.0, mask_img=saving.mask(), minimize_memory=False)
    save(model.fit(saving.run(), events=events), "a", tmp_path / "made")
    said = read_json(tmp_path / "made" / "statmap.json")["ModelParameters"]
    assert said["hrf_model"] == "glover"


def test_all_files_of_a_group(group, tmp_path):
    found = save(group, ["intercept", "age"], tmp_path, prefix="task-loc")
    for path in found:
        check_bids_path(path)
    rest = [path for path in found if "contrast" not in path]
    assert rest == sorted(
        [
            "dataset_description.json",
            *(
                f"group/task-loc_{name}"
                for name in (
                    "corrdesign.png",
                    "design.png",
                    "design.tsv",
                    "mask.nii.gz",
                    "report.html",
                    "stat-errorts_statmap.nii.gz",
                    "stat-rsquared_statmap.nii.gz",
                    "statmap.json",
                )
            ),
        ]
    )
    start = tmp_path / "group" / "task-loc_contrast-age"
    z = group.compute_contrast("age").get_fdata()
    np.testing.assert_array_equal(image(f"{start}_stat-z_statmap.nii.gz"), z)
    residuals = image(tmp_path / "group" / "task-loc_stat-errorts_statmap.nii.gz")
    np.testing.assert_array_equal(residuals, group.residuals_.get_fdata())


def test_rows_of_a_group_are_an_f(group, tmp_path):
    found = save(group, {"any": ["intercept", "age"]}, tmp_path)
    assert "group/contrast-any_stat-F_statmap.nii.gz" in found


def test_a_group_of_several_maps_is_asked_for_one(tmp_path, asked):
    subjects = ["01", "02", "03", "04"]
    rng = np.random.default_rng(0)
    rows = []
    for subject in subjects:
        for name in ("faces", "houses"):
            path = tmp_path / f"{subject}_{name}.nii"
            shift = 5.0 * (name == "faces")
            maps = shift + rng.standard_normal(saving.SHAPE)
            nib.save(nib.Nifti1Image(maps, saving.AFFINE), path)
            rows.append((subject, name, str(path)))
    columns = ["subject_label", "map_name", "effects_map_path"]
    model = SecondLevelModel(mask_img=saving.mask(), minimize_memory=False)
    model.fit(
        pd.DataFrame(rows, columns=columns),
        design_matrix=pd.DataFrame({"intercept": np.ones(4)}),
    )
    model.compute_contrast("intercept", "houses")
    before = model.results_[0.0].theta.copy()
    save(model, "intercept", tmp_path / "out", first_level_contrast="faces")
    effect = image(
        tmp_path / "out" / "group" / "contrast-intercept_stat-effect_statmap.nii.gz"
    )
    inside = saving.mask().get_fdata() > 0
    assert 4 < effect[inside].mean() < 6
    assert asked[0]["first_level_contrast"] == "faces"
    # The model still has the results that it had
    np.testing.assert_array_equal(model.results_[0.0].theta, before)
    assert len(model._groups) == 1


def test_a_group_of_models_can_be_saved_without_contrasts(tmp_path):
    firsts = [saving.first_level(saving.run(seed)) for seed in range(3)]
    model = SecondLevelModel(mask_img=saving.mask(), minimize_memory=False)
    model.fit(firsts, design_matrix=pd.DataFrame({"intercept": np.ones(3)}))
    with pytest.warns(ImageWarning, match="nobody said which maps"):
        found = save(model, None, tmp_path / "unsaid")
    assert "group/design.tsv" in found
    assert not [name for name in found if "statmap.nii" in name]
    found = save(model, None, tmp_path / "said", first_level_contrast="face")
    assert "group/stat-errorts_statmap.nii.gz" in found
    assert model._groups == {}
    share = image(tmp_path / "said" / "group" / "stat-rsquared_statmap.nii.gz")
    model.compute_contrast("intercept", "face")
    np.testing.assert_array_equal(share, model.r_square_.get_fdata())
    # what was asked for last is not what is saved
    with pytest.warns(ImageWarning, match="nobody said which maps"):
        save(model, None, tmp_path / "unsaid")


def test_a_first_level_has_no_first_level_contrast(one_run, tmp_path, asked):
    with pytest.warns(ContrastWarning, match="first_level_contrast='a' is for groups"):
        save_glm_to_bids(one_run, "face", "a", out_dir=tmp_path)
    assert "first_level_contrast" not in asked[0]


def test_the_report_is_asked_what_was_asked(one_run, tmp_path, asked):
    contrasts = {"a": "face", "b": np.eye(3)[:2]}
    save(one_run, contrasts, tmp_path, title="Mine", alpha=0.01, report_dims=(9, 9))
    (options,) = asked
    assert options.pop("contrasts") == contrasts
    assert options.pop("contrast_types") == {}
    assert options == {"title": "Mine", "alpha": 0.01, "report_dims": (9, 9)}
    save(one_run, None, tmp_path)
    assert asked[1]["contrasts"] is None


def test_the_model_and_what_is_given_stay_as_they_are(one_run, tmp_path, readonly):
    contrasts = {"a": readonly(np.array([1.0, 0, 0])), "b": ["face"]}
    before = pickle.dumps(one_run)
    saved = save_glm_to_bids(one_run, contrasts, out_dir=tmp_path)
    assert saved is one_run
    assert pickle.dumps(one_run) == before
    assert contrasts["b"] == ["face"]


def test_a_group_stays_as_it_is(group, tmp_path):
    before = sorted(vars(group)), len(group._groups)
    save(group, "age", tmp_path)
    assert (sorted(vars(group)), len(group._groups)) == before


def test_an_unknown_keyword_is_told_with_those_that_are_known(one_run, tmp_path):
    with pytest.raises(
        ValueError, match="'heigth_control': the report knows title, bg_img"
    ):
        save(one_run, "face", tmp_path / "out", heigth_control="fdr")
    with pytest.raises(ValueError, match="Extra key-words 'contrast'"):
        save(one_run, "face", tmp_path / "out", contrast="a")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "mistake",
    [
        {"contrasts": {"ok": "face", "wrong": "cat"}},
        {"contrasts": {1: "face"}},
        {"contrasts": {"a-b": "face", "a - b": "house"}},
        {"contrast_types": {"cat": "F"}},
        {"prefix": "a/b"},
        {"prefix": 1},
        {"alpha": 2},
        {"plot_type": "cube"},
        {"height_control": "magic"},
    ],
    ids=str,
)
def test_a_mistake_writes_nothing_and_changes_nothing(one_run, tmp_path, mistake):
    save(one_run, "face", tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    before = {name: (tmp_path / name).read_bytes() for name in saving.written(tmp_path)}
    options = {"contrasts": "house", **mistake}
    with pytest.raises((ContrastError, TypeError, ValueError)):
        save(one_run, options.pop("contrasts"), tmp_path, **options)
    after = {name: (tmp_path / name).read_bytes() for name in saving.written(tmp_path)}
    assert after == before
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_a_disk_that_fails_in_the_middle_leaves_nothing(one_run, tmp_path, monkeypatch):
    monkeypatch.setattr(
        boldglm.glm.bids_files, "save_runs", lambda *_: (_ for _ in ()).throw(OSError)
    )
    with pytest.raises(OSError):  # noqa: PT011
        save(one_run, "face", tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())


def test_a_description_that_says_all_of_it_is_not_written_again(one_run, tmp_path):
    save(one_run, "face", tmp_path)
    path = tmp_path / "dataset_description.json"
    mine = json.dumps(read_json(path))
    path.write_text(mine)
    save(one_run, "face", tmp_path)
    assert path.read_text() == mine


def test_files_of_others_stay_and_ones_own_are_replaced(one_run, tmp_path):
    save(one_run, "face", tmp_path)
    (tmp_path / "contrast-mine_design.png").write_text("mine")
    (tmp_path / "design.tsv").write_text("old")
    (tmp_path / "dataset_description.json").write_text(
        '{"Name": "x", "GeneratedBy": [{"Name": "fMRIPrep"}]}'
    )
    save(one_run, "face", tmp_path)
    assert (tmp_path / "contrast-mine_design.png").read_text() == "mine"
    assert (tmp_path / "design.tsv").read_text().startswith("face\thouse")
    programs = read_json(tmp_path / "dataset_description.json")["GeneratedBy"]
    assert [one["Name"] for one in programs] == ["fMRIPrep", "boldglm"]


def test_json_has_sorted_keys(one_run, tmp_path):
    save(one_run, "face", tmp_path)
    files = list(tmp_path.glob("*.json"))
    assert len(files) == 4
    for path in files:
        content = read_json(path)
        assert list(content) == sorted(content), path


def test_changed_names_are_told_once(one_run, tmp_path):
    with pytest.warns(ContrastWarning) as told:
        save_glm_to_bids(one_run, ["face - house"], out_dir=tmp_path)
    assert len(told) == 1
    assert Path(told[0].filename).name == "test_io.py"


def test_a_warning_comes_once(one_run, tmp_path):
    with pytest.warns(ContrastWarning, match="padded") as told:
        save_glm_to_bids(one_run, {"c": np.array([1.0, -1.0])}, out_dir=tmp_path)
    assert len(told) == 1


def test_that_a_threshold_is_not_used_is_left_to_the_report(one_run, tmp_path):
    save_glm_to_bids(one_run, "face", out_dir=tmp_path, threshold=5.0)
    said = read_json(tmp_path / "contrast-face_clusters.json")
    assert said["Threshold (computed)"] == threshold_stats_img(two_sided=False)[1]


def test_only_fitted_models_can_be_saved(tmp_path):
    with pytest.raises(NotFittedError, match="has not been fitted"):
        save_glm_to_bids(FirstLevelModel(), "a", out_dir=tmp_path)
    with pytest.raises(NotFittedError, match="has not been fitted"):
        save_glm_to_bids(SecondLevelModel(), "a", out_dir=tmp_path)
    with pytest.raises(TypeError, match="model is a str; expected a fitted"):
        save_glm_to_bids("model", "a", out_dir=tmp_path)


def test_the_function_is_where_scripts_look_for_it():
    import boldglm.interfaces.bids
    from boldglm.glm import io

    assert boldglm.interfaces.bids.save_glm_to_bids is io.save_glm_to_bids
    assert boldglm.glm.save_glm_to_bids is io.save_glm_to_bids


def test_tables_are_those_of_the_report(one_run, tmp_path):
    options = {"two_sided": True, "alpha": 0.01, "min_distance": 4.0}
    contrasts = {"c": "face - house", "any": np.eye(3)[:2]}
    save(one_run, contrasts, tmp_path, bg_img=None, **options)
    asked = checked_options(contrasts=contrasts, bg_img=None, **options)
    for one in gather(one_run, asked).contrasts:
        table = pd.read_csv(
            tmp_path / f"contrast-{one.name}_clusters.tsv",
            sep="\t",
            na_values="n/a",
            dtype={"Cluster ID": str},
        )
        assert len(table) == len(one.clusters) > 0
        for row, cluster in zip(
            table.itertuples(index=False), one.clusters, strict=True
        ):
            label, *numbers, size = row
            assert label == cluster.label
            assert numbers == [cluster.x, cluster.y, cluster.z, cluster.peak]
            assert size == cluster.size or (np.isnan(size) and cluster.size is None)
        said = read_json(tmp_path / f"contrast-{one.name}_clusters.json")
        assert said["Threshold (computed)"] == one.height
        assert said["Two-sided"] is one.two_sided


@pytest.mark.parametrize("control", ["fpr", "fdr", "bonferroni"])
def test_a_map_of_nothing_has_an_empty_table(tmp_path, control):
    flat = nib.Nifti1Image(np.full((*saving.SHAPE, 30), 7.0), saving.AFFINE)
    save(saving.first_level(flat), {"c": "face"}, tmp_path, height_control=control)
    said = read_json(tmp_path / "contrast-c_clusters.json")
    assert said["Threshold (computed)"] is None


def test_a_height_that_is_not_said_is_that_of_the_report(one_run, tmp_path):
    save(one_run, {"c": "face"}, tmp_path, height_control=None)
    said = read_json(tmp_path / "contrast-c_clusters.json")
    assert said["Threshold Z"] == checked_options(height_control=None).threshold


def test_pages_and_pictures_are_such(two_runs, tmp_path, monkeypatch):
    monkeypatch.undo()
    save(two_runs, {"c": "face - house"}, tmp_path, prefix="pilot", bg_img=None)
    page = (tmp_path / "pilot_report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert "face - house" in page
    pictures = list(tmp_path.glob("*.png"))
    assert len(pictures) == 2 * 3
    for path in pictures:
        assert path.read_bytes().startswith(b"\x89PNG\r\n")
