"""Print the tables of docs/calibration.md: ``python -m tools.calibration_table``.

Seeds are fixed: the numbers are the same every time.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.calibration.cases import CASES
from tests.calibration.null_data import STATISTICS, Case, band, error_rates, verdict

__all__ = ["HEADING", "main", "rows", "tables"]

HEADING = (
    "| design and shuffles | errors | statistic | data sets | error rate | 99 % band "
    "| verdict |\n|---|---|---|---|---|---|---|"
)


def rows(case: Case, rates: dict[str, float]) -> list[str]:
    """Make the rows of a case, one for each statistic.

    Parameters
    ----------
    case : Case
    rates : dict of float
        From `error_rates`.
    """
    low, high = band(case)
    return [
        f"| {case.title} | {case.errors} | {STATISTICS[name]} | {case.n_data_sets:,} "
        f"| {rate:.4f} | {low:.4f}-{high:.4f} | {verdict(case, rate)} |"
        for name, rate in rates.items()
    ]


def tables(found: list[dict[str, float]]) -> str:
    """Lay out the tests that should hold the level, then those that should not.

    Parameters
    ----------
    found : list of dict of float
        Rates of each of `CASES`.
    """
    right, wrong = [HEADING], [HEADING]
    for case, rates in zip(CASES, found, strict=True):
        meant_to_fail = "above" in case.expected.values()
        (wrong if meant_to_fail else right).extend(rows(case, rates))
    return "\n".join([*right, "", *wrong])


def _rates_of(index: int) -> dict[str, float]:
    """Rates of a case by its number: processes cannot be sent its functions."""
    return error_rates(CASES[index])


def main() -> int:
    """Simulate every case, on all processors."""
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(_rates_of, range(len(CASES))))
    sys.stdout.write(tables(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
