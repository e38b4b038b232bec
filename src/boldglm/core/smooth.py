"""Gaussian smoothing of volumes."""

from typing import Any

import numpy as np

from boldglm.core.parallel import map_blocks

__all__ = ["fwhm_to_sigma", "neighbour_average", "smooth_volumes"]

Array = np.ndarray[Any, np.dtype[Any]]


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
    (``c b a | a b c``): the defaults of `scipy.ndimage.gaussian_filter`. Sums
    are float64, results between the axes have the type of `out`.

    Parameters
    ----------
    volumes : (x, y, z, scan)
        Finite numbers. Not modified unless it is `out`.
    sigma : (3,) float
        Standard deviation along each axis in voxels; 0 leaves an axis as it is.
    out : (x, y, z, scan) float
        Is written and returned; may be `volumes`.
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
    from scipy.ndimage import gaussian_filter1d

    def one(scan: int) -> None:
        source, target = volumes[..., scan], out[..., scan]
        for axis in range(3):
            if sigma[axis] > 0:
                gaussian_filter1d(source, sigma[axis], axis=axis, output=target)
                source = target
        if source is not target:
            target[...] = source

    map_blocks(one, range(volumes.shape[3]), n_jobs=n_jobs)
    return out


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
