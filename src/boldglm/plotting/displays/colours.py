"""From values to colours: limits and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from boldglm._base.arguments import shown as shown_value
from boldglm._base.warnings import FigureWarning, warn
from boldglm.plotting.cm import is_diverging

if TYPE_CHECKING:
    from matplotlib.colors import Colormap, Normalize
    from numpy.typing import NDArray

__all__ = [
    "Limits",
    "check_threshold",
    "colour_limits",
    "hide",
    "known_limit",
    "norm_of",
]


@dataclass(frozen=True)
class Limits:
    """Which values the first and the last colour stand for.

    Attributes
    ----------
    low, high : float or None
        Of the colours. None: of what is shown.
    bar_low, bar_high : float or None
        Of the part of them that the colour bar shows. None: all.
    ticks : sequence of float or None
        Values that are written beside the bar. None: see `colour_bar.tick_values`.
    """

    low: float | None
    high: float | None
    bar_low: float | None = None
    bar_high: float | None = None
    ticks: Sequence[float] | None = None


def colour_limits(
    value_range: tuple[float, float],
    vmin: Any = None,
    vmax: Any = None,
    symmetric: bool | str = "auto",
    cmap: "Colormap | None" = None,
) -> Limits:
    """Choose the limits of the colours of a statistical map.

    Parameters
    ----------
    value_range : (float, float)
        Lowest and highest value of the map.
    vmin, vmax : float or None
        What the user fixed; nan counts as None, with a warning.
    symmetric : bool or "auto"
        Whether 0 is in the middle. "auto": if the map has both signs. A map of one
        sign takes the half of a diverging colour map that stands for that sign, so
        that a colour means the same in every figure; the bar shows that half.
    cmap : Colormap, optional

    Returns
    -------
    Limits

    Raises
    ------
    ValueError
        If `vmin` is above `vmax`; if `symmetric` is another text than "auto".

    Warns
    -----
    FigureWarning
        If `vmin` and `vmax` are not symmetric but should be; if one is nan.

    Examples
    --------
    >>> colour_limits((-3.0, 5.0))
    Limits(low=-5.0, high=5.0, bar_low=None, bar_high=None, ticks=None)
    """
    vmin, vmax = known_limit(vmin, "vmin"), known_limit(vmax, "vmax")
    if vmin is not None and vmax is not None and vmin > vmax:
        msg = f"vmin is {vmin:g}, above vmax, {vmax:g}; expected the lower one first."
        raise ValueError(msg)
    lowest, highest = value_range
    if isinstance(symmetric, str):
        _check_auto(symmetric)
        symmetric = _has_both_signs(lowest, highest, vmin, vmax)
        from_zero = vmin is None or (vmin == 0 and vmax is None)
        halved = from_zero and cmap is not None and is_diverging(cmap)
        if halved and not symmetric and (vmax is None or (vmax > 0 and highest > 0)):
            return _one_sided(lowest, highest, vmax)
    if symmetric:
        return _symmetric(lowest, highest, vmin, vmax)
    low = lowest if vmin is None else vmin
    high = highest if vmax is None else vmax
    if low > high:
        low, high = min(low, high), max(low, high)
    if low >= 0 and vmin is None:
        return Limits(low, high, bar_low=0.0)
    if high <= 0 and vmax is None:
        return Limits(low, high, bar_high=0.0)
    return Limits(low, high)


def _check_auto(symmetric: str) -> None:
    if symmetric != "auto":
        msg = f"symmetric_cbar is {symmetric!r}; expected True, False or 'auto'."
        raise ValueError(msg)


def known_limit(value: Any, name: str) -> float | None:
    """A limit of colours that the user fixed; None if it is None or not finite.

    Raises
    ------
    TypeError
        If it is no number.

    Warns
    -----
    FigureWarning
        If it is nan or infinite.

    Examples
    --------
    >>> known_limit(3, "vmax")
    3.0
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        msg = f"{name} is {value!r}; expected a number, or None for that of the map."
        raise TypeError(msg)
    if not abs(float(value)) <= float(np.finfo(np.float32).max):
        warn(
            f"{name} is {shown_value(value)} and is ignored: the limit of the map is "
            "taken (numpy's nanmin and nanmax skip missing values).",
            FigureWarning,
        )
        return None
    return float(value)


