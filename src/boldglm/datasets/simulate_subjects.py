"""Who is in a simulated group: labels, covariates, and the design they make."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from boldglm._base.errors import DesignError
from boldglm.datasets.simulate_checks import of_kind
from boldglm.datasets.simulate_noise import stream

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["INTERCEPT", "design_of", "draw_subjects", "labelled"]

INTERCEPT = "intercept"


def draw_subjects(n_subjects: int, seed: int) -> "pd.DataFrame":
    """Columns subject_label, age (years, 20 to 70) and group (control or patient)."""
    import pandas as pd

    ages = stream(seed, "covariates").uniform(20.0, 70.0, n_subjects)
    groups = np.where(np.arange(n_subjects) % 2, "patient", "control")
    return labelled(pd.DataFrame({"age": ages.round(1), "group": groups}))


def labelled(subjects: "pd.DataFrame") -> "pd.DataFrame":
    """A copy that says who is who.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    DesignError
        If it has no row.
    """
    import pandas as pd

    of_kind("subjects", subjects, pd.DataFrame)
    if len(subjects) == 0:
        msg = "subjects has no rows; expected one for every subject."
        raise DesignError(msg)
    subjects = subjects.reset_index(drop=True)
    if "subject_label" not in subjects:
        labels = [f"{number:02d}" for number in range(1, len(subjects) + 1)]
        subjects.insert(0, "subject_label", labels)
    return subjects


def design_of(subjects: "pd.DataFrame", effects: Iterable[str]) -> "pd.DataFrame":
    """A column per effect: ones, or a covariate less its mean.

    Raises
    ------
    DesignError
        If there is no such column, or it is no covariate.
    """
    import pandas as pd

    columns = {
        name: np.ones(len(subjects))
        if name == INTERCEPT
        else _covariate(subjects, name)
        for name in effects
    }
    return pd.DataFrame(columns, index=range(len(subjects)))


def _covariate(subjects: "pd.DataFrame", name: str) -> "NDArray[np.float64]":
    if name not in subjects:
        msg = (
            f"An activation has an effect of {name!r}, which is no column of subjects "
            f"({', '.join(map(str, subjects.columns))}). Add it, or give activations "
            f"of your own (the default ones differ with age and group); what all have "
            f"in common is {INTERCEPT!r}."
        )
        raise DesignError(msg)
    column = subjects[name]
    if column.isna().any():
        msg = (
            f"Column {name!r} of subjects lacks {int(column.isna().sum())} of "
            f"{len(column)} values; expected one for every subject."
        )
        raise DesignError(msg)
    if column.dtype.kind in "biuf":
        values = column.to_numpy(np.float64)
    else:
        kinds = sorted(set(column))
        if len(kinds) > 2:
            msg = (
                f"Column {name!r} of subjects has {len(kinds)} kinds of text; expected "
                "numbers, or texts of at most two kinds."
            )
            raise DesignError(msg)
        values = (column == kinds[-1]).to_numpy(np.float64)
    return values - values.mean()
