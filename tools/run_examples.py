"""Run the scripts of the gallery one after the other, and keep their figures.

``make examples`` calls it. Each script runs in a process of its own, on simulated data,
in the folder of the output, which is where it leaves its files.
"""

import argparse
import os
import runpy
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> int:
    """Run the scripts that are asked for; 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scripts", nargs="*", type=Path, help="default: all")
    parser.add_argument("--out", type=Path, default=Path("examples-output"))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        run_here(asked.scripts[0])
        return 0
    asked.out.mkdir(parents=True, exist_ok=True)
    scripts = asked.scripts or sorted(EXAMPLES.glob("plot_*.py"))
    failed = []
    begin = time.perf_counter()
    for script in scripts:
        start = time.perf_counter()
        ran = run_apart(script, asked.out)
        seconds = time.perf_counter() - start
        tell(f"{script.stem:30s} {seconds:6.1f} s  {'ok' if ran else 'FAILED'}")
        failed += [] if ran else [script.name]
    tell(f"{'all':30s} {time.perf_counter() - begin:6.1f} s")
    tell(f"figures and what the scripts said: {asked.out}")
    if failed:
        tell(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


def tell(text: str) -> None:
    """Say something at once, also into a log."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def run_apart(script: Path, out: Path) -> bool:
    """Run a script in a process of its own; what it says goes to a file."""
    command = [sys.executable, str(Path(__file__).resolve()), "--here"]
    done = subprocess.run(
        [*command, str(script.resolve())],
        cwd=out,
        env={**os.environ, "MPLBACKEND": "agg"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    (out / f"{script.stem}.txt").write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        tell(done.stdout)
    return done.returncode == 0


def run_here(script: Path) -> None:
    """Run a script; what it shows is saved in the working folder."""
    import matplotlib.pyplot as plt

    saved: list[Path] = []

    def save(*_args: object, **_kwargs: object) -> None:
        for number in plt.get_fignums():
            saved.append(Path(f"{script.stem}-{len(saved) + 1}.png"))
            plt.figure(number).savefig(saved[-1], dpi=100)
        plt.close("all")

    for left in Path().glob(f"{script.stem}-*.png"):
        left.unlink()
    plt.show = save
    sys.argv = [str(script), "--simulated"]
    runpy.run_path(str(script), run_name="__main__")
    if not saved:
        msg = f"{script.name} has shown no figure."
        raise RuntimeError(msg)


if __name__ == "__main__":
    sys.exit(main())
