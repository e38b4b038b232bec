"""Blocks of columns of a design that do not come from events: given ones, drifts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from boldglm._base.arguments import as_list, checked_number, checked_whole
from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.drift import DRIFT_MODELS, constant_drift
from boldglm.glm.first_level.tables import numeric_table

__all__ = [
    "REG_NAMES",
    "Block",
    "UnknownDriftError",
    "added_block",
    "drift_block",
    "warn_if_saturated",
]

#: What names of other regressors are called, and what they are a list of.
REG_NAMES = ("add_reg_names", "names, one for each column of add_regs")


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some columns of a design: (n_scans, n_columns), with names and origins."""

    matrix: np.ndarray
    names: Sequence[Any]
    origins: Sequence[str]


class UnknownDriftError(DesignError, NotImplementedError):
    """A drift model that there is not."""


def added_block(
    add_regs: Any, add_reg_names: Sequence[str] | None, n_scans: int
) -> Block:
    """Regressors that the user gives, and their names.

    Raises
    ------
    DesignError
        If there is not a row for each scan, or a name for each column.
    """
    named = hasattr(add_regs, "iloc")
    frame = numeric_table(add_regs, "add_regs", prefix="reg")
    if len(frame) != n_scans:
        msg = (
            f"Incorrect specification of additional regressors: add_regs has "
            f"{len(frame)} rows, but there are {n_scans} frame times."
        )
        raise DesignError(msg)
    matrix = frame.to_numpy()
    names = frame.columns.tolist()
    if not named and add_reg_names is not None:
        add_reg_names = as_list(add_reg_names, *REG_NAMES)
        if len(add_reg_names) != len(names):
            msg = (
                "Incorrect number of additional regressor names: add_reg_names has "
                f"{len(add_reg_names)}, add_regs has {len(names)} columns."
            )
            raise DesignError(msg)
        names = list(add_reg_names)
    if not np.isfinite(matrix).all():
        rows, columns = np.nonzero(~np.isfinite(matrix))
        msg = (
            "Extra regressors contain NaN values or infinite ones: column "
            f"'{names[columns[0]]}' has {matrix[rows[0], columns[0]]} in row {rows[0]}."
        )
        raise DesignError(msg)
    return Block(matrix, names, ["add_regs"] * len(names))


def drift_block(
    drift_model: str | None, times: np.ndarray, high_pass: float, order: int
) -> Block:
    """Slow drifts by a model, and a constant.

    Raises
    ------
    DesignError
        If the model is unknown, or its parameter makes no sense.
    """
    if drift_model is None:
        return Block(constant_drift(times), ["constant"], ["the constant"])
    key = drift_model.lower() if isinstance(drift_model, str) else ""
    if key not in DRIFT_MODELS:
        known = ", ".join(f"'{name}'" for name in DRIFT_MODELS)
        msg = f"Unknown drift model {drift_model!r}; expected {known} or None."
        raise UnknownDriftError(msg)
    if key == "cosine":
        checked_number(high_pass, "high_pass", "a frequency in hertz, 0 or more")
        warn_if_saturated(high_pass, times)
    expected = "0 or more, and fewer than there are scans"
    try:
        if key == "polynomial":
            order = checked_whole(order, "drift_order", expected, high=times.size - 1)
        matrix = DRIFT_MODELS[key](times, high_pass, order)
    except ValueError as error:
        raise DesignError(str(error)) from error
    n_drifts = matrix.shape[1] - 1
    names = [f"drift_{number}" for number in range(1, n_drifts + 1)]
    origins = [f"the {key} drifts"] * n_drifts
    return Block(matrix, [*names, "constant"], [*origins, "the constant"])


def warn_if_saturated(high_pass: float, times: np.ndarray) -> None:
    """Warn of a cut-off that leaves nothing of the data."""
    dt = (times[-1] - times[0]) / (times.size - 1)
    if high_pass * dt >= 0.5:
        warn(
            f"High-pass filter at {high_pass} Hz will span all accessible frequencies: "
            f"with a scan every {dt:g} s, cosines fill the design. The cut-off is in "
            "hertz (0.01 for 100 s); lower it.",
            DesignWarning,
        )
