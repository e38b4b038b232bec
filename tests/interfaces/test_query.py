"""Files of a BIDS data set, found as nilearn finds them."""

from pathlib import Path

import pytest

from boldglm.interfaces.bids import get_bids_files, parse_bids_filename

SIDES = [
    "sub-01/func/sub-01_task-a_run-1_bold.nii.gz",
    "sub-01/func/sub-01_task-a_run-1_bold.json",
    "sub-01/func/sub-01_task-a_run-2_bold.nii.gz",
    "sub-01/func/sub-01_task-b_bold.nii.gz",
    "sub-01/func/sub-01_task-b_events.tsv",
    "sub-01/anat/sub-01_T1w.nii.gz",
    "sub-02/func/sub-02_task-a_run-1_bold.nii.gz",
    "sub-02/sub-02_scans.tsv",
    "task-a_bold.json",
    "dataset_description.json",
]
SESSIONS = [
    "sub-01/ses-1/func/sub-01_ses-1_task-a_bold.nii.gz",
    "sub-01/ses-2/func/sub-01_ses-2_task-a_bold.nii.gz",
    "sub-01/anat/sub-01_T1w.nii.gz",
    "sub-02/func/sub-02_task-a_bold.nii.gz",
    "sub-02/ses-1/sub-02_ses-1_scans.tsv",
]
QUESTIONS = [
    {},
    {"file_tag": "bold"},
    {"file_tag": "bold", "file_type": "nii.gz"},
    {"file_tag": "bold", "sub_label": "02"},
    {"file_tag": "bold", "file_type": "nii*", "modality_folder": "func"},
    {"modality_folder": "anat"},
    {"modality_folder": ""},
    {"filters": [("task", "a")]},
    {"filters": [("task", "a"), ("run", "2")]},
    {"filters": [("run", "")]},
    {"file_tag": "bold", "filters": [("ses", "2")]},
    {"filters": [("ses", "")], "modality_folder": "func"},
    {"filters": [("task", "none")]},
    {"sub_folder": False},
    {"sub_folder": False, "file_tag": "bold", "filters": [("task", "a")]},
]


@pytest.fixture(params=[SIDES, SESSIONS], ids=["without sessions", "with sessions"])
def folder(request, tmp_path):
    for name in request.param:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_files_are_those_of_nilearn(folder, question):
    peer = pytest.importorskip("nilearn.interfaces.bids")
    assert get_bids_files(folder, **question) == peer.get_bids_files(folder, **question)


def test_a_filter_keeps_the_files_that_have_the_label(tmp_path):
    for name in SIDES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = get_bids_files(tmp_path, "bold", "nii.gz", filters=[("run", "1")])
    assert [Path(one).relative_to(tmp_path).as_posix() for one in found] == [
        SIDES[0],
        SIDES[6],
    ]


def test_brackets_in_the_folder_are_no_pattern(tmp_path):
    path = tmp_path / "data [1]" / "sub-01" / "func" / "sub-01_task-a_bold.nii.gz"
    path.parent.mkdir(parents=True)
    path.touch()
    assert get_bids_files(str(tmp_path / "data [1]")) == [str(path)]


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotADirectoryError, match="expected that of a BIDS data set"):
        get_bids_files(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "name",
    [
        "sub-01_task-rest_bold.nii.gz",
        "/a/b_c/sub-01_ses-x_space-MNI152_desc-preproc_bold.nii",
        "T1w.nii",
        "my_file.tsv",
        "sub-01_task-a-b_bold.json",
    ],
)
def test_names_are_taken_apart_as_nilearn_does(name):
    peer = pytest.importorskip("nilearn.interfaces.bids")
    assert parse_bids_filename(name) == peer.parse_bids_filename(name)
    path = Path(name)
    assert parse_bids_filename(path)["file_path"] is path


def test_a_name_without_an_extension_can_be_taken_apart():
    found = parse_bids_filename("sub-01_events")
    assert (found["suffix"], found["extension"]) == ("events", "")
