"""Where data are looked for, and where they are put."""

import os
from pathlib import Path

import pytest

from boldglm._base.errors import FetchError
from boldglm.datasets import folders
from boldglm.datasets.folders import dataset_folder, get_data_dirs

VARIABLES = ("BOLDGLM_DATA", "NILEARN_SHARED_DATA", "NILEARN_DATA")


def full(folder):
    return (folder / "file").exists()


@pytest.fixture
def roots(tmp_path, monkeypatch):
    """A directory for each variable, and a home, none of which are there."""
    for name in VARIABLES:
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return [tmp_path / name.lower() for name in VARIABLES] + [
        tmp_path / "home" / "nilearn_data"
    ]


def test_the_order_is_ours_then_nilearns(roots):
    assert get_data_dirs() == [str(root) for root in roots]


def test_the_rest_of_the_order_is_that_of_nilearn(roots, monkeypatch):
    theirs = pytest.importorskip("nilearn.datasets").get_data_dirs
    monkeypatch.delenv("BOLDGLM_DATA")
    assert get_data_dirs() == theirs()
    assert get_data_dirs("/a:/b") == theirs("/a:/b") == ["/a", "/b"]


def test_a_directory_that_is_given_is_the_only_one(roots, tmp_path):
    assert get_data_dirs(tmp_path) == [str(tmp_path)]
    assert get_data_dirs("~/mine") == [str(roots[-1].parent / "mine")]


def test_variables_may_name_several_or_none(roots, monkeypatch):
    monkeypatch.setenv("BOLDGLM_DATA", os.pathsep.join(["/a", "", "~/b"]))
    monkeypatch.setenv("NILEARN_SHARED_DATA", "")
    monkeypatch.delenv("NILEARN_DATA")
    home = roots[-1].parent
    assert get_data_dirs() == ["/a", str(home / "b"), str(roots[-1])]


def test_what_is_no_path_is_a_type_error():
    with pytest.raises(TypeError, match="data_dir is 7; expected the path"):
        get_data_dirs(7)


def test_a_new_folder_is_made_in_the_first_directory(roots):
    assert dataset_folder(["fiac", "old"], full) == roots[0] / "fiac"
    assert (roots[0] / "fiac").is_dir()


def test_a_folder_that_is_there_comes_before_a_new_one(roots):
    (roots[2] / "old").mkdir(parents=True)
    assert dataset_folder(["fiac", "old"], full) == roots[2] / "old"


def test_a_folder_with_the_data_comes_first(roots):
    (roots[0] / "fiac").mkdir(parents=True)
    (roots[3] / "fiac").mkdir(parents=True)
    (roots[3] / "fiac" / "file").touch()
    assert dataset_folder(["fiac"], full) == roots[3] / "fiac"


def test_names_are_looked_for_in_their_order(roots):
    for name in ("fiac", "old"):
        (roots[1] / name).mkdir(parents=True)
        (roots[1] / name / "file").touch()
    assert dataset_folder(["fiac", "old"], full) == roots[1] / "fiac"


def test_one_that_another_process_makes_at_the_same_time_is_taken(roots, monkeypatch):
    """It was not there when it was looked for."""
    (roots[0] / "fiac").mkdir(parents=True)
    monkeypatch.setattr(folders, "_is_dir", lambda _: False)
    assert dataset_folder(["fiac"], full) == roots[0] / "fiac"


def test_who_has_no_home_needs_a_variable(roots, monkeypatch):
    """As users of containers."""
    pwd = pytest.importorskip("pwd")

    def unknown(number):
        raise KeyError(number)

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert get_data_dirs() == [str(root) for root in roots[:3]]


@pytest.fixture
def shared(readonly_folder, monkeypatch):
    """A read-only folder that lacks files, and one where they can be put."""
    folder, close = readonly_folder
    (folder / "shared" / "fiac").mkdir(parents=True)
    (folder / "mine").mkdir()
    monkeypatch.setenv("NILEARN_SHARED_DATA", str(folder / "shared"))
    monkeypatch.setenv("NILEARN_DATA", str(folder / "mine"))
    close(folder / "mine")
    return folder


def test_divergence_one_that_is_readonly_and_lacks_files_is_passed_over(shared):
    assert dataset_folder(["fiac"], full) == shared / "mine" / "fiac"


def test_where_there_is_no_other_it_is_told(shared):
    with pytest.raises(FetchError) as told:
        dataset_folder(["fiac"], full, shared / "shared")
    place = shared / "shared" / "fiac"
    assert f"{place}: it lacks files and is read-only" in str(told.value)
    assert "Set data_dir or BOLDGLM_DATA" in str(told.value)


def test_with_the_data_it_may_be_readonly(readonly_folder):
    folder, close = readonly_folder
    (folder / "fiac").mkdir()
    (folder / "fiac" / "file").touch()
    close()
    assert dataset_folder(["fiac"], full, folder) == folder / "fiac"


def test_the_next_is_taken_where_none_can_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BOLDGLM_DATA", str(tmp_path / "file"))
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path / "mine"))
    assert dataset_folder(["fiac"], full) == tmp_path / "mine" / "fiac"


def test_without_any_place_every_reason_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="Not a directory"):
        dataset_folder(["fiac"], full, tmp_path / "file")
    assert Path(tmp_path / "file").is_file()
