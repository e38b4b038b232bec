"""The table of clusters and their peaks."""

from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import check_truth
from boldglm._base.warnings import ThresholdWarning, warn
from boldglm.core.clusters import Peaks, find_peaks, label_clusters
from boldglm.image.files import check_niimg_3d
from boldglm.image.finite import zero_where_not_finite
from boldglm.image.like import get_data, new_img_like
from boldglm.image.sources import grid_of
from boldglm.reporting.corrected_p import CorrectedP, p_of_peaks, read_corrected_p

if TYPE_CHECKING:
    import pandas as pd
    from nibabel.nifti1 import Nifti1Image

__all__ = ["get_clusters_table"]

COLUMNS = ("Cluster ID", "X", "Y", "Z", "Peak Stat", "Cluster Size (mm3)")


def get_clusters_table(
    stat_img: Any,
    stat_threshold: float,
    cluster_threshold: int = 0,
    two_sided: bool = False,
    min_distance: float = 8.0,
    return_label_maps: bool = False,
    p_values_img: Any = None,
) -> "pd.DataFrame | tuple[pd.DataFrame, list[Nifti1Image]]":
    """List the clusters above a threshold, and up to four peaks in each.

    Clusters are voxels beyond the threshold that hang together by faces. They are
    numbered from 1, the one with the furthest peak first; of a two-sided table the
    positive clusters first and the negative after them.

    Parameters
    ----------
    stat_img : str, Path or nibabel image
        A 3-D map in which higher is more: t, z, ``-log10(p)``, not p. Values that are
        not finite count as 0.
    stat_threshold : float
        A voxel equal to it is not in a cluster. Negative, where not two-sided: the
        clusters are of values below it.
    cluster_threshold : int
        Smallest number of voxels in a cluster that is listed.
    two_sided : bool
        List also the clusters below ``-stat_threshold``.
    min_distance : float
        In mm: peaks of a cluster lie further apart.
    return_label_maps : bool
        Return also where the clusters are.
    p_values_img : str, Path, nibabel image, dict or None
        Maps of corrected p on the grid of `stat_img`, each of which makes a column.
        The dict that `non_parametric_inference` returns; or any dict of images, whose
        keys begin with ``logp`` where they hold ``-log10(p)`` and with ``p`` where they
        hold p; or one image of p, not of their logarithms.

    Returns
    -------
    table : DataFrame
        ==================  ========================================================
        Cluster ID          1, and 1a, 1b, 1c for its further peaks
        X, Y, Z             of the peak, in mm
        Peak Stat           the value there
        Cluster Size (mm3)  whole mm³; empty for further peaks
        ==================  ========================================================

        A flat cluster has one peak, the voxel of it next to its centre. With
        `p_values_img` there follow, of what it has:

        ==================  ========================================================
        p (max t)           at the peak, from ``p_max_t`` or ``logp_max_t``
        p (step-down t)     at the peak, from ``p_step_down_t``
        p (TFCE)            at the peak, from ``p_max_tfce``
        p (size)            of the cluster, from ``p_max_size``
        p (mass)            of the cluster, from ``p_max_mass``
        p (t, uncorrected)  at the peak, from ``p_t``, where there is no corrected p
        p (name)            at the peak, from ``logp_name``, ``p_name``, ``p (name)``
        p                   at the peak, from a single image
        ==================  ========================================================

        A cluster has the smallest p in it: where the permutations formed clusters
        above another threshold, that of the most significant one it overlaps. It is
        empty for further peaks. NaN: not tested.
    label_maps : list of Nifti1Image
        Only with `return_label_maps`: Cluster IDs as voxels, 0 elsewhere. One map; of
        a two-sided table two, positive and negative.

    Raises
    ------
    ValueError
        If `min_distance` is not above 0, `cluster_threshold` is negative, or
        `stat_threshold` is negative in a two-sided table; if values of `p_values_img`
        are no p, or a key does not say what it is.
    GridError
        If `p_values_img` lies on another grid than `stat_img`.

    Warns
    -----
    ThresholdWarning
        If there are no clusters on a side.
    UserWarning
        If the centre of a flat peak lies outside of it, as in a ring.

    Examples
    --------
    >>> from nibabel import Nifti1Image
    >>> z = np.zeros((2, 2, 9))
    >>> z[0, 0] = [0.0, 4.0, 5.0, 3.5, 6.0, 0.0, 0.0, -4.5, -5.0]
    >>> img = Nifti1Image(z, np.diag([5.0, 5.0, 5.0, 1.0]))
    >>> get_clusters_table(img, 3.0, two_sided=True)
      Cluster ID    X    Y     Z  Peak Stat Cluster Size (mm3)
    0          1  0.0  0.0  20.0        6.0                500
    1         1a  0.0  0.0  10.0        5.0
    2          2  0.0  0.0  40.0       -5.0                250

    With the p of permutations, here 0.01 everywhere:

    >>> logp = Nifti1Image(np.full(z.shape, 2.0), img.affine)
    >>> table = get_clusters_table(img, 3.0, p_values_img={"logp_max_t": logp})
    >>> table["p (max t)"].tolist()
    [0.01, 0.01]
    """
    import pandas as pd

    check_truth(return_label_maps, "return_label_maps")
    _check_choices(stat_threshold, cluster_threshold, two_sided, min_distance)
    img = check_niimg_3d(stat_img)
    grid = grid_of(img)
    values = np.asarray(get_data(img), dtype=np.float64)
    values = zero_where_not_finite(values, "stat_img")
    p_maps = [] if p_values_img is None else read_corrected_p(p_values_img, img)
    rows: list[tuple[Any, ...]] = []
    label_maps = []
    n_listed = 0
    for sign in _sides(stat_threshold, two_sided):
        labels, sizes = _clusters(sign * values, abs(stat_threshold), cluster_threshold)
        if sizes.size == 0:
            word = "higher" if sign > 0 else "lower"
            warn(
                f"No clusters found with stat {word} than "
                f"{sign * abs(stat_threshold)}"
                + (f", of {cluster_threshold} voxels" if cluster_threshold else ""),
                ThresholdWarning,
            )
        peaks = find_peaks(sign * values, labels, grid.affine, min_distance)
        _warn_if_moved(peaks)
        number = _numbers(peaks, sizes.size, n_listed)
        mm3 = sizes * abs(np.linalg.det(grid.affine[:3, :3]))
        p_values = [(one, p_of_peaks(one, peaks, labels)) for one in p_maps]
        points = grid.world_from_voxel(peaks.voxel)
        rows += _rows(peaks, number, points, mm3, sign, p_values)
        label_maps.append(new_img_like(img, number[labels]))
        n_listed += sizes.size
    columns = [*COLUMNS, *(one.column for one in p_maps)]
    table = pd.DataFrame(rows, columns=columns)
    return (table, label_maps) if return_label_maps else table


