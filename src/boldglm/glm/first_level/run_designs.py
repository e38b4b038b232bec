"""The design of a run: given, or made from events."""

import numpy as np

from boldglm._base.errors import DesignError
from boldglm._base.warnings import DesignWarning, warn
from boldglm.core.noise import BY_REPETITION_TIME
from boldglm.glm.first_level.runs import Run

__all__ = ["check_t_r", "frame_times", "run_design"]

NUMBERS = (int, float, np.integer, np.floating)
# Seconds: no scanner of the brain takes that long, milliseconds look like it.
LONGEST_T_R = 100
# Time units that a header can state, in seconds.
SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}


def frame_times(n_scans: int, t_r: float, slice_time_ref: float) -> np.ndarray:
    """Time of each scan in seconds, ``(i + slice_time_ref) t_r``.

    >>> frame_times(3, 2.0, 0.5)
    array([1., 3., 5.])
    """
    start = slice_time_ref * t_r
    end = (n_scans - 1 + slice_time_ref) * t_r
    return np.linspace(start, end, n_scans)


def check_t_r(t_r) -> None:
    """See that a repetition time, where there is one, is a number of seconds.

    Before anything goes by it: the designs, and the order of some noise models.

    Raises
    ------
    DesignError
        If it is no number, not positive, or more likely milliseconds.

    Examples
    --------
    >>> check_t_r(2000)
    Traceback (most recent call last):
    boldglm._base.errors.DesignError: ...2000. Is it in milliseconds?
    """
    if t_r is None:
        return
    if not isinstance(t_r, NUMBERS):
        msg = f"t_r is {t_r!r}, a {type(t_r).__name__}; expected seconds"
        raise DesignError(msg)
    if not 0 < t_r < LONGEST_T_R:
        hint = " Is it in milliseconds?" if t_r >= LONGEST_T_R else ""
        msg = f"'t_r' must be positive, in seconds; it is {t_r!r}.{hint}"
        raise DesignError(msg)


def run_design(model, run: Run):
    """Design of a run's kept scans, and which scans are kept (None: all).

    Raises
    ------
    DesignError
        If the repetition time is missing, the reference time is outside of 0 to 1, or
        a table does not fit the run.
    """
    from boldglm.glm.first_level.tables import load_design_table, load_sample_mask

    scans = None
    if run.sample_mask is not None:
        scans = load_sample_mask(run.sample_mask, run.n_scans, run.index)
    if run.design is not None:
        design = load_design_table(run.design, run.n_scans, run.index)
        if model.noise_model in BY_REPETITION_TIME:
            _compare_with_header(
                float(model.t_r), run, "The order of the noise model goes by t_r"
            )
    else:
        design = _from_events(model, run)
    return (design if scans is None else design.iloc[scans]), scans


def _from_events(model, run: Run):
    from boldglm.glm.first_level.design_matrix import make_first_level_design_matrix
    from boldglm.glm.first_level.experimental_paradigm import read_events
    from boldglm.glm.first_level.tables import load_confounds_table

    if model.t_r is None:
        msg = (
            "t_r not given to FirstLevelModel object to compute design from events: "
            "set t_r to the repetition time in seconds. If these are designs, pass "
            "them by name: fit(run_imgs, design_matrices=...)."
        )
        raise DesignError(msg)
    if not isinstance(model.high_pass, NUMBERS) or model.high_pass < 0:
        msg = (
            f"high_pass is {model.high_pass!r}; expected a frequency in hertz. For no "
            "drifts set drift_model=None."
        )
        raise DesignError(msg)
    cosines = str(model.drift_model).lower() == "cosine"
    if cosines and model.high_pass * model.t_r >= 0.5:
        msg = (
            f"high_pass={model.high_pass!r} Hz takes out all there is at a repetition "
            f"time of {model.t_r!r} s. A period of 128 s is high_pass=1/128."
        )
        raise DesignError(msg)
    if model.fir_delays is not None and np.ndim(model.fir_delays) != 1:
        msg = f"fir_delays is {model.fir_delays!r}; expected a list of scans, [0, 1, 2]"
        raise DesignError(msg)
    reference = model.slice_time_ref
    if not (isinstance(reference, NUMBERS) and 0 <= reference <= 1):
        msg = f"slice_time_ref is {reference!r}; expected a number from 0 to 1"
        raise DesignError(msg)
    _compare_with_header(float(model.t_r), run, "The events are placed by t_r")
    confounds = None
    if run.confounds is not None:
        confounds = load_confounds_table(run.confounds, run.n_scans, run.index)
    return make_first_level_design_matrix(
        frame_times(run.n_scans, float(model.t_r), float(reference)),
        read_events(run.events, run.index),
        hrf_model=model.hrf_model,
        drift_model=model.drift_model,
        high_pass=float(model.high_pass),
        drift_order=model.drift_order,
        fir_delays=[0] if model.fir_delays is None else model.fir_delays,
        add_regs=None if confounds is None else confounds.to_numpy(),
        add_reg_names=None if confounds is None else list(confounds.columns),
        min_onset=model.min_onset,
    )


def _compare_with_header(t_r: float, run: Run, why: str) -> None:
    """Warn where an image that states its repetition time states another one."""
    header = run.image.header
    units = getattr(header, "get_xyzt_units", lambda: ("", ""))()[1]
    if units not in SECONDS:
        return
    stated = float(header.get_zooms()[3]) * SECONDS[units]
    if stated > 0 and abs(stated - t_r) > 0.01 * stated:
        warn(
            f"t_r is {t_r:g} s, but the header of the run at index {run.index} says "
            f"{stated:g} s. {why}: check which is right.",
            DesignWarning,
        )
