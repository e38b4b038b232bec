"""Throw damaged input at what reads it, for a time or a number of inputs.

    python tools/fuzz.py                      every target, 20 s each
    python tools/fuzz.py image --seconds 600
    python tools/fuzz.py expression formula --runs 100000
    python tools/fuzz.py doors --runs 500     odd arguments at every public function

The targets are those of ``tests/fuzz/targets.py``. Where atheris is installed (``pip
install atheris``), it looks for inputs by the lines of boldglm that they reach;
elsewhere inputs are damaged by chance. Stops at the first fault with the input that
caused it, written to ``fuzz-found``; put it into the corpus of the tests when the fault
is mended.
"""

import argparse
import hashlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

#: Targets whose text may call functions: their input is put together of harmless ones.
HARMLESS = {"group_formula"}
#: Targets whose input is bytes; of others it is text.
BINARY = {"image", "model"}


def say(text: str) -> None:
    """Write a line where the user looks."""
    sys.stdout.write(f"{text}\n")


def main() -> int:
    """Fuzz what is asked for; 1 if something was found."""
    from tests.fuzz.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each target")
    parser.add_argument("--runs", type=int, help="inputs of each, instead of a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plain", action="store_true", help="without atheris")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    unknown = set(names) - set(TARGETS) - {"doors"}
    if unknown:
        parser.error(f"no target {sorted(unknown)}; there are {[*TARGETS, 'doors']}")
    found = 0
    for name in names:
        if name == "doors":
            found += try_doors(options.runs or 50)
        elif options.plain or name in HARMLESS or not _has_atheris():
            found += by_chance(name, TARGETS[name], options)
        else:
            found += guided(name, options)
    return min(found, 1)


def by_chance(name: str, target: Callable[..., Any], options: Any) -> int:
    """Damage inputs by chance, each by a seed of its own."""
    begin, number = time.monotonic(), 0
    while _goes_on(number, begin, options):
        seed = f"{name}-{options.seed}-{number}"
        answer = target(random.Random(seed))
        number += 1
        if answer.fault:
            say(f"{name}: seed {seed!r}: {answer.fault}")
            return 1
    say(f"{name}: {number} inputs, nothing found")
    return 0


def _goes_on(number: int, begin: float, options: Any) -> bool:
    if options.runs is not None:
        return number < options.runs
    return time.monotonic() - begin < options.seconds


def guided(name: str, options: Any) -> int:
    """Let atheris look, in a process of its own: it ends the one it runs in."""
    import subprocess
    import tempfile

    from tests.fuzz.targets import seeds

    limit = (
        f"-max_total_time={options.seconds:g}"
        if options.runs is None
        else f"-runs={options.runs}"
    )
    home = ROOT / "fuzz-found"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(seeds(name)):
            (Path(folder) / f"{number}").write_bytes(content)
        command = [sys.executable, __file__, f"--inside={name}", limit, folder]
        command += ["-max_len=8192", "-rss_limit_mb=4096", f"-seed={options.seed + 1}"]
        command += [f"-artifact_prefix={home}/{name}-", "-timeout=30"]
        done = subprocess.run(command, check=False, cwd=ROOT)
    say(f"{name}: {'a fault, see fuzz-found' if done.returncode else 'nothing found'}")
    return int(done.returncode != 0)


def inside(name: str) -> None:
    """Run one target under atheris; ``sys.argv`` has the options of libFuzzer."""
    import pkgutil

    import atheris

    import boldglm.core

    # what is compiled cannot be watched line by line
    kernels = [
        f"boldglm.core.{one.name}"
        for one in pkgutil.iter_modules(boldglm.core.__path__)
        if one.name.endswith("_kernels")
    ]
    with atheris.instrument_imports(include=["boldglm"], exclude=kernels):
        from tests.fuzz.targets import TARGETS

        import boldglm.core.expression
        import boldglm.glm.second_level.formulas
        import boldglm.image.files
        import boldglm.image.formula
    target = TARGETS[name]

    def one(content: bytes) -> None:
        given = content if name in BINARY else _text(content)
        rng = random.Random(hashlib.sha256(content).digest())
        answer = target(rng, given)
        if answer.fault:
            raise RuntimeError(answer.fault) from answer.error

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


def _text(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")


def _has_atheris() -> bool:
    import importlib.util

    return importlib.util.find_spec("atheris") is not None


def try_doors(runs: int) -> int:
    """Throw odd arguments at every public function, and count what comes of it."""
    import os
    import tempfile

    os.environ["MPLBACKEND"] = "agg"
    from hypothesis import HealthCheck, Phase, given, settings
    from tests.fuzz.test_doors import TABLE

    home = tempfile.mkdtemp(prefix="fuzz-doors-")
    os.chdir(home)
    faults: dict[str, str] = {}
    for door in TABLE:

        @settings(
            max_examples=runs,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(door.arguments())
        def ask(odd: dict[str, Any], door: Any = door) -> None:
            found = door.answer(odd)
            if found.fault:
                faults.setdefault(f"{door.name}: {found.fault}", repr(odd))

        ask()
    for fault, odd in faults.items():
        say(f"{fault}\n    {odd}")
    say(f"{len(TABLE)} doors, {runs} inputs each at most: {len(faults)} faults")
    return len(faults)


if __name__ == "__main__":
    chosen = [one for one in sys.argv if one.startswith("--inside=")]
    if chosen:
        sys.argv.remove(chosen[0])
        inside(chosen[0].partition("=")[2])
    else:
        sys.exit(main())
