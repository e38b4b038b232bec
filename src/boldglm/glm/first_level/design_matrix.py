"""Design matrices of a run: conditions, other regressors, drifts, a constant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import as_list, checked_number, shown
from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, EventsWarning, warn
from boldglm.core.confounding import confounded_groups
from boldglm.core.drift import cosine_drift
from boldglm.glm.first_level.design_blocks import (
    REG_NAMES,
    Block,
    added_block,
    drift_block,
    warn_if_saturated,
)
from boldglm.glm.first_level.experimental_paradigm import Events, read_events
from boldglm.glm.first_level.hemodynamic_models import (
    HrfModel,
    check_frame_times,
    checked_oversampling,
    condition_regressors,
    early_onset_note,
    hrf_basis,
    orthogonalize,
)
from boldglm.glm.second_level.design import make_second_level_design_matrix

if TYPE_CHECKING:
    from pandas import DataFrame, Index

__all__ = [
    "check_design_matrix",
    "create_cosine_drift",
    "make_first_level_design_matrix",
    "make_second_level_design_matrix",
    "orthogonalize",
]


def make_first_level_design_matrix(
    frame_times: Any,
    events: Any = None,
    hrf_model: HrfModel = "glover",
    drift_model: str | None = "cosine",
    high_pass: float = 0.01,
    drift_order: int = 1,
    fir_delays: Iterable[float] | None = None,
    add_regs: Any = None,
    add_reg_names: Sequence[str] | None = None,
    min_onset: float = -24,
    oversampling: int = 50,
) -> "DataFrame":
    r"""Make the design matrix of one run.

    .. math:: X = [\,\text{conditions} * h \mid \text{add\_regs} \mid
              \text{drifts} \mid 1\,]

    Parameters
    ----------
    frame_times : (n_scans,) array-like
        When the scans were taken, in seconds, ascending.
    events : pandas.DataFrame, str, Path, or None
        What happened when: a table or a .tsv or .csv file with columns ``onset``
        and ``duration`` in seconds, and optionally ``trial_type`` and
        ``modulation``; see
        `boldglm.glm.first_level.experimental_paradigm.read_events`. Not modified.
    hrf_model : str, callable, list of callables, or None
        ``"spm"`` or ``"glover"``, alone or ``" + derivative"`` or
        ``" + derivative + dispersion"``; ``"fir"``; functions of
        ``(t_r, oversampling)`` that return a kernel; None for the events as they
        are. In any case.
    drift_model : {"cosine", "polynomial"} or None
        In any case. None for a constant alone.
    high_pass : float
        Cut-off of the cosine drifts, in hertz.
    drift_order : int
        Order of the polynomial drifts.
    fir_delays : iterable of int, optional
        Scans after an event, for ``"fir"``. ``[0]`` if None.
    add_regs : (n_scans, n_add_regs) array-like or pandas.DataFrame, optional
        Other regressors, such as motion parameters. Not modified.
    add_reg_names : list of str, optional
        Their names: those of a DataFrame, else these, else ``reg0``, ``reg1``, …
    min_onset : float
        Seconds from the first scan, negative for before; events that start
        earlier are modelled from there on, with a warning.
    oversampling : int
        Samples per scan at which events are convolved.

    Returns
    -------
    pandas.DataFrame
        Indexed by `frame_times`. Columns: conditions in the order of their names,
        each with its derivatives, delays or functions (``c``, ``c_derivative``,
        ``c_dispersion``, ``c_delay_0``, ``c_function``), `add_regs`, ``drift_1``,
        …, ``constant``.

    Raises
    ------
    DesignError
        If a parameter makes no sense, rows do not match, regressors are not
        finite, or two columns would have the same name.
    EventsError
        If the events cannot be read; the message says where.

    Warns
    -----
    EventsWarning
        If events start before `min_onset` or after the run, and as `read_events`.
    DesignWarning
        If columns are confounded, or the drifts leave nothing.

    References
    ----------
    Friston et al. (1995), Statistical parametric maps in functional imaging,
    Human Brain Mapping 2:189-210.

    Examples
    --------
    >>> import pandas as pd
    >>> events = pd.DataFrame(
    ...     {"onset": [4, 20], "duration": [4, 4], "trial_type": ["tone", "flash"]}
    ... )
    >>> design = make_first_level_design_matrix(np.arange(20) * 2.0, events)
    >>> design.columns.tolist()
    ['flash', 'tone', 'constant']
    >>> float(design["tone"].idxmax())
    12.0
    """
    times = check_frame_times(frame_times)
    oversampling = checked_oversampling(oversampling)
    checked_number(min_onset, "min_onset", "seconds from the first scan")
    blocks = []
    if events is not None:
        parsed = read_events(events)
        _warn_of_outsiders(parsed, times, min_onset)
        blocks.append(
            _condition_block(
                parsed, times, hrf_model, fir_delays, oversampling, min_onset
            )
        )
    if add_regs is not None:
        blocks.append(added_block(add_regs, add_reg_names, times.size))
    elif add_reg_names is not None and as_list(add_reg_names, *REG_NAMES):
        msg = f"add_reg_names has {len(add_reg_names)} names, but there is no add_regs."
        raise DesignError(msg)
    blocks.append(drift_block(drift_model, times, high_pass, drift_order))
    return _join(blocks, np.asarray(frame_times))


def _condition_block(
    events: Events,
    times: np.ndarray,
    hrf_model: HrfModel,
    fir_delays: Iterable[float] | None,
    oversampling: int,
    min_onset: float,
) -> Block:
    basis = hrf_basis(hrf_model, float(np.diff(times).min()), oversampling, fir_delays)
    X = condition_regressors(events.train, basis, times, oversampling, min_onset)
    names = []
    origins = []
    for condition in events.conditions:
        names += [f"{condition}{ending}" for ending in basis.endings]
        place = events.where(events.first(condition), "trial_type")
        origins += [f"condition '{condition}' ({place})"] * len(basis.endings)
    return Block(X.reshape(times.size, -1), names, origins)


def _warn_of_outsiders(events: Events, times: np.ndarray, min_onset: float) -> None:
    """Warn of events that the scans cannot have seen, or not whole."""
    onset = events.train.onset
    early = early_onset_note(onset, times, min_onset)
    if early:
        first = events.where(int(np.argmax(onset < times[0] + min_onset)), "onset")
        note = f"{early} The first is {first}."
        warn(note, EventsWarning)
    end = times[-1] + float(np.diff(times).min())
    endless = events.train.duration > end - times[0]
    if endless.any():
        first = events.where(int(np.argmax(endless)), "duration")
        note = (
            f"{first}: {int(endless.sum())} of {onset.size} events last longer than "
            f"the run ({end - times[0]:g} s). Are the durations in seconds?"
        )
        warn(note, EventsWarning)
    late = onset > end
    if late.any():
        first = events.where(int(np.argmax(late)), "onset")
        names = {events.conditions[code] for code in events.train.condition[late]}
        note = (
            f"{first}: {int(late.sum())} of {onset.size} events start after the end of "
            f"the run ({end:g} s) and have no effect (in "
            f"{', '.join(map(repr, sorted(names)))}). Are the onsets in seconds, and "
            "of this run?"
        )
        warn(note, EventsWarning)


def _join(blocks: Sequence[Block], index: np.ndarray) -> "DataFrame":
    import pandas as pd

    names = [name for block in blocks for name in block.names]
    origins = [origin for block in blocks for origin in block.origins]
    _check_distinct(names, origins)
    matrix = np.hstack([block.matrix for block in blocks])
    _warn_of_confounded(matrix, names)
    return pd.DataFrame(matrix, columns=names, index=index)


def _check_distinct(names: Sequence[Any], origins: Sequence[str]) -> None:
    made_by = defaultdict(list)
    for name, origin in zip(names, origins, strict=True):
        made_by[str(name)].append(origin)
    twice = {name: made for name, made in made_by.items() if len(made) > 1}
    if twice:
        listed = "; ".join(
            f"'{name}' by {' and by '.join(dict.fromkeys(made))}"
            for name, made in twice.items()
        )
        msg = (
            "Design matrix columns do not have unique names: these would be made "
            f"twice: {listed}. Rename one of each."
        )
        raise DesignError(msg)


def _warn_of_confounded(matrix: np.ndarray, names: Sequence[Any]) -> None:
    n_scans, n_columns = matrix.shape
    if n_columns > n_scans:
        note = f"the design has {n_columns} columns, but only {n_scans} scans"
    else:
        groups = confounded_groups(matrix)
        if not groups:
            return
        note = "; ".join(_described(group, matrix, names) for group in groups)
    warn(
        f"Matrix is singular at working precision: {note}. Contrasts that depend on "
        "telling them apart cannot be estimated.",
        DesignWarning,
    )


def _described(group: list[int], matrix: np.ndarray, names: Sequence[Any]) -> str:
    listed = ", ".join(f"'{names[column]}'" for column in group)
    if len(group) == 1 and not matrix[:, group[0]].any():
        return f"column {listed} is zero everywhere (no event of it in the run?)"
    return f"columns {listed} are confounded"


def check_design_matrix(
    design_matrix: "DataFrame",
) -> tuple["Index[Any]", np.ndarray, list[Any]]:
    """Take a design matrix apart.

    Parameters
    ----------
    design_matrix : pandas.DataFrame

    Returns
    -------
    frame_times : pandas.Index of length n_scans
    matrix : (n_scans, n_regressors) array
    names : list of length n_regressors

    Raises
    ------
    TypeError
        If it is no DataFrame.
    DesignError
        If there are no columns.

    Examples
    --------
    >>> import pandas as pd
    >>> times, X, names = check_design_matrix(pd.DataFrame({"a": [1, 2]}, index=[0, 3]))
    >>> times.tolist(), X.shape, names
    ([0, 3], (2, 1), ['a'])
    """
    import pandas as pd

    if not isinstance(design_matrix, pd.DataFrame):
        msg = (
            f"design_matrix is {shown(design_matrix)}; expected a pandas DataFrame, a "
            "row for each scan."
        )
        raise TypeError(msg)
    if len(design_matrix.columns) == 0:
        msg = "The design_matrix dataframe cannot be empty: it has no columns."
        raise DesignError(msg)
    return (
        design_matrix.index,
        design_matrix.to_numpy(),
        design_matrix.columns.tolist(),
    )


def create_cosine_drift(high_pass: float, frame_times: Any) -> np.ndarray:
    """Discrete cosines slower than `high_pass`, then a constant.

    Parameters
    ----------
    high_pass : float
        Hertz.
    frame_times : (n_scans,) array-like
        Seconds.

    Returns
    -------
    (n_scans, n_drifts + 1) float64

    Warns
    -----
    DesignWarning
        If the cosines fill the space of all signals.

    See Also
    --------
    boldglm.core.drift.cosine_drift : The equation.

    Examples
    --------
    >>> create_cosine_drift(0.01, np.arange(50) * 2.0).shape
    (50, 3)
    """
    times = check_frame_times(frame_times)
    checked_number(high_pass, "high_pass", "a frequency in hertz, 0 or more")
    warn_if_saturated(high_pass, times)
    return cosine_drift(times, high_pass)
