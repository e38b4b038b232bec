"""Disks that are full or closed: the place, the reason, the remedy; nothing changed."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.datasets.misbehaving_server import whole
from tests.faults import doors
from tests.faults.test_stopped import files

from boldglm._base.errors import FetchError, ImageFileError
from boldglm.cli import demo
from boldglm.datasets import fetching
from boldglm.datasets.fetching import bring
from boldglm.datasets.http_request import Patience
from boldglm.datasets.registry import Source, dataset

# Of each writer: what it writes to, as errors name it, and their kind
WRITERS = {
    "image .nii.gz": ("map.nii.gz", ImageFileError),
    "image .nii": ("map.nii", ImageFileError),
    "model": ("model.npz", OSError),
    "report": ("report.html", OSError),
    "figure": ("figure.png", OSError),
    "BIDS, its maps": ("derived", OSError),
    "simulation": ("simulated", OSError),
}
ROOM = "Make room there, or write to another disk."
MAY = "Choose a folder that you may write to."


def check_told(error, folder, name, reason, remedy):
    """The place in the user's words, and not that of a draft."""
    says = str(error)
    assert str(folder / name) in says
    assert re.search(reason, says)
    assert remedy in says
    assert ".writing-" not in says


@pytest.fixture
def no_room():
    """Files may not grow beyond 2 kB, as on a full disk; no special rights needed."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    @contextlib.contextmanager
    def limited(size=2_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    yield limited
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("door", list(WRITERS))
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, no_room, door):
    name, kind = WRITERS[door]
    with no_room(), pytest.raises(kind) as told:
        doors.DOORS[door](tmp_path)
    check_told(told.value, tmp_path, name, "File too large", ROOM)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_results_of_before(tmp_path, no_room):
    """All of them: a folder of old and new ones would be of nothing."""
    doors.save_bids(tmp_path)
    before = files(tmp_path)
    with no_room(), pytest.raises(OSError, match="Nothing that was there has changed"):
        doors.save_bids(tmp_path)
    assert files(tmp_path) == before


def test_a_full_disk_keeps_what_has_come_of_a_download(
    tmp_path, server, no_room, monkeypatch
):
    monkeypatch.setattr(fetching, "_PATIENCE", Patience(attempts=1, timeout=5))
    server.files["run.nii"] = bytes(range(256)) * 400
    server.plans["run.nii"] = [whole()]
    source = Source("run.nii", (server.url("run.nii"),), 10**6)
    with (
        no_room(50_000),
        pytest.raises(FetchError, match=r"run\.nii\.part: File too large.*make room"),
    ):
        bring(dataset("fiac"), tmp_path, [source], verbose=0)
    assert (tmp_path / "run.nii.part").stat().st_size == 50_000
    bring(dataset("fiac"), tmp_path, [source], verbose=0)
    assert server.asked("run.nii")[-1]["Range"] == "bytes=50000-"
    assert {path.name for path in tmp_path.iterdir()} == {"run.nii"}


def test_the_table_of_the_demo_is_whole_or_not_there(tmp_path, no_room, monkeypatch):
    class Table:
        def to_csv(self, path, **_):
            Path(path).write_text("contrast\n" * 1000)

    for name in ("simulate_dataset", "analyse", "compare", "make_brain"):
        monkeypatch.setattr(demo, name, lambda *_, **__: None)
    monkeypatch.setattr(demo, "_peaks_table", lambda _: Table())
    (tmp_path / "peaks.tsv").write_text("old")
    with no_room(), pytest.raises(OSError, match=r"peaks\.tsv: File too large\..*Make"):
        demo.run_demo(tmp_path, quiet=True)
    assert files(tmp_path) == {"peaks.tsv": b"old"}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="this system has no users")
@pytest.mark.parametrize("door", list(WRITERS))
def test_a_folder_that_one_may_not_write_to_is_told(tmp_path, readonly_folder, door):
    doors.DOORS[door](tmp_path)  # loads and compiles, which nobody may not write either
    name, kind = WRITERS[door]
    folder, close = readonly_folder
    close()
    with pytest.raises(kind) as told:
        doors.DOORS[door](folder)
    check_told(told.value, folder, name, "Permission denied", MAY)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("door", list(WRITERS))
def test_a_file_where_a_folder_should_be_is_told(tmp_path, door):
    name, kind = WRITERS[door]
    (tmp_path / "folder").write_text("mine")
    with pytest.raises(kind, match="Cannot write") as told:
        doors.DOORS[door](tmp_path / "folder")
    assert str(tmp_path / "folder" / name) in str(told.value)
    assert files(tmp_path) == {"folder": b"mine"}


@pytest.mark.parametrize("door", list(WRITERS))
def test_a_folder_or_a_file_in_its_place_is_told(tmp_path, door):
    """And kept."""
    name, kind = WRITERS[door]
    place = tmp_path / name
    if name in ("derived", "simulated"):
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
    before = files(tmp_path)
    with pytest.raises(kind, match=re.escape(str(place))):
        doors.DOORS[door](tmp_path)
    assert files(tmp_path) == before


# Disks of their own, which nobody else sees and which go with the process

ON_A_DISK = """
import sys
from pathlib import Path
from tests.faults import doors
folder = Path(sys.argv[1])
for door in sys.argv[2:]:
    try:
        doors.DOORS[door](folder)
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        print(door, kinds, error, sep="|")
    else:
        print(door, "nothing", "", sep="|")
    print(sorted(path.name for path in folder.iterdir()))
"""


@pytest.mark.parametrize(
    ("options", "reason", "remedy"),
    [
        ("size=8k", "No space left on device", ROOM),
        ("ro", "Read-only file system", MAY),
    ],
)
def test_a_disk_that_is_really_full_or_closed(tmp_path, options, reason, remedy):
    place = tmp_path / "disk"
    place.mkdir()
    mounted = f'mount -t tmpfs -o {options} none "{place}"'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    if (
        shutil.which("unshare") is None
        or subprocess.run(
            [*alone, mounted], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("needs the right to have a disk of one's own (unshare, mount)")
    command = [sys.executable, "-W", "error", "-c", ON_A_DISK, str(place)]
    asked = [door for door in WRITERS if door != "figure"]
    done = subprocess.run(
        [*alone, f'{mounted} && exec "$@"', "sh", *command, *asked],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 2 * len(asked)
    for told, left in zip(lines[::2], lines[1::2], strict=True):
        door, kind, says = told.split("|", 2)
        name, expected = WRITERS[door]
        assert f"'{expected.__name__}'" in kind
        check_told(says, place, name, reason, remedy)
        assert left == "[]"
