"""Smoothing of volumes: Gaussian, or an average of neighbours."""

from typing import Any

import numpy as np

from boldglm.core.parallel import map_blocks
from boldglm.core.smooth_plan import SmoothVoxels, plan_passes, three_weights

__all__ = [
    "average_voxels",
    "flat_volume",
    "fwhm_to_sigma",
    "gather_voxels",
    "neighbour_average",
    "smooth_volumes",
    "smooth_voxels",
]

Array = np.ndarray[Any, np.dtype[Any]]

READ = {"f": (np.dtype("f4"), np.dtype("f8"), np.dtype("i2")), "d": (np.dtype("f8"),)}
"""Types that loops are compiled for, by the type that they are read as.

Each takes a second or two to compile, once: volumes of other types are converted.
"""


def fwhm_to_sigma(fwhm: Any, voxel_sizes: Array) -> Array:
    """Width of a Gaussian in voxels, from its full width at half maximum in mm.

    ::

        sigma = fwhm / (sqrt(8 ln 2) * voxel size)

    Parameters
    ----------
    fwhm : float or (3,) float
        In mm; one for all axes, or one each.
    voxel_sizes : (3,) float
        In mm.

    Returns
    -------
    (3,) float64

    Examples
    --------
    >>> fwhm_to_sigma(6.0, np.array([2.0, 2.0, 3.0]))
    array([1.27398, 1.27398, 0.84932])
    """
    width = np.broadcast_to(np.asarray(fwhm, dtype=np.float64), (3,))
    sigma: Array = width / (np.sqrt(8 * np.log(2)) * np.asarray(voxel_sizes))
    return sigma


def smooth_volumes(
    volumes: Array, sigma: Array, out: Array, *, n_jobs: int | None = None
) -> Array:
    """Convolve volumes with a Gaussian, axis after axis.

    The kernel is cut off at 4 sigma and the volume reflected at its borders
    (``c b a | a b c``), as `scipy.ndimage.gaussian_filter` does by default.

    Parameters
    ----------
    volumes : (x, y, z, scan)
        Real numbers of any type; those not finite count as 0. Not modified unless
        it is `out`. Fastest when stored x first, as files are.
    sigma : (3,) float
        Standard deviation along each axis in voxels; 0 leaves an axis as it is.
    out : (x, y, z, scan) float32 or float64
        Is written and returned; may be `volumes`. Sums have its type: float32
        is right to about 3e-7 of the largest value.
    n_jobs : int or None
        Threads, see `boldglm.core.parallel.n_workers`.

    Returns
    -------
    (x, y, z, scan)
        `out`.

    Examples
    --------
    >>> volumes = np.zeros((5, 1, 1, 1))
    >>> volumes[2] = 1.0
    >>> smooth_volumes(volumes, np.array([0.5, 0, 0]), np.empty((5, 1, 1, 1))).ravel()
    array([0.00026, 0.10645, 0.78657, 0.10645, 0.00026])
    """
    from boldglm.core.smooth_kernels import smooth_whole

    passes = plan_passes(np.ones(volumes.shape[:3], dtype=bool), sigma, out.dtype)

    def one(scan: int) -> None:
        target = out[..., scan]
        if target.flags.f_contiguous:
            result = target.reshape(-1, order="F")
            smooth_whole(flat_volume(volumes[..., scan], out.dtype), result, passes)
            return
        result = np.empty(target.size, dtype=out.dtype)
        smooth_whole(flat_volume(volumes[..., scan], out.dtype), result, passes)
        target[...] = result.reshape(target.shape, order="F")

    map_blocks(one, range(volumes.shape[3]), n_jobs=n_jobs)
    return out


def flat_volume(volume: Array, dtype: Any) -> Array:
    """All values of a volume, x fastest, in a type that compiled loops read.

    No copy where the volume is of such a type (`READ`) and stored so.

    Parameters
    ----------
    volume : (x, y, z)
    dtype : dtype
        float32 or float64: what the values are read as, and other types become.

    Returns
    -------
    (x * y * z,), read-only

    Examples
    --------
    >>> flat_volume(np.array([[[1.0], [2.0]], [[3.0], [4.0]]]), np.float32)
    array([1., 3., 2., 4.])
    >>> flat_volume(np.zeros((2, 2, 2), ">i2"), np.float32).dtype
    dtype('float32')
    """
    wanted = np.dtype(dtype)
    kind = volume.dtype if volume.dtype in READ[wanted.char] else wanted
    # What is too large for the type becomes infinite, and so counts as 0.
    with np.errstate(over="ignore"):
        return _sealed(volume.reshape(-1, order="F").astype(kind, copy=False))


def _sealed(flat: Array) -> Array:
    """Read-only view: loops are compiled once, not for arrays that are and are not."""
    view = flat.view()
    view.flags.writeable = False
    return view


