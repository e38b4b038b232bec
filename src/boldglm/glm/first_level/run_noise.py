"""The noise of a fitted run, as maps."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from boldglm.core.gls import GlmFit, residuals
from boldglm.core.ljung_box import ljung_box_of_fit
from boldglm.core.whiteness import Whiteness

__all__ = ["RunNoise"]


@dataclass(frozen=True, eq=False)
class RunNoise:
    """What a model found out about the noise of a run.

    Attributes
    ----------
    name : str
        Of the noise model.
    whiteness : Whiteness or None
        Autocorrelations and spectrum of the residuals of some voxels, before and after
        whitening, and the share of them that are white at 5 %. None for models without
        ``reports``, and of very short runs.

    Examples
    --------
    >>> import nibabel as nib
    >>> from boldglm.glm.first_level import FirstLevelModel
    >>> rng = np.random.default_rng(0)
    >>> run = nib.Nifti1Image(100 + rng.standard_normal((4, 4, 4, 80)), np.eye(4))
    >>> model = FirstLevelModel(mask_img=False, noise_model="auto2")
    >>> model = model.fit(run, design_matrices=np.ones((80, 1)))
    >>> noise = model.noise_[0]
    >>> noise.coefficients.shape, noise.innovation_variance.shape
    ((4, 4, 4, 2), (4, 4, 4))
    >>> noise.white > 0.8
    True
    """

    name: str
    whiteness: Whiteness | None
    _fit: GlmFit
    _series: np.ndarray | None
    _masker: Any

    def __repr__(self) -> str:
        """Which model, and how much of the noise it takes, in a line."""
        white = self.whiteness
        told = ""
        if white is not None and np.isfinite(white.white):
            share = f"{100 * white.white:.0f} %"
            told = f", residuals white in {share} of {white.n_voxels} voxels"
        return f"RunNoise({self.name!r}, order {self.order}{told})"

    @property
    def order(self) -> int:
        """Order of the autoregression that whitens."""
        return self._fit.noise.order

    @property
    def coefficients(self):
        """Coefficients of the noise model, a 4-D image with a volume for each.

        Of an autoregression lag 1 first; of an ARMA(1, 1) a and b.
        """
        return self._image(self._fit.noise_parameters)

    @property
    def innovation_variance(self):
        """Variance of what the noise model cannot foretell, a 3-D image."""
        return self._image(self._fit.sigma2)

    @property
    def outcome(self):
        """What came out of each voxel, a 3-D image of keys of `core.gls.OUTCOMES`."""
        return self._image(self._fit.outcome)

    @property
    def white(self) -> float:
        """Share of the voxels looked at whose residuals are white at 5 %."""
        return float("nan") if self.whiteness is None else self.whiteness.white

    @cached_property
    def ljung_box(self):
        """Test of Ljung and Box whether residuals are white: p, a 3-D image.

        Small where the noise model leaves something; nan in voxels of the mask that
        were not tested, since they were not fitted or there are too few scans in a
        stretch for more lags than the order. 0 outside the mask.

        Raises
        ------
        AttributeError
            If the data were not kept: needs ``minimize_memory=False``.
        """
        if self._series is None:
            msg = (
                "The data were not kept, so there is no test of their residuals. Set "
                "minimize_memory=False and fit again; `white` is there in any case."
            )
            raise AttributeError(msg)
        fit = self._fit
        left = residuals(self._series, fit)
        _, p = ljung_box_of_fit(left, fit, starts=fit.forms.lags.line.stretches)
        return self._image(p)

    def _image(self, values: np.ndarray):
        return self._masker.inverse_transform(values.astype(np.float32))
