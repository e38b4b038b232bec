"""A saved model gives the same contrasts, and foreign files give one clear error."""

import json
import pickle
import stat

import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as sim

from boldglm._base.errors import ImageFileError, NotFittedError
from boldglm._base.warnings import ContrastWarning, DesignWarning
from boldglm.glm.first_level import FirstLevelModel

MAPS = ["z_score", "stat", "p_value", "effect_size", "effect_variance"]


def same_maps(one, other, contrast, stat_type=None):
    first = one.compute_contrast(contrast, stat_type, "all")
    second = other.compute_contrast(contrast, stat_type, "all")
    assert all(
        first[name].get_fdata().tobytes() == second[name].get_fdata().tobytes()
        and np.array_equal(first[name].affine, second[name].affine)
        for name in MAPS
    )


@pytest.fixture
def saved(fitted, tmp_path):
    """A saved model: the path of its file."""
    fitted.save(tmp_path / "model.npz")
    return tmp_path / "model.npz"


@pytest.mark.parametrize(
    "noise", ["ols", "ols+2", "ar1", "ar3", "ar1+", "auto2", "arma11"]
)
@pytest.mark.parametrize("first_scans", ["conditional", "exact"])
def test_contrasts_of_a_loaded_model_are_the_same_to_the_bit(
    table, brain, tmp_path, noise, first_scans
):
    model = FirstLevelModel(
        mask_img=brain, noise_model=noise, first_scans=first_scans, signal_scaling=False
    )
    model.fit(
        [sim.image(table, seed) for seed in (0, 1)],
        design_matrices=[sim.design(table), sim.design(table)[["b", "a", "constant"]]],
    )
    model.save(str(tmp_path / "model.npz"))
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    same_maps(model, loaded, "a - b")
    with pytest.warns(ContrastWarning, match="approximate fixed effects on F"):
        same_maps(model, loaded, "a", "F")
    for mine, its in zip(model.r_square_, loaded.r_square_, strict=True):
        assert np.array_equal(mine.get_fdata(), its.get_fdata())


@pytest.mark.parametrize("noise", ["ar1", "auto2"])
def test_a_loaded_model_knows_which_scans_were_left_out(
    run, table, brain, tmp_path, noise
):
    kept = np.setdiff1d(np.arange(sim.N_SCANS), [3, 4, 20, *range(50, 68)])
    model = FirstLevelModel(
        t_r=sim.T_R, mask_img=brain, noise_model=noise, first_scans="exact"
    )
    model.fit(run, table, sample_masks=kept).save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    same_maps(model, loaded, "a - b")
    line, expected = (one.fits_[0].forms.lags.line for one in (loaded, model))
    np.testing.assert_array_equal(line.places, expected.places)
    np.testing.assert_array_equal(line.starts, expected.starts)
    assert (line.hidden.size, line.starts.size) == (3, 2)
    for mine, its in zip(model.log_likelihood_, loaded.log_likelihood_, strict=True):
        np.testing.assert_array_equal(mine.get_fdata(), its.get_fdata())


def test_bins_and_designs_made_from_events_are_kept(run, table, brain, tmp_path):
    model = FirstLevelModel(
        t_r=2, hrf_model="fir", fir_delays=[0, 2], mask_img=brain, subject_label="s1"
    )
    model.fit(run, table, bins=100).save(tmp_path / "model")
    loaded = FirstLevelModel.load(tmp_path / "model")
    same_maps(model, loaded, "a_delay_2")
    assert loaded.fits_[0].noise.bins == 100
    assert np.array_equal(loaded.labels_[0], model.labels_[0])
    assert (loaded.fir_delays, loaded.subject_label) == ([0, 2], "s1")
    assert loaded.n_elements_ == model.n_elements_
    pd.testing.assert_frame_equal(
        loaded.design_matrices_[0], model.design_matrices_[0], check_index_type=False
    )


@pytest.mark.parametrize(
    "relabel",
    [
        lambda frame: frame.set_axis(range(4), axis=1),
        lambda frame: frame.set_axis([f"scan {i}" for i in range(len(frame))]),
        lambda frame: frame.set_axis(["é ü", "a'b\"c", "", "0"], axis=1),
        lambda frame: frame.set_axis(
            pd.MultiIndex.from_product([["x", "y"], ["p", "q"]]), axis=1
        ),
    ],
)
def test_names_of_scans_and_columns_come_back(run, table, brain, tmp_path, relabel):
    design = relabel(sim.design(table))
    model = FirstLevelModel(mask_img=brain).fit(run, design_matrices=design)
    model.save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    pd.testing.assert_frame_equal(
        loaded.design_matrices_[0],
        model.design_matrices_[0],
        check_index_type=False,
        check_column_type=False,
    )


