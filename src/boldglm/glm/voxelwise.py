"""A fit in which every voxel has noise of its own, as a model of regression."""

import numpy as np

from boldglm._base.errors import ShapeError
from boldglm.core.gls import GlmFit
from boldglm.core.whitening import whiten

__all__ = ["VoxelwiseModel", "voxelwise_covariance"]


class VoxelwiseModel:
    """The model of a fit in which every voxel has noise coefficients of its own.

    Parameters
    ----------
    fit : GlmFit

    Attributes
    ----------
    design : (n_scans, n_regressors)
    order : int
    rho : (order, n_voxels)
        Coefficients, lag 1 first.
    df_total, df_model : int
        Scans, rank of the design.
    df_residuals : int or (n_voxels,)
    """

    def __init__(self, fit: GlmFit):
        self.design = fit.factor.design
        self.order, self.rho = fit.noise.order, fit.phi
        self._first_scans = fit.forms.first_scans
        self._starts = fit.forms.lags.starts
        self.df_total = self.design.shape[0]
        self.df_model = fit.factor.rank
        self.df_residuals = fit.dof

    def whiten(self, X):
        """Filter the series of each voxel with its own coefficients.

        The first scans are weighed as by the fit, so that sums of squares are those of
        its likelihood, see `boldglm.core.whitening.whiten`.
        """
        data = np.asarray(X, dtype=np.float64)
        if data.ndim != 2 or data.shape[1] != self.rho.shape[1]:
            msg = (
                f"data of shape {data.shape}; expected a column for each of the "
                f"{self.rho.shape[1]} voxels of this fit"
            )
            raise ShapeError(msg)
        return whiten(data, self.rho, self._first_scans, self._starts)

    @property
    def whitened_design(self):
        """None that all voxels share; says so."""
        msg = (
            "Every voxel of this fit has its own noise coefficients, so there is no "
            "one whitened design. Fit with bins=100 to group voxels, or use "
            "ARModel(design, rho).whitened_design for the rho of one voxel."
        )
        raise AttributeError(msg)


def voxelwise_covariance(fit: GlmFit, rows, other) -> np.ndarray:
    """Covariance of one contrast with another, in units of the innovation variance.

    Both are rows of one quadratic form, of which it is a corner.

    Parameters
    ----------
    fit : GlmFit
    rows : (q, n_regressors)
    other : (r, n_regressors)

    Returns
    -------
    (q, r, n_voxels)
    """
    if rows is other:
        return fit.covariance(rows @ fit.factor.to_beta)
    together = np.concatenate([rows, other]) @ fit.factor.to_beta
    unit = fit.covariance(together)
    return unit[: rows.shape[0], rows.shape[0] :]
