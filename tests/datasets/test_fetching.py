"""What is missing is brought, once, and what cannot be brought is explained."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.datasets.layouts import files_of
from tests.datasets.misbehaving_server import cut, drip, status
from tests.datasets.test_unpack import zipped

from boldglm._base.errors import FetchError
from boldglm._base.progress import ProgressBar
from boldglm.datasets import download, fetching
from boldglm.datasets.fetching import bring, fetch
from boldglm.datasets.registry import Source, dataset

FILES = {"fMRI/run1.img": b"voxels" * 5000, "fMRI/run1.hdr": b"header"}
HOLDS = {"sub/fMRI/run*.img": 1, "sub/fMRI/run*.hdr": 1}
UNKNOWN = "of a size that the server tells; more than 1 MB is refused"
WHOLE = {f"sub/{name}": data for name, data in FILES.items()}


@pytest.fixture
def archive(server, patience):
    server.files["a.zip"] = zipped(FILES)
    urls = (server.url("a.zip"),)
    return Source("sub/a.zip", urls, 10**6, unpack=True, holds=HOLDS)


@pytest.fixture
def faces():
    return dataset("spm_multimodal_fmri")


def test_an_archive_is_unpacked_beside_itself_and_gone(archive, faces, tmp_path):
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sub"]


def test_what_is_there_is_not_asked_for(archive, faces, tmp_path, server):
    for _ in range(2):
        bring(faces, tmp_path, [archive], verbose=0)
    assert len(server.requests) == 1


def test_only_what_is_missing_is_asked_for(faces, tmp_path, server, patience):
    sources = []
    for name in "abc":
        server.files[name] = name.encode()
        sources.append(Source(f"x/{name}", (server.url(name),), 10))
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "b").write_bytes(b"mine")
    bring(faces, tmp_path, sources, verbose=0)
    assert [path for path, _ in server.requests] == ["a", "c"]
    assert files_of(tmp_path) == {"x/a": b"a", "x/b": b"mine", "x/c": b"c"}


def test_an_archive_that_was_put_there_by_hand_is_unpacked(
    archive, faces, tmp_path, offline
):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.zip").write_bytes(zipped(FILES))
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE


def test_a_damaged_archive_is_downloaded_again(archive, faces, tmp_path, server):
    good = server.files["a.zip"]
    server.files["a.zip"] = good[:-30]

    def send_file(handler, body):
        drip(0, 10**6)(handler, body)
        server.files["a.zip"] = good

    server.plans["a.zip"] = [send_file]
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE
    assert len(server.requests) == 2


def test_a_damaged_archive_is_asked_of_the_next(archive, faces, tmp_path, server):
    server.files["old.zip"] = b"no archive"
    urls = (server.url("old.zip"), server.url("a.zip"))
    bring(faces, tmp_path, [replace(archive, urls=urls)], verbose=0)
    assert files_of(tmp_path) == WHOLE
    assert [path for path, _ in server.requests] == ["old.zip", "a.zip"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no archive", "no archive of a kind"),
        (zipped({"../evil": b"x", **FILES}), "leads out of the folder"),
        (zipped({"bomb": bytes(2 * 10**6), **FILES}), "more than the 1000000 bytes"),
    ],
)
def test_archives_that_cannot_be_used_leave_nothing(
    archive, faces, tmp_path, server, content, told
):
    server.files["a.zip"] = content
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    with pytest.raises(FetchError, match=told):
        bring(faces, folder, [archive], verbose=0)
    assert files_of(tmp_path) == {}


def test_an_archive_of_other_data_is_told(archive, faces, tmp_path, server):
    server.files["a.zip"] = zipped({"fMRI/run1.img": b"1"})
    with pytest.raises(FetchError, match=r"does not have sub/fMRI/run\*\.hdr"):
        bring(faces, tmp_path, [archive], verbose=0)
    assert not (tmp_path / "sub" / "a.zip").exists()


def test_a_damaged_archive_of_the_user_stays_until_there_is_better(
    archive, faces, tmp_path, server
):
    (tmp_path / "sub").mkdir()
    mine = tmp_path / "sub" / "a.zip"
    mine.write_bytes(b"half")
    server.plans["a.zip"] = [status(404)]
    with pytest.raises(FetchError, match="is damaged") as told:
        bring(faces, tmp_path, [archive], verbose=0)
    assert "HTTP 404" in str(told.value)
    assert mine.read_bytes() == b"half"
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE


def test_a_readonly_folder_is_told_without_asking(
    archive, faces, readonly_folder, server
):
    folder, close = readonly_folder
    close()
    with pytest.raises(FetchError, match=f"{folder} is read-only"):
        bring(faces, folder, [archive], verbose=0)
    assert server.requests == []


def test_a_readonly_folder_with_all_files_is_used(archive, faces, readonly_folder):
    folder, close = readonly_folder
    bring(faces, folder, [archive], verbose=0)
    close()
    bring(faces, folder, [archive], verbose=0)
    assert files_of(folder) == WHOLE


def test_what_a_killed_unpacking_has_left_is_taken_away(archive, faces, tmp_path):
    (tmp_path / "sub" / ".unpacking-x7" / "files").mkdir(parents=True)
    (tmp_path / "sub" / ".unpacking-x7" / "files" / "half.img").touch()
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE


def test_a_full_disk_keeps_the_archive_for_the_next_time(
    archive, faces, tmp_path, server, monkeypatch
):
    def full(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "unpack", full)
        with pytest.raises(FetchError, match=r"No space left on device\. It is kept"):
            bring(faces, tmp_path, [archive], verbose=0)
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE
    assert len(server.requests) == 1


def test_ctrl_c_while_it_is_unpacked_keeps_the_archive(
    archive, faces, tmp_path, server, monkeypatch
):
    def pressed(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "unpack", pressed)
        with pytest.raises(KeyboardInterrupt):
            bring(faces, tmp_path, [archive], verbose=0)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.zip"]
    bring(faces, tmp_path, [archive], verbose=0)
    assert files_of(tmp_path) == WHOLE
    assert len(server.requests) == 1


def test_without_locks_nothing_is_shared(archive, faces, tmp_path, server, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", _no_locks)
    (tmp_path / "sub").mkdir()
    theirs = tmp_path / "sub" / "a.zip.part"
    theirs.write_bytes(b"of another process")
    bring(faces, tmp_path, [archive], verbose=0)
    assert theirs.read_bytes() == b"of another process"
    assert set(files_of(tmp_path)) == {*WHOLE, "sub/a.zip.part"}
    server.plans["b"] = [cut(5), status(404)]
    server.files["b"] = bytes(10)
    source = Source("b", (server.url("b"),), 10)
    with pytest.raises(FetchError):
        bring(faces, tmp_path, [source], verbose=0)
    assert (tmp_path / f"b.{os.getpid()}.part").stat().st_size == 5


def _no_locks(file, how):
    raise OSError(38, "Function not implemented")


# Ctrl-C is nothing for what a shell has started in the background, unless it says so
TWO = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from boldglm.datasets.fetching import bring
from boldglm.datasets.registry import Source, dataset
url, folder = sys.argv[1:]
holds = {"sub/fMRI/run*.img": 1, "sub/fMRI/run*.hdr": 1}
source = Source("sub/a.zip", (url,), 10**6, unpack=True, holds=holds)
bring(dataset("fiac"), Path(folder), [source], verbose=1)
print(len(list(Path(folder).rglob("run1.*"))))
"""


