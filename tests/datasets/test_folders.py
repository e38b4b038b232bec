"""Where data are looked for, and where they are put."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from boldglm._base.errors import FetchError
from boldglm.datasets import folders
from boldglm.datasets.folders import dataset_folder, get_data_dirs, kept_if_filled
from boldglm.datasets.registry import dataset

VARIABLES = ("BOLDGLM_DATA", "NILEARN_SHARED_DATA", "NILEARN_DATA")


def full(folder):
    return (folder / "file").exists()


def chosen(*names, data_dir=None):
    with dataset_folder(named(*names), full, data_dir) as folder:
        assert folder.is_dir()
    return folder


def named(*names):
    return replace(dataset("fiac"), folders=names)


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
    assert chosen("fiac", "old") == roots[0] / "fiac"
    assert (roots[0] / "fiac").is_dir()


def test_a_folder_that_is_there_comes_before_a_new_one(roots):
    (roots[2] / "old").mkdir(parents=True)
    assert chosen("fiac", "old") == roots[2] / "old"


def test_a_folder_with_the_data_comes_first(roots):
    (roots[0] / "fiac").mkdir(parents=True)
    (roots[3] / "fiac").mkdir(parents=True)
    (roots[3] / "fiac" / "file").touch()
    assert chosen("fiac") == roots[3] / "fiac"


def test_names_are_looked_for_in_their_order(roots):
    for name in ("fiac", "old"):
        (roots[1] / name).mkdir(parents=True)
        (roots[1] / name / "file").touch()
    assert chosen("fiac", "old") == roots[1] / "fiac"


def test_one_that_another_process_makes_at_the_same_time_is_taken(roots, monkeypatch):
    """It was not there when it was looked for."""
    (roots[0] / "fiac").mkdir(parents=True)
    monkeypatch.setattr(folders, "_is_dir", lambda _: False)
    assert chosen("fiac") == roots[0] / "fiac"


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
    assert chosen("fiac") == shared / "mine" / "fiac"


def test_where_there_is_no_other_it_is_told(shared):
    with pytest.raises(FetchError) as told:
        chosen("fiac", data_dir=shared / "shared")
    place = shared / "shared" / "fiac"
    assert f"{place}: it lacks files and is read-only" in str(told.value)
    assert "Set data_dir or BOLDGLM_DATA" in str(told.value)


def test_with_the_data_it_may_be_readonly(readonly_folder):
    folder, close = readonly_folder
    (folder / "fiac").mkdir()
    (folder / "fiac" / "file").touch()
    close()
    assert chosen("fiac", data_dir=folder) == folder / "fiac"


def test_the_next_is_taken_where_none_can_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("BOLDGLM_DATA", str(tmp_path / "file"))
    monkeypatch.setenv("NILEARN_DATA", str(tmp_path / "mine"))
    assert chosen("fiac") == tmp_path / "mine" / "fiac"


def test_without_any_place_every_reason_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="Not a directory"):
        chosen("fiac", data_dir=tmp_path / "file")
    assert Path(tmp_path / "file").is_file()


@pytest.mark.parametrize("empty", ["", " ", os.pathsep, f" {os.pathsep} "])
def test_a_directory_without_a_name_is_told(roots, empty):
    with pytest.raises(ValueError, match=r"data_dir is .*; expected the path of a fol"):
        get_data_dirs(empty)


def test_the_name_of_the_data_set_is_told_and_not_that_of_its_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match="no folder for the data set 'fiac':"):
        chosen("other", data_dir=tmp_path / "file")


@pytest.mark.parametrize("name", ["fiac", "old", "a/b"])
@pytest.mark.parametrize("content", ["file", "half"])
def test_divergence_the_folder_of_the_data_itself_is_no_data_directory(
    tmp_path, name, content, monkeypatch
):
    home = tmp_path / name
    home.mkdir(parents=True)
    (home / content).touch()
    told = f"data set 'fiac' itself.* in, as data_dir or BOLDGLM_DATA: {tmp_path}$"
    with pytest.raises(ValueError, match=told):
        chosen("fiac", "old", "a/b", data_dir=home)
    monkeypatch.chdir(home)
    with pytest.raises(ValueError, match=told):
        chosen("fiac", "old", "a/b", data_dir=".")
    assert [path.name for path in home.iterdir()] == [content]


def test_a_data_set_with_a_folder_of_its_own_name(tmp_path):
    """As the localizer has: the outer one is its folder, not the inner."""
    home = tmp_path / "fiac"
    (home / "fiac").mkdir(parents=True)
    (home / "file").touch()
    with pytest.raises(ValueError, match=f"BOLDGLM_DATA: {tmp_path}$"):
        chosen("fiac", data_dir=home)
    assert chosen("fiac", data_dir=tmp_path) == home


@pytest.mark.parametrize("there", [[], ["."], ["fiac"], ["fiac", "fiac/half"]])
def test_a_data_directory_may_be_called_as_a_data_set(tmp_path, there):
    home = tmp_path / "fiac"
    for one in there:
        (home / one).mkdir(parents=True)
    assert chosen("fiac", data_dir=home) == home / "fiac"


def simulate(folder):
    (folder / "truth").mkdir(parents=True)
    (folder / "truth" / "truth.json").touch()


def test_a_simulation_is_not_passed_over_for_the_network(readonly_folder, monkeypatch):
    folder, close = readonly_folder
    simulate(folder / "shared" / "fiac")
    (folder / "mine").mkdir()
    monkeypatch.setenv("NILEARN_SHARED_DATA", str(folder / "shared"))
    monkeypatch.setenv("NILEARN_DATA", str(folder / "mine"))
    close(folder / "mine")
    assert chosen("fiac") == folder / "shared" / "fiac"


def test_measured_data_come_before_a_simulation_without_them(roots):
    simulate(roots[0] / "fiac")
    (roots[1] / "fiac").mkdir(parents=True)
    (roots[1] / "fiac" / "file").touch()
    assert chosen("fiac") == roots[1] / "fiac"


def fail_in(folder, error, file=None):
    assert folder.is_dir()
    if file is not None:
        (folder / file).touch()
    raise error


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_was_made_goes_after_an_error_if_it_is_empty(roots, error):
    roots[2].mkdir()
    with pytest.raises(error), dataset_folder(named("a/b"), full) as folder:
        fail_in(folder, error)
    assert folder == roots[0] / "a" / "b"
    assert not roots[0].exists()
    with pytest.raises(error), dataset_folder(named("a/b"), full) as folder:
        fail_in(folder, error, "part")
    assert (roots[0] / "a" / "b" / "part").exists()


def test_what_was_there_stays_after_an_error(tmp_path):
    (tmp_path / "fiac").mkdir()
    with pytest.raises(KeyError), dataset_folder(named("fiac"), full, tmp_path):
        raise KeyError
    with pytest.raises(KeyError), kept_if_filled(tmp_path / "fiac"):
        raise KeyError
    assert (tmp_path / "fiac").is_dir()


def test_half_of_a_path_that_could_not_be_made_goes(tmp_path, monkeypatch):
    def half(path, *args, **kwargs):
        os.mkdir(path.parent)  # noqa: PTH102
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", half)
        with pytest.raises(OSError, match="No space"), kept_if_filled(tmp_path / "a/b"):
            pytest.fail("there is no folder")
    assert list(tmp_path.iterdir()) == []