def _has_both_signs(
    lowest: float, highest: float, vmin: float | None, vmax: float | None
) -> bool:
    if vmin is not None and vmax is not None:
        return bool(np.isclose(vmin, -vmax))
    low = lowest if vmin is None else max(vmin, lowest)
    high = highest if vmax is None else min(vmax, highest)
    return low < 0 < high


def _one_sided(lowest: float, highest: float, vmax: float | None) -> Limits:
    limit = max(abs(lowest), abs(highest)) if vmax is None else vmax
    if highest > 0 or lowest == 0:
        return Limits(-limit, limit, bar_low=0.0)
    return Limits(-limit, limit, bar_high=0.0)


def _symmetric(
    lowest: float, highest: float, vmin: float | None, vmax: float | None
) -> Limits:
    given = [abs(value) for value in (vmin, vmax) if value is not None]
    # a limit of 0 is one of what is shown: colours from 0 to 0 show nothing
    limit = max(given, default=0.0) or max(abs(lowest), abs(highest))
    if vmin is not None and vmax is not None and not np.isclose(vmin, -vmax):
        warn(
            f"vmin={vmin:g} and vmax={vmax:g} are not symmetric about 0: "
            f"the colours run from {-limit:g} to {limit:g}. "
            "Pass symmetric_cbar=False to keep them.",
            FigureWarning,
        )
    return Limits(-limit, limit)


def hide(
    values: "NDArray[Any]", threshold: float | None, limits: Limits
) -> "NDArray[Any]":
    """Values with nan where they do not pass a threshold.

    Shown is |value| > threshold. Where a limit of the colours lies within the
    threshold of 0, what is beyond the limit is hidden too: with ``vmin=0`` nothing
    negative is shown. Infinite values are those of the limits.

    Examples
    --------
    >>> hide(np.array([-4.0, 1.0, 4.0]), 3.0, Limits(0.0, 5.0))
    array([nan, nan,  4.])
    """
    shown = np.array(values, dtype=np.result_type(values, np.float32))
    if limits.low is not None and limits.high is not None:
        shown[shown == np.inf] = limits.high
        shown[shown == -np.inf] = limits.low
    if threshold is None:
        return shown
    # of a map of one sign the bar has half of the colours
    low = limits.low if limits.bar_low is None else limits.bar_low
    high = limits.high if limits.bar_high is None else limits.bar_high
    # what is beyond single precision is infinite there
    with np.errstate(invalid="ignore", over="ignore"):
        hidden = np.abs(shown) <= threshold
        if low is not None and low >= -threshold:
            hidden |= shown < low
        if high is not None and high <= threshold:
            hidden |= shown > high
    shown[hidden] = np.nan
    return shown


def check_threshold(threshold: Any) -> None:
    """Raise unless a threshold is None or a number of at least 0.

    Raises
    ------
    TypeError, ValueError

    Examples
    --------
    >>> check_threshold(3.0)
    """
    from boldglm.signal.checks import checked_number

    if threshold is not None:
        expected = "a height of at least 0, or None to show everything"
        checked_number(threshold, "threshold", expected, low=0.0)


def norm_of(limits: Limits, planes: "Sequence[NDArray[Any]]") -> "Normalize":
    """From values to the colours of limits; a limit that is None is that of planes.

    Examples
    --------
    >>> norm = norm_of(Limits(None, 9.0), [np.array([2.0, np.nan])])
    >>> norm.vmin, norm.vmax
    (2.0, 9.0)
    """
    from matplotlib.colors import Normalize

    low, high = limits.low, limits.high
    if low is not None and high is not None and low > high:
        msg = f"vmin is {low:g}, above vmax, {high:g}; expected the lower one first."
        raise ValueError(msg)
    if low is None or high is None:
        known = [values[np.isfinite(values)] for values in planes]
        values = np.concatenate(known) if known else np.zeros(0)
        if low is None:
            low = float(values.min()) if values.size else 0.0
        if high is None:
            high = float(values.max()) if values.size else 1.0
        # a limit beyond all of the map is the only colour there is
        low, high = (
            (low, max(low, high)) if limits.high is None else (min(low, high), high)
        )
    return Normalize(low, high)
