"""Say how much of ``core/`` and ``glm/`` the tests reach: ``make coverage``.

Lines and branches of each room are counted apart, and each has to be reached to 95 %.
Compiled loops are left out: no tracer sees into them (docs/adr/0021).
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

__all__ = ["LEAST", "ROOMS", "main", "shares"]

ROOMS = ("core", "glm")
LEAST = 95.0


def shares(report: dict[str, Any], room: str) -> dict[str, float]:
    """Per cent of the lines and of the branches of a room that were reached.

    Parameters
    ----------
    report : dict
        What ``coverage json`` writes.
    room : str
        A folder of ``src/boldglm``.

    Examples
    --------
    >>> counts = {"covered_lines": 3, "num_statements": 4}
    >>> counts |= {"covered_branches": 1, "num_branches": 2}
    >>> files = {"src/boldglm/core/drift.py": {"summary": counts}}
    >>> shares({"files": files}, "core")
    {'lines': 75.0, 'branches': 50.0}
    """
    of = [
        file["summary"]
        for path, file in report["files"].items()
        if fnmatch(path, f"*/boldglm/{room}/*") and not path.endswith("_kernels.py")
    ]

    def per_cent(covered: str, there: str) -> float:
        return 100 * sum(one[covered] for one in of) / sum(one[there] for one in of)

    return {
        "lines": per_cent("covered_lines", "num_statements"),
        "branches": per_cent("covered_branches", "num_branches"),
    }


def main(arguments: Sequence[str]) -> int:
    """Print what is missing, and return 1 if a room has less than it should.

    Parameters
    ----------
    arguments : sequence of str
        Where to put the report, as JSON.
    """
    path = Path(arguments[0])
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "json", "-q", "-o", str(path)], check=True)
    subprocess.run([*coverage, "report"], check=True)
    report, low = json.loads(path.read_text()), False
    for room in ROOMS:
        for what, share in shares(report, room).items():
            low |= share < LEAST
            sys.stdout.write(f"{room}: {share:.1f} % of {what}\n")
    return int(low)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
