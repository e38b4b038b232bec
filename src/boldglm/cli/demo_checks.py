"""What the demo found, held against what was put into the data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm.datasets import Activation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NullCheck", "PeakCheck", "check_null", "check_peaks"]


@dataclass(frozen=True)
class PeakCheck:
    """One place that responds, and the nearest peak of the right sign.

    Attributes
    ----------
    label : str
    truth : (3,) tuple of float
        Where it is, mm.
    found : (3,) tuple of float or None
        The peak, mm; None if there is no peak of that sign at all.
    z : float
        Height of the peak; NaN without a peak.
    tolerance : float
        Largest distance that is near enough, mm.
    """

    label: str
    truth: tuple[float, float, float]
    found: tuple[float, float, float] | None
    z: float
    tolerance: float

    @property
    def distance(self) -> float:
        """From the truth to the peak, mm; infinite without a peak."""
        if self.found is None:
            return float("inf")
        return float(np.linalg.norm(np.subtract(self.found, self.truth)))

    @property
    def passed(self) -> bool:
        """Whether the peak is near enough."""
        return self.distance <= self.tolerance


@dataclass(frozen=True)
class NullCheck:
    """What a z map does where nothing happens.

    Attributes
    ----------
    n_voxels : int
        Number of null voxels.
    n_false : int
        How many of them are in the thresholded map.
    mean, sd : float
        Of z over the null voxels: 0 and 1 if the statistics are right.
    """

    n_voxels: int
    n_false: int
    mean: float
    sd: float

    @property
    def passed(self) -> bool:
        """Whether nothing was found there."""
        return self.n_false == 0


def check_peaks(
    table: "pd.DataFrame",
    activations: Iterable[Activation],
    weights: Mapping[str, float] | None,
    tolerance: float,
) -> list[PeakCheck]:
    """Look for a peak near every place that a contrast should show.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns X, Y, Z (mm) and Peak Stat.
    activations : iterable of Activation
    weights : mapping of str to float, or None
        Weight of every condition in a t contrast. None: an F contrast, which
        shows every place that responds to anything, as positive.
    tolerance : float
        mm.

    Returns
    -------
    list of PeakCheck
        Places to which the contrast is blind are left out.
    """
    where = table[["X", "Y", "Z"]].to_numpy(dtype=float)
    height = table["Peak Stat"].to_numpy(dtype=float)
    checks = []
    for spot in activations:
        if weights is None:
            sign = float(any(spot.effects.values()))
        else:
            sign = float(
                np.sign(sum(weights.get(k, 0.0) * v for k, v in spot.effects.items()))
            )
        if sign == 0:
            continue
        same = np.flatnonzero(height * sign > 0)
        found, z = None, float("nan")
        if same.size:
            distance = np.linalg.norm(where[same] - spot.centre, axis=1)
            nearest = same[distance.argmin()]
            x, y, up = where[nearest].tolist()
            found, z = (x, y, up), float(height[nearest])
        checks.append(PeakCheck(spot.label, spot.centre, found, z, tolerance))
    return checks


def check_null(z_map: Any, thresholded: Any, null: Any) -> NullCheck:
    """Count what is found where nothing happens.

    Parameters
    ----------
    z_map, thresholded, null : (x, y, z) array
        z values, what of them is left above the threshold (0 elsewhere), and where
        nothing happens.

    Returns
    -------
    NullCheck

    Examples
    --------
    >>> z_map = np.array([0.1, -6.0, 9.0])
    >>> check_null(z_map, np.where(abs(z_map) > 5, z_map, 0), [1, 1, 0]).n_false
    1
    """
    inside = np.asarray(null) > 0
    values = np.asarray(z_map, dtype=float)[inside]
    return NullCheck(
        n_voxels=values.size,
        n_false=int(np.count_nonzero(np.asarray(thresholded)[inside])),
        mean=float(values.mean()),
        sd=float(values.std()),
    )
