import json
import os

import nibabel as nib
import numpy as np
import pytest

from boldglm._base.drafts import DRAFTS
from boldglm.datasets import fetching, simulated_folder
from boldglm.datasets.simulated_folder import (
    new_volume,
    provide,
    write_map,
    write_truth_maps,
    write_whole,
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
        "fiac_nilearn.glm/truth/files.json",
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
    assert "Give another folder, or move this one away" in said
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


def test_the_same_simulation_under_the_other_name_is_kept(tmp_path):
    write_whole(tmp_path / "fiac_nistats", TRUTH, one_file)
    assert provide(tmp_path, "fiac", TRUTH, unwanted) == tmp_path
    assert not (tmp_path / "fiac_nilearn.glm").exists()


def test_numbers_that_are_equal_are_the_same_simulation(tmp_path):
    provide(tmp_path, "fiac", {"centre": (1.0, 2.0), "fwhm": 12.0}, one_file)
    provide(tmp_path, "fiac", {"fwhm": 12, "centre": [1, 2]}, unwanted)


@pytest.mark.parametrize("how", ["missing", "shorter", "longer"])
@pytest.mark.parametrize("name", ["run.txt", "deep/er/scan.txt"])
def test_a_damaged_simulation_is_refused_and_kept(tmp_path, name, how):
    def files(folder):
        one_file(folder)
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "scan.txt").write_text("data")

    home = tmp_path / "fiac_nilearn.glm"
    provide(tmp_path, "fiac", TRUTH, files)
    if how == "missing":
        (home / name).unlink()
    else:
        (home / name).write_text("dat" if how == "shorter" else "data and")
    before = contents(tmp_path)
    with pytest.raises(
        FileExistsError,
        match=rf"glm was simulated, and {name} is missing or damaged: "
        "delete the folder, and it is simulated again",
    ):
        provide(tmp_path, "fiac", TRUTH, unwanted)
    assert contents(tmp_path) == before


def test_all_that_is_damaged_is_counted(tmp_path):
    def files(folder):
        for name in "abc":
            (folder / name).write_text(name)

    provide(tmp_path, "fiac", TRUTH, files)
    for name in "abc":
        (tmp_path / "fiac_nilearn.glm" / name).unlink()
    with pytest.raises(FileExistsError, match="and a and 2 files more are missing or"):
        provide(tmp_path, "fiac", TRUTH, unwanted)


@pytest.mark.parametrize("text", [None, "{"])
def test_without_the_list_of_files_a_simulation_is_damaged(tmp_path, text):
    provide(tmp_path, "fiac", TRUTH, one_file)
    listing = tmp_path / "fiac_nilearn.glm" / "truth" / "files.json"
    listing.unlink()
    if text:
        listing.write_text(text)
    with pytest.raises(FileExistsError, match=r"and truth/files\.json is missing"):
        provide(tmp_path, "fiac", TRUTH, unwanted)


def test_a_truth_that_cannot_be_read_is_none(tmp_path):
    provide(tmp_path, "fiac", TRUTH, one_file)
    (tmp_path / "fiac_nilearn.glm" / "truth" / "truth.json").write_text('{"seed": 3')
    with pytest.raises(FileExistsError, match="is there, and was not simulated"):
        provide(tmp_path, "fiac", TRUTH, unwanted)


def test_files_that_came_later_are_nobodys_business(tmp_path):
    provide(tmp_path, "fiac", TRUTH, one_file)
    (tmp_path / "fiac_nilearn.glm" / "notes.txt").write_text("mine")
    provide(tmp_path, "fiac", TRUTH, unwanted)


@pytest.mark.parametrize("left", ["", "nipy-data-0.2/data", fetching.LOCK])
@pytest.mark.parametrize("name", ["fiac_nilearn.glm", "fiac_nistats"])
def test_what_a_failed_download_has_left_is_in_nobodys_way(tmp_path, name, left):
    home = tmp_path / name
    (home / left).mkdir(parents=True) if "lock" not in left else home.mkdir()
    if "lock" in left:
        (home / left).touch()

    def files(folder):
        (folder / "nipy-data-0.2").mkdir()
        one_file(folder / "nipy-data-0.2")

    provide(tmp_path, "fiac", TRUTH, files)
    made = tmp_path / "fiac_nilearn.glm"
    assert (made / "nipy-data-0.2" / "run.txt").read_text() == "data"
    assert {path.name for path in made.iterdir()} - {left} == {"nipy-data-0.2", "truth"}
    provide(tmp_path, "fiac", TRUTH, unwanted)


def test_an_empty_folder_is_filled_and_stays_the_folder_that_it_was(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o700)
    before = folder.stat()
    write_whole(folder, TRUTH, one_file)
    after = folder.stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    assert contents(folder) == ["run.txt", "truth", "truth/files.json",
                                "truth/truth.json"]  # fmt: skip


