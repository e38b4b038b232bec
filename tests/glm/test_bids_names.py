"""Names of files, from those of the runs or from a prefix."""

from pathlib import Path

import pytest

from boldglm.glm.bids_names import output_names

TWO = [f"in/sub-01_ses-a_task-x_run-{i}_space-MNI_desc-p_bold.nii" for i in (1, 2)]


def test_maps_have_what_runs_share_and_the_mask_is_of_all_sessions():
    names = output_names(2, TWO)
    assert names.folder == "sub-01"
    assert names.model == ""
    assert names.maps == "sub-01_ses-a_task-x_space-MNI"
    assert names.mask == "sub-01_task-x_space-MNI"
    assert names.runs == (
        "sub-01_ses-a_task-x_run-1_space-MNI",
        "sub-01_ses-a_task-x_run-2_space-MNI",
    )


def test_runs_keep_all_that_tells_them_apart():
    file = Path("sub-1_task-x_acq-hi_dir-AP_echo-2_part-mag_space-T1w_res-2_bold.nii")
    names = output_names(1, [file])
    assert names.runs == ("sub-1_task-x_acq-hi_dir-AP_space-T1w_res-2",)
    assert names.maps == "sub-1_task-x_space-T1w"


def test_what_runs_do_not_share_is_not_in_the_names_of_maps():
    names = output_names(2, ["sub-1_ses-a_task-x_bold.nii", "sub-1_task-y_bold.nii"])
    assert names.maps == "sub-1_ses-a"
    assert names.runs == ("sub-1_ses-a_task-x", "sub-1_task-y")


def test_runs_of_equal_names_are_numbered():
    files = ["a/sub-1_echo-1_bold.nii", "b/sub-1_echo-2_bold.nii"]
    assert output_names(2, files).runs == ("sub-1_run-1", "sub-1_run-2")


@pytest.mark.parametrize(
    "files",
    [
        [],
        [None, None],
        ["sub-1_bold.nii", None],
        ["sub-1_bold.nii", "sub-2_bold.nii"],
        ["run1.nii", "run2.nii"],
        ["my_run1.nii", "my_run2.nii"],
    ],
)
def test_without_a_subject_runs_are_numbered(files):
    names = output_names(2, files)
    assert (names.folder, names.model, names.maps) == ("", "", "")
    assert names.runs == ("run-1", "run-2")
    assert output_names(1).runs == ("",)


def test_labels_of_files_are_cleaned():
    names = output_names(1, ["sub-1.5_task-é_bold.nii"])
    assert (names.folder, names.maps) == ("sub-15", "sub-15_task-e")


def test_a_prefix_takes_the_place_of_what_files_say():
    names = output_names(2, TWO, "sub-9_ses-b_")
    assert names.folder == "sub-9"
    assert names.model == names.mask == names.maps == "sub-9_ses-b"
    assert names.runs == ("sub-9_ses-b_run-1", "sub-9_ses-b_run-2")
    assert output_names(1, TWO[:1], "pilot").runs == ("pilot",)
    assert output_names(1, TWO[:1], "").runs == ("",)


def test_a_group_is_in_its_folder():
    names = output_names(None, prefix="sub-1")
    assert (names.folder, names.maps, names.runs) == ("group", "sub-1", ("sub-1",))


@pytest.mark.parametrize("prefix", ["a/b", "../a", "a\\b", "/"])
def test_a_prefix_is_no_folder(prefix):
    with pytest.raises(ValueError, match="Folders are for out_dir"):
        output_names(1, [], prefix)


def test_a_prefix_is_text():
    with pytest.raises(TypeError, match="prefix is 1; expected text"):
        output_names(1, [], 1)


@pytest.mark.parametrize(
    "prefix", ["two words", "tab\t", "forêt", "..", ".hidden", "-x", "a:b", "_x", "a\n"]
)
def test_a_prefix_is_letters_and_digits_and_the_rule_is_told(prefix):
    with pytest.raises(ValueError, match="a letter or digit, then letters, digits and"):
        output_names(1, [], prefix)


def test_a_prefix_is_of_a_hundred_characters_at_most():
    assert output_names(1, [], "a" * 100).maps == "a" * 100
    with pytest.raises(ValueError, match=r"prefix has 101 characters, .* at most 100"):
        output_names(1, [], "a" * 101)


def test_a_prefix_may_have_dots_and_signs():
    assert output_names(1, [], "sub-1.5_task-a+b_").maps == "sub-1.5_task-a+b"


def test_the_german_sharp_s_is_two_letters():
    assert output_names(1, ["sub-1_task-straße_bold.nii"]).maps == "sub-1_task-strasse"
