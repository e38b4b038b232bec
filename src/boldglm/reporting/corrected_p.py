"""Corrected p of permutations, for the table of clusters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from nibabel.spatialimages import SpatialImage

from boldglm._base.errors import GridError
from boldglm.core.clusters import Peaks
from boldglm.image.files import check_niimg_3d
from boldglm.image.like import get_data
from boldglm.image.sources import grid_of

__all__ = ["CorrectedP", "p_of_peaks", "read_corrected_p"]

# what permutations return beside p
STATISTICS = ("t", "F", "tfce", "size", "mass")
# statistics of whole clusters
OF_CLUSTERS = ("size", "mass", "max_size", "max_mass")
SHOWN = {
    "max_t": "max t",
    "max_F": "max F",
    "max_tfce": "TFCE",
    "tfce": "TFCE",
    "max_size": "size",
    "max_mass": "mass",
    "step_down_t": "step-down t",
    "step_down_F": "step-down F",
    "t": "t, uncorrected",
    "F": "F, uncorrected",
}
KEY = re.compile(r"(?P<log>log)?p(?P<rest>$|[_ (].*)")


@dataclass(frozen=True)
class CorrectedP:
    """A map of p, and what its column is called.

    Attributes
    ----------
    column : str
    p : (x, y, z) float64
        From 0 to 1; NaN where there is none.
    of_clusters : bool
        Whether it is of whole clusters, and not of voxels.
    """

    column: str
    p: np.ndarray
    of_clusters: bool


def read_corrected_p(p_values_img: Any, img: SpatialImage) -> list[CorrectedP]:
    """Read maps of p that lie on the grid of an image.

    Parameters
    ----------
    p_values_img : str, Path, nibabel image, or dict of these
        See `boldglm.reporting.get_clusters_table`.
    img : nibabel image

    Raises
    ------
    GridError
        If a map lies on another grid.
    ValueError
        If a key does not say what it is, two make one column, or values are no p.
    """
    if not isinstance(p_values_img, Mapping):
        return [
            CorrectedP("p", _read_p(p_values_img, "p_values_img", img, False), False)
        ]
    found: dict[str, CorrectedP] = {}
    for key, map_img in p_values_img.items():
        if _is_said_otherwise(str(key), p_values_img):
            continue
        match = KEY.fullmatch(str(key))
        if match is None:
            if key in STATISTICS:
                continue
            msg = (
                f"p_values_img has the key {key!r}; keys are named 'logp...' for "
                "-log10 p or 'p...' for p, such as 'logp_max_t' or 'p (peak)'."
            )
            raise ValueError(msg)
        name = match["rest"].removeprefix("_")
        column = f"p ({SHOWN.get(name, name)})"
        if not match["rest"].startswith("_"):
            column = f"p{match['rest']}"
        if column in found:
            msg = f"Two maps of p_values_img are {column!r}; the second is {key!r}."
            raise ValueError(msg)
        p = _read_p(map_img, f"p_values_img[{key!r}]", img, match["log"] is not None)
        found[column] = CorrectedP(column, p, name in OF_CLUSTERS)
    return list(found.values())


def _is_said_otherwise(key: str, given: Mapping[str, Any]) -> bool:
    """Whether a map of permutations is there under a name that says it better.

    They return p and its logarithm, and that of each voxel by itself beside the
    corrected one.
    """
    bare = key.removeprefix("log")
    corrected = {f"{start}p_max_{letter}" for start in ("", "log") for letter in "tF"}
    uncorrected = bare in ("p_t", "p_F") and not corrected.isdisjoint(given)
    return uncorrected or (key != bare and bare in given)


def p_of_peaks(one: CorrectedP, peaks: Peaks, labels: np.ndarray) -> np.ndarray:
    """The p of each peak, (n_peaks,) float64: at its voxel, or of its cluster.

    That of a cluster is the smallest in it.

    Parameters
    ----------
    one : CorrectedP
    peaks : Peaks
    labels : (x, y, z) int
        Of clusters, from 1; 0 is none.

    Examples
    --------
    >>> from boldglm.core.clusters import find_peaks
    >>> labels = np.array([[[1, 1, 0, 2]]])
    >>> z = np.array([[[3.0, 4.0, 0.0, 5.0]]])
    >>> peaks = find_peaks(z, labels, np.eye(4), min_distance=1.0)
    >>> p = np.array([[[0.01, 0.02, 1.0, 0.03]]])
    >>> p_of_peaks(CorrectedP("p (size)", p, True), peaks, labels)
    array([0.01, 0.03])
    >>> p_of_peaks(CorrectedP("p", p, False), peaks, labels)
    array([0.02, 0.03])
    """
    if not one.of_clusters:
        return one.p[tuple(peaks.voxel.T)]
    inside = labels > 0
    smallest = np.full(int(labels.max(initial=0)) + 1, np.inf)
    np.fmin.at(smallest, labels[inside], one.p[inside])
    smallest[np.isinf(smallest)] = np.nan
    return smallest[peaks.cluster]


def _read_p(map_img: Any, name: str, img: SpatialImage, is_log: bool) -> np.ndarray:
    """Values of a map as p, after a check of its grid and range."""
    opened = check_niimg_3d(map_img)
    grid, expected = grid_of(opened), grid_of(img)
    if grid != expected:
        msg = (
            f"{name} lies on another grid than stat_img: shape {grid.shape} and "
            f"{expected.shape}, affines\n{grid.affine}\nand\n{expected.affine}\n"
            "Resample it with interpolation='nearest', or take both from one model."
        )
        raise GridError(msg)
    values = np.asarray(get_data(opened), dtype=np.float64)
    low, high = np.fmin.reduce(values, None), np.fmax.reduce(values, None)
    if is_log and low < -1e-6:
        msg = f"{name} goes down to {low:g}; -log10 p is never negative."
        raise ValueError(msg)
    if not is_log and (low < 0 or high > 1):
        msg = (
            f"{name} lies between {low:g} and {high:g}; expected p from 0 to 1. For "
            "-log10 p pass a dict whose key says so: {'logp_max_t': img}."
        )
        raise ValueError(msg)
    return np.minimum(10.0**-values, 1.0) if is_log else values
