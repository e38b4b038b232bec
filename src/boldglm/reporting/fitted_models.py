"""What a report needs of a fitted model, whichever its level."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boldglm._base.errors import NotFittedError
from boldglm.core.gls import GlmFit
from boldglm.core.linear import Factor
from boldglm.image.like import get_data

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ComputedContrast", "FittedModel", "open_model"]

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ComputedContrast:
    """A contrast of a model.

    Attributes
    ----------
    rows : tuple of (n_rows, n_regressors) or None
        Weights in the columns of each design; None where a run is left out.
    z_img : image
    kind : {"t", "F"}
    """

    rows: tuple[Rows | None, ...]
    z_img: Any
    kind: str


@dataclass(frozen=True)
class FittedModel:
    """A model, and the same things of either level under the same names.

    Attributes
    ----------
    model : FirstLevelModel or SecondLevelModel
        For a second level a copy, of which the fit may change.
    level : {"first", "second"}
    designs : tuple of DataFrame
        Of the runs, or of the group.
    factors : tuple of Factor
    fits : tuple of GlmFit
        Empty for a second level.
    first_level_contrast
        Which maps of the subjects; for a second level.
    """

    model: Any
    level: str
    designs: "tuple[pd.DataFrame, ...]"
    factors: tuple[Factor, ...]
    fits: tuple[GlmFit, ...] = ()
    first_level_contrast: Any = None

    @property
    def mask_img(self) -> Any:
        """The voxels that were fitted."""
        return self.model.mask_img_

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """The same, (x, y, z)."""
        return np.asarray(get_data(self.mask_img)) != 0

    @property
    def columns(self) -> list[list[Any]]:
        """Names of the regressors of each design."""
        return [list(design.columns) for design in self.designs]

    @property
    def run_names(self) -> list[str]:
        """What the designs are called."""
        if self.level == "second":
            return ["Group"]
        return [f"Run {number}" for number in range(1, len(self.designs) + 1)]

    @property
    def fit_warnings(self) -> tuple[str, ...]:
        """What was said when the model was fitted."""
        if self.level == "second":
            return tuple(getattr(self.model, "_fit_warnings", ()))
        record = getattr(self.model, "_record", None)
        return () if record is None else record.warnings

    @property
    def treatment(self) -> dict[str, Any]:
        """What was done to the images before the fit, see `treatment_of`."""
        from boldglm.glm.first_level.fit_record import treatment_of

        record = getattr(self.model, "_record", None)
        if record is not None and record.treatment is not None:
            return dict(record.treatment)
        found = treatment_of(self.model.masker_)
        if self.level == "second":
            # maps of subjects are no series: they are not cleaned
            return {k: v for k, v in found.items() if k == "smoothing_fwhm"}
        fwhm = self.model.smoothing_fwhm
        # the masker of a model that was saved knows its mask only
        return found if fwhm is None else found | {"smoothing_fwhm": fwhm}

    @property
    def voxel_dof(self) -> npt.NDArray[np.integer[Any]]:
        """Degrees of freedom of each voxel of a group, 0: not tested.

        Empty for a first level, or where nobody said which maps are meant.
        """
        nothing = np.zeros(0, dtype=int)
        if self.level == "first":
            return nothing
        if not hasattr(self.model, "_latest"):
            if self.first_level_contrast is None:
                return nothing
            self.model._group_of(self.first_level_contrast)
        return np.asarray(self.model._latest[1].dof)

    def contrast(
        self, definition: Any, stat_type: str | None = None
    ) -> ComputedContrast:
        """Compute a contrast.

        Parameters
        ----------
        definition
            See the `compute_contrast` of the model; expressions parted by semicolons
            are the rows of an F.
        stat_type : {"t", "F"}, optional

        Returns
        -------
        ComputedContrast
        """
        from boldglm.glm.first_level.run_contrasts import contrast_rows

        rows: Sequence[Rows | None]
        if self.level == "first":
            rows = contrast_rows(self.designs, definition)
            z_img = self.model.compute_contrast(definition, stat_type)
        else:
            rows = [self.model._contrast_rows(definition)[0]]
            z_img = self.model.compute_contrast(
                definition, self.first_level_contrast, stat_type
            )
        several = any(one is not None and len(one) > 1 for one in rows)
        kind = stat_type or ("F" if several else "t")
        return ComputedContrast(tuple(rows), z_img, kind)


def open_model(model: Any, first_level_contrast: Any = None) -> FittedModel:
    """What a report needs of a fitted model.

    Parameters
    ----------
    model : FirstLevelModel or SecondLevelModel
        Not changed.
    first_level_contrast : optional

    Returns
    -------
    FittedModel

    Raises
    ------
    NotFittedError
        Before `fit`.
    TypeError
        If this is no such model.
    """
    from boldglm.glm.first_level import FirstLevelModel
    from boldglm.glm.second_level import SecondLevelModel

    if not isinstance(model, FirstLevelModel | SecondLevelModel):
        msg = (
            f"a report is made of a model, and this is a {type(model).__name__}; "
            "expected a fitted FirstLevelModel or SecondLevelModel"
        )
        raise TypeError(msg)
    if not model.__sklearn_is_fitted__():
        msg = (
            f"This {type(model).__name__} has not been fitted yet: call its fit method "
            "first, a report is about a fit."
        )
        raise NotFittedError(msg)
    if isinstance(model, FirstLevelModel):
        fits = tuple(model.fits_)
        factors = tuple(fit.factor for fit in fits)
        return FittedModel(model, "first", tuple(model.design_matrices_), factors, fits)
    # a second level fits maps when they are asked for
    return FittedModel(
        model._apart(),
        "second",
        (model.design_matrix_,),
        (model._factor,),
        first_level_contrast=first_level_contrast,
    )