def _check_choices(
    stat_threshold: float, cluster_threshold: int, two_sided: bool, min_distance: float
) -> None:
    numbers = {
        "stat_threshold": stat_threshold,
        "cluster_threshold": cluster_threshold,
        "min_distance": min_distance,
    }
    for name, value in numbers.items():
        if not isinstance(value, int | float | np.number):
            msg = f"{name} is {value!r}; expected a number."
            raise TypeError(msg)
    if not 0 < min_distance <= 1e300 and min_distance != np.inf:
        msg = f"min_distance is {min_distance}; 'min_distance' must be positive."
        raise ValueError(msg)
    check_truth(two_sided, "two_sided")
    if cluster_threshold < 0:
        msg = (
            f"cluster_threshold is {cluster_threshold}; "
            "expected a number of voxels, 0 or more."
        )
        raise ValueError(msg)
    if two_sided and stat_threshold < 0:
        msg = (
            f"stat_threshold={stat_threshold} is negative; two-sided thresholds are "
            "heights on both sides of 0. Pass a positive one, or two_sided=False."
        )
        raise ValueError(msg)


def _sides(stat_threshold: float, two_sided: bool) -> tuple[int, ...]:
    if two_sided:
        return (1, -1)
    return (1,) if stat_threshold >= 0 else (-1,)


def _clusters(
    values: np.ndarray, height: float, smallest: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels from 1 of the clusters that are listed, and their sizes in voxels."""
    labels, n_clusters = label_clusters(values > height)
    sizes = np.bincount(labels.ravel(), minlength=n_clusters + 1)[1:]
    large = sizes >= smallest
    if large.all():
        return labels, sizes
    renumbered = np.concatenate([[0], np.cumsum(large) * large]).astype(np.int32)
    return renumbered[labels], sizes[large]


def _numbers(peaks: Peaks, n_clusters: int, n_listed: int) -> np.ndarray:
    """Cluster ID of each label, the highest peak first; (n_clusters + 1,) int32."""
    first = np.flatnonzero(np.diff(peaks.cluster, prepend=0))
    order = np.argsort(-peaks.value[first], kind="stable")
    number = np.zeros(n_clusters + 1, dtype=np.int32)
    number[peaks.cluster[first][order]] = n_listed + np.arange(1, n_clusters + 1)
    return number


def _rows(
    peaks: Peaks,
    number: np.ndarray,
    points: np.ndarray,
    mm3: np.ndarray,
    sign: int,
    p_values: list[tuple[CorrectedP, np.ndarray]],
) -> list[tuple[Any, ...]]:
    """Rows of the table, in the order of Cluster IDs."""
    rows: list[tuple[Any, ...]] = []
    previous, further = 0, 0
    for k in np.argsort(number[peaks.cluster], kind="stable").tolist():
        cluster = int(peaks.cluster[k])
        name: int | str = int(number[cluster])
        # whole mm³, whatever float32 headers make of the sides of a voxel
        size: int | str = int(round(float(mm3[cluster - 1]), 3))
        is_first = cluster != previous
        if not is_first:
            name, size = f"{name}{ascii_lowercase[further]}", ""
            further += 1
        else:
            previous, further = cluster, 0
        x, y, z = points[k].tolist()
        row = (name, x, y, z, sign * float(peaks.value[k]), size)
        shown = (
            float(p[k]) if is_first or not one.of_clusters else ""
            for one, p in p_values
        )
        rows.append((*row, *shown))
    return rows


def _warn_if_moved(peaks: Peaks) -> None:
    if peaks.n_moved:
        warn(
            "At least one of the (sub)peaks falls outside of the cluster body: "
            f"{peaks.n_moved} flat top(s) have their centre elsewhere, as a ring has. "
            "The voxel of the top next to its centre is listed.",
            UserWarning,
        )
