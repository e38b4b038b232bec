"""What is asked of the benchmarks: a row for each piece of work, and its target.

Targets are ratios, nilearn's seconds over ours with both measured in turn on the same
data, and peaks of memory of the whole process. Seconds alone are asked of nobody: they
are the machine's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ROWS", "Row", "Standing", "asked", "standings"]

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Row:
    """A piece of work.

    Attributes
    ----------
    key : str
        By which a result says that it is of this row.
    group : str
        The benchmarks that measure it.
    work : str
        What is done.
    short : str
        Its label in the figure.
    ratio : float or None
        Least ratio asked.
    mib : float or None
        Most memory asked, in MiB.
    beside : str
        Whom the ratio is to.
    also : str
        What else is asked of it; the benchmark judges that.
    """

    key: str
    group: str
    work: str
    short: str
    ratio: float | None = None
    mib: float | None = None
    beside: str = "nilearn"
    also: str = ""

    @property
    def target(self) -> str:
        """What is asked, as a table says it."""
        parts = []
        if self.ratio is not None:
            slower = "not slower" if self.ratio == 1 else f"{TIMES}{self.ratio:g}"
            parts.append(slower)
        if self.mib is not None:
            parts.append(f"\N{LESS-THAN OR EQUAL TO} {self.mib:,.0f} MiB")
        return ", ".join(filter(None, [*parts, self.also]))


ROWS = (
    Row(
        "faces",
        "faces",
        "faces: 2 x 390 volumes 64 x 64 x 32 .hdr/.img with an affine each; joined, "
        "resampled to one grid, AR(1), 3 contrasts, 3 figures",
        "faces, resampled",
        12,
        700,
    ),
    Row(
        "fiac",
        "fiac",
        "two runs: 2 x 191 volumes 64 x 64 x 30 .nii.gz, fwhm 5; mean, each fitted, "
        "fixed effects, both fitted, 8 maps saved, 3 figures",
        "two runs, fixed effects",
        11,
    ),
    Row(
        "report",
        "report",
        "the report of two such runs, 8 contrasts",
        "report, 8 contrasts",
        4,
    ),
    Row(
        "2 mm .nii.gz",
        "fmriprep",
        "a 2 mm run, 97 x 115 x 97 x 300 float32 .nii.gz, mask of 235,375, fwhm 6, "
        "42 regressors, AR(1), 5 contrasts",
        "2 mm run, .nii.gz",
        10,
        700,
    ),
    Row("2 mm .nii", "fmriprep", "the same from .nii", "2 mm run, .nii", 10),
    Row(
        "fit",
        "glm",
        "`run_glm`, AR(1), arrays of 300 x 235,375, 42 regressors, default threads",
        "AR(1) fit, default threads",
        15,
    ),
    Row("fit, 1 thread", "glm", "the same on one thread", "AR(1) fit, one thread", 10),
    Row(
        "scans",
        "scans",
        "memory of a fit from .nii.gz, 64 x 76 x 64 voxels x 850, 1,700, 6,804 scans",
        "850 scans",
        None,
        600,
        also="flat in scans",
    ),
    Row(
        "max-T",
        "group",
        "10,000 max-T sign flips, 16 maps x 71,498 voxels",
        "max-T flips",
        35,
    ),
    Row(
        "clusters",
        "group",
        "cluster size, mass and max-T, a flip of the same",
        "cluster flips",
        35,
    ),
    Row("TFCE", "group", "TFCE, one-sided, a flip of the same", "TFCE flips", 60),
    Row(
        "TFCE beside tfce",
        "group",
        "the same beside the package `tfce`, equal settings, one thread",
        "TFCE, beside tfce",
        1,
        beside="tfce",
    ),
    Row(
        "TFCE beside tfce, 2 threads",
        "group",
        "the same on two threads",
        "TFCE, 2 threads",
        1,
        beside="tfce",
    ),
    Row(
        "import",
        "first_level",
        "`from …glm.first_level import FirstLevelModel`",
        "import of the model",
        3,
    ),
    Row("plot_stat_map", "plotting", "`plot_stat_map` to a PNG", "plot_stat_map", 1),
    Row(
        "plot_glass_brain",
        "plotting",
        "`plot_glass_brain` to a PNG",
        "plot_glass_brain",
        1,
    ),
)
_BY_KEY = {row.key: row for row in ROWS}


def asked(key: str) -> dict[str, Any]:
    """What a result of this row is made with: its key and its targets."""
    row = _BY_KEY[key]
    return {"row": key, "target": row.ratio, "limit_mib": row.mib}


@dataclass(frozen=True)
class Standing:
    """A row and how it came out; `met` is None where nothing was measured."""

    row: Row
    record: Mapping[str, Any] | None

    @property
    def met(self) -> bool | None:
        """Whether all that was asked is so, and both programs found the same."""
        if self.record is None:
            return None
        return bool(self.record["agree"]) and all(
            ask["met"] for ask in self.record["asks"]
        )

    @property
    def verdict(self) -> str:
        """``met``, ``MISSED``, ``DISAGREES`` or ``not measured``."""
        if self.record is None:
            return "not measured"
        if not self.record["agree"]:
            return "DISAGREES"
        return "met" if self.met else "MISSED"


def standings(records: Iterable[Mapping[str, Any]]) -> list[Standing]:
    """Every row, in order, with the last record that says it is of that row.

    Raises
    ------
    ValueError
        If a record is of a row that there is not.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for record in records:
        if not record["row"]:
            continue
        if record["row"] not in _BY_KEY:
            msg = (
                f"a result is of row {record['row']!r}; expected one of "
                f"{', '.join(map(repr, _BY_KEY))} (benchmarks/baseline.py)"
            )
            raise ValueError(msg)
        found[record["row"]] = record
    return [Standing(row, found.get(row.key)) for row in ROWS]
