"""The design of a group: given, from a formula, or of subjects and confounds."""

from os import PathLike
from typing import TYPE_CHECKING, Any

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.linear import factorize
from boldglm.glm.first_level.tables import load_design_table
from boldglm.glm.second_level.design import make_second_level_design_matrix
from boldglm.glm.second_level.formulas import formula_design, is_formula
from boldglm.glm.second_level.group_maps import GroupMaps

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["group_design"]


def group_design(
    design_matrix: Any, confounds: "DataFrame | None", maps: GroupMaps
) -> "DataFrame":
    """Design with a row for each map of a group.

    Parameters
    ----------
    design_matrix : DataFrame, array, path, formula, or None
        Files as for first-level designs. A formula such as ``'~ age + group'`` is
        evaluated on `confounds`, see `formula_design`. None: the confounds and an
        intercept, see `make_second_level_design_matrix`. Not modified.
    confounds : DataFrame or None
        What is known of the subjects: a column ``subject_label``, where the subjects
        of the maps are known, and others.
    maps : GroupMaps

    Returns
    -------
    pandas.DataFrame
        (n_maps, n_columns) float64.

    Raises
    ------
    DesignError
        If the design does not fit the maps, is not numeric or finite, or leaves no
        degree of freedom.
    ValueError
        If images come without a design.

    Warns
    -----
    DesignWarning
        If a design makes confounds pointless.
    """
    if is_formula(design_matrix):
        design = formula_design(
            design_matrix, confounds, maps.n_subjects, _labels(maps, confounds)
        )
    elif design_matrix is not None:
        if confounds is not None:
            warn(
                "confounds are not used: design_matrix says all. Put them into it, or "
                "pass a formula such as '~ age + group'.",
                DesignWarning,
            )
        design = _loaded(design_matrix, maps.n_subjects)
    elif maps.kind == "images":
        msg = (
            "List of niimgs as 'second_level_input' require a design matrix to be "
            "provided: images do not say whose they are. For the mean of "
            f"{maps.n_subjects} subjects pass design_matrix='~ 1', or a table with a "
            "row for each image."
        )
        raise ValueError(msg)
    else:
        labels = maps.labels or range(maps.n_subjects)
        design = make_second_level_design_matrix(labels, confounds)
    _check_freedom(design)
    return design


def _labels(maps: GroupMaps, confounds: Any):
    """Labels to find rows by; models without labels have none to look for."""
    return maps.labels if confounds is not None else None


def _loaded(design_matrix: Any, n_maps: int) -> "DataFrame":
    if isinstance(design_matrix, str | PathLike) and not str(design_matrix).strip():
        msg = "design_matrix is empty text; expected a path or a formula."
        raise DesignError(msg)
    try:
        design = load_design_table(design_matrix, n_maps)
    except DesignError as error:
        # the table of a first level counts scans; here they are maps
        msg = str(error).replace(
            f"but there are {n_maps} scans.",
            f"but there are {n_maps} maps: design_matrix does not match the number of "
            "maps considered. Expected a row for each, in their order.",
        )
        raise DesignError(msg) from error
    if not design.index.is_monotonic_increasing and set(design.index) == {
        *range(len(design))
    }:
        warn(
            "The rows of design_matrix are numbered, but not in order: they are taken "
            "as they come, the first for the first map. Sort them (sort_index), or "
            "reset_index if their order is that of the maps.",
            DesignWarning,
        )
    return design


def _check_freedom(design: "DataFrame") -> None:
    if not design.to_numpy().any():
        msg = "The design is zero everywhere; expected at least one column."
        raise DesignError(msg)
    factor = factorize(design.to_numpy())
    if factor.dof < 1:
        msg = (
            f"The design has rank {factor.rank} for {len(design)} maps: no degree of "
            "freedom is left for the noise. Remove columns or add subjects."
        )
        raise DesignError(msg)
