"""What can be asked of the fit of a group, besides contrasts."""

from typing import Any

import numpy as np

from boldglm._base.errors import NotFittedError
from boldglm._base.estimator import Estimator
from boldglm.core.gls import GlmFit
from boldglm.glm.first_level.fitting import labels_and_results
from boldglm.glm.second_level.group_data import GroupData
from boldglm.glm.second_level.group_fit import GroupFit

__all__ = ["GroupResults"]


class GroupResults(Estimator):
    """The fit of one map for each subject, as a model holds it.

    Attributes
    ----------
    masker_ : NiftiMasker
    """

    masker_: Any
    minimize_memory: bool
    _latest: tuple[GroupData, GroupFit]

    @property
    def labels_(self) -> np.ndarray:
        """Group of each voxel: 0, or the number of a pattern of missing subjects."""
        return self._fitted_group()[1].labels

    @property
    def results_(self) -> dict:
        """Results of each group, as `run_glm` returns them."""
        data, group = self._fitted_group()
        everything = None if self.minimize_memory else data.maps
        if not group.patterns:
            return labels_and_results(group.complete, everything)[1]
        at = np.flatnonzero(group.labels == 0)
        kept = None if everything is None else everything[:, at]
        results = {0.0: _view(group.complete.select(at), kept)}
        for number, part in enumerate(group.patterns, start=1):
            if everything is not None:
                kept = everything[np.ix_(part.rows, part.voxels)]
            results[float(number)] = _view(part.fit, kept)
        return results

    @property
    def residuals_(self):
        """``Y - X beta``, a 4-D image. Needs ``minimize_memory=False``.

        nan for a subject that a voxel lacks; 0 in voxels that are not tested.
        """
        data, group = self._data_and_fit()
        return self.masker_.inverse_transform(group.residuals(data))

    @property
    def predicted_(self):
        """``X beta``, a 4-D image. Needs ``minimize_memory=False``."""
        _, group = self._data_and_fit()
        return self.masker_.inverse_transform(group.predicted())

    @property
    def r_square_(self):
        """``1 - |Y - X beta|^2 / |Y - mean|^2``, a 3-D image."""
        _, group = self._fitted_group()
        total, rest = group.of_voxels("total_ss"), group.of_voxels("residual_ss")
        varies = total > 0
        share = np.where(varies, 1 - rest / np.where(varies, total, 1.0), 0.0)
        return self.masker_.inverse_transform(share.astype(np.float32))

    @property
    def n_img_(self):
        """How many subjects each voxel has, a 3-D image."""
        data, _ = self._fitted_group()
        return self.masker_.inverse_transform(data.n_subjects.astype(np.int32))

    @property
    def dof_img_(self):
        """Residual degrees of freedom of each voxel, a 3-D image; 0: not tested."""
        _, group = self._fitted_group()
        return self.masker_.inverse_transform(group.dof.astype(np.int32))

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

    def _fitted_group(self) -> tuple[GroupData, GroupFit]:
        """The maps that were fitted last, and their fit."""
        self._check_fitted("design_matrix_")
        if not hasattr(self, "_latest"):
            msg = (
                "The model has no results: it does not know yet which maps of the "
                "subjects are meant. Compute a contrast with first_level_contrast "
                "first."
            )
            raise NotFittedError(msg)
        return self._latest

    def _data_and_fit(self) -> tuple[GroupData, GroupFit]:
        found = self._fitted_group()
        if self.minimize_memory:
            msg = (
                "The data were not kept, so there are no residuals or predictions. "
                "Set minimize_memory=False and fit again."
            )
            raise AttributeError(msg)
        return found


def _view(fit: GlmFit, data: np.ndarray | None):
    """Results of one group of voxels."""
    return labels_and_results(fit, data)[1][0.0]
