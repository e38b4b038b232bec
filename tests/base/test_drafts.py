"""What a killed process has left goes with the next one; a living one keeps its own."""

import errno
import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from boldglm._base import drafts
from boldglm._base.atomic import written_whole
from boldglm._base.drafts import draft_folder
from boldglm._base.staging import written_together

WAITS = """
import sys, time
from pathlib import Path
from boldglm._base.drafts import draft_folder
with draft_folder(Path(sys.argv[1]), sys.argv[2]) as folder:
    (folder / "half").write_text("ha")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writer(tmp_path):
    """Start processes that are in the middle of writing something."""
    started = []

    def start(name="a.txt"):
        command = [sys.executable, "-c", WAITS, str(tmp_path), name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        folder = process.stdout.readline().strip()
        assert folder.startswith(str(tmp_path))
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def left(folder):
    return sorted(path.name for path in folder.glob(".writing-*"))


def test_the_next_one_takes_away_what_a_killed_one_has_left(tmp_path, writer):
    process = writer()
    process.kill()
    process.wait()
    assert process.returncode == -signal.SIGKILL
    assert len(left(tmp_path)) == 1
    with draft_folder(tmp_path, "a.txt") as folder:
        assert list(folder.iterdir()) == []
    assert left(tmp_path) == []


def test_a_living_one_keeps_what_it_has(tmp_path, writer):
    writer()
    (theirs,) = left(tmp_path)
    with draft_folder(tmp_path, "a.txt") as folder:
        assert folder.parent.name != theirs
    assert (tmp_path / theirs / "files" / "half").read_text() == "ha"
    assert left(tmp_path) == [theirs]


def test_of_several_that_were_killed_at_once_nothing_stays(tmp_path, writer):
    several = [writer() for _ in range(3)]
    assert len(left(tmp_path)) == 3
    for process in several:
        process.kill()
        process.wait()
    with draft_folder(tmp_path, "a.txt"):
        assert len(left(tmp_path)) == 1
    assert left(tmp_path) == []


def test_what_is_of_another_name_is_left_for_the_one_that_writes_it(tmp_path, writer):
    process = writer("b.txt")
    process.kill()
    process.wait()
    with draft_folder(tmp_path, "a.txt"):
        assert len(left(tmp_path)) == 2
    assert len(left(tmp_path)) == 1


@pytest.mark.parametrize("write", [written_whole, written_together])
def test_two_at_once_are_both_whole(tmp_path, write):
    """And the last one stays."""
    first, second = threading.Event(), threading.Event()
    target = tmp_path / "a.txt" if write is written_whole else tmp_path

    def early():
        with write(target) as draft:
            place = draft if write is written_whole else draft / "a.txt"
            place.write_text("early")
            first.set()
            second.wait(10)

    thread = threading.Thread(target=early)
    thread.start()
    first.wait(10)
    with write(target) as draft:
        place = draft if write is written_whole else draft / "a.txt"
        place.write_text("late")
    assert (tmp_path / "a.txt").read_text() == "late"
    second.set()
    thread.join()
    assert (tmp_path / "a.txt").read_text() == "early"
    assert left(tmp_path) == []


def test_many_at_once_are_in_nobodys_way(tmp_path):
    errors, gate = [], threading.Barrier(8, timeout=30)

    def write():
        try:
            gate.wait()
            for number in range(20):
                with written_whole(tmp_path / "a.txt") as draft:
                    draft.write_text(f"{number}" * 1000)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (tmp_path / "a.txt").read_text() == "19" * 1000
    assert left(tmp_path) == []


def test_no_stranger_can_put_files_where_ours_are(tmp_path):
    with draft_folder(tmp_path, "a.txt") as folder:
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        (name,) = left(tmp_path)
    (tmp_path / name).mkdir()
    if os.getuid() != 0:
        pytest.skip("only an administrator can give a folder to somebody else")
    os.chown(tmp_path / name, 65534, 65534)
    with draft_folder(tmp_path, "a.txt") as folder:
        assert folder.parent.name != name
    assert left(tmp_path) == [name]


def test_a_file_or_a_link_of_that_name_is_left_alone(tmp_path):
    with draft_folder(tmp_path, "a.txt"):
        (name,) = left(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / name).symlink_to(tmp_path / "elsewhere")
    with draft_folder(tmp_path, "a.txt") as folder:
        assert folder.parent.name != name
    assert left(tmp_path) == [name]
    assert not list((tmp_path / "elsewhere").iterdir())


def test_without_locks_nothing_is_taken_over(tmp_path, monkeypatch):
    """Then nobody knows whether it is of a dead process."""
    monkeypatch.setattr(drafts, "try_to_lock", lambda _: "none")
    seen = []
    for _ in range(2):
        with (
            draft_folder(tmp_path, "a.txt") as folder,
            draft_folder(tmp_path, "a.txt") as other,
        ):
            seen += [folder, other]
            assert len(left(tmp_path)) == 2
    assert len(set(seen)) == 4
    assert left(tmp_path) == []


def test_what_cannot_be_cleared_is_left_alone(tmp_path, writer, monkeypatch):
    process = writer()
    process.kill()
    process.wait()
    before = left(tmp_path)

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(drafts.shutil, "rmtree", refuse)
        lock, _ = drafts._claim(tmp_path, before[0].rpartition("-")[0])
    assert lock == 1
    assert (tmp_path / before[0] / "files" / "half").exists()


def test_a_disk_that_is_full_from_the_start_keeps_no_empty_folder(
    tmp_path, monkeypatch
):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    with (
        pytest.raises(OSError, match="No space left"),
        draft_folder(tmp_path, "a.txt"),
    ):
        pytest.fail("there is no room")
    assert left(tmp_path) == []
