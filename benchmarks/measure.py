"""Measure a workload in a process of its own: seconds, peak memory, results."""

import gc
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
OURS, PEER = "boldglm", "nilearn"
LONGEST_SECONDS = 3600


class WorkloadError(RuntimeError):
    """A program did not get through a workload."""


@dataclass(frozen=True)
class Job:
    """What to run: a module of `benchmarks.workloads`, its files and options.

    Before anything is measured the process runs the same on `warm` files, small ones:
    imports are done then and compiled code is loaded.
    """

    workload: str
    files: Mapping[str, Any]
    warm: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """One run.

    Attributes
    ----------
    seconds : float
        Of the workload, without interpreter, imports and preparation.
    peak_mib : float
        The most the process ever held, all included.
    rise_mib : float
        How far the workload went above what the process held before it.
    results : dict of arrays
    skipped : str
        Why nothing was run, if so.
    failed : str
        The error, if there was one.
    """

    seconds: float
    peak_mib: float
    rise_mib: float
    results: dict[str, np.ndarray]
    skipped: str = ""
    failed: str = ""


def measure(job: Job, package: str) -> Measurement:
    """Run a job by one program in a fresh interpreter.

    Raises
    ------
    WorkloadError
        If it failed.
    """
    (measured,) = measure_all([job], package)
    if measured.failed:
        msg = f"{package} failed in {job.workload}: {measured.failed}"
        raise WorkloadError(msg)
    return measured


def measure_all(jobs: Sequence[Job], package: str) -> list[Measurement]:
    """Run jobs one after the other by one program in the same fresh interpreter.

    Seconds are those of each job; memory is sure for the first one only, which finds
    nothing left behind by others.

    Raises
    ------
    WorkloadError
        If the interpreter died; a job that fails says so in its measurement.
    """
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.json"
        out = [Path(folder) / f"results{i}.npz" for i in range(len(jobs))]
        asked = [vars(job) | {"out": o} for job, o in zip(jobs, out, strict=True)]
        request.write_text(json.dumps({"package": package, "jobs": asked}, default=str))
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.worker"]
        done = subprocess.run(
            [*command, str(request)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.strip().splitlines() or [f"exit {done.returncode}"]
            msg = f"{package} failed: {said[-1]}"
            raise WorkloadError(msg)
        lines = [x for x in done.stdout.splitlines() if x.startswith('{"seconds"')]
        return [
            Measurement(results=_stored(path), **json.loads(line))
            for path, line in zip(out, lines, strict=True)
        ]


def _stored(path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        return {}
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def measure_in_turn(
    job: Job, repeats: int, patience: float = math.inf
) -> tuple[list[Measurement], list[Measurement]]:
    """Run a job by both programs in turn, each time in a fresh interpreter.

    Only the last results are kept. A peer that took more than `patience` seconds is
    not asked again.
    """
    read_once(job.files.values())
    ours: list[Measurement] = []
    peer: list[Measurement] = []
    for _ in range(repeats):
        for package, measured in ((OURS, ours), (PEER, peer)):
            if package == PEER and measured and measured[-1].seconds > patience:
                continue
            if measured:
                measured[-1].results.clear()
                gc.collect()
            measured.append(measure(job, package))
    return ours, peer


def read_once(files: Iterable[Any]) -> None:
    """Read files through, so that all programs find them in the page cache."""
    for entry in files:
        if isinstance(entry, list | tuple):
            read_once(entry)
        elif isinstance(entry, str | Path) and Path(entry).is_file():
            with Path(entry).open("rb") as stream:
                while stream.read(2**24):
                    pass


def seconds(measured: list[Measurement]) -> list[float]:
    """Seconds of each run."""
    return [one.seconds for one in measured]


def peak(measured: list[Measurement]) -> float | None:
    """Largest peak of several runs."""
    return max((one.peak_mib for one in measured), default=None)
