"""One at a time: threads, processes, and after a process that died."""

import errno
import signal
import subprocess
import sys
import threading
import time

import pytest

from boldglm.datasets.lock import locked

HOLD = """
import sys, time
from pathlib import Path
from boldglm.datasets.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lock"


@pytest.fixture
def holder(path):
    """Another process that has the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_comes_second_waits_and_is_told_once(path):
    order, inside = [], threading.Event()

    def first():
        with locked(path):
            inside.set()
            time.sleep(0.3)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    with locked(path, lambda: order.append("waiting"), lambda _: time.sleep(0.01)):
        order.append("second")
    thread.join()
    assert order == ["waiting", "first", "second"]
    assert not path.exists()


def test_many_are_inside_one_by_one(path):
    """Also while lock files come and go."""
    inside, most = 0, 0

    def come():
        nonlocal inside, most
        for _ in range(20):
            with locked(path, sleep=lambda _: time.sleep(0.0005)):
                inside += 1
                most = max(most, inside)
                time.sleep(0.0005)
                inside -= 1

    threads = [threading.Thread(target=come) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert not path.exists()


def test_a_file_that_was_left_over_stands_in_nobodys_way(path):
    path.write_text("left by a process that was killed")
    with locked(path, sleep=pytest.fail) as alone:
        assert alone


def test_another_process_is_waited_for(path, holder):
    def waited(seconds):
        raise TimeoutError

    with pytest.raises(TimeoutError), locked(path, sleep=waited):
        pytest.fail("both are inside")
    assert path.exists()


def test_a_process_that_is_killed_gives_the_lock_back(path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert path.exists()
    with locked(path, sleep=pytest.fail) as alone:
        assert alone
    assert not path.exists()


def test_an_error_inside_gives_it_back(path):
    with pytest.raises(KeyboardInterrupt), locked(path):
        raise KeyboardInterrupt
    with locked(path, sleep=pytest.fail):
        pass


def test_that_of_another_user_can_be_locked(readonly_folder):
    """Left by a process that was killed, in a folder of a group."""
    folder, close = readonly_folder
    path = folder / "lock"
    path.touch()
    close(folder)
    with locked(path, sleep=pytest.fail) as alone:
        assert alone
    assert not path.exists()


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EIO])
def test_where_there_are_no_locks_nobody_is_kept_out(path, monkeypatch, number):
    fcntl = pytest.importorskip("fcntl")

    def unknown(file, how):
        raise OSError(number, "of whatever kind")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with locked(path, sleep=pytest.fail) as alone:
        assert not alone


def test_without_a_folder_there_is_no_lock(path):
    with pytest.raises(FileNotFoundError), locked(path / "below"):
        pass
