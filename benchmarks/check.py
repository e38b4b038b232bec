"""Whether we have become slower: ``python -m benchmarks.check [--keep] [--by WAY]``.

Small pieces of our own work (`benchmarks.check_works`) are compared with a reference in
``benchmarks/results``: more than a quarter above it fails. By instructions, where
callgrind is there: they are the same on a busy machine, and the same to a few per cent
on any machine of an architecture, since what depends on the processor is held fixed.
Otherwise by the processor's seconds, beside a yardstick in turn, one thread: these are
those of a kind of machine.
"""

import argparse
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import boldglm
from benchmarks import records
from benchmarks.check_works import WORKS

__all__ = ["LIMIT", "compare", "counted", "main", "reference_path", "timed"]

ROOT = Path(__file__).parents[1]
#: How many times the reference is too slow
LIMIT = 1.25
WAYS = ("instructions", "ratio")
# A slow piece is timed again before it is called slow
TRIES = 3
PACKAGES = ("numpy", "scipy", "numba", "nibabel", "matplotlib", "pandas")
# One thread, and the same choices of code on every processor of an architecture. (That
# of AVX-512 needs no word: callgrind says that there is none.)
SAME = {
    "x86_64": {"NUMBA_CPU_NAME": "haswell", "OPENBLAS_CORETYPE": "Haswell"},
    "aarch64": {"NUMBA_CPU_NAME": "generic", "OPENBLAS_CORETYPE": "ARMV8"},
}
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


def main() -> int:
    """Measure and compare: 0 if nothing is slower, 1 if something is, 2 if unknown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--by", choices=WAYS, help="instructions where callgrind is")
    parser.add_argument(
        "--keep", action="store_true", help="write the reference instead of comparing"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=WORKS,
        metavar="PIECE",
        help=f"may be repeated: {', '.join(WORKS)}",
    )
    options = parser.parse_args()
    way = options.by or (WAYS[0] if shutil.which("valgrind") else WAYS[1])
    path = reference_path(way)
    print(f"{Path(boldglm.__file__).parent} by {way}, reference {path.name}")
    measure = counted if way == WAYS[0] else timed
    if options.keep:
        return _keep(path, way, measure(options.only))
    if not path.exists():
        print(f"There is no {path}. Make it with --keep from a version to trust.")
        return 2
    reference = json.loads(path.read_text(encoding="utf-8"))
    found = measure(options.only)
    for _ in range(TRIES - 1 if way == WAYS[1] else 0):
        slow = [
            name for name, ratio in compare(reference, found).items() if ratio > LIMIT
        ]
        if slow:
            again = measure(slow)
            found |= {name: min(found[name], again[name]) for name in slow}
    return _verdict(reference, found)


def reference_path(way: str) -> Path:
    """The reference for machines like this one."""
    kind = platform.machine().lower()
    if way == WAYS[1]:
        told = f"{platform.system()} {records.machine()['processor']}"
        kind += "-" + re.sub(r"[^a-z0-9]+", "-", told.lower()).strip("-")
    return records.RESULTS / f"reference-{way}-{kind}.json"


def _keep(path: Path, way: str, found: dict[str, float]) -> int:
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    works = before.get("works", {}) | found
    record = {
        "by": way,
        "version": boldglm.__version__,
        "machine": records.machine(),
        "versions": _versions(),
        "works": works,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"written to {path}")
    return 0


def _versions() -> dict[str, str]:
    here = {name: version(name) for name in PACKAGES}
    return {"python": platform.python_version(), **here}


def compare(
    reference: Mapping[str, Mapping[str, float]], found: Mapping[str, float]
) -> dict[str, float]:
    """How many times the reference each piece takes; nan where there is none."""
    known = reference["works"]
    return {name: value / known.get(name, math.nan) for name, value in found.items()}


def _verdict(reference: dict, found: dict[str, float]) -> int:
    """Print the table; say what is slower, and what else has changed."""
    ratios = compare(reference, found)
    slower, unknown = [], []
    for name, ratio in ratios.items():
        word = ""
        if math.isnan(ratio):
            word = "no reference"
            unknown.append(name)
        elif ratio > LIMIT:
            word = "SLOWER"
            slower.append(name)
        elif ratio < 1 / LIMIT:
            word = "faster: --keep makes this the reference"
        print(f"{name:<26} {found[name]:>16,.4g} {ratio:7.3f} {word}".rstrip())
    if slower:
        print(f"more than {LIMIT:g} times the reference:", *slower, sep="\n  ")
        print(*_other_versions(reference), sep="\n")
        return 1
    if unknown:
        print("make a reference with --keep --only NAME:", *unknown, sep="\n  ")
        return 2
    return 0


def _other_versions(reference: dict) -> list[str]:
    """Packages that are not those of the reference: they may be why."""
    here = _versions()
    return [
        f"{name} is {here[name]}, the reference had {old}"
        for name, old in reference["versions"].items()
        if here.get(name) != old
    ]


def counted(chosen: list[str]) -> dict[str, float]:
    """Instructions of each piece, by callgrind.

    Everything is done twice: once as usual, which compiles, and then counted. What was
    compiled is not used again: numba does not see that a function has changed which it
    has compiled into one of another file.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        env = _same_everywhere() | {"NUMBA_CACHE_DIR": str(folder / "compiled")}
        worker = [sys.executable, "-m", "benchmarks.check_worker", "count", *chosen]
        print("compiling, then counting: several minutes", flush=True)
        _lines(worker, env)
        out = folder / "counts"
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        callgrind += ["--dump-before=getsid", "--dump-line=no"]
        names = [one["name"] for one in _lines([*callgrind, *worker], env)]
        # files are numbered from 1: before the first piece, it, before the second, ...
        return {
            name: _total(Path(f"{out}.{2 * (index + 1)}"))
            for index, name in enumerate(names)
        }


def _same_everywhere() -> dict[str, str]:
    """The environment, with what makes the same instructions of the same work."""
    same = SAME.get(platform.machine().lower(), {"NUMBA_CPU_NAME": "generic"})
    fixed = {"NUMBA_CPU_FEATURES": "", "PYTHONHASHSEED": "0", "MPLBACKEND": "agg"}
    return {**os.environ, **ONE_THREAD, **same, **fixed}


def _total(path: Path) -> float:
    found = re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        msg = f"callgrind wrote no total into {path}; expected a line 'summary: ...'"
        raise RuntimeError(msg)
    return float(found[1])


def timed(chosen: list[str]) -> dict[str, float]:
    """Seconds of each piece in those of the yardstick, on one thread."""
    worker = [sys.executable, "-m", "benchmarks.check_worker", "time", *chosen]
    found = _lines(worker, {**os.environ, **ONE_THREAD, "MPLBACKEND": "agg"})
    return {one["name"]: one["value"] for one in found}


def _lines(command: list[str], env: dict[str, str]) -> list[dict]:
    """What a worker says, a line of JSON each.

    Raises
    ------
    RuntimeError
        If it failed.
    """
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        msg = f"{' '.join(command)} failed:\n{done.stderr[-2000:]}"
        raise RuntimeError(msg)
    return [json.loads(x) for x in done.stdout.splitlines() if x.startswith('{"name"')]


if __name__ == "__main__":
    sys.exit(main())
