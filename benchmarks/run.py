"""Run the benchmarks: ``python -m benchmarks.run [--all] [--fast] [--only NAME]``.

Every row runs both programs in turn on the same data, compares their results in the
same run, and shows the median times and the median ratio of the pairs. Where peak
memory is shown, every run is a process of its own, and the peak that of the whole
process, interpreter and imports included. At the end comes the table of what is asked
(`benchmarks.baseline`), as Markdown.

Without options: all that table asks for. ``--all``: noise models, small regions and
every function of images, too. ``--fast``: small problems, for which nothing is asked.
What was measured is in ``benchmarks/results/runs``.

The data lie in ``$BOLDGLM_BENCH_DIR`` (or ``boldglm-bench`` in the folder of temporary
files) and are made when first needed: about 5.5 GB for all.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator

from benchmarks import (
    baseline,
    bench_first_level,
    bench_glm,
    bench_group,
    bench_images,
    bench_memory,
    bench_noise,
    bench_plotting,
    bench_report,
    benchmarks_page,
    cache,
    image_problems,
    records,
)
from benchmarks.measure import WorkloadError
from benchmarks.quiet import Watch
from benchmarks.timing import Result, heading

BENCHMARKS: dict[str, Callable[[bool, int], Iterable[Result]]] = {
    "first_level": bench_first_level.run,
    "glm": bench_glm.run,
    "group": bench_group.run,
    "plotting": bench_plotting.run,
    "report": bench_report.run,
    "faces": bench_images.run_faces,
    "fiac": bench_images.run_fiac,
    "fmriprep": bench_images.run_fmriprep,
    "scans": bench_memory.run_scans,
    "noise": bench_noise.run,
    "region": bench_images.run_region,
    "functions": bench_memory.run_functions,
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="small problems")
    parser.add_argument(
        "--all", action="store_true", help="also what the table of targets has not"
    )
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
    return parser


def main() -> int:
    """Run, print tables, write the numbers; 1 if results disagree."""
    options = parser().parse_args()
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


def chosen(options: argparse.Namespace) -> list[str]:
    """The groups to run."""
    if options.only:
        return options.only
    asked = {row.group for row in baseline.ROWS}
    # small problems take little time: all of them, as a smoke test
    return [name for name in BENCHMARKS if options.all or options.fast or name in asked]


def _run(options: argparse.Namespace) -> int:
    print(heading(), flush=True)
    groups = []
    for name in chosen(options):
        watch, results = Watch(), []
        for measured in _group(name, options):
            # targets are for the full problems
            result = measured.unasked() if options.fast else measured
            print(result.line(), flush=True)
            results.append(result)
        groups.append(records.Group(name, results, watch.seconds, watch.others()))
        print(f"  [{name}: {_how_long(groups[-1])}]", flush=True)
    print(f"written to {records.write_run(groups, options.fast)}")
    results = [result for group in groups for result in group.results]
    if not options.fast:
        print("`make bench-page` keeps that and writes it into docs/benchmarks.md\n")
        print(benchmarks_page.table(group.record() for group in groups))
    return _verdict(results, options.strict)


def _how_long(group: records.Group) -> str:
    text = f"{group.seconds:.0f} s"
    if group.others is not None:
        text += f", others kept {group.others:.1f} processors busy"
    return text


def _verdict(results: list[Result], strict: bool) -> int:
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
    return int(bool(wrong or (strict and missed)))


def _group(name: str, options: argparse.Namespace) -> Iterator[Result]:
    try:
        yield from BENCHMARKS[name](options.fast, options.repeats)
    except (WorkloadError, cache.NoRoomError) as error:
        yield Result(name, [], [], f"not measured: {error}", agree=False)


if __name__ == "__main__":
    sys.exit(main())
