"""Killed or interrupted in the middle: what there was, and what the next run leaves.

Under every name is the old file, whole, or none; the next run that writes the same
leaves what it would have left without the one that was stopped, and nothing else.
"""

import json
import signal
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest
from tests.datasets.misbehaving_server import drip
from tests.faults import doors

from boldglm.datasets.fetching import LOCK

STOPS = ("SIGKILL", "SIGINT")
WRITERS = [name for name in doors.DOORS if name not in doors.IN_THREADS]
# What is there already is not made again
ONCE = ("simulation", "download")
BYTES = np.random.default_rng(0).bytes(400_000)


def files(folder):
    """Contents by name; JSON and pages may have times in them."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def under_their_names(folder):
    """Without what is not complete, and is not meant to be looked at."""
    return {
        name: content
        for name, content in files(folder).items()
        if ".writing-" not in name and ".part" not in name and name != LOCK
    }


@pytest.fixture(scope="module")
def whole(zygote, tmp_path_factory):
    """What a door leaves that nobody stops, by name."""
    known = {}

    def made(door):
        kind = door.partition(",")[0]
        if kind not in known:
            folder = tmp_path_factory.mktemp("whole")
            zygote.run(door, folder)
            known[kind] = files(folder)
        return known[kind]

    return made


@pytest.fixture
def place(tmp_path, zygote):
    """A folder for a door; nothing may be left in the one for temporary files."""
    folder = tmp_path / "here"
    folder.mkdir()
    yield folder
    assert list(zygote.scratch.iterdir()) == []


def put_old_ones(folder, names):
    """Files of another content under the names of those that will be written."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # One that a data set has may not be anything
        old = b"{}" if path.name == "dataset_description.json" else b"old"
        path.write_bytes(old)


def check_told(told, how):
    """How it ended: killed, or by Ctrl-C, at once and with no thread left over."""
    if how == "SIGKILL":
        assert told == {"status": -signal.SIGKILL}
        return
    assert told["stopped"] == "KeyboardInterrupt()"
    assert told["threads"] == []
    assert told["status"] == 130


@pytest.mark.parametrize("how", STOPS)
@pytest.mark.parametrize("door", doors.IN_THREADS)
def test_work_that_is_stopped_leaves_nothing_and_can_be_done_again(
    zygote, place, door, how
):
    doors.make_runs(place)
    before = files(place)
    wanted = zygote.run(door, place)["result"]
    told = zygote.stop(door, place, how)
    check_told(told, how)
    # Of hundreds, those that were under way
    assert told.get("steps", 0) < doors.STEPS_BEFORE + 10
    assert files(place) == before
    assert zygote.run(door, place)["result"] == wanted
    assert files(place) == before


def but_slow(doors_of, slow):
    """Doors that take a second each, and are much the same as others, now and then."""
    return [
        pytest.param(door, marks=pytest.mark.slow) if door in slow else door
        for door in doors_of
    ]


@pytest.mark.parametrize("how", STOPS)
@pytest.mark.parametrize(
    "door",
    but_slow(
        [name for name in WRITERS if name != "download"], ["figure", "BIDS, its maps"]
    ),
)
def test_new_files_are_not_there_by_half(zygote, place, whole, door, how):
    check_told(zygote.stop(door, place, how), how)
    found, expected = under_their_names(place), whole(door)
    if (door, how) == ("BIDS, its moves", "SIGKILL"):
        # Some have been moved, and they are whole
        assert 0 < len(found) < len(expected)
        assert {name: len(found[name]) for name in found}.items() <= {
            name: len(expected[name]) for name in expected
        }.items()
    else:
        assert found == {}
    if how == "SIGINT":
        assert list(place.iterdir()) == []
    zygote.run(door, place)
    assert set(files(place)) == set(expected)


@pytest.mark.parametrize("how", STOPS)
@pytest.mark.parametrize(
    "door",
    but_slow([name for name in WRITERS if name not in ONCE], ["BIDS, its moves"]),
)
def test_old_files_stay_until_new_ones_are_whole(zygote, place, whole, door, how):
    expected = whole(door)
    put_old_ones(place, expected)
    before = files(place)
    check_told(zygote.stop(door, place, how), how)
    found = under_their_names(place)
    if (door, how) == ("BIDS, its moves", "SIGKILL"):
        assert set(found) == set(before)
        for name, content in found.items():
            assert content == before[name] or len(content) == len(expected[name])
    else:
        assert found == before
    if how == "SIGINT":
        assert files(place) == before
    zygote.run(door, place)
    assert set(files(place)) == set(expected)
    for name, content in files(place).items():
        if not name.endswith("dataset_description.json"):
            assert content != b"old"
            assert len(content) == len(expected[name])


@pytest.mark.parametrize("how", STOPS)
def test_a_download_goes_on_where_it_was_stopped(zygote, place, server, how):
    server.files["run.nii"] = BYTES
    server.plans["run.nii"] = [drip(0.05, 100_000)]
    (place / "server.json").write_text(json.dumps(server.url("run.nii")))
    check_told(zygote.stop("download", place, how), how)
    assert under_their_names(place).keys() == {"server.json"}
    here = (place / "run.nii.part").stat().st_size
    assert 0 < here < len(BYTES)
    zygote.run("download", place)
    ranges = [asked.get("Range") for asked in server.asked("run.nii")]
    assert ranges == [None, f"bytes={here}-"]
    assert files(place).keys() == {"server.json", "run.nii"}
    assert (place / "run.nii").read_bytes() == BYTES


# the command line

AT_HOME = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from boldglm.cli import main
sys.exit(main())
"""


def begun(*arguments):
    """The program, as a terminal starts it, until it says something."""
    process = subprocess.Popen(
        [sys.executable, "-c", AT_HOME, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # What is not read here is left for whoever reads on
        bufsize=0,
    )
    said = process.stderr.read(8)
    assert said == b"[ 1/10] "
    return process


def test_ctrl_c_ends_the_program_with_a_line(tmp_path):
    with begun("demo", "--size", "small", "--out", str(tmp_path / "x")) as process:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.decode().splitlines()[-2:] == [
        "simulate run 1 ... stopped",
        "Stopped.",
    ]
    assert "Traceback" not in errors.decode()


@pytest.mark.slow
def test_a_demo_that_was_killed_is_done_again(tmp_path):
    out = tmp_path / "x"
    with begun("demo", "--size", "small", "--out", str(out)) as process:
        said = b""
        while b"[ 6/10]" not in said:
            said += process.stderr.read(1)
        process.kill()
    command = [sys.executable, "-c", AT_HOME, "demo", "--size", "small", "--quiet"]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    assert not list(out.rglob(".*"))
    for path in out.rglob("*.nii.gz"):
        np.asarray(nib.load(path).dataobj)
