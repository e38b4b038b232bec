"""Keep what was measured: every run for oneself, whole ones by version for all.

``results/runs/`` has a file for each run, not committed. ``results/<version>.json`` has
the last whole measurement of each group of benchmarks by that version of boldglm, with
the machine it was made on, and is committed: speed over versions can be read from it.
A run of one's own changes nothing there before `keep_runs` is called.
"""

import json
import math
import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import boldglm
from benchmarks.timing import Result

__all__ = ["RESULTS", "Group", "keep_runs", "kept", "machine", "newest", "write_run"]

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("nilearn", "tfce", "numpy", "scipy", "numba", "nibabel", "matplotlib")


@dataclass(frozen=True)
class Group:
    """The results of one group of benchmarks, and how it was measured.

    Attributes
    ----------
    name : str
    results : list of Result
    seconds : float
        How long measuring took, all included.
    others : float or None
        Processors that others kept busy meanwhile: with more than a tenth or two, the
        machine was not quiet. None where the system does not tell.
    """

    name: str
    results: list[Result]
    seconds: float
    others: float | None

    def record(self) -> dict[str, Any]:
        """What is written."""
        return {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 1),
            "others": None if self.others is None else round(self.others, 2),
            "machine": machine(),
            "versions": {name: version(name) for name in PACKAGES},
            "results": [_result(result) for result in self.results],
        }


def machine() -> dict[str, Any]:
    """What a time depends on besides the programs."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": platform.system(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    """The name of the processor, where the system tells."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", told.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _result(result: Result) -> dict[str, Any]:
    ratio = None if math.isnan(result.ratio) else result.ratio
    asks = [asdict(ask) for ask in result.asks]
    return asdict(result) | {"ratio": ratio, "asks": asks}


def write_run(groups: list[Group], fast: bool) -> Path:
    """Write a run to a file named after the moment, so that none is overwritten."""
    folder = RESULTS / "runs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    record = {
        "version": boldglm.__version__,
        "fast": fast,
        "groups": {group.name: group.record() for group in groups},
    }
    _write(path, record)
    return path


def keep_runs() -> tuple[Path | None, list[str]]:
    """Put the last whole measurement of each group into the file of this version.

    Runs on small data do not count, nor groups in which results disagree.

    Returns
    -------
    path : Path or None
        The file; None if there is nothing to put into it.
    left : list of str
        Names of groups of which the last measurement was left out.
    """
    path = RESULTS / f"{boldglm.__version__}.json"
    groups = kept(path)["groups"] if path.exists() else {}
    left = set()
    for run in sorted((RESULTS / "runs").glob("*.json")):
        record = kept(run)
        if record["fast"] or record["version"] != boldglm.__version__:
            continue
        for name, group in record["groups"].items():
            if name in groups and groups[name]["time"] >= group["time"]:
                continue
            if all(result["agree"] for result in group["results"]):
                groups[name] = group
                left.discard(name)
            else:
                left.add(name)
    if not groups:
        return None, sorted(left)
    ordered = {name: groups[name] for name in sorted(groups)}
    _write(path, {"version": boldglm.__version__, "groups": ordered})
    return path, sorted(left)


def _write(path: Path, record: Mapping[str, Any]) -> None:
    # numbers and truth values of numpy count as plain ones
    text = json.dumps(record, indent=1, default=lambda value: value.item())
    path.write_text(text + "\n", encoding="utf-8")


def kept(path: Path) -> dict[str, Any]:
    """Read the file of a version."""
    return json.loads(path.read_text(encoding="utf-8"))


def newest() -> Path:
    """The file of this version, or the one that was written to last.

    Raises
    ------
    FileNotFoundError
        If no version has been measured.
    """
    path = RESULTS / f"{boldglm.__version__}.json"
    if path.exists():
        return path
    others = sorted(_versions(), key=lambda each: _last_time(kept(each)))
    if not others:
        msg = f"no version is measured in {RESULTS}; run `make bench` first"
        raise FileNotFoundError(msg)
    return others[-1]


def _versions() -> Iterator[Path]:
    for path in RESULTS.glob("*.json"):
        if re.match(r"\d+\.", path.name):
            yield path


def _last_time(record: Mapping[str, Any]) -> str:
    return max(group["time"] for group in record["groups"].values())
