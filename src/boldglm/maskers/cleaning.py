"""What a user asks of cleaning, checked and handed to `boldglm.core.clean`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from boldglm._base.errors import ShapeError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core.clean import Steps, clean_columns
from boldglm.core.drift import cosine_drift
from boldglm.core.parallel import blocks, map_blocks
from boldglm.maskers.confounds import read_confounds

__all__ = ["clean_series", "steps_from"]

_VOXELS_AT_ONCE = 8192
_FILTER_OPTIONS = {"order", "padtype", "padlen"}


def steps_from(params: Mapping[str, Any]) -> tuple[Steps, bool]:
    """Check a masker's cleaning parameters.

    Parameters
    ----------
    params : dict
        ``detrend``, ``standardize``, ``standardize_confounds``, ``low_pass``,
        ``high_pass``, ``t_r`` and ``clean_args``.

    Returns
    -------
    steps : Steps
    cosines : bool
        Whether slow cosines take the place of the Butterworth filter.

    Raises
    ------
    ValueError
        For an unknown option, or a filter without `t_r`.

    Examples
    --------
    >>> steps_from({"standardize": True})[0].standardize
    'zscore_sample'
    """
    options = dict(params.get("clean_args") or {})
    kind = options.pop("filter", "butterworth")
    extrapolate = bool(options.pop("extrapolate", False))
    options.pop("ensure_finite", None)  # voxels are made finite when they are taken
    inner = {
        key.removeprefix("butterworth__"): value
        for key, value in options.items()
        if key.startswith("butterworth__")
    }
    unknown = set(options) - {f"butterworth__{name}" for name in _FILTER_OPTIONS}
    if unknown or kind not in ("butterworth", "cosine", False):
        what = ", ".join(sorted(unknown)) or f"filter={kind!r}"
        msg = (
            f"clean_args holds {what}; expected filter ('butterworth', 'cosine' or "
            "False), extrapolate, ensure_finite, or butterworth__ with order, "
            "padtype or padlen."
        )
        raise ValueError(msg)
    low, high, t_r = (params.get(key) for key in ("low_pass", "high_pass", "t_r"))
    if kind is not False:
        _check_filter(kind, low, high, t_r)
    elif low is not None or high is not None:
        _warn("filter=False: low_pass and high_pass are not used.")
    by_filter = kind == "butterworth"
    steps = Steps(
        detrend=bool(params.get("detrend")),
        low_pass=_below_nyquist(low, t_r, "low_pass") if by_filter else None,
        high_pass=_below_nyquist(high, t_r, "high_pass") if by_filter else None,
        t_r=t_r,
        filter_options=inner,
        extrapolate=extrapolate,
        standardize_confounds=bool(params.get("standardize_confounds", True)),
        standardize=_scale(params.get("standardize")),
    )
    return steps, kind == "cosine" and high is not None


def _scale(standardize: Any) -> str | None:
    if standardize is None or standardize is False:
        return None
    if standardize is True:
        return "zscore_sample"
    if standardize in ("zscore_sample", "psc"):
        return str(standardize)
    msg = (
        f"standardize is {standardize!r}; "
        "expected 'zscore_sample', 'psc', True (zscore_sample), None or False."
    )
    raise ValueError(msg)


def _check_filter(kind: str, low: Any, high: Any, t_r: Any) -> None:
    if low is None and high is None:
        return
    if t_r is None:
        msg = (
            f"low_pass={low} and high_pass={high} are in Hz: filtering needs the "
            "repetition time t_r, in seconds."
        )
        raise ValueError(msg)
    if low is not None and high is not None and high >= low:
        msg = f"high_pass={high} Hz is not below low_pass={low} Hz: nothing would pass."
        raise ValueError(msg)
    if min(f for f in (low, high) if f is not None) < 0:
        msg = f"low_pass={low} and high_pass={high} are frequencies; expected 0 or more"
        raise ValueError(msg)
    if kind == "cosine" and low is not None:
        _warn(f"low_pass={low} is not used: filter='cosine' only takes slow drifts.")


def _below_nyquist(frequency: float | None, t_r: Any, name: str) -> float | None:
    if frequency is None:
        return None
    highest = 0.5 / t_r
    if frequency < highest:
        return frequency
    lowered = float(highest * (1 - 10 * np.finfo(np.float32).eps))
    _warn(
        f"{name}={frequency} Hz is above what scans every {t_r} s can show; "
        f"it is lowered to {lowered:.6g} Hz."
    )
    return lowered


def clean_series(
    series: np.ndarray,
    params: Mapping[str, Any],
    confounds: Any = None,
    sample_mask: Any = None,
    runs: Any = None,
) -> np.ndarray:
    """Clean the columns of a run, or of several runs stacked.

    Parameters
    ----------
    series : (scan, voxel)
        Finite numbers.
    params : dict
        See `steps_from`.
    confounds : see `read_confounds`
    sample_mask : (n,) int or (scan,) bool, or list of these per run, or None
        Scans to keep.
    runs : (scan,) or None
        Which run each scan belongs to; runs are cleaned one by one.

    Returns
    -------
    (kept scan, voxel)
        float32 (float64 for float64 series); `series` itself when there is
        nothing to do.

    Raises
    ------
    ValueError, ShapeError
        If parameters, confounds or masks do not fit.
    """
    steps, cosines = steps_from(params)
    regressors = read_confounds(confounds, len(series))
    labels = _run_labels(runs, len(series))
    members = [np.nonzero(labels == run)[0] for run in np.unique(labels)]
    kept = _kept_scans(sample_mask, [len(scans) for scans in members])
    busy = steps.detrend or steps.filters or steps.standardize or cosines
    if not busy and regressors is None and all(keep is None for keep in kept):
        return series
    steps = _possible(steps, min(len(scans) for scans in members))
    if regressors is not None and not (steps.detrend or steps.standardize_confounds):
        _warn(
            "Confounds are neither detrended nor standardized: unless their mean is "
            "0, they take the mean of the voxels with them."
        )
    if steps.standardize == "psc":
        _warn_about_zero_means(series)
    parts = []
    for scans, keep in zip(members, kept, strict=True):
        columns = None if regressors is None else regressors[scans]
        if cosines:
            columns = _with_cosines(columns, params, len(scans))
        parts.append(_clean_run(series[scans], steps, columns, keep))
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _clean_run(
    series: np.ndarray,
    steps: Steps,
    confounds: np.ndarray | None,
    kept: np.ndarray | None,
) -> np.ndarray:
    n_kept = len(series) if kept is None else len(kept)
    kind = np.float64 if series.dtype == np.float64 else np.float32
    out = np.empty((n_kept, series.shape[1]), dtype=kind)

    def one(part: slice) -> None:
        out[:, part] = clean_columns(series[:, part], steps, confounds, kept)

    try:
        map_blocks(one, blocks(series.shape[1], _VOXELS_AT_ONCE))
    except ValueError as error:
        if "padlen" not in str(error):
            raise
        msg = (
            f"A run of {len(series)} scans is too short for this filter: {error} "
            "Use clean_args={'filter': 'cosine'} for the slow drifts."
        )
        raise ValueError(msg) from error
    return out


def _possible(steps: Steps, shortest: int) -> Steps:
    """Leave out what a single scan cannot have: a trend, and a spread."""
    if shortest > 1 or not (steps.detrend or steps.standardize):
        return steps
    _warn("Detrending and standardization need more than one scan; they are skipped.")
    options = {**vars(steps), "detrend": False, "standardize": None}
    return Steps(**options)


def _warn_about_zero_means(series: np.ndarray) -> None:
    mean = series.mean(axis=0, dtype=np.float64)
    empty = int((np.abs(mean) < np.finfo(np.float64).eps).sum())
    if empty:
        _warn(
            f"{empty} of {mean.size} voxels have a mean of 0 and no per cent signal "
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
    joint = np.corrcoef(np.hstack([terms, columns]), rowvar=False)
    if (joint[: terms.shape[1], terms.shape[1] :] > 0.9).any():
        _warn("The confounds already hold slow cosines: no others are added.")
        return columns
    return np.hstack([columns, terms])


def _run_labels(runs: Any, n_scans: int) -> np.ndarray:
    if runs is None:
        return np.zeros(n_scans, dtype=int)
    labels = np.asarray(runs)
    if labels.shape != (n_scans,):
        msg = (
            f"runs has shape {labels.shape}; expected one label per scan, ({n_scans},)."
        )
        raise ShapeError(msg)
    return labels


def _kept_scans(sample_mask: Any, lengths: list[int]) -> list[np.ndarray | None]:
    """Scan numbers to keep, run by run."""
    if sample_mask is None:
        return [None] * len(lengths)
    masks = [sample_mask]
    if isinstance(sample_mask, list | tuple) and any(map(np.ndim, sample_mask)):
        masks = list(sample_mask)
    if len(masks) != len(lengths):
        msg = f"There are {len(masks)} sample masks for {len(lengths)} runs."
        raise ShapeError(msg)
    return [
        _scan_numbers(mask, n, run + 1)
        for run, (mask, n) in enumerate(zip(masks, lengths, strict=True))
    ]


def _scan_numbers(mask: Any, n_scans: int, run: int) -> np.ndarray:
    numbers = np.asarray(mask)
    if numbers.dtype == bool:
        if numbers.shape != (n_scans,):
            msg = (
                f"The sample mask of run {run} has shape {numbers.shape}; a boolean "
                f"one needs a value per scan, ({n_scans},)."
            )
            raise ShapeError(msg)
        numbers = np.nonzero(numbers)[0]
    if numbers.size == 0:
        msg = f"The sample mask of run {run} keeps no scan at all."
        raise ValueError(msg)
    numbers = np.unique(numbers).astype(int)
    if numbers[0] < 0 or numbers[-1] >= n_scans:
        msg = (
            f"The sample mask of run {run} reaches from scan {numbers[0]} to "
            f"{numbers[-1]}; the run has scans 0 to {n_scans - 1}."
        )
        raise IndexError(msg)
    return numbers


def _warn(text: str) -> None:
    warn(text, ImageWarning)