def test_the_data_are_not_in_the_file(run, table, brain, tmp_path):
    model = FirstLevelModel(mask_img=brain, minimize_memory=False)
    model.fit(run, design_matrices=sim.design(table)).save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    with pytest.raises(AttributeError, match="data were not kept"):
        loaded.residuals_  # noqa: B018
    size = np.asarray(run.dataobj).nbytes
    assert (tmp_path / "model.npz").stat().st_size < size / 2


def test_a_loaded_model_can_be_fitted_again(saved, run, table, brain):
    model = FirstLevelModel.load(saved).set_params(mask_img=brain)
    model.fit(run, design_matrices=sim.design(table))
    same_maps(model, FirstLevelModel.load(saved), "a")


# --- writing ---


def test_only_a_fitted_model_can_be_saved(tmp_path):
    with pytest.raises(NotFittedError, match="has not been fitted yet"):
        FirstLevelModel().save(tmp_path / "model.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_named(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"folder '.*nowhere' does not exist"):
        fitted.save(tmp_path / "nowhere" / "model.npz")


def test_a_home_folder_is_found(fitted, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fitted.save("~/model.npz")
    same_maps(fitted, FirstLevelModel.load("~/model.npz"), "a")


def test_a_write_that_fails_leaves_the_file_before_it(saved, fitted, monkeypatch):
    """The disk is full: no half file, no temporary ones, the old model intact."""
    before = saved.read_bytes()

    def full(file, **arrays):
        file.write(b"half a mod")
        msg = "No space left on device"
        raise OSError(msg)

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        fitted.save(saved)
    assert saved.read_bytes() == before
    assert [file.name for file in saved.parent.iterdir()] == ["model.npz"]


def test_the_file_is_as_readable_as_any_other(saved):
    other = saved.parent / "other"
    other.touch()
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


# --- foreign and damaged files ---


def refused(path, match="is not a model that boldglm saved, or is damaged"):
    with pytest.raises(ImageFileError, match=match):
        FirstLevelModel.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npz does not exist"):
        FirstLevelModel.load(tmp_path / "nowhere.npz")


class Explosive:
    """Would run code if it were unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("the file was unpickled",))


def test_pickles_are_refused_not_run(tmp_path):
    path = tmp_path / "model.npz"
    path.write_bytes(pickle.dumps(Explosive()))
    refused(path)
    np.save(tmp_path / "model.npy", np.array([Explosive()], dtype=object))
    refused(tmp_path / "model.npy")
    np.savez(path, header=np.array([Explosive()], dtype=object))
    refused(path)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.99])
def test_truncated_files_are_refused(saved, part):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(part * len(content))])
    refused(saved)


def test_a_flipped_bit_is_noticed(saved):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 0xFF
    saved.write_bytes(bytes(content))
    refused(saved)


def test_other_peoples_files_are_refused(tmp_path, run):
    np.save(tmp_path / "array.npy", np.ones(3))
    np.savez(tmp_path / "arrays.npz", X=np.ones((3, 2)))
    run.to_filename(tmp_path / "run.nii")
    (tmp_path / "text.npz").write_text("onset\tduration\n")
    for file in tmp_path.iterdir():
        refused(file)


def test_a_later_format_says_what_to_do(saved):
    with np.load(saved) as stored:
        arrays = {name: stored[name] for name in stored.files}
    header = json.loads(str(arrays["header"]))
    arrays["header"] = np.array(json.dumps({**header, "format": 99}))
    np.savez(saved, **arrays)
    refused(saved, "has format 99; this version of boldglm reads format 1")


@pytest.mark.parametrize("array", ["run0_beta", "run0_sigma2", "mask", "run0_design"])
def test_arrays_that_are_missing_or_do_not_fit_are_noticed(saved, array):
    with np.load(saved) as stored:
        arrays = {name: stored[name] for name in stored.files}
    np.savez(saved, **{k: v for k, v in arrays.items() if k != array})
    refused(saved)
    np.savez(saved, **{**arrays, array: arrays[array][..., :3]})
    refused(saved)


def test_parameters_that_text_cannot_hold_are_named_when_loading(
    run, table, brain, tmp_path
):
    def boxcar(t_r, oversampling):
        return np.ones(oversampling)

    model = FirstLevelModel(t_r=2, hrf_model=boxcar, mask_img=brain).fit(run, table)
    model.save(tmp_path / "model.npz")
    with pytest.warns(DesignWarning, match="hrf_model are back at their defaults"):
        loaded = FirstLevelModel.load(tmp_path / "model.npz")
    same_maps(model, loaded, "a_boxcar")


def test_another_fit_of_a_loaded_model_is_on_the_same_voxels(
    run, table, brain, tmp_path
):
    model = FirstLevelModel(t_r=2, mask_img=brain, signal_scaling=(0, 1))
    model.fit(run, table).save(tmp_path / "model.npz")
    loaded = FirstLevelModel.load(tmp_path / "model.npz")
    assert loaded.signal_scaling == (0, 1)
    again = loaded.fit(run, table)
    same_maps(model, again, "a")
