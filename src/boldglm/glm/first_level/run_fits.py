"""What can be asked of the fits of several runs, besides contrasts."""

from typing import Any

import numpy as np

from boldglm._base.estimator import Estimator
from boldglm.core.gls import GlmFit, residuals
from boldglm.core.goodness import akaike, bayes, log_likelihood, partial_r2
from boldglm.glm.first_level.fitting import labels_and_results
from boldglm.glm.first_level.run_contrasts import contrast_rows
from boldglm.glm.first_level.run_noise import RunNoise

__all__ = ["RunFits"]


class RunFits(Estimator):
    """The fits of several runs on one mask, as a model holds them.

    Attributes
    ----------
    fits_ : list of GlmFit
    masker_ : NiftiMasker
    design_matrices_ : list of DataFrame
    """

    fits_: list[GlmFit]
    masker_: Any
    design_matrices_: list[Any]
    _data: list[np.ndarray]

    @property
    def labels_(self) -> list[np.ndarray]:
        """Group of each voxel, one array per run, as `run_glm` returns them."""
        return [labels for labels, _ in self._views()]

    @property
    def results_(self) -> list[dict]:
        """Results of each group, one dict per run, as `run_glm` returns them."""
        return [results for _, results in self._views()]

    def _views(self):
        self._check_fitted("fits_")
        kept = self._data or [None] * len(self.fits_)
        pairs = zip(self.fits_, kept, strict=True)
        return [labels_and_results(fit, data) for fit, data in pairs]

    @property
    def residuals_(self):
        """``Y - X beta``, a 4-D image per run. Needs ``minimize_memory=False``."""
        return [
            self.masker_.inverse_transform(residuals(data, fit))
            for fit, data in self._fits_with_data()
        ]

    @property
    def predicted_(self):
        """``X beta``, a 4-D image per run. Needs ``minimize_memory=False``."""
        return [
            self.masker_.inverse_transform(data - residuals(data, fit))
            for fit, data in self._fits_with_data()
        ]

    @property
    def r_square_(self):
        """``1 - |Y - X beta|^2 / |Y - mean|^2``, a 3-D image per run."""
        self._check_fitted("fits_")
        maps = []
        for fit in self.fits_:
            total = np.where(fit.total_ss > 0, fit.total_ss, 1.0)
            share = np.where(fit.total_ss > 0, 1 - fit.residual_ss / total, 0.0)
            maps.append(self.masker_.inverse_transform(share.astype(np.float32)))
        return maps

    @property
    def noise_(self) -> list[RunNoise]:
        """The noise of each run: maps of coefficients and variance, whiteness."""
        self._check_fitted("fits_")
        record = getattr(self, "_record", None)
        found: list[Any] = [None] * len(self.fits_)
        if record is not None:
            found = [run.whiteness for run in record.runs]
        nothing: list[Any] = [None] * len(self.fits_)
        kept = self._data or nothing
        return [
            RunNoise(fit.noise.name, white, fit, data, self.masker_)
            for fit, white, data in zip(self.fits_, found, kept, strict=True)
        ]

    @property
    def log_likelihood_(self):
        """Gaussian log-likelihood, a 3-D image per run.

        nan in voxels that do not vary or are not finite, 0 outside the mask. Of
        ``'arma11'``, as `aic_` and `bic_`, it is that of the autoregression that
        whitens. See `boldglm.core.goodness.log_likelihood`.
        """
        return self._maps(log_likelihood)

    @property
    def aic_(self):
        """Akaike's information criterion, a 3-D image per run: lower is better.

        For designs under one noise model; which noise model to take, the whiteness of
        what it leaves tells (`noise_`). nan in voxels that do not vary or are not
        finite, 0 outside the mask. See `boldglm.core.goodness.akaike`.
        """
        return self._maps(akaike)

    @property
    def bic_(self):
        """Bayesian information criterion, a 3-D image per run: lower is better.

        For designs under one noise model, as `aic_`. nan in voxels that do not vary or
        are not finite, 0 outside the mask. See `boldglm.core.goodness.bayes`.
        """
        return self._maps(bayes)

    def partial_r_square(self, contrast_def):
        """Share that some regressors explain of what the others leave.

        ``q F / (q F + dof)``, of the whitened data; see
        `boldglm.core.goodness.partial_r2`.

        Parameters
        ----------
        contrast_def : str, array, or list of them
            As for `compute_contrast`; of several rows all together.

        Returns
        -------
        list of 3-D images
            One per run; None for a run that lacks the contrast.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ContrastError
            If the contrast does not fit the designs.
        """
        self._check_fitted("fits_")
        rows = contrast_rows(self.design_matrices_, contrast_def)
        return [
            None if one is None else self._map(partial_r2(fit, one))
            for fit, one in zip(self.fits_, rows, strict=True)
        ]

    def _maps(self, statistic):
        self._check_fitted("fits_")
        return [self._map(statistic(fit)) for fit in self.fits_]

    def _map(self, values):
        return self.masker_.inverse_transform(values.astype(np.float32))

    @property
    def residuals(self):
        """As `residuals_`, under the name of older scripts."""
        return self.residuals_

    @property
    def predicted(self):
        """As `predicted_`, under the name of older scripts."""
        return self.predicted_

    @property
    def r_square(self):
        """As `r_square_`, under the name of older scripts."""
        return self.r_square_

    def _fits_with_data(self):
        self._check_fitted("fits_")
        if not self._data:
            msg = (
                "The data were not kept, so there are no residuals or predictions. "
                "Set minimize_memory=False and fit again."
            )
            raise AttributeError(msg)
        return zip(self.fits_, self._data, strict=True)
