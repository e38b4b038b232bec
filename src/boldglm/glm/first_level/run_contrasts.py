"""A contrast as the user wrote it, in each run's own columns."""

import warnings
from collections.abc import Sequence

import numpy as np

from boldglm._base.errors import ContrastError, NotEstimableError
from boldglm._base.warnings import ContrastWarning, warn
from boldglm.core.contrast import contrast_stat
from boldglm.core.contrast_checks import check_stat_type
from boldglm.core.expression import expression_to_contrast_vector, expressions_in
from boldglm.core.gls import GlmFit
from boldglm.core.linear import confounded_regressors, non_estimable_rows
from boldglm.glm.contrasts import Contrast, pad_contrast

__all__ = ["contrast_rows", "run_contrasts"]


def run_contrasts(
    fits: Sequence[GlmFit], designs, contrast_def, stat_type=None
) -> list[Contrast]:
    """Contrast of every run that has it.

    Parameters
    ----------
    fits : list of GlmFit
    designs : list of DataFrame
    contrast_def : str, array, or list of them
    stat_type : {'t', 'F'}, optional

    Returns
    -------
    list of Contrast

    Raises
    ------
    ContrastError
        If no run has the contrast, or it does not fit the designs.
    """
    check_stat_type(stat_type)
    parts = []
    for run, rows in enumerate(contrast_rows(designs, contrast_def)):
        if rows is not None:
            names = list(designs[run].columns)
            parts.append(_contrast(fits[run], rows, names, stat_type, run))
    return parts


def contrast_rows(designs, contrast_def) -> list[np.ndarray | None]:
    """A contrast in the columns of each run.

    Parameters
    ----------
    designs : list of DataFrame
    contrast_def : str, array, or list of them

    Returns
    -------
    list of (n_rows, n_regressors) float64, or None
        None for a run that is left out: its weights are all zero, or it lacks a
        column.

    Raises
    ------
    ContrastError
        If no run has all the columns, or it does not fit the designs.

    Warns
    -----
    ContrastWarning
        If a run is left out, or weights are completed with zeros.

    Examples
    --------
    >>> import pandas as pd
    >>> design = pd.DataFrame({"faces": [0, 1, 0], "houses": [1, 0, 0]})
    >>> contrast_rows([design], "faces - houses")
    [array([[ 1., -1.]])]
    """
    columns = [list(design.columns) for design in designs]
    present = [_present(design) for design in designs]
    definitions = _per_run(contrast_def, columns)
    found: list[np.ndarray | None] = []
    lacking = {}
    for run, definition in enumerate(definitions):
        if definition is None:
            msg = (
                f"The contrast of the run at index {run} is None; expected an "
                "expression or weights (zeros leave a run out)."
            )
            raise ContrastError(msg)
        rows, missing = _rows(definition, columns[run], columns, present[run])
        if missing:
            lacking[run] = missing
        elif not np.any(rows):
            _warn(f"Contrast for run {run} is null.")
        found.append(rows if not missing and np.any(rows) else None)
    for run, missing in lacking.items():
        _warn(
            f"The run at index {run} has no column {_listed(missing)}: it is left out "
            "of the "
            f"contrast {definitions[run]!r}, which is the fixed effect of the others."
        )
    if lacking and all(rows is None for rows in found):
        msg = f"No run has all the columns of the contrast {contrast_def!r}."
        raise ContrastError(msg)
    return found