def test_a_draft_is_where_the_folder_is(tmp_path):
    """An empty one may be where another disk begins, or all that one may write to."""
    (tmp_path / "x").mkdir()
    for name, place in (("x", tmp_path / "x"), ("y", tmp_path)):
        seen = []
        write_whole(tmp_path / name, TRUTH, seen.append)
        assert seen[0].parent.parent == place


def test_a_folder_with_a_link_in_it_is_not_empty(tmp_path):
    home = tmp_path / "fiac_nilearn.glm"
    home.mkdir()
    (home / "data").symlink_to(tmp_path)
    with pytest.raises(FileExistsError, match="is there, and was not simulated"):
        provide(tmp_path, "fiac", TRUTH, unwanted)


def test_a_link_to_an_empty_folder_is_kept(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "fiac_nilearn.glm").symlink_to(tmp_path / "disk")
    provide(tmp_path, "fiac", TRUTH, one_file)
    assert (tmp_path / "fiac_nilearn.glm").is_symlink()
    assert (tmp_path / "disk" / "run.txt").is_file()


@pytest.mark.parametrize("name", ["fiac_nilearn.glm", "fiac_nistats"])
def test_a_link_to_nothing_is_refused_before_anything_is_simulated(tmp_path, name):
    (tmp_path / name).symlink_to(tmp_path / "gone")
    with pytest.raises(FileExistsError, match=f"{name} is a link to nothing: it is le"):
        provide(tmp_path, "fiac", TRUTH, unwanted)
    assert contents(tmp_path) == [name]


@pytest.mark.parametrize("name", ["fiac_nilearn.glm", "fiac_nistats"])
def test_a_file_in_the_place_is_refused_before_anything_is_simulated(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(FileExistsError, match=f"{name} is a file, not a folder: it is"):
        provide(tmp_path, "fiac", TRUTH, unwanted)
    assert (tmp_path / name).read_text() == "precious"


@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_appears_meanwhile_is_kept(tmp_path, there):
    folder = tmp_path / "x"
    if there:
        folder.mkdir()

    def interrupted(draft):
        one_file(draft)
        folder.mkdir(exist_ok=True)
        (folder / "measured.txt").write_text("years of work")
        (folder / "plans").mkdir()

    with pytest.raises(FileExistsError, match="x is there, and was not simulated"):
        write_whole(folder, TRUTH, interrupted)
    assert contents(tmp_path) == ["x", "x/measured.txt", "x/plans"]
    assert (folder / "measured.txt").read_text() == "years of work"


def test_a_folder_that_appears_meanwhile_is_filled(tmp_path):
    def interrupted(draft):
        one_file(draft)
        (tmp_path / "x" / "y").mkdir(parents=True)

    write_whole(tmp_path / "x", TRUTH, interrupted)
    assert {path.name for path in (tmp_path / "x").iterdir()} == {"run.txt", "truth"}


def test_the_truth_comes_last_and_what_cannot_move_comes_back(tmp_path, monkeypatch):
    """Into a folder that is there, part by part."""

    def files(folder):
        one_file(folder)
        (folder / "zebra").mkdir()
        (folder / "derivatives").mkdir(exist_ok=True)

    moved = []

    class Full(type(tmp_path)):
        def rename(self, target):
            moved.append(self.name)
            if self.name == "derivatives" and DRAFTS in str(self):
                raise OSError(28, "disk full")
            return super().rename(target)

    monkeypatch.setattr(simulated_folder, "Path", Full)
    with pytest.raises(OSError, match="disk full"):
        write_whole(tmp_path, TRUTH, files, home=Full("derivatives") / "truth")
    assert moved[:3] == ["zebra", "run.txt", "derivatives"]
    assert contents(tmp_path) == []


@pytest.mark.parametrize("theirs", [TRUTH, {"seed": 5}])
def test_of_two_that_fill_an_empty_folder_the_first_counts(tmp_path, theirs):
    def overtaken(folder):
        one_file(folder)
        write_whole(tmp_path, theirs, lambda home: (home / "first").touch())

    if theirs == TRUTH:
        write_whole(tmp_path, TRUTH, overtaken)
    else:
        with pytest.raises(FileExistsError, match="simulated in another way"):
            write_whole(tmp_path, TRUTH, overtaken)
    assert {path.name for path in tmp_path.iterdir()} == {"first", "truth"}


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write")
def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError):
        provide(tmp_path, "fiac", TRUTH, one_file)


def test_maps_are_in_mni_space_or_where_is_said_and_pairs_elsewhere(tmp_path, readonly):
    affine = readonly(np.diag([-3.0, 3.0, 3.0, 1.0]))
    array = readonly(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    write_map(tmp_path / "map.nii.gz", array, affine)
    image = nib.load(tmp_path / "map.nii.gz")
    np.testing.assert_array_equal(image.get_fdata(), array)
    np.testing.assert_array_equal(image.affine, affine)
    assert image.get_data_dtype() == np.int16
    assert [int(image.header[key]) for key in ("sform_code", "qform_code")] == [4, 4]
    there = new_volume(array, affine, space="scanner")
    assert [int(there.header[key]) for key in ("sform_code", "qform_code")] == [1, 1]
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
