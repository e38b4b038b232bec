"""What a model remembers of its fit, and how a saved model keeps it."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.warnings import DesignWarning
from boldglm.core.noise import noise_model
from boldglm.core.whiteness import Whiteness, whiteness
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.first_level.fit_record import record_from_text
from boldglm.maskers import NiftiMasker


@pytest.fixture
def files(table, tmp_path):
    """A run, its events and its confounds, on disk."""
    rng = np.random.default_rng(3)
    names = {name: str(tmp_path / name) for name in ("bold.nii.gz", "events.tsv")}
    nib.save(sim.image(table), names["bold.nii.gz"])
    table.to_csv(names["events.tsv"], sep="\t", index=False)
    confounds = pd.DataFrame(
        rng.standard_normal((sim.N_SCANS, 2)), columns=["trans_x", "rot_z"]
    )
    return names, confounds


def test_files_events_and_confounds_are_remembered(files, table, brain):
    names, confounds = files
    keep = np.arange(sim.N_SCANS - 5)
    model = FirstLevelModel(t_r=sim.T_R, mask_img=brain)
    model.fit(names["bold.nii.gz"], names["events.tsv"], confounds, keep)
    record = model._record
    (run,) = record.runs
    assert run.image == run.image_file == names["bold.nii.gz"]
    assert run.events_file == names["events.tsv"]
    assert run.confounds_file == run.design_file == ""
    assert not run.designed
    assert run.n_confounds == 2
    assert run.shape == (*sim.SHAPE, sim.N_SCANS)
    assert run.voxel_size == (3.0, 3.0, 3.5)
    assert (run.scans, run.kept) == (sim.N_SCANS, sim.N_SCANS - 5)
    shown = pd.DataFrame(dict(run.events)).sort_values("onset", ignore_index=True)
    assert shown["onset"].tolist() == table["onset"].tolist()
    assert shown["trial_type"].tolist() == table["trial_type"].tolist()
    assert shown["duration"].unique().tolist() == [10.0]
    assert record.mask == "Nifti1Image of shape (10, 11, 12)"


def test_given_designs_and_images_in_memory_are_said_to_be_so(table):
    # an own image: nibabel notes on one where it was last written
    run, design = sim.image(table), sim.design(table)
    model = FirstLevelModel(mask_img=False).fit(run, design_matrices=design)
    (one,) = model._record.runs
    assert one.designed
    assert one.image_file == ""
    assert one.image.startswith("Nifti1Image of shape")
    assert one.events == {}
    assert model._record.mask == "none: every voxel"


def test_a_mask_that_is_computed_is_said_to_be_so(table, rng):
    data = np.zeros((12, 12, 12, sim.N_SCANS), np.float32)
    noise = rng.standard_normal((8, 8, 8, sim.N_SCANS)).astype(np.float32)
    data[2:-2, 2:-2, 2:-2] = 1000 + 10 * noise
    bright = nib.Nifti1Image(data, np.diag([3.0, 3, 3, 1]))
    model = FirstLevelModel().fit(bright, design_matrices=sim.design(table))
    assert model._record.mask == "computed from the images"


def test_warnings_of_the_fit_are_remembered_though_nobody_sees_them(run, table, brain):
    model = FirstLevelModel(t_r=3, mask_img=brain)
    with pytest.warns(DesignWarning, match="will be ignored") as told:
        model.fit(run, table, design_matrices=sim.design(table))
    assert model._record.warnings == tuple(str(one.message) for one in told)
    with pytest.warns(DesignWarning):
        model.fit(run, table, design_matrices=sim.design(table))
    assert len(model._record.warnings) == 1


@pytest.mark.parametrize("minimize_memory", [True, False])
@pytest.mark.parametrize("noise", ["ols", "ar1", "ar2"])
def test_whiteness_is_that_of_some_voxels_however_the_run_is_read(
    run, table, brain, noise, minimize_memory
):
    model = FirstLevelModel(
        mask_img=brain, noise_model=noise, minimize_memory=minimize_memory
    )
    design = sim.design(table)
    model.fit(run, design_matrices=design)
    data = model.masker_.transform(run)
    n_some = min(500, data.shape[1])
    at = np.linspace(0, data.shape[1] - 1, n_some).astype(int)
    expected = whiteness(data[:, at], design.to_numpy(float), noise_model(noise))
    found = model._record.runs[0].whiteness
    assert found.n_voxels == expected.n_voxels
    np.testing.assert_allclose(found.before, expected.before, atol=2e-5)
    np.testing.assert_allclose(found.after, expected.after, atol=2e-5)


@pytest.mark.parametrize(
    "options", [{}, {"standardize": True}, {"signal_scaling": (0, 1)}]
)
def test_without_a_constant_whiteness_is_that_of_the_scaled_series(
    run, table, brain, options
):
    design = sim.design(table)[["a", "b"]]
    design -= design.mean()
    found = [
        FirstLevelModel(mask_img=brain, minimize_memory=lean, **options)
        .fit(run, design_matrices=design)
        ._record.runs[0]
        .whiteness
        for lean in (True, False)
    ]
    np.testing.assert_allclose(found[0].before, found[1].before, atol=1e-4)
    np.testing.assert_allclose(found[0].after, found[1].after, atol=1e-4)
    assert found[0].before[0, 2] < 0.9


def test_what_the_masker_did_is_remembered(run, table, brain, tmp_path):
    masker = NiftiMasker(
        brain, smoothing_fwhm=[4, 5, 6], detrend=True, high_pass=0.01, t_r=sim.T_R
    )
    model = FirstLevelModel(mask_img=masker, signal_scaling=False)
    model.fit(run, design_matrices=sim.design(table))
    expected = {"smoothing_fwhm": [4, 5, 6], "detrend": True, "high_pass": 0.01}
    assert model._record.treatment == expected
    model.save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    assert loaded._record == model._record


def test_without_reports_nothing_is_remembered(run, table, brain):
    model = FirstLevelModel(mask_img=brain, reports=False)
    assert model.fit(run, design_matrices=sim.design(table))._record is None


def test_runs_of_a_few_scans_are_not_looked_at(run, table, brain):
    short = run.slicer[..., :18]
    design = sim.design(table)[["a", "constant"]].iloc[:18]
    model = FirstLevelModel(mask_img=brain).fit(short, design_matrices=design)
    assert model._record.runs[0].whiteness is None


def test_a_record_survives_text_and_a_saved_model(files, brain, tmp_path):
    names, confounds = files
    model = FirstLevelModel(t_r=sim.T_R, mask_img=brain)
    model.fit(names["bold.nii.gz"], names["events.tsv"], confounds)
    text = json.loads(json.dumps(model._record.as_text()))
    model.save(tmp_path / "model.npz")
    for again in (
        record_from_text(text),
        FirstLevelModel.load(tmp_path / "model.npz")._record,
    ):
        white, expected = again.runs[0].whiteness, model._record.runs[0].whiteness
        np.testing.assert_array_equal(white.after, expected.after)
        assert white.n_voxels == expected.n_voxels
        assert again.as_text() == model._record.as_text()
        assert again == model._record


def rewritten(path, change):
    """Change the header of the file of a model."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    header = json.loads(str(arrays["header"]))
    change(header)
    arrays["header"] = np.array(json.dumps(header))
    np.savez(path, **arrays)


