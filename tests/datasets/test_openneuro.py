import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.datasets import layouts

from boldglm._base.errors import FetchError
from boldglm.datasets.openneuro import (
    fetch_ds000030_urls,
    fetch_openneuro_dataset,
    patch_openneuro_dataset,
    select_from_index,
)
from boldglm.datasets.unpack import UnsafeArchiveError

URLS = layouts.URLS
NAMES = st.lists(
    st.sampled_from(
        [
            "d/README",
            "d/sub-1/anat.nii",
            "d/sub-1/func/sub-1_task-rest_bold.nii",
            "d/sub-2/func/sub-2_task-rest_bold.nii",
            "d/sub-10/func/sub-10_task-stop_bold.nii",
            "d/derivatives/sub-2.html",
            "d/sub-",
        ]
    ),
    unique=True,
)
PATTERNS = st.lists(
    st.sampled_from(["*rest*", "*sub-1*", "*.nii", "*", "x"]), max_size=2
)


@given(NAMES, PATTERNS, PATTERNS, st.sampled_from([None, 0, 1, 2, 9]))
def test_the_selection_is_that_of_nilearn(urls, wanted, unwanted, n_subjects):
    datasets = pytest.importorskip("nilearn.datasets")
    before = list(urls)
    found = select_from_index(urls, wanted, unwanted, n_subjects)
    assert found == datasets.select_from_index(urls, wanted, unwanted, n_subjects)
    assert urls == before


def test_urls_are_a_list_and_where_it_is(tmp_path, offline):
    layouts.write("ds000030", tmp_path)
    path, urls = fetch_ds000030_urls(tmp_path, 0)
    assert path == str(tmp_path / layouts.DS / "urls.json")
    assert urls == URLS


@pytest.mark.parametrize("content", ["{}", "<html>"])
def test_a_list_that_is_none_is_told(tmp_path, offline, content):
    (tmp_path / layouts.DS).mkdir(parents=True)
    (tmp_path / layouts.DS / "urls.json").write_text(content)
    with pytest.raises(FetchError, match=r"no list of addresses\. Delete it"):
        fetch_ds000030_urls(tmp_path, 0)


def test_files_that_were_chosen_are_fetched(tmp_path, internet):
    internet.files.update(layouts.remote("ds000030"))
    chosen = select_from_index(URLS, ["*rest*"], ["*derivatives*"], 1)
    folder, files = fetch_openneuro_dataset(chosen, tmp_path, verbose=0)
    assert folder == str(tmp_path / layouts.DS)
    assert [file.removeprefix(f"{folder}/") for file in files] == [
        "sub-1/func/sub-1_task-rest_bold.nii.gz",
        "task-rest_bold.json",
    ]
    assert len(internet.requests) == 2
    again, _ = fetch_openneuro_dataset(chosen * 2, tmp_path / "b", verbose=0)
    assert again == str(tmp_path / "b" / layouts.DS)
    assert len(internet.requests) == 4


def test_other_data_sets_need_their_version(tmp_path, internet):
    url = "https://s3.amazonaws.com/ds1/ds1_R2/uncompressed/a/b.tsv?version=7"
    internet.files["s3.amazonaws.com/ds1/ds1_R2/uncompressed/a/b.tsv?version=7"] = b"b"
    folder, files = fetch_openneuro_dataset([url], tmp_path, "ds1_R2", 0)
    assert files == [f"{folder}/a/b.tsv"]
    assert folder == str(tmp_path / "ds1/ds1_R2/uncompressed")
    with pytest.raises(ValueError, match="1 of 1 addresses do not hold 'ds000030/"):
        fetch_openneuro_dataset([url], tmp_path, verbose=0)
    with pytest.raises(FetchError, match="'ds1_R2' cannot be fetched") as told:
        fetch_openneuro_dataset([url.replace("b.tsv", "c")], tmp_path, "ds1_R2", 0)
    assert "https://openneuro.org/datasets/ds1" in str(told.value)


def test_a_version_without_addresses_is_not_used(tmp_path, offline):
    layouts.write("ds000030", tmp_path)
    with pytest.warns(UserWarning, match="dataset_version is 'ds1_R2'"):
        _, files = fetch_openneuro_dataset(None, tmp_path, "ds1_R2", 0)
    assert len(files) == len(URLS)


def test_an_address_does_not_lead_out_of_the_folder(tmp_path, internet):
    url = f"https://evil.org/{layouts.DS}/../../../../evil"
    with pytest.raises(UnsafeArchiveError, match="leads out of the folder"):
        fetch_openneuro_dataset([url], tmp_path, verbose=0)
    assert internet.requests == []


def test_old_names_get_links_that_move_with_the_folder(tmp_path):
    home = tmp_path / "a"
    home.mkdir()
    old = home / "sub-1_bold_space-MNI152NLin2009cAsym_preproc.nii.gz"
    old.write_text("bold")
    for _ in range(2):
        patch_openneuro_dataset([str(old), str(home / "task-rest_bold.json")])
    new = "sub-1_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz"
    home.rename(tmp_path / "b")
    assert (tmp_path / "b" / new).read_text() == "bold"
    assert len(list((tmp_path / "b").iterdir())) == 2


def test_links_are_named_as_those_of_nilearn(tmp_path):
    datasets = pytest.importorskip("nilearn.datasets.func")
    for program, patch in (
        ("ours", patch_openneuro_dataset),
        ("theirs", datasets.patch_openneuro_dataset),
    ):
        (tmp_path / program).mkdir()
        files = [
            tmp_path / program / f"sub-1{end}.nii"
            for end in (
                "_T1w_brainmask",
                "_T1w_preproc",
                "_T1w_space-MNI152NLin2009cAsym_brainmask",
                "_T1w_space-MNI152NLin2009cAsym_class-GM",
                "_T1w_space-MNI152NLin2009cAsym_preproc",
                "_bold_confounds",
                "_bold_space-MNI152NLin2009cAsym_brainmask",
                "_bold_space-MNI152NLin2009cAsym_preproc",
            )
        ]
        for file in files:
            file.write_text(json.dumps(file.name))
        patch([str(file) for file in files])
    ours, theirs = (
        {f.name for f in (tmp_path / p).iterdir()} for p in ("ours", "theirs")
    )
    assert ours == theirs
