"""One measurement, in the process that is measured: ``python -m benchmarks.worker``.

Peak memory is VmHWM where there is /proc: ``ru_maxrss`` of a program starts with the
peak of the process that started it (exec carries it over), VmHWM starts with its own.
"""

import ctypes
import gc
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import NotThereError

STATUS = Path("/proc/self/status")


def main() -> int:
    """Run the requests in the file named on the command line; a line of JSON each."""
    request = json.loads(Path(sys.argv[1]).read_text())
    warnings.simplefilter("ignore")
    for job in request["jobs"]:
        print(json.dumps(_run(job, request["package"])), flush=True)
    return 0


def _run(job: dict[str, Any], package: str) -> dict[str, Any]:
    nothing = {"seconds": 0.0, "peak_mib": 0.0, "rise_mib": 0.0}
    try:
        workload = import_module(f"benchmarks.workloads.{job['workload']}")
        if job["warm"] is not None:
            workload.start(package, job["warm"], **job["options"])()
        work = workload.start(package, job["files"], **job["options"])
        return _measured(work, job["out"])
    except NotThereError as error:
        return nothing | {"skipped": str(error)}
    except Exception as error:
        # whatever it is, the table shows it
        return nothing | {"failed": f"{type(error).__name__}: {error}"}


def _measured(work: Callable[[], dict[str, Any]], out: str) -> dict[str, Any]:
    gc.collect()
    _give_back()
    before, earlier = _status_mib("VmRSS"), _peak_mib()
    _forget_peak()
    start = time.perf_counter()
    results = work()
    seconds = time.perf_counter() - start
    now = _peak_mib()
    np.savez(out, **{name: _array(one) for name, one in results.items()})
    return {
        "seconds": seconds,
        "peak_mib": max(earlier, now),
        "rise_mib": max(0.0, now - before),
    }


def _give_back() -> None:
    """Hand freed memory to the system, so that it is not mistaken for held."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _status_mib(name: str) -> float:
    if not STATUS.exists():
        return _peak_mib()
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _peak_mib() -> float:
    if STATUS.exists():
        return _status_mib("VmHWM")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _forget_peak() -> None:
    """Start the peak anew from what is held now, where the kernel lets one."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _array(result: Any) -> np.ndarray:
    """An image or array as an array to compare; of a series, three scans."""
    if hasattr(result, "dataobj"):
        result = np.asanyarray(result.dataobj)
        scans = result.shape[3] if result.ndim == 4 else 0
        chosen = [0, scans // 2, scans - 1]
        return result[..., chosen] if scans > 3 else result
    array = np.asarray(result)
    if array.ndim == 2 and array.size > 2**22:
        return array[[0, len(array) // 2, -1]]
    return array


if __name__ == "__main__":
    sys.exit(main())
