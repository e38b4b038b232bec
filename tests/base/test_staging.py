"""Files that come together are all there, or none is."""

import errno
import os
from pathlib import Path

import pytest

from boldglm._base.staging import written_together


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_files_get_their_names_when_all_are_complete(tmp_path):
    with written_together(tmp_path) as draft:
        (draft / "a.txt").write_text("a")
        (draft / "sub").mkdir()
        (draft / "sub" / "b.txt").write_text("b")
        assert not (tmp_path / "a.txt").exists()
    assert contents(tmp_path) == {"a.txt": "a", "sub/b.txt": "b"}
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "sub"}


def test_folders_are_made_as_needed(tmp_path):
    with written_together(tmp_path / "x" / "y") as draft:
        (draft / "a.txt").write_text("a")
    assert contents(tmp_path) == {"x/y/a.txt": "a"}


def test_files_of_the_same_names_are_replaced_and_others_stay(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.txt").write_text("mine")
    with written_together(tmp_path) as draft:
        (draft / "sub").mkdir()
        (draft / "a.txt").write_text("new")
        (draft / "sub" / "b.txt").write_text("b")
    assert contents(tmp_path) == {
        "a.txt": "new",
        "sub/b.txt": "b",
        "sub/c.txt": "mine",
    }


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_a_mistake_leaves_everything_as_it_was(tmp_path, stop):
    (tmp_path / "a.txt").write_text("old")

    def write(folder):
        with written_together(folder) as draft:
            (draft / "a.txt").write_text("new")
            raise stop

    with pytest.raises(stop):
        write(tmp_path)
    assert contents(tmp_path) == {"a.txt": "old"}
    with pytest.raises(stop):
        write(tmp_path / "x" / "y")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt"}


def test_an_error_of_the_system_keeps_its_kind_and_names_the_folder(
    tmp_path, monkeypatch
):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    def write():
        with written_together(tmp_path / "out") as draft:
            (draft / "a.txt").write_text("a")

    for place, name in ((Path, "replace"), (os, "open")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, refuse)
            with pytest.raises(PermissionError, match=r"Cannot write .*out: Perm"):
                write()
        assert not list(tmp_path.iterdir())


def test_an_error_about_other_files_is_not_blamed_on_the_folder(tmp_path):
    def write():
        with written_together(tmp_path / "out"):
            (tmp_path / "nowhere.nii").read_bytes()

    with pytest.raises(FileNotFoundError, match=r"nowhere\.nii") as told:
        write()
    assert "Cannot write" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_file_where_the_folder_should_be_is_told(tmp_path):
    (tmp_path / "out").write_text("mine")
    with (
        pytest.raises(FileExistsError, match=r"Cannot write .*out: "),
        written_together(tmp_path / "out"),
    ):
        pass
    assert contents(tmp_path) == {"out": "mine"}


def test_nothing_is_moved_if_one_file_has_no_place(tmp_path):
    (tmp_path / "b.txt").mkdir()

    def write():
        with written_together(tmp_path) as draft:
            (draft / "a.txt").write_text("a")
            (draft / "b.txt").write_text("b")

    with pytest.raises(IsADirectoryError, match=r"b\.txt' is a folder") as told:
        write()
    assert told.value.errno == errno.EISDIR
    assert not contents(tmp_path)


@pytest.mark.parametrize("stop", [OSError(5, "Input/output error"), KeyboardInterrupt])
def test_what_stops_in_the_middle_of_moving_is_put_back(tmp_path, monkeypatch, stop):
    out = tmp_path / "out"
    with written_together(out) as draft:
        for name in "abc":
            (draft / name).write_text("old")
    with written_together(out) as draft:
        (draft / "sub").mkdir()
        (draft / "sub" / "d").write_text("old")
    before, replace, moved = contents(out), Path.replace, []

    def some(self, target):
        moved.append(target.name)
        if moved == ["a", "b", "new"]:
            raise stop
        return replace(self, target)

    def write():
        with written_together(out) as draft:
            for name in ("a", "b"):
                (draft / name).write_text("new")
            (draft / "new").mkdir()
            (draft / "new" / "new").write_text("new")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", some)
        with pytest.raises(KeyboardInterrupt if stop is KeyboardInterrupt else OSError):
            write()
    assert moved[:3] == ["a", "b", "new"]
    assert contents(out) == before
    assert {path.name for path in out.iterdir()} == {"a", "b", "c", "sub"}
    write()
    assert contents(out) == before | {"a": "new", "b": "new", "new/new": "new"}


def test_a_new_file_that_was_moved_before_the_error_goes(tmp_path, monkeypatch):
    replace, moved = Path.replace, []

    def some(self, target):
        moved.append(target.name)
        if len(moved) == 2:
            raise OSError(5, "Input/output error")
        return replace(self, target)

    def write():
        with written_together(tmp_path) as draft:
            (draft / "a").write_text("new")
            (draft / "b").write_text("new")

    monkeypatch.setattr(Path, "replace", some)
    with pytest.raises(OSError, match="Nothing that was there has changed"):
        write()
    assert moved == ["a", "b"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("chained", [False, True])
def test_a_full_disk_is_told_with_the_folder_not_with_the_draft(tmp_path, chained):
    def write():
        with written_together(tmp_path / "out"):
            full = OSError(errno.ENOSPC, "No space left on device")
            if not chained:
                raise full
            msg = "Cannot write .writing-0/files/a: No space left on device."
            raise ValueError(msg) from full

    with pytest.raises(OSError, match=r"out: No space left on device\. Noth") as told:
        write()
    assert told.value.errno == errno.ENOSPC
    assert "writing-" not in str(told.value)
    assert not list(tmp_path.iterdir())
