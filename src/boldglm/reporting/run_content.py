"""The runs of a report: their design, events, motion, and what they can tell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from boldglm.core.efficiency import contrast_efficiency, variance_inflation
from boldglm.reporting.content import Figure, RunContent, Table
from boldglm.reporting.design_figures import (
    correlation_figure,
    design_figure,
    events_figure,
    motion_figure,
)
from boldglm.reporting.fitted_models import FittedModel

if TYPE_CHECKING:
    import pandas as pd

    from boldglm.core.linear import Factor
    from boldglm.glm.first_level.fit_record import RunRecord

__all__ = ["NamedRows", "run_contents"]

#: Names of contrasts, and for each its weights in the columns of each run
NamedRows = Sequence[tuple[str, Sequence[npt.NDArray[np.float64] | None]]]
#: Above this, a regressor is hard to tell from the others
INFLATED = 5.0
#: How names begin of regressors that nobody asks about
NUISANCE = (
    "drift_", "constant", "cosine", "trans_", "rot_", "framewise_displacement",
    "motion_outlier", "csf", "white_matter", "global_signal", "a_comp_cor",
    "t_comp_cor", "c_comp_cor", "w_comp_cor", "std_dvars", "dvars", "non_steady_state",
)  # fmt: skip


def run_contents(model: FittedModel, contrasts: NamedRows) -> tuple[RunContent, ...]:
    """Each run of a model, or the design of a group.

    Parameters
    ----------
    model : FittedModel
    contrasts : NamedRows

    Returns
    -------
    tuple of RunContent
    """
    record = getattr(model.model, "_record", None) if model.level == "first" else None
    records: Sequence[Any] = [None] * len(model.designs)
    if record is not None:
        records = record.runs
    contents = []
    for index, name in enumerate(model.run_names):
        key = "group" if model.level == "second" else f"run-{index + 1}"
        design, factor = model.designs[index], model.factors[index]
        names, values = [str(one) for one in design.columns], factor.design
        asked = _asked_about(model, names, records[index])
        rows = [(one, each[index]) for one, each in contrasts]
        contents.append(
            RunContent(
                name=name,
                key=key,
                facts=_facts(model, index, records[index]),
                design=design_figure(f"{key}-design", names, values),
                correlation=correlation_figure(f"{key}-correlation", names, values),
                events=_events(f"{key}-events", records[index]),
                motion=motion_figure(f"{key}-motion", names, values),
                regressors=_regressors(design, factor, asked),
                efficiency=_efficiency(factor, rows),
            )
        )
    return tuple(contents)


def _facts(model: FittedModel, index: int, record: "RunRecord | None") -> Table:
    design, factor = model.designs[index], model.factors[index]
    rows: list[tuple[str, Any]] = []
    if model.level == "second":
        rows.append(("maps", len(design)))
    else:
        rows += _run_facts(model, len(design), record)
    rows += [
        ("regressors", factor.design.shape[1]),
        ("independent regressors", factor.rank),
        ("residual degrees of freedom", _dof(model, index)),
    ]
    return Table(("what", "value"), tuple(rows), "Facts")


def _dof(model: FittedModel, index: int) -> int | str:
    """One number, or from where to where voxels differ."""
    factor = model.factors[index]
    effective = None if model.level == "second" else model.fits[index].effective_dof
    if effective is not None:
        return f"{np.min(effective):.0f} to {np.max(effective):.0f} (effective)"
    found = model.voxel_dof
    found = found[found > 0]
    if not found.size or found.min() == found.max() == factor.dof:
        return factor.dof
    if found.min() == found.max():
        return int(found.min())
    return f"{found.min()} to {found.max()}"


def _run_facts(
    model: FittedModel, kept: int, record: "RunRecord | None"
) -> list[tuple[str, Any]]:
    t_r = model.model.t_r
    if record is None:
        return [("scans", kept), ("repetition time (s)", t_r)]
    design = "made from events"
    if record.designed:
        design = record.design_file or "given, not from a file"
    return [
        ("file", record.image),
        ("shape", " x ".join(map(str, record.shape))),
        ("voxel size (mm)", " x ".join(f"{size:.3g}" for size in record.voxel_size)),
        ("scans", record.scans),
        ("censored scans", record.scans - record.kept),
        ("repetition time (s)", t_r),
        ("design", design),
        (
            "events",
            record.events_file or _in_memory(len(record.events.get("onset", []))),
        ),
        ("confounds", record.confounds_file or _in_memory(record.n_confounds)),
    ]


def _in_memory(n: int) -> str:
    return f"{n}, not from a file" if n else "none"


def _events(name: str, record: "RunRecord | None") -> Figure | None:
    if record is None or not record.events.get("onset"):
        return None
    return events_figure(name, record.events)


def _asked_about(
    model: FittedModel, names: list[str], record: "RunRecord | None"
) -> list[bool]:
    """Which regressors are not only there to take up noise.

    Designs that are made from events have the conditions first, then confounds, then
    drifts; of others the names must do.
    """
    if model.level == "second":
        return [True] * len(names)
    known = [not name.lower().startswith(NUISANCE) for name in names]
    if record is None or record.designed:
        return known
    drifts = [name.startswith("drift_") or name == "constant" for name in names]
    n_conditions = len(names) - sum(drifts) - record.n_confounds
    return [index < n_conditions for index in range(len(names))]


def _regressors(
    design: "pd.DataFrame", factor: "Factor", asked: Sequence[bool]
) -> Table:
    inflation = variance_inflation(factor)
    rows = []
    for name, value, column, is_asked in zip(
        design.columns, inflation, factor.design.T, asked, strict=True
    ):
        finite = bool(np.isfinite(value))
        note = _note(value, column, is_asked)
        rows.append((str(name), float(value) if finite else None, note))
    return _without_empty_notes(
        ("regressor", "variance inflation", "note"),
        rows,
        "Variance inflation: how many times larger the variance of a coefficient is "
        "than if the other regressors were not there.",
    )


def _without_empty_notes(
    columns: tuple[str, ...], rows: Sequence[tuple[Any, ...]], caption: str
) -> Table:
    """A table whose last column is there if there is a note in it."""
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return Table(columns, tuple(rows), caption)


def _note(inflation: float, column: npt.NDArray[np.float64], is_asked: bool) -> str:
    if not column.any():
        return "zero everywhere"
    if np.isnan(inflation):
        return "constant"
    if np.isinf(inflation):
        return "cannot be told apart from others"
    hard = is_asked and inflation > INFLATED
    return "hard to tell apart from others" if hard else ""


def _efficiency(
    factor: "Factor",
    contrasts: Sequence[tuple[str, npt.NDArray[np.float64] | None]],
) -> Table:
    rows: list[tuple[str, float | None, str]] = []
    for name, weights in contrasts:
        if weights is None:
            rows.append((name, None, "left out of this run"))
            continue
        rows.append((name, contrast_efficiency(factor, weights), ""))
    return _without_empty_notes(
        ("contrast", "efficiency", "note"),
        rows,
        "Efficiency, 1 / trace(C (X'X)⁺ C'), for white noise; it depends on the "
        "scale of the weights, so compare contrasts of one kind.",
    )
