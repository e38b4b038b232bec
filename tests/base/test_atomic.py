"""A file is whole under its name, or what there was before is."""

import errno
import os
import stat
from pathlib import Path

import pytest

from boldglm._base.atomic import written_whole


def test_a_file_gets_its_name_when_it_is_complete(tmp_path):
    with written_whole(tmp_path / "a.txt") as draft:
        draft.write_text("new")
        assert draft.name == "a.txt"
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_files_that_come_together_move_together(tmp_path):
    with written_whole(tmp_path / "a.img") as draft:
        draft.write_text("voxels")
        draft.with_suffix(".hdr").write_text("header")
    assert {path.name for path in tmp_path.iterdir()} == {"a.img", "a.hdr"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError, SystemExit])
def test_what_there_was_stays_when_writing_stops(tmp_path, stop):
    (tmp_path / "a.txt").write_text("old")

    def write():
        with written_whole(tmp_path / "a.txt") as draft:
            draft.write_text("half of the n")
            raise stop

    with pytest.raises(stop):
        write()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.txt"]


def test_an_error_of_the_system_keeps_its_kind_and_names_the_file(tmp_path):
    def write():
        with written_whole(tmp_path / "a.txt"):
            raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError, match=r"a\.txt: Permission denied\. No file"):
        write()
    assert not list(tmp_path.iterdir())


def test_an_error_without_a_number_is_told_too(tmp_path):
    def write():
        with written_whole(tmp_path / "a.txt"):
            msg = "encoder error -2"
            raise OSError(msg)

    with pytest.raises(OSError, match=r"a\.txt: encoder error -2") as told:
        write()
    assert told.value.errno == errno.EIO


def test_a_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(FileNotFoundError, match="nowhere' does not exist"),
        written_whole(tmp_path / "nowhere" / "a.txt"),
    ):
        pytest.fail("there is no place to write to")


def test_a_folder_is_not_replaced(tmp_path):
    with (
        pytest.raises(IsADirectoryError, match="it is a folder"),
        written_whole(tmp_path),
    ):
        pytest.fail("there is a folder in its place")


def test_others_may_read_what_they_usually_may(tmp_path):
    mask = os.umask(0o022)
    try:
        with written_whole(tmp_path / "a.txt") as draft:
            draft.write_text("new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o644


def test_a_header_comes_after_its_data(tmp_path, monkeypatch):
    """A pair is found by its header: whoever finds one finds the voxels too."""
    order, replace = [], Path.replace

    def watched(self, target):
        order.append(self.suffix)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    with written_whole(tmp_path / "a.img") as draft:
        draft.with_suffix(".hdr").write_text("header")
        draft.write_text("voxels")
    assert order == [".img", ".hdr"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_pipe_or_a_device_is_not_replaced(tmp_path):
    """An administrator could do that even to /dev/null."""
    os.mkfifo(tmp_path / "pipe")
    with (
        pytest.raises(OSError, match="pipe: it is a device or a pipe") as told,
        written_whole(tmp_path / "pipe"),
    ):
        pytest.fail("there is no file to write")
    assert told.value.errno == errno.EINVAL
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert list(tmp_path.iterdir()) == [tmp_path / "pipe"]


def test_a_folder_that_must_not_be_looked_into_is_told(tmp_path, monkeypatch):
    def refuse(self, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "is_dir", refuse)
    with (
        pytest.raises(PermissionError, match=r"a\.txt: Permission denied\. Choose a"),
        written_whole(tmp_path / "a.txt"),
    ):
        pytest.fail("nothing can be written there")


def test_what_to_do_about_a_full_disk_is_said(tmp_path):
    def write():
        with written_whole(tmp_path / "a.txt"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"changed\. Make room there, or write to anoth"):
        write()
