"""Series without drift, noise sources and scale, whatever they come with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.clean import Cleaner, Steps
from boldglm.core.drift import cosine_drift
from boldglm.core.parallel import blocks, map_blocks
from boldglm.signal.confounds import read_confounds
from boldglm.signal.options import steps_from
from boldglm.signal.scans import kept_scans, members_of_runs

__all__ = ["clean", "clean_series", "float_type"]

# float64 numbers in a block of columns: they stay near the processor
_BLOCK = 2**19


def clean(  # noqa: PLR0913, PLR0917 - nilearn's signature
    signals: Any,
    runs: Any = None,
    detrend: bool = True,
    standardize: Any = "zscore_sample",
    sample_mask: Any = None,
    confounds: Any = None,
    standardize_confounds: bool = True,
    filter: Literal["butterworth", "cosine", False] = "butterworth",  # noqa: A002
    low_pass: float | None = None,
    high_pass: float | None = None,
    t_r: float | None = 2.5,
    ensure_finite: bool = False,
    extrapolate: bool = False,
    **kwargs: Any,
) -> np.ndarray:
    """Take drift, frequencies and confounds out of signals, and scale them.

    In this order: scans that are not kept are interpolated; detrending; filter;
    scans that are not kept are left out; regression on confounds; scale. Without
    a Butterworth filter, scans are left out first. With confounds Z, after the
    same detrending and filter (Lindquist et al. 2019)::

        out = y - Z (Z'Z)^-1 Z'y

    Parameters
    ----------
    signals : (scan, column)
    runs : (scan,) or None
        Which run each scan belongs to; runs are cleaned one by one.
    detrend : bool
        Take the least-squares line off each column.
    standardize : {"zscore_sample", "psc", True, False, None}
        Standard deviations (divisor T - 1), or per cent of the mean; True is
        "zscore_sample".
    sample_mask : (n,) int, (scan,) bool, list of these per run, or None
        Scans to keep. Runs are in the order of their sorted labels.
    confounds : DataFrame, array, path, list of these, or None
        (scan, confound), or (scan,). Files are .csv or .tsv, with or without a
        line of names. nan in the first row, as in derivatives, counts as 0.
    standardize_confounds : bool
        Centre and scale confounds before they are regressed out.
    filter : {"butterworth", "cosine", False}
        Butterworth forward and backward, or regression on slow cosines.
    low_pass, high_pass : float or None
        In Hz. None: no such filter.
    t_r : float or None
        Seconds between scans.
    ensure_finite : bool
        Replace values that are not finite by 0. Otherwise such columns are nan.
    extrapolate : bool
        Before the Butterworth filter, fill in scans that are not kept at both
        ends too; otherwise it begins and ends with those that are.
    **kwargs
        ``butterworth__order``, ``butterworth__padtype``, ``butterworth__padlen``.

    Returns
    -------
    (kept scan, column)
        float32 or float64 as `signals`; float64 for 64-bit integers, float32 for
        narrower ones. Computed in float64. Scans in the order of `signals`.

    Raises
    ------
    ShapeError, DesignError, ValueError, IndexError
        If parameters, confounds, runs or masks do not fit.

    Warns
    -----
    ImageWarning
        If a step is not possible, or does not do what it seems to.

    References
    ----------
    Lindquist et al. (2019), Human Brain Mapping 40:2358-2376.
    Friston et al. (1994), Human Brain Mapping 2:189-210.

    Examples
    --------
    A wave on a slope, without the slope:

    >>> t = np.arange(100.0)
    >>> signals = (np.sin(t) + 0.3 * t)[:, np.newaxis]
    >>> cleaned = clean(signals, standardize=None)
    >>> float(np.abs(cleaned[:, 0] - np.sin(t)).max().round(1))
    0.1

    And without the wave:

    >>> left = clean(signals, standardize=None, confounds=np.sin(t))
    >>> float(np.abs(left).max().round(6))
    0.0
    """
    values = np.asarray(signals)
    if values.ndim != 2:
        msg = f"signals have shape {values.shape}; expected (scan, column)."
        raise ShapeError(msg)
    if values.dtype.kind not in "biuf":
        msg = f"signals are of type {values.dtype}; expected real numbers."
        raise TypeError(msg)
    if len(values) == 0:
        msg = f"signals have shape {values.shape}: there is no scan to clean."
        raise ShapeError(msg)
    params = {
        "detrend": detrend,
        "standardize": standardize,
        "standardize_confounds": standardize_confounds,
        "low_pass": low_pass,
        "high_pass": high_pass,
        "t_r": t_r,
        "clean_args": {
            "filter": filter,
            "extrapolate": extrapolate,
            "ensure_finite": ensure_finite,
            **kwargs,
        },
    }
    return clean_series(values, params, confounds, sample_mask, runs)


def clean_series(
    series: np.ndarray,
    params: Mapping[str, Any],
    confounds: Any = None,
    sample_mask: Any = None,
    runs: Any = None,
    *,
    overwrite: bool = False,
) -> np.ndarray:
    """Clean the columns of a run, or of several runs stacked.

    Columns are taken block by block: besides the result, memory is that of a block
    per thread.

    Parameters
    ----------
    series : (scan, column)
    params : dict
        See `boldglm.signal.options.steps_from`.
    confounds : see `boldglm.signal.confounds.read_confounds`
    sample_mask : see `boldglm.signal.scans.kept_scans`
    runs : (scan,) or None
        Which run each scan belongs to; runs are cleaned one by one.
    overwrite : bool
        The result may take the place of float `series`.

    Returns
    -------
    (kept scan, column) of `float_type`
        Scans in the order of `series`.

    Raises
    ------
    ShapeError, DesignError, ValueError, IndexError
        If parameters, confounds or masks do not fit.
    """
    plan = _plan(series, params, confounds, sample_mask, runs)
    n_kept = sum(len(run.sources) for run in plan)
    # kept scans stay in the order of time, however runs are labelled
    order = np.argsort(np.concatenate([run.sources for run in plan]))
    kind = float_type(series.dtype)
    if overwrite and series.dtype == kind:
        out = series[:n_kept]
    else:
        out = np.empty((n_kept, series.shape[1]), kind)
    finite = bool((params.get("clean_args") or {}).get("ensure_finite"))

    def one(part: slice) -> None:
        block = np.array(series[:, part], dtype=np.float64)
        block[~np.isfinite(block)] = 0.0 if finite else np.nan
        if len(plan) == 1:
            out[:, part] = plan[0].cleaner(block)
            return
        cleaned = [run.cleaner(block[run.scans]) for run in plan]
        out[:, part] = np.concatenate(cleaned)[order]

    try:
        map_blocks(one, blocks(series.shape[1], max(16, _BLOCK // len(series))))
    except ValueError as error:
        raise _explained(error, plan) from error
    return out


def float_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type cleaned series have.

    Examples
    --------
    >>> float_type(np.dtype("int16")), float_type(np.dtype("int64"))
    (dtype('float32'), dtype('float64'))
    """
    return np.dtype(np.float64 if dtype.itemsize >= 8 else np.float32)


@dataclass(frozen=True)
class _Run:
    """The scans of a run, those of them that are kept, and how it is cleaned."""

    scans: np.ndarray
    sources: np.ndarray
    cleaner: Cleaner


def _plan(
    series: np.ndarray,
    params: Mapping[str, Any],
    confounds: Any,
    sample_mask: Any,
    runs: Any,
) -> list[_Run]:
    steps, cosines = steps_from(params)
    regressors = read_confounds(confounds, len(series))
    members = members_of_runs(runs, len(series))
    kept = kept_scans(sample_mask, [len(scans) for scans in members])
    sources = [
        scans if keep is None else scans[keep]
        for scans, keep in zip(members, kept, strict=True)
    ]
    steps = _possible(steps, min(map(len, sources)))
    if regressors is not None and not (steps.detrend or steps.standardize_confounds):
        _warn(
            "Confounds are neither detrended nor standardized: unless their mean is "
            "0, they take the mean of the signals with them."
        )
    if steps.standardize == "psc":
        _warn_about_zero_means(series)
    plan = []
    for scans, source, keep in zip(members, sources, kept, strict=True):
        columns = None if regressors is None else regressors[scans]
        if cosines:
            columns = _with_cosines(columns, params, len(scans))
        try:
            plan.append(_Run(scans, source, Cleaner(steps, columns, keep)))
        except ValueError as error:
            raise _explained(error, [_Run(scans, source, Cleaner(Steps()))]) from error
        _warn_if_nothing_is_left(plan[-1])
    return plan


def _explained(error: ValueError, plan: list[_Run]) -> ValueError:
    """What to do about scipy's complaint that a run is shorter than its padding."""
    if "padlen" not in str(error):
        return error
    return ValueError(
        f"A run of {min(len(run.scans) for run in plan)} scans is too short for this "
        f"filter: {error} Use filter='cosine' for the slow drifts."
    )


def _possible(steps: Steps, shortest: int) -> Steps:
    """Leave out what a single scan cannot have: a trend, and a spread."""
    if shortest > 1 or not (steps.detrend or steps.standardize):
        return steps
    _warn("Detrending and standardization need more than one scan; they are skipped.")
    return replace(steps, detrend=False, standardize=None)


def _warn_about_zero_means(series: np.ndarray) -> None:
    mean = series.mean(axis=0, dtype=np.float64)
    empty = int((np.abs(mean) < np.finfo(np.float64).eps).sum())
    if empty:
        _warn(
            f"{empty} of {mean.size} signals have a mean of 0 and no per cent signal "
            "change; they are set to 0."
        )


def _with_cosines(
    columns: np.ndarray | None, params: Mapping[str, Any], n_scans: int
) -> np.ndarray | None:
    frame_times = np.arange(n_scans) * params["t_r"]
    terms = cosine_drift(frame_times, params["high_pass"])[:, :-1]
    if terms.shape[1] == 0:
        _warn(
            f"{n_scans} scans are too short for drifts slower than "
            f"{params['high_pass']} Hz: nothing is filtered."
        )
        return columns
    if columns is None:
        return terms
    # cosines that the user brings along, as fMRIPrep's confounds do, are enough
    varying = columns[:, columns.std(axis=0) > 0]
    joint = np.corrcoef(np.hstack([terms, varying]), rowvar=False)
    if (joint[: terms.shape[1], terms.shape[1] :] > 0.9).any():
        _warn("The confounds already hold slow cosines: no others are added.")
        return columns
    return np.hstack([columns, terms])


def _warn_if_nothing_is_left(run: _Run) -> None:
    basis = run.cleaner.basis
    if basis is None:
        return
    n_scans, rank = basis.shape
    # of a line, or of the mean alone
    drift = 2 if run.cleaner.steps.detrend else int(np.allclose(basis.sum(axis=0), 0))
    if rank + drift >= n_scans:
        _warn(
            f"{rank} confounds that differ explain all of {n_scans} scans: nothing but "
            "rounding is left of the signals. Choose fewer confounds."
        )


def _warn(text: str) -> None:
    warn(text, ImageWarning)