def _per_run(contrast_def, columns) -> list:
    """The definition of each run; never the list that was passed."""
    n_runs = len(columns)
    if isinstance(contrast_def, str | np.ndarray):
        definitions = [contrast_def]
    elif isinstance(contrast_def, list | tuple):
        numbers = all(isinstance(one, int | float | np.number) for one in contrast_def)
        definitions = [np.asarray(contrast_def)] if numbers else list(contrast_def)
    else:
        msg = (
            f"contrast_def is a {type(contrast_def).__name__}; contrast_def must be an "
            "array or str or list of (array or str)."
        )
        raise ContrastError(msg)
    if len(definitions) == n_runs:
        if n_runs > 1 and _are_plain_rows(definitions):
            _warn(
                f"{n_runs} different rows for {n_runs} runs: each is taken as the "
                "contrast of one run. For an F contrast of these rows pass a 2-D array."
            )
        return definitions
    if len(definitions) != 1:
        msg = (
            f"{len(definitions)} contrasts given for {n_runs} "
            f"{'run' if n_runs == 1 else 'runs'}. A "
            "list has one contrast for each run; pass the rows of an F contrast as "
            "one 2-D array."
        )
        raise ContrastError(msg)
    if not isinstance(definitions[0], str):
        _check_columns_agree(definitions[0], columns)
    return definitions * n_runs


def _are_plain_rows(definitions) -> bool:
    """Lists of numbers, not all the same: rows of one contrast, or one per run."""
    lists = all(isinstance(one, list | tuple) for one in definitions)
    return lists and any(one != definitions[0] for one in definitions[1:])


def _check_columns_agree(definition, columns) -> None:
    """Warn where the same weights fall on columns of other names in other runs."""
    with warnings.catch_warnings():
        # Each run says itself what is padded.
        warnings.simplefilter("ignore", ContrastWarning)
        rows = pad_contrast(definition, max(map(len, columns)))
    places = [i for i in np.flatnonzero(rows.any(axis=0)) if i < len(columns[0])]
    weighted = [columns[0][i] for i in places]
    for run, names in enumerate(columns[1:], start=1):
        other = [names[i] if i < len(names) else None for i in places]
        if other != weighted:
            _warn(
                "The same contrast will be used for all runs, but its weights are for "
                f"{_listed(weighted)} in the run at index 0 and for {_listed(other)} "
                f"in the run at index {run}. Pass an expression of column names, or "
                "one contrast per run."
            )
            return


def _present(design) -> set:
    """Columns with something in them: an empty one is a condition that is lacking."""
    return set(design.columns[(design.to_numpy() != 0).any(axis=0)])


def _rows(definition, own, every, present) -> tuple[np.ndarray, list]:
    """Weights of a run's own columns, and the columns it would need but lacks.

    Expressions are read with the columns of all runs, so that a name means the same
    in each, whichever of them have it; those parted by semicolons are rows of an F.
    """
    if not isinstance(definition, str):
        return pad_contrast(definition, len(own)), []
    known = list(dict.fromkeys(name for columns in every for name in columns))
    weights = np.array(
        [
            expression_to_contrast_vector(one, known)
            for one in expressions_in(definition, known)
        ]
    )
    several = len(every) > 1
    missing = [
        name
        for name, column in zip(known, weights.T, strict=True)
        if column.any() and (name not in own or (several and name not in present))
    ]
    return weights[:, [known.index(name) for name in own]], missing


def _listed(names) -> str:
    return ", ".join(repr(name) for name in names)


def _contrast(fit: GlmFit, rows, columns, stat_type, run: int) -> Contrast:
    stray = non_estimable_rows(fit.factor, rows)
    if stray:
        at = confounded_regressors(fit.factor, rows[stray])
        empty = [i for i in at if not fit.factor.design[:, i].any()]
        names = [repr(columns[i]) for i in (empty or at)]
        if empty:
            why = f"column {', '.join(names)} of its design is zero everywhere."
        else:
            why = (
                f"its design cannot tell the columns {', '.join(names)} apart (they "
                "are linearly dependent). Remove one of them from the design, or test "
                "a combination that does not depend on how they share their effect."
            )
        msg = f"The contrast is not estimable in run {run}: {why}"
        raise NotEstimableError(msg)
    return Contrast.from_stat(contrast_stat(fit, rows, stat_type))


def _warn(message: str) -> None:
    warn(message, ContrastWarning)
