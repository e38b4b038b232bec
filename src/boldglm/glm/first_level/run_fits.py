"""What can be asked of the fits of several runs, besides contrasts."""

from typing import Any

import numpy as np

from boldglm._base.estimator import Estimator
from boldglm.core.gls import GlmFit, residuals
from boldglm.glm.first_level.fitting import labels_and_results

__all__ = ["RunFits"]


class RunFits(Estimator):
    """The fits of several runs on one mask, as a model holds them.

    Attributes
    ----------
    fits_ : list of GlmFit
    masker_ : NiftiMasker
    """

    fits_: list[GlmFit]
    masker_: Any
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
