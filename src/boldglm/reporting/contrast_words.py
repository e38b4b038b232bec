"""Contrasts, thresholds and findings in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Threshold",
    "contrast_name",
    "definition_words",
    "regressor_name",
    "weights_in_words",
]

#: Regressors that are named; the rest is counted
NAMED = 12

Rows = npt.NDArray[np.float64]


def weights_in_words(row: npt.ArrayLike, columns: Sequence[Any]) -> str:
    """A row of weights as a sum of regressors, as `compute_contrast` takes it.

    Parameters
    ----------
    row : (n_regressors,)
    columns : sequence
        Names of the regressors.

    Examples
    --------
    >>> weights_in_words([1, -1, 0, 0.5], ["faces", "houses", "cats", "dogs"])
    'faces - houses + 0.5*dogs'
    """
    weights = np.asarray(row, dtype=float)
    at = np.flatnonzero(weights)
    words = []
    for index in at[:NAMED]:
        weight = weights[index]
        size = "" if abs(weight) == 1 else f"{abs(weight):.4g}*"
        sign = "-" if weight < 0 else "+"
        words.append(f"{sign} {size}{regressor_name(columns[index])}")
    if not words:
        return "0"
    first = words[0].removeprefix("+ ").replace("- ", "-", 1)
    more = f" and {at.size - NAMED} more" if at.size > NAMED else ""
    return " ".join([first, *words[1:]]) + more


def regressor_name(column: Any) -> str:
    """A regressor in a text: one whose name is a number is called a column.

    >>> regressor_name("faces"), regressor_name(0)
    ('faces', 'column 0')
    """
    name = str(column)
    return f"column {name}" if name.replace(".", "", 1).isdigit() else name


def contrast_name(
    name: str | None, rows: Sequence[Rows | None], columns: Sequence[Sequence[Any]]
) -> str:
    """The name of a contrast; of one that nobody named, what it asks.

    Parameters
    ----------
    name : str or None
    rows, columns
        See `definition_words`.

    Examples
    --------
    >>> contrast_name(None, [np.array([[1.0, -1.0]])], [["a", "b"]])
    'a - b'
    """
    if name:
        return name
    for one, names in zip(rows, columns, strict=True):
        if one is not None:
            return _rows_in_words(one, names)
    return "contrast"


def definition_words(
    definition: Any, rows: Sequence[Rows | None], columns: Sequence[Sequence[Any]]
) -> str:
    """What a contrast asks, run by run where runs differ.

    Rows of an F are parted by semicolons, which `generate_report` takes too.

    Parameters
    ----------
    definition
        As the user gave it.
    rows : sequence of (n_rows, n_regressors) or None
        Of each run; None for a run that is left out.
    columns : sequence of sequence
        Names of the regressors of each run.

    Examples
    --------
    >>> rows = [np.array([[1.0, -1.0]]), None]
    >>> definition_words([1, -1], rows, [["a", "b"]] * 2)
    'run 1: a - b | run 2: left out'
    """
    if isinstance(definition, str) and all(one is not None for one in rows):
        return " ".join(definition.split())
    each = [
        "left out" if one is None else _rows_in_words(one, names)
        for one, names in zip(rows, columns, strict=True)
    ]
    if len(set(each)) == 1:
        return each[0]
    return " | ".join(
        f"run {number}: {one}" for number, one in enumerate(each, start=1)
    )


def _rows_in_words(rows: Rows, names: Sequence[Any]) -> str:
    each = [weights_in_words(row, names) for row in rows]
    shown = "; ".join(each[:NAMED])
    return shown + (f"; and {len(each) - NAMED} more" if len(each) > NAMED else "")


def _voxels(number: int) -> str:
    return "1 voxel" if number == 1 else f"{number:,} voxels"


@dataclass(frozen=True)
class Threshold:
    """What is shown of a map, and why.

    Attributes
    ----------
    height : float
        In z; infinite where nothing can be shown.
    alpha : float
    control : {"fpr", "fdr", "bonferroni", None}
    two_sided : bool
    cluster_size : int
        Smallest number of voxels.
    n_tested : int
        Voxels with a statistic.
    """

    height: float
    alpha: float
    control: str | None
    two_sided: bool
    cluster_size: int
    n_tested: int

    @property
    def sign(self) -> str:
        """The condition on a voxel, such as ``'z > 3.09'``.

        >>> Threshold(3.2905, 0.001, "fpr", True, 0, 100).sign
        '|z| > 3.29'
        """
        name = "|z|" if self.two_sided else "z"
        if not np.isfinite(self.height):
            return f"{name} at any height"
        return f"{name} > {self.height:.2f}"

    @property
    def words(self) -> str:
        """How the threshold was found, whole sentences."""
        return " ".join(
            part for part in (self._height_words(), self._size_words()) if part
        )

    def _height_words(self) -> str:
        if not self.n_tested:
            return "No voxel has a statistic: nothing is shown."
        level, n = f"{self.alpha:g}", _voxels(self.n_tested)
        sides = ", both signs together" if self.two_sided else ""
        if self.control == "fdr" and not np.isfinite(self.height):
            return (
                f"No height keeps the expected share of noise among the voxels found "
                f"at {level} (false discovery rate over {n}{sides}): nothing is shown."
            )
        if self.control == "fdr":
            return (
                f"Shown is {self.sign}: of the voxels found, a share of {level} is "
                f"expected to be noise (false discovery rate over {n}{sides}; "
                "Benjamini and Hochberg, 1995)."
            )
        if self.control == "bonferroni":
            return (
                f"Shown is {self.sign}: noise exceeds this at any of {n} with "
                f"probability {level} at most (Bonferroni{sides})."
            )
        if self.control == "fpr":
            return (
                f"Shown is {self.sign}: noise exceeds this at one voxel with "
                f"probability {level}{sides}. This is not corrected for the number of "
                f"voxels: of {n} without any effect, {self._expected_words()} expected "
                "to pass."
            )
        return (
            f"Shown is {self.sign}, a height that was given; it is not corrected for "
            "the number of voxels."
        )

    def _expected_words(self) -> str:
        number = self.alpha * self.n_tested
        if number < 0.05:
            return "fewer than 0.1 are"
        text = f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
        return f"{text} {'is' if text == '1' else 'are'}"

    def _size_words(self) -> str:
        if self.cluster_size <= 1:
            return ""
        return (
            f"Clusters of fewer than {self.cluster_size} voxels are left out; this "
            "size was given, and corrects for nothing by itself."
        )

    def conclusion(self, n_above: int, n_clusters: int, peak: str) -> str:
        """What survives, in a sentence.

        Parameters
        ----------
        n_above, n_clusters : int
        peak : str
            The furthest peak, in words.

        Examples
        --------
        >>> asked = Threshold(3.0902, 0.001, "fpr", False, 0, 1000)
        >>> asked.conclusion(0, 0, "")
        'No voxel survives z > 3.09.'
        >>> asked.conclusion(12, 1, "z = 5.10 at (0, 0, 0) mm")
        '12 voxels in 1 cluster survive z > 3.09; the peak is z = 5.10 at (0, 0, 0) mm.'
        """
        if not self.n_tested:
            return "No voxel survives: none in the mask has a statistic to test."
        if n_above == 0 and self.cluster_size > 1:
            return f"No cluster of {self.cluster_size} voxels survives {self.sign}."
        if n_above == 0 and self.control == "fdr" and not np.isfinite(self.height):
            return f"No voxel survives a false discovery rate of {self.alpha:g}."
        if n_above == 0:
            return f"No voxel survives {self.sign}."
        voxels = _voxels(n_above)
        clusters = "1 cluster" if n_clusters == 1 else f"{n_clusters:,} clusters"
        survive = "survives" if n_above == 1 else "survive"
        return f"{voxels} in {clusters} {survive} {self.sign}; the peak is {peak}."
