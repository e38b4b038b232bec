"""Time two functions in turn, and write down what came of it."""

import gc
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Result:
    """Seconds of each run of both programs, and how far their numbers are apart."""

    name: str
    ours: list[float]
    peer: list[float]
    difference: str
    target: float | None = None
    agree: bool = True
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Median over the pairs of peer over ours."""
        return median(p / o for p, o in zip(self.peer, self.ours, strict=True))

    def line(self) -> str:
        """One row of the table."""
        want = "" if self.target is None else f" (target {self.target:g}x)"
        return (
            f"{self.name:<44} {median(self.ours):8.3f} s {median(self.peer):8.3f} s "
            f"{self.ratio:6.1f}x{want:<14} {self.difference}"
        )


def alternate(
    ours: Callable[[], Any], peer: Callable[[], Any], repeats: int
) -> tuple[list[float], list[float], Any, Any]:
    """Run both in turn after a warm-up each; their times and their last results."""
    ours()
    peer()
    times: tuple[list[float], list[float]] = ([], [])
    results: list[Any] = [None, None]
    for _ in range(repeats):
        for which, work in enumerate((ours, peer)):
            results[which] = None
            gc.collect()
            start = time.perf_counter()
            results[which] = work()
            times[which].append(time.perf_counter() - start)
    return times[0], times[1], results[0], results[1]


def write(results: list[Result]) -> Path:
    """Write results to a file named after the moment, so that none is overwritten."""
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    record = {
        "time": now.isoformat(timespec="seconds"),
        "machine": {
            "processor": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {
            name: version(name)
            for name in ("boldglm", "nilearn", "numpy", "scipy", "numba")
        },
        "results": [asdict(result) | {"ratio": result.ratio} for result in results],
    }
    path = RESULTS / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(record, indent=1))
    return path
