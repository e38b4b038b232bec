"""How often noise models find what is not there: ``python -m benchmarks.calibration``.

Simulates null data, fits every noise model and nilearn's AR(1), prints the tables,
writes the numbers to ``benchmarks/results`` and, unless ``--fast``, the tables and the
figure of ``docs/noise-calibration.md``. Seeds are fixed: the numbers are the same
every time, but for what rounding makes of them.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks import calibration_page, null_real
from benchmarks.null_rates import (
    LEVELS,
    MODELS,
    PEER,
    SHAPE,
    DataSet,
    data_set,
    measure,
    summary,
)
from benchmarks.null_rows import ROWS

__all__ = ["ASKED", "Plan", "main", "misses", "plans", "records"]

RESULTS = Path(__file__).parent / "results" / "noise-calibration.json"
#: What `auto` is asked for: the level, and from where to where its rate may be
ASKED = {0.05: (0.04, 0.06), 0.001: (0.0005, 0.002)}
# Data sets of a row; real runs are small, and their voxels alike
N_SETS, N_REAL, FAST_SETS, FAST_REAL = 8, 240, 1, 12
FAST_SHAPE = (12, 12, 10)


@dataclass(frozen=True)
class Plan:
    """A row that is to be measured.

    Attributes
    ----------
    group, title : str
    asked : bool
        Whether `auto` must hold its level here.
    draw : callable
        ``draw(number)``, a data set. Processes can be sent it.
    n_sets : int
    """

    group: str
    title: str
    asked: bool
    draw: Callable[[int], DataSet]
    n_sets: int


def plans(fast: bool) -> list[Plan]:
    """All rows, those of real runs only where these are."""
    shape, n_sets = (FAST_SHAPE, FAST_SETS) if fast else (SHAPE, N_SETS)
    out = [
        Plan(
            row.group,
            row.title,
            row.asked,
            partial(_drawn, index, shape=shape),
            n_sets,
        )
        for index, row in enumerate(ROWS)
    ]
    if null_real.reason_absent() is None:
        out += [
            Plan(
                null_real.GROUP,
                title,
                False,
                partial(null_real.real_data_set, kind),
                FAST_REAL if fast else N_REAL,
            )
            for kind, title in null_real.KINDS.items()
        ]
    return out


def _drawn(index: int, number: int, shape: tuple[int, ...]) -> DataSet:
    # By number: what a row holds cannot be sent to another process
    return data_set(ROWS[index], number, shape)


def _measured(draw: Callable[[int], DataSet], models: tuple[str, ...], number: int):
    return measure(draw(number), models)


def records(todo: list[Plan], models: tuple[str, ...]) -> Iterator[dict]:
    """Measure rows on all processors; a dictionary for each, in turn."""
    # Each data set is one thread's work: more would wait for each other.
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [
            pool.map(partial(_measured, plan.draw, models), range(plan.n_sets))
            for plan in todo
        ]
        for plan, found in zip(todo, waiting, strict=True):
            founds = list(found)
            yield {
                "group": plan.group,
                "title": plan.title,
                "asked": plan.asked,
                "n_sets": plan.n_sets,
                "n_voxels": sum(each[models[0]].t.size for each in founds),
                "models": summary(founds),
            }


def misses(rows: list[dict]) -> list[str]:
    """Where `auto` is asked for its level, and is beside it."""
    out = []
    for row in rows:
        for level, (low, high) in ASKED.items():
            rate = row["models"]["auto"]["rates"][LEVELS.index(level)]
            if row["asked"] and not low <= rate <= high:
                out.append(
                    f"{row['title']}: {rate:.4f} at {level:g}, asked {low:g}-{high:g}"
                )
    return out


def main() -> int:
    """Measure, print, write; 1 if `auto` misses its level where it is asked for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="few voxels, no page")
    options = parser.parse_args()
    models = tuple(m for m in MODELS if m != PEER or find_spec("nilearn"))
    rows = []
    for row in records(plans(options.fast), models):
        rows.append(row)
        print(calibration_page.line(row, first=len(rows) == 1), flush=True)
    absent = null_real.reason_absent()
    if absent:
        print(f"no real runs: {absent}")
    RESULTS.parent.mkdir(exist_ok=True)
    record = {
        "fast": options.fast,
        "levels": LEVELS,
        "versions": {name: version(name) for name in ("boldglm", "numpy", "scipy")},
        "rows": rows,
    }
    RESULTS.write_text(json.dumps(record, indent=1, default=np.ndarray.tolist))
    print(f"written to {RESULTS}")
    if not options.fast:
        for path in calibration_page.write(rows):
            print(f"written to {path}")
    missed = [] if options.fast else misses(rows)
    if missed:
        print("auto misses its level:", *missed, sep="\n  ")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