def smooth_voxels(
    volumes: Array, plan: SmoothVoxels, rows: Array, *, n_jobs: int | None = None
) -> Array:
    """Write voxels of smoothed volumes, computing little else.

    Parameters
    ----------
    volumes : (x, y, z, scan)
        See `smooth_volumes`. Not modified.
    plan : SmoothVoxels
    rows : (scan, voxel) float32 or float64
        Is written: the values that `smooth_volumes` gives for the whole volumes,
        in C order of the mask. Sums have its type.
    n_jobs : int or None
        Threads, see `boldglm.core.parallel.n_workers`.

    Returns
    -------
    (scan,) int
        How many of the values that were read, some of them outside the mask, were
        not finite.

    Examples
    --------
    >>> from boldglm.core.smooth_plan import plan_voxels
    >>> volumes = np.zeros((5, 1, 1, 1))
    >>> volumes[2] = 1.0
    >>> inside = np.array([0, 1, 1, 0, 0], bool).reshape(5, 1, 1)
    >>> rows = np.empty((1, 2))
    >>> smooth_voxels(volumes, plan_voxels(inside, np.array([0.5, 0, 0])), rows)
    array([0])
    >>> rows
    array([[0.10645, 0.78657]])
    """
    from boldglm.core.smooth_kernels import smooth_inside

    passes = plan.passes._replace(weights=three_weights(plan.sigma, rows.dtype))

    def one(scan: int) -> int:
        found: int = smooth_inside(
            flat_volume(volumes[..., scan], rows.dtype),
            rows[scan],
            passes,
            plan.starts,
            plan.places,
            plan.columns,
        )
        return found

    return np.array(map_blocks(one, range(len(rows)), n_jobs=n_jobs), dtype=int)


def neighbour_average(volumes: Array, weight: float = 0.2) -> Array:
    """Average each voxel with its six neighbours: quick, light smoothing.

    ::

        out = (v + weight * (sum of the six neighbours)) / (1 + 6 * weight)

    Voxels beyond the border count as 0.

    Parameters
    ----------
    volumes : (x, y, z) or (x, y, z, scan) float
        Not modified.
    weight : float

    Returns
    -------
    array of the same shape and dtype

    Examples
    --------
    >>> neighbour_average(np.ones((3, 3, 3)))[1, 1]
    array([0.90909, 1.     , 0.90909])
    """
    total = volumes.copy()
    for axis in range(3):
        here: list[slice] = [slice(None)] * volumes.ndim
        there = list(here)
        here[axis], there[axis] = slice(None, -1), slice(1, None)
        lower, upper = tuple(here), tuple(there)
        total[lower] += weight * volumes[upper]
        total[upper] += weight * volumes[lower]
    total /= 1 + 6 * weight
    return total


def average_voxels(
    volume: Array, places: Array, row: Array, weight: float = 0.2
) -> int:
    """Write voxels of `neighbour_average`, computing no others.

    Parameters
    ----------
    volume : (x, y, z)
        Real numbers of any type; those not finite count as 0. Not modified.
    places : (voxel,) int
        Indices into the volume in Fortran order.
    row : (voxel,) float32 or float64
        Is written.
    weight : float

    Returns
    -------
    int
        How many of the voxels themselves are not finite.

    Examples
    --------
    >>> row = np.empty(1)
    >>> average_voxels(np.ones((1, 3, 3)), np.array([4]), row)
    0
    >>> row
    array([0.81818])
    """
    from boldglm.core.smooth_kernels import average_inside

    flat = flat_volume(volume, row.dtype)
    found: int = average_inside(flat, row, volume.shape, places, weight)
    return found


def gather_voxels(volume: Array, places: Array, row: Array, *, clean: bool) -> int:
    """Write voxels of a volume as they are.

    Parameters
    ----------
    volume : (x, y, z)
        Real numbers of any type. Not modified.
    places : (voxel,) int
        Indices into the volume in Fortran order.
    row : (voxel,) float32 or float64
        Is written.
    clean : bool
        Write 0 for values that are not finite.

    Returns
    -------
    int
        How many values were replaced.

    Examples
    --------
    >>> row = np.empty(2)
    >>> gather_voxels(np.array([[[1.0, np.nan]]]), np.array([1, 0]), row, clean=True)
    1
    >>> row
    array([0., 1.])
    """
    from boldglm.core.smooth_kernels import gather

    flat = _sealed(volume.reshape(-1, order="F"))
    if flat.dtype not in READ[row.dtype.char]:
        flat = flat_volume(flat[places], row.dtype)
        places = np.arange(flat.size, dtype=np.int32)
    found: int = gather(flat, row, places, clean)
    return found
