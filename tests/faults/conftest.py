"""Processes to be stopped, and what they leave."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.datasets.conftest import readonly_folder  # noqa: F401 - a fixture
from tests.datasets.misbehaving_server import serving

ZYGOTE = Path(__file__).with_name("zygote.py")


class Zygote:
    """What forks a process for each thing that is to be stopped; see its module."""

    def __init__(self, process, scratch):
        self._process, self.scratch = process, scratch
        assert self._heard() == {"ready": True}

    def _heard(self):
        line = self._process.stdout.readline()
        assert line, "the process that forks the others has died"
        return json.loads(line)

    def _begin(self, **asked):
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._heard()["pid"]

    def _end(self):
        told = {}
        while "status" not in told:
            told |= self._heard()
        return told

    def stop(self, door, folder, how):
        """Stop a door in its middle; tell what it says of that, and its status."""
        pid = self._begin(door=door, folder=str(folder), pausing=True)
        told = self._heard()
        if told != {"at": door}:
            pytest.fail(f"the middle was not reached: {told}, {self._end_of(told)}")
        os.kill(pid, getattr(signal, how))
        return self._end()

    def _end_of(self, told):
        return told if "status" in told else self._end()

    def run(self, door, folder):
        """Let a door come to its end."""
        self._begin(door=door, folder=str(folder), pausing=False)
        told = self._end()
        assert told.pop("status") == 0
        return told

    def starve(self, door, folder, beyond):
        """Let a door run with so many bytes beyond those that the process has."""
        self._begin(door=door, folder=str(folder), beyond=beyond, pausing=False)
        return self._end()


@pytest.fixture(scope="session")
def zygote(tmp_path_factory):
    if not hasattr(os, "fork") or not Path("/proc/self/statm").exists():
        pytest.skip("this system does not fork, or has no /proc")
    scratch = tmp_path_factory.mktemp("scratch")
    environment = os.environ | {"TMPDIR": str(scratch)}
    for name in list(environment):
        if name.lower().endswith("_proxy"):
            del environment[name]
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(ZYGOTE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        yield Zygote(process, scratch)
        process.stdin.close()


@pytest.fixture
def server():
    with serving() as ours:
        yield ours
