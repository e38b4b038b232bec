"""Break modules on purpose and see whether their tests notice.

``python -m tools.mutate contrast gls --out mutants.jsonl`` draws mutants of
``core/contrast.py`` and ``core/gls.py`` and runs the tests of each module against
each mutant, in a copy of the sources. One that no test notices is either the same
program (say why) or a test that is missing (write it).
"""

import argparse
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.mutation_guards import CORE, ROOT, guards_of, imports_of
from tools.mutations import Mutant, sample

__all__ = ["Copy", "chosen", "main", "outcomes", "table"]

# Loaded once, by the process all test runs are forked from
HEAVY = (
    "numpy", "scipy.linalg", "scipy.ndimage", "scipy.optimize", "scipy.signal",
    "scipy.sparse.csgraph", "scipy.special", "scipy.stats", "numba", "pandas",
    "nibabel", "statsmodels.api", "mpmath", "pytest",
)  # fmt: skip
MEMORY = 12 << 30
# Seconds; what takes longer is tried last
LONG = 2.0


@dataclass(frozen=True)
class Outcome:
    """What came of a mutant.

    `how` is killed, survived, or stopped: out of time or memory, or dead.
    """

    module: str
    line: int
    before: str
    after: str
    how: str
    by: str
    seconds: float


class Copy:
    """The sources and tests in a folder where they may be broken.

    Parameters
    ----------
    folder : Path
        Does not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        leave = shutil.ignore_patterns("*.pyc", ".hypothesis")
        for name in ("src", "tests", "benchmarks"):
            shutil.copytree(ROOT / name, folder / name, ignore=leave)
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy2(ROOT / name, folder / name)

    def write(self, module: str, source: str) -> None:
        """Write a module, and forget what was compiled from it.

        Kernels are kept compiled, with the numbers and functions of other modules in
        them, until their own text changes: so those that import this one are dropped.
        """
        (self.folder / CORE / f"{module}.py").write_text(source)
        self._forget(module)

    def restore(self, module: str) -> None:
        """Put a module back."""
        shutil.copy2(ROOT / CORE / f"{module}.py", self.folder / CORE)
        self._forget(module)

    def _forget(self, module: str) -> None:
        """Drop the kernels in which something of a module may be."""
        for other in self._compiled_from(module):
            for index in (self.folder / CORE / "__pycache__").glob(f"{other}.*.nbi"):
                index.unlink()

    def _compiled_from(self, module: str) -> list[str]:
        """Names of the modules with kernels that import `module`, however far."""
        imports = {p: imports_of(p) for p in (self.folder / CORE).glob("*.py")}
        reached, new = {module}, {module}
        while new:
            new = {p.stem for p, names in imports.items() if names & reached} - reached
            reached |= new
        kernels = [p.stem for p in imports if "njit" in p.read_text()]
        return [name for name in kernels if name in reached]


class QuickestFirst:
    """A plugin of pytest: what was quick before goes first, and times are taken.

    Parameters
    ----------
    before : dict of float
        Seconds each test took, by its name; empty if nobody knows.
    """

    def __init__(self, before: dict[str, float]) -> None:
        self.before = before
        self.times: dict[str, float] = {}
        self.failed = ""

    def pytest_collection_modifyitems(self, items: list) -> None:
        """Put the tests in order, those of a file together for their fixtures."""
        files: dict[str, float] = {}
        for name, seconds in self.before.items():
            file = name.partition("::")[0]
            files[file] = files.get(file, 0.0) + seconds

        def order(item) -> tuple:
            seconds = self.before.get(item.nodeid, 0.0)
            file = item.nodeid.partition("::")[0]
            return seconds > LONG, files.get(file, 0.0), file, seconds

        items.sort(key=order)

    def pytest_runtest_logreport(self, report) -> None:
        """Remember how long a test took, and the first that failed."""
        self.times[report.nodeid] = self.times.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report) -> None:
        """Remember a file that cannot be read."""
        if report.failed:
            self.failed = self.failed or f"import of {report.nodeid}"


@dataclass(frozen=True)
class Told:
    """What a run of tests tells.

    Attributes
    ----------
    code : int or None
        What pytest returns; None if it was stopped, or died.
    failed : str
        The first test that failed.
    times : dict of float
        Seconds of each test.
    processor : float
        Seconds of processor time of all.
    """

    code: int | None
    failed: str
    times: dict[str, float]
    processor: float


def run_tests(
    folder: Path, tests: Sequence[str], before: dict[str, float], limit: float
) -> Told:
    """Run tests up to the first failure, in a process of their own.

    Parameters
    ----------
    folder : Path
        With a copy.
    tests : sequence of str
    before : dict of float
        Seconds each test took before; empty for the run that finds out.
    limit : float
        Seconds of processor time allowed; ten times as long by the clock.
    """
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        try:
            _in_child(folder, tests, before, limit)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(1)
    deadline = time.monotonic() + 10 * limit
    done, _, usage = os.wait4(child, os.WNOHANG)
    try:
        while not done:
            if time.monotonic() > deadline:
                os.killpg(child, signal.SIGKILL)
            time.sleep(0.02)
            done, _, usage = os.wait4(child, os.WNOHANG)
    except BaseException:
        os.killpg(child, signal.SIGKILL)
        raise
    processor = usage.ru_utime + usage.ru_stime
    if not report.exists():
        return Told(None, "", {}, processor)
    return Told(**json.loads(report.read_text()), processor=processor)


def _in_child(
    folder: Path, tests: Sequence[str], before: dict[str, float], limit: float
) -> None:
    """Run pytest, write what came of it, and end the process."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # kernels are kept beside their sources, where they can be forgotten
    os.environ.pop("NUMBA_CACHE_DIR", None)
    os.chdir(folder)
    log = os.open("log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.path[:0] = [str(folder / "src"), str(folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:2])
    if before:
        # a mutant leaves nothing behind that its source could be mistaken for
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 1, int(limit) + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    pytest = importlib.import_module("pytest")
    plugin = QuickestFirst(before)
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    code = pytest.main([*options, *tests], plugins=[plugin])
    told = {"code": int(code), "failed": plugin.failed, "times": plugin.times}
    Path("report.json").write_text(json.dumps(told))


def chosen(module: str, seed: int, most: int | None = None) -> list[Mutant]:
    """Draw the mutants of a module: more of longer ones, fewer of compiled ones.

    Parameters
    ----------
    module : str
    seed : int
    most : int, optional
        How many; by the number of lines if not given.
    """
    source = (ROOT / CORE / f"{module}.py").read_text()
    low, high = (5, 8) if module.endswith("_kernels") else (8, 15)
    by_length = min(max(len(source.splitlines()) // 20, low), high)
    return sample(source, most or by_length, f"{seed}:{module}")


def outcomes(
    copy: Copy, module: str, drawn: Sequence[Mutant], known: set[tuple]
) -> Iterator[Outcome]:
    """Try mutants of a module.

    Parameters
    ----------
    copy : Copy
    module : str
    drawn : sequence of Mutant
    known : set of tuple
        Of those that were tried before: module, line, before and after.

    Raises
    ------
    RuntimeError
        If the tests fail with nothing broken.
    """
    new = [m for m in drawn if (module, m.line, m.before, m.after) not in known]
    if not new:
        return
    tests = guards_of(module)
    sound = run_tests(copy.folder, tests, {}, limit=3600)
    if sound.code != 0:
        message = (
            f"the tests of {module} fail with nothing broken, mend them first: "
            f"{sound.failed}\n{(copy.folder / 'log.txt').read_text()[-2000:]}"
        )
        raise RuntimeError(message)
    source = (ROOT / CORE / f"{module}.py").read_text()
    for mutant in new:
        copy.write(module, mutant.apply(source))
        told = run_tests(
            copy.folder, tests, sound.times, limit=30 + 3 * sound.processor
        )
        how = {0: "survived", None: "stopped"}.get(told.code, "killed")
        place = (module, mutant.line, mutant.before, mutant.after)
        yield Outcome(*place, how, told.failed, round(told.processor, 2))
    copy.restore(module)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants of the modules named, or of all, and print a table."""
    parser = argparse.ArgumentParser(prog="tools.mutate", description=__doc__)
    parser.add_argument("modules", nargs="*", help="names in core/ (all of them)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-n", type=int, help="mutants of each module (by its length)")
    parser.add_argument("--out", type=Path, help="JSON lines to go on with")
    given = parser.parse_args(arguments)
    every = sorted(p.stem for p in (ROOT / CORE).glob("[a-z]*.py"))
    known = _known(given.out)
    # told to end, it ends the tests that run, and leaves no copy behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for name in HEAVY:
        importlib.import_module(name)
    done = []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Copy(Path(scratch) / "copy")
        for module in given.modules or every:
            drawn = chosen(module, given.seed, given.n)
            for one in outcomes(copy, module, drawn, known):
                done.append(one)
                _tell(one, given.out)
    sys.stdout.write(table(done) + "\n")
    return 0


def table(done: Sequence[Outcome]) -> str:
    """Count what came of the mutants of each module, and of all.

    Examples
    --------
    >>> print(table([Outcome("drift", 7, "1", "(2)", "killed", "test_drift", 0.5)]))
    | module | made | killed | stopped | survived |
    |---|---|---|---|---|
    | drift | 1 | 1 | 0 | 0 |
    | all | 1 | 1 | 0 | 0 |
    """
    rows = ["| module | made | killed | stopped | survived |", "|---|---|---|---|---|"]
    for module in [*dict.fromkeys(one.module for one in done), "all"]:
        how = [one.how for one in done if module in (one.module, "all")]
        counts = [len(how), *map(how.count, ("killed", "stopped", "survived"))]
        rows.append(f"| {module} | {' | '.join(map(str, counts))} |")
    return "\n".join(rows)


def _known(out: Path | None) -> set[tuple]:
    if out is None or not out.exists():
        return set()
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return {(r["module"], r["line"], r["before"], r["after"]) for r in rows}


def _tell(one: Outcome, out: Path | None) -> None:
    change = f"{one.before} -> {one.after}".replace("\n", " ")
    sys.stdout.write(f"{one.how:<8} {one.module}:{one.line} {change}  [{one.by}]\n")
    sys.stdout.flush()
    if out is not None:
        with out.open("a") as file:
            file.write(json.dumps(asdict(one)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
