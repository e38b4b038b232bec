"""Averages over the neighbours of every voxel of a mask."""

from typing import Any

import numpy as np
import numpy.typing as npt

from boldglm.core.smooth import fwhm_to_sigma, smooth_voxels
from boldglm.core.smooth_plan import plan_voxels

__all__ = ["MaskAverage"]

Array = npt.NDArray[np.float64]


class MaskAverage:
    """Gaussian averages inside a mask.

    ``out_v = sum_u w_uv x_u / sum_u w_uv`` over the voxels u of the mask that are
    usable, with w a Gaussian of their distance: nothing comes in from outside.

    Parameters
    ----------
    inside : (x, y, z) bool
    voxel_sizes : (3,) float
        In mm.
    fwhm : float
        Full width at half maximum of the Gaussian, mm.
    n_jobs : int or None
        Threads.

    Examples
    --------
    >>> average = MaskAverage(np.ones((5, 1, 1), bool), np.ones(3), 2.0)
    >>> values = np.array([[0.0, 0.0, 1.0, 0.0, 9.0]])
    >>> usable = np.array([True, True, True, True, False])
    >>> average(values, usable).round(2)
    array([[0.03, 0.24, 0.48, 0.32, 0.1 ]])
    """

    def __init__(
        self,
        inside: npt.NDArray[np.bool_],
        voxel_sizes: npt.ArrayLike,
        fwhm: float,
        *,
        n_jobs: int | None = None,
    ) -> None:
        self._inside, self._n_jobs = inside, n_jobs
        sigma = fwhm_to_sigma(fwhm, np.asarray(voxel_sizes, dtype=np.float64))
        self._plan = plan_voxels(inside, sigma)

    def __call__(self, values: Array, usable: npt.NDArray[np.bool_]) -> Array:
        """Average rows of values.

        Parameters
        ----------
        values : (row, n_voxels)
            In C order of the mask.
        usable : (n_voxels,) bool
            Voxels that count.

        Returns
        -------
        (row, n_voxels)
            0 where no usable voxel is near.
        """
        weight = self._smooth(usable[np.newaxis].astype(np.float64))[0]
        near = weight > 0
        out = self._smooth(np.where(usable, values, 0.0))
        return np.asarray(np.where(near, out / np.where(near, weight, 1.0), 0.0))

    def _smooth(self, rows: Array) -> Array:
        volumes: Any = np.zeros((*self._inside.shape, len(rows)), np.float32, order="F")
        volumes[self._inside] = rows.T
        out = np.empty((len(rows), rows.shape[1]), np.float32)
        smooth_voxels(volumes, self._plan, out, n_jobs=self._n_jobs)
        return out.astype(np.float64)
