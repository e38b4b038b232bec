"""Run the benchmarks: ``python -m benchmarks.run [--fast] [--only NAME]``.

Every row runs both programs in turn on the same data, compares their results in the
same run, and shows the median times and the median ratio of the pairs. Where peak
memory is shown, every run is a process of its own, and the peak that of the whole
process, interpreter and imports included.

The data lie in ``$BOLDGLM_BENCH_DIR`` (or ``boldglm-bench`` in the folder of temporary
files) and are made when first needed: about 5.5 GB for all.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator

from benchmarks import (
    bench_first_level,
    bench_glm,
    bench_group,
    bench_images,
    bench_memory,
    bench_noise,
    bench_plotting,
    bench_report,
    cache,
    image_problems,
)
from benchmarks.measure import WorkloadError
from benchmarks.timing import Result, heading, write

BENCHMARKS: dict[str, Callable[[bool, int], Iterable[Result]]] = {
    "first_level": bench_first_level.run,
    "glm": bench_glm.run,
    "group": bench_group.run,
    "plotting": bench_plotting.run,
    "noise": bench_noise.run,
    "report": bench_report.run,
    "faces": bench_images.run_faces,
    "fiac": bench_images.run_fiac,
    "fmriprep": bench_images.run_fmriprep,
    "region": bench_images.run_region,
    "scans": bench_memory.run_scans,
    "functions": bench_memory.run_functions,
}


def main() -> int:
    """Run, print a table, write the numbers; 1 if results disagree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="small problems")
    parser.add_argument(
        "--only", choices=BENCHMARKS, action="append", help="one group; may be repeated"
    )
    parser.add_argument("--repeats", type=int, help="3, or 1 with --fast")
    parser.add_argument(
        "--strict", action="store_true", help="fail if a target is missed, too"
    )
    parser.add_argument(
        "--make-data", action="store_true", help="only make the data of the benchmarks"
    )
    parser.add_argument(
        "--clean", action="store_true", help="only delete the data of the benchmarks"
    )
    options = parser.parse_args()
    if options.clean:
        print(f"deleted {cache.clean():,.0f} MB in {cache.cache_folder()}")
        return 0
    if options.make_data:
        image_problems.make_all(options.fast)
        folder = cache.cache_folder()
        print(f"{cache.size_of(folder):,.0f} MB in {folder}")
        return 0
    options.repeats = options.repeats or (1 if options.fast else 3)
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    print(heading(), flush=True)
    results = []
    for name in options.only or BENCHMARKS:
        for measured in _group(name, options):
            # targets are for the full problems
            result = measured.unasked() if options.fast else measured
            print(result.line(), flush=True)
            results.append(result)
    print(f"written to {write(results)}")
    missed = [
        f"{result.name.strip()} ({ask.text})"
        for result in results
        for ask in result.asks
        if not ask.met
    ]
    wrong = [result.name.strip() for result in results if not result.agree]
    if missed:
        print("targets missed:", *missed, sep="\n  ")
    if wrong:
        print("results disagree:", *wrong, sep="\n  ")
    return int(bool(wrong or (options.strict and missed)))


def _group(name: str, options: argparse.Namespace) -> Iterator[Result]:
    try:
        yield from BENCHMARKS[name](options.fast, options.repeats)
    except (WorkloadError, cache.NoRoomError) as error:
        yield Result(name, [], [], f"not measured: {error}", agree=False)


if __name__ == "__main__":
    sys.exit(main())
