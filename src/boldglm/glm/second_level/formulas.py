"""Designs in words: ``"~ age + group"`` and a table of the subjects."""

import re
from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from boldglm._base.errors import DesignError
from boldglm.glm.second_level.design import rows_of_subjects
from boldglm.signal.tables import check_finite, listed, numeric_table

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["formula_design", "is_formula"]

# Endings of files that designs come in.
FILES = (".csv", ".tsv", ".npz", ".npy", ".txt", ".par", ".1d", ".dat")


def is_formula(design: Any) -> bool:
    """Whether a design is a formula; other text is the path of a file.

    >>> is_formula("~ age + group"), is_formula("~/group/design.tsv")
    (True, False)
    """
    if isinstance(design, PathLike) or not isinstance(design, str):
        return False
    return "~" in design and not design.strip().lower().endswith(FILES)


def formula_design(
    formula: str,
    table: "DataFrame | None",
    n_maps: int,
    labels: Sequence[Any] | None = None,
) -> "DataFrame":
    """Design of a group from a formula and a table of the subjects.

    ``~ age + group`` stands for an intercept, a column of ages, and for a group of
    text or categories a column for each level but the first, 1 for subjects of
    that level. ``0 +`` or ``- 1`` leaves the intercept out, ``a:b`` is an
    interaction and ``a * b`` short for ``a + b + a:b``; ``C(x)`` makes categories of
    numbers, ``center(x)`` takes the mean off [1]_.

    Parameters
    ----------
    formula : str
        With nothing left of ``~``. It may call numpy's functions, as in
        ``np.log(age)``: do not take formulas from people you do not trust.
    table : pandas.DataFrame or None
        Not modified. Names that are not words are put in backticks.
    n_maps : int
        Rows of the design.
    labels : sequence, optional
        Subjects of the maps, to find their rows by the column ``subject_label``.
        None: the rows are in the order of the maps.

    Returns
    -------
    pandas.DataFrame
        (n_maps, n_columns) float64, indexed from 0.

    Raises
    ------
    DesignError
        If the formula cannot be read, names a column that is not there, or one
        without a value for a subject; if the table does not fit the maps.

    References
    ----------
    .. [1] Wilkinson, G. N. and Rogers, C. E. (1973). Symbolic description of
       factorial models for analysis of variance. *Applied Statistics* 22, 392-399.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [30.0, 25, 41], "group": ["a", "b", "a"]})
    >>> formula_design("~ age + group", table, 3)
       intercept   age  group[T.b]
    0        1.0  30.0         0.0
    1        1.0  25.0         1.0
    2        1.0  41.0         0.0
    """
    right = _right_side(formula)
    rows = _rows(formula, table, n_maps, labels)
    names = _names_in(right, formula)
    _check_names(names, rows, formula)
    who = labels if labels is not None else rows.get("subject_label", range(n_maps))
    _check_complete(rows, names, list(who))
    frame = _evaluated(right, rows, formula)
    if frame.shape[1] == 0:
        msg = f"The formula {formula!r} gives no columns; '~ 1' is an intercept."
        raise DesignError(msg)
    frame = frame.rename(columns={"Intercept": "intercept"})
    design = numeric_table(frame, f"the design of {formula!r}")
    check_finite(design.to_numpy(), list(design.columns), f"the design of {formula!r}")
    return design


def _right_side(formula: str) -> str:
    left, *right = formula.split("~")
    if left.strip() or len(right) != 1:
        msg = (
            f"The formula {formula!r} is not one of a design; expected '~' and then "
            "the columns, such as '~ age + group': left of it are the maps."
        )
        raise DesignError(msg)
    return right[0].strip() or "0"


def _rows(
    formula: str, table: "DataFrame | None", n_maps: int, labels: Sequence[Any] | None
) -> "DataFrame":
    """The rows of the maps, in their order, under names that are text."""
    import pandas as pd

    if table is None:
        return pd.DataFrame(index=range(n_maps))
    if not isinstance(table, pd.DataFrame):
        msg = (
            f"confounds are a {type(table).__name__}; the formula {formula!r} needs a "
            "pandas DataFrame with its columns and a row for each map."
        )
        raise TypeError(msg)
    named = table.set_axis([str(name) for name in table.columns], axis=1)
    if not named.columns.is_unique:
        repeated = named.columns[named.columns.duplicated()]
        msg = f"confounds: columns {listed(repeated)} are there more than once."
        raise DesignError(msg)
    if labels is not None:
        if "subject_label" not in named:
            msg = (
                "confounds need a column 'subject_label', to find the rows of the "
                f"subjects; the columns are {listed(named.columns)}."
            )
            raise DesignError(msg)
        named = named.iloc[rows_of_subjects(labels, named["subject_label"].tolist())]
    if len(named) != n_maps:
        msg = (
            f"confounds have {len(named)} rows, but there are {n_maps} maps. Images "
            "have no labels: the rows are those of the images, in their order."
        )
        raise DesignError(msg)
    # a level that no subject has would be a column of zeros, or what others differ from
    kinds: dict[str, Any] = {
        str(name): column.cat.remove_unused_categories()
        for name, column in named.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    return named.assign(**kinds).reset_index(drop=True)


def _names_in(right: str, formula: str) -> list[str]:
    from formulaic import Formula

    try:
        return sorted(str(name) for name in Formula(right).required_variables)
    except Exception as error:  # the parser has more ways to fail than its errors
        msg = f"The formula {formula!r} cannot be read: {_plain(error)}"
        raise DesignError(msg) from error


def _plain(error: Exception) -> str:
    """What an error says, without the colours it has for terminals."""
    return re.sub("[⧛⧚]|\x1b?\\[[0-9;]+m", "", str(error))


def _check_names(names: Sequence[str], rows: "DataFrame", formula: str) -> None:
    unknown = [name for name in names if name not in rows]
    if unknown:
        there = listed(rows.columns) if len(rows.columns) else "no columns"
        msg = (
            f"The formula {formula!r} has {listed(unknown)}, which confounds do not "
            f"have; they have {there}. Pass confounds=, a table with a row for each "
            "map."
        )
        raise DesignError(msg)


def _check_complete(rows: "DataFrame", names: Sequence[str], who: list[Any]) -> None:
    """Refuse empty cells: a row less would shift the others against the maps."""
    empty = rows[list(names)].isna()
    if not empty.to_numpy().any():
        return
    cells = [
        f"{listed(name for name in names if empty[name].iloc[row])} of {who[row]!r}"
        for row in range(len(rows))
        if empty.iloc[row].any()
    ]
    msg = (
        f"confounds have no value for {'; '.join(cells)} (rows are named by subject, "
        "or counted from 0). Fill it in, or leave the subject out of confounds "
        "and maps."
    )
    raise DesignError(msg)


def _evaluated(right: str, rows: "DataFrame", formula: str) -> "DataFrame":
    import pandas as pd
    from formulaic import model_matrix

    try:
        # an empty context: names of this program are no columns
        matrix = model_matrix(right, rows, context={}, na_action="ignore")
    except Exception as error:  # what a user's expression raises can be anything
        msg = f"The formula {formula!r} cannot be computed: {_plain(error)}"
        raise DesignError(msg) from error
    if not isinstance(matrix, pd.DataFrame):
        msg = (
            f"The formula {formula!r} has several parts; expected one list of columns."
        )
        raise DesignError(msg)
    return pd.DataFrame(matrix)