@pytest.fixture
def saved(run, table, brain, tmp_path):
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=sim.design(table))
    model.save(tmp_path / "model.npz")
    return model, tmp_path / "model.npz"


def test_what_later_versions_may_remember_is_left_out(saved):
    def add(header):
        record = header["record"]
        for one in (record, record["runs"][0], record["runs"][0]["whiteness"]):
            one["of later"] = [1]

    model, path = saved
    rewritten(path, add)
    assert FirstLevelModel.load(path)._record == model._record


def test_files_of_earlier_versions_know_less_of_the_residuals(saved):
    def take_away(header):
        white = header["record"]["runs"][0]["whiteness"]
        for name in white.keys() - {"n_scans", "n_voxels", "before", "after"}:
            del white[name]

    model, path = saved
    rewritten(path, take_away)
    found = FirstLevelModel.load(path)._record.runs[0].whiteness
    known = model._record.runs[0].whiteness
    np.testing.assert_array_equal(found.after, known.after)
    assert np.isnan(found.white)
    assert found.frequencies.size == found.power_after.size == 0


def test_what_is_not_known_is_null_in_the_file(saved):
    model, _ = saved
    (run,) = model._record.runs
    nothing = np.full((3, 5), np.nan)
    unknown = replace(run, whiteness=Whiteness(100, 0, nothing, nothing))
    record = replace(model._record, runs=(unknown,))
    text = json.dumps(record.as_text(), allow_nan=False)
    assert record_from_text(json.loads(text)) == record
    known = json.loads(json.dumps(model._record.as_text(), allow_nan=False))
    white = known["runs"][0]["whiteness"]
    assert white["white"] == run.whiteness.white
    assert white["power_after"] == run.whiteness.power_after.tolist()
    again = record_from_text(known).runs[0].whiteness
    assert isinstance(again.white, float)
    assert again == run.whiteness


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record.pop("runs"),
        lambda record: record.update(runs=3),
        lambda record: record.update(runs=["run"]),
        lambda record: record["runs"][0].pop("shape"),
        lambda record: record["runs"][0]["whiteness"].update(before="white"),
        lambda record: record["runs"][0]["whiteness"].update(power_after="white"),
        lambda record: record["runs"][0]["whiteness"].pop("before"),
    ],
)
def test_a_damaged_record_costs_the_record_only(saved, damage):
    model, path = saved
    rewritten(path, lambda header: damage(header["record"]))
    with pytest.warns(DesignWarning, match="remembers of its fit cannot be read"):
        loaded = FirstLevelModel.load(path)
    assert loaded._record is None
    one, other = (each.compute_contrast("a").get_fdata() for each in (model, loaded))
    np.testing.assert_array_equal(one, other)


def test_the_space_that_the_header_names_is_kept(run, table, brain, tmp_path):
    named = nib.Nifti1Image(np.asarray(brain.dataobj), brain.affine)
    named.set_sform(brain.affine, "mni")
    named.set_qform(brain.affine, "scanner")
    model = FirstLevelModel(mask_img=named).fit(run, design_matrices=sim.design(table))
    model.save(tmp_path / "model.npz")
    header = FirstLevelModel.load(tmp_path / "model.npz").mask_img_.header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 1)


def test_files_that_were_saved_before_there_were_records_can_be_read(saved):
    def take_away(header):
        del header["record"], header["space"]

    _, path = saved
    rewritten(path, take_away)
    loaded = FirstLevelModel.load(path)
    assert loaded._record is None
    assert int(loaded.mask_img_.header["sform_code"]) == 2
