"""The design of a group: an intercept and what is known of the subjects."""

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_list
from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.confounding import confounded_groups
from boldglm.glm.first_level.tables import numeric_table

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["make_second_level_design_matrix", "rows_of_subjects"]


def make_second_level_design_matrix(
    subjects_label: Iterable[Any], confounds: "DataFrame | None" = None
) -> "DataFrame":
    r"""Make a group design: the confounds of each subject, then an intercept.

    .. math:: X = [\,\text{confounds} \mid 1\,]

    Confounds are not centred: with an ``age``, the intercept is the effect at age
    0. Subtract the mean first for the effect of the average subject.

    Parameters
    ----------
    subjects_label : list of str
        Subjects in the order of the images.
    confounds : pandas.DataFrame, optional
        A column ``subject_label`` and at least one confound, numbers; a row for
        each subject, in any order. Not modified.

    Returns
    -------
    pandas.DataFrame
        (n_images, n_confounds + 1), float64, indexed from 0.

    Raises
    ------
    DesignError
        If a subject has no row or more than one, a confound is missing or not
        numeric, or names repeat.
    TypeError
        If `confounds` is not a DataFrame.

    Warns
    -----
    DesignWarning
        If columns are confounded.

    Examples
    --------
    >>> import pandas as pd
    >>> confounds = pd.DataFrame({"subject_label": ["01", "02"], "age": [30, 25]})
    >>> make_second_level_design_matrix(["02", "01"], confounds)
        age  intercept
    0  25.0        1.0
    1  30.0        1.0
    """
    import pandas as pd

    labels = as_list(subjects_label, "subjects_label", "names of subjects")
    for label in labels:
        if not isinstance(label, Hashable) or isinstance(label, list | np.ndarray):
            msg = f"subjects_label has {label!r}; expected names of subjects."
            raise TypeError(msg)
    if confounds is None:
        return pd.DataFrame({"intercept": np.ones(len(labels))})
    if not isinstance(confounds, pd.DataFrame):
        msg = (
            "confounds must be a pandas DataFrame with a column 'subject_label'; got "
            f"{type(confounds).__name__}."
        )
        raise TypeError(msg)
    numbers = _confounds_of(labels, confounds)
    design = numbers.assign(intercept=1.0)
    _warn_of_confounded(design)
    return design


def _confounds_of(labels: Sequence[Any], confounds: "DataFrame") -> "DataFrame":
    columns = confounds.columns.tolist()
    if columns.count("subject_label") != 1:
        msg = (
            "confounds need one column 'subject_label'; the columns are "
            f"{_listed(columns)}."
        )
        raise DesignError(msg)
    if "intercept" in columns:
        msg = (
            "Design matrix columns do not have unique names: confounds have a column "
            "'intercept', which is added here. Take it out."
        )
        raise DesignError(msg)
    rows = rows_of_subjects(labels, confounds["subject_label"].tolist())
    numbers = numeric_table(confounds.drop(columns="subject_label"), "confounds")
    chosen = numbers.iloc[rows].reset_index(drop=True)
    bad = np.argwhere(~np.isfinite(numbers.to_numpy()))
    if len(bad):
        row, column = bad[0]
        name = numbers.columns[column]
        msg = (
            f"Confounds contain NaN values or infinite ones: '{name}' of subject "
            f"'{confounds['subject_label'].iloc[row]}'. Fill it in, or leave the "
            "subject out."
        )
        raise DesignError(msg)
    return chosen


def rows_of_subjects(labels: Sequence[Any], known: Sequence[Any]) -> list[int]:
    """Row of each subject in a table of confounds.

    Parameters
    ----------
    labels : sequence
        Of the subjects, in the order that is wanted.
    known : sequence
        Labels of the rows.

    Raises
    ------
    DesignError
        If a subject has no row or more than one.

    Examples
    --------
    >>> rows_of_subjects(["02", "01"], ["01", "02", "03"])
    [1, 0]
    """
    repeated = {label for label in labels if known.count(label) > 1}
    if repeated:
        msg = (
            f"confounds contain more than one row for subject {_listed(repeated)}; "
            "expected one for each subject."
        )
        raise DesignError(msg)
    position = {label: row for row, label in enumerate(known)}
    absent = [label for label in labels if label not in position]
    if absent:
        msg = (
            f"confounds not specified for subject {_listed(absent)}; column "
            f"'subject_label' has {_listed(known)}."
        )
        raise DesignError(msg)
    return [position[label] for label in labels]


def _warn_of_confounded(design: "DataFrame") -> None:
    groups = confounded_groups(design.to_numpy())
    if groups:
        listed = "; ".join(_listed(design.columns[group]) for group in groups)
        warn(
            f"Design matrix is singular: columns {listed} are confounded. Contrasts "
            "that depend on telling them apart cannot be estimated.",
            DesignWarning,
        )


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(f"'{name}'" for name in names)
