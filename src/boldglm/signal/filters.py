"""Filters in time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from boldglm._base.arguments import as_numbers, checked_number
from boldglm._base.errors import ShapeError
from boldglm._base.warnings import ImageWarning, warn
from boldglm.core import clean as core
from boldglm.core.drift import cosine_drift
from boldglm.signal.checks import checked_whole

__all__ = [
    "butterworth",
    "check_band",
    "check_filter_options",
    "check_frequencies",
    "create_cosine_drift",
]

_PADTYPES = ("odd", "even", "constant", None)


def butterworth(
    signals: Any,
    sampling_rate: float,
    low_pass: float | None = None,
    high_pass: float | None = None,
    order: int = 5,
    padtype: str | None = "odd",
    padlen: int | None = None,
    copy: bool = False,
) -> np.ndarray:
    """Filter signals forward and backward with a Butterworth filter.

    Forward and backward, so that nothing is shifted in time; the gain is the
    square of that of one pass.

    Parameters
    ----------
    signals : (scan,) or (scan, column)
    sampling_rate : float
        Scans per second, in Hz: 1 / t_r.
    low_pass, high_pass : float or None
        Frequencies above, and below, which signal is taken out, in Hz.
    order : int
        The higher, the steeper, and the less stable.
    padtype : {"odd", "even", "constant", None}
        How signals are continued at their ends, see `scipy.signal.sosfiltfilt`.
    padlen : int or None
        By how many scans. None: as scipy chooses.
    copy
        Accepted for compatibility: `signals` are never modified.

    Returns
    -------
    array of the shape of `signals`
        float32 for float32 signals, float64 otherwise.

    Raises
    ------
    ValueError
        If a frequency is negative, nothing would pass, the signals are shorter
        than the padding, or another parameter is out of range.
    TypeError
        If something that should be a number is none.

    Warns
    -----
    ImageWarning
        If a frequency is above what the sampling rate can show; it is lowered.

    Examples
    --------
    A slow wave passes, a fast one does not:

    >>> t = np.arange(200.0)
    >>> slow, fast = np.sin(t / 20), np.sin(t * 2)
    >>> left = butterworth(slow + fast, sampling_rate=1, low_pass=0.1)
    >>> float(np.abs(left - slow)[20:-20].max().round(3))
    0.0
    """
    del copy
    values = np.asarray(signals)
    if values.ndim not in (1, 2):
        msg = f"signals have shape {values.shape}; expected (scan,) or (scan, column)."
        raise ShapeError(msg)
    if values.dtype.kind not in "biuf":
        msg = f"signals are of type {values.dtype}; expected real numbers."
        raise TypeError(msg)
    checked_number(sampling_rate, "sampling_rate", "scans per second: 1 / t_r")
    if not 1e-9 < sampling_rate < 1e9:
        msg = f"sampling_rate is {sampling_rate}; expected scans per second: 1 / t_r."
        raise ValueError(msg)
    check_frequencies(low_pass, high_pass)
    check_filter_options({"order": order, "padtype": padtype, "padlen": padlen})
    low, high = check_band(low_pass, high_pass, 1 / sampling_rate)
    filtered = core.butterworth(
        values, sampling_rate, low, high, order=order, padtype=padtype, padlen=padlen
    )
    return filtered.astype(np.float32) if values.dtype == np.float32 else filtered


def create_cosine_drift(high_pass: float, frame_times: Any) -> np.ndarray:
    """Slow cosines, and a constant at the end.

    Parameters
    ----------
    high_pass : float
        Cut-off in Hz: cosines up to this frequency.
    frame_times : (scan,) float
        In seconds.

    Returns
    -------
    (scan, cosine + 1) float64

    Raises
    ------
    ValueError
        If there are fewer than two scans, or `high_pass` is negative.

    Warns
    -----
    ImageWarning
        If the cosines span everything the scans can show.

    See Also
    --------
    boldglm.core.drift.cosine_drift : The equation.

    Examples
    --------
    >>> create_cosine_drift(0.01, np.arange(50) * 2.0).shape
    (50, 3)
    """
    times = as_numbers(frame_times, "frame_times").astype(np.float64)
    if times.ndim != 1 or not np.isfinite(times).all():
        msg = f"frame_times have shape {times.shape}; expected finite seconds, (scan,)."
        raise ShapeError(msg)
    checked_number(high_pass, "high_pass", "a frequency in Hz, 0 or more")
    drift = cosine_drift(times, high_pass)
    if drift.shape[1] >= len(drift):
        warn(
            f"high_pass={high_pass} Hz takes out all that {len(drift)} scans can "
            "show; expected a frequency such as 0.01 Hz.",
            ImageWarning,
        )
    return drift


def check_frequencies(low_pass: Any, high_pass: Any) -> None:
    """Raise unless cutoffs are numbers or None.

    Examples
    --------
    >>> check_frequencies(0.1, "0.01")
    Traceback (most recent call last):
        ...
    TypeError: high_pass is '0.01'; expected a frequency in Hz, or None.
    """
    for value, name in ((low_pass, "low_pass"), (high_pass, "high_pass")):
        if value is not None:
            checked_number(value, name, "a frequency in Hz, or None")


def check_filter_options(options: Mapping[str, Any]) -> None:
    """Raise unless order and padding are those of a Butterworth filter.

    Examples
    --------
    >>> check_filter_options({"order": 5, "padtype": "mirror"})
    Traceback (most recent call last):
        ...
    ValueError: padtype is 'mirror'; expected one of 'odd', 'even', 'constant', None.
    """
    if "order" in options:
        checked_whole(options["order"], "order", "a whole number of 1 or more", low=1)
    if options.get("padlen") is not None:
        checked_whole(options["padlen"], "padlen", "a number of scans, or None")
    padtype = options.get("padtype")
    if not (padtype is None or isinstance(padtype, str)) or padtype not in _PADTYPES:
        names = ", ".join(map(repr, _PADTYPES))
        msg = f"padtype is {padtype!r}; expected one of {names}."
        raise ValueError(msg)


def check_band(low: Any, high: Any, t_r: float) -> tuple[Any, Any]:
    """Cutoffs of a Butterworth filter as scipy takes them, (low-pass, high-pass).

    Parameters
    ----------
    low, high : float or None
        In Hz.
    t_r : float
        Seconds between scans.

    Returns
    -------
    low, high : float or None
        Below the highest frequency that scans can show; a high-pass of 0, which
        takes out nothing, is None.

    Raises
    ------
    ValueError
        If a frequency is negative, or nothing would pass.

    Warns
    -----
    ImageWarning
        If a frequency had to be lowered, or that leaves nothing to filter.

    Examples
    --------
    >>> check_band(0.1, 0, t_r=2.0)
    (0.1, None)
    """
    if min((f for f in (low, high) if f is not None), default=0) < 0 or low == 0:
        msg = (
            f"low_pass={low} and high_pass={high} are frequencies; expected more than "
            "0 Hz, or None"
        )
        raise ValueError(msg)
    if low is not None and high is not None and high >= low:
        msg = f"high_pass={high} Hz is not below low_pass={low} Hz: nothing would pass."
        raise ValueError(msg)
    low, high = _below_nyquist(low, t_r, "low"), _below_nyquist(high, t_r, "high")
    if low is not None and low == high:
        warn(
            f"low_pass and high_pass are both above what scans every {t_r} s can "
            "show: nothing is filtered.",
            ImageWarning,
        )
        return None, None
    return low, high or None


def _below_nyquist(frequency: Any, t_r: float, name: str) -> Any:
    if frequency is None:
        return None
    highest = 0.5 / t_r
    if frequency < highest:
        return frequency
    lowered = float(highest * (1 - 10 * np.finfo(np.float32).eps))
    warn(
        f"{name}_pass={frequency} Hz is above what scans every {t_r:g} s can show; "
        f"it is lowered to {lowered:.6g} Hz.",
        ImageWarning,
    )
    return lowered