def test_of_two_processes_at_once_one_downloads(archive, server, tmp_path):
    """The download takes a second, so the second process finds it going on."""
    server.plans["a.zip"] = [drip(0.1, len(server.files["a.zip"]) // 10)] * 2
    command = [sys.executable, "-c", TWO, server.url("a.zip"), str(tmp_path)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = sorted(process.communicate()[0].splitlines() for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert len(server.requests) == 1
    assert said == [
        [f"Fetching fiac into {tmp_path} ({UNKNOWN})", "2"],
        ["Waiting for another process that fetches fiac", "2"],
    ]
    assert files_of(tmp_path) == WHOLE


@pytest.mark.parametrize("how", ["SIGINT", "SIGKILL"])
def test_after_a_process_that_was_stopped_the_next_goes_on(
    archive, faces, server, tmp_path, how
):
    """Its lock is in nobody's way, and what it has brought is not brought again."""
    server.files["a.zip"] = zipped({**FILES, "noise": os.urandom(100_000)})
    server.plans["a.zip"] = [drip(0.2, 20_000)]
    command = [sys.executable, "-c", TWO, server.url("a.zip"), str(tmp_path)]
    part = tmp_path / "sub" / "a.zip.part"
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while not (part.exists() and part.stat().st_size):
            assert process.poll() is None
        process.send_signal(getattr(signal, how))
        process.communicate()
    assert process.returncode != 0
    here = part.stat().st_size
    assert 0 < here < len(server.files["a.zip"])
    assert not list(tmp_path.rglob("*.zip"))
    # what is left of a killed one is in nobody's way
    assert (tmp_path / fetching.LOCK).exists() is (how == "SIGKILL")
    bring(faces, tmp_path, [archive], verbose=0)
    assert [one.get("Range") for one in server.asked("a.zip")] == [
        None,
        f"bytes={here}-",
    ]
    assert set(files_of(tmp_path)) == {*WHOLE, "sub/noise"}


def test_who_waits_goes_on_where_the_other_is_killed(archive, server, tmp_path):
    server.files["a.zip"] = zipped({**FILES, "noise": os.urandom(100_000)})
    server.plans["a.zip"] = [drip(0.2, 20_000)]
    command = [sys.executable, "-c", TWO, server.url("a.zip"), str(tmp_path)]
    part = tmp_path / "sub" / "a.zip.part"
    with subprocess.Popen(command) as first:
        while not (part.exists() and part.stat().st_size):
            assert first.poll() is None
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as second:
            assert second.stdout.readline().startswith("Waiting for another process")
            first.kill()
            assert second.communicate(timeout=60)[0].splitlines()[-1] == "2"
    assert [bool(one.get("Range")) for one in server.asked("a.zip")] == [False, True]
    assert set(files_of(tmp_path)) == {*WHOLE, "sub/noise"}


def test_where_no_lock_can_be_made_it_is_told_as_all_else(archive, faces, tmp_path):
    (tmp_path / fetching.LOCK).mkdir()
    with pytest.raises(FetchError, match=r"Is a directory.*\n.*Missing in"):
        bring(faces, tmp_path, [archive], verbose=0)


def test_the_name_of_the_folder_may_be_another(internet, tmp_path):
    ds = dataset("ds000030")
    internet.files["osf.io/86xj7/download"] = b"[]"
    assert fetch(ds, tmp_path, folder_name="mine", verbose=0) == tmp_path / "mine"
    assert files_of(tmp_path) == {"mine/urls.json": b"[]"}


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (1, 1), (2, 3)])
def test_what_is_said(archive, faces, tmp_path, verbose, lines, caplog):
    caplog.set_level("INFO", "boldglm")
    bring(faces, tmp_path, [archive], verbose=verbose)
    assert len(caplog.messages) == lines
    if lines:
        first = f"Fetching spm_multimodal_fmri into {tmp_path} ({UNKNOWN})"
        assert caplog.messages[0] == first


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([7_000_000], "7 MB"),
        ([7_000_000, 9_000_000], "16 MB"),
        ([7_000_000] * 3, "3 files of 7 MB"),
    ],
)
def test_how_much_comes_is_said_first(
    faces, tmp_path, offline, patience, caplog, sizes, told
):
    caplog.set_level("INFO", "boldglm")
    sources = [
        Source(f"{at}", ("https://x.y",), 10**9, size=n) for at, n in enumerate(sizes)
    ]
    with pytest.raises(FetchError):
        bring(faces, tmp_path, sources)
    assert caplog.messages[0].endswith(f" ({told})")


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ([7, 9], "of a size that the server tells; more than 23 MB is refused"),
        (
            [7, 7],
            "3 files, of sizes that the server tells; more than 7 MB each is refused",
        ),
    ],
)
def test_a_limit_is_not_told_as_a_size(
    faces, tmp_path, offline, patience, caplog, limits, told
):
    caplog.set_level("INFO", "boldglm")
    sources = [
        Source(f"{at}", ("https://x.y",), n * 10**6) for at, n in enumerate(limits)
    ]
    # a size that is known makes no size of the others' limits
    sources.append(replace(sources.pop(), at_most=10**9, size=limits[-1] * 10**6))
    sources.append(replace(sources[0], file="one more"))
    with pytest.raises(FetchError):
        bring(faces, tmp_path, sources)
    assert caplog.messages[0].endswith(f" ({told})")


@pytest.mark.parametrize("verbose", [0, 1])
@pytest.mark.parametrize("names", ["a", "ab"])
def test_asked_to_say_nothing_it_shows_no_bar(
    faces, tmp_path, server, patience, monkeypatch, verbose, names
):
    shown = []

    def bar(total, what, verbose):
        shown.append(what.split()[0])
        return ProgressBar(total, what, verbose)

    monkeypatch.setattr(download, "ProgressBar", bar)
    monkeypatch.setattr(fetching, "ProgressBar", bar)
    server.files |= dict.fromkeys(names, b"12")
    sources = [Source(name, (server.url(name),), 10) for name in names]
    bring(faces, tmp_path, sources, verbose=verbose)
    assert shown == (["kB" if names == "a" else "files"] if verbose else [])


def test_many_files_have_one_bar(faces, tmp_path, server, patience, capsys):
    sources = []
    for name in "abc":
        server.files[name] = bytes(5000)
        sources.append(Source(name, (server.url(name),), 10_000))
    bring(faces, tmp_path, sources, verbose=2)
    assert "3 of 3 files, 0 s\n" in capsys.readouterr().err
