"""Run the benchmarks: ``python -m benchmarks.run [--fast] [--only NAME]``.

Every row runs both programs in turn on the same data, compares their results in the
same run, and shows the median times and the median ratio of the pairs.
"""

import argparse
import sys

from benchmarks import bench_first_level, bench_glm
from benchmarks.timing import write

BENCHMARKS = {"first_level": bench_first_level.run, "glm": bench_glm.run}


def main() -> int:
    """Run, print a table, write the numbers; 1 if results disagree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="small problems")
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="one group")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    chosen = [options.only] if options.only else sorted(BENCHMARKS)
    print(f"{'':<44} {'ours':>10} {'nilearn':>10} {'ratio':>7}", flush=True)
    results = []
    for name in chosen:
        for result in BENCHMARKS[name](options.fast, options.repeats):
            print(result.line(), flush=True)
            results.append(result)
    print(f"written to {write(results)}")
    wrong = [result.name.strip() for result in results if not result.agree]
    if wrong:
        print(f"results disagree: {'; '.join(wrong)}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
