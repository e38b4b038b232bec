"""Whether two programs computed the same: maps, series, masks."""

from collections.abc import Mapping

import numpy as np

Arrays = Mapping[str, np.ndarray]


def correlation(ours: np.ndarray, peer: np.ndarray) -> float:
    """Pearson's r over the voxels where either is not zero; 1 for equal arrays."""
    if ours.shape != peer.shape:
        return float("nan")
    a, b = (np.nan_to_num(np.asarray(one, dtype=np.float64)) for one in (ours, peer))
    inside = (a != 0) | (b != 0)
    a, b = a[inside], b[inside]
    if np.array_equal(a, b):
        return 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.corrcoef(a, b)[0, 1])


def gap(ours: np.ndarray, peer: np.ndarray) -> float:
    """Largest difference, in units of the range of the peer's values."""
    if ours.shape != peer.shape:
        return float("nan")
    a, b = (np.nan_to_num(np.asarray(one, dtype=np.float64)) for one in (ours, peer))
    span = float(np.ptp(b)) or 1.0
    return float(np.abs(a - b).max() / span)


def overlap(ours: np.ndarray, peer: np.ndarray) -> float:
    """Dice overlap of two masks."""
    if ours.shape != peer.shape:
        return float("nan")
    a, b = ours != 0, peer != 0
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


def maps_agree(ours: Arrays, peer: Arrays, names: list[str]) -> tuple[bool, str]:
    """Whether the maps of two programs correlate at .999 or more.

    The peer puts noise coefficients into bins, ours do not: no equality is expected.
    """
    worst = min(names, key=lambda name: correlation(ours[name], peer[name]))
    r = correlation(ours[worst], peer[worst])
    return r >= 0.999, f"{len(names)} maps r >= {r:.6f}"


def report(ours: Arrays, peer: Arrays) -> str:
    """Every result of both, compared in every way: for a look, not for a verdict."""
    return "; ".join(
        f"{name}: r {correlation(ours[name], peer[name]):.6f}, "
        f"gap {gap(ours[name], peer[name]):.1e}"
        for name in ours
        if name in peer
    )
