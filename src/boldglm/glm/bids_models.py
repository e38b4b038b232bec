"""Fitted models of either level, asked in one way for what is saved of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boldglm._base.warnings import ContrastWarning, warn
from boldglm.core.gls import residuals
from boldglm.glm.bids_contrasts import NamedContrast

__all__ = ["FittedGroup", "FittedRuns", "read_model"]


@dataclass(frozen=True)
class FittedRuns:
    """A fitted first-level model.

    Attributes
    ----------
    model : FirstLevelModel

    Examples
    --------
    >>> FittedRuns.level, FittedGroup.level
    ('first', 'second')
    """

    model: Any
    level = "first"

    @property
    def n_runs(self) -> int | None:
        """How many runs there are; None for a group."""
        return len(self.model.design_matrices_)

    @property
    def designs(self) -> list[Any]:
        """Design of each run."""
        return list(self.model.design_matrices_)

    @property
    def files(self) -> list[Any]:
        """Paths of the runs, None for those that were not files."""
        record = self.model._record
        return [] if record is None else [run.image_file or None for run in record.runs]

    @property
    def is_designed(self) -> bool:
        """Whether the designs were given: the model did not make them."""
        record = self.model._record
        return record is not None and all(run.designed for run in record.runs)

    @property
    def of_designs(self) -> dict[str, Any] | None:
        """What is said beside each design."""
        t_r = self.model.t_r
        return {} if t_r is None else {"RepetitionTime": t_r}

    #: Whether it is known what was fitted
    has_maps = True

    @property
    def has_residuals(self) -> bool:
        """Whether the data were kept."""
        return bool(self.model._data)

    @property
    def options(self) -> dict[str, Any]:
        """What the report has to be asked, besides contrasts."""
        return {}

    def rows(self, contrast: NamedContrast) -> list[Any]:
        """Weights of a contrast in each run; None in a run that is left out."""
        from boldglm.glm.first_level.run_contrasts import contrast_rows

        return list(contrast_rows(self.designs, contrast.definition))

    def maps(self, contrast: NamedContrast) -> dict[str, Any]:
        """All maps of a contrast."""
        return self.model.compute_contrast(
            contrast.definition, stat_type=contrast.stat_type, output_type="all"
        )

    def r_squares(self) -> list[Any]:
        """R² of each run."""
        return self.model.r_square_

    def residuals(self) -> Iterator[Any]:
        """Residuals run by run: together they are as large as all of the data."""
        for fit, data in self.model._fits_with_data():
            yield self.model.masker_.inverse_transform(residuals(data, fit))


@dataclass(frozen=True)
class FittedGroup:
    """A fitted second-level model, as `FittedRuns`.

    Attributes
    ----------
    model : SecondLevelModel
        A copy: a group fits maps when they are asked for, and remembers the last.
    first_level_contrast : str, array or None
        Which maps of the subjects are meant.
    """

    model: Any
    first_level_contrast: Any = None
    level = "second"
    n_runs = None
    files = ()
    is_designed = True
    of_designs = None

    @property
    def designs(self) -> list[Any]:
        """The design of the group."""
        return [self.model.design_matrix_]

    @property
    def has_maps(self) -> bool:
        """Whether it is known which maps of the subjects are meant."""
        return self.first_level_contrast is not None or hasattr(self.model, "_latest")

    @property
    def has_residuals(self) -> bool:
        """Whether the maps were kept."""
        return not self.model.minimize_memory

    @property
    def options(self) -> dict[str, Any]:
        """What the report has to be asked, besides contrasts."""
        return {"first_level_contrast": self.first_level_contrast}

    def rows(self, contrast: NamedContrast) -> list[Any]:
        """Weights of a contrast."""
        return [self.model._contrast_rows(contrast.definition)[0]]

    def maps(self, contrast: NamedContrast) -> dict[str, Any]:
        """All maps of a contrast."""
        return self.model.compute_contrast(
            contrast.definition,
            first_level_contrast=self.first_level_contrast,
            second_level_stat_type=contrast.stat_type,
            output_type="all",
        )

    def r_squares(self) -> list[Any]:
        """R² of the group, in its maps of the first-level contrast."""
        if not hasattr(self.model, "_latest"):
            self.model._group_of(self.first_level_contrast)
        return [self.model.r_square_]

    def residuals(self) -> Iterator[Any]:
        """Residuals of the group."""
        yield self.model.residuals_


def read_model(model: Any, first_level_contrast: Any) -> FittedRuns | FittedGroup:
    """Check that a model is one, and fitted.

    Raises
    ------
    TypeError
        If it is no model.
    NotFittedError
        If it is not fitted.

    Warns
    -----
    ContrastWarning
        If `first_level_contrast` is given for a first-level model.
    """
    from boldglm.glm.first_level import FirstLevelModel
    from boldglm.glm.second_level import SecondLevelModel

    if not isinstance(model, FirstLevelModel | SecondLevelModel):
        msg = (
            f"model is a {type(model).__name__}; expected a fitted FirstLevelModel or "
            "SecondLevelModel."
        )
        raise TypeError(msg)
    model._check_fitted("mask_img_")
    if isinstance(model, SecondLevelModel):
        return FittedGroup(model._apart(), first_level_contrast)
    if first_level_contrast is not None:
        warn(
            f"first_level_contrast={first_level_contrast!r} is for groups; it is not "
            "used with a FirstLevelModel.",
            ContrastWarning,
        )
    return FittedRuns(model)
