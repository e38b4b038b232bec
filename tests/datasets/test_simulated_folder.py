import json
import os

import nibabel as nib
import numpy as np
import pytest

from boldglm.datasets.simulate_brain import Activation
from boldglm.datasets.simulated_folder import (
    described,
    new_volume,
    provide,
    write_map,
    write_truth_maps,
)

TRUTH = {"seed": 3}


def one_file(folder):
    (folder / "run.txt").write_text("data")


def unwanted(folder):
    pytest.fail("nothing is to be written")


def contents(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_files_and_truth_are_where_the_fetcher_looks(tmp_path):
    root = tmp_path / "new" / "folder"
    assert provide(root, "fiac", TRUTH, one_file) == root
    home = root / "fiac_nilearn.glm"
    assert contents(root) == [
        "fiac_nilearn.glm",
        "fiac_nilearn.glm/run.txt",
        "fiac_nilearn.glm/truth",
        "fiac_nilearn.glm/truth/truth.json",
    ]
    assert json.loads((home / "truth" / "truth.json").read_text()) == TRUTH


def test_others_may_read_the_folder_as_any_other(tmp_path):
    provide(tmp_path, "fiac", TRUTH, one_file)
    (tmp_path / "usual").mkdir()
    modes = [(tmp_path / one).stat().st_mode for one in ("usual", "fiac_nilearn.glm")]
    assert modes[0] == modes[1]


def test_the_home_folder_may_be_given_by_its_sign(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert provide("~/data", "fiac", TRUTH, one_file) == tmp_path / "data"
    assert (tmp_path / "data" / "fiac_nilearn.glm" / "run.txt").is_file()


def test_the_path_holds_wherever_one_goes_then(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert provide("data", "fiac", TRUTH, one_file) == tmp_path / "data"


def test_the_same_simulation_is_kept(tmp_path):
    provide(tmp_path, "fiac", TRUTH, one_file)
    assert provide(tmp_path, "fiac", dict(TRUTH), unwanted) == tmp_path


def test_another_simulation_is_not_overwritten(tmp_path):
    provide(tmp_path, "fiac", TRUTH, one_file)
    with pytest.raises(FileExistsError, match="is there, simulated in another way"):
        provide(tmp_path, "fiac", {"seed": 4}, unwanted)


@pytest.mark.parametrize("name", ["fiac_nilearn.glm", "fiac_nistats"])
def test_measured_data_are_neither_overwritten_nor_hidden(tmp_path, name):
    """Under each of the names under which the fetcher would find them."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "measured.nii").write_text("precious")
    with pytest.raises(FileExistsError) as caught:
        provide(tmp_path, "fiac", TRUTH, unwanted)
    said = str(caught.value)
    assert f"{tmp_path / name} is there, and was not simulated" in said
    assert "Give another data_dir, or move that folder away" in said
    assert contents(tmp_path) == [name, f"{name}/measured.nii"]


def test_a_simulation_that_breaks_off_leaves_nothing(tmp_path):
    def broken(folder):
        one_file(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        provide(tmp_path, "fiac", TRUTH, broken)
    assert contents(tmp_path) == []


@pytest.mark.parametrize("theirs", [TRUTH, {"seed": 5}])
def test_of_two_processes_the_first_to_end_counts(tmp_path, theirs):
    def overtaken(folder):
        one_file(folder)
        provide(tmp_path, "fiac", theirs, lambda home: (home / "first").touch())

    if theirs == TRUTH:
        provide(tmp_path, "fiac", TRUTH, overtaken)
    else:
        with pytest.raises(FileExistsError, match="simulated in another way"):
            provide(tmp_path, "fiac", TRUTH, overtaken)
    assert {path.name for path in tmp_path.iterdir()} == {"fiac_nilearn.glm"}
    assert (tmp_path / "fiac_nilearn.glm" / "first").is_file()
    assert not (tmp_path / "fiac_nilearn.glm" / "run.txt").exists()


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError):
        provide(tmp_path, "fiac", TRUTH, one_file)


def test_what_was_simulated_can_be_read_back():
    spots = [Activation("hand", (38.0, -24.0, 58.0), {"left": 2.0}, fwhm=9.0)]
    text = json.dumps(described("simulate_this", spots, seed=4))
    truth = json.loads(text)
    assert truth["simulated_by"] == "boldglm.datasets.simulate_this"
    assert truth["seed"] == 4
    (spot,) = truth["activations"]
    assert spot["centre"] == [38.0, -24.0, 58.0]
    assert (spot["label"], spot["effects"], spot["fwhm"]) == ("hand", {"left": 2}, 9)


def test_maps_are_in_mni_space_and_pairs_in_that_of_the_scanner(tmp_path, readonly):
    affine = readonly(np.diag([-3.0, 3.0, 3.0, 1.0]))
    array = readonly(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    write_map(tmp_path / "map.nii.gz", array, affine)
    image = nib.load(tmp_path / "map.nii.gz")
    np.testing.assert_array_equal(image.get_fdata(), array)
    np.testing.assert_array_equal(image.affine, affine)
    assert image.get_data_dtype() == np.int16
    assert [int(image.header[key]) for key in ("sform_code", "qform_code")] == [4, 4]
    pair = new_volume(array, affine, pair=True)
    assert type(pair) is nib.Nifti1Pair
    assert [int(pair.header[key]) for key in ("sform_code", "qform_code")] == [2, 2]
    assert pair.header.get_xyzt_units() == ("mm", "sec")


def test_runs_have_their_repetition_time(tmp_path):
    write_map(tmp_path / "run.nii", np.zeros((2, 2, 2, 5)), np.eye(4) * 2, t_r=2.5)
    assert nib.load(tmp_path / "run.nii").header.get_zooms() == (2, 2, 2, 2.5)


def test_masks_of_the_truth_are_bytes_and_maps_are_not(tmp_path):
    half = np.full((2, 2, 2), 0.5)
    maps = {"null": half > 0, "effect": half}
    write_truth_maps(tmp_path, np.eye(4), maps)
    null, effect = (nib.load(tmp_path / "truth" / f"{n}.nii.gz") for n in maps)
    assert null.get_data_dtype() == np.uint8
    assert effect.get_data_dtype() == np.float32
    assert np.unique(effect.get_fdata()) == [0.5]
