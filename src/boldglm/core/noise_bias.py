"""Autocovariances of the noise, from those of residuals that a design has biased."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from boldglm.core.lags import DesignLags
from boldglm.core.parallel import blocks, map_blocks
from boldglm.core.residual_moments import LONGEST, residual_moments

__all__ = ["BiasCorrection", "bias_correction"]

Array = npt.NDArray[np.float64]
Voxels = npt.NDArray[np.bool_]

BLOCK = 4096
# Newton's method for the average voxel: steps, their differences, when it is there.
NEWTON_STEPS, STEP, NEWTON_SETTLED = 20, 1e-6, 1e-8
SINGULAR = 1e8
# Autocorrelation of one scan and the next that is common in fMRI.
USUAL = 0.3
# Of the variance: with 400 scans, what an autocorrelation is known to.
UNEXPLAINED = 0.05


@dataclass(frozen=True)
class BiasCorrection:
    """What a design makes of the autocovariances of the noise.

    Least squares takes from the data whatever lies in the design, so residuals
    ``e = R y`` have other autocovariances than the noise. With noise of
    autocovariances ``gamma_j`` and ``D_j`` as in `core.lags`::

        E[sum_t e_t e_{t+k}] = sum_j gamma_j m_kj,   m_kj = tr(R D_k R D_j) / 2

    (and twice that for k = 0). An autoregression of order p foretells all
    ``gamma_j`` from those up to lag p; `correct` finds the one of which residuals
    would have the autocovariances that were seen, at the lags 0…p.

    Attributes
    ----------
    moments : (p + 1, J + 1)
        ``m_kj``.
    near : (p + 1, p + 1)
        Inverse of its first p + 1 columns.

    References
    ----------
    Worsley, K. J. et al. (2002). A general statistical analysis for fMRI data.
    NeuroImage 15, 1-15, appendix A.
    """

    moments: Array
    near: Array

    @property
    def order(self) -> int:
        """Order p of the autoregression."""
        return int(self.near.shape[0]) - 1

    def expected(self, autocovariance: Array) -> Array:
        """What residuals are expected to have, of noise with some autocovariances.

        Parameters
        ----------
        autocovariance : (J + 1, n_voxels)

        Returns
        -------
        (p + 1, n_voxels)
            ``E[sum_t e_t e_{t+k}]``.
        """
        return self.moments[:, : len(autocovariance)] @ autocovariance

    def correct(
        self, sums: Array, *, alike: bool = False, n_jobs: int | None = 1
    ) -> tuple[Array, Voxels]:
        """Autocovariances of the noise, from sums of products of residuals.

        Behind many regressors, or of few scans, no stationary noise may explain what is
        seen. The result is the nearest that was found then, as good as any in between:
        where it is off by more than a twentieth of the variance, that is said.

        Parameters
        ----------
        sums : (p + 1, n_voxels)
            ``sum_t e_t e_{t+k}``, or averages of them over voxels with one scale.
        alike : bool
            Voxels are much alike: begin at the average of all, and stop at an error
            of 1e-5 of the variance. Else every voxel is solved by itself.
        n_jobs : int or None
            Threads.

        Returns
        -------
        autocovariance : (p + 1, n_voxels)
            In the units of the data; 0 where the first sum is not positive.
        unexplained : (n_voxels,) bool
            Where no noise was found that explains the sums.

        Examples
        --------
        >>> from boldglm.core.lags import design_lags
        >>> from boldglm.core.linear import factorize
        >>> X = np.vander(np.linspace(-1, 1, 40), 6)
        >>> bias = bias_correction(design_lags(factorize(X).basis, 1))
        >>> noise = 0.4 ** np.arange(40.0)
        >>> seen = bias.expected(noise[:, None])
        >>> round(float(seen[1, 0] / seen[0, 0]), 2)
        0.16
        >>> autocovariance, unexplained = bias.correct(seen)
        >>> autocovariance.ravel(), unexplained
        (array([1. , 0.4]), array([False]))
        """
        from boldglm.core.noise_bias_kernels import correct_sums

        usable = sums[0] > 0
        if not usable.any():
            return np.zeros_like(sums), np.zeros(usable.size, dtype=bool)
        scaled = np.where(usable, sums / np.where(usable, sums[0], 1.0), 0.0)
        if alike:
            start, slope = self._solve_one(scaled[:, usable].mean(axis=1))
        else:
            usual = self.moments @ USUAL ** np.arange(float(self.moments.shape[1]))
            start, slope = self._solve_one(usual / usual[0])
        tolerance, steps = (1e-5, 8) if alike else (1e-8, 20)
        gamma, error = np.empty(sums.shape), np.empty(usable.size)

        def one(block: slice) -> None:
            given = np.ascontiguousarray(scaled[:, block]), self.moments, slope, start
            correct_sums(*given, tolerance, steps, gamma[:, block], error[block])

        map_blocks(one, blocks(sums.shape[1], BLOCK), n_jobs=n_jobs)
        unexplained = usable & (error > UNEXPLAINED)
        return np.where(usable, gamma * sums[0], 0.0), unexplained

    @property
    def _white(self) -> Array:
        """White noise of variance 0, and what it implies."""
        return np.zeros((self.order + 1, 2))

    def _solve_one(self, sums: Array) -> tuple[Array, Array]:
        """Autocovariances of one voxel with what they imply, and the inverse slope.

        Newton's method; where it fails (no stationary noise implies such sums), white
        noise and its slope.
        """
        from boldglm.core.noise_bias_kernels import implied_sums

        gamma = self.near @ sums
        n = gamma.size
        for _ in range(NEWTON_STEPS):
            around = gamma[:, None] + STEP * gamma[0] * np.eye(n, n + 1)
            implied = implied_sums(around, self.moments, 1e-12)
            change = (implied[:, :n] - implied[:, n:]) / (STEP * gamma[0])
            if not np.linalg.cond(change) < SINGULAR:
                break
            slope = np.linalg.inv(change)
            off = slope @ (sums - implied[:, n])
            if np.abs(off).max() < NEWTON_SETTLED * gamma[0]:
                return np.stack([gamma, implied[:, n]], axis=1), slope
            gamma = gamma + off
        return self._white, self.near


def bias_correction(lags: DesignLags) -> BiasCorrection:
    """Prepare the correction for a design.

    Parameters
    ----------
    lags : DesignLags
        Of the order of the autoregression.

    Returns
    -------
    BiasCorrection
    """
    n_rows = lags.n_lags + 1
    moments = residual_moments(lags, n_rows, min(lags.basis.shape[0], LONGEST + 1))
    moments[1:] /= 2
    return BiasCorrection(moments, np.asarray(np.linalg.inv(moments[:, :n_rows])))
